#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::risk::factors::EvidenceKind;
use chrono::Days;
use proptest::prelude::*;
use uuid::Uuid;

/// Days within which the complaints of these tests want to be resolved: none of them is late.
const TARGET: u16 = 3_000;

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 20).unwrap()
}

fn ago(days: u64) -> NaiveDate {
    today() - Days::new(days)
}

fn row(id: u128) -> Evidence {
    Evidence {
        kind: EvidenceKind::Signal,
        id: Uuid::from_u128(id),
    }
}

fn signal(id: u128, kind: FactorKind, days_ago: u64) -> Signal {
    Signal::of(kind, row(id), ago(days_ago))
}

fn resolved(id: u128, kind: FactorKind, days_ago: u64, resolved_ago: u64) -> Signal {
    Signal {
        resolved_on: Some(ago(resolved_ago)),
        ..signal(id, kind, days_ago)
    }
}

fn kinds(signals: &[Signal]) -> Vec<FactorKind> {
    weigh(today(), TARGET, signals).iter().map(|w| w.kind).collect()
}

#[test]
fn a_signal_halves_with_its_half_life() {
    for (days, decay) in [(0, 1.0), (180, 0.5), (360, 0.25), (1_800, 1.0 / 1024.0)] {
        let weighed = weigh(today(), TARGET, &[signal(1, FactorKind::KeyContactLeft, days)]);
        assert_eq!(weighed.len(), 1);
        assert_eq!(weighed[0].decay, decay);
        assert_eq!(u64::from(weighed[0].age_days), days);
        assert_eq!(weighed[0].half_life_days, Some(180));
    }
    assert_eq!(kinds(&[signal(1, FactorKind::KeyContactLeft, 1_801)]), []);
}

#[test]
fn an_unresolved_complaint_does_not_fade() {
    let weighed = weigh(today(), TARGET, &[signal(1, FactorKind::UnresolvedComplaint, 5_000)]);
    assert_eq!((weighed[0].decay, weighed[0].half_life_days), (1.0, None));
    assert_eq!(weighed[0].age_days, 5_000);
}

#[test]
fn a_complaint_fades_from_the_day_it_is_resolved() {
    let weighed = weigh(
        today(),
        TARGET,
        &[resolved(1, FactorKind::UnresolvedComplaint, 400, 90)],
    );
    assert_eq!(weighed[0].kind, FactorKind::ResolvedComplaint);
    assert_eq!((weighed[0].decay, weighed[0].age_days), (0.5, 90));
    assert_eq!(weighed[0].since, ago(400));
}

#[test]
fn a_complaint_resolved_later_is_unresolved_as_of_then() {
    for kind in [FactorKind::UnresolvedComplaint, FactorKind::ResolvedComplaint] {
        let signal = resolved(1, kind, 100, 10);
        let then = weigh(ago(11), TARGET, std::slice::from_ref(&signal));
        assert_eq!(then[0].kind, FactorKind::UnresolvedComplaint);
        let on_the_day = weigh(ago(10), TARGET, &[signal]);
        assert_eq!(on_the_day[0].kind, FactorKind::ResolvedComplaint);
    }
}

#[test]
fn a_complaint_recorded_as_resolved_needs_no_day() {
    let weighed = weigh(today(), TARGET, &[signal(1, FactorKind::ResolvedComplaint, 90)]);
    assert_eq!(
        (weighed[0].kind, weighed[0].decay),
        (FactorKind::ResolvedComplaint, 0.5)
    );
}

#[test]
fn a_day_of_resolution_before_the_complaint_counts_as_its_day() {
    let weighed = weigh(
        today(),
        TARGET,
        &[resolved(1, FactorKind::UnresolvedComplaint, 90, 200)],
    );
    assert_eq!((weighed[0].decay, weighed[0].age_days), (0.5, 90));
}

