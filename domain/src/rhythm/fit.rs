//! Learning a model from a tenant's clients.

use std::collections::HashMap;

use super::bfgs::{Minimum, minimise};
use super::client::Rhythm;
use super::gamma::{ln_add, ln_gamma};
use super::model::{Dropout, MOST_PARTS, Model};
use super::tables::Rising;

/// Logarithms of parameters beyond these are not looked at: there nothing changes any more.
const FURTHEST: f64 = 15.0;
/// How flat the mean log-likelihood is at a maximum.
const TOLERANCE: f64 = 1e-8;
/// How flat while the starts are compared.
const ROUGH: f64 = 1e-3;
const MOST_ITERATIONS: u32 = 400;
const ROUGH_ITERATIONS: u32 = 25;
/// Pooled clients that the starts are compared on; of more, so many evenly taken. The best start then goes on with all.
const ROUGH_CLIENTS: usize = 4_000;
/// Starts: r, a and b; α follows from the mean gap. The likelihood has several maxima.
const STARTS: [[f64; 3]; 5] = [
    [1.0, 0.1, 2.0],
    [0.3, 0.5, 2.0],
    [2.0, 0.1, 1.0],
    [0.5, 1.0, 3.0],
    [1.0, 1.0, 10.0],
];

/// Clients with the same past, counted.
#[derive(Clone, Copy, Debug)]
pub struct Pooled {
    client: Rhythm,
    weight: f64,
    /// ln(T − t_x).
    ln_silence: f64,
}

/// Pools clients with equal pasts.
///
/// # Errors
///
/// [`FitError::Unsound`] names the first whose times are not finite or not in order.
pub fn pool(clients: impl IntoIterator<Item = Rhythm>) -> Result<Vec<Pooled>, FitError> {
    let mut places: HashMap<(u32, u64, u64, u64), usize> = HashMap::new();
    let mut pooled: Vec<Pooled> = Vec::new();
    for (place, client) in clients.into_iter().enumerate() {
        if !client.is_sound() {
            return Err(FitError::Unsound(place));
        }
        let key = (
            client.repeats,
            client.last.to_bits(),
            client.age.to_bits(),
            client.ln_gaps.to_bits(),
        );
        let at = *places.entry(key).or_insert_with(|| {
            pooled.push(Pooled {
                client,
                weight: 0.0,
                ln_silence: (client.age - client.last).ln(),
            });
            pooled.len() - 1
        });
        if let Some(one) = pooled.get_mut(at) {
            one.weight += 1.0;
        }
    }
    Ok(pooled)
}

/// What is believed before a tenant's own clients are seen: normal distributions of ln r, the logarithm of the mean gap kα/r,
/// the logit of the mean dropout a/(a + b), and ln(a + b).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Priors {
    /// Means.
    pub means: [f64; 4],
    /// Standard deviations.
    pub deviations: [f64; 4],
}

impl Priors {
    /// From wholesale clients (Online Retail, UCI, 248 days, k = 2): r .851, a mean gap of 10 weeks, a mean dropout of .060,
    /// a + b 2.29. Times are in weeks.
    #[must_use]
    pub fn wholesale() -> Self {
        let dropout: f64 = 0.060;
        Self {
            means: [
                0.851_f64.ln(),
                10.0_f64.ln(),
                (dropout / (1.0 - dropout)).ln(),
                2.29_f64.ln(),
            ],
            deviations: [0.6, 2.0, 1.5, 0.7],
        }
    }

    /// The logarithm of the density, without its constant, and its gradient by ln r, ln α, ln a and ln b.
    fn ln_density(&self, parts: u32, [r, alpha, a, b]: &[f64; 4]) -> (f64, [f64; 4]) {
        // ln(a + b), and the shares of a and b in it.
        let sum = ln_add(*a, *b);
        let (share_a, share_b) = ((a - sum).exp(), (b - sum).exp());
        let values = [*r, f64::from(parts).ln() + alpha - r, a - b, sum];
        let slopes = [
            [1.0, 0.0, 0.0, 0.0],
            [-1.0, 1.0, 0.0, 0.0],
            [0.0, 0.0, 1.0, -1.0],
            [0.0, 0.0, share_a, share_b],
        ];
        let (mut density, mut gradient) = (0.0, [0.0; 4]);
        for (((value, mean), deviation), slopes) in values.iter().zip(&self.means).zip(&self.deviations).zip(&slopes) {
            let z = (value - mean) / deviation;
            density -= z * z / 2.0;
            for (slope, of) in gradient.iter_mut().zip(slopes) {
                *slope -= z / deviation * of;
            }
        }
        (density, gradient)
    }

