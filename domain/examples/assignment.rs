//! How much CPU time one best assignment of 2,000 accounts among 50 members takes: `cargo run --release -p domain --example
//! assignment`. Linux only: it reads the process's own accounting.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

use domain::succession::assign;

/// CPU seconds that this process has used, from `/proc/self/stat` (a hundredth each).
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    fields[11..13]
        .iter()
        .map(|field| field.parse::<f64>().unwrap())
        .sum::<f64>()
        / 100.0
}

fn main() {
    const ACCOUNTS: u32 = 2_000;
    const MEMBERS: u32 = 50;
    // Mixed up so that many want the same few: twelve industries, and a few members who know the contacts.
    let mixed = |a: u32, b: u32| a.wrapping_mul(2_654_435_761).rotate_left(13) ^ b.wrapping_mul(0x9E37_79B9);
    let points: Vec<Vec<Option<u32>>> = (0..ACCOUNTS)
        .map(|account| {
            let members = 0..MEMBERS;
            members
                .map(|member| {
                    let experience = mixed(account % 12, member) % 5_000;
                    let met = if mixed(account, member) % 10 == 0 { 3_000 } else { 0 };
                    Some(experience + met + 2_000)
                })
                .collect()
        })
        .collect();
    let room = vec![(2 * ACCOUNTS).div_ceil(MEMBERS) as usize; MEMBERS as usize];
    let before = cpu_seconds();
    let assigned = assign(&points, &room);
    let used = cpu_seconds() - before;
    println!(
        "{} of {ACCOUNTS} accounts assigned to {MEMBERS} members: {used:.2} s of CPU time",
        assigned.to.iter().flatten().count()
    );
}
