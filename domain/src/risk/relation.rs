//! What is on record of the relation with an account, and the signals that it proves by itself: nobody raises them, nobody
//! settles them, and what was not on record proves nothing.

use chrono::{Days, NaiveDate};
use uuid::Uuid;

use super::factors::{Evidence, EvidenceKind, FactorKind, Unit};
use super::scorecard::days_between;
use super::signals::Signal;
use crate::buyer_change::BuyerChangeKind;
use crate::succession::NEW_DAYS;

/// Marks for satisfaction.
pub const MARKS: std::ops::RangeInclusive<i16> = 1..=5;
/// The mark between: it neither worries nor reassures, so the one before it still counts.
pub const MARK_BETWEEN: i16 = 3;
/// Credit notes are compared with the revenue of so many days.
pub const CREDIT_DAYS: u64 = 90;
/// Credit notes above this share of the revenue are a signal.
const CREDIT_SHARE: f64 = 0.1;
/// What happened longer ago has faded to nothing: ten half-lives of the longest.
pub const FADED_DAYS: u64 = 1_800;

/// What the tenant asks of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    touch_cadence_days: u16,
    complaint_target_days: u16,
}

/// A cadence that is not 7 to 730 days, or a target that is not 1 to 365.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the cadence of touches must be 7 to 730 days, the target for complaints 1 to 365")]
pub struct RulesRefused;

impl Rules {
    /// The days within which every client is to be talked to, 7 to 730; and those within which a complaint is to be resolved, 1
    /// to 365.
    ///
    /// # Errors
    ///
    /// [`RulesRefused`] outside those bounds.
    pub fn new(touch_cadence_days: i32, complaint_target_days: i32) -> Result<Self, RulesRefused> {
        Ok(Self {
            touch_cadence_days: cadence(touch_cadence_days)?,
            complaint_target_days: u16::try_from(complaint_target_days)
                .ok()
                .filter(|days| (1..=365).contains(days))
                .ok_or(RulesRefused)?,
        })
    }

    /// Days within which every client is to be talked to.
    #[must_use]
    pub const fn touch_cadence_days(&self) -> u16 {
        self.touch_cadence_days
    }

    /// Days within which a complaint is to be resolved.
    #[must_use]
    pub const fn complaint_target_days(&self) -> u16 {
        self.complaint_target_days
    }
}

impl Default for Rules {
    /// A talk a quarter, and two weeks for a complaint.
    fn default() -> Self {
        Self {
            touch_cadence_days: 90,
            complaint_target_days: 14,
        }
    }
}

/// A cadence of touches, in days.
///
/// # Errors
///
/// [`RulesRefused`] when it is not 7 to 730.
pub fn cadence(days: i32) -> Result<u16, RulesRefused> {
    let days = u16::try_from(days).ok().filter(|days| (7..=730).contains(days));
    days.ok_or(RulesRefused)
}

/// What is on record of the relation with an account, as it was known on a day.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Relation {
    /// The account's own cadence of touches in days, in place of the tenant's.
    pub cadence_days: Option<u16>,
    /// The last touch in which both sides took part, and its day.
    pub last_talk: Option<(Uuid, NaiveDate)>,
    /// The last mark for satisfaction other than [`MARK_BETWEEN`]: the activity, its day and the mark.
    pub mark: Option<(Uuid, NaiveDate, i16)>,
    /// The contacts in post, and since which day we know of each; two of them tell that there are more than one.
    pub in_post: Vec<(Uuid, NaiveDate)>,
    /// Key contacts who left without a buyer change, and when; the latest ones.
    pub left: Vec<(Uuid, NaiveDate)>,
    /// The latest buyer changes.
    pub changes: Vec<Change>,
    /// The change to the present owner, and one that nobody can prepare any more.
    pub owners: Vec<OwnerChange>,
}

/// A contact leaving his post.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// The buyer change.
    pub id: Uuid,
    /// Who leaves.
    pub contact: Uuid,
    /// Why.
    pub kind: BuyerChangeKind,
    /// The day since which it is to be reckoned with: when it happened, or when it became known before.
    pub since: NaiveDate,
    /// The day on which the relation with the next one was proven.
    pub established_on: Option<NaiveDate>,
}

/// The account passing from one of us to another.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnerChange {
    /// The day of it.
    pub day: NaiveDate,
    /// Who took over.
    pub member: Uuid,
    /// His first day with us, as far as it matters.
    pub joined_on: Option<NaiveDate>,
    /// The handover by which he did.
    pub handover: Option<Uuid>,
    /// How far the relation has been proven to have passed, 0 to 100; 0 without a handover.
    pub continuity: u8,
    /// The activities that prove it.
    pub proofs: Vec<Uuid>,
}

/// The credit notes of the last [`CREDIT_DAYS`] days, against what was sold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Credits {
    /// The latest ones, newest first, each with its day.
    pub notes: Vec<(Uuid, NaiveDate)>,
    /// What all of them come to; above 0.
    pub notes_minor: i128,
    /// The sales of those days; of the last order's day when there were none.
    pub sales_minor: i128,
}

