#![allow(clippy::unwrap_used)]

use super::*;
use chrono::TimeDelta;
use proptest::prelude::*;

const LEAVER: Uuid = Uuid::from_u128(100);
const SUCCESSOR: Uuid = Uuid::from_u128(200);
const OTHER: Uuid = Uuid::from_u128(300);
const BUYER: Uuid = Uuid::from_u128(1);
const BOSS: Uuid = Uuid::from_u128(2);

fn planned_at() -> DateTime<Utc> {
    "2026-03-01T00:00:00Z".parse().unwrap()
}

/// A two-way meeting with the buyer, `n` days after the plan, which is also its id.
fn touch(n: u32, members: &[Uuid]) -> Touch {
    Touch {
        activity: Uuid::from_u128(n.into()),
        occurred_at: planned_at() + TimeDelta::days(n.into()),
        contacts: vec![BUYER],
        members: members.to_vec(),
        kind: ActivityKind::Meeting,
        two_way: true,
        started_by_contact: false,
    }
}

fn joint(n: u32) -> Touch {
    Touch {
        kind: ActivityKind::JointMeeting,
        ..touch(n, &[LEAVER, SUCCESSOR])
    }
}

fn alone(n: u32) -> Touch {
    touch(n, &[SUCCESSOR])
}

fn reached_out(n: u32) -> Touch {
    Touch {
        kind: ActivityKind::Email,
        started_by_contact: true,
        ..alone(n)
    }
}

const BUYER_ALONE: &[KeyContact] = &[KeyContact { id: BUYER, weight: 80 }];

