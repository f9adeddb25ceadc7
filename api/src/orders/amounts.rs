//! What an order is worth: in its own currency and in the tenant's.

use domain::lang::Text;
use domain::money::{Currency, Money, MoneyError, Rate};

use crate::error::{Error, Result, UserError, UserErrorCode};
use crate::platform::graphql::MoneyInput;

/// An amount in both currencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Priced {
    /// In the order's currency.
    pub amount: Money,
    /// In the tenant's currency.
    pub tenant_amount: Money,
    /// Tenant's currency per unit of the order's.
    pub rate: Rate,
}

/// Why an amount has no value in the tenant's currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoPrice {
    /// The currencies differ and nobody said the rate.
    RateMissing {
        /// The order's currency.
        from: Currency,
        /// The tenant's.
        to: Currency,
    },
    /// The currencies are one, and the rate is not.
    RateNotOne,
    /// The amount, the currency or the rate itself.
    Money(MoneyError),
}

impl From<MoneyError> for NoPrice {
    fn from(error: MoneyError) -> Self {
        Self::Money(error)
    }
}

impl NoPrice {
    /// What to tell the person who gave it.
    pub fn text(&self) -> Text {
        match self {
            Self::RateMissing { from, to } => Text::new(
                format!("The amount is in {from} and the company reckons in {to}: give the rate ({to} per {from})."),
                format!("金額は{from}、会社の通貨は{to}です。レート（1{from}あたりの{to}）を指定してください。"),
            ),
            Self::RateNotOne => Text::fixed(
                "The amount is in the company's own currency: leave the rate out, or give 1.",
                "会社の通貨の金額です。レートは省略するか1を指定してください。",
            ),
            Self::Money(error) => error.text(),
        }
    }

    /// Which input is to be mended: the amount or the rate.
    fn field(&self) -> &'static str {
        match self {
            Self::RateMissing { .. } | Self::RateNotOne | Self::Money(MoneyError::NotARate(_)) => "rate",
            Self::Money(_) => "amount",
        }
    }
}

/// The amount in the tenant's currency too.
pub fn price(amount: Money, rate: Option<Rate>, tenant: Currency) -> std::result::Result<Priced, NoPrice> {
    let rate = match rate {
        None if amount.currency == tenant => Rate::ONE,
        None => {
            return Err(NoPrice::RateMissing {
                from: amount.currency,
                to: tenant,
            });
        }
        Some(rate) if amount.currency == tenant && rate != Rate::ONE => return Err(NoPrice::RateNotOne),
        Some(rate) => rate,
    };
    let tenant_amount = amount.convert(rate, tenant)?;
    if [amount, tenant_amount]
        .iter()
        .any(|money| money.minor.unsigned_abs() > MOST_MINOR)
    {
        return Err(MoneyError::TooLarge.into());
    }
    Ok(Priced {
        amount,
        tenant_amount,
        rate,
    })
}

/// Most minor units of one order, a trillion: far above any, and millions of such orders still add up in 64 bits.
const MOST_MINOR: u64 = 1_000_000_000_000;

/// As [`price`], from what a client sent.
pub fn price_input(amount: &MoneyInput, rate: Option<&str>, tenant: &str) -> Result<Priced> {
    let tenant = stored_currency(tenant)?;
    let priced = || {
        let money = Money::parse(&amount.amount.0, amount.currency_code.parse()?)?;
        price(money, rate.map(Rate::parse).transpose()?, tenant)
    };
    priced().map_err(|refusal: NoPrice| {
        let code = match refusal {
            NoPrice::RateMissing { .. } => UserErrorCode::Required,
            NoPrice::Money(MoneyError::TooLarge) => UserErrorCode::TooLarge,
            _ => UserErrorCode::Invalid,
        };
        Error::User(vec![UserError::new(&[refusal.field()], code, refusal.text())])
    })
}

/// A currency that the database has.
pub fn stored_currency(code: &str) -> Result<Currency> {
    code.parse()
        .map_err(|_| Error::internal(format!("unknown currency {code:?} in the database")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn pounds(text: &str) -> Money {
        Money::parse(text, Currency::GBP).unwrap()
    }

    #[test]
    fn the_tenants_own_currency_needs_no_rate() {
        let priced = price(pounds("711.79"), None, Currency::GBP).unwrap();
        assert_eq!((priced.tenant_amount, priced.rate), (pounds("711.79"), Rate::ONE));
        assert_eq!(
            price(pounds("1"), Some(Rate::ONE), Currency::GBP)
                .unwrap()
                .tenant_amount,
            pounds("1")
        );
        let two = Rate::parse("2").unwrap();
        assert_eq!(price(pounds("1"), Some(two), Currency::GBP), Err(NoPrice::RateNotOne));
    }

    #[test]
    fn another_currency_without_a_rate_is_refused() {
        let refused = price(pounds("1"), None, Currency::JPY).unwrap_err();
        assert_eq!(
            refused,
            NoPrice::RateMissing {
                from: Currency::GBP,
                to: Currency::JPY
            }
        );
        assert!(refused.text().en.contains("JPY per GBP"));
        let rate = Rate::parse("191.5").unwrap();
        let priced = price(pounds("-10.00"), Some(rate), Currency::JPY).unwrap();
        assert_eq!(priced.tenant_amount.minor, -1915);
    }

    #[test]
    fn an_amount_that_sums_could_not_hold_is_refused() {
        assert!(price(pounds("10000000000.00"), None, Currency::GBP).is_ok());
        let more = pounds("10000000000.01");
        assert_eq!(
            price(more, None, Currency::GBP),
            Err(NoPrice::Money(MoneyError::TooLarge))
        );
        let rate = Rate::parse("200").unwrap();
        let refused = price(pounds("-9000000000.00"), Some(rate), Currency::JPY);
        assert_eq!(refused, Err(NoPrice::Money(MoneyError::TooLarge)));
    }
}
