//! What the signals of an account weigh on a day.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::factors::{Cause, Evidence, FactorKind};
use super::scorecard::days_between;

/// Two complaints at most this many days apart are a repeated complaint.
pub const REPEAT_WITHIN_DAYS: u32 = 90;
/// A signal that has faded below a thousandth of its weight (ten half-lives) is no longer told.
const DECAY_MIN: f64 = 1.0 / 1024.0;

/// A fact about an account, recorded by a person or read from the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signal {
    /// The row that states it.
    pub source: Evidence,
    /// What it is. A kind that only the model measures ([`FactorKind::recordable`]) is ignored.
    pub kind: FactorKind,
    /// The cause that was named; without one, the kind's own.
    pub cause: Option<Cause>,
    /// Whether our own conduct can change it.
    pub controllable: bool,
    /// The day it happened or began, in the tenant's time zone.
    pub since: NaiveDate,
    /// The day it ended. A complaint then weighs as a resolved one; anything else weighs no more.
    pub resolved_on: Option<NaiveDate>,
    /// Further rows that prove it.
    pub evidence: Vec<Evidence>,
}

/// All signals of one kind, as they weigh on a day.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Weighed {
    pub kind: FactorKind,
    /// 2^(−age / half-life) of the one that weighs most; 0..=1, never below [`DECAY_MIN`].
    pub decay: f64,
    pub age_days: u32,
    pub half_life_days: Option<u16>,
    pub cause: Option<Cause>,
    pub controllable: bool,
    pub since: NaiveDate,
    /// The rows that state it, each once.
    pub sources: Vec<Evidence>,
    /// Those, and further rows that prove it, each once.
    pub evidence: Vec<Evidence>,
}

/// One entry a kind, in the order of [`FactorKind`]; the order of the signals does not matter.
pub(crate) fn weigh(as_of: NaiveDate, signals: &[Signal]) -> Vec<Weighed> {
    let mut seen = BTreeSet::new();
    let mut current: Vec<Weighed> = signals
        .iter()
        .filter(|s| seen.insert((s.kind, s.source)))
        .filter_map(|s| alone(as_of, s))
        .collect();
    current.sort_by_key(|w| (w.since, w.sources.first().copied()));
    current.extend(repeated(&current));

    let mut kinds = BTreeMap::<FactorKind, Weighed>::new();
    // The weightiest first, of equals the latest: it speaks for its kind.
    current.sort_by(|a, b| {
        b.decay.total_cmp(&a.decay).then_with(|| {
            let key = |w: &Weighed| (Reverse(w.since), w.sources.first().copied());
            key(a).cmp(&key(b))
        })
    });
    for next in current.into_iter().filter(|w| w.decay >= DECAY_MIN) {
        match kinds.get_mut(&next.kind) {
            Some(first) => join(first, &next),
            None => {
                kinds.insert(next.kind, next);
            }
        }
    }
    if let Some(both) = last_contact_left(&kinds) {
        kinds.insert(both.kind, both);
    }
    kinds.into_values().collect()
}

/// One signal for itself; `None` if it does not hold on the day.
fn alone(as_of: NaiveDate, signal: &Signal) -> Option<Weighed> {
    if signal.since > as_of || !signal.kind.recordable() {
        return None;
    }
    let resolved_on = signal
        .resolved_on
        .or((signal.kind == FactorKind::ResolvedComplaint).then_some(signal.since))
        .filter(|day| *day <= as_of)
        .map(|day| day.max(signal.since));
    let (kind, fades_from) = match (signal.kind, resolved_on) {
        (FactorKind::UnresolvedComplaint | FactorKind::ResolvedComplaint, Some(day)) => {
            (FactorKind::ResolvedComplaint, Some(day))
        }
        (FactorKind::UnresolvedComplaint | FactorKind::ResolvedComplaint, None) => {
            (FactorKind::UnresolvedComplaint, None)
        }
        (FactorKind::RepeatedComplaint, resolved) => (signal.kind, resolved),
        (_, Some(_)) => return None,
        (kind, None) => (kind, Some(signal.since)),
    };
    let half_life_days = fades_from.and(kind.prior().half_life_days);
    let age_days = days_between(fades_from.unwrap_or(signal.since), as_of);
    let mut evidence = vec![signal.source];
    add(&mut evidence, &signal.evidence);
    Some(Weighed {
        kind,
        decay: half_life_days.map_or(1.0, |half_life| {
            libm::exp2(-f64::from(age_days) / f64::from(half_life.max(1)))
        }),
        age_days,
        half_life_days,
        cause: signal.cause.or(kind.default_cause()),
        controllable: signal.controllable,
        since: signal.since,
        sources: vec![signal.source],
        evidence,
    })
}

/// Each complaint that came soon after another weighs as a repetition, as long as it does itself.
fn repeated(by_day: &[Weighed]) -> Vec<Weighed> {
    let complaints: Vec<&Weighed> = by_day
        .iter()
        .filter(|w| matches!(w.kind, FactorKind::UnresolvedComplaint | FactorKind::ResolvedComplaint))
        .collect();
    complaints
        .windows(2)
        .filter_map(|pair| match pair {
            [first, second] if days_between(first.since, second.since) <= REPEAT_WITHIN_DAYS => {
                let mut again = Weighed {
                    kind: FactorKind::RepeatedComplaint,
                    ..(*second).clone()
                };
                join(&mut again, first);
                Some(again)
            }
            _ => None,
        })
        .collect()
}

