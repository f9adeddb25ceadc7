#![allow(clippy::unwrap_used)]

use super::*;
use crate::handover::score;
use chrono::{DateTime, TimeDelta, Utc};

const LEAVER: Uuid = Uuid::from_u128(100);
const SUCCESSOR: Uuid = Uuid::from_u128(200);
const BUYER: Uuid = Uuid::from_u128(1);
const BUYER_ALONE: &[KeyContact] = &[KeyContact { id: BUYER, weight: 80 }];
const ZONE: Tz = Tz::Asia__Tokyo;

fn planned_at() -> DateTime<Utc> {
    "2026-03-01T00:00:00Z".parse().unwrap()
}

fn day(n: u64) -> NaiveDate {
    tenant_day(planned_at(), ZONE) + Days::new(n)
}

/// A meeting `n` days after the plan, which is also its id.
fn touch(n: u32, members: &[Uuid], contacts: &[Uuid]) -> Touch {
    Touch {
        activity: Uuid::from_u128(n.into()),
        occurred_at: planned_at() + TimeDelta::days(n.into()),
        contacts: contacts.to_vec(),
        members: members.to_vec(),
        kind: ActivityKind::Meeting,
        two_way: true,
        started_by_contact: false,
    }
}

fn step(kind: StepKind, due: u64) -> StepFacts {
    let contact = matches!(kind, StepKind::Introduction | StepKind::SoloMeeting).then_some(BUYER);
    StepFacts {
        kind,
        contact,
        due_on: Some(day(due)),
    }
}

/// The days of the touches that fulfil the steps.
fn fulfilled(steps: &[StepFacts], touches: &[Touch]) -> Vec<Option<u128>> {
    let continuity = score(LEAVER, SUCCESSOR, planned_at(), None, BUYER_ALONE, touches);
    let found = fulfilled_by(steps, (LEAVER, SUCCESSOR), BUYER_ALONE, &continuity, touches, ZONE);
    found.into_iter().map(|id| id.map(|id| id.as_u128())).collect()
}

#[test]
fn each_step_is_fulfilled_by_what_was_recorded() {
    let steps = [
        step(StepKind::Briefing, 5),
        step(StepKind::Introduction, 9),
        step(StepKind::SoloMeeting, 40),
        step(StepKind::Check30, 60),
    ];
    assert_eq!(fulfilled(&steps, &[]), [None; 4]);
    let touches = [
        touch(3, &[LEAVER, SUCCESSOR], &[]),
        touch(8, &[LEAVER, SUCCESSOR], &[BUYER]),
        touch(33, &[SUCCESSOR], &[BUYER]),
        touch(58, &[SUCCESSOR], &[BUYER]),
    ];
    assert_eq!(fulfilled(&steps, &touches), [Some(3), Some(8), Some(33), Some(58)]);
}

#[test]
fn without_the_successor_nothing_is_fulfilled() {
    let steps = [
        step(StepKind::Briefing, 5),
        step(StepKind::Introduction, 9),
        step(StepKind::SoloMeeting, 40),
        step(StepKind::Check30, 60),
    ];
    let by_others = [
        touch(3, &[LEAVER], &[]),
        touch(8, &[LEAVER, Uuid::from_u128(300)], &[BUYER]),
        touch(58, &[LEAVER], &[BUYER]),
    ];
    assert_eq!(fulfilled(&steps, &by_others), [None; 4]);
}

#[test]
fn a_briefing_is_between_the_two_and_nobody_else() {
    let steps = [step(StepKind::Briefing, 5)];
    let not_one = [
        touch(1, &[LEAVER, SUCCESSOR], &[BUYER]),
        touch(2, &[SUCCESSOR], &[]),
        Touch {
            kind: ActivityKind::Email,
            ..touch(3, &[LEAVER, SUCCESSOR], &[])
        },
    ];
    assert_eq!(fulfilled(&steps, &not_one), [None]);
    let by_telephone = Touch {
        kind: ActivityKind::Call,
        ..touch(4, &[LEAVER, SUCCESSOR], &[])
    };
    assert_eq!(fulfilled(&steps, &[by_telephone]), [Some(4)]);
}

#[test]
fn one_touch_is_one_check_and_one_briefing() {
    // The later one stands first in the template.
    let steps = [
        step(StepKind::Check60, 90),
        step(StepKind::Check30, 60),
        step(StepKind::Check90, 120),
    ];
    assert_eq!(
        fulfilled(&steps, &[touch(52, &[SUCCESSOR], &[BUYER])]),
        [None; 3],
        "too early"
    );
    assert_eq!(
        fulfilled(&steps, &[touch(53, &[SUCCESSOR], &[BUYER])]),
        [None, Some(53), None]
    );
    let late = [touch(118, &[SUCCESSOR], &[BUYER])];
    assert_eq!(fulfilled(&steps, &late), [None, Some(118), None]);
    let both = [touch(88, &[SUCCESSOR], &[BUYER]), touch(117, &[SUCCESSOR], &[BUYER])];
    assert_eq!(fulfilled(&steps, &both), [Some(117), Some(88), None]);
    let one_way = Touch {
        two_way: false,
        ..touch(60, &[SUCCESSOR], &[BUYER])
    };
    assert_eq!(fulfilled(&steps, &[one_way, touch(61, &[SUCCESSOR], &[])]), [None; 3]);

    let briefings = [step(StepKind::Briefing, 5), step(StepKind::Briefing, 9)];
    let talked = touch(3, &[LEAVER, SUCCESSOR], &[]);
    assert_eq!(fulfilled(&briefings, std::slice::from_ref(&talked)), [Some(3), None]);
    assert_eq!(
        fulfilled(&briefings, &[touch(4, &[LEAVER, SUCCESSOR], &[]), talked]),
        [Some(3), Some(4)]
    );
}

#[test]
fn a_check_that_did_not_fit_is_not_fulfilled() {
    let dropped = StepFacts {
        due_on: None,
        ..step(StepKind::Check30, 60)
    };
    assert_eq!(fulfilled(&[dropped], &[touch(70, &[SUCCESSOR], &[BUYER])]), [None]);
}

#[test]
fn every_step_says_in_both_languages_what_fulfils_it() {
    for kind in StepKind::ALL {
        let text = kind.fulfilled_when();
        assert!(!text.en.is_empty() && !text.ja.is_empty(), "{kind}");
    }
}
