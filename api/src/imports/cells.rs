//! Reading the cells of a row: instants, days, amounts.

use chrono::format::{Item, StrftimeItems};
use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;
use domain::calendar::day_start;
use domain::lang::Text;

/// Formats of day and time that cannot be misread: the year comes first.
const WITH_TIME: [&str; 6] = [
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
];
const DAYS: [&str; 3] = ["%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日"];

/// How times of a file are written.
#[derive(Clone, Debug)]
pub struct Times {
    /// What has no offset of its own is read in this zone.
    pub zone: Tz,
    /// A `strftime` format, when the file's is none of the usual.
    pub format: Option<String>,
}

/// True when it is a `strftime` format that has at least a day in it.
pub fn is_date_format(format: &str) -> bool {
    let mut any = false;
    for item in StrftimeItems::new(format) {
        match item {
            Item::Error => return false,
            Item::Numeric(..) | Item::Fixed(_) => any = true,
            _ => {}
        }
    }
    any
}

impl Times {
    /// An instant: with its own offset, or a time or day in the file's zone.
    pub fn instant(&self, text: &str) -> Result<DateTime<Utc>, Text> {
        if let Some(format) = &self.format {
            if let Ok(instant) = DateTime::parse_from_str(text, format) {
                return Ok(instant.to_utc());
            }
            if let Ok(local) = NaiveDateTime::parse_from_str(text, format) {
                return self.in_zone(local, text);
            }
            return match NaiveDate::parse_from_str(text, format) {
                Ok(day) => Ok(day_start(day, self.zone)),
                Err(_) => Err(unreadable(text)),
            };
        }
        if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
            return Ok(instant.to_utc());
        }
        for format in WITH_TIME {
            if let Ok(local) = NaiveDateTime::parse_from_str(text, format) {
                return self.in_zone(local, text);
            }
        }
        self.day(text).map(|day| day_start(day, self.zone))
    }

    /// A day.
    pub fn day(&self, text: &str) -> Result<NaiveDate, Text> {
        let formats = self.format.iter().map(String::as_str).chain(DAYS);
        for format in formats {
            if let Ok(day) = NaiveDate::parse_from_str(text, format) {
                return Ok(day);
            }
        }
        Err(unreadable(text))
    }

    /// Of a time that comes twice (the clocks went back) the earlier. One that the clocks skipped is refused: most
    /// likely the zone is not the file's.
    fn in_zone(&self, local: NaiveDateTime, text: &str) -> Result<DateTime<Utc>, Text> {
        match self.zone.from_local_datetime(&local) {
            LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => Ok(instant.to_utc()),
            LocalResult::None => {
                let zone = self.zone.name();
                Err(Text::new(
                    format!("There was no {text} in {zone}: the clocks went forward. Is the time zone right?"),
                    format!("{zone}に{text}という時刻は存在しません（夏時間）。タイムゾーンは正しいですか。"),
                ))
            }
        }
    }
}

fn unreadable(text: &str) -> Text {
    let shown = shorten(text);
    Text::new(
        format!("{shown:?} is not a date such as 2026-04-01 or 2026-04-01 09:30:00: say how by a date format."),
        format!(
            "「{shown}」は2026-04-01や2026-04-01 09:30:00のような日付ではありません。日付の形式を指定してください。"
        ),
    )
}

/// The beginning of a cell, for a message.
pub fn shorten(text: &str) -> String {
    const MOST: usize = 40;
    let mut shown: String = text.chars().take(MOST).collect();
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn times(zone: Tz, format: Option<&str>) -> Times {
        Times {
            zone,
            format: format.map(str::to_owned),
        }
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_time_without_an_offset_is_read_in_the_files_zone() {
        let london = times(Tz::Europe__London, None);
        assert_eq!(
            london.instant("2011-01-18 10:01:00").unwrap(),
            at("2011-01-18T10:01:00Z")
        );
        assert_eq!(london.instant("2011-07-18 10:01").unwrap(), at("2011-07-18T09:01:00Z"));
        assert_eq!(london.instant("2011/7/18").unwrap(), at("2011-07-17T23:00:00Z"));
        assert_eq!(
            london.instant("2011-07-18T10:01:00+09:00").unwrap(),
            at("2011-07-18T01:01:00Z")
        );
        let tokyo = times(Tz::Asia__Tokyo, None);
        assert_eq!(tokyo.instant("2026年4月1日").unwrap(), at("2026-03-31T15:00:00Z"));
    }

    #[test]
    fn a_time_that_the_clocks_skipped_is_refused_and_one_that_came_twice_is_the_earlier() {
        let london = times(Tz::Europe__London, None);
        let skipped = london.instant("2011-03-27 01:30:00").unwrap_err();
        assert!(skipped.en.contains("Europe/London"), "{}", skipped.en);
        assert_eq!(
            london.instant("2011-03-27 02:00:00").unwrap(),
            at("2011-03-27T01:00:00Z")
        );
        assert_eq!(
            london.instant("2011-10-30 01:30:00").unwrap(),
            at("2011-10-30T00:30:00Z")
        );
        // A day always begins, also where midnight is skipped.
        let brazil = times(Tz::America__Sao_Paulo, None);
        assert_eq!(brazil.instant("2018-11-04").unwrap(), at("2018-11-04T03:00:00Z"));
    }

    #[test]
    fn days_that_could_be_months_need_a_format() {
        let london = times(Tz::Europe__London, None);
        assert!(london.instant("12/1/2010 8:26").is_err());
        assert!(london.instant("yesterday").is_err());
        assert!(london.instant("2011-02-30").is_err());
        let american = times(Tz::Europe__London, Some("%m/%d/%Y %H:%M"));
        assert_eq!(american.instant("12/1/2010 8:26").unwrap(), at("2010-12-01T08:26:00Z"));
        let german = times(Tz::Europe__Berlin, Some("%d.%m.%Y"));
        assert_eq!(german.instant("01.12.2010").unwrap(), at("2010-11-30T23:00:00Z"));
        assert_eq!(
            german.day("01.12.2010").unwrap(),
            NaiveDate::from_ymd_opt(2010, 12, 1).unwrap()
        );
    }

    #[test]
    fn formats_are_checked() {
        assert!(is_date_format("%d.%m.%Y"));
        assert!(!is_date_format("%Q"));
        assert!(!is_date_format("day"));
    }
}
