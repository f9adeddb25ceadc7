//! One assessment of one account, and when a new one is worth a row of its own.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use domain::risk::{Band, Cause, Evidence, Factor, FactorKind, Terms, Unit, UnknownReason};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

/// A probability that moved by less is the same risk: one point of a hundred.
const POINT: f64 = 0.01;
/// An expected value that moved by less than this part of it, a twentieth, is the same.
const VALUE_PARTS: u64 = 20;
/// What reckoning with fractions may be off by.
const ROUNDING: f64 = 1e-9;

/// An account's risk as of a moment, stored or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessed {
    /// The account.
    pub account: Uuid,
    /// The moment.
    pub as_of: DateTime<Utc>,
    /// Probability of no order within the horizon; `None` without any order.
    pub probability: Option<f64>,
    /// The probability in a word.
    pub band: Band,
    /// Why there is no probability.
    pub unknown: Option<UnknownReason>,
    /// How far the probability looks ahead, in days.
    pub horizon_days: u16,
    /// Sales of the last twelve months, in minor units.
    pub sales_minor: i64,
    /// Sales expected within the horizon, in minor units.
    pub expected_value_minor: i64,
    /// Probability × sales within the horizon if it does order, in minor units.
    pub revenue_at_risk_minor: Option<i64>,
    /// What is left of the sales to come; `None` without any order.
    pub lifetime: Option<Lifetime>,
    /// ISO 4217 code of the amounts.
    pub currency: String,
    /// The model of silence.
    pub model_version: String,
    /// The rules for signals.
    pub rule_version: String,
    /// Where the score begins: log-odds of the tenant's mean risk.
    pub baseline_log_odds: f64,
    /// The standard deviation of the log-odds of the probability; `None` without one.
    pub log_odds_sd: Option<f64>,
    /// The reasons, the weightiest first; with the baseline they add up to the log-odds of the probability.
    pub factors: Vec<Factor>,
}

/// What is left of the sales to come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lifetime {
    /// Discounted margin of the sales expected within 36 months, in minor units.
    pub minor: i64,
    /// The margin and the discount.
    pub terms: Terms,
}

impl Assessed {
    /// The log-odds of the probability.
    pub fn log_odds(&self) -> Option<f64> {
        let sum = self.factors.iter().map(|factor| factor.log_odds).sum::<f64>();
        self.probability.map(|_| self.baseline_log_odds + sum)
    }

    /// An id for one that is not stored: the same for the same account and moment, and no other's.
    pub fn unstored_id(&self) -> Uuid {
        let digest = Sha256::new()
            .chain_update(self.account)
            .chain_update(self.as_of.timestamp_micros().to_be_bytes())
            .finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Builder::from_custom_bytes(bytes).into_uuid()
    }

    /// Whether the account stands in lists by risk: known, and not beyond saving.
    pub fn ranked(&self) -> bool {
        !Band::APART.contains(&self.band)
    }

    /// What lists by risk are sorted by; −1 for those that are listed apart.
    pub fn risk_sort(&self) -> f64 {
        self.probability.filter(|_| self.ranked()).unwrap_or(-1.0)
    }

    /// What lists by revenue at risk are sorted by, in minor units; −1 for those that are listed apart.
    pub fn revenue_at_risk_sort(&self) -> i64 {
        self.revenue_at_risk_minor.filter(|_| self.ranked()).unwrap_or(-1)
    }
}

/// Whether `new` tells something that `old` did not: another band, reason, factor, cause or proof, a reason that holds since
/// another day, fades from now on or goes by another mark, another year's sales, another model or setting, a risk that moved
/// by a point, or an expected value that moved by a twentieth.
pub fn differs(old: &Assessed, new: &Assessed) -> bool {
    let summary = |of: &Assessed| {
        (
            of.band,
            of.unknown.map(|reason| reason.code()),
            of.horizon_days,
            of.sales_minor,
            of.lifetime
                .map(|lifetime| (lifetime.terms.margin().to_bits(), lifetime.terms.discount().to_bits())),
            of.currency.clone(),
            of.model_version.clone(),
            of.rule_version.clone(),
        )
    };
    summary(old) != summary(new) || reasons(&old.factors) != reasons(&new.factors) || moved(old, new)
}

fn moved(old: &Assessed, new: &Assessed) -> bool {
    let (was, is) = (old.expected_value_minor, new.expected_value_minor);
    if was.abs_diff(is).saturating_mul(VALUE_PARTS) >= was.unsigned_abs().max(1) {
        return true;
    }
    match (old.probability, new.probability) {
        (Some(old), Some(new)) => (old - new).abs() >= POINT - ROUNDING,
        (old, new) => old.is_some() != new.is_some(),
    }
}

