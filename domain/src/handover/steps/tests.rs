#![allow(clippy::unwrap_used)]

use super::*;
use crate::calendar::is_weekend;
use proptest::prelude::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn contact(n: u128, weight: u8) -> KeyContact {
    KeyContact {
        id: Uuid::from_u128(n),
        weight,
    }
}

fn weekdays(day: NaiveDate) -> bool {
    !is_weekend(day)
}

/// The steps as `KIND contact day`, which is what a person would check.
fn written(plan: &Plan) -> Vec<String> {
    let with = |contact: Option<Uuid>| contact.map_or(String::new(), |c| format!(" {}", c.as_u128()));
    plan.steps
        .iter()
        .map(|s| format!("{}{} {}", s.kind, with(s.contact), s.due_on))
        .collect()
}

fn dropped(plan: &Plan) -> Vec<(StepKind, Option<u128>, DropReason)> {
    plan.dropped
        .iter()
        .map(|s| (s.kind, s.contact.map(|c| c.as_u128()), s.why))
        .collect()
}

#[test]
fn with_a_month_of_notice_everybody_is_introduced_most_say_first() {
    // Tuesday 31 March 2026 is the last day; the month before has 21 working days.
    let contacts = [contact(1, 20), contact(2, 90)];
    let plan = plan(
        &Template::default(),
        day("2026-02-20"),
        day("2026-03-31"),
        &contacts,
        weekdays,
    );
    assert_eq!(
        written(&plan),
        [
            "BRIEFING 2026-03-10",
            "INTRODUCTION 2 2026-03-19",
            "INTRODUCTION 1 2026-03-30",
            "SOLO_MEETING 2 2026-04-07",
            "SOLO_MEETING 1 2026-04-14",
            "CHECK_30 2026-04-30",
            "CHECK_60 2026-06-01",
            "CHECK_90 2026-06-29",
        ]
    );
    assert_eq!(dropped(&plan), []);
    assert!(!plan.no_time);
}

#[test]
fn with_little_time_the_steps_move_together_and_those_with_least_say_are_dropped() {
    // Thursday and Friday are left, and Monday is the last day.
    let contacts = [contact(1, 10), contact(2, 50), contact(3, 90)];
    let plan = plan(
        &Template::default(),
        day("2026-06-04"),
        day("2026-06-08"),
        &contacts,
        weekdays,
    );
    assert_eq!(
        written(&plan)[..3],
        [
            "BRIEFING 2026-06-04",
            "INTRODUCTION 3 2026-06-04",
            "INTRODUCTION 2 2026-06-05",
        ]
    );
    assert_eq!(
        dropped(&plan),
        [(StepKind::Introduction, Some(1), DropReason::TooFewDays)]
    );
    assert!(!plan.no_time);
}

#[test]
fn on_the_last_day_only_the_briefing_is_left() {
    let plan = plan(
        &Template::default(),
        day("2026-06-08"),
        day("2026-06-08"),
        &[contact(1, 50)],
        weekdays,
    );
    assert_eq!(
        written(&plan),
        [
            "BRIEFING 2026-06-08",
            "SOLO_MEETING 1 2026-06-22",
            "CHECK_30 2026-07-08",
            "CHECK_60 2026-08-07",
            "CHECK_90 2026-09-07",
        ]
    );
    assert_eq!(dropped(&plan), [(StepKind::Introduction, Some(1), DropReason::NoTime)]);
    assert!(plan.no_time);
}

#[test]
fn after_the_last_day_the_rest_counts_from_today() {
    let plan = plan(
        &Template::default(),
        day("2026-06-08"),
        day("2026-05-01"),
        &[contact(1, 50)],
        weekdays,
    );
    assert_eq!(
        written(&plan)[..2],
        ["SOLO_MEETING 1 2026-06-22", "CHECK_30 2026-07-08"]
    );
    assert_eq!(
        dropped(&plan),
        [
            (StepKind::Briefing, None, DropReason::NoTime),
            (StepKind::Introduction, Some(1), DropReason::NoTime),
        ]
    );
    assert!(plan.no_time);
}

#[test]
fn without_key_contacts_there_are_briefing_and_checks() {
    let plan = plan(
        &Template::default(),
        day("2026-06-01"),
        day("2026-06-08"),
        &[],
        weekdays,
    );
    assert_eq!(
        written(&plan),
        [
            "BRIEFING 2026-06-05",
            "CHECK_30 2026-07-08",
            "CHECK_60 2026-08-07",
            "CHECK_90 2026-09-07",
        ]
    );
    assert!(plan.dropped.is_empty());
}

