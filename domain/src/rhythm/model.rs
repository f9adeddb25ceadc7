//! The model of one client: is he still there, will he stay silent, how often will he order.

use super::client::Rhythm;
use super::gamma::{ln_add, ln_gamma, ln_rising};
use crate::risk::sigmoid;

/// Most parts of a gap between two orders.
pub const MOST_PARTS: u32 = 4;
/// Parameters beyond these say nothing any more.
const LEAST: f64 = 1e-7;
const MOST: f64 = 1e7;
/// Terms of a sum below this share of it are left out.
const NEGLIGIBLE: f64 = 1e-13;
/// Most orders to come that are summed over.
const MOST_ORDERS: u32 = 4_000_000;

/// When a client may be gone for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropout {
    /// After each order, also the first: MBG/NBD and MBG/CNBD-k.
    AfterEach,
    /// After each but the first: BG/NBD.
    AfterRepeat,
}

impl Dropout {
    /// How many chances to be gone a client with no repeat order has had.
    pub(super) const fn first(self) -> u32 {
        match self {
            Self::AfterEach => 1,
            Self::AfterRepeat => 0,
        }
    }
}

/// The parameters of a tenant's clients. Rates are Gamma(r, α) in parts of a gap, dropouts Beta(a, b).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Model {
    /// Parts of a gap between two orders, k: 1 for orders at random, more for regular ones; 1 to 4.
    pub parts: u32,
    /// When a client may be gone.
    pub dropout: Dropout,
    /// Shape of the rates.
    pub r: f64,
    /// Scale of the rates, in the unit of time.
    pub alpha: f64,
    /// First parameter of the dropouts: (pseudo-)clients gone.
    pub a: f64,
    /// Second: (pseudo-)clients who stayed.
    pub b: f64,
}

/// Why parameters make no model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// k is not 1 to 4.
    #[error("a gap has 1 to 4 parts")]
    Parts,
    /// A parameter is not a number from 1e-7 to 1e7.
    #[error("a parameter is not between 1e-7 and 1e7")]
    Parameter,
}

/// The two ways in which a client can have come to where he is, as logarithms of likelihoods without what both share.
struct Ways {
    /// He is still there.
    alive: f64,
    /// He is gone; minus infinity where that cannot be.
    gone: f64,
}

impl Model {
    /// A model of these parameters, if they make one.
    ///
    /// # Errors
    ///
    /// [`ModelError`] says what does not fit.
    pub fn new(parts: u32, dropout: Dropout, [r, alpha, a, b]: [f64; 4]) -> Result<Self, ModelError> {
        if !(1..=MOST_PARTS).contains(&parts) {
            return Err(ModelError::Parts);
        }
        if [r, alpha, a, b].iter().any(|value| !(LEAST..=MOST).contains(value)) {
            return Err(ModelError::Parameter);
        }
        Ok(Self {
            parts,
            dropout,
            r,
            alpha,
            a,
            b,
        })
    }

    /// The gap between two orders at the mean rate: kα/r, in the unit of time.
    #[must_use]
    pub fn mean_gap(&self) -> f64 {
        f64::from(self.parts) * self.alpha / self.r
    }

    /// Parts of gaps that are over with the last order: kx.
    fn parts_over(&self, client: &Rhythm) -> u32 {
        client.repeats.saturating_mul(self.parts)
    }

    /// Chances to be gone that he has had: x + 1, or x.
    fn chances(&self, client: &Rhythm) -> u32 {
        client.repeats.saturating_add(self.dropout.first())
    }

    /// Both ways as of `now`, at or after the client's age, without an order since his last.
    fn ways(&self, client: &Rhythm, now: f64) -> Ways {
        let (over, chances) = (self.parts_over(client), self.chances(client));
        let shape = self.r + f64::from(over);
        let stayed = f64::from(chances);
        let gone = if chances == 0 {
            f64::NEG_INFINITY
        } else {
            self.a.ln() - (self.b + stayed - 1.0).ln() - shape * (client.last / self.alpha).ln_1p()
        };
        let silence = now - client.last;
        let alive = (0..self.parts).fold(f64::NEG_INFINITY, |sum, j| {
            ln_add(sum, self.part(shape, silence, now, j))
        });
        // ln α^−kx is in both and left out.
        Ways { alive, gone }
    }

    /// The likelihood that `j` parts of the current gap are over.
    fn part(&self, shape: f64, silence: f64, now: f64, j: u32) -> f64 {
        let parts = f64::from(j);
        let over = if j == 0 {
            0.0
        } else {
            parts * (silence / self.alpha).ln() - ln_gamma(parts + 1.0)
        };
        over + ln_rising(shape, j) - (shape + parts) * (now / self.alpha).ln_1p()
    }

    /// The logarithm of the likelihood of a client's past.
    #[must_use]
    pub fn ln_likelihood(&self, client: &Rhythm) -> f64 {
        let (over, chances) = (self.parts_over(client), self.chances(client));
        let ways = self.ways(client, client.age);
        let (k, x) = (f64::from(self.parts), f64::from(client.repeats));
        // Both ways share these; what is gone lacks one factor of having stayed, which `ways` took off.
        let stayed = ln_rising(self.b, chances) - ln_rising(self.a + self.b, chances);
        (k - 1.0) * client.ln_gaps - x * ln_gamma(k) + stayed + ln_rising(self.r, over) - k * x * self.alpha.ln()
            + ln_add(ways.alive, ways.gone)
    }