#[test]
fn what_ended_or_has_not_begun_does_not_count() {
    let mut ahead = signal(1, FactorKind::Neglect, 0);
    ahead.since = today() + Days::new(1);
    assert_eq!(kinds(&[ahead]), []);
    assert_eq!(kinds(&[resolved(1, FactorKind::SingleContact, 90, 0)]), []);
    let mut ends_tomorrow = signal(1, FactorKind::SingleContact, 90);
    ends_tomorrow.resolved_on = Some(today() + Days::new(1));
    assert_eq!(kinds(&[ends_tomorrow]), [FactorKind::SingleContact]);
}

#[test]
fn what_only_the_model_measures_cannot_be_recorded() {
    for kind in FactorKind::ALL.iter().filter(|kind| !kind.recordable()) {
        assert_eq!(kinds(&[signal(1, *kind, 0)]), []);
    }
}

#[test]
fn a_second_signal_of_a_kind_is_evidence_and_not_a_second_factor() {
    let mut older = signal(1, FactorKind::Competitor, 180);
    older.cause = Some(Cause::BudgetShock);
    older.evidence = vec![row(9), row(1)];
    let mut newer = signal(2, FactorKind::Competitor, 0);
    newer.controllable = true;
    let weighed = weigh(today(), TARGET, &[older, newer]);
    assert_eq!(weighed.len(), 1);
    assert_eq!(weighed[0].decay, 1.0);
    assert_eq!(weighed[0].cause, Some(Cause::Competitor));
    assert!(weighed[0].controllable);
    assert_eq!(weighed[0].sources, [row(2), row(1)]);
    assert_eq!(weighed[0].evidence, [row(2), row(1), row(9)]);
}

#[test]
fn the_same_signal_given_twice_counts_once() {
    let complaint = signal(1, FactorKind::UnresolvedComplaint, 5);
    let once = weigh(today(), TARGET, std::slice::from_ref(&complaint));
    assert_eq!(weigh(today(), TARGET, &[complaint.clone(), complaint]), once);
}

#[test]
fn two_complaints_within_ninety_days_are_a_repetition() {
    let complaints = |apart: u64| {
        [
            resolved(1, FactorKind::UnresolvedComplaint, 10 + apart, 9 + apart),
            signal(2, FactorKind::UnresolvedComplaint, 10),
        ]
    };
    assert_eq!(
        kinds(&complaints(91)),
        [FactorKind::UnresolvedComplaint, FactorKind::ResolvedComplaint]
    );
    let weighed = weigh(today(), TARGET, &complaints(90));
    let repeated = &weighed[2];
    assert_eq!(repeated.kind, FactorKind::RepeatedComplaint);
    // As its second complaint, it does not fade before that is resolved.
    assert_eq!((repeated.decay, repeated.since), (1.0, ago(10)));
    assert_eq!(repeated.sources, [row(2), row(1)]);
}

#[test]
fn a_repetition_fades_once_its_second_complaint_is_resolved() {
    let weighed = weigh(
        today(),
        TARGET,
        &[
            resolved(1, FactorKind::UnresolvedComplaint, 200, 199),
            resolved(2, FactorKind::UnresolvedComplaint, 150, 90),
        ],
    );
    let repeated = weighed
        .iter()
        .find(|w| w.kind == FactorKind::RepeatedComplaint)
        .unwrap();
    assert_eq!((repeated.decay, repeated.half_life_days), (0.5, Some(90)));
}

#[test]
fn three_complaints_prove_one_repetition() {
    let complaints = [1, 2, 3].map(|id| signal(id, FactorKind::UnresolvedComplaint, 30 * id as u64));
    let weighed = weigh(today(), TARGET, &complaints);
    assert_eq!(weighed.len(), 2);
    assert_eq!(weighed[1].kind, FactorKind::RepeatedComplaint);
    assert_eq!(weighed[1].sources, [row(1), row(2), row(3)]);
}

