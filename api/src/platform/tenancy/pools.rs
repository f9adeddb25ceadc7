//! A pool for each thread that serves requests (PostgreSQL). The answer to a statement then wakes the thread that waits for
//! it and no other, which spares a good part of what a small request costs.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread::{self, ThreadId};

use parking_lot::RwLock;
use sea_orm::sqlx::PgPool;

/// Fewer connections than this make no pool of their own: one slow statement would hold up its whole thread.
const FEWEST: u32 = 4;

/// The pools of one process.
#[derive(Clone, Debug)]
pub struct ThreadPools {
    /// For every other thread.
    shared: PgPool,
    own: Arc<RwLock<HashMap<ThreadId, PgPool>>>,
    /// Connections of each.
    each: u32,
}

/// How many connections each of so many threads, and all others together, may have.
pub fn share(connections: u32, threads: usize) -> u32 {
    let parts = u32::try_from(threads).unwrap_or(u32::MAX).saturating_add(1);
    let each = connections / parts;
    if each < FEWEST { connections } else { each }
}

impl ThreadPools {
    /// Beside a pool that has been opened for all other threads, with as many connections as each of these.
    pub fn new(shared: PgPool, is_divided: bool) -> Self {
        Self {
            each: if is_divided {
                shared.options().get_max_connections()
            } else {
                0
            },
            shared,
            own: Arc::default(),
        }
    }

    /// Gives the current thread a pool of its own.
    pub fn join(&self) {
        if self.each > 0 {
            let options = self.shared.options().clone();
            let pool = options.connect_lazy_with(self.shared.connect_options().as_ref().clone());
            self.own.write().insert(thread::current().id(), pool);
        }
    }

    /// The current thread's.
    pub fn here(&self) -> PgPool {
        let own = self.own.read().get(&thread::current().id()).cloned();
        own.unwrap_or_else(|| self.shared.clone())
    }

    /// All of them.
    pub fn all(&self) -> Vec<PgPool> {
        let own = self.own.read();
        own.values().chain([&self.shared]).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn connections_are_divided_when_each_gets_enough() {
        assert_eq!(share(16, 2), 5);
        assert_eq!(share(20, 4), 4);
        // Not enough for each: all share all.
        assert_eq!(share(16, 8), 16);
        assert_eq!(share(4, 1), 4);
        assert_eq!(share(2, 0), 2);
        assert_eq!(share(16, usize::MAX), 16);
    }
}
