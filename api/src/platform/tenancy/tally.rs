//! How much the doors did for one request.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Counts statements and the rows that they gave.
#[derive(Debug, Default)]
pub struct Tally {
    statements: AtomicU64,
    rows: AtomicU64,
    /// What callers are recognised by was changed, and is not committed yet.
    recognition: AtomicBool,
}

impl Tally {
    /// Statements so far, without those that begin and end transactions.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Rows that they gave so far.
    pub fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }

    /// Begins to count anew.
    pub fn clear(&self) {
        self.statements.store(0, Ordering::Relaxed);
        self.rows.store(0, Ordering::Relaxed);
    }

    /// What callers are recognised by is changed.
    pub(super) fn change_recognition(&self) {
        self.recognition.store(true, Ordering::Relaxed);
    }

    /// Whether it was, since this was asked last.
    pub(super) fn take_recognition(&self) -> bool {
        self.recognition.swap(false, Ordering::Relaxed)
    }

    pub(super) fn count_statement(&self) {
        self.statements.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts what a statement gave, and passes it on.
    pub(super) fn count_rows<T: Rows>(&self, given: T) -> T {
        let rows = u64::try_from(given.rows()).unwrap_or(u64::MAX);
        self.rows.fetch_add(rows, Ordering::Relaxed);
        given
    }
}

/// What a statement gives.
pub(super) trait Rows {
    fn rows(&self) -> usize;
}

impl<T> Rows for Vec<T> {
    fn rows(&self) -> usize {
        self.len()
    }
}

impl<T> Rows for Option<T> {
    fn rows(&self) -> usize {
        usize::from(self.is_some())
    }
}
