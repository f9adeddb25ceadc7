//! The model against what was published, and against real orders it has not seen: `bench/model FOLDER`.
//!
//! Prints each figure with the paper's, the reference's and ours, and ends with a failure when one is outside its tolerance.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a command for people"
)]

mod published;
mod unseen;

use std::collections::HashMap;
use std::path::Path;
use std::process::ExitCode;

use domain::rhythm::Rhythm;

/// The rows of a file with a header, by column.
struct Rows {
    columns: HashMap<String, usize>,
    rows: Vec<Vec<String>>,
}

impl Rows {
    fn read(folder: &Path, file: &str) -> Self {
        let path = folder.join(file);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut lines = text.lines();
        let head = lines.next().expect("a header");
        let columns = head
            .split(',')
            .enumerate()
            .map(|(place, name)| (name.to_owned(), place));
        Self {
            columns: columns.collect(),
            rows: lines.map(|line| line.split(',').map(str::to_owned).collect()).collect(),
        }
    }

    fn text<'a>(&self, row: &'a [String], name: &str) -> &'a str {
        &row[self.columns[name]]
    }

    fn number(&self, row: &[String], name: &str) -> f64 {
        self.text(row, name)
            .parse()
            .unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn rhythm(&self, row: &[String]) -> Rhythm {
        Rhythm {
            repeats: self.text(row, "x").parse().unwrap(),
            last: self.number(row, "t_x"),
            age: self.number(row, "T"),
            ln_gaps: if self.columns.contains_key("litt") {
                self.number(row, "litt")
            } else {
                0.0
            },
        }
    }
}

/// What was compared so far.
#[derive(Default)]
struct Report {
    failed: u32,
}

impl Report {
    fn heading(title: &str) {
        println!("\n{title}\n{}", "-".repeat(title.len()));
        println!("{:<58} {:>9} {:>14} {:>14}", "", "paper", "reference", "ours");
    }

    fn line(&mut self, what: &str, paper: &str, reference: f64, ours: f64, tolerance: f64) {
        let is_near = (ours - reference).abs() <= tolerance;
        self.judge(what, paper, &format!("{reference:.5}"), ours, is_near);
    }

    /// A figure that has no bar.
    fn note(&mut self, what: &str, ours: f64) {
        self.judge(what, "", "", ours, true);
    }

    fn judge(&mut self, what: &str, paper: &str, reference: &str, ours: f64, is_good: bool) {
        self.failed += u32::from(!is_good);
        let verdict = if is_good { "" } else { "  <- outside" };
        let ours = if ours.abs() < 1e-4 {
            format!("{ours:.1e}")
        } else {
            format!("{ours:.5}")
        };
        println!("{what:<58} {paper:>9} {reference:>14} {ours:>14}{verdict}");
    }
}

fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("usage: bench/model FOLDER, with cdnow, fixtures and online_retail in it");
        return ExitCode::from(2);
    };
    let folder = Path::new(&folder);
    let mut report = Report::default();
    published::fixtures(&mut report, &folder.join("fixtures"));
    let retail = unseen::Clients::retail(folder);
    published::fits(&mut report, &folder.join("fixtures"), &retail.fit());
    unseen::retail(&mut report, &retail);
    unseen::cdnow(&mut report, &unseen::Clients::cdnow(folder));
    if report.failed > 0 {
        println!("\n{} figures are outside their tolerance", report.failed);
        return ExitCode::FAILURE;
    }
    println!("\nEverything is within its tolerance.");
    ExitCode::SUCCESS
}
