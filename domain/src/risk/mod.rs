//! Churn risk: how likely an account is not to order again within a horizon, and why.
//!
//! [`BuyingModel`] learns the rhythm of a tenant's accounts from their own orders
//! ([`crate::rhythm`]); [`assess`] turns what it measures of an account, and the signals about it,
//! into log-odds that add up.

mod band;
mod buying;
mod coefficients;
mod factors;
mod horizon;
mod moved;
mod odds;
mod pooled;
mod relation;
mod scorecard;
mod signals;
mod unknown;
mod wording;
mod worth;

pub use band::{Band, Borders, BordersRefused, PRESUMED_LOST_ABOVE, band};
pub use buying::{Buying, BuyingModel, MOST_LEARNED, Measured};
pub use coefficients::{Coefficient, Coefficients, OUTCOMES_NEEDED, Rung};
pub use factors::{Cause, Evidence, EvidenceKind, FactorKind, Prior, Unit};
pub use horizon::{HISTORY_MONTHS_MIN, HORIZON_LONG_DAYS, HORIZON_SHORT_DAYS, cut_day, horizon_days};
pub use moved::{Moved, moved};
pub use odds::{LOG_ODDS_LIMIT, logit, sigmoid};
pub use pooled::{ACCOUNTS_TO_TEACH, COMPANIES_NEEDED, Lesson, Starting};
pub use relation::{
    CREDIT_DAYS, Change, Credits, FADED_DAYS, MARK_BETWEEN, MARKS, OwnerChange, Relation, Rules, RulesRefused, cadence,
};
pub use scorecard::{Assessment, Factor, Facts, LastOrder, POINTS_PER_LOG_ODD, assess, probability_interval};
pub use signals::{REPEAT_WITHIN_DAYS, Signal};
pub use unknown::UnknownReason;
pub use worth::{LIFETIME_MONTHS, SPENDERS_NEEDED, Terms, TermsRefused, Worth, revenue_at_risk_minor};

/// The model of silence and worth that an assessment names: rhythms by MBG/CNBD-k, orders by Gamma–Gamma, first version.
pub const MODEL_VERSION: &str = "mbg-cnbd-gg-1";
/// The rules of the score that an assessment names: the table of priors, now with what the rows prove by themselves.
pub const RULE_VERSION: &str = "priors-3";
