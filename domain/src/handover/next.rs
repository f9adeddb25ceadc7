//! What a relation lacks next, and by when.

use std::cmp::Reverse;

use chrono::{Days, NaiveDate};
use uuid::Uuid;

use super::{ContactContinuity, Continuity, MissingProof, StepFacts, StepKind};

/// So many days after the last one a contact has met the successor alone, when no step says by when.
const ALONE_DAYS: u64 = 14;
/// So many days after the last one the contact gets in touch himself, when no check is planned.
const REACHED_OUT_DAYS: u64 = 90;

/// A proof that is missing, and the day by which it is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextProof {
    /// Of whom.
    pub contact: Uuid,
    /// What is missing.
    pub proof: MissingProof,
    /// By which day of the tenant; in the past when it is overdue.
    pub due_on: NaiveDate,
}

/// What one contact lacks next: the missing proof that is due first. None when nothing is missing.
///
/// An introduction and a meeting alone are due when their steps are; without one the introduction is
/// due on the last day, the meeting 14 days after it. A contact's own first touch is due with the
/// last check, or 90 days after the last day.
#[must_use]
pub fn next_of(contact: &ContactContinuity, steps: &[StepFacts], last_day: NaiveDate) -> Option<NextProof> {
    let after = |days: u64| last_day.checked_add_days(Days::new(days)).unwrap_or(last_day);
    let step = |kind: StepKind| {
        let mut of_contact = steps.iter().filter(|step| step.contact == Some(contact.contact));
        of_contact.find(|step| step.kind == kind).and_then(|step| step.due_on)
    };
    let due = |proof: MissingProof| match proof {
        MissingProof::Introduction => step(StepKind::Introduction).unwrap_or(last_day),
        MissingProof::MetAlone => step(StepKind::SoloMeeting).unwrap_or_else(|| after(ALONE_DAYS)),
        MissingProof::ReachedOut => {
            let checks = steps.iter().filter(|step| step.kind.is_check());
            checks
                .filter_map(|step| step.due_on)
                .max()
                .unwrap_or_else(|| after(REACHED_OUT_DAYS))
        }
    };
    let missing = contact.missing.iter().map(|proof| NextProof {
        contact: contact.contact,
        proof: *proof,
        due_on: due(*proof),
    });
    missing.min_by_key(|next| next.due_on)
}

/// What the whole relation lacks next: what is due first, of two alike that of the contact with more say.
#[must_use]
pub fn next(continuity: &Continuity, steps: &[StepFacts], last_day: NaiveDate) -> Option<NextProof> {
    let each = continuity
        .contacts
        .iter()
        .filter_map(|contact| Some((contact.weight, next_of(contact, steps, last_day)?)));
    each.min_by_key(|(weight, next)| (next.due_on, Reverse(*weight)))
        .map(|(_, next)| next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(days: u64) -> NaiveDate {
        NaiveDate::default() + Days::new(days)
    }

    fn contact(n: u128, weight: u8, missing: &[MissingProof]) -> ContactContinuity {
        ContactContinuity {
            contact: Uuid::from_u128(n),
            weight,
            introduced: None,
            met_alone: Vec::new(),
            reached_out: Vec::new(),
            points: 0,
            missing: missing.to_vec(),
        }
    }

    fn step(kind: StepKind, contact: Option<u128>, due_on: Option<NaiveDate>) -> StepFacts {
        StepFacts {
            kind,
            contact: contact.map(Uuid::from_u128),
            due_on,
        }
    }

    #[test]
    fn what_is_due_first_comes_next() {
        use MissingProof::{Introduction, MetAlone, ReachedOut};
        let steps = [
            step(StepKind::Introduction, Some(1), Some(day(20))),
            step(StepKind::Introduction, Some(2), Some(day(22))),
            step(StepKind::SoloMeeting, Some(1), Some(day(35))),
            step(StepKind::Check30, None, Some(day(60))),
            step(StepKind::Check90, None, Some(day(120))),
        ];
        let last_day = day(30);
        let of = |contact: &ContactContinuity| next_of(contact, &steps, last_day).map(|next| (next.proof, next.due_on));
        assert_eq!(of(&contact(1, 50, MissingProof::ALL)), Some((Introduction, day(20))));
        assert_eq!(of(&contact(1, 50, &[MetAlone, ReachedOut])), Some((MetAlone, day(35))));
        assert_eq!(of(&contact(1, 50, &[ReachedOut])), Some((ReachedOut, day(120))));
        assert_eq!(of(&contact(1, 50, &[])), None);
        // Whoever came later has no steps of his own; a check says when all should be well.
        assert_eq!(of(&contact(9, 50, MissingProof::ALL)), Some((Introduction, last_day)));
        assert_eq!(of(&contact(9, 50, &[MetAlone])), Some((MetAlone, day(44))));
        let no_checks = next_of(&contact(1, 50, &[ReachedOut]), &[], last_day);
        assert_eq!(no_checks.map(|next| next.due_on), Some(day(120)));

        let whole = Continuity {
            score: 0,
            contacts: vec![contact(2, 90, MissingProof::ALL), contact(1, 10, MissingProof::ALL)],
        };
        let first = next(&whole, &steps, last_day).map(|next| (next.contact, next.due_on));
        assert_eq!(first, Some((Uuid::from_u128(1), day(20))));
        let alike = Continuity {
            score: 0,
            contacts: vec![contact(7, 10, MissingProof::ALL), contact(8, 90, MissingProof::ALL)],
        };
        assert_eq!(
            next(&alike, &steps, last_day).map(|next| next.contact),
            Some(Uuid::from_u128(8))
        );
    }
}