    /// The means as logarithms of r, α, a and b.
    pub(crate) fn start(&self, parts: u32) -> [f64; 4] {
        let [r, gap, logit, sum] = self.means;
        let alpha = gap + r - f64::from(parts).ln();
        // ln(a/(a+b)) and ln(b/(a+b)) of that logit.
        [r, alpha, sum - (-logit).exp().ln_1p(), sum - logit.exp().ln_1p()]
    }
}

/// Why nothing was learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FitError {
    /// There is no client.
    #[error("there is no client to learn from")]
    NoClients,
    /// The times of the client at this place are not finite, or not in order.
    #[error("the times of client {0} are not finite, or not in order")]
    Unsound(usize),
    /// A gap has 1 to 4 parts.
    #[error("a gap has 1 to 4 parts")]
    Parts,
    /// No start led anywhere.
    #[error("no maximum was found")]
    NoMaximum,
}

/// What was learned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// The model.
    pub model: Model,
    /// The log-likelihood of all clients.
    pub ln_likelihood: f64,
    /// From how many clients.
    pub clients: f64,
    /// Whether it is a maximum; else the search ended before.
    pub is_converged: bool,
}

/// Learns a model with gaps of so many parts: the most likely one, or with priors the most probable.
///
/// # Errors
///
/// [`FitError`] when there is nothing to learn from.
pub fn fit(clients: &[Pooled], parts: u32, dropout: Dropout, priors: Option<&Priors>) -> Result<Fit, FitError> {
    if clients.is_empty() {
        return Err(FitError::NoClients);
    }
    if !(1..=MOST_PARTS).contains(&parts) {
        return Err(FitError::Parts);
    }
    let gap = mean_gap(clients);
    let starts = STARTS.iter().map(|[r, a, b]| {
        let alpha = r * gap / f64::from(parts);
        [r.ln(), alpha.ln().clamp(-FURTHEST, FURTHEST), a.ln(), b.ln()]
    });
    let starts = starts.chain(priors.map(|priors| priors.start(parts)));
    let some: Vec<Pooled> = clients
        .iter()
        .copied()
        .step_by(clients.len().div_ceil(ROUGH_CLIENTS))
        .collect();
    let rough = Objective {
        clients: &some,
        parts,
        dropout,
        priors,
    };
    let rough = starts.map(|start| minimise(&|at| rough.of(at), start, ROUGH, ROUGH_ITERATIONS));
    let best = rough
        .filter(|found: &Minimum<4>| found.value.is_finite())
        .min_by(|a, b| a.value.total_cmp(&b.value))
        .ok_or(FitError::NoMaximum)?;
    let all = Objective {
        clients,
        parts,
        dropout,
        priors,
    };
    let found = minimise(&|at| all.of(at), best.at, TOLERANCE, MOST_ITERATIONS);
    let model = Model::new(parts, dropout, found.at.map(f64::exp)).map_err(|_| FitError::NoMaximum)?;
    let (ln_likelihood, _) = ln_likelihood(clients, parts, dropout, &found.at);
    Ok(Fit {
        model,
        ln_likelihood,
        clients: all.weight(),
        is_converged: found.is_converged,
    })
}

/// What is made as small as can be.
struct Objective<'a> {
    clients: &'a [Pooled],
    parts: u32,
    dropout: Dropout,
    priors: Option<&'a Priors>,
}

impl Objective<'_> {
    /// Clients, counted.
    fn weight(&self) -> f64 {
        self.clients.iter().map(|one| one.weight).sum()
    }

    /// Minus the log-likelihood at these logarithms of r, α, a and b, with priors the log-density too, a client; and its gradient.
    fn of(&self, at: &[f64; 4]) -> (f64, [f64; 4]) {
        if at.iter().any(|value| value.abs() > FURTHEST) {
            return (f64::NAN, [f64::NAN; 4]);
        }
        let (mut value, mut gradient) = ln_likelihood(self.clients, self.parts, self.dropout, at);
        if let Some(priors) = self.priors {
            let (density, slopes) = priors.ln_density(self.parts, at);
            value += density;
            for (slope, of) in gradient.iter_mut().zip(slopes) {
                *slope += of;
            }
        }
        let weight = self.weight();
        (-value / weight, gradient.map(|slope| -slope / weight))
    }
}

/// Learns models with gaps of 1 to 4 parts, and gives the most likely one. Where one more part is less likely, more are not
/// looked at.
///
/// # Errors
///
/// As [`fit`].
pub fn fit_regular(clients: &[Pooled], priors: Option<&Priors>) -> Result<Fit, FitError> {
    let mut best: Option<Fit> = None;
    for parts in 1..=MOST_PARTS {
        let found = fit(clients, parts, Dropout::AfterEach, priors)?;
        if best.is_some_and(|best| found.ln_likelihood <= best.ln_likelihood) {
            break;
        }
        best = Some(found);
    }
    best.ok_or(FitError::NoMaximum)
}

