#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

fn client(repeats: u32, last: f64, age: f64) -> Rhythm {
    let gap = last / f64::from(repeats.max(1));
    Rhythm {
        repeats,
        last,
        age,
        ln_gaps: if repeats == 0 {
            0.0
        } else {
            f64::from(repeats) * gap.ln()
        },
    }
}

fn some_clients() -> Vec<Pooled> {
    let clients = [
        client(0, 0.0, 30.0),
        client(0, 0.0, 5.0),
        client(1, 4.0, 30.0),
        client(6, 29.0, 30.0),
        client(14, 12.0, 30.0),
        client(3, 20.0, 20.0),
        client(0, 0.0, 30.0),
    ];
    pool(clients).unwrap()
}

#[test]
fn equal_clients_are_pooled_and_unsound_ones_named() {
    let pooled = some_clients();
    assert_eq!(pooled.len(), 6);
    assert_eq!(pooled.iter().map(|one| one.weight).sum::<f64>(), 7.0);
    for unsound in [
        client(1, 5.0, 4.0),
        client(0, 1.0, 2.0),
        client(2, 0.0, 2.0),
        client(1, f64::NAN, 4.0),
    ] {
        assert_eq!(pool([client(0, 0.0, 1.0), unsound]).unwrap_err(), FitError::Unsound(1));
    }
    assert_eq!(fit(&[], 1, Dropout::AfterEach, None), Err(FitError::NoClients));
    assert_eq!(fit(&pooled, 5, Dropout::AfterEach, None), Err(FitError::Parts));
}

#[test]
fn the_sum_is_that_of_the_clients() {
    for (parts, dropout) in [
        (1, Dropout::AfterRepeat),
        (1, Dropout::AfterEach),
        (2, Dropout::AfterEach),
        (4, Dropout::AfterEach),
    ] {
        let at: [f64; 4] = [0.851, 4.253, 0.137, 2.157].map(f64::ln);
        let model = Model::new(parts, dropout, at.map(f64::exp)).unwrap();
        let pooled = some_clients();
        let sum: f64 = pooled
            .iter()
            .map(|one| one.weight * model.ln_likelihood(&one.client))
            .sum();
        let (tabulated, _) = ln_likelihood(&pooled, parts, dropout, &at);
        assert!((sum - tabulated).abs() < 1e-9 * sum.abs(), "{sum} {tabulated}");
    }
}

/// Clients made from known parameters, by a generator that gives the same ones everywhere.
fn simulated(parts: u32, [r, alpha, a, b]: [f64; 4], count: usize) -> Vec<Rhythm> {
    let mut state = 20_261_123_u64;
    let mut uniform = move || {
        // splitmix64
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
        let value = ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64;
        value.max(1e-300)
    };
    // Gamma by Marsaglia and Tsang (2000), normal numbers by Box and Muller.
    fn gamma(shape: f64, uniform: &mut impl FnMut() -> f64) -> f64 {
        if shape < 1.0 {
            let boost = uniform().powf(shape.recip());
            return gamma(shape + 1.0, uniform) * boost;
        }
        let d = shape - 1.0 / 3.0;
        let c = (9.0 * d).sqrt().recip();
        loop {
            let normal = (-2.0 * uniform().ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos();
            let v = (1.0 + c * normal).powi(3);
            if v > 0.0 && uniform().ln() < 0.5 * normal * normal + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }
    (0..count)
        .map(|place| {
            let rate = gamma(r, &mut uniform) / alpha;
            let (gone, stays) = (gamma(a, &mut uniform), gamma(b, &mut uniform));
            let dropout = gone / (gone + stays);
            #[expect(clippy::cast_precision_loss, reason = "some thousand")]
            let age = 40.0 + (place % 60) as f64;
            let (mut now, mut repeats, mut last, mut ln_gaps) = (0.0, 0, 0.0, 0.0);
            while uniform() > dropout {
                let gap: f64 = (0..parts).map(|_| -uniform().ln() / rate).sum();
                now += gap;
                if now > age {
                    break;
                }
                repeats += 1;
                last = now;
                ln_gaps += gap.ln();
            }
            Rhythm {
                repeats,
                last,
                age,
                ln_gaps,
            }
        })
        .collect()
}

#[test]
fn known_parameters_are_found_again_and_so_is_the_regularity() {
    let truth = [1.2, 6.0, 0.4, 2.5];
    let clients = pool(simulated(2, truth, 2_500)).unwrap();
    let found = fit_regular(&clients, None).unwrap();
    assert!(found.is_converged, "{found:?}");
    assert_eq!(found.model.parts, 2);
    let model = found.model;
    // The mean gap and the mean dropout are known better than the parameters behind them.
    let gap = |r: f64, alpha: f64| 2.0 * alpha / r;
    assert!(
        (gap(model.r, model.alpha) / gap(1.2, 6.0) - 1.0).abs() < 0.05,
        "{model:?}"
    );
    assert!((model.a / (model.a + model.b) - 0.4 / 2.9).abs() < 0.01, "{model:?}");
    for (ours, truth) in [model.r, model.alpha, model.a, model.b].iter().zip(truth) {
        assert!((ours / truth - 1.0).abs() < 0.4, "{model:?}");
    }
}

#[test]
fn with_few_clients_the_prior_holds_and_with_many_they_do() {
    let priors = Priors::wholesale();
    let gap = |fit: &Fit| f64::from(fit.model.parts) * fit.model.alpha / fit.model.r;
    let one = pool([client(0, 0.0, 3.0)]).unwrap();
    let alone = fit(&one, 2, Dropout::AfterEach, Some(&priors)).unwrap();
    assert!(
        alone.is_converged && (alone.model.r / 0.851 - 1.0).abs() < 0.1,
        "{alone:?}"
    );
    assert!((gap(&alone) / 10.0).ln().abs() < 1.0, "{alone:?}");
    let many = pool(simulated(2, [3.0, 3.0, 0.4, 2.5], 1_200)).unwrap();
    let own = fit(&many, 2, Dropout::AfterEach, Some(&priors)).unwrap();
    assert!((gap(&own) / 2.0 - 1.0).abs() < 0.1, "{own:?}");
}

proptest! {
    #[test]
    fn the_gradient_is_what_finite_differences_say(
        parts in 1_u32..=4, bg in any::<bool>(), at in prop::array::uniform4(-2.5_f64..2.5),
    ) {
        let dropout = if bg && parts == 1 { Dropout::AfterRepeat } else { Dropout::AfterEach };
        let clients = some_clients();
        let (_, gradient) = ln_likelihood(&clients, parts, dropout, &at);
        let (_, prior) = Priors::wholesale().ln_density(parts, &at);
        for place in 0..4 {
            let shifted = |by: f64| {
                let mut at = at;
                at[place] += by;
                (ln_likelihood(&clients, parts, dropout, &at).0, Priors::wholesale().ln_density(parts, &at).0)
            };
            let step = 1e-5;
            let (up, down) = (shifted(step), shifted(-step));
            let numeric = (up.0 - down.0) / (2.0 * step);
            prop_assert!((gradient[place] - numeric).abs() <= 1e-5 * numeric.abs().max(1.0), "{place}: {} {numeric}", gradient[place]);
            let numeric = (up.1 - down.1) / (2.0 * step);
            prop_assert!((prior[place] - numeric).abs() <= 1e-5 * numeric.abs().max(1.0), "{place}: {} {numeric}", prior[place]);
        }
    }
}
