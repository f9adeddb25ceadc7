//! What the tenant's own past teaches about silence: learned by one pass over its orders, and kept while it holds.
//!
//! The pass reads every order once, a page at a time, and keeps one small row an account. What it taught is kept in
//! this process and used again until a hundredth of the orders changed; the nightly run always learns anew.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use chrono::NaiveDate;
use chrono_tz::Tz;
use domain::calendar::tenant_day;
use domain::risk::{CellModel, CutRow, cut_day, fit, horizon_days};
use moka::sync::Cache;
use uuid::Uuid;

use super::moment::Moment;
use super::queries::{self, KindRow, OrderRow};
use crate::error::Result;
use crate::platform::tenancy::TenantDb;

/// Models kept: some tenants, some days of the past each.
const MOST_KEPT: u64 = 256;
/// The log may be trimmed, so a model is not compared with it for ever.
const KEPT_FOR: Duration = Duration::from_secs(3_600);
/// Single orders that may change before the past is read again, however many there are.
const MOST_CHANGES: u64 = 200;
/// What an import may add at a time: one event tells of that many orders.
const ORDERS_OF_AN_IMPORT: u64 = 500;

static KEPT: LazyLock<Cache<Key, Arc<Fit>>> =
    LazyLock::new(|| Cache::builder().max_capacity(MOST_KEPT).time_to_live(KEPT_FOR).build());

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
    /// The cells.
    pub model: CellModel,
    /// Orders it learned from.
    orders: u64,
    /// The newest event when it learned.
    seq: i64,
}

/// The model for the moment; one that is kept, if it still holds.
pub async fn kept(db: &TenantDb, moment: &Moment) -> Result<Arc<Fit>> {
    if let Some(fit) = KEPT.get(&key(db, moment)) {
        let events = queries::order_events_since(db, fit.seq, MOST_CHANGES + 1).await?;
        if fit.holds_after(&events) {
            return Ok(fit);
        }
    }
    anew(db, moment).await
}

