//! How far a relation has passed over, proven by touches.
//!
//! For each key contact: introduced by the one who leaves (40), met by the successor alone (30),
//! reached out to the successor himself (30). The score is the mean, weighted by say.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::KeyContact;
use crate::activity::ActivityKind;
use crate::lang::Text;
use crate::names::text_enum;

text_enum! {
    /// A proof of continuity that a contact still lacks.
    pub enum MissingProof {
        /// A meeting of both members with the contact.
        Introduction = "INTRODUCTION",
        /// A two-way touch that the successor began, without the one who leaves.
        MetAlone = "MET_ALONE",
        /// A touch that the contact began with the successor.
        ReachedOut = "REACHED_OUT",
    }
}

impl MissingProof {
    /// What the proof counts, of 100.
    #[must_use]
    pub const fn points(self) -> u8 {
        match self {
            Self::Introduction => 40,
            Self::MetAlone | Self::ReachedOut => 30,
        }
    }

    /// What is to happen for it.
    #[must_use]
    pub const fn text(self) -> Text {
        match self {
            Self::Introduction => Text::fixed(
                "The one who leaves introduces the successor in a joint meeting.",
                "前任者が同席して後任者を紹介する。",
            ),
            Self::MetAlone => Text::fixed(
                "The successor has a two-way exchange without the one who leaves.",
                "後任者が前任者なしで双方向のやり取りをする。",
            ),
            Self::ReachedOut => Text::fixed(
                "The contact gets in touch with the successor himself.",
                "先方から後任者に連絡が来る。",
            ),
        }
    }
}

/// An activity, as far as continuity asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touch {
    /// The activity.
    pub activity: Uuid,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// The contacts who took part.
    pub contacts: Vec<Uuid>,
    /// The members who took part, among them the one who did it.
    pub members: Vec<Uuid>,
    /// What kind of touch it was.
    pub kind: ActivityKind,
    /// Whether both sides said something.
    pub two_way: bool,
    /// Whether the contact began it.
    pub started_by_contact: bool,
}

/// How far a handover's relation has passed over, and what proves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Continuity {
    /// 0 to 100, rounded down; 0 without a key contact, since nothing is proven then.
    pub score: u8,
    /// Each key contact, in the order given.
    pub contacts: Vec<ContactContinuity>,
}

/// How far the relation to one contact has passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactContinuity {
    /// The contact.
    pub contact: Uuid,
    /// His say in the client's decisions, 0 to 100.
    pub weight: u8,
    /// The first activity in which he was introduced.
    pub introduced: Option<Uuid>,
    /// The activities in which the successor met him alone, oldest first.
    pub met_alone: Vec<Uuid>,
    /// The activities that he began with the successor, oldest first.
    pub reached_out: Vec<Uuid>,
    /// 0 to 100.
    pub points: u8,
    /// What is lacking to 100.
    pub missing: Vec<MissingProof>,
}

/// Scores the handover of an account from member `from` to member `to`.
///
/// Only touches since `planned_at` count. Until `switched_at` a contact who writes to both writes
/// to the one he knows, so it proves nothing yet; after it, it does. Where no contact has any say,
/// all count alike.
#[must_use]
pub fn score(
    from: Uuid,
    to: Uuid,
    planned_at: DateTime<Utc>,
    switched_at: Option<DateTime<Utc>>,
    contacts: &[KeyContact],
    touches: &[Touch],
) -> Continuity {
    let mut seen = HashSet::new();
    let mut touches: Vec<&Touch> = touches
        .iter()
        .filter(|touch| touch.occurred_at >= planned_at && touch.members.contains(&to))
        .filter(|touch| seen.insert(touch.activity))
        .collect();
    touches.sort_by_key(|touch| (touch.occurred_at, touch.activity));

    let contacts: Vec<ContactContinuity> = contacts
        .iter()
        .map(|contact| contact_continuity(contact, from, switched_at, &touches))
        .collect();
    Continuity {
        score: weighted(&contacts),
        contacts,
    }
}

/// `touches` are those with the successor, oldest first.
fn contact_continuity(
    contact: &KeyContact,
    from: Uuid,
    switched_at: Option<DateTime<Utc>>,
    touches: &[&Touch],
) -> ContactContinuity {
    let proofs = |proves: &dyn Fn(&Touch, bool) -> bool| -> Vec<Uuid> {
        touches
            .iter()
            .filter(|touch| touch.contacts.contains(&contact.id))
            .filter(|touch| proves(touch, touch.members.contains(&from)))
            .map(|touch| touch.activity)
            .collect()
    };
    let introduced = proofs(&|touch, with_leaver| with_leaver && touch.kind.is_face_to_face())
        .first()
        .copied();
    let met_alone = proofs(&|touch, with_leaver| touch.two_way && !with_leaver && !touch.started_by_contact);
    let reached_out = proofs(&|touch, with_leaver| {
        let switched = switched_at.is_some_and(|at| touch.occurred_at >= at);
        touch.started_by_contact && (switched || !with_leaver)
    });

    let missing: Vec<MissingProof> = [
        (MissingProof::Introduction, introduced.is_none()),
        (MissingProof::MetAlone, met_alone.is_empty()),
        (MissingProof::ReachedOut, reached_out.is_empty()),
    ]
    .into_iter()
    .filter_map(|(proof, is_missing)| is_missing.then_some(proof))
    .collect();
    ContactContinuity {
        contact: contact.id,
        weight: contact.weight,
        introduced,
        met_alone,
        reached_out,
        points: missing.iter().fold(100, |left, proof| left - proof.points()),
        missing,
    }
}

fn weighted(contacts: &[ContactContinuity]) -> u8 {
    let nobody_has_say = contacts.iter().all(|contact| contact.weight == 0);
    let weight = |contact: &ContactContinuity| {
        if nobody_has_say { 1 } else { u64::from(contact.weight) }
    };
    let total: u64 = contacts.iter().map(weight).sum();
    let points: u64 = contacts.iter().map(|c| weight(c) * u64::from(c.points)).sum();
    // Rounded down, so that a threshold is never reached by rounding.
    points
        .checked_div(total)
        .and_then(|score| u8::try_from(score).ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests;
