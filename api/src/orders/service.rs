//! Operations on orders.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::lang::Text;
use domain::policy::Action;
use entity::order;
use sea_orm::{ColumnTrait, Condition, Select};
use uuid::Uuid;

use super::queries;
use crate::accounts::service::only_seen;
use crate::error::{Error, Result, UserErrorCode};
use crate::platform::Ctx;
use crate::platform::graphql::{CursorKey, Page, PageArgs, Sorted, fetch_page};
use crate::platform::tenancy::TenantDb;

pub use super::changes::{
    OrderChanges, OrderDraft, is_plausible, order_archive, order_create, order_restore, order_update,
};
pub use super::lines::LineDraft;

/// How a list of orders may be narrowed.
#[derive(Clone, Debug, Default)]
pub struct OrderFilter {
    /// Only those of this account.
    pub account: Option<Uuid>,
    /// Only those ordered at this instant or later.
    pub from: Option<DateTime<Utc>>,
    /// Only those ordered before this instant.
    pub to: Option<DateTime<Utc>>,
    /// Archived ones too.
    pub include_archived: bool,
}

/// The order, if there is one that the caller sees.
pub async fn order_find(ctx: &Ctx, id: Uuid) -> Result<Option<order::Model>> {
    ctx.authorize(Action::OrderRead)?;
    let db = ctx.glance().await?;
    let select = seen(ctx, &db, queries::one(id)).await?;
    Ok(db.one(select).await?)
}

/// The ones of many orders that the caller sees.
pub async fn order_find_many(ctx: &Ctx, ids: &[Uuid]) -> Result<Vec<order::Model>> {
    ctx.authorize(Action::OrderRead)?;
    let db = ctx.read().await?;
    let select = seen(ctx, &db, queries::many(ids)).await?;
    Ok(db.all(select).await?)
}

/// The order, for naming it beside something of `account`: `NOT_FOUND` or `INVALID` at `field` otherwise.
pub async fn order_require_of(ctx: &Ctx, db: &TenantDb, account: Uuid, id: Uuid, field: &str) -> Result<order::Model> {
    // Whoever passed the account's own door may read accounts; more is not asked of a client that only writes.
    let select = only_seen(ctx, db, Action::AccountRead, queries::one(id), order::Column::AccountId).await?;
    match db.one(select).await? {
        None => Err(Error::not_found(&[field])),
        Some(found) if found.account_id == account => Ok(found),
        Some(_) => Err(Error::user(
            &[field],
            UserErrorCode::Invalid,
            Text::fixed("This order is of another account.", "この注文は別の取引先のものです。"),
        )),
    }
}

/// The newest orders of many accounts that the caller sees, newest first.
pub async fn order_latest(ctx: &Ctx, accounts: &[Uuid]) -> Result<Vec<order::Model>> {
    ctx.authorize(Action::OrderRead)?;
    let db = ctx.read().await?;
    let select = seen(ctx, &db, queries::latest(&db, accounts)).await?;
    Ok(db.all(select).await?)
}

/// What an account has bought of a product.
#[derive(Clone, Copy, Debug)]
pub struct Supplied {
    /// The account.
    pub account: Uuid,
    /// The product.
    pub product: Uuid,
    /// In how many lines of orders.
    pub lines: i64,
    /// When last.
    pub last_at: DateTime<Utc>,
}

/// What many accounts have bought, in one statement. For other slices, which show accounts that the caller sees.
pub async fn supplied_to(ctx: &Ctx, db: &TenantDb, accounts: &[Uuid]) -> Result<Vec<Supplied>> {
    ctx.authorize(Action::OrderRead)?;
    let rows = queries::supplied(db, accounts).await?;
    let supplied = rows.into_iter().map(|row| Supplied {
        account: row.account_id,
        product: row.product_id,
        lines: row.lines,
        last_at: row.last_at,
    });
    Ok(supplied.collect())
}

/// When many accounts first ordered, in one statement. For other slices, which show accounts that the caller sees.
pub async fn first_orders(ctx: &Ctx, db: &TenantDb, accounts: &[Uuid]) -> Result<HashMap<Uuid, DateTime<Utc>>> {
    ctx.authorize(Action::OrderRead)?;
    let rows = queries::first(db, accounts).await?;
    Ok(rows.into_iter().map(|row| (row.account_id, row.first_at)).collect())
}

/// One page of the orders that the caller sees, newest first.
pub async fn order_list(ctx: &Ctx, filter: &OrderFilter, args: &PageArgs) -> Result<Page<order::Model>> {
    ctx.authorize(Action::OrderRead)?;
    let sorted = Sorted {
        column: order::Column::OrderedAt,
        id_column: order::Column::Id,
        descending: true,
        key: |row: &order::Model| (CursorKey::Time(row.ordered_at), row.id),
        place: None,
    };
    let db = ctx.glance().await?;
    let select = seen(ctx, &db, queries::list(condition(filter))).await?;
    let list = format!("orders {filter:?}");
    fetch_page(ctx, &db, select, &sorted, list, args).await
}

/// How many orders the whole list has.
pub async fn order_count(ctx: &Ctx, filter: &OrderFilter) -> Result<i64> {
    ctx.authorize(Action::OrderRead)?;
    let db = ctx.read().await?;
    let select = seen(ctx, &db, queries::list(condition(filter))).await?;
    Ok(db.count(select).await?)
}

async fn seen(ctx: &Ctx, db: &TenantDb, select: Select<order::Entity>) -> Result<Select<order::Entity>> {
    only_seen(ctx, db, Action::OrderRead, select, order::Column::AccountId).await
}

fn condition(filter: &OrderFilter) -> Condition {
    use order::Column;
    let mut condition = Condition::all();
    if let Some(account) = filter.account {
        condition = condition.add(Column::AccountId.eq(account));
    }
    if let Some(from) = filter.from {
        condition = condition.add(Column::OrderedAt.gte(from));
    }
    if let Some(to) = filter.to {
        condition = condition.add(Column::OrderedAt.lt(to));
    }
    if !filter.include_archived {
        condition = condition.add(Column::ArchivedAt.is_null());
    }
    condition
}
