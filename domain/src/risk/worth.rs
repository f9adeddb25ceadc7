//! What an account is expected to bring, what of it is at risk, and its lifetime value.
//!
//! Orders to come by the account's rhythm times the worth of an order by Gamma–Gamma (Fader, Hardie 2013), where a tenant has
//! enough clients who ordered again to learn that from; else by the mean of the account's own orders.

use super::buying::{Buying, BuyingModel};
use crate::rhythm::{MONTH_WEEKS, Spender, Spending, discounted_worth};

/// Months that the lifetime value looks ahead.
pub const LIFETIME_MONTHS: u16 = 36;
/// So many clients must have ordered again before the worth of orders is learned from all of them.
pub const SPENDERS_NEEDED: usize = 30;
/// A probability to order below this cannot be told from none.
const LEAST_TO_ORDER: f64 = 1e-12;

/// What turns sales to come into today's value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms {
    margin: f64,
    discount: f64,
}

/// A gross margin that is not above 0 and at most 1, or a yearly discount that is not 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the gross margin must be above 0 and at most 1, the yearly discount 0 to 1")]
pub struct TermsRefused;

impl Terms {
    /// The share of sales that is left after what was sold is paid for, above 0 and at most 1; and by which share a year from
    /// now is worth less than today, 0 to 1.
    ///
    /// # Errors
    ///
    /// [`TermsRefused`] outside those bounds.
    pub fn new(margin: f64, discount: f64) -> Result<Self, TermsRefused> {
        let is_sound = margin > 0.0 && margin <= 1.0 && (0.0..=1.0).contains(&discount);
        is_sound.then_some(Self { margin, discount }).ok_or(TermsRefused)
    }

    /// Gross margin, a share of sales.
    #[must_use]
    pub const fn margin(&self) -> f64 {
        self.margin
    }

    /// Yearly discount, a share.
    #[must_use]
    pub const fn discount(&self) -> f64 {
        self.discount
    }
}

impl Default for Terms {
    /// Sales as they are, and a tenth less a year.
    fn default() -> Self {
        Self {
            margin: 1.0,
            discount: 0.1,
        }
    }
}

/// What an account is worth, in the minor units that its orders are in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Worth {
    /// Sales expected within the horizon: E\[Y(H)\] · E\[M\].
    pub expected_minor: i64,
    /// Sales within the horizon if it does order: E\[Y(H)\] / (1 − P0(H)) · E\[M\].
    pub if_ordering_minor: i64,
    /// Margin of the sales expected within [`LIFETIME_MONTHS`], discounted month by month.
    pub lifetime_minor: i64,
}

impl BuyingModel {
    /// What an account is worth. Total: every amount is finite, and none below 0.
    #[must_use]
    pub fn worth(&self, buying: &Buying, terms: &Terms) -> Worth {
        let order = self.order_worth(buying);
        let horizon = self.horizon_weeks();
        let expected = self.rhythm().expected(&buying.rhythm, horizon);
        let orders = 1.0 - self.rhythm().silent(&buying.rhythm, horizon);
        // Whoever orders, orders once at least.
        let if_ordering = (expected / orders.max(LEAST_TO_ORDER)).max(1.0);
        let lifetime = f64::from(LIFETIME_MONTHS) * MONTH_WEEKS;
        let lifetime = discounted_worth(self.rhythm(), &buying.rhythm, lifetime, order, terms.discount);
        Worth {
            expected_minor: minor(expected * order),
            if_ordering_minor: minor(if_ordering * order),
            lifetime_minor: minor(lifetime * terms.margin),
        }
    }

    /// E\[M\], what its next order is worth.
    fn order_worth(&self, buying: &Buying) -> f64 {
        let orders = if buying.repeat_average > 0.0 {
            buying.rhythm.repeats
        } else {
            0
        };
        self.spending()
            .and_then(|spending| spending.expected(orders, buying.repeat_average))
            .unwrap_or(buying.average)
    }
}

/// How the tenant's clients spend; none where too few ordered again, or they differ so much that they have no mean.
pub(super) fn spending_of(accounts: &[&Buying]) -> Option<Spending> {
    let spenders: Vec<Spender> = accounts
        .iter()
        .map(|one| Spender {
            orders: one.rhythm.repeats,
            mean: one.repeat_average,
        })
        .filter(Spender::is_sound)
        .collect();
    if spenders.len() < SPENDERS_NEEDED {
        return None;
    }
    let found = Spending::fit(&spenders).ok()?;
    (found.is_converged && found.spending.q > 1.0).then_some(found.spending)
}

/// Whole minor units. A cast to an integer saturates, and makes 0 of NaN. The 53 bits of a float are exact to 90 trillion units,
/// far beyond what an estimate can claim.
fn minor(worth: f64) -> i64 {
    worth.max(0.0).round() as i64
}

