//! Rows of orders and their lines, only through the tenant's handle.

use entity::{order, order_line};
use sea_orm::sea_query::{IntoCondition, Order};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use crate::platform::tenancy::{TenantDb, first_of_each};

/// Most lines of one order.
pub const MOST_LINES: u64 = 200;
/// Newest orders shown with an account.
pub const LATEST: i32 = 10;

/// One order.
pub fn one(id: Uuid) -> Select<order::Entity> {
    order::Entity::find().filter(order::Column::Id.eq(id))
}

/// Some orders.
pub fn many(ids: &[Uuid]) -> Select<order::Entity> {
    order::Entity::find().filter(order::Column::Id.is_in(ids.iter().copied()))
}

/// A list of orders, to be paged.
pub fn list(condition: Condition) -> Select<order::Entity> {
    order::Entity::find().filter(condition)
}

/// The newest orders of many accounts that are not archived, newest first.
pub fn latest(db: &TenantDb, accounts: &[Uuid]) -> Select<order::Entity> {
    use order::Column;
    let live = order::Entity::find().filter(Column::ArchivedAt.is_null());
    let newest = [(Column::OrderedAt, Order::Desc), (Column::Id, Order::Desc)];
    first_of_each(db, live, (Column::AccountId, accounts), &newest, LATEST)
}

/// The lines of many orders, in their order.
pub async fn lines(db: &TenantDb, orders: &[Uuid]) -> Result<Vec<order_line::Model>, DbErr> {
    db.all(
        order_line::Entity::find()
            .filter(order_line::Column::OrderId.is_in(orders.iter().copied()))
            .order_by_asc(order_line::Column::Position)
            .limit(MOST_LINES * orders.len() as u64),
    )
    .await
}

/// Condition: this order, still at the version that the caller saw.
pub fn at_version(id: Uuid, version: i64) -> impl IntoCondition {
    Condition::all()
        .add(order::Column::Id.eq(id))
        .add(order::Column::Version.eq(version))
}
