//! Work that is done once on each day of each tenant, in the tenant's own time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use chrono_tz::Tz;
use domain::calendar::tenant_day;
use entity::{log_reader, tenant};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::lease::Lease;
use super::{Day, Pass, Stop, caught, told};
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
        for job in &jobs {
            told(&app, job.name, caught(pass(&app, job, &stop)).await);
        }
        tokio::select! {
            () = stop.asked() => return,
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

/// Runs the job in every tenant where its day has come. A tenant that fails does not hold up the others; the first
/// failure is returned at the end.
pub async fn pass(app: &Arc<App>, job: &Daily, stop: &Stop) -> Result<Pass> {
    let mut pass = Pass::default();
    let mut failure = None;
    let mut after = Uuid::nil();
    loop {
        let tenants = tenants_after(app, after).await?;
        let Some(last) = tenants.last() else { break };
        after = last.id;
        for (tenant, day) in due(app, job.name, &tenants).await? {
            if stop.is_asked() {
                return Ok(pass);
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
    match failure {
        Some(error) => Err(error),
        None => Ok(pass),
    }
}

async fn tenants_after(app: &Arc<App>, after: Uuid) -> Result<Vec<tenant::Model>> {
    let statements = Arc::default();
    let select = tenant::Entity::find()
        .filter(tenant::Column::Id.gt(after))
        .order_by_asc(tenant::Column::Id)
        .limit(PAGE);
    Ok(app.database.global(&statements).all(select).await?)
}

/// Those of the tenants where the job has not run on the day that it is there now.
async fn due(app: &Arc<App>, name: &str, tenants: &[tenant::Model]) -> Result<Vec<(Uuid, NaiveDate)>> {
    let statements = Arc::default();
    let select = log_reader::Entity::find()
        .filter(log_reader::Column::Name.eq(name))
        .filter(log_reader::Column::TenantId.is_in(tenants.iter().map(|tenant| tenant.id)))
        .limit(PAGE);
    let rows = app.database.global(&statements).all(select).await?;
    let ran: HashMap<Uuid, Option<NaiveDate>> = rows.into_iter().map(|row| (row.tenant_id, row.ran_on)).collect();
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
    let work = async {
        match tenant_settings(app, tenant).await? {
            Some(settings) => (job.run)(&Ctx::system(Arc::clone(app), settings)).await,
            None => Ok(()),
        }
    };
    match lease.keep(work).await {
        Ok(Some(())) => lease.release_after(day).await?,
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
