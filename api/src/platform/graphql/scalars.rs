//! Scalars and value objects that every slice uses.

use async_graphql::{InputObject, InputValueError, InputValueResult, Scalar, ScalarType, SimpleObject, Value};
use chrono::{Datelike, NaiveDate};
use domain::money::{Currency, Money};

use crate::error::{Error, Result};

/// A day without a time, ISO 8601 (`2026-04-01`), in the tenant's time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date(pub NaiveDate);

/// A day without a time, ISO 8601 (`2026-04-01`), in the tenant's time zone.
#[Scalar(name = "Date", specified_by_url = "https://scalars.graphql.org/andimarek/local-date")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let day = match &value {
            Value::String(text) if is_full_date(text) => NaiveDate::parse_from_str(text, "%Y-%m-%d").ok(),
            _ => None,
        };
        let day = day.filter(|day| day.year() > 0);
        day.map(Self)
            .ok_or_else(|| InputValueError::custom("expected a day such as \"2026-04-01\""))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.format("%Y-%m-%d").to_string())
    }
}

/// Four digits, two and two, as RFC 3339 has it: chrono takes signs and years that databases do not.
fn is_full_date(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(place, byte)| match place {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

/// A decimal number as a string (`"1234.50"`), so that no digit is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decimal(pub String);

/// A decimal number as a string (`"1234.50"`), so that no digit is lost.
#[Scalar(name = "Decimal")]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) if is_decimal(&text) => Ok(Self(text)),
            _ => Err(InputValueError::custom(
                "expected a decimal number in quotes such as \"1234.50\"",
            )),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.len() <= 40 && all_digits(whole) && all_digits(fraction)
}

/// A whole number of up to 64 bits as a string, where `Int` is too narrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BigInt(pub i64);

/// A whole number of up to 64 bits as a string, where `Int` is too narrow.
#[Scalar(name = "BigInt")]
impl ScalarType for BigInt {
    fn parse(value: Value) -> InputValueResult<Self> {
        let refuse = || InputValueError::custom("expected a whole number in quotes such as \"42\"");
        match &value {
            Value::String(text) => text.parse().map(Self).map_err(|_| refuse()),
            Value::Number(number) => number.as_i64().map(Self).ok_or_else(refuse),
            _ => Err(refuse()),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// An amount of money.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Money")]
pub struct MoneyView {
    /// The amount in units of the currency, with its minor units as decimals.
    pub amount: Decimal,
    /// ISO 4217 code.
    pub currency_code: String,
}

impl MoneyView {
    /// From minor units as the database has them.
    pub fn from_minor(minor: i64, currency: &str) -> Result<Self> {
        let currency: Currency = currency
            .parse()
            .map_err(|_| Error::internal(format!("unknown currency {currency:?} in the database")))?;
        Ok(Self {
            amount: Decimal(Money { minor, currency }.amount()),
            currency_code: currency.code().to_owned(),
        })
    }
}

/// An amount of money.
#[derive(Clone, Debug, InputObject)]
pub struct MoneyInput {
    /// The amount in units of the currency, with at most its minor units as decimals.
    pub amount: Decimal,
    /// ISO 4217 code.
    pub currency_code: String,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_day_has_four_digits_of_a_year() {
        let day = |text: &str| Date::parse(Value::String(text.to_owned())).map(|day| day.to_value());
        assert_eq!(day("2026-04-01").unwrap(), Value::String("2026-04-01".to_owned()));
        for wrong in [
            "+87777-7-6",
            "-4800-1-01",
            "0000-01-01",
            "2026-4-001",
            "2026-02-30",
            "２０２６-",
            "2026-04-01 ",
        ] {
            assert!(day(wrong).is_err(), "{wrong}");
        }
    }
}
