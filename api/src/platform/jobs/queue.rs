//! What waits for the followers of the event log, measured every now and then.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use entity::log_reader;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::follower::behind;
use crate::app::App;
use crate::error::Result;
use crate::platform::events::reader;

/// Tenants whose oldest waiting event is looked up: each costs a transaction. When more wait, the age is that of these.
const MOST_TENANTS: usize = 100;

/// Measures the queue of each follower, over all tenants, and moves the metrics into their buckets.
pub async fn measure(app: &Arc<App>, followers: &[&'static str]) -> Result<()> {
    for follower in followers {
        let (events, age) = waiting(app, follower).await?;
        app.metrics.queue(follower, events, age);
    }
    app.metrics.upkeep();
    Ok(())
}

/// How many events wait, and for how long the oldest of them has.
async fn waiting(app: &Arc<App>, follower: &str) -> Result<(u64, Duration)> {
    let clocks = behind(app, follower, None).await?;
    if clocks.is_empty() {
        return Ok((0, Duration::ZERO));
    }
    let statements = Arc::default();
    let tenants = clocks.iter().map(|clock| clock.tenant_id);
    let most = u64::try_from(clocks.len()).unwrap_or(u64::MAX);
    let select = log_reader::Entity::find()
        .filter(log_reader::Column::Name.eq(follower))
        .filter(log_reader::Column::TenantId.is_in(tenants))
        .limit(most);
    let readers = app.database.global(&statements).all(select).await?;
    let done: HashMap<Uuid, i64> = readers.into_iter().map(|row| (row.tenant_id, row.seq)).collect();
    let done = |tenant: Uuid| done.get(&tenant).copied().unwrap_or(0);
    let events = clocks
        .iter()
        .map(|clock| u64::try_from(clock.seq - done(clock.tenant_id)).unwrap_or(0))
        .fold(0, u64::saturating_add);
    let now = app.clock.now();
    let mut age = Duration::ZERO;
    for clock in clocks.iter().take(MOST_TENANTS) {
        let db = app.database.tenant_read(clock.tenant_id, &statements).await?;
        let oldest = reader::after(&db, done(clock.tenant_id), 1).await?;
        db.end().await?;
        let waited = oldest.first().and_then(|event| (now - event.occurred_at).to_std().ok());
        age = age.max(waited.unwrap_or_default());
    }
    Ok((events, age))
}