/// What the factors rest on; their ages and weights move by the day and do not count.
fn reasons(factors: &[Factor]) -> BTreeSet<Said> {
    let said = |factor: &Factor| Said {
        kind: factor.kind,
        cause: factor.cause,
        controllable: factor.controllable,
        since: factor.since,
        half_life_days: factor.half_life_days,
        mark: (factor.unit == Unit::Mark).then_some(factor.value.to_bits()),
        proof: factor.evidence.iter().copied().collect(),
    };
    factors.iter().map(said).collect()
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Said {
    kind: FactorKind,
    cause: Option<Cause>,
    controllable: bool,
    since: Option<NaiveDate>,
    half_life_days: Option<u16>,
    mark: Option<u64>,
    proof: BTreeSet<Evidence>,
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]
    use domain::risk::EvidenceKind;

    use super::*;

    pub fn row(id: u128) -> Evidence {
        Evidence {
            kind: EvidenceKind::Signal,
            id: Uuid::from_u128(id),
        }
    }

    pub fn sample() -> Assessed {
        Assessed {
            account: Uuid::from_u128(1),
            as_of: "2026-11-20T12:00:00Z".parse().unwrap(),
            probability: Some(0.4),
            band: Band::Medium,
            unknown: None,
            horizon_days: 365,
            sales_minor: 900,
            expected_value_minor: 1_000,
            revenue_at_risk_minor: Some(400),
            lifetime: Some(Lifetime {
                minor: 2_500,
                terms: Terms::default(),
            }),
            currency: "EUR".into(),
            model_version: "mbg-cnbd-gg-1".into(),
            rule_version: "priors-2".into(),
            baseline_log_odds: 0.1 + 0.2,
            log_odds_sd: Some(0.7),
            factors: vec![Factor {
                kind: FactorKind::UnresolvedComplaint,
                value: 2.0,
                unit: Unit::Signals,
                weight: 0.7,
                log_odds: 1.0 / 3.0,
                points: 20.2,
                low: -0.28,
                high: 1.68,
                prior_share: 1.0,
                cause: Some(Cause::ServiceIncident),
                controllable: true,
                since: Some("2026-10-01".parse().unwrap()),
                age_days: 50,
                half_life_days: None,
                evidence: vec![row(7), row(8)],
            }],
        }
    }

    fn changed(change: impl FnOnce(&mut Assessed)) -> bool {
        let mut new = sample();
        change(&mut new);
        differs(&sample(), &new)
    }

    #[test]
    fn the_same_risk_on_a_later_day_is_no_news() {
        assert!(!changed(|new| {
            new.as_of = "2026-11-21T12:00:00Z".parse().unwrap();
            new.factors[0].age_days += 1;
            new.factors[0].log_odds -= 0.001;
            new.factors[0].evidence.reverse();
            new.probability = Some(0.409);
            new.revenue_at_risk_minor = Some(409);
        }));
    }

    #[test]
    fn a_point_of_risk_is_news_either_way() {
        assert!(changed(|new| new.probability = Some(0.41)));
        assert!(changed(|new| new.probability = Some(0.39)));
        assert!(changed(|new| new.probability = None));
    }

    #[test]
    fn whatever_the_risk_rests_on_is_news() {
        assert!(changed(|new| new.band = Band::High));
        assert!(changed(|new| new.sales_minor += 1));
        assert!(changed(|new| new.expected_value_minor += 50));
        assert!(!changed(|new| new.expected_value_minor -= 49));
        assert!(changed(|new| new.lifetime = Some(Lifetime {
            minor: 2_500,
            terms: Terms::new(0.3, 0.1).unwrap(),
        })));
        assert!(changed(|new| new.horizon_days = 90));
        assert!(changed(|new| new.model_version = "cells-2".into()));
        assert!(changed(|new| new.factors.clear()));
        assert!(changed(|new| new.factors[0].kind = FactorKind::ResolvedComplaint));
        assert!(changed(|new| new.factors[0].cause = None));
        assert!(changed(|new| new.factors[0].half_life_days = Some(90)));
        assert!(changed(|new| new.factors[0].since = None));
        assert!(changed(
            |new| (new.factors[0].unit, new.factors[0].value) = (Unit::Mark, 1.0)
        ));
        assert!(changed(|new| new.factors[0].evidence.push(row(9))));
    }

    #[test]
    fn another_reason_for_not_knowing_is_news_and_its_numbers_are_not() {
        let unknown = |reason| Assessed {
            probability: None,
            band: Band::Unknown,
            unknown: Some(reason),
            ..sample()
        };
        let few = |outcomes| UnknownReason::TooFewOutcomes { outcomes, needed: 10 };
        assert!(!differs(&unknown(few(3)), &unknown(few(4))));
        assert!(differs(&unknown(few(3)), &unknown(UnknownReason::NoHistory)));
    }

    #[test]
    fn an_id_that_is_not_stored_names_account_and_moment() {
        let id = sample().unstored_id();
        assert_eq!(id, sample().unstored_id());
        let other = Assessed {
            account: Uuid::from_u128(2),
            ..sample()
        };
        assert_ne!(id, other.unstored_id());
        let later = Assessed {
            as_of: sample().as_of + chrono::Duration::microseconds(1),
            ..sample()
        };
        assert_ne!(id, later.unstored_id());
    }

    #[test]
    fn accounts_listed_apart_sort_behind_all_others() {
        assert_eq!((sample().risk_sort(), sample().revenue_at_risk_sort()), (0.4, 400));
        for band in [Band::Unknown, Band::PresumedLost] {
            let apart = Assessed { band, ..sample() };
            assert_eq!((apart.risk_sort(), apart.revenue_at_risk_sort()), (-1.0, -1));
        }
    }
}
