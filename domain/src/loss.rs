//! Losses: how the causes share one, and what many come to.

use std::collections::BTreeSet;

use crate::lang::Text;
use crate::risk::Cause;

/// A whole, in percent.
const WHOLE: u32 = 100;

impl Cause {
    /// Whether our own conduct could have changed it, unless a person judges otherwise: as with signals of the same cause.
    #[must_use]
    pub const fn controllable(self) -> bool {
        matches!(
            self,
            Self::QualitySlipped
                | Self::DeliveryInconsistent
                | Self::RepChanged
                | Self::Chemistry
                | Self::Neglect
                | Self::ServiceIncident
        )
    }
}

/// One cause of a loss and its share in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// The cause.
    pub cause: Cause,
    /// Its share, in whole percent.
    pub percent: u8,
    /// Whether our own conduct could have changed it.
    pub controllable: bool,
}

/// What is wrong with the causes of a loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SharesRefused {
    /// There is none.
    #[error("a loss has a cause")]
    Missing,
    /// The cause at this place, from 0, was named before.
    #[error("a cause is named once")]
    Twice(usize),
    /// The share at this place is none, or more than the whole.
    #[error("a share is 1 to 100 percent")]
    Percent(usize),
    /// They do not add up to the whole, but to so many percent.
    #[error("the shares add up to {0} percent")]
    Sum(u32),
}

impl SharesRefused {
    /// The place of the cause that is wrong, from 0; none when it is all of them together.
    #[must_use]
    pub const fn place(self) -> Option<usize> {
        match self {
            Self::Missing | Self::Sum(_) => None,
            Self::Twice(place) | Self::Percent(place) => Some(place),
        }
    }

    /// What to tell the person who named them.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::Missing => Text::fixed(
                "Name at least one cause; UNKNOWN when nobody knows.",
                "原因を1つ以上指定してください。不明な場合はUNKNOWNを指定してください。",
            ),
            Self::Twice(_) => Text::fixed("This cause is named twice.", "同じ原因が重複しています。"),
            Self::Percent(_) => Text::fixed(
                "A share is 1 to 100 percent.",
                "割合は1〜100パーセントで指定してください。",
            ),
            Self::Sum(sum) => Text::new(
                format!("The shares add up to {sum} percent; they must add up to 100."),
                format!("割合の合計が{sum}パーセントです。合計が100になるように指定してください。"),
            ),
        }
    }
}

/// Whether these are the causes of a loss: at least one, none twice, each 1 to 100 percent and together 100.
///
/// # Errors
///
/// The first thing that is wrong.
pub fn check_shares(shares: &[Share]) -> Result<(), SharesRefused> {
    let mut known = BTreeSet::new();
    for (place, share) in shares.iter().enumerate() {
        if !known.insert(share.cause) {
            return Err(SharesRefused::Twice(place));
        }
        if !(1..=WHOLE).contains(&share.percent.into()) {
            return Err(SharesRefused::Percent(place));
        }
    }
    match shares.iter().map(|share| u32::from(share.percent)).sum() {
        WHOLE => Ok(()),
        0 => Err(SharesRefused::Missing),
        sum => Err(SharesRefused::Sum(sum)),
    }
}

/// `minor` units shared out by shares that [`check_shares`] let pass: each part is its share to within one unit, and
/// together they are all. What is left over by rounding goes to those that lost most by it.
#[must_use]
pub fn shared_out(minor: i64, shares: &[Share]) -> Vec<i64> {
    let whole = i128::from(WHOLE);
    let exact = |share: &Share| i128::from(minor) * i128::from(share.percent);
    let mut parts: Vec<i128> = shares.iter().map(|share| exact(share).div_euclid(whole)).collect();
    let mut places: Vec<usize> = (0..shares.len()).collect();
    // A stable order: of two that lost alike the one named first is the first.
    places.sort_by_key(|place| shares.get(*place).map(|share| -exact(share).rem_euclid(whole)));
    let left = i128::from(minor) - parts.iter().sum::<i128>();
    for place in places.into_iter().take(usize::try_from(left).unwrap_or(0)) {
        if let Some(part) = parts.get_mut(place) {
            *part += 1;
        }
    }
    parts.into_iter().map(|part| i64::try_from(part).unwrap_or(0)).collect()
}