    /// The probability that the client is still there; 0 to 1.
    #[must_use]
    pub fn alive(&self, client: &Rhythm) -> f64 {
        let ways = self.ways(client, client.age);
        sigmoid(ways.alive - ways.gone)
    }

    /// The probability that he does not order within `horizon` from now; 0 to 1.
    #[must_use]
    pub fn silent(&self, client: &Rhythm, horizon: f64) -> f64 {
        let (now, then) = (
            self.ways(client, client.age),
            self.ways(client, client.age + horizon.max(0.0)),
        );
        let ratio = ln_add(then.alive, then.gone) - ln_add(now.alive, now.gone);
        ratio.exp().clamp(0.0, 1.0)
    }

    /// How many orders he is expected to make within `horizon` from now.
    #[must_use]
    pub fn expected(&self, client: &Rhythm, horizon: f64) -> f64 {
        self.outlook(client).expected(horizon)
    }

    /// What is to come of a client, for more than one horizon.
    #[must_use]
    pub fn outlook(&self, client: &Rhythm) -> Outlook<'_> {
        let shape = self.r + f64::from(self.parts_over(client));
        let silence = client.age - client.last;
        let mut over = [f64::NEG_INFINITY; MOST_PARTS as usize];
        for (j, term) in (0..self.parts).zip(&mut over) {
            *term = self.part(shape, silence, client.age, j);
        }
        let all = over.iter().copied().fold(f64::NEG_INFINITY, ln_add);
        Outlook {
            model: self,
            alive: self.alive(client),
            over: over.map(|term| (term - all).exp()),
            shape,
            scale: self.alpha + client.age,
            stay: f64::from(self.chances(client)),
        }
    }
}

/// What is to come of a client who may still be there.
#[derive(Clone, Copy, Debug)]
pub struct Outlook<'a> {
    model: &'a Model,
    alive: f64,
    /// The probabilities that none, one, two or three parts of the current gap are over.
    over: [f64; MOST_PARTS as usize],
    /// Of his rate, as it is known now: Gamma(shape, scale).
    shape: f64,
    scale: f64,
    /// Chances to be gone that he has stayed at.
    stay: f64,
}

impl Outlook<'_> {
    /// How many orders are expected within `horizon` from now.
    ///
    /// Exact for every k: the sum over the number m of parts that come of the chance of m, times the sum over the orders
    /// that m makes of the chance to have stayed for each.
    #[must_use]
    pub fn expected(&self, horizon: f64) -> f64 {
        if horizon <= 0.0 {
            return 0.0;
        }
        let sum: f64 = (0..self.model.parts)
            .zip(&self.over)
            .map(|(j, weight)| weight * self.orders_to_come(j, horizon))
            .sum();
        self.alive * sum
    }

    /// Σ_m P(m parts come) · Σ_{n ≤ (m + j)/k} P(stays for the n-th order), when j parts of the gap are over.
    fn orders_to_come(&self, over: u32, horizon: f64) -> f64 {
        let Model { parts, a, b, .. } = *self.model;
        let shape = self.shape + f64::from(over);
        let q = horizon / (self.scale + horizon);
        let mean = shape * horizon / self.scale;
        let mut m = first_that_matters(shape, q, mean);
        let mut chance = ln_negative_binomial(shape, q, m, self.scale, horizon).exp();
        let (mut chances, mut stayed, mut worth) = (self.stay, 1.0, 0.0);
        let mut order = || {
            // The chance to have stayed for each of the orders that m parts make.
            worth += stayed;
            stayed *= (b + chances) / (a + b + chances);
            chances += 1.0;
            worth
        };
        let (made, mut missing) = ((m + over) / parts, parts - (m + over) % parts);
        let mut orders = (0..made).fold(0.0, |_, _| order());
        let mut sum = 0.0;
        loop {
            let term = chance * orders;
            sum += term;
            if (f64::from(m) > mean && term <= NEGLIGIBLE * sum && orders > 0.0) || m >= MOST_ORDERS {
                return sum;
            }
            chance *= q * (shape + f64::from(m)) / f64::from(m + 1);
            m += 1;
            missing -= 1;
            if missing == 0 {
                orders = order();
                missing = parts;
            }
        }
    }
}

/// The first number of parts whose chance is no smaller than what a number can hold; 0 but for the most frequent clients.
fn first_that_matters(shape: f64, q: f64, mean: f64) -> u32 {
    let ln_none = shape * (-q).ln_1p();
    if ln_none > -600.0 {
        return 0;
    }
    // Far below the mean: forty standard deviations, and nothing is lost.
    let deviation = (mean / (1.0 - q)).sqrt();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and below the cap"
    )]
    let first = 37.0f64.mul_add(-deviation, mean).max(0.0).min(f64::from(MOST_ORDERS)) as u32;
    first
}

/// ln P(m) of a negative binomial of this shape, where q is horizon/(scale + horizon).
fn ln_negative_binomial(shape: f64, q: f64, m: u32, scale: f64, horizon: f64) -> f64 {
    let none = -shape * (horizon / scale).ln_1p();
    if m == 0 {
        return none;
    }
    ln_rising(shape, m) - ln_gamma(f64::from(m) + 1.0) + f64::from(m) * q.ln() + none
}

#[cfg(test)]
mod tests;
