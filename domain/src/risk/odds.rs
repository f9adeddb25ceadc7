//! Probabilities and log-odds.

/// Log-odds beyond which nothing is said; keeps every result finite and every probability within
/// 0..1 exclusive.
pub const LOG_ODDS_LIMIT: f64 = 30.0;

/// The probability of these log-odds: 1 / (1 + e^−x), 0..=1.
#[must_use]
pub fn sigmoid(log_odds: f64) -> f64 {
    // The form whose exponential cannot overflow.
    if log_odds >= 0.0 {
        1.0 / (1.0 + libm::exp(-log_odds))
    } else {
        let e = libm::exp(log_odds);
        e / (1.0 + e)
    }
}

/// The log-odds of a probability: ln(p / (1 − p)), kept within ±[`LOG_ODDS_LIMIT`]; 0 for NaN.
#[must_use]
pub fn logit(probability: f64) -> f64 {
    bounded(libm::log(probability) - libm::log1p(-probability))
}

/// Log-odds within ±[`LOG_ODDS_LIMIT`]; 0 (even odds) for NaN.
pub(crate) fn bounded(log_odds: f64) -> f64 {
    if log_odds.is_nan() {
        0.0
    } else {
        log_odds.clamp(-LOG_ODDS_LIMIT, LOG_ODDS_LIMIT)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn even_odds_are_half() {
        assert_eq!(sigmoid(0.0), 0.5);
        assert_eq!(logit(0.5), 0.0);
        assert!((logit(0.75) - 3f64.ln()).abs() < 1e-15);
    }

    #[test]
    fn what_is_no_probability_stays_finite() {
        assert_eq!(logit(0.0), -LOG_ODDS_LIMIT);
        assert_eq!(logit(1.0), LOG_ODDS_LIMIT);
        for nonsense in [f64::NAN, -1.0, 2.0, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(logit(nonsense).is_finite());
        }
        assert_eq!(sigmoid(f64::INFINITY), 1.0);
        assert_eq!(sigmoid(f64::NEG_INFINITY), 0.0);
    }

    proptest! {
        #[test]
        fn logit_undoes_sigmoid(x in -8.0..8.0f64) {
            prop_assert!((logit(sigmoid(x)) - x).abs() < 1e-12);
            prop_assert!((sigmoid(x) + sigmoid(-x) - 1.0).abs() < 1e-15);
        }
    }
}
