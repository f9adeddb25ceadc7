//! When a buyer may be moved on: from the day he took his post, how long people stay in posts, and the months in which
//! clients move them.

use chrono::{Datelike, Days, Months, NaiveDate};

/// So many posts that ended must be known before a tenant's own tenures count.
pub const OWN_TENURES: usize = 30;

const YEAR_DAYS: f64 = 365.25;

/// How long people stay in a post, in days.
#[derive(Clone, Debug, PartialEq)]
pub struct Tenures {
    /// A quarter of them stay no longer.
    pub lower_quartile: f64,
    /// Half of them stay no longer.
    pub median: f64,
    /// Three quarters of them stay no longer.
    pub upper_quartile: f64,
    /// How many posts of the tenant's own this rests on; 0 for the prior.
    pub count: usize,
    sorted: Vec<f64>,
}

impl Tenures {
    /// From the tenures of posts that ended, in days. With fewer than [`OWN_TENURES`] it is the prior: three, four and five
    /// years. **A judgement**, after the three to five years at which Japanese companies are commonly said to rotate people;
    /// not a published distribution.
    #[must_use]
    pub fn of(own: &[i64]) -> Self {
        let mut sorted: Vec<f64> = own
            .iter()
            .filter(|days| **days > 0)
            .filter_map(|days| i32::try_from(*days).ok())
            .map(f64::from)
            .collect();
        sorted.sort_by(f64::total_cmp);
        if sorted.len() < OWN_TENURES {
            return Self {
                lower_quartile: 3.0 * YEAR_DAYS,
                median: 4.0 * YEAR_DAYS,
                upper_quartile: 5.0 * YEAR_DAYS,
                count: 0,
                sorted: Vec::new(),
            };
        }
        let quantile = |of_four: usize| sorted.get((sorted.len() * of_four / 4).min(sorted.len() - 1)).copied();
        Self {
            lower_quartile: quantile(1).unwrap_or_default(),
            median: quantile(2).unwrap_or_default(),
            upper_quartile: quantile(3).unwrap_or_default(),
            count: sorted.len(),
            sorted,
        }
    }

    /// Whether this is the prior.
    #[must_use]
    pub const fn is_prior(&self) -> bool {
        self.count == 0
    }

    /// Share of posts that end within so many days: of the tenant's own, or of a normal distribution through the prior's
    /// quartiles.
    fn share_until(&self, days: f64) -> f64 {
        if self.sorted.is_empty() {
            // The quartiles of a normal distribution are .6745 standard deviations from its mean.
            let deviation = (self.upper_quartile - self.lower_quartile) / (2.0 * 0.674_489_75);
            return 0.5 * libm::erfc(-(days - self.median) / (deviation * std::f64::consts::SQRT_2));
        }
        let until = self.sorted.partition_point(|tenure| *tenure <= days);
        let share = |count: usize| u32::try_from(count).map_or(0.0, f64::from);
        share(until) / share(self.sorted.len())
    }

    /// Probability that somebody who has stayed for `elapsed` days goes between `from` and `to` days.
    fn chance(&self, elapsed: f64, from: f64, to: f64) -> f64 {
        let left = 1.0 - self.share_until(elapsed);
        let within = self.share_until(to) - self.share_until(from.max(elapsed));
        // Who has outstayed everybody goes whenever the next rotation comes, for all that is known.
        if left < 1e-6 {
            1.0
        } else {
            (within / left).clamp(0.0, 1.0)
        }
    }
}

/// When somebody may be moved on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RotationWindow {
    /// From this day.
    pub opens_on: NaiveDate,
    /// To this day.
    pub closes_on: NaiveDate,
    /// Probability that he goes within the window, given that he is still there; 0 to 1.
    pub confidence: f64,
    /// He has stayed longer than three quarters of people do.
    pub is_overdue: bool,
}

/// Months in which companies of the country move people, 1 to 12; none where that is not known. In Japan April, with the
/// fiscal year, and October, with its half.
#[must_use]
pub fn rotation_months(country: Option<&str>) -> &'static [u32] {
    match country {
        Some("JP") => &[4, 10],
        _ => &[],
    }
}

