//! How often a client will order within one horizon or many.

use super::{MOST_PARTS, Model};
use crate::rhythm::gamma::{ln_gamma, ln_rising};

/// Terms of a sum below this share of it are left out.
const NEGLIGIBLE: f64 = 1e-13;
/// Most parts of gaps to come that are summed over.
const MOST_PARTS_TO_COME: u32 = 4_000_000;
/// Chances whose logarithm is below this are left out where others are greater: numbers end at −745.
const LEAST_LN: f64 = -600.0;

/// What is to come of a client who may still be there.
#[derive(Clone, Copy, Debug)]
pub struct Outlook<'a> {
    pub(super) model: &'a Model,
    pub(super) alive: f64,
    /// The probabilities that none, one, two or three parts of the current gap are over.
    pub(super) over: [f64; MOST_PARTS as usize],
    /// Of his rate, as it is known now: Gamma(shape, scale).
    pub(super) shape: f64,
    pub(super) scale: f64,
    /// Chances to be gone that he has stayed at.
    pub(super) stay: f64,
}

impl Outlook<'_> {
    /// How many orders are expected within each of these horizons from now; none within one that is not above 0.
    ///
    /// Exact for every k: the sum over the number m of parts that come of the chance of m, times the sum over the orders
    /// that m makes of the chance to have stayed for each. Only the chance of m is of a horizon; the rest is reckoned once for all.
    #[must_use]
    pub fn expected<const N: usize>(&self, horizons: [f64; N]) -> [f64; N] {
        let horizons = horizons.map(|horizon| horizon.max(0.0));
        let orders = match self.model.parts {
            1 => self.orders_to_come::<N, 1>(horizons),
            2 => self.orders_to_come::<N, 2>(horizons),
            3 => self.orders_to_come::<N, 3>(horizons),
            _ => self.orders_to_come::<N, 4>(horizons),
        };
        orders.map(|orders| self.alive * orders)
    }

    /// Σ_j P(j parts of the gap are over) Σ_m P(m parts come) Σ_{i ≤ (m + j)/K} P(stays for the i-th order), for each horizon.
    ///
    /// With n = m + j, the chance of m is that of n for j = 0, a negative binomial one of shape s, times n!/(n − j)! · cⱼ, where cⱼ is
    /// (scale/horizon)^j · Γ(s)/Γ(s + j): so it is one sum over n, with a polynomial of n beside the chance.
    fn orders_to_come<const N: usize, const K: usize>(&self, horizons: [f64; N]) -> [f64; N] {
        let Model { parts, a, b, .. } = *self.model;
        let shares = horizons.map(|horizon| horizon / (self.scale + horizon));
        let longest = horizons.iter().copied().fold(0.0, f64::max);
        let mean = self.shape * longest / self.scale;
        let mut n = self.first_that_matters(longest, mean);
        if n > 0 && N > 1 {
            // Each begins elsewhere.
            return horizons.map(|horizon| self.orders_to_come::<1, K>([horizon])[0]);
        }
        let mut chances = horizons.map(|horizon| self.ln_chance(n, horizon).exp());
        let coefficients = self.coefficients::<N, K>(horizons);
        let (mut had, mut stayed, mut worth) = (self.stay, 1.0, 0.0);
        let mut order = || {
            // The chance to have stayed for each of the orders that n parts make.
            worth += stayed;
            stayed *= (b + had) / (a + b + had);
            had += 1.0;
            worth
        };
        let (made, mut missing) = (n / parts, parts - n % parts);
        let mut orders = (0..made).fold(0.0, |_, _| order());
        let mut sums = [0.0; N];
        loop {
            let count = f64::from(n);
            let growth = (self.shape + count) / (count + 1.0);
            let (mut factors, mut falling) = ([0.0; N], count + 1.0 - f64::from(parts));
            for of in coefficients.iter().rev() {
                for (factor, coefficient) in factors.iter_mut().zip(of) {
                    *factor = coefficient + falling * *factor;
                }
                falling += 1.0;
            }
            let mut is_over = count > mean && orders > 0.0;
            for (((sum, chance), share), factor) in sums.iter_mut().zip(&mut chances).zip(&shares).zip(&factors) {
                let term = *chance * factor * orders;
                *sum += term;
                *chance *= share * growth;
                is_over &= term <= NEGLIGIBLE * *sum;
            }
            if is_over || n >= MOST_PARTS_TO_COME {
                return sums;
            }
            n += 1;
            missing -= 1;
            if missing == 0 {
                orders = order();
                missing = parts;
            }
        }
    }

    /// P(j parts of the gap are over) · cⱼ, by j and horizon.
    fn coefficients<const N: usize, const K: usize>(&self, horizons: [f64; N]) -> [[f64; N]; K] {
        // Within no time nothing comes, whatever the factor.
        let ratios = horizons.map(|horizon| if horizon > 0.0 { self.scale / horizon } else { 0.0 });
        let (mut j, mut powers) = (0.0, [1.0; N]);
        let mut weights = self.over.iter();
        std::array::from_fn(|_| {
            let weight = weights.next().copied().unwrap_or(0.0);
            let of = powers.map(|power| weight * power);
            for (power, ratio) in powers.iter_mut().zip(&ratios) {
                *power *= ratio / (self.shape + j);
            }
            j += 1.0;
            of
        })
    }

    /// The first number of parts whose chance is not lost among the others'; 0 but for the most frequent clients.
    fn first_that_matters(&self, horizon: f64, mean: f64) -> u32 {
        if self.ln_chance(0, horizon) > LEAST_LN {
            return 0;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "not negative, and capped"
        )]
        let most = mean.min(f64::from(MOST_PARTS_TO_COME)) as u32;
        // Chances rise up to the most probable number, which is below the mean.
        let (mut below, mut first) = (0, most.max(1));
        while first - below > 1 {
            let middle = below.midpoint(first);
            if self.ln_chance(middle, horizon) < LEAST_LN {
                below = middle;
            } else {
                first = middle;
            }
        }
        first
    }

    /// ln P(n) of the negative binomial of n parts within a horizon, when none of the current gap is over.
    fn ln_chance(&self, n: u32, horizon: f64) -> f64 {
        let none = -self.shape * (horizon / self.scale).ln_1p();
        if n == 0 {
            return none;
        }
        let share = horizon / (self.scale + horizon);
        ln_rising(self.shape, n) - ln_gamma(f64::from(n) + 1.0) + f64::from(n) * share.ln() + none
    }
}
