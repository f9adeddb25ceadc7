//! How good a forecast of yes or no was.

mod bootstrap;
mod calibration;

pub use bootstrap::{Areas, Case, ROUNDS, areas};
pub use calibration::{Bin, bins, gains, jeffreys};

/// A figure with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// The figure.
    pub value: f64,
    /// The lower end of its interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The area under the ROC curve: the probability that of a case that happened and one that did not the first had the higher
/// score; ties count half (Mann, Whitney 1947). Not below 0 or above 1; none when all or none happened, or a score is no
/// number.
#[must_use]
pub fn auc(cases: &[(f64, bool)]) -> Option<f64> {
    if cases.iter().any(|(score, _)| score.is_nan()) {
        return None;
    }
    let mut sorted = cases.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let happened = sorted.iter().filter(|(_, happened)| *happened).count();
    let others = sorted.len() - happened;
    if happened == 0 || others == 0 {
        return None;
    }
    // The sum of the ranks of what happened; ties share the mean of theirs.
    let (mut ranks, mut place) = (0.0, 0_usize);
    for tied in sorted.chunk_by(|a, b| a.0 == b.0) {
        let within = tied.iter().filter(|(_, happened)| *happened).count();
        let mean = count(place) + (count(tied.len()) + 1.0) / 2.0;
        ranks += mean * count(within);
        place += tied.len();
    }
    let (happened, others) = (count(happened), count(others));
    Some((ranks - happened * (happened + 1.0) / 2.0) / (happened * others))
}

/// The mean squared error of probabilities (Brier 1950): 0 is perfect. None of nothing.
#[must_use]
pub fn brier(cases: &[(f64, bool)]) -> Option<f64> {
    let sum: f64 = cases
        .iter()
        .map(|(probability, happened)| (probability - f64::from(u8::from(*happened))).powi(2))
        .sum();
    (!cases.is_empty()).then(|| sum / count(cases.len()))
}

#[expect(clippy::cast_precision_loss, reason = "a count of clients")]
const fn count(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_area_is_the_share_of_pairs_in_order() {
        let cases = [(0.1, false), (0.4, false), (0.35, true), (0.8, true)];
        assert_eq!(auc(&cases), Some(0.75));
        assert_eq!(auc(&[(0.5, true), (0.5, false)]), Some(0.5));
        assert_eq!(auc(&[(0.5, true)]), None);
        assert_eq!(auc(&[(f64::NAN, true), (0.5, false)]), None);
        assert_eq!(brier(&[(0.75, true), (0.5, false)]), Some(0.156_25));
        assert_eq!(brier(&[]), None);
    }

    proptest! {
        #[test]
        fn it_is_what_counting_all_pairs_gives(cases in prop::collection::vec((0_u8..9, any::<bool>()), 2..40)) {
            let cases: Vec<(f64, bool)> = cases.into_iter().map(|(score, happened)| (f64::from(score), happened)).collect();
            let (mut pairs, mut right) = (0.0, 0.0);
            for (yes, _) in cases.iter().filter(|(_, happened)| *happened) {
                for (no, _) in cases.iter().filter(|(_, happened)| !*happened) {
                    pairs += 1.0;
                    right += if yes > no { 1.0 } else if yes == no { 0.5 } else { 0.0 };
                }
            }
            match auc(&cases) {
                None => prop_assert_eq!(pairs, 0.0),
                Some(area) => prop_assert!((area - right / pairs).abs() < 1e-12),
            }
        }
    }
}