/// The revenue at risk, in minor units: probability × what the account is worth over the horizon if it does not go silent
/// ([`Worth::if_ordering_minor`]), rounded to the nearest unit; never above that, and 0 where nothing is expected (or the
/// probability is NaN).
///
/// Probability × what is expected would rank the large client that has just gone silent last: of him nearly nothing is expected.
#[must_use]
pub fn revenue_at_risk_minor(probability: f64, if_ordering_minor: i64) -> i64 {
    let worth = if_ordering_minor.max(0);
    minor(probability.clamp(0.0, 1.0) * worth as f64).min(worth)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::rhythm::Rhythm;
    use proptest::prelude::*;

    fn buying(repeats: u32, silence: f64) -> Buying {
        let last = 2.0 * f64::from(repeats);
        Buying {
            rhythm: Rhythm {
                repeats,
                last,
                age: last + silence,
                ln_gaps: f64::from(repeats) * 2.0_f64.ln(),
            },
            average: 1_000.0,
            repeat_average: if repeats > 0 { 1_100.0 } else { 0.0 },
            last: 1_000.0,
            previous: 1_000.0,
        }
    }

    #[test]
    fn the_large_client_that_has_just_gone_silent_has_most_at_risk() {
        let model = BuyingModel::learn(365, &[], &[]);
        let at_risk = |silence: f64| {
            let one = buying(17, silence);
            revenue_at_risk_minor(
                model.measure(&one).silent,
                model.worth(&one, &Terms::default()).if_ordering_minor,
            )
        };
        assert!(at_risk(14.0) > at_risk(4.0), "{} {}", at_risk(4.0), at_risk(14.0));
        let expected = |silence: f64| model.worth(&buying(17, silence), &Terms::default()).expected_minor;
        assert!(expected(14.0) < expected(4.0));
    }

    #[test]
    fn margin_and_discount_lower_the_lifetime_value_and_nothing_else() {
        let model = BuyingModel::learn(90, &[], &[]);
        let of = |margin, discount| model.worth(&buying(6, 1.0), &Terms::new(margin, discount).unwrap());
        let (plain, halved, later) = (of(1.0, 0.0), of(0.5, 0.0), of(1.0, 0.2));
        assert!((plain.lifetime_minor - 2 * halved.lifetime_minor).abs() <= 1);
        assert!(later.lifetime_minor < plain.lifetime_minor);
        assert_eq!(plain.expected_minor, halved.expected_minor);
        assert_eq!(plain.if_ordering_minor, later.if_ordering_minor);
        assert!(
            plain.lifetime_minor > plain.expected_minor,
            "three years are more than a quarter"
        );
        for (margin, discount) in [
            (0.0, 0.1),
            (1.1, 0.1),
            (f64::NAN, 0.1),
            (0.5, -0.1),
            (0.5, f64::INFINITY),
        ] {
            assert_eq!(Terms::new(margin, discount), Err(TermsRefused));
        }
    }

    #[test]
    fn with_few_clients_an_order_is_worth_what_the_accounts_own_are() {
        let alone = BuyingModel::learn(90, &[buying(6, 1.0)], &[]);
        assert_eq!(alone.order_worth(&buying(6, 1.0)), 1_000.0);
        // With many it is drawn towards the others, the more the fewer its own.
        let many: Vec<Buying> = (1..=60)
            .map(|n| Buying {
                repeat_average: 400.0 + 10.0 * f64::from(n),
                ..buying(1 + n % 7, 1.0)
            })
            .collect();
        let model = BuyingModel::learn(90, &many, &[]);
        let worth = |repeats: u32| {
            model.order_worth(&Buying {
                repeat_average: 3_000.0,
                ..buying(repeats, 1.0)
            })
        };
        assert!(
            worth(1) < worth(20) && worth(20) < 3_000.0,
            "{} {}",
            worth(1),
            worth(20)
        );
        let first = model.order_worth(&buying(0, 1.0));
        assert!(
            (600.0..800.0).contains(&first),
            "of one without a second order, what all are worth: {first}"
        );
    }

    #[test]
    fn a_share_of_what_is_worth() {
        assert_eq!(revenue_at_risk_minor(0.25, 1_000), 250);
        assert_eq!(revenue_at_risk_minor(0.3333, 10), 3);
        assert_eq!(revenue_at_risk_minor(0.5, 0), 0);
        assert_eq!(revenue_at_risk_minor(0.5, -1_000), 0);
        assert_eq!(revenue_at_risk_minor(f64::NAN, 1_000), 0);
        assert_eq!(revenue_at_risk_minor(1.0, i64::MAX), i64::MAX);
        assert_eq!(revenue_at_risk_minor(1.0, i64::MAX - 1), i64::MAX - 1);
    }

    proptest! {
        #[test]
        fn never_more_than_it_is_worth(p in -1.0..2.0f64, value in any::<i64>()) {
            let at_risk = revenue_at_risk_minor(p, value);
            prop_assert!(at_risk >= 0 && at_risk <= value.max(0));
        }

        #[test]
        fn whoever_is_expected_to_order_is_worth_more_if_he_does(repeats in 0_u32..60, silence in 0.01_f64..400.0) {
            let model = BuyingModel::learn(90, &[], &[]);
            let worth = model.worth(&buying(repeats, silence), &Terms::default());
            prop_assert!(worth.expected_minor >= 0 && worth.if_ordering_minor >= worth.expected_minor, "{:?}", worth);
            prop_assert!(worth.if_ordering_minor >= 1_000 && worth.lifetime_minor >= 0);
        }
    }
}
