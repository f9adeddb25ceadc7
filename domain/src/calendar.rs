//! Days of a tenant and the instants they begin at.

mod japan;
mod working_days;

pub use working_days::WorkingDays;

use chrono::{DateTime, Datelike, LocalResult, NaiveDate, NaiveTime, TimeZone, Utc, Weekday};
use chrono_tz::{GapInfo, Tz};

/// The day it is in `zone` at `instant`.
#[must_use]
pub fn tenant_day(instant: DateTime<Utc>, zone: Tz) -> NaiveDate {
    instant.with_timezone(&zone).date_naive()
}

/// The instant at which `day` begins in `zone`.
///
/// Where the clocks go forward over midnight it is the first instant after the gap; where they go
/// back over midnight, the earlier of the two.
#[must_use]
pub fn day_start(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    match zone.from_local_datetime(&midnight) {
        LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => instant.to_utc(),
        LocalResult::None => GapInfo::new(&midnight, &zone)
            .and_then(|gap| gap.end)
            .map_or_else(|| midnight.and_utc(), |end| end.to_utc()),
    }
}

/// The instant at which `day` is over in `zone`: the beginning of the next day.
#[must_use]
pub fn day_end(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    day.succ_opt()
        .map_or(DateTime::<Utc>::MAX_UTC, |next| day_start(next, zone))
}

/// Whether `day` is a Saturday or a Sunday.
#[must_use]
pub fn is_weekend(day: NaiveDate) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use chrono::Days;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_in_tokyo_begins_at_three_in_the_afternoon_utc() {
        assert_eq!(
            day_start(day("2026-04-01"), Tz::Asia__Tokyo),
            at("2026-03-31T15:00:00Z")
        );
        assert_eq!(day_end(day("2026-03-31"), Tz::Asia__Tokyo), at("2026-03-31T15:00:00Z"));
        assert_eq!(
            tenant_day(at("2026-03-31T14:59:59Z"), Tz::Asia__Tokyo),
            day("2026-03-31")
        );
        assert_eq!(
            tenant_day(at("2026-03-31T15:00:00Z"), Tz::Asia__Tokyo),
            day("2026-04-01")
        );
    }

    #[test]
    fn summer_time_moves_the_beginning_of_the_day() {
        assert_eq!(
            day_start(day("2026-03-29"), Tz::Europe__Berlin),
            at("2026-03-28T23:00:00Z")
        );
        assert_eq!(
            day_start(day("2026-03-30"), Tz::Europe__Berlin),
            at("2026-03-29T22:00:00Z")
        );
    }

    #[test]
    fn a_midnight_that_the_clocks_skip_gives_the_first_instant_after_it() {
        // At 00:00 the clocks went to 01:00.
        assert_eq!(
            day_start(day("2018-11-04"), Tz::America__Sao_Paulo),
            at("2018-11-04T03:00:00Z")
        );
        // The whole day was skipped.
        assert_eq!(
            day_start(day("2011-12-30"), Tz::Pacific__Apia),
            at("2011-12-30T10:00:00Z")
        );
    }

    #[test]
    fn a_midnight_that_comes_twice_gives_the_earlier() {
        // At 01:00 the clocks went back to 00:00.
        assert_eq!(
            day_start(day("2026-11-01"), Tz::America__Havana),
            at("2026-11-01T04:00:00Z")
        );
    }

    #[test]
    fn the_week_ends_on_saturday_and_sunday() {
        let weekend: Vec<bool> = (0..7).map(|n| is_weekend(day("2026-06-01") + Days::new(n))).collect();
        assert_eq!(weekend, [false, false, false, false, false, true, true]);
    }

    proptest! {
        #[test]
        fn a_day_begins_on_itself_and_right_after_the_day_before(
            days in 0_u64..25_000,
            zone in prop::sample::select(vec![
                Tz::Asia__Tokyo, Tz::Europe__London, Tz::America__Sao_Paulo, Tz::America__Havana,
                Tz::Asia__Beirut, Tz::Africa__Cairo, Tz::Asia__Kathmandu, Tz::UTC,
            ]),
        ) {
            let day = day("1975-01-01") + Days::new(days);
            let start = day_start(day, zone);
            prop_assert_eq!(tenant_day(start, zone), day);
            prop_assert_eq!(
                tenant_day(start - chrono::TimeDelta::seconds(1), zone),
                day - Days::new(1)
            );
            prop_assert!(start < day_end(day, zone));
        }
    }
}
