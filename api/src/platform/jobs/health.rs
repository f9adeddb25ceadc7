//! How the jobs of a process do.

use std::collections::BTreeMap;

use parking_lot::Mutex;

/// How each job does.
#[derive(Debug, Default)]
pub struct Health(Mutex<BTreeMap<&'static str, State>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Well,
    Failing,
    Ended,
}

/// Jobs that are not as they should be, by name.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Troubled {
    /// They run no more, though nobody stopped them.
    pub ended: Vec<&'static str>,
    /// Their last run failed, at least for one tenant; they try again.
    pub failing: Vec<&'static str>,
}

impl Health {
    /// A run is over.
    pub(super) fn ran(&self, job: &'static str, is_well: bool) {
        let state = if is_well { State::Well } else { State::Failing };
        self.0.lock().insert(job, state);
    }

    /// There will be no more runs.
    pub(super) fn ended(&self, job: &'static str) {
        self.0.lock().insert(job, State::Ended);
    }

    /// Those that are not well.
    pub fn state(&self) -> Troubled {
        let states = self.0.lock();
        let of = |wanted| {
            states
                .iter()
                .filter(|(_, state)| **state == wanted)
                .map(|(job, _)| *job)
                .collect()
        };
        Troubled {
            ended: of(State::Ended),
            failing: of(State::Failing),
        }
    }
}
