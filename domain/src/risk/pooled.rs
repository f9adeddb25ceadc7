//! What a tenant's model starts from: the published priors, or what companies that agreed to it have learned together.

use super::buying::{BuyingModel, KINDS};
use super::coefficients::{Coefficient, Rung};
use crate::rhythm::Priors;

/// So many other companies must have agreed before their lessons are pooled: from fewer, one could be guessed at.
pub const COMPANIES_NEEDED: usize = 5;
/// A company of fewer accounts teaches nothing that its own prior did not say.
pub const ACCOUNTS_TO_TEACH: usize = 100;
/// What the published priors count for beside the companies: as much as one of them.
const PUBLISHED_COUNTS: f64 = 1.0;

/// What one company's model learned, as it may be passed on: figures of its rhythm and its weights, no order, name or amount.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lesson {
    /// ln r, the logarithm of the mean gap in weeks, the logit of the mean dropout, ln(a + b): as in [`Priors`].
    pub rhythm: [f64; 4],
    /// What the measures weigh, in the order of the factors SILENCE, FREQUENCY, ORDER_SIZE, ORDER_TREND; none where the company's own
    /// past has not told each of them.
    pub weights: Option<[f64; 4]>,
}

/// What a model starts from before it has seen the tenant's own accounts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Starting {
    pub(super) rhythm: Priors,
    pub(super) weights: [Coefficient; 4],
    /// How many other companies it is pooled from; 0 of the published priors.
    pub companies: usize,
}

impl Starting {
    /// The published priors: wholesale clients for the rhythm, the table of factors for the weights.
    #[must_use]
    pub fn published() -> Self {
        Self {
            rhythm: Priors::wholesale(),
            weights: KINDS.map(|kind| Coefficient {
                value: kind.prior().log_odds,
                sd: kind.prior().sd,
                prior_share: 1.0,
            }),
            companies: 0,
        }
    }

    /// The published priors as the lessons of other companies move them; unmoved by fewer than [`COMPANIES_NEEDED`]. Each figure is a
    /// normal one among companies, of unknown mean and variance, with the conjugate prior (Gelman et al., Bayesian Data Analysis, 3rd ed.
    /// 2013, section 3.3) that the published figure is worth one company. A lesson that is no number is left out.
    #[must_use]
    pub fn pooled(lessons: &[Lesson]) -> Self {
        let mut start = Self::published();
        let is_sound = |figures: &[f64; 4]| figures.iter().all(|figure| figure.is_finite());
        let rhythms: Vec<[f64; 4]> = lessons.iter().map(|one| one.rhythm).filter(is_sound).collect();
        if rhythms.len() >= COMPANIES_NEEDED {
            start.companies = rhythms.len();
            let Priors { means, deviations } = &mut start.rhythm;
            for (place, (mean, deviation)) in means.iter_mut().zip(deviations).enumerate() {
                (*mean, *deviation) = moved(*mean, *deviation, &column(&rhythms, place));
            }
        }
        let weights: Vec<[f64; 4]> = lessons.iter().filter_map(|one| one.weights).filter(is_sound).collect();
        if weights.len() >= COMPANIES_NEEDED {
            for (place, one) in start.weights.iter_mut().enumerate() {
                (one.value, one.sd) = moved(one.value, one.sd, &column(&weights, place));
            }
        }
        start
    }
}

fn column(rows: &[[f64; 4]], place: usize) -> Vec<f64> {
    rows.iter().filter_map(|row| row.get(place)).copied().collect()
}

/// The mean and standard deviation of a figure among companies, after these.
fn moved(mean: f64, deviation: f64, seen: &[f64]) -> (f64, f64) {
    #[expect(clippy::cast_precision_loss, reason = "a count of companies")]
    let count = seen.len() as f64;
    if seen.is_empty() {
        return (mean, deviation);
    }
    let own = seen.iter().sum::<f64>() / count;
    let spread: f64 = seen.iter().map(|one| (one - own).powi(2)).sum();
    let together = PUBLISHED_COUNTS + count;
    let apart = PUBLISHED_COUNTS * count / together * (own - mean).powi(2);
    let variance = (PUBLISHED_COUNTS * deviation.powi(2) + spread + apart) / together;
    ((PUBLISHED_COUNTS * mean + count * own) / together, variance.sqrt())
}