/// The model for the moment, learned now.
pub async fn anew(db: &TenantDb, moment: &Moment) -> Result<Arc<Fit>> {
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
    fn holds_after(&self, events: &[KindRow]) -> bool {
        let imports = events
            .iter()
            .filter(|event| event.r#type.starts_with("orders."))
            .count() as u64;
        let singles = events.len() as u64 - imports;
        // An import grows what was learned from by a twentieth between two passes, so that all its passes together
        // cost no more than some twenty.
        singles <= MOST_CHANGES.min(self.orders / 100) && imports * ORDERS_OF_AN_IMPORT <= self.orders / 20
    }
}

async fn learn(db: &TenantDb, moment: &Moment) -> Result<Fit> {
    let seq = queries::newest_event(db).await?;
    let first = queries::first_order(db, moment).await?;
    let horizon = horizon_days(first.map(|row| tenant_day(row.ordered_at, moment.zone)), moment.day);
    let mut past = Past::new(cut_day(moment.day, horizon), moment.zone);
    queries::each_order(db, moment, None, |row| past.add(&row)).await?;
    let (rows, orders) = past.finish();
    Ok(Fit {
        model: fit(moment.day, horizon, &rows),
        orders,
        seq,
    })
}

/// Gathers one row an account from orders that come by account and then by time.
struct Past {
    cut: NaiveDate,
    zone: Tz,
    orders: u64,
    open: Option<Open>,
    rows: Vec<CutRow>,
}

struct Open {
    account: Uuid,
    last_day: Option<NaiveDate>,
    days: u32,
    silent: bool,
}

impl Past {
    fn new(cut: NaiveDate, zone: Tz) -> Self {
        Self {
            cut,
            zone,
            orders: 0,
            open: None,
            rows: Vec::new(),
        }
    }

    fn add(&mut self, row: &OrderRow) {
        if row.tenant_amount_minor < 0 {
            return;
        }
        self.orders += 1;
        if self.open.as_ref().is_none_or(|open| open.account != row.account_id) {
            self.close();
            self.open = Some(Open {
                account: row.account_id,
                last_day: None,
                days: 0,
                silent: true,
            });
        }
        let day = tenant_day(row.ordered_at, self.zone);
        if let Some(open) = &mut self.open {
            if day > self.cut {
                open.silent = false;
            } else if open.last_day != Some(day) {
                open.last_day = Some(day);
                open.days += 1;
            }
        }
    }

    fn close(&mut self) {
        let Some(open) = self.open.take() else {
            return;
        };
        // An account that first ordered after the cut says nothing.
        if let Some(last_day) = open.last_day {
            let recency = self.cut.signed_duration_since(last_day).num_days().max(0);
            self.rows.push(CutRow {
                recency_days: u32::try_from(recency).unwrap_or(u32::MAX),
                orders: open.days,
                silent: open.silent,
            });
        }
    }

    fn finish(mut self) -> (Vec<CutRow>, u64) {
        self.close();
        (self.rows, self.orders)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn order(account: u128, at: &str, minor: i64) -> OrderRow {
        OrderRow {
            id: Uuid::nil(),
            account_id: Uuid::from_u128(account),
            ordered_at: at.parse().unwrap(),
            tenant_amount_minor: minor,
        }
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_past_is_as_the_domain_observes_it() {
        let (cut, as_of, zone) = (day("2011-09-10"), day("2011-12-09"), Tz::Asia__Tokyo);
        let orders = [
            order(1, "2011-01-03T10:00:00Z", 100),
            // The same day in Tokyo, two in London.
            order(1, "2011-02-01T16:00:00Z", 100),
            order(1, "2011-02-02T03:00:00Z", 0),
            order(1, "2011-09-09T16:00:00Z", 100),
            order(1, "2011-10-01T10:00:00Z", -100),
            order(2, "2011-09-01T10:00:00Z", 100),
            order(2, "2011-09-10T15:00:00Z", 100),
            order(3, "2011-11-01T10:00:00Z", 100),
            order(4, "2011-01-01T10:00:00Z", -100),
        ];
        let mut past = Past::new(cut, zone);
        orders.iter().for_each(|row| past.add(row));
        let expected: Vec<CutRow> = [1, 2, 3, 4]
            .into_iter()
            .filter_map(|account| {
                let days: Vec<NaiveDate> = orders
                    .iter()
                    .filter(|row| row.account_id == Uuid::from_u128(account) && row.tenant_amount_minor >= 0)
                    .map(|row| tenant_day(row.ordered_at, zone))
                    .collect();
                CutRow::observe(cut, as_of, &days)
            })
            .collect();
        assert_eq!(past.finish(), (expected.clone(), 7));
        assert_eq!(
            expected,
            [
                CutRow {
                    recency_days: 0,
                    orders: 3,
                    silent: true
                },
                CutRow {
                    recency_days: 9,
                    orders: 1,
                    silent: false
                }
            ]
        );
    }

    #[test]
    fn a_model_holds_until_a_hundredth_of_the_orders_changed() {
        let fit = |orders| Fit {
            model: fit(day("2011-12-09"), 90, &[]),
            orders,
            seq: 0,
        };
        let events = |kind: &str, count: usize| -> Vec<KindRow> {
            (0..count)
                .map(|_| KindRow {
                    r#type: kind.to_owned(),
                })
                .collect()
        };
        assert!(fit(0).holds_after(&[]));
        assert!(!fit(99).holds_after(&events("order.created", 1)));
        assert!(fit(100).holds_after(&events("order.created", 1)));
        assert!(fit(1_000_000).holds_after(&events("order.created", 200)));
        assert!(!fit(1_000_000).holds_after(&events("account.merged", 201)));
        assert!(!fit(9_999).holds_after(&events("orders.imported", 1)));
        assert!(fit(10_000).holds_after(&events("orders.imported", 1)));
    }
}
