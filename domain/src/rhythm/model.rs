//! The model of one client: is he still there, will he stay silent, how often will he order.

mod outlook;

pub use outlook::Outlook;

use super::client::Rhythm;
use super::gamma::{ln_add, ln_gamma, ln_rising};
use crate::risk::sigmoid;

/// Most parts of a gap between two orders.
pub const MOST_PARTS: u32 = 4;
/// Parameters beyond these say nothing any more.
const LEAST: f64 = 1e-7;
const MOST: f64 = 1e7;

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
        let [orders] = self.outlook(client).expected([horizon]);
        orders
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

#[cfg(test)]
mod tests;
