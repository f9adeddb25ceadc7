//! A share estimated from counts, with Jeffreys' prior Beta(½, ½).
//!
//! Source: Brown, Cai, DasGupta 2001, "Interval Estimation for a Binomial Proportion". The interval
//! is the plain equal-tailed one, without their replacement of an end by 0 or 1 when no or all
//! outcomes are silent, so that both ends keep finite log-odds.

use super::odds::sigmoid;

/// More steps than the continued fraction needs for 2³² outcomes (about the root of their number).
const FRACTION_STEPS_MAX: u32 = 400_000;
/// Log-odds beyond every quantile that counts of 32 bits can give (the farthest is near ±30).
const LOG_ODDS_MAX: f64 = 60.0;
/// Halvings of `2 × LOG_ODDS_MAX` until the width is below 1e-14.
const HALVINGS: u32 = 54;

/// The log-odds of the quantile `q` of Beta(silent + ½, total − silent + ½); `q` is 0..1.
///
/// Solved in log-odds, where an end next to 0 or to 1 keeps its digits.
pub(crate) fn quantile_log_odds(silent: u32, total: u32, q: f64) -> f64 {
    let a = f64::from(silent.min(total)) + 0.5;
    let b = f64::from(total.saturating_sub(silent)) + 0.5;
    let (mut low, mut high) = (-LOG_ODDS_MAX, LOG_ODDS_MAX);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if beta_below(a, b, middle) < q {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// The regularised incomplete beta function I_x(a, b) at x = sigmoid(`log_odds`), for a, b > 0.
///
/// Continued fraction 8.17.22 of the NIST Digital Library of Mathematical Functions, on the side
/// of the mean where it converges fast; the other side by symmetry, 8.17.4.
pub(crate) fn beta_below(a: f64, b: f64, log_odds: f64) -> f64 {
    let x = sigmoid(log_odds);
    if x <= (a + 1.0) / (a + b + 2.0) {
        front(a, b, log_odds) / a * fraction(a, b, x)
    } else {
        1.0 - front(b, a, -log_odds) / b * fraction(b, a, sigmoid(-log_odds))
    }
    .clamp(0.0, 1.0)
}

/// x^a (1 − x)^b / B(a, b).
fn front(a: f64, b: f64, log_odds: f64) -> f64 {
    let ln_beta = libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b);
    // ln sigmoid(t) = −ln(1 + e^−t)
    let ln_x = -libm::log1p(libm::exp(-log_odds));
    let ln_y = -libm::log1p(libm::exp(log_odds));
    libm::exp(a * ln_x + b * ln_y - ln_beta)
}

/// The continued fraction itself, by the modified Lentz method (Thompson, Barnett 1986).
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away_from_zero = |v: f64| if v.abs() < TINY { TINY } else { v };
    // 1 / (1 + d1 / (1 + d2 / (1 + …)))
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for step in 1..=FRACTION_STEPS_MAX {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away_from_zero(1.0 + even * d);
        c = away_from_zero(1.0 + even / c);
        value *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away_from_zero(1.0 + odd * d);
        c = away_from_zero(1.0 + odd / c);
        let change = d * c;
        value *= change;
        if (change - 1.0).abs() < 3e-15 {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::super::odds::logit;
    use super::*;
    use proptest::prelude::*;

    fn close(got: f64, want: f64, relative: f64) {
        assert!((got - want).abs() <= relative * want.abs(), "{got} is not {want}");
    }

    #[test]
    fn the_beta_function_where_a_closed_form_exists() {
        // I_x(1, 1) = x, I_x(2, 3) is a polynomial, I_x(½, ½) = (2/π) asin √x.
        for x in [0.001, 0.2, 0.5, 0.77, 0.999] {
            close(beta_below(1.0, 1.0, logit(x)), x, 1e-13);
            let polynomial = x * x * (6.0 - 8.0 * x + 3.0 * x * x);
            close(beta_below(2.0, 3.0, logit(x)), polynomial, 1e-12);
            let arc = std::f64::consts::FRAC_2_PI * x.sqrt().asin();
            close(beta_below(0.5, 0.5, logit(x)), arc, 1e-12);
        }
        close(beta_below(2.0, 3.0, 0.0), 0.6875, 1e-14);
    }

    /// By mpmath 1.3 with 40 digits.
    #[test]
    fn the_beta_function_where_none_does() {
        close(beta_below(10.5, 31.5, logit(0.25)), 0.523_777_923_713_805_2, 1e-12);
        close(beta_below(2000.5, 3000.5, logit(0.41)), 0.924_874_668_636_705_6, 1e-11);
    }

    /// By mpmath 1.3 with 40 digits: silent, total, both ends of the 95 % interval in log-odds.
    #[test]
    fn the_interval_of_known_counts() {
        for (silent, total, low, high) in [
            (0, 0, -6.473_565_043_761_999, 6.473_565_043_761_999),
            (0, 10, -9.946_546_907_226_662, -1.282_080_600_306_735_7),
            (3, 10, -2.281_168_961_511_94, 0.429_768_211_619_421_8),
            (5, 10, -1.245_220_035_133_137, 1.245_220_035_133_137),
            (10, 10, 1.282_080_600_306_735_7, 9.946_546_907_226_662),
            (7, 42, -2.472_892_817_633_185, -0.849_145_309_121_256_8),
            (450, 1_000, -0.325_454_007_938_477_1, -0.076_269_669_191_248_08),
        ] {
            close(quantile_log_odds(silent, total, 0.025), low, 1e-11);
            close(quantile_log_odds(silent, total, 0.975), high, 1e-11);
        }
        // In shares, as tables print them.
        close(sigmoid(quantile_log_odds(3, 10, 0.025)), 0.092_694_593_938, 1e-11);
        close(sigmoid(quantile_log_odds(3, 10, 0.975)), 0.605_818_318_149, 1e-11);
    }

    #[test]
    fn as_many_outcomes_as_can_be_counted() {
        let max = u32::MAX;
        // lnΓ of four billion has an absolute error near 1e-5.
        close(quantile_log_odds(max, max, 0.025), 21.259_653_182_900_635, 1e-4);
        close(quantile_log_odds(max, max, 0.975), 29.799_705_826_301_312, 1e-4);
        close(quantile_log_odds(0, max, 0.025), -29.799_705_826_301_312, 1e-4);
        let half = quantile_log_odds(max / 2, max, 0.975);
        assert!(half.is_finite() && half.abs() < 1e-3);
    }

    #[test]
    fn more_silent_than_there_are_counts_as_all() {
        assert_eq!(quantile_log_odds(99, 10, 0.025), quantile_log_odds(10, 10, 0.025));
    }

    proptest! {
        #[test]
        fn the_quantile_is_where_that_much_lies_below(
            silent in 0u32..3_000, others in 0u32..3_000, q in 0.001..0.999f64,
        ) {
            let at = quantile_log_odds(silent, silent + others, q);
            let below = beta_below(f64::from(silent) + 0.5, f64::from(others) + 0.5, at);
            prop_assert!((below - q).abs() < 1e-9, "{} lies below, not {}", below, q);
        }

        #[test]
        fn symmetric(silent in 0u32..3_000, others in 0u32..3_000) {
            let total = silent + others;
            let low = quantile_log_odds(silent, total, 0.025);
            let high = quantile_log_odds(others, total, 0.975);
            prop_assert!((low + high).abs() < 1e-8);
        }
    }
}
