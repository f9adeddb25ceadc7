//! Follow-ups: touches that should happen, by whom and until when.
//!
//! * A touch that is recorded with a follow-up's id does it, in the same transaction.
//! * An open follow-up goes where its account goes: at the switch of a handover to the successor, unless the plan says
//!   otherwise; of whoever has left, or is no longer on the team, to the account's owner. None is deleted.

mod changes;
mod loaders;
mod moves;
pub mod mutation;
mod queries;
mod reminders;
pub mod schema;
pub mod service;

pub use loaders::FollowUpById;
pub use mutation::FollowUpMutation;
pub use schema::{FollowUp, FollowUpQuery, open_of_account};

use crate::platform::graphql::{Gid, IdKind};

/// Names follow-ups.
pub struct FollowUpIdKind;

impl IdKind for FollowUpIdKind {
    const PREFIX: &'static str = "fup";
    const NOUN: &'static str = "a follow-up";
}

/// The id of a follow-up.
pub type FollowUpId = Gid<FollowUpIdKind>;
