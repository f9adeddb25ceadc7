//! The states of a handover and the one table of moves between them.

use crate::lang::Text;
use crate::names::text_enum;

text_enum! {
    /// Where a handover stands.
    pub enum Status {
        /// Planned; nobody was introduced yet.
        Planned = "PLANNED",
        /// At least one contact has met the successor together with the one who leaves.
        Introducing = "INTRODUCING",
        /// The successor owns the account and proves the relation.
        Bonding = "BONDING",
        /// The relation passed over.
        Completed = "COMPLETED",
        /// The relation did not pass over, or the account was lost meanwhile.
        Failed = "FAILED",
        /// Called off before ownership switched.
        Cancelled = "CANCELLED",
    }
}

impl Status {
    /// Whether nothing can move the handover any more.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }

    /// Whether the account still belongs to the one who leaves.
    #[must_use]
    pub const fn is_before_switch(self) -> bool {
        matches!(self, Self::Planned | Self::Introducing)
    }
}

/// What happened to a handover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger<'a> {
    /// A key contact was introduced to the successor by the one who leaves.
    Introduced,
    /// The last day is over: the account passed to its new owner.
    OwnershipSwitched,
    /// Somebody declared the handover complete.
    Completed {
        /// The continuity proven, 0 to 100.
        score: u8,
        /// The tenant's threshold, 0 to 100.
        threshold: u8,
        /// Why it is complete all the same below the threshold; only a manager may give one.
        override_reason: Option<&'a str>,
    },
    /// A manager declared it failed.
    Failed {
        /// Why.
        reason: &'a str,
    },
    /// The account was lost.
    AccountLost,
    /// It was called off.
    Cancelled {
        /// Why.
        reason: &'a str,
    },
}

/// Why a trigger does not move a handover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It has ended already.
    #[error("the handover has ended: it is {0}")]
    Ended(Status),
    /// It can be completed or failed only after ownership has switched.
    #[error("ownership has not switched yet")]
    NotSwitched,
    /// It can be called off, or ownership switch, only before ownership has switched.
    #[error("ownership has switched already")]
    AlreadySwitched,
    /// The continuity proven does not reach the threshold, and no reason was given.
    #[error("continuity is {score} of the {threshold} needed")]
    BelowThreshold {
        /// The continuity proven, 0 to 100.
        score: u8,
        /// What the tenant asks for, 0 to 100.
        threshold: u8,
    },
    /// This needs a reason, and the one given is blank.
    #[error("a reason is needed")]
    ReasonMissing,
}

impl Refusal {
    /// What to tell the person who tried.
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::Ended(Status::Completed) => Text::fixed(
                "The handover is already completed.",
                "この引き継ぎはすでに完了しています。",
            ),
            Self::Ended(Status::Failed) => Text::fixed(
                "The handover has already failed.",
                "この引き継ぎはすでに失敗しています。",
            ),
            Self::Ended(_) => Text::fixed(
                "The handover was already cancelled.",
                "この引き継ぎはすでに取り消されています。",
            ),
            Self::NotSwitched => Text::fixed(
                "Ownership of the account has not switched yet.",
                "担当者の交代がまだ行われていません。",
            ),
            Self::AlreadySwitched => Text::fixed(
                "Ownership of the account has switched already.",
                "担当者の交代はすでに行われています。",
            ),
            Self::BelowThreshold { score, threshold } => Text::new(
                format!("Continuity is {score}; {threshold} is needed."),
                format!("関係継続スコアは{score}です。{threshold}以上が必要です。"),
            ),
            Self::ReasonMissing => Text::fixed("A reason is needed.", "理由を入力してください。"),
        }
    }
}

/// Where a handover in `from` stands after `trigger`; the table is the one in the module's
/// description. The same status back means: that happened, and moves nothing.
///
/// # Errors
///
/// The [`Refusal`]; the handover then is where it was.
pub fn transition(from: Status, trigger: Trigger<'_>) -> Result<Status, Refusal> {
    use Status as S;
    use Trigger as T;
    match (from, trigger) {
        (S::Completed | S::Failed | S::Cancelled, _) => Err(Refusal::Ended(from)),

        (S::Planned, T::Introduced) => Ok(S::Introducing),
        (S::Introducing | S::Bonding, T::Introduced) => Ok(from),

        (S::Planned | S::Introducing, T::OwnershipSwitched) => Ok(S::Bonding),
        (S::Bonding, T::OwnershipSwitched | T::Cancelled { .. }) => Err(Refusal::AlreadySwitched),

        (S::Planned | S::Introducing, T::Completed { .. } | T::Failed { .. }) => Err(Refusal::NotSwitched),
        (
            S::Bonding,
            T::Completed {
                score,
                threshold,
                override_reason,
            },
        ) => match override_reason {
            _ if score >= threshold => Ok(S::Completed),
            Some(reason) => given(reason).map(|()| S::Completed),
            None => Err(Refusal::BelowThreshold { score, threshold }),
        },
        (S::Bonding, T::Failed { reason }) => given(reason).map(|()| S::Failed),

        (S::Planned | S::Introducing, T::AccountLost) => Ok(from),
        (S::Bonding, T::AccountLost) => Ok(S::Failed),

        (S::Planned | S::Introducing, T::Cancelled { reason }) => given(reason).map(|()| S::Cancelled),
    }
}

