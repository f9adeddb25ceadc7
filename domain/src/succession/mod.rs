//! Who should take an account over: members ranked with reasons, and one best assignment of many accounts.
//!
//! What counts, and in which order, is from the one large study of the question: Shi, Sridhar, Grewal and Lilien, "Sales
//! Representative Departures and Customer Reassignment Strategies in Business-to-Business Markets", Journal of Marketing
//! 81 (2017), 25–44. Customers were kept best by somebody with experience in the same industries as the one who left, and
//! by existing staff rather than new hires; past star results did not help, so they have no share here. Acquaintance with
//! the client's people is PRODUCT's own addition. The study orders these; **the weights are our judgement**.

mod assignment;

pub use assignment::{Assignment, CANDIDATES_MOST, assign};

use crate::lang::Text;
use crate::names::text_enum;

/// A member is new for so many days; his share for being there grows with each.
pub const NEW_DAYS: i64 = 180;

text_enum! {
    /// Why a member suits an account.
    pub enum SuccessionReason {
        /// He looks after accounts of the same industry, as the one who leaves does.
        IndustryExperience = "INDUSTRY_EXPERIENCE",
        /// He has met the account's key contacts.
        Acquaintance = "ACQUAINTANCE",
        /// He has been with the company for a while.
        ExistingStaff = "EXISTING_STAFF",
    }
}

impl SuccessionReason {
    /// The most that it gives, of 100.
    #[must_use]
    pub const fn weight(self) -> u8 {
        match self {
            Self::IndustryExperience => 50,
            Self::Acquaintance => 30,
            Self::ExistingStaff => 20,
        }
    }

    /// The reason in words.
    #[must_use]
    pub const fn text(self) -> Text {
        match self {
            Self::IndustryExperience => Text::fixed(
                "Looks after accounts of the same industry.",
                "同じ業種の取引先を担当している。",
            ),
            Self::Acquaintance => Text::fixed(
                "Has met the account's key contacts.",
                "取引先のキーパーソンと面識がある。",
            ),
            Self::ExistingStaff => Text::fixed(
                "Has been with the company for a while.",
                "在籍期間が長い（新規採用者ではない）。",
            ),
        }
    }
}

/// What is known of a member about one account.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Fit {
    /// Accounts of the account's industry that he looks after; 0 when the industry is not known.
    pub industry_accounts: u32,
    /// The same of the one who leaves, this account among them.
    pub leaver_industry_accounts: u32,
    /// Share of the key contacts, weighted by their say, with whom he has had a two-way touch; 0 to 1.
    pub contacts_met: f64,
    /// Days since he joined.
    pub days_here: i64,
}

/// How well a member suits an account, with the share of each reason.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Suitability {
    /// 0 to 100.
    pub points: f64,
    /// What each reason gives; they add up to the points. In the order of [`SuccessionReason::ALL`].
    pub shares: [f64; 3],
}

/// Scores one member for one account.
#[must_use]
pub fn suitability(fit: &Fit) -> Suitability {
    let experience = if fit.industry_accounts == 0 {
        0.0
    } else {
        let like_the_leaver = fit.leaver_industry_accounts.max(1);
        f64::from(fit.industry_accounts.min(like_the_leaver)) / f64::from(like_the_leaver)
    };
    #[expect(clippy::cast_precision_loss, reason = "a few hundred at most")]
    let here = fit.days_here.clamp(0, NEW_DAYS) as f64 / NEW_DAYS as f64;
    let met = if fit.contacts_met.is_finite() {
        fit.contacts_met.clamp(0.0, 1.0)
    } else {
        0.0
    };
    let given = [experience, met, here];
    let mut shares = [0.0; 3];
    for ((share, reason), given) in shares.iter_mut().zip(SuccessionReason::ALL.iter()).zip(given) {
        *share = f64::from(reason.weight()) * given;
    }
    Suitability {
        points: shares.iter().sum(),
        shares,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fit(industry: u32, met: f64, days: i64) -> Fit {
        Fit {
            industry_accounts: industry,
            leaver_industry_accounts: 4,
            contacts_met: met,
            days_here: days,
        }
    }

    #[test]
    fn experience_in_the_industry_comes_first_and_more_than_the_leaver_had_counts_no_more() {
        assert!((suitability(&fit(4, 0.0, 0)).points - 50.0).abs() < 1e-9);
        assert!((suitability(&fit(400, 0.0, 0)).points - 50.0).abs() < 1e-9);
        // All that acquaintance can give is less than a whole experience, and more than being there.
        let expert = suitability(&fit(4, 0.0, 0)).points;
        let acquainted = suitability(&fit(0, 1.0, 0)).points;
        let longest = suitability(&fit(0, 0.0, 10_000)).points;
        assert!(expert > acquainted && acquainted > longest);
        assert!((suitability(&fit(4, 1.0, 365)).points - 100.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn points_are_the_sum_of_their_shares_and_between_0_and_100(
            industry in 0_u32..10_000, leaver in 0_u32..10_000, met in prop::num::f64::ANY, days in any::<i64>(),
        ) {
            let suits = suitability(&Fit {
                industry_accounts: industry, leaver_industry_accounts: leaver, contacts_met: met, days_here: days,
            });
            prop_assert!((0.0..=100.0 + 1e-9).contains(&suits.points));
            prop_assert!((suits.shares.iter().sum::<f64>() - suits.points).abs() < 1e-9);
        }
    }
}
