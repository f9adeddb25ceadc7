//! Rates of exchange.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use super::MoneyError;
use super::decimal::Decimal;

/// The most digits of a rate; with more, an amount times a rate would not fit 128 bits.
const MAX_DIGITS: usize = 18;

/// What one major unit of a currency is worth in major units of another: an exact, positive
/// decimal number of at most 18 digits, without trailing zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rate {
    /// The digits without the point.
    digits: i64,
    /// How many of them stand behind the point.
    places: u32,
}

impl Rate {
    /// A currency against itself.
    pub const ONE: Self = Self { digits: 1, places: 0 };

    /// Reads a plain decimal number, such as `151.23`.
    ///
    /// # Errors
    ///
    /// [`MoneyError::NotARate`] if it is not one, not positive or longer than 18 digits.
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        let refused = || MoneyError::NotARate(text.to_owned());
        let decimal = Decimal::read(text).filter(|d| !d.negative).ok_or_else(refused)?;
        let places = decimal.part.len();
        if decimal.whole.len() + places > MAX_DIGITS {
            return Err(refused());
        }
        let digits = u32::try_from(places).ok().and_then(|places| decimal.scaled(places));
        match (digits.and_then(|digits| digits.parse().ok()), u32::try_from(places)) {
            (Some(digits), Ok(places)) if digits > 0 => Ok(Self { digits, places }),
            _ => Err(refused()),
        }
    }

    /// `minor` units with `from` decimal places, in minor units with `to` decimal places, halves
    /// to even; nothing if it does not fit.
    pub(super) fn apply(self, minor: i64, from: u32, to: u32) -> Option<i64> {
        let product = i128::from(minor) * i128::from(self.digits);
        let down = from + self.places;
        let result = if to >= down {
            product.checked_mul(10_i128.checked_pow(to - down)?)?
        } else {
            divide_half_even(product, 10_i128.checked_pow(down - to)?)
        };
        i64::try_from(result).ok()
    }
}

/// The quotient of `number` and a positive `divisor`, rounded to the nearest, halves to even.
fn divide_half_even(number: i128, divisor: i128) -> i128 {
    let floor = number.div_euclid(divisor);
    let rest = number.rem_euclid(divisor);
    match rest.cmp(&(divisor - rest)) {
        Ordering::Less => floor,
        Ordering::Equal => floor + (floor & 1),
        Ordering::Greater => floor + 1,
    }
}

impl fmt::Display for Rate {
    /// The plain decimal number, as [`Rate::parse`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = self.places as usize;
        let digits = format!("{:0>width$}", self.digits, width = places + 1);
        let (whole, part) = digits.split_at(digits.len() - places);
        if places == 0 {
            f.write_str(whole)
        } else {
            write!(f, "{whole}.{part}")
        }
    }
}

impl FromStr for Rate {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}
