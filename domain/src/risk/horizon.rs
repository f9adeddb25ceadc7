//! How far ahead a risk looks, and the earlier day from which its outcomes are known.

use chrono::{Days, Months, NaiveDate};

/// The horizon with enough history, in days.
pub const HORIZON_LONG_DAYS: u16 = 365;
/// The horizon with less than [`HISTORY_MONTHS_MIN`] months of history, in days.
pub const HORIZON_SHORT_DAYS: u16 = 90;
/// Months of order history that the long horizon needs: a year to look at, and one to see it end.
pub const HISTORY_MONTHS_MIN: u32 = 24;

/// The horizon of a tenant whose history begins with the order of `first_order`, in days: 365, or
/// 90 with less than 24 months of history (also when there is none at `as_of`).
#[must_use]
pub fn horizon_days(first_order: Option<NaiveDate>, as_of: NaiveDate) -> u16 {
    let long = first_order
        .and_then(|day| day.checked_add_months(Months::new(HISTORY_MONTHS_MIN)))
        .is_some_and(|enough| enough <= as_of);
    if long { HORIZON_LONG_DAYS } else { HORIZON_SHORT_DAYS }
}

/// The day at which the past is cut, so that the outcome over the horizon is known at `as_of`:
/// `horizon_days` before it (the calendar's first day, should there be none).
#[must_use]
pub fn cut_day(as_of: NaiveDate, horizon_days: u16) -> NaiveDate {
    as_of
        .checked_sub_days(Days::new(u64::from(horizon_days)))
        .unwrap_or(NaiveDate::MIN)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use proptest::prelude::*;

    fn day(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).unwrap()
    }

    #[test]
    fn long_from_two_years_of_history_to_the_day() {
        assert_eq!(horizon_days(Some(day(2009, 12, 1)), day(2011, 12, 1)), 365);
        assert_eq!(horizon_days(Some(day(2009, 12, 2)), day(2011, 12, 1)), 90);
        // 29 February has no day of its own two years later: the month's last day counts.
        assert_eq!(horizon_days(Some(day(2012, 2, 29)), day(2014, 2, 28)), 365);
    }

    #[test]
    fn short_without_a_past() {
        assert_eq!(horizon_days(None, day(2011, 12, 9)), 90);
        assert_eq!(horizon_days(Some(day(2012, 1, 1)), day(2011, 12, 9)), 90);
        assert_eq!(horizon_days(Some(NaiveDate::MAX), NaiveDate::MAX), 90);
    }

    #[test]
    fn the_cut_lies_one_horizon_back() {
        assert_eq!(cut_day(day(2011, 12, 9), 90), day(2011, 9, 10));
        assert_eq!(cut_day(day(2012, 12, 31), 365), day(2012, 1, 1));
        assert_eq!(cut_day(NaiveDate::MIN, 365), NaiveDate::MIN);
    }

    proptest! {
        #[test]
        fn more_history_never_shortens_the_horizon(age in 0u64..2_000, more in 0u64..2_000) {
            let as_of = day(2024, 5, 31);
            let first = as_of - Days::new(age);
            prop_assert!(
                horizon_days(Some(first - Days::new(more)), as_of) >= horizon_days(Some(first), as_of)
            );
        }
    }
}
