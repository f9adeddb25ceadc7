//! Readers of the event log: each works through every tenant's events in order, from where it stopped.

use std::sync::Arc;
use std::time::Duration;

use entity::{log_reader, tenant_clock};
use futures::StreamExt;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tokio::sync::broadcast::Receiver;
use tokio::time::MissedTickBehavior;
use uuid::Uuid;

use super::lease::Lease;
use super::{Follow, Found, Pass, Stop, caught, outcome, told};
use crate::app::App;
use crate::error::Result;
use crate::platform::Ctx;
use crate::platform::auth::tenant_settings;
use crate::platform::events::reader;

/// Batches of [`reader::PLANNED_ANEW`] events of one tenant before others have their turn.
const MOST_BATCHES: u32 = 5;
/// Tenants worked for at the same time.
const SIDE_BY_SIDE: usize = 2;
/// Tenants of one look; the rest follows in the next.
const MOST_TENANTS: u64 = 1_000;
/// How often the log is looked at unasked: what another process wrote is found so.
const POLL: Duration = Duration::from_secs(2);
/// How long calls are gathered, so that a burst of changes is one batch.
const GATHER: Duration = Duration::from_millis(50);

/// A reader of the log.
#[derive(Clone, Copy)]
pub struct Follower {
    /// Its name in `log_reader`.
    pub name: &'static str,
    /// What it does.
    pub run: Follow,
}

/// Works whenever a log has grown, until it is asked to stop.
pub async fn serve(app: Arc<App>, follower: Follower, mut stop: Stop) {
    let mut calls = app.announcer.subscribe();
    // It ticks however many calls there are: who failed, or waits for another process, has none.
    let mut poll = tokio::time::interval(POLL);
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut more = false;
    while !stop.is_asked() {
        // What was left is gone on with at once, in its turn among all.
        let called = if more {
            None
        } else {
            tokio::select! {
                () = stop.asked() => return,
                _ = poll.tick() => None,
                call = calls.recv() => {
                    tokio::time::sleep(GATHER).await;
                    gathered(call.ok().map(|(tenant, _)| tenant), &mut calls)
                }
            }
        };
        let found = caught(look(&app, &follower, called, &stop)).await;
        more = found.as_ref().is_ok_and(|(pass, _)| pass.more);
        told(&app, follower.name, found.and_then(outcome));
    }
}

/// The tenants that were called for; `None`, meaning all, when calls were missed.
fn gathered(first: Option<Uuid>, calls: &mut Receiver<(Uuid, i64)>) -> Option<Vec<Uuid>> {
    use tokio::sync::broadcast::error::TryRecvError;
    let mut tenants = vec![first?];
    loop {
        match calls.try_recv() {
            Ok((tenant, _)) => tenants.push(tenant),
            Err(TryRecvError::Lagged(_)) => return None,
            Err(TryRecvError::Empty | TryRecvError::Closed) => break,
        }
    }
    tenants.sort_unstable();
    tenants.dedup();
    Some(tenants)
}

/// Catches up in the tenants whose log has grown: in `only` those, or in all. A tenant that fails does not hold up the
/// others; the first failure is returned at the end.
pub async fn pass(app: &Arc<App>, follower: &Follower, only: Option<Vec<Uuid>>, stop: &Stop) -> Result<Pass> {
    look(app, follower, only, stop).await.and_then(outcome)
}

/// As [`pass`], telling what was done even when it failed somewhere.
async fn look(app: &Arc<App>, follower: &Follower, only: Option<Vec<Uuid>>, stop: &Stop) -> Result<Found> {
    let behind = behind(app, follower.name, only).await?;
    let outcomes: Vec<Result<Pass>> = futures::stream::iter(behind)
        .map(|clock| catch_up(app, follower, clock.tenant_id, stop))
        .buffer_unordered(SIDE_BY_SIDE)
        .collect()
        .await;
    let mut pass = Pass::default();
    let mut failure = None;
    for outcome in outcomes {
        match outcome {
            Ok(found) => pass = pass.and(found),
            Err(error) => {
                failure.get_or_insert(error);
            }
        }
    }
    Ok((pass, failure))
}

