//! What a tenant's own past says of the coefficients: a ladder that is climbed only as far as the data carry.
//!
//! prior only → intercept → intercept and slope → coefficients. Each rung is a penalised logistic regression (Newton, normal
//! priors) on what became of the accounts one horizon ago. The lowest one is taken that a likelihood-ratio test at 5 % does not
//! find worse than the highest: the closed testing procedure of Vergouwe et al. ("A closed testing procedure to select an
//! appropriate method for updating prediction models", Statistics in Medicine 36, 2017). Climbing only when the next rung is
//! better would stop below a slope that is wrong wherever the intercept happens to be right.

use super::buying::KINDS;
use super::factors::FactorKind;
use super::odds::{bounded, sigmoid};
use super::scorecard::Z_95;
use crate::names::text_enum;

/// So many accounts must have fallen silent, and so many gone on, before anything is learned.
pub const OUTCOMES_NEEDED: u32 = 10;
/// Standard deviations of the priors of the intercept and of the slope.
const INTERCEPT_SD: f64 = 0.5;
const SLOPE_SD: f64 = 0.5;
/// What the doubled gain of the highest rung must exceed for the others not to do: the 95 % points of chi-square with as many
/// degrees of freedom as each has parameters less.
const GAIN_OVER_PRIOR: f64 = 11.070_497_693_516_351;
const GAIN_OVER_INTERCEPT: f64 = 9.487_729_036_781_154;
const GAIN_OVER_SLOPE: f64 = 7.814_727_903_251_179;
const MOST_STEPS: u32 = 60;
/// The intercept and one coefficient a measure.
const WHOLE: usize = KINDS.len() + 1;

text_enum! {
    /// How far a tenant's own past has changed the priors.
    pub enum Rung {
        /// Not at all.
        PriorOnly = "PRIOR_ONLY",
        /// Where every score begins.
        Intercept = "INTERCEPT",
        /// Where it begins, and how much all measures together weigh.
        Slope = "SLOPE",
        /// What each measure weighs.
        Coefficients = "COEFFICIENTS",
    }
}

/// What became of an account.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// How far its measures were from the tenant's medians then, in the order of `KINDS`.
    pub(super) centred: [Option<f64>; 4],
    /// It has not ordered since.
    pub silent: bool,
}

/// A weight of the score, in log-odds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coefficient {
    /// Its value.
    pub value: f64,
    /// The standard deviation of what is known of it.
    pub sd: f64,
    /// How much of what is known is prior; 0 to 1.
    pub prior_share: f64,
}

impl Coefficient {
    /// Its 95 % interval, in log-odds.
    #[must_use]
    pub fn interval(&self) -> (f64, f64) {
        (self.value - Z_95 * self.sd, self.value + Z_95 * self.sd)
    }
}

/// The weights of a tenant's score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coefficients {
    /// How far its own past has changed them.
    pub rung: Rung,
    /// How far the score begins above the mean probability of silence, in log-odds.
    pub shift: f64,
    /// One a measure, in the order of `KINDS`.
    pub(super) measures: [Coefficient; 4],
    /// What is known of the beginning and of each measure's weight together: covariances, after Laplace.
    covariance: [[f64; WHOLE]; WHOLE],
    /// Outcomes that they rest on.
    pub outcomes: u32,
    /// Those of them that fell silent.
    pub silent: u32,
}

/// A row of the regression: what multiplies the parameters, what is added, and what came of it.
struct Row<const N: usize> {
    x: [f64; N],
    offset: f64,
    silent: bool,
}

struct Found<const N: usize> {
    at: [f64; N],
    /// Without the priors.
    ln_likelihood: f64,
    /// Covariances of the posterior, after Laplace.
    covariance: [[f64; N]; N],
    /// How much of the precision is prior.
    prior_share: [f64; N],
}

impl<const N: usize> Found<N> {
    /// The standard deviation of a parameter.
    fn sd(&self, place: usize) -> f64 {
        let variance = self.covariance.get(place).and_then(|row| row.get(place));
        variance.map_or(0.0, |variance| variance.max(0.0).sqrt())
    }
}

