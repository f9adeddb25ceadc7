#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::risk::coefficients::Coefficients;
use crate::risk::odds::{LOG_ODDS_LIMIT, logit};
use crate::risk::pooled::Starting;
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
    Signal::of(kind, row(EvidenceKind::Signal, id), today() - Days::new(days_ago))
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
        rules: Rules::new(90, 365).unwrap(),
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
        prop_assert!(got.factors.iter().all(|f| f.kind != FactorKind::ResolvedComplaint || f.low >= 0.0));
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
        rules: Rules::new(90, 365).unwrap(),
        });
        prop_assert!(all_finite(&got), "{:?}", got);
        prop_assert!(got.baseline_log_odds.abs() <= LOG_ODDS_LIMIT);
    }
}
