//! What an account's buying says of its risk: its silence judged by its own rhythm, how often and how much it orders, and how
//! the last order compares with the one before.
//!
//! Each is compared with the median of the tenant's own accounts, so that neither the currency nor the trade matters. Until
//! enough outcomes are known the coefficients are the priors of [`FactorKind::prior`]; then see [`Coefficients`].

use super::coefficients::{Coefficient, Coefficients, Outcome};
use super::factors::FactorKind;
use super::odds::logit;
use super::pooled::Starting;
use super::worth::spending_of;
use crate::rhythm::{Dropout, Model, Pooled, Priors, Rhythm, Spending, fit_regular, pool};

/// Accounts that a model is learned from at most. More would tell no more: the parameters are known to a hundredth by then.
pub const MOST_LEARNED: usize = 5_000;
/// Days of a week, the unit of time of the rhythms.
const WEEK_DAYS: f64 = 7.0;
/// Probabilities of silence are kept within these.
const LEAST_SILENT: f64 = 1e-6;
/// The measures, in the order in which they are kept.
pub(super) const KINDS: [FactorKind; 4] = [
    FactorKind::Silence,
    FactorKind::Frequency,
    FactorKind::OrderSize,
    FactorKind::OrderTrend,
];

/// How an account buys, as far as the model asks. Amounts in any one unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Buying {
    /// When it ordered, in weeks.
    pub rhythm: Rhythm,
    /// The mean of its orders; those of one day are one. 0 or less says nothing.
    pub average: f64,
    /// The mean of those after the first; 0 or less says nothing.
    pub repeat_average: f64,
    /// The last order; 0 or less says nothing.
    pub last: f64,
    /// The one before; 0 or less, or none, says nothing.
    pub previous: f64,
}

/// What the tenant's own orders teach.
#[derive(Clone, Debug, PartialEq)]
pub struct BuyingModel {
    rhythm: Model,
    spending: Option<Spending>,
    horizon_days: u16,
    accounts: usize,
    medians: [f64; 4],
    /// The log-odds of the mean probability of silence.
    mean_log_odds: f64,
    coefficients: Coefficients,
    /// Other companies whose lessons it started from.
    companies: usize,
}

/// What is measured of an account.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// The probability that it does not order within the horizon, by its rhythm alone; 0 to 1.
    pub silent: f64,
    /// How far each measure, in the order of `KINDS`, is from the tenant's median; none where there is nothing to measure.
    pub(super) centred: [Option<f64>; 4],
    /// What each of them weighs.
    pub(super) coefficients: [Coefficient; 4],
    /// The variance of what they and the beginning of the score come to, in log-odds.
    pub(super) variance: f64,
    /// Orders; those of one day are one.
    pub orders: u32,
    /// The mean of its orders.
    pub average: f64,
    /// The last order as a multiple of the one before; none without one before.
    pub trend: Option<f64>,
}

impl BuyingModel {
    /// Learns from accounts as they are now, and from what became of those that there were one horizon ago: how each bought
    /// then, and whether it fell silent. Of each at most [`MOST_LEARNED`], evenly taken, count. Total: any accounts, or none,
    /// give a model; where too little is known the priors hold.
    #[must_use]
    pub fn learn(horizon_days: u16, accounts: &[Buying], past: &[(Buying, bool)]) -> Self {
        Self::learn_from(&Starting::published(), horizon_days, accounts, past)
    }

    /// The same from where others have come to.
    #[must_use]
    pub fn learn_from(start: &Starting, horizon_days: u16, accounts: &[Buying], past: &[(Buying, bool)]) -> Self {
        let then: Vec<Buying> = past.iter().map(|(buying, _)| *buying).collect();
        Self {
            coefficients: Self::of(start, horizon_days, &then).coefficients_from(past),
            ..Self::of(start, horizon_days, accounts)
        }
    }

    /// The same model with coefficients learned from what became of these accounts, whose rhythms it knows.
    #[must_use]
    pub fn calibrated(&self, past: &[(Buying, bool)]) -> Self {
        Self {
            coefficients: self.coefficients_from(past),
            ..self.clone()
        }
    }

    fn coefficients_from(&self, past: &[(Buying, bool)]) -> Coefficients {
        let stride = past.len().div_ceil(MOST_LEARNED).max(1);
        let sound = past
            .iter()
            .step_by(stride)
            .filter(|(buying, _)| buying.rhythm.is_sound());
        let outcomes: Vec<Outcome> = sound
            .map(|(buying, silent)| Outcome {
                centred: self.centred(buying, self.silent(&buying.rhythm)),
                silent: *silent,
            })
            .collect();
        Coefficients::learn(&self.coefficients, self.mean_log_odds, &outcomes)
    }