impl Coefficients {
    /// These weights, with nothing learned yet.
    #[must_use]
    pub(super) fn starting(measures: [Coefficient; 4]) -> Self {
        Self {
            rung: Rung::PriorOnly,
            shift: 0.0,
            covariance: apart(INTERCEPT_SD.powi(2), &measures),
            measures,
            outcomes: 0,
            silent: 0,
        }
    }

    /// Learns from outcomes, of accounts whose score began at `baseline` then, and from `start`. Total: with too few outcomes, or where
    /// nothing fits better, what it started from stays.
    #[must_use]
    pub fn learn(start: &Self, baseline: f64, outcomes: &[Outcome]) -> Self {
        let count = |silent: bool| {
            u32::try_from(outcomes.iter().filter(|one| one.silent == silent).count()).unwrap_or(u32::MAX)
        };
        let (silent, others) = (count(true), count(false));
        let prior = Self {
            outcomes: silent.saturating_add(others),
            silent,
            ..*start
        };
        if silent < OUTCOMES_NEEDED || others < OUTCOMES_NEEDED || !baseline.is_finite() {
            return prior;
        }
        let weights = prior.measures.map(|one| one.value);
        let whole = rows(outcomes, &[0.0; 4], |centred| {
            let [a, b, c, d] = centred.map(|measure| measure.unwrap_or(0.0));
            [1.0, a, b, c, d]
        });
        let (mut means, mut deviations) = ([baseline; WHOLE], [INTERCEPT_SD; WHOLE]);
        for ((mean, deviation), one) in means.iter_mut().zip(&mut deviations).skip(1).zip(&prior.measures) {
            (*mean, *deviation) = (one.value, one.sd);
        }
        let whole = regress(&whole, means, deviations);
        let does = |ln_likelihood: f64, gain: f64| 2.0 * (whole.ln_likelihood - ln_likelihood) <= gain;

        if does(prior.ln_likelihood(baseline, outcomes), GAIN_OVER_PRIOR) {
            return prior;
        }
        let intercept = regress(&rows(outcomes, &weights, |_| [1.0]), [baseline], [INTERCEPT_SD]);
        if does(intercept.ln_likelihood, GAIN_OVER_INTERCEPT) {
            return Self {
                rung: Rung::Intercept,
                shift: intercept.at[0] - baseline,
                covariance: apart(intercept.covariance[0][0], &prior.measures),
                ..prior
            };
        }
        let slope = rows(outcomes, &[0.0; 4], |centred| [1.0, sum(centred, &weights)]);
        let slope = regress(&slope, [baseline, 1.0], [INTERCEPT_SD, SLOPE_SD]);
        if does(slope.ln_likelihood, GAIN_OVER_SLOPE) {
            return prior.sloped(baseline, &slope);
        }
        let mut known = Self {
            rung: Rung::Coefficients,
            shift: whole.at[0] - baseline,
            covariance: whole.covariance,
            ..prior
        };
        let found = whole.at.iter().zip(&whole.prior_share).enumerate().skip(1);
        for (one, (place, (value, prior_share))) in known.measures.iter_mut().zip(found) {
            *one = Coefficient {
                value: *value,
                sd: whole.sd(place),
                prior_share: *prior_share,
            };
        }
        known
    }