#[test]
fn a_long_holiday_moves_steps_and_a_calendar_without_work_drops_them() {
    let closed_until = |end: &str| {
        let end = day(end);
        move |day: NaiveDate| day > end && !is_weekend(day)
    };
    let last_day = day("2026-06-08");
    let contacts = [contact(1, 50), contact(2, 50)];
    let moved = plan(
        &Template::default(),
        last_day,
        last_day,
        &contacts,
        closed_until("2026-06-25"),
    );
    assert_eq!(
        written(&moved)[..2],
        ["SOLO_MEETING 1 2026-06-26", "SOLO_MEETING 2 2026-06-26"]
    );

    let never = plan(
        &Template::default(),
        day("2026-06-01"),
        last_day,
        &contacts[..1],
        |_| false,
    );
    assert!(never.steps.is_empty() && never.no_time);
    assert_eq!(
        dropped(&never),
        [
            (StepKind::Briefing, None, DropReason::NoTime),
            (StepKind::Introduction, Some(1), DropReason::NoTime),
            (StepKind::SoloMeeting, Some(1), DropReason::NoWorkingDay),
            (StepKind::Check30, None, DropReason::NoWorkingDay),
            (StepKind::Check60, None, DropReason::NoWorkingDay),
            (StepKind::Check90, None, DropReason::NoWorkingDay),
        ]
    );
}

#[test]
fn the_end_of_the_calendar_is_no_panic() {
    let plan = plan(
        &Template::default(),
        NaiveDate::MAX,
        NaiveDate::MAX,
        &[contact(1, 50)],
        |_| true,
    );
    assert_eq!(plan.steps.len(), 1);
    assert_eq!(plan.dropped.len(), 5);
    let first = super::plan(&Template::default(), NaiveDate::MIN, NaiveDate::MIN, &[], |_| true);
    assert_eq!(first.steps.len(), 4);
}

proptest! {
    #[test]
    fn every_plan_is_ordered_in_range_and_whole(
        start in 0_u64..3_000,
        notice in -20_i64..120,
        weights in prop::collection::vec(0_u8..=100, 0..30),
        closed in prop::collection::hash_set(0_u64..200, 0..60),
    ) {
        let today = day("2024-01-01") + Days::new(start);
        let last_day = today + chrono::TimeDelta::days(notice);
        let holidays: Vec<NaiveDate> = closed.iter().map(|n| today + Days::new(*n)).collect();
        let works = |day: NaiveDate| !is_weekend(day) && !holidays.contains(&day);
        let contacts: Vec<KeyContact> =
            weights.iter().zip(1..).map(|(weight, n)| contact(n, *weight)).collect();
        let plan = plan(&Template::default(), today, last_day, &contacts, works);

        prop_assert!(plan.steps.windows(2).all(|pair| pair[0].due_on <= pair[1].due_on));
        prop_assert!(plan.steps.windows(2).all(|pair| pair[0].kind <= pair[1].kind));
        let base = last_day.max(today);
        for step in &plan.steps {
            prop_assert!(works(step.due_on), "{:?} on a day off", step);
            prop_assert!(step.due_on >= today, "{:?} in the past", step);
            let in_range = match step.kind {
                StepKind::Briefing => step.due_on < last_day
                    || (plan.no_time && step.due_on == last_day),
                StepKind::Introduction => step.due_on < last_day
                    && step.due_on >= last_day - Days::new(30),
                StepKind::SoloMeeting => {
                    let closed = (1..=14).all(|n| !works(base + Days::new(n)));
                    step.due_on > base
                        && step.due_on <= base + Days::new(if closed { 28 } else { 14 })
                }
                StepKind::Check30 => (30..44).any(|n| base + Days::new(n) == step.due_on),
                StepKind::Check60 => (60..74).any(|n| base + Days::new(n) == step.due_on),
                StepKind::Check90 => (90..104).any(|n| base + Days::new(n) == step.due_on),
                StepKind::Check => false,
            };
            prop_assert!(in_range, "{:?} out of range", step);
        }

        // Each step that belongs to a handover is planned or dropped, once.
        let mut all: Vec<(StepKind, Option<Uuid>)> = plan.steps.iter().map(|s| (s.kind, s.contact))
            .chain(plan.dropped.iter().map(|s| (s.kind, s.contact))).collect();
        all.sort_unstable();
        let mut expected = vec![(StepKind::Briefing, None)];
        expected.extend([StepKind::Check30, StepKind::Check60, StepKind::Check90].map(|kind| (kind, None)));
        for contact in &contacts {
            expected.push((StepKind::Introduction, Some(contact.id)));
            expected.push((StepKind::SoloMeeting, Some(contact.id)));
        }
        expected.sort_unstable();
        prop_assert_eq!(all, expected);

        // Nobody with more say is dropped for somebody with less; no day has two introductions.
        let say = |id: Option<Uuid>| contacts.iter().find(|c| Some(c.id) == id).map(|c| c.weight);
        let kept: Vec<&PlannedStep> =
            plan.steps.iter().filter(|s| s.kind == StepKind::Introduction).collect();
        let lost: Vec<&DroppedStep> =
            plan.dropped.iter().filter(|s| s.kind == StepKind::Introduction).collect();
        for lost in &lost {
            prop_assert!(kept.iter().all(|kept| say(kept.contact) >= say(lost.contact)));
        }
        prop_assert!(kept.windows(2).all(|pair| pair[0].due_on < pair[1].due_on));
        prop_assert!(kept.windows(2).all(|pair| say(pair[0].contact) >= say(pair[1].contact)));
        if !kept.is_empty() {
            prop_assert_eq!(plan.steps[0].kind, StepKind::Briefing);
        }
        prop_assert!(!plan.no_time || kept.is_empty());
        prop_assert!(lost.is_empty() || plan.no_time
            || lost.iter().all(|lost| lost.why == DropReason::TooFewDays));
    }
}

