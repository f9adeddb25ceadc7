//! Departures: seeing them, and the operations on them.

use domain::policy::Action;
use entity::departure;
use sea_orm::{ColumnTrait, QueryFilter, Select};
use uuid::Uuid;

use super::queries;
use crate::error::{Error, Result};
use crate::members;
use crate::platform::Ctx;
use crate::platform::graphql::{CursorKey, Page, PageArgs, Sorted, fetch_page};
use crate::platform::tenancy::TenantDb;

pub use super::endings::{Kept, Undone, departure_undo};
pub use super::plan::{DepartureDraft, departure_plan, departure_preview};
pub use super::proposal::{Proposal, Proposed, Request};

/// One page of the departures that the caller may see, newest plan first.
pub async fn departure_list(ctx: &Ctx, member: Option<Uuid>, args: &PageArgs) -> Result<Page<departure::Model>> {
    let db = ctx.glance().await?;
    let select = selected(ctx, &db, member).await?;
    let sorted = Sorted {
        column: departure::Column::PlannedAt,
        id_column: departure::Column::Id,
        descending: true,
        key: |row: &departure::Model| (CursorKey::Time(row.planned_at), row.id),
        place: None,
    };
    fetch_page(ctx, &db, select, &sorted, format!("departures {member:?}"), args).await
}

/// How many departures the whole list has.
pub async fn departure_count(ctx: &Ctx, member: Option<Uuid>) -> Result<i64> {
    let db = ctx.read().await?;
    let select = selected(ctx, &db, member).await?;
    Ok(db.count(select).await?)
}

async fn selected(ctx: &Ctx, db: &TenantDb, member: Option<Uuid>) -> Result<Select<departure::Entity>> {
    let select = seen(ctx, db).await?;
    Ok(match member {
        Some(member) => select.filter(departure::Column::MemberId.eq(member)),
        None => select,
    })
}

async fn seen(ctx: &Ctx, db: &TenantDb) -> Result<Select<departure::Entity>> {
    let grant = ctx.authorize(Action::DepartureRead)?;
    let circle = members::circle(ctx, db, grant).await?;
    Ok(queries::of_circle(circle.as_ref()))
}

/// The ones of many departures that the caller may see.
pub async fn departure_find_many(ctx: &Ctx, ids: &[Uuid]) -> Result<Vec<departure::Model>> {
    let db = ctx.glance().await?;
    let select = seen(ctx, &db).await?;
    let select = select.filter(departure::Column::Id.is_in(ids.iter().copied()));
    Ok(db.all(select).await?)
}

/// The departure, if there is one that the caller may see.
pub async fn departure_find(ctx: &Ctx, id: Uuid) -> Result<Option<departure::Model>> {
    Ok(departure_find_many(ctx, &[id]).await?.pop())
}

/// The departure for changing it, inside the transaction that will; `NOT_FOUND` when the caller does not see it.
pub(super) async fn require(ctx: &Ctx, db: &TenantDb, id: Uuid) -> Result<departure::Model> {
    ctx.authorize(Action::DeparturePlan)?;
    let select = seen(ctx, db).await?.filter(departure::Column::Id.eq(id));
    db.one(select).await?.ok_or_else(|| Error::not_found(&["id"]))
}

/// The departure after it was written.
pub(super) async fn reread(ctx: &Ctx, id: Uuid) -> Result<departure::Model> {
    let found = departure_find(ctx, id).await?;
    found.ok_or_else(|| Error::internal("a departure vanished after it was written"))
}
