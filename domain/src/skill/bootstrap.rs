//! How sure an area under the curve is: resampling.

use super::Area;

/// Resamples.
pub const ROUNDS: usize = 1_000;
/// The same cases give the same interval.
const SEED: u64 = 20_261_123;

/// One forecast by several scores of which the higher means "it will happen", and what came of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Case<const N: usize> {
    /// Whose it is, counted from 0: cases of one client are drawn together, since they are not independent.
    pub client: usize,
    /// The scores.
    pub scores: [f64; N],
    /// Whether it happened.
    pub happened: bool,
}

/// The areas of several scores over the same cases.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Areas<const N: usize> {
    /// Each score's area, with its 95 % interval.
    pub of: [Area; N],
    /// What the first score's is above each score's, with its 95 % interval; 0 of the first itself.
    pub ahead: [Area; N],
}

/// The cases in the order of one score; those that tie follow each other.
struct Ranking {
    /// Place of the case, and whether the next one ties with it.
    order: Vec<(usize, bool)>,
}

impl Ranking {
    fn of<const N: usize>(cases: &[Case<N>], score: usize) -> Self {
        let value = |place: usize| {
            cases
                .get(place)
                .and_then(|case| case.scores.get(score))
                .copied()
                .unwrap_or(0.0)
        };
        let mut places: Vec<usize> = (0..cases.len()).collect();
        places.sort_by(|a, b| value(*a).total_cmp(&value(*b)));
        let next = places.iter().skip(1).map(|place| Some(value(*place))).chain([None]);
        let order = places
            .iter()
            .zip(next)
            .map(|(place, next)| (*place, next == Some(value(*place))))
            .collect();
        Self { order }
    }

    /// The area when each case counts as often as its client was drawn; none when all or none happened.
    fn area<const N: usize>(&self, cases: &[Case<N>], drawn: &[u32]) -> Option<f64> {
        let (mut happened, mut others, mut right) = (0.0, 0.0, 0.0);
        let (mut tied_happened, mut tied_others) = (0.0, 0.0);
        for (place, ties) in &self.order {
            let case = cases.get(*place)?;
            let weight = f64::from(*drawn.get(case.client)?);
            if case.happened {
                tied_happened += weight;
            } else {
                tied_others += weight;
            }
            if !ties {
                // Those before are below it; of those that tie half.
                right += tied_happened * (others + tied_others / 2.0);
                happened += tied_happened;
                others += tied_others;
                (tied_happened, tied_others) = (0.0, 0.0);
            }
        }
        (happened > 0.0 && others > 0.0).then(|| right / (happened * others))
    }
}

/// The areas under the ROC curves, and how far the first is ahead of the others, with percentile intervals of [`ROUNDS`]
/// resamples of clients (Efron, Tibshirani 1993; paired: each resample serves all scores). None when all or none happened, a
/// score is no number, or hardly any resample has both.
#[must_use]
pub fn areas<const N: usize>(cases: &[Case<N>]) -> Option<Areas<N>> {
    if cases.iter().any(|case| case.scores.iter().any(|score| score.is_nan())) {
        return None;
    }
    let clients = cases.iter().map(|case| case.client + 1).max()?;
    let rankings: Vec<Ranking> = (0..N).map(|score| Ranking::of(cases, score)).collect();
    let each = |drawn: &[u32]| -> Option<[f64; N]> {
        let mut found = [0.0; N];
        for (area, ranking) in found.iter_mut().zip(&rankings) {
            *area = ranking.area(cases, drawn)?;
        }
        Some(found)
    };
    let whole = each(&vec![1; clients])?;
    let mut random = fastrand::Rng::with_seed(SEED);
    let mut rounds: Vec<[f64; N]> = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let mut drawn = vec![0_u32; clients];
        for _ in 0..clients {
            if let Some(count) = drawn.get_mut(random.usize(..clients)) {
                *count += 1;
            }
        }
        rounds.extend(each(&drawn));
    }
    if rounds.len() < ROUNDS / 2 {
        return None;
    }
    let interval = |value: f64, of: &dyn Fn(&[f64; N]) -> f64| {
        let mut values: Vec<f64> = rounds.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        Area {
            value,
            low: quantile(&values, 1, 40),
            high: quantile(&values, 39, 40),
        }
    };
    let nothing = Area {
        value: 0.0,
        low: 0.0,
        high: 0.0,
    };
    let (mut of, mut ahead) = ([nothing; N], [nothing; N]);
    let first = whole.first().copied()?;
    for (score, (area, difference)) in of.iter_mut().zip(&mut ahead).enumerate() {
        let at = move |areas: &[f64; N]| areas.get(score).copied().unwrap_or(0.0);
        *area = interval(at(&whole), &at);
        *difference = interval(first - at(&whole), &|areas| {
            areas.first().copied().unwrap_or(0.0) - at(areas)
        });
    }
    Some(Areas { of, ahead })
}

