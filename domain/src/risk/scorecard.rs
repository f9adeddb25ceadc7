//! The scorecard: log-odds that add up, each with its reason.
//!
//! η = baseline + Σ coefficient × measure + Σ prior × 2^(−age / half-life); probability = sigmoid(η).
//! The measures are of how the account buys, each against the tenant's median. One factor a kind: a
//! second signal of the same kind is further evidence, not a further cause.

use chrono::NaiveDate;
use uuid::Uuid;

use super::band::{Band, Borders, PRESUMED_LOST_ABOVE, band};
use super::buying::{KINDS, Measured};
use super::coefficients::Coefficient;
use super::factors::{Cause, Evidence, EvidenceKind, FactorKind, Unit};
use super::odds::{bounded, sigmoid};
use super::signals::{Signal, Weighed, weigh};
use super::unknown::UnknownReason;

/// Twenty points double the odds: 20 / ln 2 points for one log-odd.
pub const POINTS_PER_LOG_ODD: f64 = 20.0 * std::f64::consts::LOG2_E;
/// Standard deviations on either side of a 95 % interval.
pub(super) const Z_95: f64 = 1.959_963_984_540_054;

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
    let weighed = weigh(facts.as_of, facts.signals);
    let of_signals: f64 = weighed
        .iter()
        .map(|one| (one.kind.prior().sd * one.decay).powi(2))
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
    let log_odds = prior.log_odds.max(least) * signal.decay;
    Factor {
        kind: signal.kind,
        value: signal.sources.len() as f64,
        unit: Unit::Signals,
        weight: prior.log_odds,
        log_odds,
        points: log_odds * POINTS_PER_LOG_ODD,
        low: (prior.log_odds - Z_95 * prior.sd).max(least) * signal.decay,
        high: (prior.log_odds + Z_95 * prior.sd) * signal.decay,
        // Nothing is learned of signals yet.
        prior_share: 1.0,
        cause: signal.cause,
        controllable: signal.controllable,
        since: Some(signal.since),
        age_days: signal.age_days,
        half_life_days: signal.half_life_days,
        evidence: signal.evidence,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::super::coefficients::Coefficients;
    use super::super::odds::{LOG_ODDS_LIMIT, logit};
    use super::super::pooled::Starting;
    use super::*;
    use chrono::Days;
    use proptest::prelude::*;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 20).unwrap()
    }

    fn row(kind: EvidenceKind, id: u128) -> Evidence {
        Evidence {
            kind,
            id: Uuid::from_u128(id),
        }
    }

    fn signal(id: u128, kind: FactorKind, days_ago: u64) -> Signal {
        Signal {
            source: row(EvidenceKind::Signal, id),
            kind,
            cause: None,
            controllable: kind.controllable(),
            since: today() - Days::new(days_ago),
            resolved_on: None,
            evidence: Vec::new(),
        }
    }

    /// As silent as this, and so far from the tenant's medians.
    fn measured(silent: f64, centred: [Option<f64>; 4]) -> Measured {
        Measured {
            silent,
            centred,
            coefficients: Coefficients::starting(Starting::published().weights).measures,
            variance: Coefficients::starting(Starting::published().weights).variance(&centred),
            orders: 4,
            average: 1_500.0,
            trend: Some(0.5),
        }
    }

    const TWO_ABOVE: [Option<f64>; 4] = [Some(2.0), None, None, None];

    fn orders() -> &'static [LastOrder] {
        static ORDERS: std::sync::LazyLock<Vec<LastOrder>> = std::sync::LazyLock::new(|| {
            [(77, 120), (76, 150), (75, 180)]
                .map(|(id, days)| LastOrder {
                    id: Uuid::from_u128(id),
                    day: today() - Days::new(days),
                })
                .into()
        });
        &ORDERS
    }

    fn facts(signals: &[Signal]) -> Facts<'_> {
        Facts {
            as_of: today(),
            baseline_log_odds: logit(0.3),
            measured: Ok(measured(0.6, TWO_ABOVE)),
            last_orders: orders(),
            signals,
            borders: Borders::default(),
        }
    }

    fn factor(assessment: &Assessment, kind: FactorKind) -> &Factor {
        assessment.factors.iter().find(|f| f.kind == kind).unwrap()
    }

    #[test]
    fn silence_alone_is_what_it_measures_above_the_median() {
        let got = assess(&facts(&[]));
        let expected = sigmoid(logit(0.3) + 0.45 * 2.0);
        assert!((got.probability.unwrap() - expected).abs() < 1e-15);
        assert_eq!((got.band, got.unknown), (Band::High, None));
        assert_eq!(got.factors.len(), 1);
        let silence = &got.factors[0];
        assert_eq!(silence.kind, FactorKind::Silence);
        assert_eq!((silence.value, silence.unit), (120.0, Unit::Days));
        assert_eq!((silence.log_odds, silence.weight), (0.9, 0.45));
        assert!((silence.points - 20.0 * 0.9 / 2f64.ln()).abs() < 1e-12);
        assert!(
            (silence.low - 2.0 * (0.45 - Z_95 * 0.2)).abs() < 1e-15
                && (silence.high - 2.0 * (0.45 + Z_95 * 0.2)).abs() < 1e-15
        );
        assert_eq!(silence.prior_share, 1.0);
        assert_eq!((silence.cause, silence.controllable), (None, false));
        assert_eq!(silence.since, Some(today() - Days::new(120)));
        assert_eq!(silence.evidence, [row(EvidenceKind::Order, 77)]);
    }

    #[test]
    fn the_probability_has_an_interval_of_all_that_is_known_of_its_parts() {
        let plain = assess(&facts(&[]));
        assert!((plain.sd.unwrap() - (0.5_f64.powi(2) + (2.0 * 0.2_f64).powi(2)).sqrt()).abs() < 1e-12);
        let complaint = [signal(1, FactorKind::UnresolvedComplaint, 3)];
        let with = assess(&facts(&complaint));
        assert!((with.sd.unwrap().powi(2) - plain.sd.unwrap().powi(2) - 0.25).abs() < 1e-12);
        let (low, high) = probability_interval(with.log_odds.unwrap(), with.sd.unwrap());
        assert!(0.0 < low && low < with.probability.unwrap() && with.probability.unwrap() < high && high < 1.0);
        let unknown = Facts {
            measured: Err(UnknownReason::NoOrders),
            ..facts(&complaint)
        };
        assert_eq!(assess(&unknown).sd, None);
    }

    #[test]
    fn each_measure_has_its_own_unit_and_evidence() {
        let got = assess(&Facts {
            measured: Ok(measured(0.6, [Some(0.1), Some(-2.0), Some(1.0), Some(-0.7)])),
            ..facts(&[])
        });
        let told: Vec<_> = got
            .factors
            .iter()
            .map(|f| (f.kind, f.value, f.unit, f.evidence.len()))
            .collect();
        assert_eq!(
            told,
            [
                (FactorKind::Frequency, 4.0, Unit::Orders, 3),
                (FactorKind::OrderTrend, 0.5, Unit::Ratio, 2),
                (FactorKind::OrderSize, 1_500.0, Unit::Money, 3),
                (FactorKind::Silence, 120.0, Unit::Days, 1),
            ]
        );
        // Below the median of frequency: riskier; the interval's ends stay in order.
        assert!((got.factors[0].log_odds - 1.3).abs() < 1e-15 && got.factors[0].low < got.factors[0].high);
    }

    #[test]
    fn twenty_points_double_the_odds() {
        assert!((POINTS_PER_LOG_ODD * 2f64.ln() - 20.0).abs() < 1e-13);
    }

    #[test]
    fn a_signal_adds_its_prior_as_it_has_faded() {
        let got = assess(&facts(&[signal(1, FactorKind::KeyContactLeft, 180)]));
        let left = factor(&got, FactorKind::KeyContactLeft);
        assert_eq!((left.weight, left.log_odds), (0.5, 0.25));
        assert!((left.low - 0.5 * (0.5 - 1.959_963_984_540_054 * 0.5)).abs() < 1e-15);
        assert!((left.high - 0.5 * (0.5 + 1.959_963_984_540_054 * 0.5)).abs() < 1e-15);
        assert_eq!((left.value, left.unit), (1.0, Unit::Signals));
        assert_eq!((left.age_days, left.half_life_days), (180, Some(180)));
        assert_eq!(left.prior_share, 1.0);
        assert_eq!(left.cause, Some(Cause::BuyerChanged));
        assert_eq!(left.evidence, [row(EvidenceKind::Signal, 1)]);
        let expected = sigmoid(logit(0.3) + 0.9 + 0.25);
        assert!((got.probability.unwrap() - expected).abs() < 1e-15);
    }

    #[test]
    fn without_a_factor_its_contribution_is_taken_out() {
        let got = assess(&facts(&[signal(1, FactorKind::UnresolvedComplaint, 3)]));
        let [first, second] = &got.factors[..] else {
            panic!("two factors");
        };
        // .7 of the complaint is less than .9 of the silence.
        assert_eq!(first.kind, FactorKind::Silence);
        assert_eq!(second.kind, FactorKind::UnresolvedComplaint);
        assert!((got.without(1).unwrap() - sigmoid(logit(0.3) + 0.9)).abs() < 1e-15);
        assert!((got.without(0).unwrap() - sigmoid(logit(0.3) + 0.7)).abs() < 1e-15);
        assert_eq!(got.without(2), None);
    }

    #[test]
    fn unknown_without_an_order_and_the_signals_still_told() {
        let signals = [signal(1, FactorKind::Competitor, 0)];
        let reason = UnknownReason::NoOrders;
        let got = assess(&Facts {
            measured: Err(reason),
            ..facts(&signals)
        });
        assert_eq!((got.probability, got.log_odds), (None, None));
        assert_eq!((got.band, got.unknown), (Band::Unknown, Some(reason)));
        assert_eq!(got.factors.len(), 1);
        assert_eq!(got.factors[0].log_odds, 0.3);
        assert_eq!(got.without(0), None);
    }

    #[test]
    fn silent_beyond_doubt_is_presumed_lost() {
        let band_of = |silent| {
            assess(&Facts {
                measured: Ok(measured(silent, TWO_ABOVE)),
                ..facts(&[])
            })
            .band
        };
        // By its rhythm alone, whatever the score.
        assert_eq!(band_of(0.99), Band::High);
        assert_eq!(band_of(0.991), Band::PresumedLost);
    }

    #[test]
    fn signals_alone_presume_nobody_lost() {
        let signals: Vec<Signal> = FactorKind::ALL
            .iter()
            .zip(1..)
            .map(|(kind, id)| signal(id, *kind, 0))
            .collect();
        let got = assess(&Facts {
            measured: Ok(measured(0.95, [Some(3.0), None, None, None])),
            ..facts(&signals)
        });
        assert!(got.probability.unwrap() > 0.99);
        assert_eq!(got.band, Band::Critical);
    }

    #[test]
    fn the_tenants_borders_decide_the_band() {
        let got = assess(&Facts {
            borders: Borders::new(0.6, 0.7, 0.8).unwrap(),
            ..facts(&[])
        });
        assert_eq!(got.band, Band::Low);
    }

    #[test]
    fn a_resolved_complaint_is_never_negative() {
        let mut complaint = signal(1, FactorKind::UnresolvedComplaint, 30);
        complaint.resolved_on = Some(today());
        let got = assess(&facts(&[complaint]));
        let resolved = factor(&got, FactorKind::ResolvedComplaint);
        // .2 − 1.96 × .3 would lie below.
        assert_eq!((resolved.log_odds, resolved.low), (0.2, 0.0));
        assert!(resolved.high > 0.2);
    }

    fn any_signal() -> impl Strategy<Value = Signal> {
        (
            0u128..40,
            proptest::sample::select(FactorKind::ALL),
            0u64..4_000,
            proptest::option::of(0u64..4_000),
        )
            .prop_map(|(id, kind, since, end)| Signal {
                resolved_on: end.map(|days| today() - Days::new(days)),
                ..signal(id, kind, since)
            })
    }

    fn all_finite(got: &Assessment) -> bool {
        got.baseline_log_odds.is_finite()
            && got.log_odds.is_none_or(f64::is_finite)
            && got.probability.is_none_or(|p| 0.0 < p && p < 1.0)
            && got.factors.iter().all(|f| {
                [f.value, f.weight, f.log_odds, f.points, f.low, f.high, f.prior_share]
                    .iter()
                    .all(|v| v.is_finite())
                    && f.low <= f.log_odds
                    && f.log_odds <= f.high
                    && (0.0..=1.0).contains(&f.prior_share)
            })
    }

    proptest! {
        #[test]
        fn contributions_and_baseline_add_up(
            signals in proptest::collection::vec(any_signal(), 0..12),
            centred in proptest::array::uniform4(proptest::option::of(-6.0..6.0f64)), baseline in 0.01..0.99f64,
        ) {
            let got = assess(&Facts {
                baseline_log_odds: logit(baseline),
                measured: Ok(measured(0.5, centred)),
                ..facts(&signals)
            });
            let sum = got.baseline_log_odds + got.factors.iter().map(|f| f.log_odds).sum::<f64>();
            let log_odds = got.log_odds.unwrap();
            prop_assert!((sum - log_odds).abs() < 1e-12);
            // A probability next to 1 has lost digits that its log-odds keep.
            if log_odds < 7.0 {
                prop_assert!((logit(got.probability.unwrap()) - log_odds).abs() < 1e-12);
            }
            prop_assert!(
                got.factors.windows(2).all(|two| two[0].log_odds.abs() >= two[1].log_odds.abs())
            );
            for (index, factor) in got.factors.iter().enumerate() {
                let without = got.without(index).unwrap();
                prop_assert_eq!(without, sigmoid(log_odds - factor.log_odds));
            }
        }

        #[test]
        fn an_older_signal_weighs_less(
            kind in proptest::sample::select(FactorKind::ALL), days in 0u64..800, more in 1u64..800,
        ) {
            let probability =
                |days| assess(&facts(&[signal(1, kind, days)])).probability.unwrap();
            let (younger, older) = (probability(days), probability(days + more));
            prop_assert!(older <= younger);
            if kind == FactorKind::UnresolvedComplaint {
                prop_assert_eq!(older, younger);
            } else if kind == FactorKind::KeyContactLeft {
                prop_assert!(older < younger);
            }
        }

        #[test]
        fn a_resolved_complaint_never_lowers_the_risk(since in 0u64..2_000, end in 0u64..2_000) {
            let mut complaint = signal(1, FactorKind::UnresolvedComplaint, since);
            complaint.resolved_on = Some(today() - Days::new(end));
            let got = assess(&facts(&[complaint]));
            prop_assert!(got.probability >= assess(&facts(&[])).probability);
            prop_assert!(got.factors.iter().skip(1).all(|f| f.low >= 0.0));
        }

        #[test]
        fn extreme_input_stays_finite(
            signals in proptest::collection::vec(any_signal(), 0..12),
            baseline in prop_oneof![
                any::<f64>(), Just(f64::NAN), Just(f64::INFINITY), Just(f64::NEG_INFINITY)
            ],
            centred in proptest::array::uniform4(proptest::option::of(-700.0..700.0f64)),
            as_of in proptest::sample::select(vec![NaiveDate::MIN, today(), NaiveDate::MAX]),
            ordered in proptest::sample::select(vec![NaiveDate::MIN, today(), NaiveDate::MAX]),
            known: bool,
        ) {
            let got = assess(&Facts {
                as_of,
                baseline_log_odds: baseline,
                measured: if known {
                    Ok(measured(1.0, centred))
                } else {
                    Err(UnknownReason::NoHistory)
                },
                last_orders: &[LastOrder { id: Uuid::nil(), day: ordered }],
                signals: &signals,
                borders: Borders::default(),
            });
            prop_assert!(all_finite(&got), "{:?}", got);
            prop_assert!(got.baseline_log_odds.abs() <= LOG_ODDS_LIMIT);
        }
    }
}
