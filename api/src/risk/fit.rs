//! What the tenant's own past teaches about silence: learned from the orders of some thousand accounts, and kept while it holds.
//!
//! The orders are read once, a page at a time, and leave one small row an account. What they taught is kept in this process and
//! used again until a hundredth of the orders changed; the nightly run always learns anew.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use chrono::NaiveDate;
use chrono_tz::Tz;
use domain::calendar::tenant_day;
use domain::risk::{Buying, BuyingModel, MOST_LEARNED, cut_day, horizon_days};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use parking_lot::Mutex as SyncMutex;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::ledger::{Ledger, Windows};
use super::moment::Moment;
use super::pool;
use super::queries::{self, Changes, OrderRow};
use super::sample::{Sample, each_order_of_some};
use crate::error::{Error, Result};
use crate::platform::tenancy::{GlobalDb, TenantDb};

/// Models kept, of a kilobyte each: today's of each tenant, and some days of the past.
const MOST_KEPT: u64 = 8_192;
/// A day has a model of its own; the one of yesterday is of no more use.
const KEPT_FOR: Duration = Duration::from_secs(26 * 3_600);
/// Single orders that may change before the past is read again, however many there are.
const MOST_CHANGES: u64 = 200;
/// What an import may add at a time: one event tells of that many orders.
const ORDERS_OF_AN_IMPORT: u64 = 500;

/// The newest stay when it is full: by how often each was asked for, the cache's own way, the one just learned would be let go at once.
static KEPT: LazyLock<Cache<Key, Arc<Fit>>> = LazyLock::new(|| {
    let kept = Cache::builder().max_capacity(MOST_KEPT).time_to_live(KEPT_FOR);
    kept.eviction_policy(EvictionPolicy::lru()).build()
});

/// Of each tenant one request learns at a time: the others wait, and take what it learned.
static LEARNING: LazyLock<Cache<Uuid, Arc<Mutex<()>>>> = LazyLock::new(|| {
    let turns = Cache::builder().max_capacity(MOST_KEPT).time_to_idle(KEPT_FOR);
    turns.eviction_policy(EvictionPolicy::lru()).build()
});

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    tenant: Uuid,
    zone: Tz,
    day: NaiveDate,
    all_known: bool,
}

/// A model, and how old what it learned from is.
#[derive(Debug)]
pub struct Fit {
    /// How the tenant's accounts buy.
    pub model: BuyingModel,
    /// Orders that the tenant has, about.
    orders: u64,
    /// The newest event when it learned.
    pub(super) seq: i64,
    /// Whether the tenant shares what it learned.
    pub(super) teaches: bool,
    /// What is known to have changed since.
    changed: SyncMutex<Changes>,
}

/// The model for the moment; one that is kept, if it still holds.
pub async fn kept(db: &Arc<TenantDb>, moment: &Moment) -> Result<Arc<Fit>> {
    if let Some(fit) = holding(db, moment).await? {
        return Ok(fit);
    }
    let turn = turn(db.tenant());
    let _turn = turn.lock().await;
    match holding(db, moment).await? {
        Some(fit) => Ok(fit),
        None => anew(db, moment).await,
    }
}

/// What the requests of a tenant that learn wait for.
pub(super) fn turn(tenant: Uuid) -> Arc<Mutex<()>> {
    LEARNING.get_with(tenant, Arc::default)
}

/// The one that is kept, if it still holds.
async fn holding(db: &TenantDb, moment: &Moment) -> Result<Option<Arc<Fit>>> {
    let Some(fit) = KEPT.get(&key(db, moment)) else {
        return Ok(None);
    };
    let before = *fit.changed.lock();
    let more = queries::order_changes_since(db, before.seq.unwrap_or(fit.seq)).await?;
    Ok(fit.holds_after(before, more).then_some(fit))
}

/// The model for the moment, learned now.
pub async fn anew(db: &Arc<TenantDb>, moment: &Moment) -> Result<Arc<Fit>> {
    let fit = Arc::new(learn(db, moment).await?);
    KEPT.insert(key(db, moment), Arc::clone(&fit));
    Ok(fit)
}

