//! The steps of a handover, laid out backwards from the last day after a [`Template`].
//!
//! Until the last day the template's steps come in its order, spread evenly over the working days
//! left (of its notice at most); an introduction is one step for each key contact, most say first,
//! each on a working day of its own. With too few days the introductions of those with least say
//! are dropped, and the briefings share their days. After the last day: a first meeting alone with
//! each contact, and checks, on the template's days.

use std::cmp::Reverse;

use chrono::{Days, NaiveDate};
use uuid::Uuid;

use super::KeyContact;
use super::template::{Template, TemplateStep};
use crate::lang::Text;
use crate::names::text_enum;

/// How far a step may move to find a working day; shorter than the distance between checks.
pub(super) const MOVE_DAYS: u64 = 14;

text_enum! {
    /// What is to be done in a step of a handover.
    pub enum StepKind {
        /// The one who leaves briefs the successor.
        Briefing = "BRIEFING",
        /// Both meet the contact together.
        Introduction = "INTRODUCTION",
        /// The successor meets the contact without the one who left.
        SoloMeeting = "SOLO_MEETING",
        /// How it goes, on a day that the tenant's template has.
        Check = "CHECK",
        /// How it goes after 30 days.
        Check30 = "CHECK_30",
        /// How it goes after 60 days.
        Check60 = "CHECK_60",
        /// How it goes after 90 days.
        Check90 = "CHECK_90",
    }
}

text_enum! {
    /// Why a step is not in the plan.
    pub enum DropReason {
        /// No working day is left before the last one.
        NoTime = "NO_TIME",
        /// Fewer working days are left than contacts to introduce, and others have more say.
        TooFewDays = "TOO_FEW_DAYS",
        /// The calendar has no working day near the day it would be due.
        NoWorkingDay = "NO_WORKING_DAY",
    }
}

impl DropReason {
    /// What to tell the people of the handover.
    #[must_use]
    pub const fn text(self) -> Text {
        match self {
            Self::NoTime => Text::fixed(
                "No working day is left before the last day.",
                "最終日までに営業日が残っていません。",
            ),
            Self::TooFewDays => Text::fixed(
                "Too few working days are left; contacts with more say come first.",
                "残りの営業日が足りないため、決定への影響が大きい相手を優先しました。",
            ),
            Self::NoWorkingDay => Text::fixed(
                "There is no working day near the due date.",
                "期日の前後に営業日がありません。",
            ),
        }
    }
}

/// A step with the day by which it is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedStep {
    /// What is to be done.
    pub kind: StepKind,
    /// What the template calls it.
    pub title: Option<String>,
    /// With whom; none for briefing and checks.
    pub contact: Option<Uuid>,
    /// By which day of the tenant; always a working day.
    pub due_on: NaiveDate,
}

/// A step that did not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedStep {
    /// What was to be done.
    pub kind: StepKind,
    /// What the template calls it.
    pub title: Option<String>,
    /// With whom; none for briefing and checks.
    pub contact: Option<Uuid>,
    /// Why it is not in the plan.
    pub why: DropReason,
}

/// The steps of one handover. Each step that belongs to it is in exactly one of the two lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What is to be done, in order of due date.
    pub steps: Vec<PlannedStep>,
    /// What did not fit.
    pub dropped: Vec<DroppedStep>,
    /// Whether no working day is left before the last one, so that nobody can be introduced.
    pub no_time: bool,
}

/// Lays out the steps of a handover that is planned on `today` for the `last_day` of the one who
/// leaves. No step is due before `today`; if the last day is past, what comes after it counts from
/// `today`.
#[must_use]
pub fn plan(
    template: &Template,
    today: NaiveDate,
    last_day: NaiveDate,
    key_contacts: &[KeyContact],
    is_working_day: impl Fn(NaiveDate) -> bool,
) -> Plan {
    let mut contacts = key_contacts.to_vec();
    contacts.sort_by_key(|contact| Reverse(contact.weight));

    let mut plan = Plan::default();
    until_last_day(&mut plan, template, (today, last_day), &contacts, &is_working_day);
    from_last_day(&mut plan, template, today.max(last_day), &contacts, &is_working_day);
    plan.steps.sort_by_key(|step| step.due_on);
    plan
}

