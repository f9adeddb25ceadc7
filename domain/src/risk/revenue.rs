//! Revenue at risk.

/// The revenue at risk, in the minor units of the expected value: probability × what the account
/// is worth over the horizon if it does not go silent, rounded to the nearest unit; never above
/// that value, and 0 where nothing is expected (or the probability is NaN).
#[must_use]
pub fn revenue_at_risk_minor(probability: f64, expected_value_minor: i64) -> i64 {
    let expected = expected_value_minor.max(0);
    // A cast to an integer saturates, and makes 0 of NaN. The 53 bits of a float are exact to
    // 90 trillion units, far beyond what an estimate can claim.
    ((probability.clamp(0.0, 1.0) * expected as f64).round() as i64).min(expected)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_share_of_what_is_expected() {
        assert_eq!(revenue_at_risk_minor(0.25, 1_000), 250);
        assert_eq!(revenue_at_risk_minor(0.3333, 10), 3);
        assert_eq!(revenue_at_risk_minor(0.5, 0), 0);
        assert_eq!(revenue_at_risk_minor(0.5, -1_000), 0);
        assert_eq!(revenue_at_risk_minor(f64::NAN, 1_000), 0);
        assert_eq!(revenue_at_risk_minor(1.0, i64::MAX), i64::MAX);
        assert_eq!(revenue_at_risk_minor(1.0, i64::MAX - 1), i64::MAX - 1);
    }

    proptest! {
        #[test]
        fn never_more_than_expected(p in -1.0..2.0f64, value in any::<i64>()) {
            let at_risk = revenue_at_risk_minor(p, value);
            prop_assert!(at_risk >= 0 && at_risk <= value.max(0));
        }
    }
}
