//! Departures: a member who leaves or rotates, and a handover for each account that he owns.
//!
//! * All handovers of a departure are opened in one transaction, or none is.
//! * Who leaves gets his last day: from the day after nothing can be given to him, and what nobody handed over finds an
//!   owner by itself (`handovers::jobs`).
//! * A member has one departure ahead at most; a unique index decides when two are planned at once.
//! * The successors are one best assignment under what each can take (`domain::succession`), except where the caller
//!   names them.

mod endings;
pub mod jobs;
mod loaders;
pub mod mutations;
mod plan;
mod proposal;
mod queries;
pub mod schema;
pub mod service;

pub use loaders::DepartureById;
pub use mutations::DepartureMutation;
pub use schema::{Departure, DepartureQuery};

use crate::platform::graphql::{Gid, IdKind};

/// Names departures.
pub struct DepartureIdKind;

impl IdKind for DepartureIdKind {
    const PREFIX: &'static str = "dep";
    const NOUN: &'static str = "a departure";
}

/// The id of a departure.
pub type DepartureId = Gid<DepartureIdKind>;
