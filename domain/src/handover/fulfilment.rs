//! What fulfils a step: a touch on record, never a tick.

use std::collections::HashSet;

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use uuid::Uuid;

use super::{Continuity, KeyContact, StepKind, Touch};
use crate::activity::ActivityKind;
use crate::calendar::tenant_day;
use crate::lang::Text;

/// So many days before a check is due a touch may already be it.
const CHECK_EARLY_DAYS: u64 = 7;

/// A step as far as its fulfilment asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepFacts {
    /// What is to be done.
    pub kind: StepKind,
    /// With whom.
    pub contact: Option<Uuid>,
    /// By which day; none when it did not fit into the plan.
    pub due_on: Option<NaiveDate>,
}

impl StepKind {
    /// What must be on record for it.
    #[must_use]
    pub const fn fulfilled_when(self) -> Text {
        match self {
            Self::Briefing => Text::fixed(
                "A meeting or call at the account is on record in which both members took part and no contact did.",
                "両メンバーが参加し、先方の参加者がいない打ち合わせまたは通話が記録されたとき。",
            ),
            Self::Introduction => Text::fixed(
                "A meeting is on record in which both members and the contact took part.",
                "両メンバーと先方の担当者が同席した面談が記録されたとき。",
            ),
            Self::SoloMeeting => Text::fixed(
                "A two-way touch of the successor with the contact is on record, without the one who leaves.",
                "前任者なしで、後任者と先方の担当者との双方向のやり取りが記録されたとき。",
            ),
            Self::Check | Self::Check30 | Self::Check60 | Self::Check90 => Text::fixed(
                "A two-way touch of the successor with a key contact is on record, from a week before the day on; each touch \
                 counts for one check.",
                "期日の1週間前以降に、後任者と重要な担当者との双方向のやり取りが記録されたとき（1件のやり取りは1つのチェックにのみ有効）。",
            ),
        }
    }
}

/// Which touch fulfils each of the steps, in their order; none where nothing on record does. A touch
/// is at most one briefing, and at most one check.
///
/// `touches` are those since the plan, `continuity` is what they prove, `contacts` whom it is about.
#[must_use]
pub fn fulfilled_by(
    steps: &[StepFacts],
    (from, to): (Uuid, Uuid),
    contacts: &[KeyContact],
    continuity: &Continuity,
    touches: &[Touch],
    zone: Tz,
) -> Vec<Option<Uuid>> {
    let mut oldest_first: Vec<&Touch> = touches.iter().filter(|touch| touch.members.contains(&to)).collect();
    oldest_first.sort_by_key(|touch| (touch.occurred_at, touch.activity));
    let mut used: HashSet<(bool, Uuid)> = HashSet::new();
    let mut first = |is_check: bool, fits: &dyn Fn(&Touch) -> bool| {
        let found = oldest_first
            .iter()
            .find(|touch| fits(touch) && !used.contains(&(is_check, touch.activity)))
            .map(|touch| touch.activity)?;
        used.insert((is_check, found));
        Some(found)
    };
    let of_contact = |step: &StepFacts| {
        let mut proven = continuity.contacts.iter();
        proven.find(|one| Some(one.contact) == step.contact)
    };
    let mut found = vec![None; steps.len()];
    // Whatever comes first is done by what came first.
    let mut order: Vec<usize> = (0..steps.len()).collect();
    order.sort_by_key(|place| steps.get(*place).map(|step| step.due_on));
    for place in order {
        let Some(step) = steps.get(place) else { continue };
        let proof = match step.kind {
            StepKind::Introduction => of_contact(step).and_then(|contact| contact.introduced),
            StepKind::SoloMeeting => of_contact(step).and_then(|contact| contact.met_alone.first().copied()),
            StepKind::Briefing => first(false, &|touch| is_briefing(touch, from)),
            StepKind::Check | StepKind::Check30 | StepKind::Check60 | StepKind::Check90 => {
                let since = step
                    .due_on
                    .map(|due| due.checked_sub_days(Days::new(CHECK_EARLY_DAYS)).unwrap_or(due));
                since.and_then(|since| {
                    first(true, &|touch| {
                        touch.two_way
                            && tenant_day(touch.occurred_at, zone) >= since
                            && contacts.iter().any(|contact| touch.contacts.contains(&contact.id))
                    })
                })
            }
        };
        if let Some(slot) = found.get_mut(place) {
            *slot = proof;
        }
    }
    found
}

/// Both members talk to each other.
fn is_briefing(touch: &Touch, from: Uuid) -> bool {
    let is_talk = matches!(
        touch.kind,
        ActivityKind::Meeting | ActivityKind::JointMeeting | ActivityKind::Call
    );
    is_talk && touch.contacts.is_empty() && touch.members.contains(&from)
}

#[cfg(test)]
mod tests;