    /// The rhythm and the medians of accounts, with the coefficients that it starts from.
    fn of(start: &Starting, horizon_days: u16, accounts: &[Buying]) -> Self {
        let stride = accounts.len().div_ceil(MOST_LEARNED).max(1);
        let sample: Vec<&Buying> = accounts
            .iter()
            .step_by(stride)
            .filter(|one| one.rhythm.is_sound())
            .collect();
        let priors = &start.rhythm;
        let pooled: Vec<Pooled> = pool(sample.iter().map(|one| one.rhythm)).unwrap_or_default();
        let rhythm = fit_regular(&pooled, Some(priors)).map_or_else(|_| priors.model(2), |found| found.model);
        let mut model = Self {
            rhythm,
            spending: spending_of(&sample),
            horizon_days,
            accounts: accounts.len(),
            medians: [0.0; 4],
            mean_log_odds: 0.0,
            coefficients: Coefficients::starting(start.weights),
            companies: start.companies,
        };
        let silent: Vec<f64> = sample.iter().map(|one| model.silent(&one.rhythm)).collect();
        if !silent.is_empty() {
            #[expect(clippy::cast_precision_loss, reason = "some thousand")]
            let mean = silent.iter().sum::<f64>() / silent.len() as f64;
            model.mean_log_odds = logit(bounded(mean));
        }
        let measures = sample.iter().zip(&silent).map(|(one, silent)| measures(one, *silent));
        let measures: Vec<[Option<f64>; 4]> = measures.collect();
        for (place, median) in model.medians.iter_mut().enumerate() {
            let values = measures.iter().filter_map(|of| of.get(place).copied().flatten());
            *median = middle(values.collect());
        }
        model
    }

    /// The days over which an account counts as silent.
    #[must_use]
    pub const fn horizon_days(&self) -> u16 {
        self.horizon_days
    }

    /// The rhythm of the tenant's accounts. Times are in weeks.
    #[must_use]
    pub const fn rhythm(&self) -> &Model {
        &self.rhythm
    }

    /// What the orders of the tenant's accounts are worth; none where too few ordered again.
    #[must_use]
    pub const fn spending(&self) -> Option<&Spending> {
        self.spending.as_ref()
    }

    /// How many accounts it was learned from.
    #[must_use]
    pub const fn accounts(&self) -> usize {
        self.accounts
    }

    /// How many other companies its priors were pooled from; 0 when they are the published ones.
    #[must_use]
    pub const fn companies(&self) -> usize {
        self.companies
    }

    /// Where every score begins: the log-odds of the mean probability of silence of the tenant's accounts (0 of none), and what
    /// its own outcomes shifted it by.
    #[must_use]
    pub fn baseline_log_odds(&self) -> f64 {
        self.mean_log_odds + self.coefficients.shift
    }

    /// What each measure weighs.
    #[must_use]
    pub const fn coefficients(&self) -> &Coefficients {
        &self.coefficients
    }

    /// The horizon, in weeks.
    pub(super) fn horizon_weeks(&self) -> f64 {
        f64::from(self.horizon_days) / WEEK_DAYS
    }

    fn silent(&self, rhythm: &Rhythm) -> f64 {
        self.rhythm.silent(rhythm, self.horizon_weeks())
    }

    /// How far each measure is from the tenant's median.
    fn centred(&self, buying: &Buying, silent: f64) -> [Option<f64>; 4] {
        let mut centred = measures(buying, silent);
        for (measure, median) in centred.iter_mut().zip(&self.medians) {
            *measure = measure.map(|measure| measure - median);
        }
        centred
    }

    /// What is measured of an account.
    #[must_use]
    pub fn measure(&self, buying: &Buying) -> Measured {
        let silent = self.silent(&buying.rhythm);
        let centred = self.centred(buying, silent);
        Measured {
            silent,
            centred,
            coefficients: self.coefficients.measures,
            variance: self.coefficients.variance(&centred),
            orders: buying.rhythm.repeats.saturating_add(1),
            average: buying.average,
            trend: trend(buying),
        }
    }
}

fn bounded(probability: f64) -> f64 {
    probability.clamp(LEAST_SILENT, 1.0 - LEAST_SILENT)
}

fn trend(buying: &Buying) -> Option<f64> {
    let ratio = buying.last / buying.previous;
    (buying.rhythm.repeats > 0 && buying.last > 0.0 && buying.previous > 0.0 && ratio.is_finite()).then_some(ratio)
}

/// logit P0(H), ln(1 + x), ln of the average order, ln of the last over the previous one.
fn measures(buying: &Buying, silent: f64) -> [Option<f64>; 4] {
    [
        Some(logit(bounded(silent))),
        Some(f64::from(buying.rhythm.repeats).ln_1p()),
        (buying.average > 0.0 && buying.average.is_finite()).then(|| buying.average.ln()),
        trend(buying).map(f64::ln),
    ]
}