/// The one contact we had has left: holds while both do, and fades as the leaving does.
fn last_contact_left(kinds: &BTreeMap<FactorKind, Weighed>) -> Option<Weighed> {
    let single = kinds.get(&FactorKind::SingleContact)?;
    let left = kinds.get(&FactorKind::KeyContactLeft)?;
    let mut both = Weighed {
        kind: FactorKind::SingleContactLeft,
        ..left.clone()
    };
    join(&mut both, single);
    Some(both)
}

/// Adds what states and proves `more`.
fn join(weighed: &mut Weighed, more: &Weighed) {
    add(&mut weighed.sources, &more.sources);
    add(&mut weighed.evidence, &more.evidence);
}

fn add(rows: &mut Vec<Evidence>, more: &[Evidence]) {
    for row in more {
        if !rows.contains(row) {
            rows.push(*row);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::super::factors::EvidenceKind;
    use super::*;
    use chrono::Days;
    use proptest::prelude::*;
    use uuid::Uuid;

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
        Signal {
            source: row(id),
            kind,
            cause: None,
            controllable: kind.controllable(),
            since: ago(days_ago),
            resolved_on: None,
            evidence: Vec::new(),
        }
    }

    fn resolved(id: u128, kind: FactorKind, days_ago: u64, resolved_ago: u64) -> Signal {
        Signal {
            resolved_on: Some(ago(resolved_ago)),
            ..signal(id, kind, days_ago)
        }
    }

    fn kinds(signals: &[Signal]) -> Vec<FactorKind> {
        weigh(today(), signals).iter().map(|w| w.kind).collect()
    }

    #[test]
    fn a_signal_halves_with_its_half_life() {
        for (days, decay) in [(0, 1.0), (180, 0.5), (360, 0.25), (1_800, 1.0 / 1024.0)] {
            let weighed = weigh(today(), &[signal(1, FactorKind::KeyContactLeft, days)]);
            assert_eq!(weighed.len(), 1);
            assert_eq!(weighed[0].decay, decay);
            assert_eq!(u64::from(weighed[0].age_days), days);
            assert_eq!(weighed[0].half_life_days, Some(180));
        }
        assert_eq!(kinds(&[signal(1, FactorKind::KeyContactLeft, 1_801)]), []);
    }

    #[test]
    fn an_unresolved_complaint_does_not_fade() {
        let weighed = weigh(today(), &[signal(1, FactorKind::UnresolvedComplaint, 5_000)]);
        assert_eq!((weighed[0].decay, weighed[0].half_life_days), (1.0, None));
        assert_eq!(weighed[0].age_days, 5_000);
    }

    #[test]
    fn a_complaint_fades_from_the_day_it_is_resolved() {
        let weighed = weigh(today(), &[resolved(1, FactorKind::UnresolvedComplaint, 400, 90)]);
        assert_eq!(weighed[0].kind, FactorKind::ResolvedComplaint);
        assert_eq!((weighed[0].decay, weighed[0].age_days), (0.5, 90));
        assert_eq!(weighed[0].since, ago(400));
    }

    #[test]
    fn a_complaint_resolved_later_is_unresolved_as_of_then() {
        for kind in [FactorKind::UnresolvedComplaint, FactorKind::ResolvedComplaint] {
            let signal = resolved(1, kind, 100, 10);
            let then = weigh(ago(11), std::slice::from_ref(&signal));
            assert_eq!(then[0].kind, FactorKind::UnresolvedComplaint);
            let on_the_day = weigh(ago(10), &[signal]);
            assert_eq!(on_the_day[0].kind, FactorKind::ResolvedComplaint);
        }
    }

    #[test]
    fn a_complaint_recorded_as_resolved_needs_no_day() {
        let weighed = weigh(today(), &[signal(1, FactorKind::ResolvedComplaint, 90)]);
        assert_eq!(
            (weighed[0].kind, weighed[0].decay),
            (FactorKind::ResolvedComplaint, 0.5)
        );
    }

    #[test]
    fn a_day_of_resolution_before_the_complaint_counts_as_its_day() {
        let weighed = weigh(today(), &[resolved(1, FactorKind::UnresolvedComplaint, 90, 200)]);
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
        let weighed = weigh(today(), &[older, newer]);
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
        let once = weigh(today(), std::slice::from_ref(&complaint));
        assert_eq!(weigh(today(), &[complaint.clone(), complaint]), once);
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
        let weighed = weigh(today(), &complaints(90));
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
        let weighed = weigh(today(), &complaints);
        assert_eq!(weighed.len(), 2);
        assert_eq!(weighed[1].kind, FactorKind::RepeatedComplaint);
        assert_eq!(weighed[1].sources, [row(1), row(2), row(3)]);
    }

    #[test]
    fn the_only_contact_who_leaves_weighs_more_than_both() {
        let left = signal(1, FactorKind::KeyContactLeft, 180);
        let single = signal(2, FactorKind::SingleContact, 1_000);
        let weighed = weigh(today(), &[single, left.clone()]);
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
                weigh(today(), &[signal(1, kind, days)]).first().map_or(0.0, |w| w.decay)
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
            let weighed = weigh(today(), &rows);
            rows.reverse();
            prop_assert_eq!(&weigh(today(), &rows), &weighed);
            prop_assert!(weighed.windows(2).all(|pair| pair[0].kind < pair[1].kind));
            for w in &weighed {
                prop_assert!((DECAY_MIN..=1.0).contains(&w.decay));
                prop_assert!(!w.sources.is_empty() && w.since <= today());
            }
        }
    }
}
