//! How many clients a second of CPU scores: measures, signals, the score and what each is worth. `bench/night` runs it.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a command for people"
)]

use chrono::{Days, NaiveDate};
use domain::rhythm::Rhythm;
use domain::risk::{Borders, Buying, BuyingModel, Facts, Rules, Terms, assess};

const CLIENTS: u32 = 400_000;

/// Seconds that this process, which has one thread, has been on a CPU.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").expect("Linux");
    text.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1e9
}

fn main() {
    let today = NaiveDate::from_ymd_opt(2026, 11, 29).unwrap();
    let mut random = fastrand::Rng::with_seed(20_261_129);
    let clients: Vec<Buying> = (0..CLIENTS)
        .map(|_| {
            let (gap, count) = (random.u64(10..60), random.u64(1..12));
            let silent = if random.bool() { random.u64(0..30) } else { 200 };
            let days: Vec<NaiveDate> = (0..count).rev().map(|n| today - Days::new(silent + n * gap)).collect();
            let amount = 1_000.0 + 90_000.0 * random.f64();
            Buying {
                rhythm: Rhythm::of(&days, today).unwrap(),
                average: amount,
                repeat_average: if count > 1 { amount } else { 0.0 },
                last: amount,
                previous: amount * (0.5 + random.f64()),
            }
        })
        .collect();
    let model = BuyingModel::learn(365, &clients, &[]);
    let begun = cpu_seconds();
    let mut sum = 0.0;
    for buying in &clients {
        let assessed = assess(&Facts {
            as_of: today,
            baseline_log_odds: model.baseline_log_odds(),
            measured: Ok(model.measure(buying)),
            last_orders: &[],
            signals: &[],
            borders: Borders::default(),
            rules: Rules::default(),
        });
        let worth = model.worth(buying, &Terms::default());
        sum += assessed.probability.unwrap() + worth.expected_minor as f64 * 1e-12;
    }
    let per_second = f64::from(CLIENTS) / (cpu_seconds() - begun);
    println!("{{\"perSecond\": {}, \"sum\": {sum}}}", per_second.round());
}