impl BuyingModel {
    /// What others may learn from it; nothing from a model of fewer than [`ACCOUNTS_TO_TEACH`] accounts.
    #[must_use]
    pub fn lesson(&self) -> Option<Lesson> {
        let rhythm = self.rhythm();
        let lesson = Lesson {
            rhythm: [
                rhythm.r.ln(),
                (f64::from(rhythm.parts) * rhythm.alpha / rhythm.r).ln(),
                (rhythm.a / rhythm.b).ln(),
                (rhythm.a + rhythm.b).ln(),
            ],
            weights: (self.coefficients().rung == Rung::Coefficients)
                .then(|| self.coefficients().measures.map(|one| one.value)),
        };
        (self.accounts() >= ACCOUNTS_TO_TEACH).then_some(lesson)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn lesson(gap_weeks: f64) -> Lesson {
        Lesson {
            rhythm: [0.0, gap_weeks.ln(), -2.0, 1.0],
            weights: None,
        }
    }

    #[test]
    fn few_companies_move_nothing() {
        assert_eq!(
            Starting::pooled(&[lesson(3.0); COMPANIES_NEEDED - 1]),
            Starting::published()
        );
        let broken = Lesson {
            rhythm: [f64::NAN; 4],
            weights: None,
        };
        let lessons = [lesson(3.0), lesson(3.0), lesson(3.0), lesson(3.0), broken];
        assert_eq!(Starting::pooled(&lessons), Starting::published());
    }

    #[test]
    fn many_alike_are_believed_and_many_apart_leave_it_open() {
        let published = Starting::published().rhythm;
        let alike = Starting::pooled(&[lesson(3.0); 40]);
        assert_eq!(alike.companies, 40);
        assert!((alike.rhythm.means[1] - 3.0_f64.ln()).abs() < 0.05, "{alike:?}");
        assert!(alike.rhythm.deviations[1] < 0.4 && alike.rhythm.deviations[1] < published.deviations[1]);
        let apart: Vec<Lesson> = (0..40).map(|n| lesson(if n % 2 == 0 { 0.2 } else { 80.0 })).collect();
        let apart = Starting::pooled(&apart);
        assert!(apart.rhythm.deviations[1] > 2.0, "{apart:?}");
        // Nobody has told of weights.
        assert_eq!(apart.weights, Starting::published().weights);
    }

    #[test]
    fn by_hand() {
        // Published 0 and 1, seen 1, 2 and 3: mean 6/4, variance (1 + 2 + 3/4 · 4) / 4.
        let (mean, deviation) = moved(0.0, 1.0, &[1.0, 2.0, 3.0]);
        assert!((mean - 1.5).abs() < 1e-12 && (deviation - 1.5_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn a_small_model_teaches_nothing_and_a_lesson_is_what_the_prior_is_made_of() {
        assert_eq!(BuyingModel::learn(90, &[], &[]).lesson(), None);
        let published = Starting::published().rhythm;
        let many = vec![super::super::buying::tests::buying(6, 2.0, 1.0); ACCOUNTS_TO_TEACH];
        let told = BuyingModel::learn(90, &many, &[]).lesson().unwrap();
        assert!(
            (told.rhythm[1] - 2.0_f64.ln()).abs() < 0.7,
            "a gap of about two weeks: {told:?}"
        );
        assert_ne!(told.rhythm, published.means);
        assert_eq!(told.weights, None);
    }

    proptest! {
        #[test]
        fn whatever_is_told_the_priors_stay_usable(
            figures in prop::collection::vec(prop::array::uniform4(prop_oneof![-40.0..40.0f64, Just(f64::NAN), Just(f64::INFINITY)]), 0..12),
        ) {
            let lessons: Vec<Lesson> = figures.iter().map(|rhythm| Lesson { rhythm: *rhythm, weights: Some(*rhythm) }).collect();
            let start = Starting::pooled(&lessons);
            prop_assert!(start.rhythm.means.iter().all(|mean| mean.is_finite()));
            prop_assert!(start.rhythm.deviations.iter().all(|one| *one > 0.0 && one.is_finite()));
            prop_assert!(start.weights.iter().all(|one| one.value.is_finite() && one.sd > 0.0));
        }
    }
}
