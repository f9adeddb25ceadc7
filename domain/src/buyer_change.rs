//! A contact leaves his post and another takes it: what kind of change it is, and whether the relation passed over.
//!
//! The proof is that of a handover, the other way round: the one who leaves introduces the one who comes (40), we have a
//! two-way exchange with the one who comes alone (30), and he gets in touch with us himself (30).

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::handover::{MissingProof, Touch};
use crate::lang::Text;
use crate::names::text_enum;
use crate::risk::FactorKind;

/// Touches count from so many days before the change: an introduction comes before it.
pub const BEFORE_DAYS: u64 = 90;

text_enum! {
    /// Why another contact takes the post.
    pub enum BuyerChangeKind {
        /// The client moved him on, as it does regularly.
        Rotated = "ROTATED",
        /// He left the client.
        Quit = "QUIT",
        /// He rose within the client.
        Promoted = "PROMOTED",
        /// Somebody above put another in his place.
        ReplacedFromAbove = "REPLACED_FROM_ABOVE",
        /// The client buys centrally from now on.
        PurchasingCentralised = "PURCHASING_CENTRALISED",
    }
}

impl BuyerChangeKind {
    /// The signal that it is.
    #[must_use]
    pub const fn signal(self) -> FactorKind {
        match self {
            Self::Rotated | Self::Quit | Self::Promoted => FactorKind::KeyContactLeft,
            Self::ReplacedFromAbove => FactorKind::OverriddenFromAbove,
            Self::PurchasingCentralised => FactorKind::PurchasingCentralised,
        }
    }

    /// The change in words.
    #[must_use]
    pub const fn text(self) -> Text {
        match self {
            Self::Rotated => Text::fixed("The buyer rotated.", "担当者が定期異動した。"),
            Self::Quit => Text::fixed("The buyer left the client.", "担当者が退職した。"),
            Self::Promoted => Text::fixed("The buyer was promoted.", "担当者が昇進した。"),
            Self::ReplacedFromAbove => {
                Text::fixed("The buyer was replaced from above.", "上層部の判断で担当者が交代した。")
            }
            Self::PurchasingCentralised => Text::fixed("Purchasing was centralised.", "購買が集約された。"),
        }
    }
}

/// How far the relation has passed from one contact to the next, and what proves it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuyerContinuity {
    /// 0 to 100.
    pub score: u8,
    /// The first activity in which the one who leaves introduced the one who comes.
    pub introduced: Option<Uuid>,
    /// The first two-way exchange with the one who comes that we began, without the one who leaves.
    pub met: Option<Uuid>,
    /// The first touch that he began.
    pub reached_out: Option<Uuid>,
    /// What is lacking to 100.
    pub missing: Vec<MissingProof>,
}

/// Scores a change from `leaving` to `arriving` by the touches since an instant; nothing is proven while nobody has come.
#[must_use]
pub fn buyer_continuity(
    leaving: Uuid,
    arriving: Option<Uuid>,
    since: DateTime<Utc>,
    touches: &[Touch],
) -> BuyerContinuity {
    let mut of: Vec<&Touch> = touches
        .iter()
        .filter(|touch| touch.occurred_at >= since)
        .filter(|touch| arriving.is_some_and(|arriving| touch.contacts.contains(&arriving)))
        .collect();
    of.sort_by_key(|touch| (touch.occurred_at, touch.activity));
    let first = |proves: &dyn Fn(&Touch, bool) -> bool| {
        let found = of.iter().find(|touch| proves(touch, touch.contacts.contains(&leaving)));
        found.map(|touch| touch.activity)
    };
    let introduced = first(&|touch, with_leaver| with_leaver && touch.kind.is_face_to_face());
    let met = first(&|touch, with_leaver| touch.two_way && !with_leaver && !touch.started_by_contact);
    let reached_out = first(&|touch, with_leaver| touch.started_by_contact && !with_leaver);
    let missing: Vec<MissingProof> = [
        (MissingProof::Introduction, introduced),
        (MissingProof::MetAlone, met),
        (MissingProof::ReachedOut, reached_out),
    ]
    .into_iter()
    .filter_map(|(proof, found)| found.is_none().then_some(proof))
    .collect();
    BuyerContinuity {
        score: missing.iter().fold(100, |left, proof| left - proof.points()),
        introduced,
        met,
        reached_out,
        missing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activity::ActivityKind;

    const LEAVES: Uuid = Uuid::from_u128(1);
    const COMES: Uuid = Uuid::from_u128(2);

    fn touch(n: u128, contacts: &[Uuid], kind: ActivityKind, two_way: bool, started_by_contact: bool) -> Touch {
        Touch {
            activity: Uuid::from_u128(n),
            occurred_at: DateTime::from_timestamp(i64::try_from(n).unwrap_or(0), 0).unwrap_or_default(),
            contacts: contacts.to_vec(),
            members: vec![Uuid::from_u128(9)],
            kind,
            two_way,
            started_by_contact,
        }
    }

    #[test]
    fn each_proof_counts_once_and_only_what_proves_it() {
        let since = DateTime::from_timestamp(10, 0).unwrap_or_default();
        let touches = [
            // Before, by telephone, or about somebody else.
            touch(5, &[LEAVES, COMES], ActivityKind::Meeting, true, false),
            touch(11, &[LEAVES, COMES], ActivityKind::Call, true, false),
            touch(12, &[LEAVES], ActivityKind::Meeting, true, false),
            touch(20, &[LEAVES, COMES], ActivityKind::Meeting, true, false),
            touch(21, &[COMES], ActivityKind::Voicemail, false, false),
            touch(30, &[COMES], ActivityKind::Call, true, false),
            touch(40, &[COMES], ActivityKind::Email, false, true),
        ];
        let score = |upto: usize| buyer_continuity(LEAVES, Some(COMES), since, &touches[..upto]).score;
        assert_eq!([3, 4, 5, 6, 7].map(score), [0, 40, 40, 70, 100]);
        let all = buyer_continuity(LEAVES, Some(COMES), since, &touches);
        assert_eq!(
            (all.introduced, all.met, all.reached_out),
            (
                Some(Uuid::from_u128(20)),
                Some(Uuid::from_u128(30)),
                Some(Uuid::from_u128(40))
            )
        );
        assert_eq!(buyer_continuity(LEAVES, None, since, &touches).score, 0);
        let stranger = Uuid::from_u128(3);
        assert_eq!(buyer_continuity(LEAVES, Some(stranger), since, &touches).score, 0);
    }
}
