//! The days on which people work in a country: neither weekends nor public holidays.
//!
//! Holidays come from the crate `holidays-rs`, Japan's from the rules next door. Of a country that neither knows only
//! the weekends are kept free.

use std::collections::HashSet;

use chrono::{Datelike, NaiveDate};
use holidays_rs::{Calendar, Country};

use super::{is_weekend, japan};

/// The working days of a country, between two years.
#[derive(Clone, Debug)]
pub struct WorkingDays {
    holidays: HashSet<NaiveDate>,
}

impl WorkingDays {
    /// Of the country with this ISO 3166-1 alpha-2 code, good from the year of `from` to that of `to`. Outside of them only
    /// weekends are known.
    #[must_use]
    pub fn of(country: &str, from: NaiveDate, to: NaiveDate) -> Self {
        let years = from.year()..=to.year();
        let holidays = match (country, known(country)) {
            ("JP", _) => years.flat_map(japan::holidays).collect(),
            (_, Some(country)) => {
                let calendar = Calendar::new(country);
                years
                    .flat_map(|year| calendar.holidays_in(year))
                    .filter_map(|(day, _)| NaiveDate::from_ymd_opt(day.year, u32::from(day.month), u32::from(day.day)))
                    .collect()
            }
            _ => HashSet::new(),
        };
        Self { holidays }
    }

    /// Whether people work on this day.
    #[must_use]
    pub fn includes(&self, day: NaiveDate) -> bool {
        !is_weekend(day) && !self.holidays.contains(&day)
    }
}

/// The nationwide calendar of a country, if it agrees with PyPI's `holidays` 0.109 on the working days of 2016 to 2050. Three
/// differ on purpose: Canada has its federal days, Ireland its substitutes, Latvia no days that are granted for one year.
fn known(country: &str) -> Option<Country> {
    Some(match country {
        "AT" => Country::Austria,
        "AU" => Country::Australia,
        "BE" => Country::Belgium,
        "BR" => Country::Brazil,
        "CA" => Country::Canada,
        "CH" => Country::Switzerland,
        "CY" => Country::Cyprus,
        "CZ" => Country::Czechia,
        "DE" => Country::Germany,
        "DK" => Country::Denmark,
        "EE" => Country::Estonia,
        "ES" => Country::Spain,
        "FI" => Country::Finland,
        "FR" => Country::France,
        "GB" => Country::UnitedKingdom,
        "GR" => Country::Greece,
        "HR" => Country::Croatia,
        "IE" => Country::Ireland,
        "IS" => Country::Iceland,
        "IT" => Country::Italy,
        "LT" => Country::Lithuania,
        "LU" => Country::Luxembourg,
        "LV" => Country::Latvia,
        "MT" => Country::Malta,
        "MX" => Country::Mexico,
        "NL" => Country::Netherlands,
        "NO" => Country::Norway,
        "NZ" => Country::NewZealand,
        "PE" => Country::Peru,
        "PL" => Country::Poland,
        "PT" => Country::Portugal,
        "RO" => Country::Romania,
        "SE" => Country::Sweden,
        "SI" => Country::Slovenia,
        "SK" => Country::Slovakia,
        "US" => Country::UnitedStates,
        "UY" => Country::Uruguay,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn works(country: &str, day: &str) -> bool {
        let day: NaiveDate = day.parse().unwrap();
        WorkingDays::of(country, day, day).includes(day)
    }

    #[test]
    fn nobody_works_on_weekends_and_on_the_holidays_of_his_country() {
        // Golden week, with the substitute for Constitution Day, and an ordinary Thursday.
        for (day, expected) in [("2026-05-06", false), ("2026-05-07", true), ("2026-05-09", false)] {
            assert_eq!(works("JP", day), expected, "{day}");
        }
        assert!(!works("GB", "2026-12-28"), "Boxing Day is kept on the Monday");
        assert!(!works("US", "2026-11-26") && works("GB", "2026-11-26"), "Thanksgiving");
        assert!(!works("DE", "2026-10-03") && !works("FR", "2026-07-14"));
        // A country without a calendar has its weekends.
        assert!(works("ZZ", "2026-01-01") && !works("ZZ", "2026-01-03"));
    }

    #[test]
    fn a_plan_over_new_year_knows_both_years() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let days = WorkingDays::of("JP", day("2026-12-01"), day("2027-02-01"));
        assert!(
            !days.includes(day("2027-01-01")) && !days.includes(day("2027-01-11")) && days.includes(day("2027-01-12"))
        );
    }
}
