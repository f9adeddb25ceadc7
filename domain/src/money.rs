//! Money: whole minor units of an ISO 4217 currency, never a floating-point number.

mod currency;
mod decimal;
mod rate;

use std::fmt;

pub use currency::Currency;
pub use rate::Rate;

use crate::lang::Text;
use decimal::Decimal;

/// An amount in whole minor units (pence, sen; for the yen, yen) of its currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    /// The amount in minor units; negative for a credit.
    pub minor: i64,
    /// The currency, which says how many minor units make one.
    pub currency: Currency,
}

/// Why an amount, a currency or a rate was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not the three-letter code of a currency that can be paid in.
    #[error("{0:?} is not an ISO 4217 currency")]
    UnknownCurrency(String),
    /// Not a plain decimal number such as `1234.50`.
    #[error("{0:?} is not an amount")]
    NotAnAmount(String),
    /// More decimal places than the currency has.
    #[error("{text:?} has more than the {exponent} decimal places of {currency}")]
    TooPrecise {
        /// The text that was given.
        text: String,
        /// The currency it was read in.
        currency: Currency,
        /// The decimal places of that currency.
        exponent: u32,
    },
    /// Beyond what can be held: about 9.2 × 10¹⁸ minor units.
    #[error("the amount is too large")]
    TooLarge,
    /// Two currencies where one is needed.
    #[error("{0} and {1} cannot be reckoned together")]
    CurrencyMismatch(Currency, Currency),
    /// Not a positive decimal number of at most 18 digits.
    #[error("{0:?} is not a rate of exchange")]
    NotARate(String),
}

impl MoneyError {
    /// What to tell the person who gave the amount.
    #[must_use]
    pub fn text(&self) -> Text {
        let ja = match self {
            Self::UnknownCurrency(code) => format!("「{code}」はISO 4217の通貨ではありません"),
            Self::NotAnAmount(text) => format!("「{text}」は金額ではありません"),
            Self::TooPrecise {
                text,
                currency,
                exponent,
            } => {
                format!("「{text}」は{currency}の小数点以下{exponent}桁を超えています")
            }
            Self::TooLarge => "金額が大きすぎます".to_owned(),
            Self::CurrencyMismatch(one, other) => {
                format!("{one}と{other}を合わせて計算することはできません")
            }
            Self::NotARate(text) => format!("「{text}」は為替レートではありません"),
        };
        Text::new(self.to_string(), ja)
    }
}

impl Money {
    /// An amount of `minor` units.
    #[must_use]
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing, in `currency`.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// Reads a plain decimal number, such as `-1234.5`, in major units of `currency`.
    ///
    /// Decimal places beyond the currency's are taken only where they are zeros.
    ///
    /// # Errors
    ///
    /// [`MoneyError::NotAnAmount`], [`MoneyError::TooPrecise`] or [`MoneyError::TooLarge`].
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let decimal = Decimal::read(text).ok_or_else(|| MoneyError::NotAnAmount(text.to_owned()))?;
        let exponent = currency.exponent();
        let minor = decimal.scaled(exponent).ok_or_else(|| MoneyError::TooPrecise {
            text: text.to_owned(),
            currency,
            exponent,
        })?;
        let minor = minor.parse().map_err(|_| MoneyError::TooLarge)?;
        Ok(Self { minor, currency })
    }

    /// The amount as a plain decimal number with exactly the currency's decimal places, as
    /// [`Money::parse`] reads it.
    #[must_use]
    pub fn amount(self) -> String {
        let places = self.currency.exponent() as usize;
        let sign = if self.minor < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", self.minor.unsigned_abs(), width = places + 1);
        let (whole, part) = digits.split_at(digits.len() - places);
        if places == 0 {
            format!("{sign}{whole}")
        } else {
            format!("{sign}{whole}.{part}")
        }
    }

    /// The sum of two amounts of one currency.
    ///
    /// # Errors
    ///
    /// [`MoneyError::CurrencyMismatch`] or [`MoneyError::TooLarge`].
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.with(self.minor.checked_add(other.minor))
    }

    /// The difference of two amounts of one currency.
    ///
    /// # Errors
    ///
    /// [`MoneyError::CurrencyMismatch`] or [`MoneyError::TooLarge`].
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.with(self.minor.checked_sub(other.minor))
    }

    /// The amount `times` over, as for a line of an order.
    ///
    /// # Errors
    ///
    /// [`MoneyError::TooLarge`].
    pub fn checked_mul(self, times: i64) -> Result<Self, MoneyError> {
        self.with(self.minor.checked_mul(times))
    }

    /// The sum of amounts that are all in `currency`; nothing for none.
    ///
    /// # Errors
    ///
    /// [`MoneyError::CurrencyMismatch`] or [`MoneyError::TooLarge`].
    pub fn sum(currency: Currency, amounts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        amounts.into_iter().try_fold(Self::zero(currency), Self::checked_add)
    }

    /// The same value in currency `to`, where `rate` is what one major unit of this currency is
    /// worth in major units of `to`. Halves of a minor unit go to the even neighbour.
    ///
    /// # Errors
    ///
    /// [`MoneyError::TooLarge`].
    pub fn convert(self, rate: Rate, to: Currency) -> Result<Self, MoneyError> {
        let minor = rate
            .apply(self.minor, self.currency.exponent(), to.exponent())
            .ok_or(MoneyError::TooLarge)?;
        Ok(Self { minor, currency: to })
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch(self.currency, other.currency))
        }
    }

    fn with(self, minor: Option<i64>) -> Result<Self, MoneyError> {
        minor.map(|minor| Self { minor, ..self }).ok_or(MoneyError::TooLarge)
    }
}

impl fmt::Display for Money {
    /// Amount and code, such as `1234.50 EUR`: for logs and the command line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount(), self.currency)
    }
}

/// A decimal number with its thousands apart, for people: `-1234.50` is `-1,234.50`.
#[must_use]
pub fn thousands_apart(amount: &str) -> String {
    let (whole, rest) = amount
        .split_once('.')
        .map_or((amount, None), |(whole, rest)| (whole, Some(rest)));
    let digits = whole.trim_start_matches('-').len();
    let mut shown = String::new();
    for (place, digit) in whole.chars().enumerate() {
        let left = whole.len() - place;
        if left < digits && left % 3 == 0 {
            shown.push(',');
        }
        shown.push(digit);
    }
    if let Some(rest) = rest {
        shown.push('.');
        shown.push_str(rest);
    }
    shown
}

#[cfg(test)]
mod tests;
