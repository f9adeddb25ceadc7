//! What the signals of an account weigh on a day.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::factors::{Cause, Evidence, FactorKind, Unit};
use super::scorecard::days_between;

/// Two complaints at most this many days apart are a repeated complaint.
pub const REPEAT_WITHIN_DAYS: u32 = 90;
/// A signal that has faded below a thousandth of its weight (ten half-lives) is no longer told.
const LEAST: f64 = 1.0 / 1024.0;

/// A fact about an account, told by people or proven by what is on record.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// The row that states it.
    pub source: Evidence,
    /// What it is. A kind that only the model measures ([`FactorKind::recordable`]) is ignored.
    pub kind: FactorKind,
    /// The cause that was named; without one, the kind's own.
    pub cause: Option<Cause>,
    /// Whether our own conduct can change it.
    pub controllable: bool,
    /// The day it happened or began, in the tenant's time zone.
    pub since: NaiveDate,
    /// The day it ended. A complaint then weighs as a resolved one; anything else weighs no more.
    pub resolved_on: Option<NaiveDate>,
    /// How much of it there is, 0..=1: what is told is there or not.
    pub size: f64,
    /// It goes on, and so does not fade before it ends.
    pub ongoing: bool,
    /// What was measured, for those that are.
    pub measure: Option<(f64, Unit)>,
    /// Further rows that prove it.
    pub evidence: Vec<Evidence>,
}

impl Signal {
    /// That it is so since a day, as a row states: the whole of it, with nothing measured and no further proof.
    #[must_use]
    pub const fn of(kind: FactorKind, source: Evidence, since: NaiveDate) -> Self {
        Self {
            source,
            kind,
            cause: None,
            controllable: kind.controllable(),
            since,
            resolved_on: None,
            size: 1.0,
            ongoing: false,
            measure: None,
            evidence: Vec::new(),
        }
    }
}

/// All signals of one kind, as they weigh on a day.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Weighed {
    pub kind: FactorKind,
    /// How much there is of the one that weighs most, 0..=1.
    pub size: f64,
    /// 2^(−age / half-life) of that one, 0..=1.
    pub decay: f64,
    /// What was measured, by whichever was.
    pub measure: Option<(f64, Unit)>,
    pub age_days: u32,
    pub half_life_days: Option<u16>,
    pub cause: Option<Cause>,
    pub controllable: bool,
    pub since: NaiveDate,
    /// The rows that state it, each once.
    pub sources: Vec<Evidence>,
    /// Those, and further rows that prove it, each once.
    pub evidence: Vec<Evidence>,
}

impl Weighed {
    /// What is left of it: never below [`LEAST`].
    pub fn strength(&self) -> f64 {
        self.size * self.decay
    }
}

/// One entry a kind, in the order of [`FactorKind`]; the order of the signals does not matter. A complaint that was not
/// resolved within `target_days` weighs as an unresolved one, fading from the day on which it was.
pub(crate) fn weigh(as_of: NaiveDate, target_days: u16, signals: &[Signal]) -> Vec<Weighed> {
    let mut seen = BTreeSet::new();
    let mut current: Vec<Weighed> = signals
        .iter()
        .filter(|s| seen.insert((s.kind, s.source)))
        .filter_map(|s| alone(as_of, target_days, s))
        .collect();
    current.sort_by_key(|w| (w.since, w.sources.first().copied()));
    current.extend(repeated(&current));

    let mut kinds = BTreeMap::<FactorKind, Weighed>::new();
    // The weightiest first, of equals the latest: it speaks for its kind.
    current.sort_by(|a, b| {
        b.strength().total_cmp(&a.strength()).then_with(|| {
            let key = |w: &Weighed| (Reverse(w.since), w.sources.first().copied());
            key(a).cmp(&key(b))
        })
    });
    for next in current.into_iter().filter(|w| w.strength() >= LEAST) {
        match kinds.get_mut(&next.kind) {
            Some(first) => join(first, &next),
            None => {
                kinds.insert(next.kind, next);
            }
        }
    }
    if let Some(both) = last_contact_left(&kinds) {
        kinds.insert(both.kind, both);
    }
    kinds.into_values().collect()
}

