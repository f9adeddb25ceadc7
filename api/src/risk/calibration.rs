//! Predicted against observed: the model asked at days of the tenant's own past.
//!
//! It goes by when orders were placed, as a back-test must: what was written down late was no less true.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use chrono::NaiveDate;
use domain::backtest::{BackTest, MOST_CLIENTS, Purchases, back_test};
use domain::calendar::tenant_day;
use domain::policy::Action;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use uuid::Uuid;

use super::fit;
use super::moment::Moment;
use super::sample::{Sample, each_order_of_some};
use crate::error::{Error, Result};
use crate::platform::Ctx;
use crate::platform::tenancy::TenantDb;

const MOST_KEPT: u64 = 64;
const KEPT_FOR: Duration = Duration::from_secs(3_600);

/// By tenant, day, and the newest event that the model of the day had seen: a report holds as long as the model does.
/// The newest stay when it is full.
static KEPT: LazyLock<Cache<(Uuid, NaiveDate, i64), Arc<BackTest>>> = LazyLock::new(|| {
    let kept = Cache::builder().max_capacity(MOST_KEPT).time_to_live(KEPT_FOR);
    kept.eviction_policy(EvictionPolicy::lru()).build()
});

/// The report as of today, and the day.
pub async fn calibration_report(ctx: &Ctx) -> Result<(NaiveDate, Arc<BackTest>)> {
    ctx.authorize(Action::AssessmentRead)?;
    let moment = Moment::with_all_known(ctx, ctx.as_of())?;
    let (tenant, fit) = {
        let db = ctx.read().await?;
        (db.tenant(), fit::kept(&db, &moment).await?)
    };
    let key = (tenant, moment.day, fit.seq);
    // One request of a tenant reckons; the others wait and take what it found. Nobody holds a connection meanwhile.
    ctx.end_read().await?;
    let turn = fit::turn(tenant);
    let _turn = turn.lock().await;
    if let Some(found) = KEPT.get(&key) {
        return Ok((moment.day, found));
    }
    let clients = {
        let db = ctx.read().await?;
        purchases(&db, &moment).await?
    };
    ctx.end_read().await?;
    let horizon = fit.model.horizon_days();
    // Off the threads that answer requests: it takes a while.
    let found = tokio::task::spawn_blocking(move || back_test(&clients, horizon, moment.day)).await;
    let found = Arc::new(found.map_err(Error::internal)?);
    KEPT.insert(key, Arc::clone(&found));
    Ok((moment.day, found))
}

/// What each account bought, of many accounts evenly taken.
async fn purchases(db: &TenantDb, moment: &Moment) -> Result<Vec<Purchases>> {
    let mut sample: Sample<Purchases> = Sample::of_at_most(2 * MOST_CLIENTS);
    let mut open: Option<(Uuid, Vec<(NaiveDate, f64)>)> = None;
    each_order_of_some(db, moment, |row| {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a model needs no more than 53 bits of an amount"
        )]
        let order = (tenant_day(row.ordered_at, moment.zone), row.tenant_amount_minor as f64);
        match &mut open {
            Some((account, orders)) if *account == row.account_id => orders.push(order),
            _ => {
                if let Some((_, orders)) = open.replace((row.account_id, vec![order])) {
                    sample.offer(|| Purchases::of(orders));
                }
            }
        }
    })
    .await?;
    if let Some((_, orders)) = open {
        sample.offer(|| Purchases::of(orders));
    }
    Ok(sample.kept())
}
