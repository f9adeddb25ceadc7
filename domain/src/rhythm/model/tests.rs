#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

/// Sampled rows of what was computed elsewhere: PyPI `lifetimes`, and a 60-digit evaluation of the same formulas.
const SAMPLES: &str = include_str!("samples.csv");

fn assert_near(ours: f64, theirs: f64, what: &str) {
    assert!(
        (ours - theirs).abs() <= 1e-9 * theirs.abs().max(1e-300),
        "{what}: {ours:e} is not {theirs:e}"
    );
}

/// `kind, k, d, r, alpha, a, b, x, t_x, T, litt, horizon, alive, silent, expected, ll`; empty cells are not known.
#[test]
fn two_hundred_sampled_clients_are_as_computed_elsewhere() {
    let mut checked = 0;
    for line in SAMPLES.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |place: usize| cells[place].parse::<f64>().ok();
        let at = |place: usize| number(place).unwrap();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts")]
        let count = |place: usize| at(place) as u32;
        let dropout = if count(2) == 1 {
            Dropout::AfterEach
        } else {
            Dropout::AfterRepeat
        };
        let model = Model::new(count(1), dropout, [at(3), at(4), at(5), at(6)]).unwrap();
        let client = Rhythm {
            repeats: count(7),
            last: at(8),
            age: at(9),
            ln_gaps: number(10).unwrap_or(0.0),
        };
        let horizon = at(11);
        for (place, ours, what) in [
            (12, model.alive(&client), "alive"),
            (13, model.silent(&client, horizon), "silent"),
            (14, model.expected(&client, horizon), "expected"),
            (15, model.ln_likelihood(&client), "ln likelihood"),
        ] {
            if let Some(theirs) = number(place) {
                assert_near(ours, theirs, &format!("{what} of {line}"));
                checked += 1;
            }
        }
    }
    assert!(checked > 600, "{checked}");
}

fn models() -> impl Strategy<Value = Model> {
    let parameter = || (-4.0_f64..4.0).prop_map(f64::exp);
    let kind = prop_oneof![
        (1_u32..=4).prop_map(|parts| (parts, Dropout::AfterEach)),
        Just((1, Dropout::AfterRepeat)),
    ];
    (kind, parameter(), parameter(), parameter(), parameter())
        .prop_map(|((parts, dropout), r, alpha, a, b)| Model::new(parts, dropout, [r, alpha, a, b]).unwrap())
}

fn clients() -> impl Strategy<Value = Rhythm> {
    (0_u32..60, 0.1_f64..300.0, 0.0_f64..300.0).prop_map(|(repeats, last, silence)| {
        let last = if repeats == 0 { 0.0 } else { last };
        Rhythm {
            repeats,
            last,
            age: last + silence,
            ln_gaps: f64::from(repeats) * (last.max(0.1) / f64::from(repeats.max(1))).ln(),
        }
    })
}