/// Time for each order of all clients together: about a gap.
fn mean_gap(clients: &[Pooled]) -> f64 {
    let (mut time, mut orders) = (0.0, 0.0);
    for one in clients {
        time += one.weight * one.client.age;
        orders += one.weight * (f64::from(one.client.repeats) + 1.0);
    }
    let gap: f64 = time / orders;
    if gap > 0.0 { gap } else { 1.0 }
}

/// The log-likelihood of all clients at these logarithms of r, α, a and b, and its gradient by them.
pub(super) fn ln_likelihood(clients: &[Pooled], parts: u32, dropout: Dropout, at: &[f64; 4]) -> (f64, [f64; 4]) {
    let [r, alpha, a, b] = at.map(f64::exp);
    let [_, ln_alpha, ln_a, _] = *at;
    let most = clients.iter().map(|one| one.client.repeats).max().unwrap_or(0) as usize;
    let k = parts as usize;
    let of_r = Rising::new(r, k * most + k);
    let of_b = Rising::new(b, most + 1);
    let of_ab = Rising::new(a + b, most + 1);
    let ln_factorial: Vec<f64> = (0..parts).map(|j| ln_gamma(f64::from(j) + 1.0)).collect();
    let ln_part = ln_gamma(f64::from(parts));
    let (mut sum, mut gradient) = (0.0, [0.0; 4]);
    // Logarithms of the ways in which each client can have come to where he is: j parts over, or gone.
    let mut ways = vec![(0.0, 0.0, 0.0); k];
    for one in clients {
        let Rhythm {
            repeats,
            last,
            age,
            ln_gaps,
        } = one.client;
        let (x, chances) = (f64::from(repeats), (repeats + dropout.first()) as usize);
        let over = k * repeats as usize;
        let shape = r + f64::from(parts) * x;
        let (age_scale, last_scale) = (alpha + age, alpha + last);
        let ln_age = age_scale.ln();
        let (r_log, r_slope) = of_r.at(over);
        let (b_log, b_slope) = of_b.at(chances);
        let (ab_log, ab_slope) = of_ab.at(chances);
        // Each way: its logarithm, and its slopes by r and α, without what all have in common.
        let mut largest = f64::NEG_INFINITY;
        for (j, (way, ln_factorial)) in ways.iter_mut().zip(&ln_factorial).enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "at most three")]
            let part = j as f64;
            let (log, slope) = if j == 0 { (r_log, r_slope) } else { of_r.at(over + j) };
            let silent = if j == 0 {
                0.0
            } else {
                part.mul_add(one.ln_silence, -ln_factorial)
            };
            let value = silent + log - (shape + part) * ln_age;
            *way = (value, slope - ln_age, (shape + part) / age_scale);
            largest = largest.max(value);
        }
        let mut gone = if chances == 0 {
            None
        } else {
            #[expect(clippy::cast_precision_loss, reason = "some thousand")]
            let stayed = b + chances as f64 - 1.0;
            let ln_last = last_scale.ln();
            let value = r_log - shape * ln_last + ln_a - stayed.ln();
            largest = largest.max(value);
            Some((value, r_slope - ln_last, shape / last_scale, stayed))
        };
        let common = r * ln_alpha + b_log - ab_log + f64::from(parts - 1) * ln_gaps - x * ln_part;
        let mut slopes = [ln_alpha, r / alpha, -ab_slope, b_slope - ab_slope];
        // Shares of the largest first, so that each is raised to a power but once.
        let mut all = 0.0;
        for (value, ..) in &mut ways {
            *value = (*value - largest).exp();
            all += *value;
        }
        if let Some((value, ..)) = &mut gone {
            *value = (*value - largest).exp();
            all += *value;
        }
        for (value, by_r, by_alpha) in &ways {
            let share = value / all;
            slopes[0] += share * by_r;
            slopes[1] -= share * by_alpha;
        }
        if let Some((value, by_r, by_alpha, stayed)) = gone {
            let share = value / all;
            slopes[0] += share * by_r;
            slopes[1] -= share * by_alpha;
            slopes[2] += share / a;
            slopes[3] -= share / stayed;
        }
        sum += one.weight * (common + largest + all.ln());
        for (total, slope) in gradient.iter_mut().zip(slopes) {
            *total += one.weight * slope;
        }
    }
    let [by_r, by_alpha, by_a, by_b] = gradient;
    (sum, [by_r * r, by_alpha * alpha, by_a * a, by_b * b])
}

#[cfg(test)]
mod tests;