/// What losses come to, each counted with its share. Sales are in minor units of the tenant's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Sum of the shares, in percent: 100 are one loss.
    pub percent: i64,
    /// Sales lost.
    pub minor: i64,
    /// Of the shares, those that were controllable.
    pub controllable_percent: i64,
    /// Of the sales, those that were lost by what was controllable.
    pub controllable_minor: i64,
    /// Of the shares, those of clients that came back.
    pub won_back_percent: i64,
    /// Of the sales, those of clients that came back.
    pub won_back_minor: i64,
}

/// What the losses by one cause come to that were alike controllable or not, as the database adds them up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// The cause.
    pub cause: Cause,
    /// Whether it was controllable.
    pub controllable: bool,
    /// Sum of the shares, in percent.
    pub percent: i64,
    /// Sales lost.
    pub minor: i64,
    /// Of the shares, those of clients that came back.
    pub won_back_percent: i64,
    /// Of the sales, those of clients that came back.
    pub won_back_minor: i64,
}

impl Tally {
    fn add(&mut self, group: &Group) {
        self.percent = self.percent.saturating_add(group.percent);
        self.minor = self.minor.saturating_add(group.minor);
        self.won_back_percent = self.won_back_percent.saturating_add(group.won_back_percent);
        self.won_back_minor = self.won_back_minor.saturating_add(group.won_back_minor);
        if group.controllable {
            self.controllable_percent = self.controllable_percent.saturating_add(group.percent);
            self.controllable_minor = self.controllable_minor.saturating_add(group.minor);
        }
    }

    /// How many losses, each counted with its share.
    #[must_use]
    pub fn count(&self) -> f64 {
        losses(self.percent)
    }

    /// How many of them came back.
    #[must_use]
    pub fn won_back_count(&self) -> f64 {
        losses(self.won_back_percent)
    }

    /// The share of the losses that was controllable, 0 to 1; none without losses.
    #[must_use]
    pub fn controllable_share(&self) -> Option<f64> {
        share(self.controllable_percent, self.percent)
    }

    /// The share of the sales lost that was controllable, 0 to 1; none where no sales were lost.
    #[must_use]
    pub fn controllable_sales_share(&self) -> Option<f64> {
        share(self.controllable_minor, self.minor)
    }
}

/// What the losses come to by cause, the most sales first, and all together.
#[must_use]
pub fn by_cause(groups: &[Group]) -> (Vec<(Cause, Tally)>, Tally) {
    let mut all = Tally::default();
    let mut causes: Vec<(Cause, Tally)> = Vec::new();
    for group in groups {
        all.add(group);
        match causes.iter_mut().find(|(cause, _)| *cause == group.cause) {
            Some((_, tally)) => tally.add(group),
            None => {
                let mut tally = Tally::default();
                tally.add(group);
                causes.push((group.cause, tally));
            }
        }
    }
    causes.sort_by_key(|(cause, tally)| (-tally.minor, -tally.percent, *cause));
    (causes, all)
}

#[expect(clippy::cast_precision_loss, reason = "a report is no ledger")]
fn losses(percent: i64) -> f64 {
    percent as f64 / f64::from(WHOLE)
}

