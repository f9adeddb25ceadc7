//! The scorecard: log-odds that add up, each with its reason.
//!
//! η = baseline + Σ coefficient × measure + Σ prior × size × 2^(−age / half-life); probability = sigmoid(η).
//! The measures are of how the account buys, each against the tenant's median. One factor a kind: a
//! second signal of the same kind is further evidence, not a further cause.

use chrono::NaiveDate;
use uuid::Uuid;

use super::band::{Band, Borders, PRESUMED_LOST_ABOVE, band};
use super::buying::{KINDS, Measured};
use super::coefficients::Coefficient;
use super::factors::{Cause, Evidence, EvidenceKind, FactorKind, Unit};
use super::odds::{bounded, sigmoid};
use super::relation::Rules;
use super::signals::{Signal, Weighed, weigh};
use super::unknown::UnknownReason;

/// Twenty points double the odds: 20 / ln 2 points for one log-odd.
pub const POINTS_PER_LOG_ODD: f64 = 20.0 * std::f64::consts::LOG2_E;
/// Standard deviations on either side of a 95 % interval.
pub(super) const Z_95: f64 = 1.959_963_984_540_054;

/// Rows that prove one factor, at most.
const MOST_EVIDENCE: usize = 5;

/// The last order that an account has placed by the day of the assessment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastOrder {
    /// The order, as evidence.
    pub id: Uuid,
    /// Its day, in the tenant's time zone.
    pub day: NaiveDate,
}

/// All that an assessment rests on, as it was known on its day.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// The day of the assessment; a signal that begins later does not count.
    pub as_of: NaiveDate,
    /// The log-odds of the tenant's mean risk: [`super::BuyingModel::baseline_log_odds`].
    pub baseline_log_odds: f64,
    /// What is measured of how the account buys, or why nothing can be.
    pub measured: Result<Measured, UnknownReason>,
    /// Its last orders, newest first, one a day; they prove what is measured.
    pub last_orders: &'a [LastOrder],
    /// The account's signals, in any order.
    pub signals: &'a [Signal],
    /// Where the tenant's bands begin.
    pub borders: Borders,
    /// What the tenant asks of itself.
    pub rules: Rules,
}

/// One reason for the score.
#[derive(Debug, Clone, PartialEq)]
pub struct Factor {
    /// What it is.
    pub kind: FactorKind,
    /// What was measured, in [`Self::unit`].
    pub value: f64,
    /// The unit of [`Self::value`].
    pub unit: Unit,
    /// The contribution before any decay, in log-odds.
    pub weight: f64,
    /// The contribution to the score, in log-odds.
    pub log_odds: f64,
    /// The contribution in points: +20 doubles the odds.
    pub points: f64,
    /// The lower end of the contribution's 95 % interval, in log-odds.
    pub low: f64,
    /// The upper end of the contribution's 95 % interval, in log-odds.
    pub high: f64,
    /// How much of the contribution's weight is prior, not learned from the tenant's own past:
    /// 0..=1.
    pub prior_share: f64,
    /// The cause, where one is known.
    pub cause: Option<Cause>,
    /// Whether our own conduct can change it.
    pub controllable: bool,
    /// The day since which it holds.
    pub since: Option<NaiveDate>,
    /// The days that the decay counts: since it happened, or since a complaint was resolved.
    pub age_days: u32,
    /// The days in which the contribution halves; `None` if it does not fade (as yet).
    pub half_life_days: Option<u16>,
    /// The rows that prove it.
    pub evidence: Vec<Evidence>,
}

/// An account's risk of not ordering within the horizon, as of a day.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessment {
    /// 0..1 exclusive; `None` without enough data.
    pub probability: Option<f64>,
    /// The log-odds of the probability: exactly the baseline plus every factor's contribution.
    pub log_odds: Option<f64>,
    /// The standard deviation of what is known of the log-odds: of the beginning, of the weights of what is measured, which were
    /// learned together, and of those of the signals. `None` without a probability.
    pub sd: Option<f64>,
    /// Where the score begins: the log-odds of the tenant's mean risk.
    pub baseline_log_odds: f64,
    /// The band of the probability; UNKNOWN without one.
    pub band: Band,
    /// Why there is no probability; `None` if there is one.
    pub unknown: Option<UnknownReason>,
    /// The reasons, the weightiest first. Signals are listed without a probability too.
    pub factors: Vec<Factor>,
}

impl Assessment {
    /// The probability if the factor at this place of [`Self::factors`] were not: sigmoid(η − c).
    /// `None` without a probability or such a factor.
    #[must_use]
    pub fn without(&self, index: usize) -> Option<f64> {
        Some(sigmoid(bounded(self.log_odds? - self.factors.get(index)?.log_odds)))
    }
}

/// The 95 % interval of a probability with these log-odds and their standard deviation.
#[must_use]
pub fn probability_interval(log_odds: f64, sd: f64) -> (f64, f64) {
    let end = |side: f64| sigmoid(bounded(log_odds + side * Z_95 * sd));
    (end(-1.0), end(1.0))
}

