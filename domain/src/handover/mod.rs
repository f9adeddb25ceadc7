//! One account passing from one member to the next: its states, its steps and its proof.
//!
//! A handover moves by what happened, never by ticking a box:
//!
//! | from \ trigger | `Introduced` | `OwnershipSwitched` | `Completed` | `Failed` | `AccountLost` | `Cancelled` |
//! | --- | --- | --- | --- | --- | --- | --- |
//! | PLANNED | INTRODUCING | BONDING | – | – | stays | CANCELLED |
//! | INTRODUCING | stays | BONDING | – | – | stays | CANCELLED |
//! | BONDING | stays | – | COMPLETED | FAILED | FAILED | – |
//! | COMPLETED, FAILED, CANCELLED | – | – | – | – | – | – |
//!
//! "stays" is no error: it happened, and changes nothing. "–" is a [`Refusal`]. An account lost
//! before ownership switches stays in its state because the leaver's account needs its new owner
//! all the same.

mod continuity;
mod fulfilment;
mod next;
mod status;
mod steps;
mod template;

use uuid::Uuid;

pub use continuity::{ContactContinuity, Continuity, MissingProof, Touch, score};
pub use fulfilment::{StepFacts, fulfilled_by};
pub use next::{NextProof, next, next_of};
pub use status::{Refusal, Status, Trigger, transition};
pub use steps::{DropReason, DroppedStep, Plan, PlannedStep, StepKind, plan};
pub use template::{MOST_STEPS as MOST_TEMPLATE_STEPS, Template, TemplateProblem, TemplateStep};

/// A contact at the client who must know the successor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyContact {
    /// The contact.
    pub id: Uuid,
    /// His say in the client's decisions, 0 to 100.
    pub weight: u8,
}
