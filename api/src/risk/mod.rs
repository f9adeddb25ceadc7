//! Churn risk: how likely each account is not to order again within a horizon, why, and what is at stake.
//!
//! * An [`assessed::Assessed`] is made from orders, from what people tell (signals), and from what touches, contacts and
//!   handovers prove ([`relation`]), as of a moment: what happened by then, and for a day of the past only what was
//!   recorded by then ([`moment`]).
//! * The rhythm in which its accounts buy is learned from the tenant's own orders ([`fit`]); how it adds up is `domain::risk`.
//! * A row is stored when something worth telling changed ([`assessed::differs`]). `account` repeats the newest one in
//!   its sort columns, so that lists are sorted by exactly what they show; neither is a change of the account.
//! * The event `risk.band_changed` tells of a band that changed, and of nothing less.
//! * Accounts that are archived keep their last assessment.

mod assessed;
mod calibration;
mod calibration_schema;
mod evidence;
mod fit;
mod gather;
pub mod jobs;
mod ledger;
mod loaders;
mod model_schema;
mod moment;
mod pool;
mod queries;
mod reckoning;
mod relation;
mod relation_queries;
mod sample;
pub mod schema;
pub mod service;
mod simulation;
mod simulation_schema;
mod stored;

pub use assessed::Assessed;
pub use calibration_schema::CalibrationQuery;
pub use evidence::{Evidence, EvidenceKind};
pub use loaders::AssessmentById;
pub use model_schema::RiskModelQuery;
pub use schema::{Assessment, RiskBand, RiskFactor, RiskQuery, of_account};
pub use simulation_schema::SimulationQuery;

use crate::platform::graphql::{Gid, IdKind};

/// Names assessments.
pub struct AssessmentKind;

impl IdKind for AssessmentKind {
    const PREFIX: &'static str = "assm";
    const NOUN: &'static str = "an assessment";
}

/// The id of a stored assessment.
pub type AssessmentId = Gid<AssessmentKind>;