/// Assesses an account. Total: whatever the input, every number is finite.
#[must_use]
pub fn assess(facts: &Facts<'_>) -> Assessment {
    let baseline_log_odds = bounded(facts.baseline_log_odds);
    let weighed = weigh(facts.as_of, facts.rules.complaint_target_days(), facts.signals);
    let of_signals: f64 = weighed
        .iter()
        .map(|one| (one.kind.prior().sd * one.strength()).powi(2))
        .sum();
    let mut factors: Vec<Factor> = weighed.into_iter().map(recorded).collect();
    if let Ok(measured) = &facts.measured {
        let told = KINDS.iter().zip(measured.centred).zip(&measured.coefficients);
        factors.extend(
            told.filter_map(|((kind, centred), weight)| Some(bought(*kind, centred?, weight, measured, facts))),
        );
    }
    factors.sort_by(|a, b| b.log_odds.abs().total_cmp(&a.log_odds.abs()).then(a.kind.cmp(&b.kind)));

    let log_odds = facts
        .measured
        .is_ok()
        .then(|| baseline_log_odds + factors.iter().map(|f| f.log_odds).sum::<f64>());
    let probability = log_odds.map(|log_odds| sigmoid(bounded(log_odds)));
    Assessment {
        probability,
        log_odds,
        sd: facts
            .measured
            .as_ref()
            .ok()
            .map(|measured| (measured.variance + of_signals).sqrt()),
        baseline_log_odds,
        band: match (&facts.measured, probability) {
            // Signals do not wake an account that is silent beyond doubt.
            (Ok(measured), Some(_)) if measured.silent > PRESUMED_LOST_ABOVE => Band::PresumedLost,
            (_, Some(probability)) => band(probability, &facts.borders),
            (_, None) => Band::Unknown,
        },
        unknown: facts.measured.as_ref().err().copied(),
        factors,
    }
}

/// A factor of how the account buys.
fn bought(kind: FactorKind, centred: f64, weight: &Coefficient, measured: &Measured, facts: &Facts<'_>) -> Factor {
    let last = facts.last_orders.first();
    let days = last.map_or(0, |order| days_between(order.day, facts.as_of));
    let (value, unit, orders) = match kind {
        FactorKind::Silence => (f64::from(days), Unit::Days, 1),
        FactorKind::OrderSize => (measured.average, Unit::Money, facts.last_orders.len()),
        FactorKind::OrderTrend => (measured.trend.unwrap_or(1.0), Unit::Ratio, 2),
        _ => (f64::from(measured.orders), Unit::Orders, facts.last_orders.len()),
    };
    let (least, most) = weight.interval();
    let ends = [least * centred, most * centred];
    Factor {
        kind,
        value,
        unit,
        weight: weight.value,
        log_odds: weight.value * centred,
        points: weight.value * centred * POINTS_PER_LOG_ODD,
        low: ends[0].min(ends[1]),
        high: ends[0].max(ends[1]),
        prior_share: weight.prior_share,
        cause: kind.default_cause(),
        controllable: kind.controllable(),
        since: last.filter(|_| kind == FactorKind::Silence).map(|order| order.day),
        age_days: if kind == FactorKind::Silence { days } else { 0 },
        half_life_days: None,
        evidence: facts
            .last_orders
            .iter()
            .take(orders)
            .map(|order| Evidence {
                kind: EvidenceKind::Order,
                id: order.id,
            })
            .collect(),
    }
}

/// Days from `earlier` to `later`; 0 if it is not earlier.
pub(super) fn days_between(earlier: NaiveDate, later: NaiveDate) -> u32 {
    let days = later.signed_duration_since(earlier).num_days().max(0);
    u32::try_from(days).unwrap_or(u32::MAX)
}

fn recorded(signal: Weighed) -> Factor {
    let prior = signal.kind.prior();
    let least = if prior.never_negative { 0.0 } else { f64::NEG_INFINITY };
    let strength = signal.strength();
    let log_odds = prior.log_odds.max(least) * strength;
    let (value, unit) = signal.measure.unwrap_or((signal.sources.len() as f64, Unit::Signals));
    Factor {
        kind: signal.kind,
        value,
        unit,
        weight: prior.log_odds * signal.size,
        log_odds,
        points: log_odds * POINTS_PER_LOG_ODD,
        low: (prior.log_odds - Z_95 * prior.sd).max(least) * strength,
        high: (prior.log_odds + Z_95 * prior.sd) * strength,
        // Nothing is learned of signals yet.
        prior_share: 1.0,
        cause: signal.cause,
        controllable: signal.controllable,
        since: Some(signal.since),
        age_days: signal.age_days,
        half_life_days: signal.half_life_days,
        evidence: signal.evidence.into_iter().take(MOST_EVIDENCE).collect(),
    }
}

#[cfg(test)]
mod tests;