fn template(notice_days: u16, steps: &[(StepKind, &str, Option<u16>)]) -> Template {
    let steps = steps.iter().map(|(kind, title, after_days)| TemplateStep {
        kind: *kind,
        title: (!title.is_empty()).then(|| (*title).to_owned()),
        after_days: *after_days,
    });
    Template {
        notice_days,
        steps: steps.collect(),
    }
}

#[test]
fn a_tenants_own_template_is_followed_in_its_order() {
    let own = template(
        14,
        &[
            (StepKind::Introduction, "", None),
            (StepKind::Briefing, "Keys and samples", None),
            (StepKind::Check, "Ask the boss", Some(45)),
            (StepKind::SoloMeeting, "", Some(5)),
            (StepKind::Check, "First look", Some(10)),
        ],
    );
    let contacts = [contact(1, 20), contact(2, 90)];
    let plan = super::plan(&own, day("2026-02-20"), day("2026-03-31"), &contacts, weekdays);
    assert_eq!(
        written(&plan),
        [
            "INTRODUCTION 2 2026-03-19",
            "INTRODUCTION 1 2026-03-24",
            "BRIEFING 2026-03-30",
            "SOLO_MEETING 2 2026-04-01",
            "SOLO_MEETING 1 2026-04-03",
            "CHECK 2026-04-10",
            "CHECK 2026-05-15",
        ]
    );
    let titles: Vec<_> = plan.steps.iter().filter_map(|step| step.title.as_deref()).collect();
    assert_eq!(titles, ["Keys and samples", "First look", "Ask the boss"]);
}

#[test]
fn with_too_few_days_introductions_keep_theirs_and_the_rest_shares() {
    let own = template(
        30,
        &[
            (StepKind::Briefing, "People", None),
            (StepKind::Introduction, "", None),
            (StepKind::Briefing, "Files", None),
        ],
    );
    let contacts = [contact(1, 90), contact(2, 50), contact(3, 10)];
    // Two working days are left before Wednesday 10 June.
    let short = super::plan(&own, day("2026-06-08"), day("2026-06-10"), &contacts, weekdays);
    assert_eq!(
        written(&short),
        [
            "BRIEFING 2026-06-08",
            "INTRODUCTION 1 2026-06-08",
            "INTRODUCTION 2 2026-06-09",
            "BRIEFING 2026-06-09",
        ]
    );
    assert_eq!(
        dropped(&short),
        [(StepKind::Introduction, Some(3), DropReason::TooFewDays)]
    );
    let nobody = super::plan(&own, day("2026-06-09"), day("2026-06-10"), &[], weekdays);
    assert_eq!(written(&nobody), ["BRIEFING 2026-06-09", "BRIEFING 2026-06-09"]);
}
