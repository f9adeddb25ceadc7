//! What an order of a client is worth: Gamma–Gamma.

use super::bfgs::minimise;
use super::fit::FitError;
use super::gamma::{digamma, ln_gamma};

const FURTHEST: f64 = 15.0;
const TOLERANCE: f64 = 1e-8;
/// How flat while the starts are compared.
const ROUGH: f64 = 1e-3;
/// Clients who always spend the same have no maximum (p grows for ever): that is not looked for longer than this.
const MOST_ITERATIONS: u32 = 100;
const ROUGH_ITERATIONS: u32 = 15;
/// Starts of p and q; v follows from the mean. The likelihood is flat along a ridge.
const STARTS: [[f64; 2]; 3] = [[1.0, 3.0], [6.0, 4.0], [0.5, 10.0]];

/// What a client's orders were worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spender {
    /// Repeat orders, x; those of one day are one.
    pub orders: u32,
    /// Their mean worth, m, in any one unit; above 0.
    pub mean: f64,
}

impl Spender {
    /// Whether the model can say something about it.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.orders > 0 && self.mean.is_finite() && self.mean > 0.0
    }
}

/// The parameters of what a tenant's clients spend: orders are Gamma(p, ν) where ν is Gamma(q, v) among clients (Fader, Hardie,
/// "The Gamma-Gamma Model of Monetary Value", 2013).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spending {
    /// Shape of the worth of a client's orders.
    pub p: f64,
    /// Shape of the clients' rates.
    pub q: f64,
    /// Scale of the clients' rates, in the unit of money.
    pub v: f64,
}

/// What was learned of spending.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpendFit {
    /// The parameters.
    pub spending: Spending,
    /// The log-likelihood of all spenders.
    pub ln_likelihood: f64,
    /// From how many.
    pub clients: usize,
    /// Whether it is a maximum; else the search ended before.
    pub is_converged: bool,
}

impl Spending {
    /// The worth of the next order of a client with so many repeat orders of this mean; of one without any the mean of all. In
    /// the unit of money of the model. None where the clients differ so much that they have no mean (q ≤ 1 without an order).
    #[must_use]
    pub fn expected(&self, orders: u32, mean: f64) -> Option<f64> {
        let x = f64::from(orders);
        let below = self.p.mul_add(x, self.q) - 1.0;
        let worth = self.p * x.mul_add(mean, self.v) / below;
        (below > 0.0 && worth.is_finite()).then_some(worth)
    }

    /// The logarithm of the likelihood of a spender.
    #[must_use]
    pub fn ln_likelihood(&self, spender: &Spender) -> f64 {
        let (x, m) = (f64::from(spender.orders), spender.mean);
        let px = self.p * x;
        ln_gamma(px + self.q) - ln_gamma(px) - ln_gamma(self.q)
            + self.q * self.v.ln()
            + (px - 1.0) * m.ln()
            + px * x.ln()
            - (px + self.q) * x.mul_add(m, self.v).ln()
    }

    /// Its gradient by p, q and v.
    fn slopes(&self, spender: &Spender) -> [f64; 3] {
        let (x, m) = (f64::from(spender.orders), spender.mean);
        let (px, total) = (self.p * x, x.mul_add(m, self.v));
        let together = digamma(px + self.q);
        [
            x * (together - digamma(px) + m.ln() + x.ln() - total.ln()),
            together - digamma(self.q) + self.v.ln() - total.ln(),
            self.q / self.v - (px + self.q) / total,
        ]
    }