/// The median; 0 of nothing.
fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let upper = values.len() / 2;
    let lower = values.len().saturating_sub(1) / 2;
    match (values.get(lower), values.get(upper)) {
        (Some(lower), Some(upper)) => f64::midpoint(*lower, *upper),
        _ => 0.0,
    }
}

impl Priors {
    /// The model of the means, for gaps of so many parts.
    fn model(&self, parts: u32) -> Model {
        let [r, alpha, a, b] = self.start(parts).map(f64::exp);
        Model {
            parts,
            dropout: Dropout::AfterEach,
            r,
            alpha,
            a,
            b,
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    pub(in super::super) fn buying(repeats: u32, gap: f64, silence: f64) -> Buying {
        let last = f64::from(repeats) * gap;
        Buying {
            rhythm: Rhythm {
                repeats,
                last,
                age: last + silence,
                ln_gaps: f64::from(repeats) * gap.ln(),
            },
            average: 1_000.0,
            repeat_average: 1_000.0,
            last: 1_200.0,
            previous: 1_000.0,
        }
    }

    /// Accounts that order every third week and every twelfth; half of each fell silent long ago.
    fn tenant() -> Vec<Buying> {
        (0..200)
            .map(|n| {
                let gap = if n % 2 == 0 { 3.0 } else { 12.0 };
                let silence = if n % 4 < 2 { 1.0 } else { 70.0 };
                buying(3 + n % 5, gap, silence)
            })
            .collect()
    }

    #[test]
    fn silence_is_judged_by_the_accounts_own_rhythm() {
        let model = BuyingModel::learn(90, &tenant(), &[]);
        assert_eq!((model.horizon_days(), model.accounts()), (90, 200));
        let silent = |gap| model.measure(&buying(8, gap, 12.0)).silent;
        // Twelve weeks are four gaps of the one, and one of the other.
        assert!(silent(3.0) > 2.0 * silent(12.0), "{} {}", silent(3.0), silent(12.0));
    }

    #[test]
    fn what_is_like_the_median_weighs_nothing() {
        let alike: Vec<Buying> = (0..31).map(|_| buying(6, 4.0, 3.0)).collect();
        let model = BuyingModel::learn(90, &alike, &[]);
        let measured = model.measure(&alike[0]);
        assert!(
            measured.centred.iter().flatten().all(|value| value.abs() < 1e-12),
            "{measured:?}"
        );
        assert!((measured.trend.unwrap() - 1.2).abs() < 1e-12);
        assert_eq!(measured.orders, 7);
        assert!((model.baseline_log_odds() - logit(measured.silent)).abs() < 1e-9);
    }

    #[test]
    fn a_tenant_of_whom_nothing_is_known_has_the_prior() {
        let model = BuyingModel::learn(365, &[], &[]);
        assert_eq!((model.accounts(), model.baseline_log_odds()), (0, 0.0));
        let rhythm = model.rhythm();
        assert!(
            (rhythm.r - 0.851).abs() < 1e-9 && (rhythm.a + rhythm.b - 2.29).abs() < 1e-9,
            "{rhythm:?}"
        );
        assert!((f64::from(rhythm.parts) * rhythm.alpha / rhythm.r - 10.0).abs() < 1e-9);
        assert!((rhythm.a / (rhythm.a + rhythm.b) - 0.06).abs() < 1e-9);
        let once = Buying {
            average: 0.0,
            ..buying(0, 1.0, 0.0)
        };
        let measured = model.measure(&once);
        assert!((0.0..=1.0).contains(&measured.silent) && measured.trend.is_none());
        assert_eq!(measured.centred[2], None, "an order of nothing has no size");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn whatever_was_bought_every_measure_is_a_number(
            accounts in prop::collection::vec((0_u32..50, 0.01_f64..60.0, 0.0_f64..200.0, -10.0_f64..1e12, -1.0_f64..1e12), 0..12),
        ) {
            let accounts: Vec<Buying> = accounts
                .into_iter()
                .map(|(repeats, gap, silence, average, last)| Buying { average, last, previous: average, ..buying(repeats, gap, silence) })
                .collect();
            let model = BuyingModel::learn(90, &accounts, &accounts.iter().map(|one| (*one, one.last > 500.0)).collect::<Vec<_>>());
            prop_assert!(model.baseline_log_odds().is_finite());
            for one in &accounts {
                let measured = model.measure(one);
                prop_assert!((0.0..=1.0).contains(&measured.silent));
                prop_assert!(measured.centred.iter().flatten().all(|value| value.is_finite()), "{measured:?}");
            }
        }
    }
}
