//! Callers that the database knew a moment ago. A client that sends many requests is looked up some forty times a second
//! and not at each of them; what is refused for want of points does not reach the database.
//!
//! Nobody sees the difference: whoever ends a session, changes a role or the like is answered only when no server goes by
//! what was before. See `platform/tenancy/lease.rs`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use moka::sync::Cache;

use super::{Actor, Subject};
use crate::platform::ctx::TenantSettings;
use crate::platform::tenancy::LEASE;

/// Callers kept.
const CALLERS: u64 = 10_000;

/// From this age on the database is asked anew, by one request while the others go on with what is known: else all that are
/// under way would ask at once when the time is over.
const ASKED_ANEW: Duration = Duration::from_millis(25);

type Caller = (Actor, TenantSettings);

/// The callers of this process.
pub struct Leases(Cache<Subject, Arc<Lease>>);

struct Lease {
    caller: Caller,
    /// When the database was about to be asked.
    asked: Instant,
    /// When the session ends by itself.
    until: DateTime<Utc>,
    /// A request is on its way to ask anew.
    is_asked_anew: AtomicBool,
}

impl Default for Leases {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(CALLERS).time_to_live(LEASE).build())
    }
}

impl Leases {
    /// Who that is, if the database said so a moment ago, and this is not the one to ask it anew.
    pub fn get(&self, subject: &Subject, now: DateTime<Utc>) -> Option<Caller> {
        let lease = self.0.get(subject)?;
        let age = lease.asked.elapsed();
        let is_known = age < LEASE && now < lease.until;
        let asks = age >= ASKED_ANEW && !lease.is_asked_anew.swap(true, Ordering::Relaxed);
        (is_known && !asks).then(|| lease.caller.clone())
    }

    /// Keeps what the database said when it was asked at `asked`.
    pub fn keep(&self, subject: Subject, caller: Caller, asked: Instant, until: DateTime<Utc>) {
        let lease = Lease {
            caller,
            asked,
            until,
            is_asked_anew: AtomicBool::new(false),
        };
        self.0.insert(subject, Arc::new(lease));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use chrono::TimeDelta;
    use chrono_tz::Tz;
    use domain::policy::Visibility;
    use domain::risk::{Borders, Rules, Terms};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_caller_is_known_for_a_moment_and_never_beyond_his_session() {
        let (leases, now) = (Leases::default(), DateTime::<Utc>::UNIX_EPOCH);
        let subject = |n: u128| Subject::Client {
            client: Uuid::from_u128(n),
            tenant: Uuid::nil(),
        };
        let caller = || {
            let tenant = TenantSettings {
                id: Uuid::nil(),
                country: "JP".into(),
                zone: Tz::UTC,
                currency: "JPY".into(),
                visibility: Visibility::Everyone,
                borders: Borders::new(0.2, 0.4, 0.6).unwrap(),
                terms: Terms::new(1.0, 0.1).unwrap(),
                rules: Rules::default(),
                continuity_threshold: 70,
            };
            (Actor::System, tenant)
        };
        let long_ago = Instant::now().checked_sub(LEASE).unwrap();
        leases.keep(subject(1), caller(), Instant::now(), now + TimeDelta::hours(1));
        leases.keep(subject(2), caller(), long_ago, now + TimeDelta::hours(1));
        leases.keep(subject(3), caller(), Instant::now(), now);
        let known = |n| leases.get(&subject(n), now).is_some();
        assert_eq!([known(1), known(2), known(3), known(4)], [true, false, false, false]);
        // Half of the time is over: one asks, and the others do not wait for him.
        let a_while_ago = Instant::now().checked_sub(ASKED_ANEW).unwrap();
        leases.keep(subject(5), caller(), a_while_ago, now + TimeDelta::hours(1));
        assert_eq!([known(5), known(5), known(5)], [false, true, true]);
    }
}
