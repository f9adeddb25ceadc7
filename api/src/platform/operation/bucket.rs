//! How much may be asked of the service: a bucket of points for each client of each tenant, filled steadily. Ours and
//! not `governor`'s, because what was asked for and not needed is given back.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use parking_lot::Mutex;
use serde::Serialize;

use crate::error::Error;
use crate::platform::Ctx;
use crate::platform::auth::{Actor, network};

/// Buckets kept; beyond that the ones used longest ago are forgotten, which fills them.
const BUCKETS: u64 = 100_000;
/// A bucket that was not used for so long is full.
const IDLE: Duration = Duration::from_secs(60 * 60);

/// The buckets of the process.
pub struct Buckets {
    size: u64,
    restored_per_second: u64,
    buckets: Cache<String, Arc<Mutex<Bucket>>>,
}

/// What is in a bucket, and since when.
struct Bucket {
    points: f64,
    as_of: DateTime<Utc>,
}

/// What a bucket says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ThrottleStatus {
    /// Points of a full bucket.
    pub maximum_available: u64,
    /// Points there now.
    pub currently_available: u64,
    /// Points that come back each second.
    pub restore_rate: u64,
}

impl Buckets {
    /// Buckets of so many points, which fill so fast.
    pub fn new(size: u64, restored_per_second: u64) -> Self {
        Self {
            size,
            restored_per_second,
            buckets: Cache::builder()
                .max_capacity(BUCKETS)
                .time_to_idle(IDLE)
                // By how often each was used, the cache's own way, a full one would forget whoever is new at once, and let him do anything.
                .eviction_policy(EvictionPolicy::lru())
                .build(),
        }
    }

    /// Takes `points` from the caller's bucket, or refuses with the time after which they would be there.
    pub fn take(&self, ctx: &Ctx, points: u64) -> Result<(), Error> {
        let bucket = self.of(ctx);
        let mut bucket = bucket.lock();
        // The clock is read under the lock: who waited for it would turn the bucket's time back.
        self.fill(&mut bucket, ctx.app.clock.now());
        let wanted = as_points(points);
        if bucket.points < wanted {
            let missing = wanted - bucket.points;
            return Err(Error::RateLimited {
                retry_after_seconds: self.seconds_for(missing),
            });
        }
        bucket.points -= wanted;
        Ok(())
    }

    /// Settles what an operation did cost against what was taken for it. It may have cost more: then the bucket goes
    /// below nothing, and the next ones wait.
    pub fn settle(&self, ctx: &Ctx, taken: u64, actual: u64) -> ThrottleStatus {
        let bucket = self.of(ctx);
        let mut bucket = bucket.lock();
        self.fill(&mut bucket, ctx.app.clock.now());
        let size = as_points(self.size);
        bucket.points = (bucket.points + as_points(taken) - as_points(actual)).clamp(-size, size);
        self.status(&bucket)
    }

    fn status(&self, bucket: &Bucket) -> ThrottleStatus {
        ThrottleStatus {
            maximum_available: self.size,
            currently_available: whole(bucket.points),
            restore_rate: self.restored_per_second,
        }
    }

    fn of(&self, ctx: &Ctx) -> Arc<Mutex<Bucket>> {
        self.buckets.get_with(key(ctx), || {
            Arc::new(Mutex::new(Bucket {
                points: as_points(self.size),
                as_of: ctx.app.clock.now(),
            }))
        })
    }

    /// Puts in what has come back since. Whole milliseconds are counted, and the rest is left for the next time.
    fn fill(&self, bucket: &mut Bucket, now: DateTime<Utc>) {
        if now < bucket.as_of {
            // The clock went back: it would not be filled until the old time comes again.
            bucket.as_of = now;
            return;
        }
        let millis = (now - bucket.as_of).num_milliseconds();
        let restored = as_points(u64::try_from(millis).unwrap_or(0)) / 1000.0 * as_points(self.restored_per_second);
        if millis > 0 {
            bucket.points = (bucket.points + restored).min(as_points(self.size));
            bucket.as_of += TimeDelta::milliseconds(millis);
        }
    }

    fn seconds_for(&self, points: f64) -> u64 {
        whole((points / as_points(self.restored_per_second.max(1))).ceil()).max(1)
    }
}

/// The one who asks: an API client or a member in its tenant, a person, or an address.
fn key(ctx: &Ctx) -> String {
    match &ctx.actor {
        Actor::Anonymous { .. } => format!("address {}", network(ctx.request.ip.as_deref().unwrap_or(""))),
        Actor::System => "system".to_owned(),
        actor => {
            let (kind, id) = actor.kind_and_id();
            let tenant = ctx.tenant().map(|tenant| tenant.id).unwrap_or_default();
            format!("{tenant} {kind} {}", id.unwrap_or_default())
        }
    }
}

/// Exact up to 2^53, far above any operation that is let through.
fn as_points(points: u64) -> f64 {
    points as f64
}

/// The cast saturates: below nothing is nothing.
fn whole(points: f64) -> u64 {
    points as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(points: f64, wanted: f64) -> bool {
        (points - wanted).abs() < 1e-6
    }

    #[test]
    fn fractions_of_milliseconds_are_not_lost() {
        let buckets = Buckets::new(1_000, 1_000);
        let began = DateTime::<Utc>::UNIX_EPOCH;
        let mut bucket = Bucket {
            points: 0.0,
            as_of: began,
        };
        for n in 1..=10 {
            buckets.fill(&mut bucket, began + TimeDelta::microseconds(1_900 * n));
        }
        assert!(is(bucket.points, 19.0), "{}", bucket.points);
    }

    #[test]
    fn a_clock_that_goes_back_does_not_stop_the_filling() {
        let buckets = Buckets::new(1_000, 10);
        let began = DateTime::<Utc>::UNIX_EPOCH;
        let mut bucket = Bucket {
            points: 0.0,
            as_of: began + TimeDelta::hours(1),
        };
        buckets.fill(&mut bucket, began);
        assert!(is(bucket.points, 0.0), "{}", bucket.points);
        buckets.fill(&mut bucket, began + TimeDelta::seconds(2));
        assert!(is(bucket.points, 20.0), "{}", bucket.points);
    }
}
