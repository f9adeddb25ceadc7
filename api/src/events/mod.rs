//! Events: what happened in a tenant, as its event log has it.
//!
//! * Numbered from 1 without gaps, ordered by commit. An ADMIN and API clients with `events:read` read all of it; the
//!   others only what concerns accounts that they see, so for them numbers are missing.
//! * The log is written by `platform::events`, in the transaction of each change; nothing here writes.

mod loaders;
pub mod schema;
pub mod service;

pub use loaders::EventById;
pub use schema::{Event, EventQuery, EventSubscription};

use crate::platform::graphql::{Gid, IdKind};

/// Names events.
pub struct EventKind;

impl IdKind for EventKind {
    const PREFIX: &'static str = "evt";
    const NOUN: &'static str = "an event";
}

/// The id of an event.
pub type EventId = Gid<EventKind>;