    /// The priors, all steeper or all flatter by what was found.
    fn sloped(self, baseline: f64, slope: &Found<2>) -> Self {
        let [[of_shift, both], [_, of_slope]] = slope.covariance;
        let steepness = slope.at[1];
        let measures = self.measures.map(|one| Coefficient {
            value: one.value * steepness,
            sd: ((one.sd * steepness).powi(2) + one.value.powi(2) * of_slope).sqrt(),
            prior_share: slope.prior_share[1],
        });
        // The weights of the priors are independent of each other, and all are multiplied by the one slope.
        let mut covariance = apart(
            of_shift,
            &self.measures.map(|one| Coefficient {
                sd: one.sd * steepness,
                ..one
            }),
        );
        let by = [(0.0, 1.0)]
            .into_iter()
            .chain(self.measures.iter().map(|one| (one.value, 0.0)));
        let by: Vec<(f64, f64)> = by.collect();
        for (row, (weight, is_shift)) in covariance.iter_mut().zip(&by) {
            for (cell, (other, is_shift_too)) in row.iter_mut().zip(&by) {
                *cell += weight * other * of_slope + (weight * is_shift_too + other * is_shift) * both;
            }
        }
        Self {
            rung: Rung::Slope,
            shift: slope.at[0] - baseline,
            measures,
            covariance,
            ..self
        }
    }

    /// The variance of the sum of the beginning and of all measures, in log-odds; not below 0.
    pub(super) fn variance(&self, centred: &[Option<f64>; 4]) -> f64 {
        let [a, b, c, d] = centred.map(|measure| measure.unwrap_or(0.0));
        let x = [1.0, a, b, c, d];
        let rows = self.covariance.iter().zip(&x);
        let sum: f64 = rows
            .map(|(row, by)| by * row.iter().zip(&x).map(|(cell, x)| cell * x).sum::<f64>())
            .sum();
        sum.max(0.0)
    }

    /// Each measure with its weight.
    pub fn by_kind(&self) -> impl Iterator<Item = (FactorKind, &Coefficient)> {
        KINDS.iter().copied().zip(&self.measures)
    }

    fn ln_likelihood(&self, baseline: f64, outcomes: &[Outcome]) -> f64 {
        let weights = self.measures.map(|one| one.value);
        let each = outcomes.iter().map(|one| {
            let log_odds = baseline + self.shift + sum(&one.centred, &weights);
            ln_probability(log_odds, one.silent)
        });
        each.sum()
    }
}

/// The covariances of a beginning and of weights that know nothing of each other.
fn apart(of_shift: f64, measures: &[Coefficient; 4]) -> [[f64; WHOLE]; WHOLE] {
    let mut covariance = [[0.0; WHOLE]; WHOLE];
    let variances = [of_shift].into_iter().chain(measures.iter().map(|one| one.sd.powi(2)));
    for (place, (row, variance)) in covariance.iter_mut().zip(variances).enumerate() {
        if let Some(cell) = row.get_mut(place) {
            *cell = variance;
        }
    }
    covariance
}

fn sum(centred: &[Option<f64>; 4], weights: &[f64; 4]) -> f64 {
    centred
        .iter()
        .zip(weights)
        .map(|(measure, weight)| measure.unwrap_or(0.0) * weight)
        .sum()
}

fn rows<const N: usize>(
    outcomes: &[Outcome],
    weights: &[f64; 4],
    x: impl Fn(&[Option<f64>; 4]) -> [f64; N],
) -> Vec<Row<N>> {
    let row = |one: &Outcome| Row {
        x: x(&one.centred),
        offset: sum(&one.centred, weights),
        silent: one.silent,
    };
    outcomes.iter().map(row).collect()
}

/// ln of the probability of what came, at these log-odds of silence.
fn ln_probability(log_odds: f64, silent: bool) -> f64 {
    let against = if silent { -log_odds } else { log_odds };
    // ln(1 / (1 + e^against)), without overflow.
    if against > 0.0 {
        -against - (-against).exp().ln_1p()
    } else {
        -against.exp().ln_1p()
    }
}

