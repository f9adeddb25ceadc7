//! Guessing is slowed: for each account that is tried and for each address that tries.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};

use crate::error::Error;

/// Attempts at one account: ten at once, then one every thirty seconds.
const PER_ACCOUNT: (u32, Duration) = (10, Duration::from_secs(30));
/// Attempts from one address: sixty at once (an office shares one), then one every five seconds.
const PER_ADDRESS: (u32, Duration) = (60, Duration::from_secs(5));
/// Above so many keys the ones that are full again are forgotten.
const KEYS_BEFORE_CLEANUP: usize = 10_000;

/// Token buckets in memory, by account and by address.
#[derive(Clone)]
pub struct Throttle {
    accounts: Arc<DefaultKeyedRateLimiter<String>>,
    addresses: Arc<DefaultKeyedRateLimiter<String>>,
}

impl Throttle {
    /// Empty buckets.
    pub fn new() -> Self {
        Self {
            accounts: limiter(PER_ACCOUNT),
            addresses: limiter(PER_ADDRESS),
        }
    }

    /// Counts one attempt at `account` from `address`; refuses it when either has had too many.
    pub fn attempt(&self, account: &str, address: Option<&str>) -> Result<(), Error> {
        if let Some(address) = address {
            take(&self.addresses, &network(address))?;
        }
        take(&self.accounts, account)
    }
}

impl Default for Throttle {
    fn default() -> Self {
        Self::new()
    }
}

fn limiter((burst, every): (u32, Duration)) -> Arc<DefaultKeyedRateLimiter<String>> {
    let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
    let quota = Quota::with_period(every)
        .unwrap_or_else(|| Quota::per_minute(burst))
        .allow_burst(burst);
    Arc::new(DefaultKeyedRateLimiter::keyed(quota))
}

/// The address as one that tries is known by: of IPv6 the first 64 bits, because one customer holds all the rest. An IPv4
/// address in the clothes of IPv6 is the IPv4 one, or all of them were one customer.
pub fn network(address: &str) -> String {
    match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(v6)) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).to_string(),
        Ok(IpAddr::V4(v4)) => v4.to_string(),
        Err(_) => address.to_owned(),
    }
}

fn take(limiter: &DefaultKeyedRateLimiter<String>, key: &str) -> Result<(), Error> {
    if limiter.len() > KEYS_BEFORE_CLEANUP {
        limiter.retain_recent();
    }
    limiter
        .check_key(&key.to_owned())
        .map_err(|refused| Error::RateLimited {
            retry_after_seconds: refused.wait_time_from(DefaultClock::default().now()).as_secs() + 1,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_with_a_whole_network_counts_once() {
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2::ffff"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("192.0.2.7"), "192.0.2.7");
        assert_eq!(network("::ffff:192.0.2.7"), "192.0.2.7");
        assert_ne!(network("::ffff:192.0.2.7"), network("::ffff:192.0.2.8"));
        assert_eq!(network("unknown"), "unknown");
    }

    #[test]
    fn the_eleventh_guess_at_an_account_waits_and_other_accounts_do_not() {
        let throttle = Throttle::new();
        for _ in 0..PER_ACCOUNT.0 {
            assert!(throttle.attempt("a@example.com", Some("192.0.2.7")).is_ok());
        }
        let refused = throttle.attempt("a@example.com", Some("192.0.2.8"));
        assert!(matches!(
            refused,
            Err(Error::RateLimited {
                retry_after_seconds: 1..=31
            })
        ));
        assert!(throttle.attempt("b@example.com", Some("192.0.2.7")).is_ok());
    }
}
