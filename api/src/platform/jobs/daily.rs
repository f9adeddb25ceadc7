//! Work that is done once on each day of each tenant, in the tenant's own time.
//!
//! It is done in parts, and where the last one ended is kept: tenants take turns, so that a small one does not wait for a large
//! one, and a process that dies leaves only the part that it was at.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use chrono_tz::Tz;
use domain::calendar::tenant_day;
use entity::{log_reader, tenant};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::lease::Lease;
use super::{Day, Found, Pass, Stop, caught, outcome, told};
use crate::app::App;
use crate::error::Result;
use crate::platform::Ctx;
use crate::platform::auth::tenant_settings;

/// How often it is asked whether a day has begun somewhere.
const POLL: Duration = Duration::from_secs(10);
/// Tenants read at a time.
const PAGE: u64 = 1_000;

/// A daily job.
#[derive(Clone, Copy)]
pub struct Daily {
    /// Its name in `log_reader`.
    pub name: &'static str,
    /// What it does.
    pub run: Day,
}

/// Runs the jobs, in their order, whenever a day has begun, until it is asked to stop.
pub async fn serve(app: Arc<App>, jobs: Vec<Daily>, mut stop: Stop) {
    loop {
        let mut worked = false;
        for job in &jobs {
            let found = caught(look(&app, job, &stop)).await;
            // Also when it failed in one tenant: the others have no need to wait for that.
            worked |= found.as_ref().is_ok_and(|(pass, _)| pass.worked);
            told(&app, job.name, found.and_then(outcome));
        }
        // As long as something was done there may be a next part of it.
        let pause = if worked { Duration::ZERO } else { POLL };
        tokio::select! {
            () = stop.asked() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Does a part of the job in every tenant where its day has come. A tenant that fails does not hold up the others; the first
/// failure is returned at the end.
pub async fn pass(app: &Arc<App>, job: &Daily, stop: &Stop) -> Result<Pass> {
    look(app, job, stop).await.and_then(outcome)
}

/// As [`pass`], telling what was done even when it failed somewhere.
async fn look(app: &Arc<App>, job: &Daily, stop: &Stop) -> Result<Found> {
    let mut pass = Pass::default();
    let mut failure = None;
    let mut after = Uuid::nil();
    loop {
        let tenants = tenants_after(app, after).await?;
        let Some(last) = tenants.last() else { break };
        after = last.id;
        for (tenant, day) in due(app, job.name, &tenants).await? {
            if stop.is_asked() {
                return Ok((pass, failure));
            }
            match run(app, job, tenant, day).await {
                Ok(found) => pass = pass.and(found),
                Err(error) => {
                    tracing::error!(job = job.name, %tenant, %error, "a daily job failed in one tenant");
                    failure.get_or_insert(error);
                }
            }
        }
    }
    Ok((pass, failure))
}

/// Has the job done once more in the tenant, from its beginning, whatever has been done today.
pub async fn once_more(app: &Arc<App>, name: &str, tenant: Uuid) -> Result<()> {
    let statements = Arc::default();
    let wanted = log_reader::Entity::update_many()
        .col_expr(log_reader::Column::Again, Expr::value(true))
        .filter(log_reader::Column::Name.eq(name))
        .filter(log_reader::Column::TenantId.eq(tenant));
    // Where there is no row it has never run, and is due anyway.
    app.database.global(&statements).update(wanted).await?;
    Ok(())
}

async fn tenants_after(app: &Arc<App>, after: Uuid) -> Result<Vec<tenant::Model>> {
    let statements = Arc::default();
    let select = tenant::Entity::find()
        .filter(tenant::Column::Id.gt(after))
        .order_by_asc(tenant::Column::Id)
        .limit(PAGE);
    Ok(app.database.global(&statements).all(select).await?)
}

/// Those of the tenants where the job has not run on the day that it is there now, or is in the middle of it.
async fn due(app: &Arc<App>, name: &str, tenants: &[tenant::Model]) -> Result<Vec<(Uuid, NaiveDate)>> {
    let statements = Arc::default();
    let select = log_reader::Entity::find()
        .filter(log_reader::Column::Name.eq(name))
        .filter(log_reader::Column::TenantId.is_in(tenants.iter().map(|tenant| tenant.id)))
        .limit(PAGE);
    let rows = app.database.global(&statements).all(select).await?;
    // Whoever wants it once more has it as if it had never been done; so has he who began that and is not at its end.
    let ran = |row: log_reader::Model| {
        (
            row.tenant_id,
            row.ran_on.filter(|_| !row.again && row.began_on.is_none()),
        )
    };
    let ran: HashMap<Uuid, Option<NaiveDate>> = rows.into_iter().map(ran).collect();
    let now = app.clock.now();
    let due = tenants.iter().filter_map(|tenant| {
        let day = tenant_day(now, tenant.time_zone.parse::<Tz>().unwrap_or(Tz::UTC));
        let ran_on = ran.get(&tenant.id).copied().flatten();
        ran_on.is_none_or(|ran_on| ran_on < day).then_some((tenant.id, day))
    });
    Ok(due.collect())
}

async fn run(app: &Arc<App>, job: &Daily, tenant: Uuid, day: NaiveDate) -> Result<Pass> {
    let Some(mut lease) = Lease::take(app, job.name, tenant, Some(day)).await? else {
        return Ok(Pass {
            waiting: true,
            ..Pass::default()
        });
    };
    // What began on another day is brought to its end first; its own day comes after.
    let (began, after) = lease.part.map_or((day, None), |(began, after)| (began, Some(after)));
    if after.is_none() && !lease.begin(day).await? {
        return Ok(Pass::default());
    }
    let work = async {
        match tenant_settings(app, tenant).await? {
            Some(settings) => (job.run)(&Ctx::system(Arc::clone(app), settings), after).await,
            None => Ok(None),
        }
    };
    match lease.keep(work).await {
        Ok(Some(Some(after))) => lease.release_within(began, after).await?,
        Ok(Some(None)) => lease.release_after(began).await?,
        Ok(None) => {}
        Err(error) => {
            lease.rest().await?;
            return Err(error);
        }
    }
    Ok(Pass {
        worked: true,
        ..Pass::default()
    })
}