fn given(reason: &str) -> Result<(), Refusal> {
    if reason.trim().is_empty() {
        Err(Refusal::ReasonMissing)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ENOUGH: Trigger<'_> = Trigger::Completed {
        score: 70,
        threshold: 70,
        override_reason: None,
    };
    const TRIGGERS: [Trigger<'_>; 6] = [
        Trigger::Introduced,
        Trigger::OwnershipSwitched,
        ENOUGH,
        Trigger::Failed {
            reason: "the buyer refuses him",
        },
        Trigger::AccountLost,
        Trigger::Cancelled { reason: "she stays" },
    ];

    /// The table of the module's description, row by row.
    #[test]
    fn every_status_answers_every_trigger_as_the_table_says() {
        use Refusal::{AlreadySwitched as Switched, Ended, NotSwitched as Early};
        use Status::{Bonding, Cancelled, Completed, Failed, Introducing, Planned};
        let ended = |status| [Err(Ended(status)); 6];
        let table = [
            (
                Planned,
                [
                    Ok(Introducing),
                    Ok(Bonding),
                    Err(Early),
                    Err(Early),
                    Ok(Planned),
                    Ok(Cancelled),
                ],
            ),
            (
                Introducing,
                [
                    Ok(Introducing),
                    Ok(Bonding),
                    Err(Early),
                    Err(Early),
                    Ok(Introducing),
                    Ok(Cancelled),
                ],
            ),
            (
                Bonding,
                [
                    Ok(Bonding),
                    Err(Switched),
                    Ok(Completed),
                    Ok(Failed),
                    Ok(Failed),
                    Err(Switched),
                ],
            ),
            (Completed, ended(Completed)),
            (Failed, ended(Failed)),
            (Cancelled, ended(Cancelled)),
        ];
        for (from, row) in table {
            assert_eq!(TRIGGERS.map(|trigger| transition(from, trigger)), row, "{from}");
        }
    }

    #[test]
    fn completing_needs_the_threshold_or_a_reason() {
        let complete = |score, override_reason| {
            transition(
                Status::Bonding,
                Trigger::Completed {
                    score,
                    threshold: 70,
                    override_reason,
                },
            )
        };
        assert_eq!(complete(70, None), Ok(Status::Completed));
        assert_eq!(
            complete(69, None),
            Err(Refusal::BelowThreshold {
                score: 69,
                threshold: 70
            })
        );
        assert_eq!(complete(0, Some("the client asked for it")), Ok(Status::Completed));
        assert_eq!(complete(0, Some(" \u{3000}")), Err(Refusal::ReasonMissing));
    }

    #[test]
    fn ending_by_a_person_needs_a_reason() {
        let blank = Refusal::ReasonMissing;
        assert_eq!(transition(Status::Bonding, Trigger::Failed { reason: "" }), Err(blank));
        assert_eq!(
            transition(Status::Planned, Trigger::Cancelled { reason: "\t" }),
            Err(blank)
        );
    }

    #[test]
    fn a_refusal_says_why_in_both_languages() {
        let text = Refusal::BelowThreshold {
            score: 40,
            threshold: 70,
        }
        .text();
        assert_eq!(text.en, "Continuity is 40; 70 is needed.");
        assert_eq!(text.ja, "関係継続スコアは40です。70以上が必要です。");
    }

    #[derive(Clone, Debug)]
    enum Happened {
        Introduced,
        Switched,
        Completed(u8, Option<String>),
        Failed(String),
        Lost,
        Cancelled(String),
    }

    impl Happened {
        fn trigger(&self) -> Trigger<'_> {
            match self {
                Self::Introduced => Trigger::Introduced,
                Self::Switched => Trigger::OwnershipSwitched,
                Self::Completed(score, reason) => Trigger::Completed {
                    score: *score,
                    threshold: 70,
                    override_reason: reason.as_deref(),
                },
                Self::Failed(reason) => Trigger::Failed { reason },
                Self::Lost => Trigger::AccountLost,
                Self::Cancelled(reason) => Trigger::Cancelled { reason },
            }
        }
    }

    fn happened() -> impl Strategy<Value = Happened> {
        let reason = || prop::sample::select(vec!["", "  ", "why"]).prop_map(String::from);
        prop_oneof![
            Just(Happened::Introduced),
            Just(Happened::Switched),
            (0_u8..=100, prop::option::of(reason())).prop_map(|(s, r)| Happened::Completed(s, r)),
            reason().prop_map(Happened::Failed),
            Just(Happened::Lost),
            reason().prop_map(Happened::Cancelled),
        ]
    }

    /// How far along a status is: no move may lower it.
    fn rank(status: Status) -> u8 {
        match status {
            Status::Planned => 0,
            Status::Introducing => 1,
            Status::Bonding => 2,
            Status::Completed | Status::Failed | Status::Cancelled => 3,
        }
    }

    proptest! {
        #[test]
        fn whatever_happens_a_handover_only_goes_on_and_ends_with_a_reason(
            story in prop::collection::vec(happened(), 0..40),
        ) {
            let mut status = Status::Planned;
            let mut switched = false;
            let mut ends = 0;
            for event in &story {
                let trigger = event.trigger();
                let Ok(next) = transition(status, trigger) else { continue };
                prop_assert!(!status.is_final(), "{status} moved by {trigger:?}");
                prop_assert!(rank(next) >= rank(status), "{status} back to {next}");
                switched |= next == Status::Bonding;
                prop_assert_eq!(next.is_before_switch(), !switched && !next.is_final());
                if next.is_final() {
                    ends += 1;
                    let reasoned = match event {
                        Happened::Completed(score, reason) => {
                            switched && (*score >= 70 || reason.as_deref() == Some("why"))
                        }
                        Happened::Failed(reason) => switched && reason == "why",
                        Happened::Lost => switched,
                        Happened::Cancelled(reason) => !switched && reason == "why",
                        Happened::Introduced | Happened::Switched => false,
                    };
                    prop_assert!(reasoned, "{status} ended as {next} by {trigger:?}");
                }
                status = next;
            }
            prop_assert_eq!(ends, usize::from(status.is_final()));
        }
    }
}
