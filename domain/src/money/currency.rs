//! Currencies of ISO 4217.

use std::fmt;
use std::str::FromStr;

use rusty_money::iso;

use super::MoneyError;

/// A currency of ISO 4217 that can be paid in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    code: &'static str,
    exponent: u32,
}

impl Currency {
    /// The Japanese yen.
    pub const JPY: Self = Self {
        code: "JPY",
        exponent: 0,
    };
    /// The pound sterling.
    pub const GBP: Self = Self {
        code: "GBP",
        exponent: 2,
    };
    /// The euro.
    pub const EUR: Self = Self {
        code: "EUR",
        exponent: 2,
    };
    /// The dollar of the United States.
    pub const USD: Self = Self {
        code: "USD",
        exponent: 2,
    };

    /// The currency with the three-letter `code`, in capitals.
    ///
    /// # Errors
    ///
    /// [`MoneyError::UnknownCurrency`], also for the codes that are not money (gold, "no currency").
    pub fn find(code: &str) -> Result<Self, MoneyError> {
        iso::find(code)
            .filter(|found| !is_no_money(found.iso_alpha_code))
            .map(|found| Self {
                code: found.iso_alpha_code,
                exponent: exponent(found),
            })
            .ok_or_else(|| MoneyError::UnknownCurrency(code.to_owned()))
    }

    /// The three-letter code, such as `JPY`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.code
    }

    /// How many decimal places the minor unit has: 0 for the yen, 2 for the euro.
    #[must_use]
    pub const fn exponent(self) -> u32 {
        self.exponent
    }
}

/// Metals, bond units, testing and "no currency": ISO 4217 gives them no minor unit.
fn is_no_money(code: &str) -> bool {
    matches!(
        code,
        "XAG" | "XAU" | "XBA" | "XBB" | "XBC" | "XBD" | "XDR" | "XPD" | "XPT" | "XSU" | "XTS" | "XUA" | "XXX"
    )
}

/// The table gives the forint none and ariary and ouguiya one decimal place, after everyday use;
/// ISO 4217, and so every bank file, gives all three two.
fn exponent(found: &iso::Currency) -> u32 {
    match found.iso_alpha_code {
        "HUF" | "MGA" | "MRU" => 2,
        _ => found.exponent,
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code)
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        Self::find(code)
    }
}
