//! Whether probabilities mean what they say: what was predicted beside what came.

use statrs::distribution::{Beta, ContinuousCDF};

/// Forecasts of like height, and what came of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// How many.
    pub cases: u32,
    /// The mean of their probabilities.
    pub predicted: f64,
    /// Of how many it happened.
    pub happened: u32,
    /// The 95 % interval of the share of which it happens, 0 to 1.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl Bin {
    /// The share of which it happened.
    #[must_use]
    pub fn observed(&self) -> f64 {
        f64::from(self.happened) / f64::from(self.cases.max(1))
    }
}

/// The cases in as many bins of equal size, the lowest probabilities first; fewer where there are fewer cases.
#[must_use]
pub fn bins(cases: &[(f64, bool)], count: usize) -> Vec<Bin> {
    let mut sorted = cases.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let cut = |part: usize| sorted.len() * part / count.max(1);
    (0..count)
        .filter_map(|part| sorted.get(cut(part)..cut(part + 1)).filter(|bin| !bin.is_empty()))
        .map(|bin| {
            let cases = u32::try_from(bin.len()).unwrap_or(u32::MAX);
            let happened = u32::try_from(bin.iter().filter(|case| case.1).count()).unwrap_or(u32::MAX);
            let (low, high) = jeffreys(happened, cases);
            Bin {
                cases,
                predicted: bin.iter().map(|case| case.0).sum::<f64>() / f64::from(cases),
                happened,
                low,
                high,
            }
        })
        .collect()
}

/// The 95 % Jeffreys interval of a share (Brown, Cai, DasGupta 2001): quantiles of Beta(happened + ½, others + ½), from 0 where
/// none happened and to 1 where all did.
#[must_use]
pub fn jeffreys(happened: u32, cases: u32) -> (f64, f64) {
    let others = cases.saturating_sub(happened);
    let Ok(beta) = Beta::new(f64::from(happened) + 0.5, f64::from(others) + 0.5) else {
        return (0.0, 1.0);
    };
    (
        if happened == 0 { 0.0 } else { beta.inverse_cdf(0.025) },
        if others == 0 { 1.0 } else { beta.inverse_cdf(0.975) },
    )
}

/// Of the cases, the highest probabilities first, in as many steps of equal size: the share of all that happened which is among
/// those so far. Without the 0 of none; the last is 1. Empty when none happened.
#[must_use]
pub fn gains(cases: &[(f64, bool)], steps: usize) -> Vec<f64> {
    let mut sorted = cases.to_vec();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let happened = |until: usize| {
        f64::from(u32::try_from(sorted.iter().take(until).filter(|case| case.1).count()).unwrap_or(u32::MAX))
    };
    let all = happened(sorted.len());
    if all == 0.0 {
        return Vec::new();
    }
    (1..=steps)
        .map(|step| happened(sorted.len() * step / steps.max(1)) / all)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_interval_of_a_share_is_the_published_one() {
        // scipy.stats.beta.ppf([.025, .975], 3.5, 7.5)
        let (low, high) = jeffreys(3, 10);
        assert!(
            (low - 0.092_694_56).abs() < 1e-6 && (high - 0.605_818_1).abs() < 1e-5,
            "{low} {high}"
        );
        let (low, high) = jeffreys(0, 10);
        assert!(low == 0.0 && (high - 0.217_195).abs() < 1e-5, "{high}");
        let (low, high) = jeffreys(10, 10);
        assert!((low - 0.782_805).abs() < 1e-5 && high == 1.0, "{low}");
    }

    #[test]
    fn bins_are_of_one_size_and_go_up() {
        let cases: Vec<(f64, bool)> = (0..100).map(|n| (f64::from(n) / 100.0, n % 10 < n / 10)).collect();
        let bins = bins(&cases, 10);
        assert!(bins.iter().all(|bin| bin.cases == 10));
        assert!(
            bins.windows(2)
                .all(|pair| pair.iter().map(|bin| bin.predicted).is_sorted())
        );
        assert_eq!(
            bins.iter().map(|bin| bin.happened).collect::<Vec<_>>(),
            (0..10).collect::<Vec<_>>()
        );
        assert!(
            bins.iter()
                .all(|bin| bin.low <= bin.observed() && bin.observed() <= bin.high)
        );
        assert_eq!(super::bins(&cases[..3], 10).len(), 3);
    }

    #[test]
    fn the_riskiest_come_first_in_gains() {
        let cases = [(0.9, true), (0.8, true), (0.3, false), (0.1, false)];
        assert_eq!(gains(&cases, 4), [0.5, 1.0, 1.0, 1.0]);
        assert!(gains(&[(0.9, false)], 4).is_empty());
    }

    proptest! {
        #[test]
        fn an_interval_holds_its_share(happened in 0_u32..500, others in 0_u32..500) {
            let cases = happened + others;
            let (low, high) = jeffreys(happened, cases);
            prop_assert!((0.0..=1.0).contains(&low) && low <= high && high <= 1.0);
            if cases > 0 {
                let share = f64::from(happened) / f64::from(cases);
                prop_assert!(low <= share && share <= high, "{} {} {}", low, share, high);
            }
        }
    }
}