/// One signal for itself; `None` if it does not hold on the day.
fn alone(as_of: NaiveDate, target_days: u16, signal: &Signal) -> Option<Weighed> {
    if signal.since > as_of || !signal.kind.recordable() {
        return None;
    }
    let resolved_on = signal
        .resolved_on
        .or((signal.kind == FactorKind::ResolvedComplaint).then_some(signal.since))
        .filter(|day| *day <= as_of)
        .map(|day| day.max(signal.since));
    let (kind, fades_from) = match (signal.kind, resolved_on) {
        (FactorKind::UnresolvedComplaint | FactorKind::ResolvedComplaint, Some(day)) => {
            let in_time = days_between(signal.since, day) <= u32::from(target_days);
            let kind = if in_time {
                FactorKind::ResolvedComplaint
            } else {
                FactorKind::UnresolvedComplaint
            };
            (kind, Some(day))
        }
        (FactorKind::UnresolvedComplaint | FactorKind::ResolvedComplaint, None) => {
            (FactorKind::UnresolvedComplaint, None)
        }
        (FactorKind::RepeatedComplaint, resolved) => (signal.kind, resolved),
        (_, Some(_)) => return None,
        (kind, None) => (kind, (!signal.ongoing).then_some(signal.since)),
    };
    let half_life_days = fades_from.and(kind.prior().half_life_days);
    let age_days = days_between(fades_from.unwrap_or(signal.since), as_of);
    let mut evidence = vec![signal.source];
    add(&mut evidence, &signal.evidence);
    Some(Weighed {
        kind,
        size: signal.size.clamp(0.0, 1.0),
        measure: signal.measure,
        decay: half_life_days.map_or(1.0, |half_life| {
            libm::exp2(-f64::from(age_days) / f64::from(half_life.max(1)))
        }),
        age_days,
        half_life_days,
        cause: signal.cause.or(kind.default_cause()),
        controllable: signal.controllable,
        since: signal.since,
        sources: vec![signal.source],
        evidence,
    })
}

/// Each complaint that came soon after another weighs as a repetition, as long as it does itself.
fn repeated(by_day: &[Weighed]) -> Vec<Weighed> {
    let complaints: Vec<&Weighed> = by_day
        .iter()
        .filter(|w| matches!(w.kind, FactorKind::UnresolvedComplaint | FactorKind::ResolvedComplaint))
        .collect();
    complaints
        .windows(2)
        .filter_map(|pair| match pair {
            [first, second] if days_between(first.since, second.since) <= REPEAT_WITHIN_DAYS => {
                let mut again = Weighed {
                    kind: FactorKind::RepeatedComplaint,
                    ..(*second).clone()
                };
                join(&mut again, first);
                Some(again)
            }
            _ => None,
        })
        .collect()
}

/// The one contact we had has left: holds while both do, and fades as the leaving does.
fn last_contact_left(kinds: &BTreeMap<FactorKind, Weighed>) -> Option<Weighed> {
    let single = kinds.get(&FactorKind::SingleContact)?;
    let left = kinds.get(&FactorKind::KeyContactLeft)?;
    let mut both = Weighed {
        kind: FactorKind::SingleContactLeft,
        measure: None,
        ..left.clone()
    };
    join(&mut both, single);
    Some(both)
}

/// Adds what states and proves `more`.
fn join(weighed: &mut Weighed, more: &Weighed) {
    weighed.measure = weighed.measure.or(more.measure);
    add(&mut weighed.sources, &more.sources);
    add(&mut weighed.evidence, &more.evidence);
}

fn add(rows: &mut Vec<Evidence>, more: &[Evidence]) {
    for row in more {
        if !rows.contains(row) {
            rows.push(*row);
        }
    }
}

#[cfg(test)]
mod tests;
