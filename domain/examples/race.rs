//! The CPU time of learning BG/NBD from a million clients and of valuing each: `bench/lifetimes` runs it beside the Python
//! package `lifetimes`, on the same clients in the same run.
//!
//! `race make FILE` simulates the clients; `race FILE` learns and values each over a year, and prints what it took.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a command for people"
)]

use std::fmt::Write as _;
use std::io::Read as _;

use domain::rhythm::{Dropout, MONTH_WEEKS, Model, Rhythm, Spending, discounted_worth, fit, pool};

const CLIENTS: u32 = 1_000_000;
const MONTHS: f64 = 12.0;
/// Gamma–Gamma of CDNOW, the same for both.
const SPENDING: Spending = Spending {
    p: 6.2496,
    q: 3.7442,
    v: 15.4435,
};

/// Seconds that this process, which has one thread, has been on a CPU.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").expect("Linux");
    text.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1e9
}

/// Clients by BG/NBD with the parameters of CDNOW, over 39 weeks by the day, first orders spread over 12 of them.
fn make(file: &str) {
    let mut random = fastrand::Rng::with_seed(20_261_123);
    let mut text = String::from("frequency,recency,T,spend\n");
    for _ in 0..CLIENTS {
        // Gamma(.25, 4.4) by Ahrens and Dieter's rejection for shapes below 1; Beta(.79, 2.43) by Jöhnk's.
        let rate = gamma_below_one(&mut random, 0.25) / 4.4;
        let dropout = loop {
            let (a, b) = (random.f64().powf(1.0 / 0.79), random.f64().powf(1.0 / 2.43));
            if a + b <= 1.0 && a + b > 0.0 {
                break a / (a + b);
            }
        };
        let age = 27.0 + 12.0 * random.f64();
        let (mut at, mut days) = (0.0, std::collections::BTreeSet::new());
        loop {
            at += -(1.0 - random.f64()).ln() / rate;
            if at > age {
                break;
            }
            days.insert((at * 7.0).ceil() as u32);
            if random.f64() < dropout {
                break;
            }
        }
        days.remove(&0);
        let last = days.last().copied().unwrap_or(0);
        let age = ((age * 7.0).ceil() as u32).max(last);
        let spend = if days.is_empty() {
            0.0
        } else {
            10.0 + 60.0 * random.f64()
        };
        let (last, age) = (f64::from(last) / 7.0, f64::from(age) / 7.0);
        writeln!(text, "{},{last},{age},{spend}", days.len()).unwrap();
    }
    std::fs::write(file, text).unwrap();
}

fn gamma_below_one(random: &mut fastrand::Rng, shape: f64) -> f64 {
    let bound = 1.0 + shape / std::f64::consts::E;
    loop {
        let p = bound * random.f64();
        if p <= 1.0 {
            let x = p.powf(1.0 / shape);
            if random.f64() <= (-x).exp() {
                return x;
            }
        } else {
            let x = -((bound - p) / shape).ln();
            if random.f64() <= x.powf(shape - 1.0) {
                return x;
            }
        }
    }
}

/// Clients, and the mean worth of their repeat orders.
fn read(file: &str) -> Vec<(Rhythm, f64)> {
    let mut text = String::new();
    std::fs::File::open(file)
        .expect(file)
        .read_to_string(&mut text)
        .unwrap();
    text.lines()
        .skip(1)
        .map(|line| {
            let mut cells = line.split(',');
            let mut next = || cells.next().unwrap();
            let rhythm = Rhythm {
                repeats: next().parse().unwrap(),
                last: next().parse().unwrap(),
                age: next().parse().unwrap(),
                ln_gaps: 0.0,
            };
            (rhythm, next().parse().unwrap())
        })
        .collect()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["make", file] => make(file),
        [file] => {
            let clients = read(file);
            let begun = cpu_seconds();
            let pooled = pool(clients.iter().map(|(client, _)| *client)).unwrap();
            let found = fit(&pooled, 1, Dropout::AfterRepeat, None).unwrap();
            let learned = cpu_seconds();
            let Model { r, alpha, a, b, .. } = found.model;
            let yearly = 1.01_f64.powi(12) - 1.0;
            let value = |(client, spend): &(Rhythm, f64)| {
                let order = SPENDING.expected(client.repeats, *spend).unwrap();
                discounted_worth(&found.model, client, MONTHS * MONTH_WEEKS, order, yearly)
            };
            let worth: f64 = clients.iter().map(value).sum();
            let valued = cpu_seconds();
            println!(
                "{{\"fit\": {}, \"value\": {}, \"parameters\": [{r}, {alpha}, {a}, {b}], \"worth\": {worth}}}",
                learned - begun,
                valued - learned
            );
        }
        _ => println!("usage: race make FILE | race FILE"),
    }
}
