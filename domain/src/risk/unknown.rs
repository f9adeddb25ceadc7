//! Why a risk is not known.

use std::fmt;
use std::str::FromStr;

use crate::lang::Text;
use crate::names::UnknownName;

/// Why an account has no probability.
///
/// Its text form (`Display`, `FromStr`) is the code, followed by the numbers where there are some:
/// `NO_ORDERS`, `NO_HISTORY`, `TOO_FEW_OUTCOMES 3/10`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnknownReason {
    /// The account had not ordered by the day of the assessment.
    NoOrders,
    /// The tenant had no orders one horizon before the day of the assessment. Stored by the model `cells-1`, no longer given.
    NoHistory,
    /// Too few accounts of the tenant stood where this one stands. Stored by the model `cells-1`, no longer given.
    TooFewOutcomes {
        /// Accounts whose outcome is known.
        outcomes: u32,
        /// How many there must be.
        needed: u32,
    },
}

impl UnknownReason {
    /// The code, without numbers: what the API gives and never changes.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoOrders => "NO_ORDERS",
            Self::NoHistory => "NO_HISTORY",
            Self::TooFewOutcomes { .. } => "TOO_FEW_OUTCOMES",
        }
    }

    /// The reason in words.
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::NoOrders => Text::fixed(
                "This account has not ordered yet.",
                "この取引先からの受注はまだありません。",
            ),
            Self::NoHistory => Text::fixed(
                "Your orders do not reach back far enough to learn from.",
                "過去の受注データが不足しているため、傾向を学習できません。",
            ),
            Self::TooFewOutcomes { outcomes, needed } => Text::new(
                format!(
                    "Too few of your accounts have stood where this one stands: {outcomes} of the {needed} needed."
                ),
                format!("同じ状況にあった取引先の実績が不足しています（{needed}件必要、現在{outcomes}件）。"),
            ),
        }
    }
}

impl fmt::Display for UnknownReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())?;
        match self {
            Self::NoOrders | Self::NoHistory => Ok(()),
            Self::TooFewOutcomes { outcomes, needed } => write!(f, " {outcomes}/{needed}"),
        }
    }
}

impl FromStr for UnknownReason {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let too_few = || {
            let (outcomes, needed) = text.strip_prefix("TOO_FEW_OUTCOMES ")?.split_once('/')?;
            Some(Self::TooFewOutcomes {
                outcomes: outcomes.parse().ok()?,
                needed: needed.parse().ok()?,
            })
        };
        match text {
            "NO_ORDERS" => Some(Self::NoOrders),
            "NO_HISTORY" => Some(Self::NoHistory),
            _ => too_few(),
        }
        .ok_or_else(|| UnknownName {
            kind: "UnknownReason",
            text: text.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn the_text_form_goes_both_ways() {
        for (reason, text) in [
            (UnknownReason::NoOrders, "NO_ORDERS"),
            (UnknownReason::NoHistory, "NO_HISTORY"),
            (
                UnknownReason::TooFewOutcomes {
                    outcomes: 3,
                    needed: 10,
                },
                "TOO_FEW_OUTCOMES 3/10",
            ),
        ] {
            assert_eq!(reason.to_string(), text);
            assert_eq!(text.parse(), Ok(reason));
            assert!(text.starts_with(reason.code()));
        }
    }

    #[test]
    fn another_text_is_refused() {
        for text in ["", "no_orders", "TOO_FEW_OUTCOMES", "TOO_FEW_OUTCOMES -1/10"] {
            assert!(text.parse::<UnknownReason>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_words_carry_the_numbers() {
        let text = UnknownReason::TooFewOutcomes {
            outcomes: 3,
            needed: 10,
        }
        .text();
        assert!(text.en.contains("3 of the 10"));
        assert!(text.ja.contains("10件必要、現在3件"));
    }
}