/// The window in which somebody who took his post on `started_on` may be moved on: between the quartiles of tenure, or, when
/// those are over, the year to come. With rotation months it runs from the first of the first such month to the end of the
/// last. Nothing when he has not started.
#[must_use]
pub fn rotation_window(
    started_on: NaiveDate,
    tenures: &Tenures,
    months: &[u32],
    today: NaiveDate,
) -> Option<RotationWindow> {
    let after = |days: f64| -> Option<NaiveDate> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "some years at most"
        )]
        let days = days.clamp(0.0, 100.0 * YEAR_DAYS) as u64;
        started_on.checked_add_days(Days::new(days))
    };
    if started_on > today {
        return None;
    }
    let late = after(tenures.upper_quartile)?;
    let is_overdue = late < today;
    let earliest = after(tenures.lower_quartile)?.max(today);
    let latest = if is_overdue {
        today.checked_add_months(Months::new(12))?
    } else {
        late
    };
    let (opens_on, closes_on) = match in_months(earliest, latest, months) {
        Some(window) => window,
        None => (earliest, latest),
    };
    let days = |day: NaiveDate| i32::try_from((day - started_on).num_days()).map_or(0.0, f64::from);
    Some(RotationWindow {
        opens_on,
        closes_on,
        confidence: tenures.chance(days(today), days(opens_on), days(closes_on)),
        is_overdue,
    })
}

/// From the first to the last of these months that begins in the span, or the next one when none does.
fn in_months(from: NaiveDate, to: NaiveDate, months: &[u32]) -> Option<(NaiveDate, NaiveDate)> {
    let mut first_days = (from.year()..=to.year() + 1)
        .flat_map(|year| {
            months
                .iter()
                .filter_map(move |month| NaiveDate::from_ymd_opt(year, *month, 1))
        })
        .filter(|day| *day >= from);
    let first = first_days.next()?;
    let last = first_days.take_while(|day| *day <= to).last().unwrap_or(first);
    Some((first, last.checked_add_months(Months::new(1))?.pred_opt()?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_buyer_in_japan_may_go_in_the_rotation_months_of_his_fourth_to_sixth_year() {
        let window = rotation_window(
            day("2024-04-01"),
            &Tenures::of(&[]),
            rotation_months(Some("JP")),
            day("2026-11-23"),
        );
        let window = window.unwrap();
        assert_eq!(
            (window.opens_on, window.closes_on),
            (day("2027-04-01"), day("2029-04-30"))
        );
        assert!(
            !window.is_overdue && (0.4..0.7).contains(&window.confidence),
            "{window:?}"
        );
        // Elsewhere the days are not bound to months.
        let window = rotation_window(day("2024-04-01"), &Tenures::of(&[]), &[], day("2026-11-23")).unwrap();
        assert_eq!(
            (window.opens_on, window.closes_on),
            (day("2027-04-01"), day("2029-04-01"))
        );
    }

    #[test]
    fn who_has_stayed_too_long_may_go_at_the_next_occasion() {
        let window = rotation_window(day("2015-04-01"), &Tenures::of(&[]), &[4, 10], day("2026-11-23")).unwrap();
        assert!(window.is_overdue);
        assert_eq!(
            (window.opens_on, window.closes_on),
            (day("2027-04-01"), day("2027-10-31"))
        );
        assert_eq!(
            rotation_window(day("2027-01-01"), &Tenures::of(&[]), &[4, 10], day("2026-11-23")),
            None
        );
    }

    #[test]
    fn thirty_posts_of_their_own_count_instead_of_the_prior() {
        let own: Vec<i64> = (1..=29).map(|n| n * 10).collect();
        assert!(Tenures::of(&own).is_prior());
        let own: Vec<i64> = (1..=40).map(|n| n * 10).collect();
        let tenures = Tenures::of(&own);
        assert_eq!(
            (
                tenures.count,
                tenures.lower_quartile,
                tenures.median,
                tenures.upper_quartile
            ),
            (40, 110.0, 210.0, 310.0)
        );
        let window = rotation_window(day("2026-01-01"), &tenures, &[], day("2026-02-20")).unwrap();
        // Of the 35 who stayed longer than 50 days, 20 went after 110 and up to 310.
        assert!((window.confidence - 20.0 / 35.0).abs() < 1e-9, "{window:?}");
    }

    proptest! {
        #[test]
        fn a_window_is_ahead_in_order_and_its_confidence_a_probability(
            started in 0_i32..20_000, now in 0_i32..30_000,
            own in prop::collection::vec(-10_i64..20_000, 0..60), in_japan in any::<bool>(),
        ) {
            let at = |days: i32| NaiveDate::from_num_days_from_ce_opt(710_000 + days).unwrap();
            let months = rotation_months(in_japan.then_some("JP"));
            let window = rotation_window(at(started), &Tenures::of(&own), months, at(now));
            prop_assert_eq!(window.is_none(), started > now);
            if let Some(window) = window {
                prop_assert!(window.opens_on >= at(now) && window.opens_on <= window.closes_on, "{window:?}");
                prop_assert!((0.0..=1.0).contains(&window.confidence), "{window:?}");
            }
        }
    }
}
