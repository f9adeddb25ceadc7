//! Wakes the readers of the log. It carries no truth: a reader that misses a call finds its work in the log.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{broadcast, watch};
use uuid::Uuid;

/// How many calls may wait for a slow reader before it is told that it lagged (it then asks the log).
const BACKLOG: usize = 1024;

/// Tells the readers in this process that a tenant's log has grown.
#[derive(Clone, Debug)]
pub struct Announcer {
    sender: broadcast::Sender<(Uuid, i64)>,
    watched: Arc<Mutex<HashMap<Uuid, watch::Sender<i64>>>>,
}

impl Announcer {
    /// Makes one for the process.
    pub fn new() -> Self {
        Self {
            sender: broadcast::channel(BACKLOG).0,
            watched: Arc::default(),
        }
    }

    /// The tenant's log now ends at `seq`.
    pub fn announce(&self, tenant: Uuid, seq: i64) {
        self.is_news(tenant, seq);
        // An error only means that nobody listens at this moment.
        let _ = self.sender.send((tenant, seq));
    }

    /// The same, found in the database: perhaps another process wrote, perhaps nobody did.
    pub fn found(&self, tenant: Uuid, seq: i64) {
        if self.is_news(tenant, seq) {
            let _ = self.sender.send((tenant, seq));
        }
    }

    /// Calls may come out of order: only a greater number is news.
    fn is_news(&self, tenant: Uuid, seq: i64) -> bool {
        let watched = self.watched.lock();
        watched.get(&tenant).is_some_and(|known| {
            known.send_if_modified(|known| {
                let is_greater = seq > *known;
                *known = seq.max(*known);
                is_greater
            })
        })
    }

    /// From now on, (tenant, last sequence number) of each growth.
    pub fn subscribe(&self) -> broadcast::Receiver<(Uuid, i64)> {
        self.sender.subscribe()
    }

    /// The last number of one tenant's log that is known here; 0 before the first call.
    pub fn watch(&self, tenant: Uuid) -> watch::Receiver<i64> {
        let mut watched = self.watched.lock();
        watched.entry(tenant).or_insert_with(|| watch::channel(0).0).subscribe()
    }

    /// The tenants whose logs somebody watches.
    pub fn watched(&self) -> Vec<Uuid> {
        let mut watched = self.watched.lock();
        watched.retain(|_, known| known.receiver_count() > 0);
        watched.keys().copied().collect()
    }
}

impl Default for Announcer {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_a_greater_number_is_news() {
        let announcer = Announcer::new();
        let tenant = Uuid::from_u128(1);
        let mut calls = announcer.subscribe();
        let watch = announcer.watch(tenant);
        announcer.announce(tenant, 5);
        announcer.found(tenant, 5);
        announcer.announce(tenant, 3);
        assert_eq!(*watch.borrow(), 5);
        announcer.found(tenant, 6);
        assert_eq!(*watch.borrow(), 6);
        let heard: Vec<i64> = std::iter::from_fn(|| calls.try_recv().ok())
            .map(|(_, seq)| seq)
            .collect();
        assert_eq!(heard, [5, 3, 6]);
        drop(watch);
        assert!(announcer.watched().is_empty());
    }
}
