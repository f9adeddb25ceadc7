//! Days on which a client is thought of: anniversaries, gifts and greetings of the season, the end of his fiscal year.

use chrono::{Datelike, Months, NaiveDate};

use crate::lang::Text;
use crate::names::text_enum;

text_enum! {
    /// Why a client is thought of.
    pub enum OccasionKind {
        /// The day of the first order, each year.
        FirstOrder = "FIRST_ORDER",
        /// The end of the client's fiscal year: what is left of budgets is spent, and the next ones are made.
        FiscalYearEnd = "FISCAL_YEAR_END",
        /// Mid-year gifts (お中元), 1 to 15 July; of clients in Japan.
        MidYearGift = "MID_YEAR_GIFT",
        /// Year-end gifts (お歳暮), 1 to 20 December; of clients in Japan.
        YearEndGift = "YEAR_END_GIFT",
        /// New Year's cards (年賀状), to arrive on 1 January; of clients in Japan.
        NewYearCard = "NEW_YEAR_CARD",
    }
}

impl OccasionKind {
    /// The occasion in words.
    #[must_use]
    pub const fn text(self) -> Text {
        match self {
            Self::FirstOrder => Text::fixed("Anniversary of the first order", "初回取引の記念日"),
            Self::FiscalYearEnd => Text::fixed("End of the client's fiscal year", "取引先の決算期末"),
            Self::MidYearGift => Text::fixed("Mid-year gift (ochūgen)", "お中元"),
            Self::YearEndGift => Text::fixed("Year-end gift (oseibo)", "お歳暮"),
            Self::NewYearCard => Text::fixed("New Year's card", "年賀状"),
        }
    }
}

/// An occasion, with the day that it next falls on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occasion {
    /// Why.
    pub kind: OccasionKind,
    /// When: today or within the year that follows. Of a season its first day.
    pub on: NaiveDate,
}

/// The occasions of the year that begins `today`, soonest first. `country` is the client's, ISO 3166-1 alpha-2;
/// `fiscal_year_end_month` is 1 to 12, and anything else counts as not known.
#[must_use]
pub fn occasions(
    today: NaiveDate,
    first_order: Option<NaiveDate>,
    fiscal_year_end_month: Option<u32>,
    country: Option<&str>,
) -> Vec<Occasion> {
    let mut found = Vec::new();
    let mut put = |kind, on: Option<NaiveDate>| found.extend(on.map(|on| Occasion { kind, on }));
    put(
        OccasionKind::FirstOrder,
        first_order.and_then(|first| next(today, first.month(), first.day())),
    );
    put(
        OccasionKind::FiscalYearEnd,
        fiscal_year_end_month.and_then(|month| month_end(today, month)),
    );
    if country == Some("JP") {
        put(OccasionKind::MidYearGift, next(today, 7, 1));
        put(OccasionKind::YearEndGift, next(today, 12, 1));
        put(OccasionKind::NewYearCard, next(today, 1, 1));
    }
    found.sort_by_key(|occasion| occasion.on);
    found
}

/// The next day of this month and day, today or later; 29 February is kept on the 28th in other years.
fn next(today: NaiveDate, month: u32, day: u32) -> Option<NaiveDate> {
    let of = |year| NaiveDate::from_ymd_opt(year, month, day).or_else(|| NaiveDate::from_ymd_opt(year, month, day - 1));
    of(today.year())
        .filter(|on| *on >= today)
        .or_else(|| of(today.year() + 1))
}

/// The next last day of this month, today or later.
fn month_end(today: NaiveDate, month: u32) -> Option<NaiveDate> {
    let of = |year| {
        let first = NaiveDate::from_ymd_opt(year, month, 1)?;
        first.checked_add_months(Months::new(1))?.pred_opt()
    };
    of(today.year())
        .filter(|on| *on >= today)
        .or_else(|| of(today.year() + 1))
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
    fn the_year_of_a_client_in_japan() {
        let found = occasions(day("2026-11-23"), Some(day("2016-02-29")), Some(3), Some("JP"));
        let written: Vec<String> = found.iter().map(|one| format!("{} {}", one.on, one.kind)).collect();
        assert_eq!(
            written,
            [
                "2026-12-01 YEAR_END_GIFT",
                "2027-01-01 NEW_YEAR_CARD",
                "2027-02-28 FIRST_ORDER",
                "2027-03-31 FISCAL_YEAR_END",
                "2027-07-01 MID_YEAR_GIFT",
            ]
        );
        assert_eq!(occasions(day("2026-11-23"), None, Some(13), Some("FR")), []);
        assert_eq!(
            occasions(day("2027-03-31"), None, Some(3), None)[0].on,
            day("2027-03-31")
        );
    }

    proptest! {
        #[test]
        fn every_occasion_is_within_a_year_from_today(
            now in 0_i32..80_000, first in 0_i32..40_000, month in prop::option::of(0_u32..15),
        ) {
            let at = |days: i32| NaiveDate::from_num_days_from_ce_opt(700_000 + days).unwrap();
            for one in occasions(at(now), Some(at(first)), month, Some("JP")) {
                let ahead = (one.on - at(now)).num_days();
                prop_assert!((0..=366).contains(&ahead), "{one:?}");
            }
        }
    }
}
