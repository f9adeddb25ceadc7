//! Bands: a probability in one word.

use crate::names::text_enum;

/// A silence more probable than this is beyond doubt: the account is presumed lost.
pub const PRESUMED_LOST_ABOVE: f64 = 0.99;

text_enum! {
    /// How likely an account is to be lost within the horizon.
    pub enum Band {
        /// Below the first border.
        Low = "LOW",
        /// From the first border on.
        Medium = "MEDIUM",
        /// From the second border on.
        High = "HIGH",
        /// From the third border on.
        Critical = "CRITICAL",
        /// Not enough data to say.
        Unknown = "UNKNOWN",
        /// Silent beyond doubt; listed apart from those that can still be kept.
        PresumedLost = "PRESUMED_LOST",
    }
}

impl Band {
    /// Those that lists by risk show apart from the others.
    pub const APART: [Self; 2] = [Self::Unknown, Self::PresumedLost];
}

/// Where the bands begin: three rising probabilities. A border belongs to the band above it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Borders {
    medium: f64,
    high: f64,
    critical: f64,
}

/// Borders that do not rise strictly within 0..1 exclusive.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("borders must rise between 0 and 1, got {medium}, {high}, {critical}")]
pub struct BordersRefused {
    /// Where MEDIUM was to begin.
    pub medium: f64,
    /// Where HIGH was to begin.
    pub high: f64,
    /// Where CRITICAL was to begin.
    pub critical: f64,
}

impl Borders {
    /// Where MEDIUM, HIGH and CRITICAL begin, as probabilities.
    ///
    /// # Errors
    ///
    /// [`BordersRefused`] unless 0 < medium < high < critical < 1.
    pub fn new(medium: f64, high: f64, critical: f64) -> Result<Self, BordersRefused> {
        // Written so that NaN is refused.
        if 0.0 < medium && medium < high && high < critical && critical < 1.0 {
            Ok(Self { medium, high, critical })
        } else {
            Err(BordersRefused { medium, high, critical })
        }
    }

    /// Where MEDIUM begins.
    #[must_use]
    pub fn medium(&self) -> f64 {
        self.medium
    }

    /// Where HIGH begins.
    #[must_use]
    pub fn high(&self) -> f64 {
        self.high
    }

    /// Where CRITICAL begins.
    #[must_use]
    pub fn critical(&self) -> f64 {
        self.critical
    }
}

impl Default for Borders {
    /// .25, .5 and .75.
    fn default() -> Self {
        Self {
            medium: 0.25,
            high: 0.5,
            critical: 0.75,
        }
    }
}

/// The band of a probability; UNKNOWN for NaN. Never PRESUMED_LOST, which silence alone decides.
#[must_use]
pub fn band(probability: f64, borders: &Borders) -> Band {
    if probability.is_nan() {
        Band::Unknown
    } else if probability < borders.medium {
        Band::Low
    } else if probability < borders.high {
        Band::Medium
    } else if probability < borders.critical {
        Band::High
    } else {
        Band::Critical
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_border_belongs_to_the_band_above_it() {
        let of = |p: f64| band(p, &Borders::default());
        assert_eq!(of(0.0), Band::Low);
        assert_eq!(of(0.25f64.next_down()), Band::Low);
        assert_eq!(of(0.25), Band::Medium);
        assert_eq!(of(0.5f64.next_down()), Band::Medium);
        assert_eq!(of(0.5), Band::High);
        assert_eq!(of(0.75f64.next_down()), Band::High);
        assert_eq!(of(0.75), Band::Critical);
        assert_eq!(of(1.0), Band::Critical);
        assert_eq!(of(f64::NAN), Band::Unknown);
    }

    #[test]
    fn a_tenant_moves_its_borders() {
        let borders = Borders::new(0.1, 0.2, 0.3).unwrap();
        assert_eq!(band(0.25, &borders), Band::High);
        assert_eq!(band(0.3, &borders), Band::Critical);
        assert_eq!(Borders::new(0.25, 0.5, 0.75), Ok(Borders::default()));
    }

    #[test]
    fn borders_that_do_not_rise_are_refused() {
        for (medium, high, critical) in [
            (0.0, 0.5, 0.75),
            (0.25, 0.25, 0.75),
            (0.5, 0.25, 0.75),
            (0.25, 0.75, 0.75),
            (0.25, 0.5, 1.0),
            (f64::NAN, 0.5, 0.75),
            (0.25, f64::NAN, 0.75),
            (0.25, 0.5, f64::INFINITY),
        ] {
            assert!(Borders::new(medium, high, critical).is_err());
        }
    }

    proptest! {
        #[test]
        fn a_higher_probability_is_never_in_a_lower_band(p in 0.0..=1.0f64, more in 0.0..=1.0f64) {
            let borders = Borders::default();
            prop_assert!(band((p + more).min(1.0), &borders) >= band(p, &borders));
        }
    }
}