fn key(db: &TenantDb, moment: &Moment) -> Key {
    Key {
        tenant: db.tenant(),
        zone: moment.zone,
        day: moment.day,
        all_known: moment.known_by.is_none(),
    }
}

impl Fit {
    /// Whether it holds when more changed than was known before. What is known is kept, so that each event is looked at once.
    fn holds_after(&self, before: Changes, more: Changes) -> bool {
        let all = Changes {
            seq: more.seq.or(before.seq),
            singles: before.singles + more.singles,
            imports: before.imports + more.imports,
        };
        {
            // Another request may have seen further.
            let mut kept = self.changed.lock();
            if all.seq > kept.seq {
                *kept = all;
            }
        }
        // An import grows what was learned from by a twentieth between two passes, so that all its passes together
        // cost no more than some twenty.
        let (singles, imports) = (all.singles.unsigned_abs(), all.imports.unsigned_abs());
        singles <= MOST_CHANGES.min(self.orders / 100) && imports * ORDERS_OF_AN_IMPORT <= self.orders / 20
    }
}

async fn learn(db: &Arc<TenantDb>, moment: &Moment) -> Result<Fit> {
    let seq = queries::newest_event(db).await?;
    let (start, teaches) = pool::starting(&GlobalDb::held(Arc::clone(db)), db.tenant(), moment).await?;
    let first = queries::first_order(db, moment).await?;
    let horizon = horizon_days(first.map(|row| tenant_day(row.ordered_at, moment.zone)), moment.day);
    let mut past = Past::new(moment.day, cut_day(moment.day, horizon));
    let stride = each_order_of_some(db, moment, |row| {
        past.add(&row, tenant_day(row.ordered_at, moment.zone));
    })
    .await?;
    let (accounts, outcomes, orders) = past.finish();
    // Off the threads that answer requests: it takes a while.
    let model =
        tokio::task::spawn_blocking(move || BuyingModel::learn_from(&start, horizon, &accounts, &outcomes)).await;
    Ok(Fit {
        model: model.map_err(Error::internal)?,
        orders: orders.saturating_mul(stride),
        seq,
        teaches,
        changed: SyncMutex::default(),
    })
}

/// Gathers how each account buys, and how it bought at the cut and whether it fell silent then, from orders that come by account
/// and then by time. Of many accounts every second, every fourth and so on is kept, so that memory stays bounded.
struct Past {
    today: NaiveDate,
    cut: NaiveDate,
    orders: u64,
    open: Option<Open>,
    /// How each bought at the cut, if it had ordered by then, and whether it has not since; and how it buys now.
    accounts: Sample<(Option<(Buying, bool)>, Buying)>,
}

/// The account whose orders come.
struct Open {
    account: Uuid,
    ledger: Ledger,
    at_cut: Option<Buying>,
    silent: bool,
}

impl Past {
    fn new(today: NaiveDate, cut: NaiveDate) -> Self {
        Self {
            today,
            cut,
            orders: 0,
            open: None,
            accounts: Sample::of_at_most(2 * MOST_LEARNED),
        }
    }

    fn add(&mut self, row: &OrderRow, day: NaiveDate) {
        self.orders += u64::from(row.tenant_amount_minor >= 0);
        if self.open.as_ref().is_none_or(|open| open.account != row.account_id) {
            self.close();
            self.open = Some(Open {
                account: row.account_id,
                ledger: Ledger::default(),
                at_cut: None,
                silent: true,
            });
        }
        if let Some(open) = &mut self.open {
            if row.tenant_amount_minor >= 0 && day > self.cut && open.silent {
                open.at_cut = open.ledger.buying(self.cut);
                open.silent = false;
            }
            open.ledger.add(row, day, Windows::NONE);
        }
    }

    fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        let Some(buying) = open.ledger.buying(self.today) else {
            return;
        };
        let (silent, cut) = (open.silent, self.cut);
        self.accounts.offer(|| {
            let then = if silent { open.ledger.buying(cut) } else { open.at_cut };
            (then.map(|then| (then, silent)), buying)
        });
    }

    /// How the accounts buy, what became of those that there were at the cut, and how many orders there are.
    fn finish(mut self) -> (Vec<Buying>, Vec<(Buying, bool)>, u64) {
        self.close();
        let accounts = self.accounts.kept();
        let outcomes = accounts.iter().filter_map(|(then, _)| *then).collect();
        let accounts = accounts.iter().map(|(_, now)| *now).collect();
        (accounts, outcomes, self.orders)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn order(account: u128, minor: i64) -> OrderRow {
        OrderRow {
            id: Uuid::nil(),
            account_id: Uuid::from_u128(account),
            ordered_at: "2011-01-03T10:00:00Z".parse().unwrap(),
            tenant_amount_minor: minor,
        }
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn each_account_is_learned_from_once_and_credit_notes_are_no_orders() {
        let mut past = Past::new(day("2011-03-01"), day("2011-01-10"));
        for (account, on, minor) in [
            (1, "2011-01-04", 100),
            (1, "2011-01-04", 200),
            (1, "2011-01-18", 400),
            (1, "2011-02-01", -50),
            (2, "2011-02-01", -100),
            (3, "2011-02-15", 70),
        ] {
            past.add(&order(account, minor), day(on));
        }
        let (accounts, outcomes, orders) = past.finish();
        // At the cut there was one of them; it went on.
        assert_eq!(outcomes.len(), 1);
        assert_eq!(
            (outcomes[0].0.rhythm.repeats, outcomes[0].0.average, outcomes[0].1),
            (0, 300.0, false)
        );
        assert_eq!((accounts.len(), orders), (2, 4));
        assert_eq!(
            (
                accounts[0].rhythm.repeats,
                accounts[0].rhythm.last,
                accounts[0].rhythm.age
            ),
            (1, 2.0, 8.0)
        );
        assert_eq!(
            (accounts[0].average, accounts[0].last, accounts[0].previous),
            (350.0, 400.0, 300.0)
        );
        assert_eq!((accounts[1].rhythm.repeats, accounts[1].rhythm.age), (0, 2.0));
    }

    #[test]
    fn of_very_many_accounts_some_are_kept() {
        let mut past = Past::new(day("2011-03-01"), day("2011-02-01"));
        for account in 0..50_000 {
            past.add(&order(account, 100), day("2011-01-04"));
        }
        let (accounts, outcomes, orders) = past.finish();
        assert!(outcomes.len() == accounts.len() && outcomes.iter().all(|(_, silent)| *silent));
        assert_eq!(orders, 50_000);
        assert!(
            (MOST_LEARNED..=2 * MOST_LEARNED).contains(&accounts.len()),
            "{}",
            accounts.len()
        );
    }

    #[test]
    fn a_model_holds_until_a_hundredth_of_the_orders_changed() {
        let fit = |orders| Fit {
            model: BuyingModel::learn(90, &[], &[]),
            orders,
            seq: 0,
            teaches: false,
            changed: SyncMutex::default(),
        };
        let changes = |seq, singles, imports| Changes {
            seq: Some(seq),
            singles,
            imports,
        };
        let holds =
            |orders, singles, imports| fit(orders).holds_after(Changes::default(), changes(1, singles, imports));
        assert!(fit(0).holds_after(Changes::default(), Changes::default()));
        assert!(!holds(99, 1, 0));
        assert!(holds(100, 1, 0));
        assert!(holds(1_000_000, 200, 0));
        assert!(!holds(1_000_000, 201, 0));
        assert!(!holds(9_999, 0, 1));
        assert!(holds(10_000, 0, 1));
        // What was seen before counts on, and one that sees less far does not take it back.
        let large = fit(1_000_000);
        assert!(large.holds_after(Changes::default(), changes(150, 150, 0)));
        assert!(large.holds_after(Changes::default(), changes(20, 20, 0)));
        let before = *large.changed.lock();
        assert!(!large.holds_after(before, changes(201, 51, 0)));
    }
}
