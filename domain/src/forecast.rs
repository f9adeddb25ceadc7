//! What changes of hands may cost: which sales are at stake in which month, and which share of them is lost.
//!
//! The share is a prior until the tenant has [`OWN_OUTCOMES`] of its own: 13.2 to 17.6 % of annual sales, the loss that Shi,
//! Sridhar, Grewal and Lilien ("Sales Representative Departures and Customer Reassignment Strategies in Business-to-Business
//! Markets", Journal of Marketing 81, 2017, 25–44) found when a salesperson leaves. Another study (Schmitz et al. 2020) finds
//! gains, so a negative share is possible. That a buyer's rotation costs as much is **our judgement**.

use chrono::{Datelike, Days, Months, NaiveDate};

/// So many handovers must be a year old before a tenant's own losses count.
pub const OWN_OUTCOMES: usize = 30;
/// What one large study found, as shares of annual sales.
const PRIOR: (f64, f64) = (0.132, 0.176);
/// Standard errors to each side of the mean: 90 % of a normal distribution.
const STANDARD_ERRORS: f64 = 1.645;

/// Sales to an account before and after it changed hands, in any one unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// In the year before.
    pub before: f64,
    /// In the year after.
    pub after: f64,
}

/// Which share of annual sales is lost when an account changes hands; negative when sales grow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LossShare {
    /// The low end.
    pub low: f64,
    /// The high end.
    pub high: f64,
    /// How many outcomes of the tenant's own it rests on; 0 for the prior.
    pub outcomes: usize,
}

impl LossShare {
    /// From a tenant's own outcomes: the ratio of all sales after to all before, and 90 % around it by the ratio estimator's
    /// standard error (Cochran, Sampling Techniques, 3rd ed. 1977, 6.3). Accounts without sales before say nothing. With
    /// fewer than [`OWN_OUTCOMES`] it is the prior.
    #[must_use]
    pub fn of(outcomes: &[Outcome]) -> Self {
        let told: Vec<&Outcome> = outcomes.iter().filter(|one| one.before > 0.0).collect();
        if told.len() < OWN_OUTCOMES {
            let (low, high) = PRIOR;
            return Self { low, high, outcomes: 0 };
        }
        #[expect(clippy::cast_precision_loss, reason = "some hundreds")]
        let n = told.len() as f64;
        let before: f64 = told.iter().map(|one| one.before).sum();
        let after: f64 = told.iter().map(|one| one.after.max(0.0)).sum();
        let ratio = after / before;
        let squares: f64 = told
            .iter()
            .map(|one| (ratio.mul_add(-one.before, one.after.max(0.0))).powi(2))
            .sum();
        let error = (squares / (n - 1.0) / n).sqrt() / (before / n);
        let loss = 1.0 - ratio;
        Self {
            low: STANDARD_ERRORS.mul_add(-error, loss),
            // Nobody loses more than everything.
            high: STANDARD_ERRORS.mul_add(error, loss).min(1.0),
            outcomes: told.len(),
        }
    }

    /// Whether this is the prior.
    #[must_use]
    pub const fn is_prior(&self) -> bool {
        self.outcomes == 0
    }
}

/// The first days of so many months, the first of them today's.
#[must_use]
pub fn months(today: NaiveDate, count: u32) -> Vec<NaiveDate> {
    let first = today.with_day(1).unwrap_or(today);
    (0..count)
        .filter_map(|n| first.checked_add_months(Months::new(n)))
        .collect()
}

/// The last day of a month that begins on `first`.
#[must_use]
pub fn last_of(first: NaiveDate) -> NaiveDate {
    let next = first.checked_add_months(Months::new(1));
    next.and_then(|next| next.checked_sub_days(Days::new(1)))
        .unwrap_or(first)
}

/// How probable it is, month by month, that somebody goes who goes with `confidence` between two days: each day of them that
/// is not past is as likely as the others, where his company moves people in certain months (1 to 12) only of those.
#[must_use]
pub fn spread(
    (opens_on, closes_on): (NaiveDate, NaiveDate),
    confidence: f64,
    moves_in: &[u32],
    today: NaiveDate,
    months: &[NaiveDate],
) -> Vec<f64> {
    let from = opens_on.max(today);
    let likely = |first: NaiveDate| {
        if !moves_in.is_empty() && !moves_in.contains(&first.month()) {
            return 0;
        }
        let days = (closes_on.min(last_of(first)) - from.max(first)).num_days() + 1;
        days.max(0)
    };
    let length = (closes_on.year() - from.year()).max(0) * 12 + 12;
    let all: i64 = self::months(from, length.unsigned_abs()).into_iter().map(likely).sum();
    #[expect(clippy::cast_precision_loss, reason = "some thousand days at most")]
    let share = |first: &NaiveDate| {
        if all > 0 {
            likely(*first) as f64 / all as f64
        } else {
            0.0
        }
    };
    months
        .iter()
        .map(|first| share(first) * confidence.clamp(0.0, 1.0))
        .collect()
}