/// The value at `part` of `parts` of sorted values.
fn quantile(sorted: &[f64], part: usize, parts: usize) -> f64 {
    let place = (sorted.len().saturating_sub(1) * part + parts / 2) / parts;
    sorted.get(place).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::auc;
    use super::*;
    use proptest::prelude::*;

    fn cases(of: &[(f64, f64, bool)]) -> Vec<Case<2>> {
        let each = of.iter().enumerate();
        each.map(|(client, (first, second, happened))| Case {
            client,
            scores: [*first, *second],
            happened: *happened,
        })
        .collect()
    }

    #[test]
    fn a_perfect_score_is_surely_ahead_of_a_coin() {
        let mut random = fastrand::Rng::with_seed(1);
        let told: Vec<(f64, f64, bool)> = (0..400).map(|n| (f64::from(n), random.f64(), n >= 200)).collect();
        let areas = areas(&cases(&told)).unwrap();
        assert_eq!((areas.of[0].value, areas.of[0].low), (1.0, 1.0));
        assert!((areas.of[1].value - 0.5).abs() < 0.08 && areas.of[1].low < 0.5 && areas.of[1].high > 0.45);
        assert!(areas.ahead[1].low > 0.35, "{areas:?}");
        assert_eq!((areas.ahead[0].low, areas.ahead[0].high), (0.0, 0.0));
    }

    #[test]
    fn an_interval_covers_what_it_should() {
        // Two normal scores a standard deviation apart: the area is Phi(1 / sqrt 2) = 0.760.
        let mut random = fastrand::Rng::with_seed(7);
        let mut normal = || (0..12).map(|_| random.f64()).sum::<f64>() - 6.0;
        let covered = (0..60)
            .filter(|_| {
                let told: Vec<(f64, f64, bool)> = (0..200)
                    .map(|n| (normal() + f64::from(n % 2), 0.0, n % 2 == 1))
                    .collect();
                let area = areas(&cases(&told)).unwrap().of[0];
                area.low < 0.7602 && 0.7602 < area.high
            })
            .count();
        assert!((51..=60).contains(&covered), "{covered} of 60");
    }

    #[test]
    fn cases_of_one_client_are_drawn_together() {
        // Each of 40 clients told ten times over: no surer than 40.
        let once: Vec<Case<1>> = (0..40)
            .map(|n| Case {
                client: n,
                scores: [((n * 7) % 40) as f64],
                happened: n % 3 == 0,
            })
            .collect();
        let tenfold: Vec<Case<1>> = once.iter().flat_map(|case| [*case; 10]).collect();
        let (one, ten) = (areas(&once).unwrap().of[0], areas(&tenfold).unwrap().of[0]);
        assert!(
            (one.value - ten.value).abs() < 1e-12 && (one.low - ten.low).abs() < 1e-12,
            "{one:?} {ten:?}"
        );
    }

    #[test]
    fn without_both_outcomes_there_is_no_area() {
        assert_eq!(areas(&cases(&[(1.0, 1.0, true), (2.0, 2.0, true)])), None);
        assert_eq!(areas(&cases(&[(f64::NAN, 1.0, true), (2.0, 2.0, false)])), None);
        assert_eq!(areas::<2>(&[]), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn the_area_is_that_of_ranks(told in prop::collection::vec((0_u8..5, 0_u8..5, any::<bool>()), 8..40)) {
            let told: Vec<(f64, f64, bool)> = told.into_iter().map(|(a, b, happened)| (f64::from(a), f64::from(b), happened)).collect();
            if let Some(areas) = areas(&cases(&told)) {
                let ranks = auc(&told.iter().map(|(first, _, happened)| (*first, *happened)).collect::<Vec<_>>());
                prop_assert!((areas.of[0].value - ranks.unwrap()).abs() < 1e-12);
                prop_assert!(areas.of.iter().all(|area| area.low <= area.high));
            }
        }
    }
}
