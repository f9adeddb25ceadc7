//! Handovers: one account passing from one member to the next, with its steps and the proof that the relation passed.
//!
//! * It moves by what happened (`domain::handover`): introductions are found in the recorded touches, ownership
//!   switches when the last day is over at the tenant, and only its two ends are declared by a person.
//! * An account is under at most one open handover; a unique index decides when two are planned at once.
//! * A change of status names the status and version it expects, in the statement itself; no row means `CONFLICT`.
//! * Continuity is never stored: it is the proof in the activities, computed when it is asked for.

mod calendar;
mod continuity;
mod continuity_schema;
mod endings;
pub mod jobs;
mod loaders;
mod plan;
mod progress;
mod queries;
pub mod schema;
pub mod service;
mod subscriptions;
mod types;

pub use continuity_schema::ContinuityProof;
pub use loaders::{HandoverById, StepById};
pub use schema::{HandoverMutation, HandoverQuery, handover_page};
pub use subscriptions::HandoverSubscription;
pub use types::{Handover, HandoverStep, HandoverStepKind, of_account, open_of_account};

use crate::platform::graphql::{Gid, IdKind};

/// Names handovers.
pub struct HandoverKind;

impl IdKind for HandoverKind {
    const PREFIX: &'static str = "hand";
    const NOUN: &'static str = "a handover";
}

/// The id of a handover.
pub type HandoverId = Gid<HandoverKind>;

/// Names steps of handovers.
pub struct StepIdKind;

impl IdKind for StepIdKind {
    const PREFIX: &'static str = "step";
    const NOUN: &'static str = "a step of a handover";
}

/// The id of a step of a handover.
pub type StepId = Gid<StepIdKind>;