/// How probable it is that at least one of two independent things happens.
#[must_use]
pub fn either(a: f64, b: f64) -> f64 {
    (1.0 - a).mul_add(-(1.0 - b), 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap_or_default()
    }

    fn outcome(before: f64, after: f64) -> Outcome {
        Outcome { before, after }
    }

    #[test]
    fn until_there_are_thirty_outcomes_it_is_the_studys() {
        let prior = LossShare {
            low: 0.132,
            high: 0.176,
            outcomes: 0,
        };
        assert_eq!(LossShare::of(&[]), prior);
        let mut own = vec![outcome(100.0, 50.0); 29];
        // Who bought nothing before has nothing to lose.
        own.push(outcome(0.0, 900.0));
        assert_eq!(LossShare::of(&own), prior);
        own.push(outcome(100.0, 50.0));
        assert_eq!(
            LossShare::of(&own),
            LossShare {
                low: 0.5,
                high: 0.5,
                outcomes: 30
            }
        );
    }

    #[test]
    fn the_interval_is_the_ratio_estimators() {
        // Half lose everything and half nothing, of 100 each: the ratio is 1/2, each residual ±50.
        let own: Vec<Outcome> = (0..40)
            .map(|n| outcome(100.0, if n % 2 == 0 { 0.0 } else { 100.0 }))
            .collect();
        let share = LossShare::of(&own);
        let error = (40.0 * 2_500.0 / 39.0 / 40.0_f64).sqrt() / 100.0;
        assert!((share.low - (0.5 - 1.645 * error)).abs() < 1e-12);
        assert!((share.high - (0.5 + 1.645 * error)).abs() < 1e-12);
        // Who grows loses a negative share.
        assert!(LossShare::of(&vec![outcome(100.0, 120.0); 30]).high < 0.0);
    }

    #[test]
    fn a_window_is_spread_over_the_days_that_are_left_of_it() {
        let months = months(day("2026-03-17"), 3);
        assert_eq!(months, [day("2026-03-01"), day("2026-04-01"), day("2026-05-01")]);
        assert_eq!(last_of(day("2028-02-01")), day("2028-02-29"));
        let ahead = spread(
            (day("2026-04-01"), day("2026-06-30")),
            0.91,
            &[],
            day("2026-03-17"),
            &months,
        );
        assert!((ahead[1] - 0.30).abs() < 1e-12 && (ahead[2] - 0.31).abs() < 1e-12 && ahead[0] == 0.0);
        // Of what began earlier the rest counts.
        let begun = spread(
            (day("2025-01-01"), day("2026-04-05")),
            0.4,
            &[],
            day("2026-03-17"),
            &months,
        );
        assert!((begun[0] - 0.4 * 15.0 / 20.0).abs() < 1e-12 && (begun[1] - 0.4 * 5.0 / 20.0).abs() < 1e-12);
        assert_eq!(
            spread(
                (day("2025-01-01"), day("2025-02-01")),
                0.4,
                &[],
                day("2026-03-17"),
                &months
            ),
            [0.0; 3]
        );
    }

    proptest! {
        #[test]
        fn whatever_the_outcomes_the_share_is_a_number_and_ordered(
            own in prop::collection::vec((0.0_f64..1e12, -1e6_f64..1e12), 0..80),
        ) {
            let own: Vec<Outcome> = own.into_iter().map(|(before, after)| outcome(before, after)).collect();
            let share = LossShare::of(&own);
            prop_assert!(share.low.is_finite() && share.high.is_finite() && share.low <= share.high && share.high <= 1.0);
        }

        #[test]
        fn the_months_together_are_never_more_likely_than_the_window(
            opens in 0_u64..3_000, length in 0_u64..1_500, confidence in 0.0_f64..=1.0, count in 1_u32..25,
        ) {
            let today = day("2026-03-17");
            let opens = day("2022-01-01") + Days::new(opens);
            let shares = spread((opens, opens + Days::new(length)), confidence, &[], today, &months(today, count));
            let sum: f64 = shares.iter().sum();
            prop_assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)) && sum <= confidence + 1e-9);
        }

        #[test]
        fn either_is_a_probability(a in 0.0_f64..=1.0, b in 0.0_f64..=1.0) {
            let both = either(a, b);
            prop_assert!(both >= a.max(b) - 1e-12 && both <= 1.0 + 1e-12);
        }
    }
}
