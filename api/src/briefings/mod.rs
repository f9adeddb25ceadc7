//! Briefings: everything that a successor must know, on two pages.
//!
//! * Gathered from what the other slices have, for many handovers in as many statements as for one; nothing is stored.
//! * As GraphQL at `handover { briefing }`, and as a page to print at a signed link that expires. The page is made when the
//!   link is opened, and shows what the member who asked for the link may see at that moment.

mod gather;
mod link;
mod loaders;
mod page;
pub mod schema;

pub use link::BriefingPages;
pub use schema::{Briefing, of_handover};
