//! Reading the log: what changed since a version, and readers that remember how far they got.

use std::sync::Arc;

use domain::lang::Text;
use entity::{Sparse, event, tenant_clock};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use crate::app::App;
use crate::error::{Error, Result, UserErrorCode};
use crate::platform::tenancy::{Columns, TenantDb};

/// Tenants asked for in one statement.
const TENANTS_PER_LOOK: usize = 500;
/// Changes looked back at when a stale version is explained.
const LOOK_BACK: u64 = 50;
/// Lines that are read by a plan made for them alone.
pub const PLANNED_ANEW: u64 = 200;

/// The events behind `seq`, in order, at most `limit` of them, but not [`PLANNED_ANEW`]: the text would be the same, and the plan that is
/// kept for it would be used for both.
pub async fn after(db: &TenantDb, seq: i64, limit: u64) -> Result<Vec<event::Model>> {
    debug_assert_ne!(limit, PLANNED_ANEW);
    Ok(db.all_with(behind(seq, limit), Columns::all()).await?)
}

/// The same for the few who read all of the log, [`PLANNED_ANEW`] lines at once, while it grows: see [`TenantDb::all_planned_anew`].
pub async fn after_planned_anew(db: &TenantDb, seq: i64) -> Result<Vec<event::Model>> {
    Ok(db.all_planned_anew(behind(seq, PLANNED_ANEW), Columns::all()).await?)
}

fn behind(seq: i64, limit: u64) -> Select<event::Entity> {
    event::Entity::bare()
        .filter(event::Column::Seq.gt(seq))
        .order_by_asc(event::Column::Seq)
        .limit(limit)
}

/// The number of the last event of a tenant's log; 0 when there is none.
pub async fn end(app: &App, tenant: Uuid) -> Result<i64> {
    let clocks = ends(app, &[tenant]).await?;
    Ok(clocks.first().map_or(0, |clock| clock.seq))
}

/// Looks how far the watched logs have grown, and wakes those who watch: that is how they hear of what other processes
/// wrote. One statement, whoever wrote how much.
pub async fn look(app: &Arc<App>) -> Result<()> {
    let watched = app.announcer.watched();
    for tenants in watched.chunks(TENANTS_PER_LOOK) {
        for clock in ends(app, tenants).await? {
            app.announcer.found(clock.tenant_id, clock.seq);
        }
    }
    Ok(())
}

async fn ends(app: &App, tenants: &[Uuid]) -> Result<Vec<tenant_clock::Model>> {
    let statements = Arc::default();
    let select = tenant_clock::Entity::find().filter(tenant_clock::Column::TenantId.is_in(tenants.iter().copied()));
    Ok(app.database.global(&statements).all(select).await?)
}

/// The answer to a change that names an old version: a `CONFLICT` that says which fields others changed since.
/// Events of changes carry `{"version": n, "fields": […]}`.
pub async fn stale(db: &TenantDb, subject: Uuid, seen: i64, current: i64) -> Result<Error> {
    let events = db
        .all(
            event::Entity::find()
                .filter(event::Column::SubjectId.eq(subject))
                .order_by_desc(event::Column::Seq)
                .limit(LOOK_BACK),
        )
        .await?;
    let mut fields: Vec<String> = Vec::new();
    for event in events {
        let version = event.payload.get("version").and_then(serde_json::Value::as_i64);
        let named = event.payload.get("fields").and_then(serde_json::Value::as_array);
        if let (Some(version), Some(named)) = (version, named)
            && version > seen
        {
            for name in named.iter().filter_map(serde_json::Value::as_str) {
                if !fields.iter().any(|field| field == name) {
                    fields.push(name.to_owned());
                }
            }
        }
    }
    let list = if fields.is_empty() {
        "?".to_owned()
    } else {
        fields.join(", ")
    };
    Ok(Error::user(
        &["version"],
        UserErrorCode::Conflict,
        Text::new(
            format!("Changed since version {seen} (now {current}): {list}. Read it again and repeat your change."),
            format!(
                "バージョン{seen}以降に変更されています（現在{current}）：{list}。読み直してからもう一度変更してください。"
            ),
        ),
    ))
}