fn until_last_day(
    plan: &mut Plan,
    template: &Template,
    (today, last_day): (NaiveDate, NaiveDate),
    contacts: &[KeyContact],
    is_working_day: &impl Fn(NaiveDate) -> bool,
) {
    let first = last_day
        .checked_sub_days(Days::new(template.notice_days.into()))
        .unwrap_or(today)
        .max(today);
    let days: Vec<NaiveDate> = first
        .iter_days()
        .take_while(|day| *day < last_day)
        .filter(|d| is_working_day(*d))
        .collect();
    plan.no_time = days.is_empty();

    let (fitting, rest) = contacts.split_at(contacts.len().min(days.len()));
    let mut items: Vec<(&TemplateStep, Option<Uuid>)> = Vec::new();
    for step in template.until_last_day() {
        match step.kind {
            StepKind::Introduction => items.extend(fitting.iter().map(|contact| (step, Some(contact.id)))),
            _ => items.push((step, None)),
        }
    }
    // On the very last day there still is time to talk, though not to visit anybody.
    let on_last_day = (today <= last_day && is_working_day(last_day)).then_some(last_day);
    for (place, (step, contact)) in items.iter().enumerate() {
        let (share, shares) = share_of(&items, place, days.len());
        let due_on = share_end(&days, share, shares).or(on_last_day.filter(|_| contact.is_none()));
        plan.put(step, *contact, due_on, DropReason::NoTime);
    }
    let why = if plan.no_time {
        DropReason::NoTime
    } else {
        DropReason::TooFewDays
    };
    for step in template
        .until_last_day()
        .filter(|step| step.kind == StepKind::Introduction)
    {
        for contact in rest {
            plan.put(step, Some(contact.id), None, why);
        }
    }
}

/// Which share of so many an item gets. Each has its own while there are days enough; then only the
/// introductions have, and what is between them shares the day of the next one.
fn share_of(items: &[(&TemplateStep, Option<Uuid>)], place: usize, days: usize) -> (usize, usize) {
    let introductions = items.iter().filter(|(_, contact)| contact.is_some()).count();
    if items.len() <= days {
        return (place, items.len());
    }
    if introductions == 0 {
        return (place * days / items.len().max(1), days);
    }
    let before = items
        .iter()
        .take(place)
        .filter(|(_, contact)| contact.is_some())
        .count();
    (before.min(introductions - 1), introductions)
}

fn from_last_day(
    plan: &mut Plan,
    template: &Template,
    start: NaiveDate,
    contacts: &[KeyContact],
    is_working_day: &impl Fn(NaiveDate) -> bool,
) {
    let working_days = |after: u64, count: u64| {
        let first = start.checked_add_days(Days::new(after));
        first.into_iter().flat_map(move |day| {
            let length = usize::try_from(count).unwrap_or(usize::MAX);
            day.iter_days().take(length).filter(|day| is_working_day(*day))
        })
    };
    for (step, after) in template.after_last_day() {
        if step.kind == StepKind::SoloMeeting {
            let mut days: Vec<NaiveDate> = working_days(1, after).collect();
            if days.is_empty() {
                days = working_days(1 + after, MOVE_DAYS).take(1).collect();
            }
            for (position, contact) in contacts.iter().enumerate() {
                let due_on = share_end(&days, position, contacts.len());
                plan.put(step, Some(contact.id), due_on, DropReason::NoWorkingDay);
            }
        } else {
            let due_on = working_days(after, MOVE_DAYS).next();
            plan.put(step, None, due_on, DropReason::NoWorkingDay);
        }
    }
}

/// The last of the days in share `share` when `days` are cut evenly into `shares`; shares without
/// a day of their own take the nearest before them.
fn share_end(days: &[NaiveDate], share: usize, shares: usize) -> Option<NaiveDate> {
    let end = ((share + 1) * days.len()).checked_div(shares)?;
    days.get(end.saturating_sub(1)).copied()
}

impl Plan {
    fn put(&mut self, step: &TemplateStep, contact: Option<Uuid>, due_on: Option<NaiveDate>, why: DropReason) {
        let (kind, title) = (step.kind, step.title.clone());
        match due_on {
            Some(due_on) => self.steps.push(PlannedStep {
                kind,
                title,
                contact,
                due_on,
            }),
            None => self.dropped.push(DroppedStep {
                kind,
                title,
                contact,
                why,
            }),
        }
    }
}

#[cfg(test)]
mod tests;