/// Penalised logistic regression by Newton's method, with steps halved until they are none for the worse.
fn regress<const N: usize>(rows: &[Row<N>], means: [f64; N], deviations: [f64; N]) -> Found<N> {
    let log_odds =
        |row: &Row<N>, at: &[f64; N]| bounded(row.offset + row.x.iter().zip(at).map(|(x, at)| x * at).sum::<f64>());
    let fitted = |at: &[f64; N]| {
        rows.iter()
            .map(|row| ln_probability(log_odds(row, at), row.silent))
            .sum::<f64>()
    };
    let penalised = |at: &[f64; N]| {
        let penalty: f64 = at
            .iter()
            .zip(&means)
            .zip(&deviations)
            .map(|((at, mean), deviation)| ((at - mean) / deviation).powi(2) / 2.0)
            .sum();
        fitted(at) - penalty
    };
    let mut at = means;
    let mut value = penalised(&at);
    let mut hessian = [[0.0; N]; N];
    for _ in 0..MOST_STEPS {
        let mut gradient = [0.0; N];
        hessian = [[0.0; N]; N];
        for (place, ((slope, row), (at, (mean, deviation)))) in gradient
            .iter_mut()
            .zip(&mut hessian)
            .zip(at.iter().zip(means.iter().zip(&deviations)))
            .enumerate()
        {
            *slope = -(at - mean) / (deviation * deviation);
            if let Some(diagonal) = row.get_mut(place) {
                *diagonal = (deviation * deviation).recip();
            }
        }
        for row in rows {
            let probability = sigmoid(log_odds(row, &at));
            let (error, weight) = (
                f64::from(u8::from(row.silent)) - probability,
                probability * (1.0 - probability),
            );
            for ((slope, line), x) in gradient.iter_mut().zip(&mut hessian).zip(&row.x) {
                *slope += error * x;
                for (cell, other) in line.iter_mut().zip(&row.x) {
                    *cell += weight * x * other;
                }
            }
        }
        let step = solve(hessian, gradient);
        let (mut scale, mut moved) = (1.0, false);
        for _ in 0..30 {
            let mut next = at;
            for (value, step) in next.iter_mut().zip(&step) {
                *value += scale * step;
            }
            let there = penalised(&next);
            if there.is_finite() && there >= value {
                moved = there - value > 1e-12 * value.abs();
                (at, value) = (next, there);
                break;
            }
            scale /= 2.0;
        }
        if !moved {
            break;
        }
    }
    let mut covariance = [[0.0; N]; N];
    let mut prior_share = [1.0; N];
    for place in 0..N {
        let mut unit = [0.0; N];
        if let Some(value) = unit.get_mut(place) {
            *value = 1.0;
        }
        let column = solve(hessian, unit);
        let diagonal = hessian
            .get(place)
            .and_then(|row| row.get(place))
            .copied()
            .unwrap_or(1.0);
        let own = deviations
            .get(place)
            .map_or(1.0, |deviation| (deviation * deviation).recip());
        if let (Some(row), Some(share)) = (covariance.get_mut(place), prior_share.get_mut(place)) {
            *row = column;
            *share = (own / diagonal).clamp(0.0, 1.0);
        }
    }
    Found {
        at,
        ln_likelihood: fitted(&at),
        covariance,
        prior_share,
    }
}

