//! Reading the event log as far as the caller may.

use domain::policy::{Action, reads_whole_log};
use entity::event;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Select};
use uuid::Uuid;

use crate::accounts;
use crate::error::{Error, Result};
use crate::platform::Ctx;
use crate::platform::auth::Actor;
use crate::platform::graphql::{CursorKey, Page, PageArgs, Sorted, fetch_page};
use crate::platform::tenancy::TenantDb;

/// A page has so many events when the caller does not say.
const USUAL_ROWS: i32 = 100;
/// Types that one list may be narrowed to.
const MOST_TYPES: usize = 50;

/// How the log may be narrowed. All given conditions hold.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// Only those behind this number.
    pub after_sequence: Option<i64>,
    /// Only those of these types.
    pub types: Option<Vec<String>>,
}

/// One page of the log, oldest first.
pub async fn event_list(ctx: &Ctx, filter: &EventFilter, mut args: PageArgs) -> Result<Page<event::Model>> {
    if args.last.is_none() {
        args.first = args.first.or(Some(USUAL_ROWS));
    }
    let db = ctx.glance().await?;
    let select = selected(ctx, &db, filter).await?;
    let sorted = Sorted {
        column: event::Column::Seq,
        id_column: event::Column::Id,
        descending: false,
        key: |row: &event::Model| (CursorKey::Int(row.seq), row.id),
        place: None,
    };
    fetch_page(ctx, &db, select, &sorted, format!("events {filter:?}"), &args).await
}

/// How many events the whole list has.
pub async fn event_count(ctx: &Ctx, filter: &EventFilter) -> Result<i64> {
    let db = ctx.read().await?;
    let select = selected(ctx, &db, filter).await?;
    Ok(db.count(select).await?)
}

/// The ones of many events that the caller may read.
pub async fn event_find_many(ctx: &Ctx, ids: &[Uuid]) -> Result<Vec<event::Model>> {
    let db = ctx.read().await?;
    let select = event::Entity::find().filter(event::Column::Id.is_in(ids.iter().copied()));
    let select = seen(ctx, &db, select).await?;
    Ok(db.all(select).await?)
}

/// May the caller follow the log, and these types of it?
pub fn event_follow_authorize(ctx: &Ctx, types: Option<&[String]>) -> Result<()> {
    ctx.authorize(Action::EventRead)?;
    check_types(types.unwrap_or_default())
}

/// The ones of these events, in their order, that the caller may read now.
pub async fn event_seen(ctx: &Ctx, events: &[event::Model]) -> Result<Vec<event::Model>> {
    let ids: Vec<Uuid> = events.iter().map(|event| event.id).collect();
    let mut seen = event_find_many(ctx, &ids).await?;
    seen.sort_unstable_by_key(|event| event.seq);
    Ok(seen)
}

/// The number of the last event that the caller may read; 0 when there is none.
pub async fn event_sequence(ctx: &Ctx) -> Result<i64> {
    let db = ctx.read().await?;
    let select = seen(ctx, &db, event::Entity::find()).await?;
    let last = db.one(select.order_by_desc(event::Column::Seq)).await?;
    Ok(last.map_or(0, |row| row.seq))
}

fn check_types(types: &[String]) -> Result<()> {
    if types.len() > MOST_TYPES {
        return Err(Error::bad_input(
            format!("At most {MOST_TYPES} types."),
            format!("種類は{MOST_TYPES}件以内で指定してください。"),
        ));
    }
    Ok(())
}

async fn selected(ctx: &Ctx, db: &TenantDb, filter: &EventFilter) -> Result<Select<event::Entity>> {
    let mut select = event::Entity::find();
    if let Some(after) = filter.after_sequence {
        select = select.filter(event::Column::Seq.gt(after));
    }
    if let Some(types) = &filter.types {
        check_types(types)?;
        select = select.filter(event::Column::Type.is_in(types));
    }
    seen(ctx, db, select).await
}

/// Narrows a select to what the caller may read: all of the log, or what concerns accounts that he sees.
async fn seen(ctx: &Ctx, db: &TenantDb, select: Select<event::Entity>) -> Result<Select<event::Entity>> {
    let select = accounts::service::only_seen(ctx, db, Action::EventRead, select, event::Column::AccountId).await?;
    Ok(match &ctx.actor {
        Actor::Member { role, .. } if !reads_whole_log(*role) => select.filter(event::Column::AccountId.is_not_null()),
        _ => select,
    })
}
