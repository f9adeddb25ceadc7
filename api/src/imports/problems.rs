//! What is wrong with the rows of a file, with line, column and reason.

use std::collections::HashSet;

use domain::lang::Text;
use serde::{Deserialize, Serialize};

/// So many are kept; all are counted.
const KEPT: usize = 100;
/// So many different values are warned of; beyond that the column is simply not what it was taken for.
const MOST_WARNED: usize = 1_000;

/// How bad it is.
#[derive(async_graphql::Enum, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "ImportProblemSeverity")]
pub enum Severity {
    /// The row cannot be imported, and so the file is not.
    Error,
    /// The row is imported without this value.
    Warning,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Line of the file at which the row begins; the header is line 1.
    pub line: u64,
    /// Header of the column, when it is about one.
    pub column: Option<String>,
    /// How bad it is.
    pub severity: Severity,
    /// Why, in English.
    pub en: String,
    /// Why, in Japanese.
    pub ja: String,
}

/// What is wrong with a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problems {
    /// The first hundred; errors push warnings out.
    pub first: Vec<Problem>,
    /// How many errors there are in all.
    pub errors: u64,
    /// How many different warnings there are in all.
    pub warnings: u64,
    /// What was warned of already.
    #[serde(skip)]
    warned: HashSet<(Option<String>, String)>,
}

impl Problems {
    /// A row that cannot be imported.
    pub fn error(&mut self, line: u64, column: Option<&str>, why: Text) {
        self.errors += 1;
        if self.first.len() >= KEPT
            && let Some(place) = self
                .first
                .iter()
                .rposition(|problem| problem.severity == Severity::Warning)
        {
            self.first.remove(place);
        }
        self.keep(line, column, Severity::Error, why);
    }

    /// A value that is left out. Said once for each value: a file has the same one in many rows.
    pub fn warning(&mut self, line: u64, column: Option<&str>, why: Text) {
        if self.warned.len() < MOST_WARNED && self.warned.insert((column.map(str::to_owned), why.en.to_string())) {
            self.warnings += 1;
            self.keep(line, column, Severity::Warning, why);
        }
    }

    fn keep(&mut self, line: u64, column: Option<&str>, severity: Severity, why: Text) {
        // What is quoted of a file may have it, and PostgreSQL keeps none in JSON.
        let kept = |text: &str| text.replace('\0', "\u{fffd}");
        if self.first.len() < KEPT {
            self.first.push(Problem {
                line,
                column: column.map(kept),
                severity,
                en: kept(&why.en),
                ja: kept(&why.ja),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_hundred_are_kept_and_errors_come_before_warnings() {
        let mut problems = Problems::default();
        for line in 0..150 {
            problems.warning(line, None, Text::new(format!("w{line}"), "w"));
            problems.warning(line + 1000, None, Text::new(format!("w{line}"), "w"));
        }
        for line in 0..3 {
            problems.error(line, Some("amount"), Text::fixed("e", "e"));
        }
        assert_eq!(
            (problems.first.len(), problems.errors, problems.warnings),
            (100, 3, 150)
        );
        let errors = problems
            .first
            .iter()
            .filter(|problem| problem.severity == Severity::Error);
        assert_eq!(errors.count(), 3);
    }
}
