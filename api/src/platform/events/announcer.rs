//! Wakes the readers of the log. It carries no truth: a reader that misses a call finds its work in the log.

use tokio::sync::broadcast;
use uuid::Uuid;

/// How many calls may wait for a slow reader before it is told that it lagged (it then asks the log).
const BACKLOG: usize = 1024;

/// Tells the readers in this process that a tenant's log has grown.
#[derive(Clone, Debug)]
pub struct Announcer {
    sender: broadcast::Sender<(Uuid, i64)>,
}

impl Announcer {
    /// Makes one for the process.
    pub fn new() -> Self {
        Self {
            sender: broadcast::channel(BACKLOG).0,
        }
    }

    /// The tenant's log now ends at `seq`.
    pub fn announce(&self, tenant: Uuid, seq: i64) {
        // An error only means that nobody listens at this moment.
        let _ = self.sender.send((tenant, seq));
    }

    /// From now on, (tenant, last sequence number) of each growth.
    pub fn subscribe(&self) -> broadcast::Receiver<(Uuid, i64)> {
        self.sender.subscribe()
    }
}

impl Default for Announcer {
    fn default() -> Self {
        Self::new()
    }
}