#[expect(clippy::cast_precision_loss, reason = "a share needs no more than 52 bits")]
fn share(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn of(causes: &[(Cause, u8)]) -> Vec<Share> {
        causes
            .iter()
            .map(|(cause, percent)| Share {
                cause: *cause,
                percent: *percent,
                controllable: cause.controllable(),
            })
            .collect()
    }

    #[test]
    fn causes_are_at_least_one_each_once_and_together_the_whole() {
        use Cause::{Competitor, Neglect, Unknown};
        use SharesRefused::{Missing, Percent, Sum, Twice};
        for (causes, expected) in [
            (vec![], Err(Missing)),
            (vec![(Unknown, 100)], Ok(())),
            (vec![(Neglect, 60), (Competitor, 40)], Ok(())),
            (vec![(Neglect, 60), (Competitor, 39)], Err(Sum(99))),
            (vec![(Neglect, 60), (Competitor, 41)], Err(Sum(101))),
            (vec![(Neglect, 50), (Neglect, 50)], Err(Twice(1))),
            (vec![(Neglect, 100), (Competitor, 0)], Err(Percent(1))),
            (vec![(Neglect, 101)], Err(Percent(0))),
        ] {
            assert_eq!(check_shares(&of(&causes)), expected, "{causes:?}");
        }
    }

    #[test]
    fn what_rounding_leaves_goes_to_those_that_lost_most_by_it() {
        let thirds = of(&[(Cause::Neglect, 33), (Cause::Competitor, 33), (Cause::Chemistry, 34)]);
        assert_eq!(shared_out(100, &thirds), [33, 33, 34]);
        assert_eq!(shared_out(1, &thirds), [0, 0, 1]);
        assert_eq!(shared_out(2, &thirds), [1, 0, 1]);
        assert_eq!(shared_out(0, &thirds), [0, 0, 0]);
    }

    #[test]
    fn without_losses_there_is_no_share() {
        let (causes, all) = by_cause(&[]);
        assert!(causes.is_empty());
        assert_eq!((all.controllable_share(), all.controllable_sales_share()), (None, None));
    }

    /// Shares of some causes that add up to the whole.
    fn shares() -> impl Strategy<Value = Vec<Share>> {
        (
            1..=Cause::ALL.len(),
            proptest::collection::vec(1_u32..1_000, Cause::ALL.len()),
        )
            .prop_map(|(count, weights)| {
                let weights = &weights[..count];
                let total: u32 = weights.iter().sum();
                let spare = WHOLE - u32::try_from(count).unwrap();
                let mut percents: Vec<u32> = weights.iter().map(|weight| 1 + weight * spare / total).collect();
                percents[0] += WHOLE - percents.iter().sum::<u32>();
                let causes = Cause::ALL.iter().zip(percents);
                let causes: Vec<_> = causes
                    .map(|(cause, percent)| (*cause, u8::try_from(percent).unwrap()))
                    .collect();
                of(&causes)
            })
    }

    proptest! {
        #[test]
        fn parts_are_their_shares_and_together_all(minor in 0..=i64::MAX, shares in shares()) {
            prop_assert_eq!(check_shares(&shares), Ok(()));
            let parts = shared_out(minor, &shares);
            prop_assert_eq!(parts.iter().map(|part| i128::from(*part)).sum::<i128>(), i128::from(minor));
            for (part, share) in parts.iter().zip(&shares) {
                let exact = i128::from(minor) * i128::from(share.percent);
                prop_assert!((i128::from(*part) * 100 - exact).abs() < 100);
            }
        }

        /// However losses are grouped, the causes add up to the whole, and shares lie between 0 and 1.
        #[test]
        fn causes_add_up_to_all(losses in proptest::collection::vec((0..1_000_000_000_000_i64, shares(), any::<bool>()), 0..20)) {
            let groups: Vec<Group> = losses
                .iter()
                .flat_map(|(minor, shares, won_back)| {
                    let parts = shared_out(*minor, shares);
                    shares.iter().zip(parts).map(|(share, part)| Group {
                        cause: share.cause,
                        controllable: share.controllable,
                        percent: share.percent.into(),
                        minor: part,
                        won_back_percent: if *won_back { share.percent.into() } else { 0 },
                        won_back_minor: if *won_back { part } else { 0 },
                    }).collect::<Vec<_>>()
                })
                .collect();
            let (causes, all) = by_cause(&groups);
            prop_assert_eq!(all.percent, 100 * i64::try_from(losses.len()).unwrap());
            prop_assert_eq!(all.minor, losses.iter().map(|(minor, ..)| minor).sum::<i64>());
            let sum = |of: fn(&Tally) -> i64| causes.iter().map(|(_, tally)| of(tally)).sum::<i64>();
            prop_assert_eq!(sum(|tally| tally.percent), all.percent);
            prop_assert_eq!(sum(|tally| tally.minor), all.minor);
            prop_assert_eq!(sum(|tally| tally.controllable_percent), all.controllable_percent);
            prop_assert_eq!(sum(|tally| tally.won_back_minor), all.won_back_minor);
            for tally in causes.iter().map(|(_, tally)| tally).chain([&all]) {
                for share in [tally.controllable_share(), tally.controllable_sales_share()].into_iter().flatten() {
                    prop_assert!((0.0..=1.0).contains(&share));
                }
            }
        }
    }
}