fn buyer(touches: &[Touch]) -> ContactContinuity {
    score(LEAVER, SUCCESSOR, planned_at(), None, BUYER_ALONE, touches)
        .contacts
        .remove(0)
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

#[test]
fn three_proofs_make_a_hundred() {
    let result = score(
        LEAVER,
        SUCCESSOR,
        planned_at(),
        None,
        BUYER_ALONE,
        &[reached_out(9), alone(5), joint(3), alone(4)],
    );
    assert_eq!(
        result,
        Continuity {
            score: 100,
            contacts: vec![ContactContinuity {
                contact: BUYER,
                weight: 80,
                introduced: Some(id(3)),
                met_alone: vec![id(4), id(5)],
                reached_out: vec![id(9)],
                points: 100,
                missing: vec![],
            }],
        }
    );
}

#[test]
fn each_proof_counts_its_own_points_and_the_rest_is_named() {
    use MissingProof::{Introduction, MetAlone, ReachedOut};
    for (touches, points, missing) in [
        (vec![], 0, vec![Introduction, MetAlone, ReachedOut]),
        (vec![joint(1)], 40, vec![MetAlone, ReachedOut]),
        (vec![alone(1)], 30, vec![Introduction, ReachedOut]),
        (vec![reached_out(1)], 30, vec![Introduction, MetAlone]),
        (vec![joint(1), alone(2)], 70, vec![ReachedOut]),
        (vec![alone(1), reached_out(2)], 60, vec![Introduction]),
        (vec![joint(1), joint(2), joint(3)], 40, vec![MetAlone, ReachedOut]),
    ] {
        let result = buyer(&touches);
        assert_eq!((result.points, result.missing), (points, missing));
    }
}

#[test]
fn what_is_not_a_proof_counts_nothing() {
    let nothing = |touch: Touch| assert_eq!(buyer(std::slice::from_ref(&touch)).points, 0, "{touch:?}");
    nothing(Touch {
        kind: ActivityKind::Email,
        ..joint(1)
    });
    nothing(Touch {
        two_way: false,
        ..alone(1)
    });
    nothing(Touch {
        contacts: vec![BOSS],
        ..alone(1)
    });
    nothing(Touch {
        contacts: vec![],
        ..joint(1)
    });
    nothing(touch(1, &[LEAVER]));
    nothing(touch(1, &[OTHER, LEAVER]));
    nothing(Touch {
        occurred_at: planned_at() - TimeDelta::seconds(1),
        ..alone(1)
    });
    nothing(Touch {
        kind: ActivityKind::Email,
        started_by_contact: true,
        ..joint(1)
    });
}

#[test]
fn a_meeting_with_both_introduces_whatever_it_was_called() {
    assert_eq!(buyer(&[touch(1, &[SUCCESSOR, OTHER, LEAVER])]).introduced, Some(id(1)));
    assert_eq!(
        buyer(&[Touch {
            occurred_at: planned_at(),
            ..joint(1)
        }])
        .introduced,
        Some(id(1))
    );
}

#[test]
fn a_contact_who_writes_to_both_proves_something_only_after_the_switch() {
    let to_both = |n| Touch {
        kind: ActivityKind::Email,
        started_by_contact: true,
        ..joint(n)
    };
    let switched_at = Some(planned_at() + TimeDelta::days(30));
    let result = score(
        LEAVER,
        SUCCESSOR,
        planned_at(),
        switched_at,
        BUYER_ALONE,
        &[to_both(29), to_both(30)],
    );
    assert_eq!(result.contacts[0].reached_out, [id(30)]);
    assert_eq!(result.score, 30);
}

#[test]
fn the_score_goes_by_the_say_of_each_and_is_rounded_down() {
    let with = |buyer, boss, touches: &[Touch]| {
        let contacts = [
            KeyContact {
                id: BUYER,
                weight: buyer,
            },
            KeyContact { id: BOSS, weight: boss },
        ];
        score(LEAVER, SUCCESSOR, planned_at(), None, &contacts, touches).score
    };
    let buyer_only = [joint(1), alone(2), reached_out(3)];
    assert_eq!(with(80, 20, &buyer_only), 80);
    assert_eq!(with(20, 80, &buyer_only), 20);
    assert_eq!(with(0, 0, &buyer_only), 50);
    assert_eq!(with(0, 50, &buyer_only), 0);
    assert_eq!(with(2, 1, &buyer_only), 66);
    let both = Touch {
        contacts: vec![BUYER, BOSS],
        ..joint(1)
    };
    assert_eq!(with(37, 12, &[both]), 40);
}

#[test]
fn without_key_contacts_nothing_is_proven() {
    let result = score(LEAVER, SUCCESSOR, planned_at(), None, &[], &[joint(1), alone(2)]);
    assert_eq!(
        result,
        Continuity {
            score: 0,
            contacts: vec![]
        }
    );
}

#[test]
fn an_activity_given_twice_counts_once() {
    assert_eq!(buyer(&[alone(1), alone(1)]).met_alone, [id(1)]);
}

fn any_touch() -> impl Strategy<Value = Touch> {
    let people = |ids: Vec<Uuid>| {
        let all = ids.len();
        prop::sample::subsequence(ids, 0..=all)
    };
    (
        0_u32..40,
        people(vec![LEAVER, SUCCESSOR, OTHER]),
        people(vec![BUYER, BOSS]),
        prop::sample::select(ActivityKind::ALL),
        any::<(bool, bool)>(),
    )
        .prop_map(|(n, members, contacts, kind, (two_way, started_by_contact))| Touch {
            occurred_at: planned_at() + TimeDelta::days(i64::from(n) - 10),
            contacts,
            kind,
            two_way,
            started_by_contact,
            ..touch(n, &members)
        })
}

/// Touches with ids of their own.
fn any_touches() -> impl Strategy<Value = Vec<Touch>> {
    prop::collection::vec(any_touch(), 0..12).prop_map(|touches| {
        touches
            .into_iter()
            .zip(1000_u128..)
            .map(|(touch, n)| Touch {
                activity: id(n),
                ..touch
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn a_score_is_a_percentage_and_another_touch_never_lowers_it(
        touches in any_touches(),
        weights in any::<(u8, u8)>(),
        switched in prop::option::of(0_i64..40),
    ) {
        let contacts =
            [KeyContact { id: BUYER, weight: weights.0 }, KeyContact { id: BOSS, weight: weights.1 }];
        let switched_at = switched.map(|days| planned_at() + TimeDelta::days(days));
        let mut before = 0;
        for count in 0..=touches.len() {
            let now =
                score(LEAVER, SUCCESSOR, planned_at(), switched_at, &contacts, &touches[..count]);
            prop_assert!(now.score <= 100);
            prop_assert!(now.score >= before);
            for contact in &now.contacts {
                let lacking: u8 = contact.missing.iter().map(|proof| proof.points()).sum();
                prop_assert_eq!(contact.points + lacking, 100);
            }
            before = now.score;
        }
    }

    #[test]
    fn the_order_in_which_touches_come_does_not_matter(mut touches in any_touches()) {
        let of = |touches: &[Touch]| {
            score(LEAVER, SUCCESSOR, planned_at(), None, BUYER_ALONE, touches)
        };
        let forwards = of(&touches);
        touches.reverse();
        prop_assert_eq!(of(&touches), forwards);
    }
}
