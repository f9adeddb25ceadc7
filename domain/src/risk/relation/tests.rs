#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::risk::signals::weigh;
use proptest::prelude::*;

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 20).unwrap()
}

fn ago(days: u64) -> NaiveDate {
    today() - Days::new(days)
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn told(relation: &Relation) -> Vec<FactorKind> {
    let signals = relation.signals(today(), &Rules::default());
    weigh(today(), 14, &signals).iter().map(|one| one.kind).collect()
}

fn change(kind: BuyerChangeKind, contact: u128, days: u64) -> Change {
    Change {
        id: id(100 + contact),
        contact: id(contact),
        kind,
        since: ago(days),
        established_on: None,
    }
}

fn passed(continuity: u8) -> OwnerChange {
    OwnerChange {
        day: ago(10),
        member: id(8),
        joined_on: Some(ago(40)),
        handover: Some(id(9)),
        continuity,
        proofs: vec![id(20), id(21)],
    }
}

#[test]
fn what_is_not_on_record_proves_nothing() {
    assert_eq!(told(&Relation::default()), []);
    assert_eq!(Credits::default().signal(), None);
}

#[test]
fn neglect_begins_the_day_after_the_cadence_and_does_not_fade() {
    let talked = |days, cadence_days| Relation {
        last_talk: Some((id(1), ago(days))),
        cadence_days,
        ..Relation::default()
    };
    assert_eq!(told(&talked(90, None)), []);
    assert_eq!(told(&talked(91, None)), [FactorKind::Neglect]);
    assert_eq!(told(&talked(91, Some(120))), []);
    assert_eq!(told(&talked(31, Some(30))), [FactorKind::Neglect]);
    let signals = talked(400, None).signals(today(), &Rules::default());
    let weighed = &weigh(today(), 14, &signals)[0];
    assert_eq!((weighed.strength(), weighed.since), (1.0, ago(310)));
    assert_eq!(weighed.measure, Some((400.0, Unit::Days)));
    assert_eq!(weighed.evidence, [row(EvidenceKind::Activity, id(1))]);
}

#[test]
fn marks_of_one_and_two_are_low() {
    for (mark, low) in [(1, true), (2, true), (4, false), (5, false)] {
        let marked = Relation {
            mark: Some((id(1), ago(0), mark)),
            ..Relation::default()
        };
        assert_eq!(!told(&marked).is_empty(), low, "{mark}");
    }
}

#[test]
fn one_contact_is_a_single_thread_and_two_are_not() {
    let in_post = |ids: &[u128]| Relation {
        in_post: ids.iter().map(|n| (id(*n), ago(400))).collect(),
        ..Relation::default()
    };
    assert_eq!(told(&in_post(&[1])), [FactorKind::SingleContact]);
    assert_eq!(told(&in_post(&[1, 2])), []);
    let left = |in_post_ids: &[u128]| Relation {
        left: vec![(id(7), ago(30))],
        ..in_post(in_post_ids)
    };
    use FactorKind::{KeyContactLeft, SingleContact, SingleContactLeft};
    let all = [KeyContactLeft, SingleContact, SingleContactLeft];
    assert_eq!(told(&left(&[1])), all);
    // Nobody is left whom we know: the thread is cut.
    assert_eq!(told(&left(&[])), all);
    assert_eq!(told(&left(&[1, 2])), [KeyContactLeft]);
    let both = left(&[1]).signals(today(), &Rules::default());
    let weighed = weigh(today(), 14, &both);
    let contacts = [row(EvidenceKind::Contact, id(7)), row(EvidenceKind::Contact, id(1))];
    assert_eq!(weighed[2].evidence, contacts);
    assert_eq!(weighed[1].since, ago(30));
}

#[test]
fn a_buyer_change_is_the_signal_of_its_kind_until_the_relation_is_proven() {
    for kind in BuyerChangeKind::ALL {
        let mut one = change(*kind, 1, 20);
        let relation = |one| Relation {
            changes: vec![one],
            in_post: vec![(id(2), ago(9)), (id(3), ago(9))],
            ..Relation::default()
        };
        assert_eq!(told(&relation(one)), [kind.signal()]);
        one.established_on = Some(ago(1));
        assert_eq!(told(&relation(one)), []);
    }
}

#[test]
fn what_a_handover_has_proven_is_no_risk_any_more() {
    let of = |continuity| {
        let relation = Relation {
            owners: vec![passed(continuity)],
            ..Relation::default()
        };
        weigh(today(), 14, &relation.signals(today(), &Rules::default()))
    };
    let nothing = of(0);
    assert_eq!(
        nothing.iter().map(|one| (one.kind, one.size)).collect::<Vec<_>>(),
        [(FactorKind::OwnRepChanged, 1.0), (FactorKind::SuccessorNewHire, 1.0)]
    );
    assert!((of(70)[0].size - 0.3).abs() < 1e-12);
    assert_eq!(of(70)[0].evidence[0], row(EvidenceKind::Handover, id(9)));
    assert_eq!(of(100), []);
}

#[test]
fn without_a_handover_the_member_proves_the_change() {
    let relation = Relation {
        owners: vec![OwnerChange {
            handover: None,
            joined_on: Some(ago(2_000)),
            proofs: Vec::new(),
            ..passed(0)
        }],
        ..Relation::default()
    };
    let weighed = weigh(today(), 14, &relation.signals(today(), &Rules::default()));
    assert_eq!(weighed.len(), 1);
    assert_eq!(weighed[0].evidence, [row(EvidenceKind::Member, id(8))]);
}

#[test]
fn credit_notes_count_above_a_tenth_of_the_sales() {
    let credits = |notes_minor, sales_minor| Credits {
        notes: vec![(id(2), ago(3)), (id(1), ago(60))],
        notes_minor,
        sales_minor,
    };
    assert_eq!(credits(100, 1_000).signal(), None);
    assert_eq!(credits(100, 0).signal(), None);
    let signal = credits(101, 1_000).signal().unwrap();
    assert_eq!(signal.since, ago(3));
    assert_eq!(signal.evidence, [row(EvidenceKind::Order, id(1))]);
    assert!((signal.measure.unwrap().0 - 0.101).abs() < 1e-12);
}

#[test]
fn rules_have_bounds() {
    for (cadence, target) in [(6, 14), (731, 14), (90, 0), (90, 366), (-1, 14), (i32::MAX, i32::MIN)] {
        assert_eq!(Rules::new(cadence, target), Err(RulesRefused));
    }
    assert_eq!(Rules::new(90, 14), Ok(Rules::default()));
}

proptest! {
    #[test]
    fn the_more_is_proven_the_less_is_at_risk(continuity in 0u8..=255, more in 0u8..=100) {
        let strength = |continuity| {
            let relation = Relation { owners: vec![passed(continuity)], ..Relation::default() };
            let weighed = weigh(today(), 14, &relation.signals(today(), &Rules::default()));
            weighed.first().map_or(0.0, super::super::signals::Weighed::strength)
        };
        let (less_proven, more_proven) = (strength(continuity), strength(continuity.saturating_add(more)));
        prop_assert!(more_proven <= less_proven && (0.0..=1.0).contains(&less_proven));
    }

    #[test]
    fn every_signal_of_a_relation_has_its_proof(
        talked in proptest::option::of(0u64..2_000), mark in proptest::option::of((0u64..900, 1i16..=5)),
        in_post in 0usize..3, left in proptest::collection::vec(0u64..900, 0..3), continuity in 0u8..=100,
    ) {
        let relation = Relation {
            cadence_days: None,
            last_talk: talked.map(|days| (id(1), ago(days))),
            mark: mark.map(|(days, mark)| (id(2), ago(days), mark)),
            in_post: (0..in_post).map(|n| (id(10 + n as u128), ago(5))).collect(),
            left: left.iter().zip(20..).map(|(days, n)| (id(n), ago(*days))).collect(),
            changes: vec![change(BuyerChangeKind::Quit, 30, 5)],
            owners: vec![passed(continuity)],
        };
        let weighed = weigh(today(), 14, &relation.signals(today(), &Rules::default()));
        for one in &weighed {
            prop_assert!(!one.evidence.is_empty() && one.strength() <= 1.0 && one.since <= today());
        }
        prop_assert!(weighed.windows(2).all(|pair| pair[0].kind < pair[1].kind));
    }
}