/// Clocks of tenants that are ahead of the reader.
pub async fn behind(app: &Arc<App>, name: &str, only: Option<Vec<Uuid>>) -> Result<Vec<tenant_clock::Model>> {
    let caught_up = Query::select()
        .expr(Expr::val(1))
        .from(log_reader::Entity)
        .and_where(log_reader::Column::Name.eq(name))
        .and_where(
            Expr::col((log_reader::Entity, log_reader::Column::TenantId))
                .equals((tenant_clock::Entity, tenant_clock::Column::TenantId)),
        )
        .and_where(
            Expr::col((log_reader::Entity, log_reader::Column::Seq))
                .gte(Expr::col((tenant_clock::Entity, tenant_clock::Column::Seq))),
        )
        .to_owned();
    let mut condition = Condition::all()
        .add(tenant_clock::Column::Seq.gt(0))
        .add(Expr::exists(caught_up).not());
    if let Some(only) = only {
        condition = condition.add(tenant_clock::Column::TenantId.is_in(only));
    }
    let statements = Arc::default();
    let select = tenant_clock::Entity::find()
        .filter(condition)
        .order_by_asc(tenant_clock::Column::TenantId)
        .limit(MOST_TENANTS);
    Ok(app.database.global(&statements).all(select).await?)
}

async fn catch_up(app: &Arc<App>, follower: &Follower, tenant: Uuid, stop: &Stop) -> Result<Pass> {
    let Some(mut lease) = Lease::take(app, follower.name, tenant, None).await? else {
        return Ok(Pass {
            waiting: true,
            ..Pass::default()
        });
    };
    let more = match read_on(app, follower, tenant, &mut lease, stop).await {
        Ok(Stopped::Amid(last)) => {
            lease.release_at(last).await?;
            true
        }
        Ok(Stopped::AtEnd(last)) => {
            lease.release_at(last).await?;
            false
        }
        Ok(Stopped::Stored) => {
            lease.release().await?;
            false
        }
        Err(error) => {
            tracing::error!(job = follower.name, %tenant, %error, "following the event log failed");
            lease.rest().await?;
            return Err(error);
        }
    };
    Ok(Pass {
        worked: true,
        more,
        ..Pass::default()
    })
}

/// Where reading on came to, with the last number done when that is not stored yet.
enum Stopped {
    /// Amid a long log: others have their turn.
    Amid(i64),
    /// At the end of the log.
    AtEnd(i64),
    /// At what is stored: there was no more, or it was told to stop, or has lost the lease.
    Stored,
}

/// Works through the log to its end, if that is not far.
async fn read_on(
    app: &Arc<App>,
    follower: &Follower,
    tenant: Uuid,
    lease: &mut Lease<'_>,
    stop: &Stop,
) -> Result<Stopped> {
    let mut batches = 0;
    while !stop.is_asked() {
        let db = app.database.tenant_read(tenant, &Arc::default()).await?;
        let events = reader::after_planned_anew(&db, lease.seq).await?;
        db.end().await?;
        let Some(last) = events.last().map(|event| event.seq) else {
            return Ok(Stopped::Stored);
        };
        // After the events: one of them may tell of other settings.
        let Some(settings) = tenant_settings(app, tenant).await? else {
            return Ok(Stopped::Stored);
        };
        let ctx = Ctx::system(Arc::clone(app), settings);
        if lease.keep((follower.run)(&ctx, &events)).await?.is_none() {
            return Ok(Stopped::Stored);
        }
        if let Some(first) = events.first() {
            let lag = (app.clock.now() - first.occurred_at).to_std().unwrap_or_default();
            app.metrics.event_lag(follower.name, lag);
        }
        ctx.end_read().await?;
        if (events.len() as u64) < reader::PLANNED_ANEW {
            return Ok(Stopped::AtEnd(last));
        }
        batches += 1;
        if batches == MOST_BATCHES {
            return Ok(Stopped::Amid(last));
        }
        if !lease.advance(last).await? {
            return Ok(Stopped::Stored);
        }
    }
    Ok(Stopped::Stored)
}
