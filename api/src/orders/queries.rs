//! Rows of orders and their lines, only through the tenant's handle.

use chrono::{DateTime, Utc};
use entity::{order, order_line};
use sea_orm::sea_query::{IntoCondition, Order};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder, QuerySelect,
    RelationDef, Select,
};
use uuid::Uuid;

use crate::platform::tenancy::{Firsts, TenantDb};

/// Most lines of one order.
pub const MOST_LINES: u64 = 200;
/// Most pairs of account and product looked at.
const MOST_SUPPLIED: u64 = 100_000;
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
    let newest = vec![(Column::OrderedAt, Order::Desc), (Column::Id, Order::Desc)];
    Firsts::new(live, Column::AccountId, newest, LATEST).of_each(db, accounts)
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

/// What an account has bought of a product.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct SuppliedRow {
    /// The account.
    pub account_id: Uuid,
    /// The product.
    pub product_id: Uuid,
    /// In how many lines of orders.
    pub lines: i64,
    /// When last.
    pub last_at: DateTime<Utc>,
}

/// What many accounts have bought, product by product. The caller bounds the accounts; a tenant has few products.
pub async fn supplied(db: &TenantDb, accounts: &[Uuid]) -> Result<Vec<SuppliedRow>, DbErr> {
    let lines: RelationDef = order::Entity::belongs_to(order_line::Entity)
        .from((order::Column::TenantId, order::Column::Id))
        .to((order_line::Column::TenantId, order_line::Column::OrderId))
        .into();
    let select = order::Entity::find()
        .select_only()
        .column(order::Column::AccountId)
        .column(order_line::Column::ProductId)
        .column_as(order_line::Column::Id.count(), "lines")
        .column_as(order::Column::OrderedAt.max(), "last_at")
        .join(JoinType::InnerJoin, lines)
        .filter(order::Column::AccountId.is_in(accounts.iter().copied()))
        .filter(order::Column::ArchivedAt.is_null())
        .filter(order_line::Column::Quantity.gt(0))
        .group_by(order::Column::AccountId)
        .group_by(order_line::Column::ProductId)
        .limit(MOST_SUPPLIED);
    db.rows(select).await
}

/// When an account first ordered.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct FirstRow {
    /// The account.
    pub account_id: Uuid,
    /// When.
    pub first_at: DateTime<Utc>,
}

/// When many accounts first ordered.
pub async fn first(db: &TenantDb, accounts: &[Uuid]) -> Result<Vec<FirstRow>, DbErr> {
    let select = order::Entity::find()
        .select_only()
        .column(order::Column::AccountId)
        .column_as(order::Column::OrderedAt.min(), "first_at")
        .filter(order::Column::AccountId.is_in(accounts.iter().copied()))
        .filter(order::Column::ArchivedAt.is_null())
        .group_by(order::Column::AccountId);
    db.rows(select).await
}

/// Condition: this order, still at the version that the caller saw.
pub fn at_version(id: Uuid, version: i64) -> impl IntoCondition {
    Condition::all()
        .add(order::Column::Id.eq(id))
        .add(order::Column::Version.eq(version))
}