#[test]
fn the_only_contact_who_leaves_weighs_more_than_both() {
    let left = signal(1, FactorKind::KeyContactLeft, 180);
    let single = signal(2, FactorKind::SingleContact, 1_000);
    let weighed = weigh(today(), TARGET, &[single, left.clone()]);
    let both = weighed
        .iter()
        .find(|w| w.kind == FactorKind::SingleContactLeft)
        .unwrap();
    assert_eq!((both.decay, both.since), (0.5, ago(180)));
    assert_eq!(both.evidence, [row(1), row(2)]);
    assert_eq!(kinds(&[left]), [FactorKind::KeyContactLeft]);
}

fn any_signal() -> impl Strategy<Value = Signal> {
    (
        0u128..12,
        proptest::sample::select(FactorKind::ALL),
        0u64..3_000,
        proptest::option::of(0u64..3_000),
    )
        .prop_map(|(id, kind, since, end)| Signal {
            resolved_on: end.map(ago),
            ..signal(id, kind, since)
        })
}

proptest! {
    #[test]
    fn an_older_signal_never_weighs_more(
        kind in proptest::sample::select(FactorKind::ALL), days in 0u64..3_000, more in 1u64..3_000,
    ) {
        let decay = |days| {
            weigh(today(), TARGET, &[signal(1, kind, days)]).first().map_or(0.0, |w| w.decay)
        };
        prop_assert!(decay(days + more) <= decay(days));
        let fades = kind.recordable()
            && kind.prior().half_life_days.is_some()
            && !matches!(kind, FactorKind::UnresolvedComplaint | FactorKind::RepeatedComplaint);
        if fades && decay(days) > 0.0 {
            prop_assert!(decay(days + more) < decay(days));
        }
    }

    #[test]
    fn one_entry_a_kind_whatever_the_order_of_the_signals(
        signals in proptest::collection::vec(any_signal(), 0..20),
    ) {
        // Two rows that share an id and a kind are not two rows.
        let mut rows = signals;
        rows.sort_by_key(|s| (s.kind, s.source));
        rows.dedup_by_key(|s| (s.kind, s.source));
        let weighed = weigh(today(), TARGET, &rows);
        rows.reverse();
        prop_assert_eq!(&weigh(today(), TARGET, &rows), &weighed);
        prop_assert!(weighed.windows(2).all(|pair| pair[0].kind < pair[1].kind));
        for w in &weighed {
            prop_assert!((LEAST..=1.0).contains(&w.strength()));
            prop_assert!(!w.sources.is_empty() && w.since <= today());
        }
    }
}

#[test]
fn a_complaint_resolved_too_late_weighs_as_an_unresolved_one_and_fades_from_then() {
    let after = |days: u64| resolved(1, FactorKind::UnresolvedComplaint, 90 + days, 90);
    let kinds = |days| {
        let weighed = weigh(today(), 14, &[after(days)]);
        (weighed[0].kind, weighed[0].decay, weighed[0].half_life_days)
    };
    assert_eq!(kinds(14), (FactorKind::ResolvedComplaint, 0.5, Some(90)));
    assert_eq!(kinds(15), (FactorKind::UnresolvedComplaint, 0.5, Some(90)));
}

#[test]
fn a_larger_signal_speaks_for_its_kind_and_one_of_no_size_says_nothing() {
    let sized = |id, size, days| Signal {
        size,
        ..signal(id, FactorKind::OwnRepChanged, days)
    };
    let weighed = weigh(today(), TARGET, &[sized(1, 0.3, 0), sized(2, 1.0, 180)]);
    assert_eq!((weighed[0].strength(), weighed[0].age_days), (0.5, 180));
    assert_eq!(weighed[0].sources, [row(2), row(1)]);
    assert!(weigh(today(), TARGET, &[sized(1, 0.0, 0)]).is_empty());
    let odd = weigh(today(), TARGET, &[sized(1, 7.0, 0), sized(2, f64::NAN, 0)]);
    assert_eq!(odd[0].size, 1.0);
}
