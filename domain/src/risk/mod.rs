//! Churn risk: how likely an account is not to order again within a horizon, and why.
//!
//! [`fit`] learns from a tenant's own past what became of accounts by recency × frequency;
//! [`assess`] turns an account's place there, and the signals about it, into log-odds that add up.
//! This is the interim model. What it gives has the shape that the published model (silence judged
//! by the account's own rhythm, weights learned per tenant) will give.

mod band;
mod cells;
mod factors;
mod horizon;
mod jeffreys;
mod odds;
mod revenue;
mod scorecard;
mod signals;
mod unknown;
mod wording;

pub use band::{Band, Borders, BordersRefused, PRESUMED_LOST_ABOVE, band};
pub use cells::{CellModel, CellRisk, CutRow, OUTCOMES_NEEDED, Standing, fit};
pub use factors::{Cause, Evidence, EvidenceKind, FactorKind, Prior, Unit};
pub use horizon::{HISTORY_MONTHS_MIN, HORIZON_LONG_DAYS, HORIZON_SHORT_DAYS, cut_day, horizon_days};
pub use odds::{LOG_ODDS_LIMIT, logit, sigmoid};
pub use revenue::revenue_at_risk_minor;
pub use scorecard::{Assessment, Factor, Facts, LastOrder, POINTS_PER_LOG_ODD, assess};
pub use signals::{REPEAT_WITHIN_DAYS, Signal};
pub use unknown::UnknownReason;

/// The model of silence that an assessment names: cells of recency × frequency, first version.
pub const MODEL_VERSION: &str = "cells-1";
/// The rules for signals that an assessment names: the table of priors, first version.
pub const RULE_VERSION: &str = "priors-1";