    /// Learns from clients with repeat orders; those without say nothing.
    ///
    /// # Errors
    ///
    /// [`FitError`] when nobody is left, or a mean is not above 0.
    pub fn fit(spenders: &[Spender]) -> Result<SpendFit, FitError> {
        if let Some(place) = spenders.iter().position(|one| one.orders > 0 && !one.is_sound()) {
            return Err(FitError::Unsound(place));
        }
        let told: Vec<&Spender> = spenders.iter().filter(|one| one.orders > 0).collect();
        if told.is_empty() {
            return Err(FitError::NoClients);
        }
        #[expect(clippy::cast_precision_loss, reason = "a count of clients")]
        let count = told.len() as f64;
        let mean = told.iter().map(|one| one.mean).sum::<f64>() / count;
        // In units of the mean, so that the currency does not matter to the search.
        let scaled: Vec<Spender> = told
            .iter()
            .map(|one| Spender {
                orders: one.orders,
                mean: one.mean / mean,
            })
            .collect();
        let objective = |at: &[f64; 3]| {
            if at.iter().any(|value| value.abs() > FURTHEST) {
                return (f64::NAN, [f64::NAN; 3]);
            }
            let [p, q, v] = at.map(f64::exp);
            let spending = Self { p, q, v };
            let (mut value, mut gradient) = (0.0, [0.0; 3]);
            for one in &scaled {
                value += spending.ln_likelihood(one);
                for (total, slope) in gradient.iter_mut().zip(spending.slopes(one)) {
                    *total += slope;
                }
            }
            let [by_p, by_q, by_v] = gradient;
            (
                -value / count,
                [-by_p * p / count, -by_q * q / count, -by_v * v / count],
            )
        };
        let rough = STARTS.iter().map(|[p, q]| {
            let start = [p.ln(), q.ln(), ((q - 1.0) / p).ln()];
            minimise(&objective, start, ROUGH, ROUGH_ITERATIONS)
        });
        let best = rough
            .filter(|found| found.value.is_finite())
            .min_by(|a, b| a.value.total_cmp(&b.value))
            .ok_or(FitError::NoMaximum)?;
        let found = minimise(&objective, best.at, TOLERANCE, MOST_ITERATIONS);
        let [p, q, v] = found.at.map(f64::exp);
        let spending = Self { p, q, v: v * mean };
        Ok(SpendFit {
            spending,
            ln_likelihood: told.iter().map(|one| spending.ln_likelihood(one)).sum(),
            clients: told.len(),
            is_converged: found.is_converged,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_gradient_is_what_finite_differences_say(
            p in 0.2_f64..8.0, q in 1.1_f64..8.0, v in 0.2_f64..30.0, orders in 1_u32..40, mean in 0.1_f64..100.0,
        ) {
            let spender = Spender { orders, mean };
            let spending = Spending { p, q, v };
            let slopes = spending.slopes(&spender);
            let at = |p: f64, q: f64, v: f64| Spending { p, q, v }.ln_likelihood(&spender);
            let steps = [p, q, v].map(|value| value * 1e-5);
            let numeric = [
                (at(p + steps[0], q, v) - at(p - steps[0], q, v)) / (2.0 * steps[0]),
                (at(p, q + steps[1], v) - at(p, q - steps[1], v)) / (2.0 * steps[1]),
                (at(p, q, v + steps[2]) - at(p, q, v - steps[2])) / (2.0 * steps[2]),
            ];
            for (slope, numeric) in slopes.iter().zip(numeric) {
                prop_assert!((slope - numeric).abs() <= 1e-5 * slope.abs().max(1.0), "{slope} {numeric}");
            }
        }

        #[test]
        fn the_more_orders_the_nearer_to_the_clients_own_mean(
            p in 0.2_f64..8.0, q in 1.1_f64..8.0, v in 0.2_f64..30.0, orders in 1_u32..400, mean in 0.1_f64..100.0,
        ) {
            let spending = Spending { p, q, v };
            let (few, many) = (spending.expected(orders, mean).unwrap_or(f64::NAN), spending.expected(orders + 1, mean).unwrap_or(f64::NAN));
            prop_assert!((many - mean).abs() <= (few - mean).abs() * (1.0 + 1e-9) + 1e-9, "{few} {many} {mean}");
            prop_assert!(few > 0.0 && many.is_finite());
        }
    }

    #[test]
    fn without_a_mean_nothing_is_expected() {
        let wide = Spending {
            p: 1.0,
            q: 0.9,
            v: 10.0,
        };
        assert_eq!(wide.expected(0, 0.0), None);
        assert!(wide.expected(1, 7.0).is_some());
        assert_eq!(Spending::fit(&[]), Err(FitError::NoClients));
        let refund = Spender { orders: 2, mean: -3.0 };
        assert_eq!(Spending::fit(&[refund]), Err(FitError::Unsound(0)));
    }
}
