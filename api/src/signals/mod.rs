//! Signals: facts that raise or lower an account's risk, as people and integrations report them — with the cause and what
//! proves them.
//!
//! * Only what a person can see is recorded; what the model measures by itself (silence, say) is refused.
//! * What orders, contacts, touches and handovers prove by themselves is read from them (`risk::relation`): no rule raises a
//!   signal, and none has to be settled because its row has changed.
//! * A signal holds until it is settled. Whether it fades, and how fast, is the model's affair (`domain::risk`).
//! * Without a word about its cause or controllability, those of its kind hold.
//! * Whoever sees the account sees its signals.

mod changes;
mod kinds;
mod loaders;
pub mod mutation;
mod queries;
pub mod schema;
pub mod service;

pub use kinds::{Cause, FactorKind};
pub use loaders::SignalById;
pub use mutation::SignalMutation;
pub use schema::{Signal, SignalQuery};

use crate::platform::graphql::{Gid, IdKind};

/// Names signals.
pub struct SignalKind;

impl IdKind for SignalKind {
    const PREFIX: &'static str = "sig";
    const NOUN: &'static str = "a signal";
}

/// The id of a signal.
pub type SignalId = Gid<SignalKind>;
