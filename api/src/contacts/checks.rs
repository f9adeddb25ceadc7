//! What of a contact can be checked without the database, and what is derived from it.

use chrono::{Datelike, NaiveDate};
use domain::lang::Text;
use domain::text;

use crate::error::UserErrorCode;
use crate::platform::auth::check_email;
use crate::platform::graphql::input::Checks;

/// Family name first, by the reading where there is one: あ to ん.
pub fn sort_key(family: &str, given: &str, family_kana: Option<&str>, given_kana: Option<&str>) -> String {
    let reading = family_kana.map(|family| format!("{family} {}", given_kana.unwrap_or_default()));
    text::sort_key(&format!("{family} {given}"), reading.as_deref())
}

/// An e-mail address; an empty one counts as missing.
pub fn address(checks: &mut Checks, email: Option<String>) -> Option<String> {
    let email = email.filter(|email| !email.trim().is_empty())?;
    Some(check_email(checks, "email", &email))
}

/// A say in the decision, 0 to 100.
pub fn say(checks: &mut Checks, say: i32) -> i16 {
    checks.require(
        (0..=100).contains(&say),
        "say",
        UserErrorCode::Invalid,
        Text::fixed(
            "The say in the decision is 0 to 100.",
            "発言力は0〜100で指定してください。",
        ),
    );
    i16::try_from(say).unwrap_or_default()
}

/// Two days that are plausible, in order.
pub fn check_days(checks: &mut Checks, started_on: Option<NaiveDate>, left_on: Option<NaiveDate>) {
    for (field, day) in [("startedOn", started_on), ("leftOn", left_on)] {
        checks.require(
            day.is_none_or(|day| (1900..2200).contains(&day.year())),
            field,
            UserErrorCode::Invalid,
            Text::fixed("This day is not plausible.", "日付として正しくありません。"),
        );
    }
    let in_order = started_on
        .zip(left_on)
        .is_none_or(|(started_on, left_on)| started_on <= left_on);
    checks.require(
        in_order,
        "leftOn",
        UserErrorCode::Invalid,
        Text::fixed(
            "He cannot leave before he begins.",
            "離任日は着任日以降の日付を指定してください。",
        ),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contacts_sort_by_their_reading() {
        let by_reading = sort_key("森", "一郎", Some("モリ"), Some("イチロウ"));
        assert_eq!(by_reading, "もり いちろう");
        assert_eq!(sort_key("森", "一郎", Some("もり"), None), "もり");
        assert_eq!(sort_key("Vogel", "Anke", None, Some("あんけ")), "vogel anke");
    }
}
