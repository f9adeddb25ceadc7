//! How the factors of one assessment differ from those of another.

use std::collections::BTreeMap;

use super::factors::FactorKind;
use super::scorecard::{Factor, POINTS_PER_LOG_ODD};

/// A factor that weighs otherwise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moved {
    /// The factor.
    pub kind: FactorKind,
    /// Its contribution before, in log-odds; 0 where there was none.
    pub before: f64,
    /// Its contribution after, in log-odds; 0 where there is none.
    pub after: f64,
    /// The difference in points: +20 doubles the odds.
    pub points: f64,
}

/// The factors that weigh otherwise in `after` than in `before`, the weightiest change first.
#[must_use]
pub fn moved(before: &[Factor], after: &[Factor]) -> Vec<Moved> {
    let mut kinds: BTreeMap<FactorKind, (f64, f64)> = BTreeMap::new();
    for factor in before {
        kinds.entry(factor.kind).or_default().0 += factor.log_odds;
    }
    for factor in after {
        kinds.entry(factor.kind).or_default().1 += factor.log_odds;
    }
    let changed = kinds.into_iter().filter(|(_, (before, after))| before != after);
    let mut moved: Vec<Moved> = changed
        .map(|(kind, (before, after))| Moved {
            kind,
            before,
            after,
            points: (after - before) * POINTS_PER_LOG_ODD,
        })
        .collect();
    moved.sort_by(|a, b| b.points.abs().total_cmp(&a.points.abs()));
    moved
}
