//! Losses: when and why an account was lost, what was learned, and whether it came back.
//!
//! * An account is lost once at a time: a unique index decides when two say so at once. An open loss has its account at
//!   the lifecycle `LOST`; the handover of whoever had just taken it over fails with it.
//! * A loss keeps what the account was worth, shared out among its causes, so that a report does not change with later
//!   orders. Only a corrected day makes it anew.
//! * It ends when the client comes back: somebody says so, his lifecycle is set, or an order comes of a later day, in the
//!   transaction that writes it. One that was recorded by mistake is archived; none is deleted.
//! * A win-back date is a follow-up of the account's owner, which goes where the account goes.

mod changes;
pub mod cost_schema;
mod costs;
mod loaders;
pub mod mutation;
mod queries;
mod record;
mod reminder;
mod report;
mod report_queries;
pub mod report_schema;
pub mod schema;
pub mod service;
mod win_back;

pub use cost_schema::{AcquisitionCost, AcquisitionCostMutation, acquisition_costs};
pub use loaders::LossById;
pub use mutation::LossMutation;
pub use report_schema::LossReportQuery;
pub use schema::{Loss, LossQuery, of_account};

use crate::platform::graphql::{Gid, IdKind};

/// Names losses.
pub struct LossIdKind;

impl IdKind for LossIdKind {
    const PREFIX: &'static str = "loss";
    const NOUN: &'static str = "a loss";
}

/// The id of a loss.
pub type LossId = Gid<LossIdKind>;
