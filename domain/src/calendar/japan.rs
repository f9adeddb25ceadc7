//! Public holidays of Japan, by the Act on National Holidays (国民の祝日に関する法律, 昭和23年法律第178号) as it stands
//! since 2016, with the moves of 2019 to 2021 for the succession and the Olympic games.
//!
//! The equinoxes are announced by the National Astronomical Observatory a year ahead; the formula here is the usual
//! one of 海上保安庁水路部, good from 1980 to 2099.

use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// The days of the year that are public holidays, with substitutes (振替休日) and days between two (国民の休日).
pub(super) fn holidays(year: i32) -> BTreeSet<NaiveDate> {
    let mut days: BTreeSet<NaiveDate> = named(year).into_iter().flatten().collect();
    let named = days.clone();
    for day in &named {
        // One that falls on a Sunday moves to the next day that is none (article 3, paragraph 2).
        if day.weekday() == Weekday::Sun {
            days.extend(day.iter_days().skip(1).find(|day| !named.contains(day)));
        }
        // A day between two is one (paragraph 3).
        let (between, next) = (day.checked_add_days(Days::new(1)), day.checked_add_days(Days::new(2)));
        if next.is_some_and(|next| named.contains(&next))
            && let Some(between) = between.filter(|day| day.weekday() != Weekday::Sun)
        {
            days.insert(between);
        }
    }
    days
}

fn named(year: i32) -> Vec<Option<NaiveDate>> {
    let day = |month, day| NaiveDate::from_ymd_opt(year, month, day);
    let monday = |month, nth| NaiveDate::from_weekday_of_month_opt(year, month, Weekday::Mon, nth);
    let mut days = vec![
        day(1, 1),
        monday(1, 2),
        day(2, 11),
        day(3, equinox(year, 20.8431)),
        day(4, 29),
        day(5, 3),
        day(5, 4),
        day(5, 5),
        monday(9, 3),
        day(9, equinox(year, 23.2488)),
        day(11, 3),
        day(11, 23),
    ];
    // The Emperor's birthday; in 2019 there was none.
    days.push(match year {
        ..=2018 => day(12, 23),
        2019 => None,
        2020.. => day(2, 23),
    });
    // Marine Day, Mountain Day and Sports Day.
    days.extend(match year {
        2020 => [day(7, 23), day(8, 10), day(7, 24)],
        2021 => [day(7, 22), day(8, 8), day(7, 23)],
        _ => [monday(7, 3), day(8, 11), monday(10, 2)],
    });
    if year == 2019 {
        // Accession and enthronement.
        days.extend([day(5, 1), day(10, 22)]);
    }
    days
}

/// Day of the month of the equinox that came at this instant of the month in 1980.
fn equinox(year: i32, in_1980: f64) -> u32 {
    let years = f64::from(year - 1980);
    let day = in_1980 + 0.242_194 * years - f64::from((year - 1980).div_euclid(4));
    // Between 19 and 24 for the years that the formula is good for.
    let day = day.floor().clamp(1.0, 28.0);
    (1..=28).rev().find(|n| f64::from(*n) <= day).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_holidays_are_those_of_the_package() {
        let mut years = 0;
        let lines = include_str!("japan_holidays.txt").lines();
        for line in lines.filter(|line| !line.starts_with('#')) {
            let (year, days) = line.split_once(' ').unwrap();
            let ours: Vec<String> = holidays(year.parse().unwrap())
                .iter()
                .map(|day| day.format("%m-%d").to_string())
                .collect();
            assert_eq!(ours.join(" "), days, "{year}");
            years += 1;
        }
        assert_eq!(years, 35);
    }
}