impl Credits {
    /// The signal that they are, when they are above a tenth of the sales.
    #[must_use]
    pub fn signal(&self) -> Option<Signal> {
        let (newest, rest) = self.notes.split_first()?;
        #[expect(clippy::cast_precision_loss, reason = "a share needs no more than 53 bits")]
        let share = self.notes_minor as f64 / self.sales_minor as f64;
        // Without any sales there is nothing to credit, and no share.
        (self.sales_minor > 0 && share > CREDIT_SHARE).then(|| Signal {
            measure: Some((share, Unit::Ratio)),
            evidence: rest.iter().map(|(id, _)| row(EvidenceKind::Order, *id)).collect(),
            ..proven(FactorKind::CreditNotes, EvidenceKind::Order, *newest)
        })
    }
}

impl Relation {
    /// The signals that it proves on a day.
    #[must_use]
    pub fn signals(&self, as_of: NaiveDate, rules: &Rules) -> Vec<Signal> {
        let mut signals = Vec::new();
        signals.extend(self.neglect(as_of, rules));
        signals.extend(self.low_satisfaction());
        signals.extend(self.single_contact());
        let left = self.left.iter();
        signals.extend(left.map(|left| proven(FactorKind::KeyContactLeft, EvidenceKind::Contact, *left)));
        signals.extend(self.changes.iter().map(Change::signal));
        signals.extend(self.owners.iter().flat_map(OwnerChange::signals));
        signals
    }

    /// Nobody has talked with the client for longer than the cadence. It goes on until somebody does.
    fn neglect(&self, as_of: NaiveDate, rules: &Rules) -> Option<Signal> {
        let (activity, day) = self.last_talk?;
        let cadence = self.cadence_days.unwrap_or(rules.touch_cadence_days);
        let since = day.checked_add_days(Days::new(cadence.into()))?;
        (since < as_of).then(|| Signal {
            ongoing: true,
            measure: Some((days_between(day, as_of).into(), Unit::Days)),
            ..proven(FactorKind::Neglect, EvidenceKind::Activity, (activity, since))
        })
    }

    fn low_satisfaction(&self) -> Option<Signal> {
        let (activity, day, mark) = self.mark?;
        (mark < MARK_BETWEEN).then(|| Signal {
            measure: Some((mark.into(), Unit::Mark)),
            ..proven(FactorKind::LowSatisfaction, EvidenceKind::Activity, (activity, day))
        })
    }

    /// One contact in post is a single thread; when he has left and nobody has come, it is cut.
    fn single_contact(&self) -> Option<Signal> {
        let last_left = self.left.iter().copied();
        let changed = self.changes.iter().map(|change| (change.contact, change.since));
        let last_left = last_left.chain(changed).max_by_key(|(id, day)| (*day, *id));
        let only = match (self.in_post.as_slice(), last_left) {
            ([(only, known)], left) => (*only, left.map_or(*known, |(_, day)| day.max(*known))),
            ([], Some(left)) => left,
            _ => return None,
        };
        Some(proven(FactorKind::SingleContact, EvidenceKind::Contact, only))
    }
}

impl Change {
    fn signal(&self) -> Signal {
        Signal {
            resolved_on: self.established_on,
            evidence: vec![row(EvidenceKind::Contact, self.contact)],
            ..proven(self.kind.signal(), EvidenceKind::BuyerChange, (self.id, self.since))
        }
    }
}

impl OwnerChange {
    /// The part of it that is not proven to have passed is what is left of the risk.
    fn signals(&self) -> Vec<Signal> {
        let size = 1.0 - f64::from(self.continuity.min(100)) / 100.0;
        let source = match self.handover {
            Some(handover) => row(EvidenceKind::Handover, handover),
            None => row(EvidenceKind::Member, self.member),
        };
        let is_new = |joined: NaiveDate| (self.day - joined).num_days() < NEW_DAYS;
        let mut kinds = vec![FactorKind::OwnRepChanged];
        kinds.extend(
            self.joined_on
                .is_some_and(is_new)
                .then_some(FactorKind::SuccessorNewHire),
        );
        let signal = |kind| Signal {
            size,
            measure: Some((size, Unit::Ratio)),
            evidence: self.proofs.iter().map(|id| row(EvidenceKind::Activity, *id)).collect(),
            ..proven(kind, source.kind, (source.id, self.day))
        };
        kinds.into_iter().map(signal).collect()
    }
}

fn row(kind: EvidenceKind, id: Uuid) -> Evidence {
    Evidence { kind, id }
}

/// A signal that this row proves since this day.
fn proven(kind: FactorKind, of: EvidenceKind, (id, since): (Uuid, NaiveDate)) -> Signal {
    Signal::of(kind, row(of, id), since)
}

#[cfg(test)]
mod tests;