proptest! {
    #[test]
    fn probabilities_are_probabilities_and_silence_grows_rarer_with_time(
        model in models(), client in clients(), horizon in 0.0_f64..500.0, more in 0.0_f64..500.0,
    ) {
        let (alive, silent) = (model.alive(&client), model.silent(&client, horizon));
        prop_assert!((0.0..=1.0).contains(&alive) && (0.0..=1.0).contains(&silent), "{alive} {silent}");
        // Who is gone stays silent.
        prop_assert!(silent >= (1.0 - alive) * (1.0 - 1e-9));
        prop_assert!(model.silent(&client, horizon + more) <= silent + 1e-12);
        prop_assert!((model.silent(&client, 0.0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn who_ordered_more_lately_is_no_riskier(
        model in models(), client in clients(), silence in 0.0_f64..200.0, horizon in 1.0_f64..300.0,
    ) {
        // The same orders at the same rhythm and the same age, ended earlier: only the last gap is longer.
        prop_assume!(client.repeats > 0 && model.parts == 1);
        let later = Rhythm { age: client.last + silence + 10.0, ..client };
        let recent = Rhythm { last: later.last + (later.age - later.last) * 0.5, ..later };
        prop_assert!(model.alive(&recent) >= model.alive(&later) - 1e-12);
        prop_assert!(model.silent(&recent, horizon) <= model.silent(&later, horizon) + 1e-12);
    }

    #[test]
    fn expectations_grow_with_time_and_agree_with_silence(
        model in models(), client in clients(), horizon in 0.01_f64..300.0, more in 0.0_f64..300.0,
    ) {
        let expected = model.expected(&client, horizon);
        prop_assert!(expected.is_finite() && expected >= 0.0);
        prop_assert!(model.expected(&client, horizon + more) >= expected * (1.0 - 1e-9));
        // At least one order is at most as probable as orders are many.
        prop_assert!(1.0 - model.silent(&client, horizon) <= expected * (1.0 + 1e-9) + 1e-12, "{expected}");
    }

    #[test]
    fn many_horizons_are_expected_as_each_by_itself(
        model in models(), client in clients(), horizons in prop::array::uniform4(0.0_f64..300.0),
    ) {
        let outlook = model.outlook(&client);
        for (horizon, together) in horizons.into_iter().zip(outlook.expected(horizons)) {
            let [alone] = outlook.expected([horizon]);
            // Sums end where the longest of them may.
            prop_assert!((together - alone).abs() <= 1e-9 * alone, "{horizon}: {together} and {alone}");
        }
    }

    #[test]
    fn extreme_inputs_give_numbers(
        parts in 1_u32..=4,
        parameters in prop::array::uniform4(prop::sample::select(vec![1e-7, 1e-3, 1.0, 1.0 + 1e-12, 5_000.0, 1e7])),
        repeats in prop::sample::select(vec![0_u32, 1, 26, 300, 3_000]),
        last in prop::sample::select(vec![1e-6, 1.0, 500.0]),
        silence in prop::sample::select(vec![0.0, 1e-6, 20.0, 5_000.0]),
        horizon in prop::sample::select(vec![1e-6, 12.0, 520.0]),
    ) {
        let model = Model::new(parts, Dropout::AfterEach, parameters).unwrap();
        let last = if repeats == 0 { 0.0 } else { last };
        let client = Rhythm { repeats, last, age: last + silence, ln_gaps: 0.0 };
        let silent = model.silent(&client, horizon);
        prop_assert!((0.0..=1.0).contains(&silent) && (0.0..=1.0).contains(&model.alive(&client)), "{silent}");
        prop_assert!(model.ln_likelihood(&client).is_finite());
        let expected = model.expected(&client, horizon);
        prop_assert!(expected.is_finite() && expected >= 0.0, "{expected}");
    }
}

#[test]
fn parameters_that_make_no_model_are_refused() {
    let new = |parts, r| Model::new(parts, Dropout::AfterEach, [r, 1.0, 1.0, 1.0]);
    assert_eq!(new(0, 1.0), Err(ModelError::Parts));
    assert_eq!(new(5, 1.0), Err(ModelError::Parts));
    for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e8] {
        assert_eq!(new(2, wrong), Err(ModelError::Parameter), "{wrong}");
    }
}

#[test]
fn the_boundary_cases_have_defined_answers() {
    let model = |dropout| Model::new(1, dropout, [0.525, 6.183, 0.891, 1.614]).unwrap();
    let today = Rhythm {
        repeats: 0,
        last: 0.0,
        age: 0.0,
        ln_gaps: 0.0,
    };
    // A first order today: only the first chance to be gone has passed, b/(a + b).
    assert!((model(Dropout::AfterEach).alive(&today) - 1.614 / 2.505).abs() < 1e-12);
    // Under BG/NBD nobody is gone after a first order.
    let once = Rhythm { age: 300.0, ..today };
    assert_eq!(model(Dropout::AfterRepeat).alive(&once), 1.0);
    assert!(model(Dropout::AfterRepeat).silent(&once, 52.0) < 1.0);
    assert_eq!(model(Dropout::AfterEach).expected(&once, 0.0), 0.0);
}

#[test]
fn the_most_frequent_clients_are_expected_to_go_on() {
    // Hardly anybody is ever gone: what comes is the rate times the time.
    for parts in 1..=4 {
        for (a_week, weeks) in [(2_u32, 156.0_f64), (5, 104.0), (7, 104.0), (7, 520.0), (40, 260.0)] {
            let model = Model::new(parts, Dropout::AfterEach, [2.0, 1.0, 1e-6, 100.0]).unwrap();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole")]
            let repeats = a_week * weeks as u32;
            let client = Rhythm {
                repeats,
                last: weeks,
                age: weeks,
                ln_gaps: 0.0,
            };
            let horizons = [1.0, 13.0, 52.0, 156.0];
            for (horizon, expected) in horizons.into_iter().zip(model.outlook(&client).expected(horizons)) {
                let rate = f64::from(a_week) * horizon;
                assert!(
                    (expected / rate - 1.0).abs() < 0.05 + 1.0 / rate,
                    "{parts} {a_week} {weeks} {horizon}: {expected}"
                );
            }
        }
    }
}