/// Solves A·x = b for a symmetric positive definite A, by elimination; the priors keep it so.
fn solve<const N: usize>(mut a: [[f64; N]; N], mut b: [f64; N]) -> [f64; N] {
    for pivot in 0..N {
        let (line, divisor) = (a[pivot], a[pivot][pivot]);
        for row in pivot + 1..N {
            let factor = a[row][pivot] / divisor;
            for (cell, above) in a[row].iter_mut().zip(&line) {
                *cell -= factor * above;
            }
            b[row] -= factor * b[pivot];
        }
    }
    for pivot in (0..N).rev() {
        let known: f64 = a[pivot].iter().zip(&b).skip(pivot + 1).map(|(a, x)| a * x).sum();
        b[pivot] = (b[pivot] - known) / a[pivot][pivot];
    }
    b
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::pooled::Starting;
    use super::*;
    use proptest::prelude::*;

    fn prior() -> Coefficients {
        Coefficients::starting(Starting::published().weights)
    }

    fn learn(baseline: f64, outcomes: &[Outcome]) -> Coefficients {
        Coefficients::learn(&prior(), baseline, outcomes)
    }

    /// Outcomes of clients whose log-odds of silence are these, spread evenly, by a generator that is the same everywhere.
    fn outcomes(count: u32, truth: impl Fn(&[f64; 4]) -> f64) -> Vec<Outcome> {
        let mut state = 7_u64;
        let mut uniform = move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
            let value = (state >> 11) as f64 / (1_u64 << 53) as f64;
            value
        };
        (0..count)
            .map(|_| {
                let measures = [(); 4].map(|()| 4.0 * uniform() - 2.0);
                Outcome {
                    centred: measures.map(Some),
                    silent: uniform() < sigmoid(truth(&measures)),
                }
            })
            .collect()
    }

    fn by_priors(measures: &[f64; 4]) -> f64 {
        KINDS
            .iter()
            .zip(measures)
            .map(|(kind, measure)| kind.prior().log_odds * measure)
            .sum()
    }

    #[test]
    fn with_too_few_outcomes_the_priors_stay() {
        let few = outcomes(12, |_| 0.0);
        let learnt = learn(0.0, &few);
        assert_eq!((learnt.rung, learnt.outcomes, learnt.shift), (Rung::PriorOnly, 12, 0.0));
        assert_eq!(learnt.measures, prior().measures);
        // Many, but hardly anybody fell silent.
        let kept = outcomes(2_000, |_| -7.0);
        assert_eq!(learn(-3.0, &kept).rung, Rung::PriorOnly);
    }

    #[test]
    fn where_the_priors_are_right_nothing_is_changed() {
        let learnt = learn(-0.4, &outcomes(800, |measures| by_priors(measures) - 0.4));
        assert_eq!(learnt.rung, Rung::PriorOnly, "{learnt:?}");
    }

    #[test]
    fn each_rung_is_reached_by_what_needs_it() {
        let shifted = learn(0.0, &outcomes(1_500, |measures| by_priors(measures) - 0.8));
        assert_eq!(shifted.rung, Rung::Intercept, "{shifted:?}");
        assert!((shifted.shift + 0.8).abs() < 0.2, "{shifted:?}");
        let steeper = learn(0.0, &outcomes(3_000, |measures| 1.8 * by_priors(measures) - 0.8));
        assert_eq!(steeper.rung, Rung::Slope, "{steeper:?}");
        assert!(
            (steeper.measures[0].value / 0.45 - 1.8).abs() < 0.3 && steeper.measures[0].prior_share < 0.2,
            "{steeper:?}"
        );
        let other = learn(
            0.0,
            &outcomes(6_000, |[a, b, c, d]| 0.9 * a - 0.1 * b + 0.3 * c - 0.2 * d - 0.8),
        );
        assert_eq!(other.rung, Rung::Coefficients, "{other:?}");
        for (ours, truth) in other.measures.iter().zip([0.9, -0.1, 0.3, -0.2]) {
            assert!((ours.value - truth).abs() < 4.0 * ours.sd + 0.02, "{other:?}");
            assert!(ours.sd < 0.1 && ours.prior_share < 0.2, "{other:?}");
        }
    }

    #[test]
    fn a_system_is_solved() {
        let a = [[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]];
        let x = solve(a, [5.5, 4.2, 2.7]);
        assert!(x.iter().all(|x| (x - 1.0).abs() < 1e-12), "{x:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn whatever_became_of_them_every_weight_is_a_number(
            rows in prop::collection::vec((prop::array::uniform4(prop::option::of(-30.0..30.0f64)), any::<bool>()), 0..80),
            baseline in -14.0..14.0f64,
        ) {
            let outcomes: Vec<Outcome> = rows.into_iter().map(|(centred, silent)| Outcome { centred, silent }).collect();
            let learnt = learn(baseline, &outcomes);
            prop_assert!(learnt.shift.is_finite());
            for one in &outcomes {
                let variance = learnt.variance(&one.centred);
                prop_assert!(variance.is_finite() && variance > 0.0, "{}", variance);
            }
            for one in &learnt.measures {
                prop_assert!(one.value.is_finite() && one.sd.is_finite() && (0.0..=1.0).contains(&one.prior_share), "{:?}", learnt);
            }
        }
    }
}
