//! Rows of losses, and the orders that they are reckoned with, only through the tenant's handle.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{acquisition_cost, loss, loss_cause, order};
use sea_orm::sea_query::{ExprTrait, Order, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, FromQueryResult, IntoSimpleExpr, QueryFilter, QueryOrder, QuerySelect,
    Select,
};
use uuid::Uuid;

use crate::platform::tenancy::{Firsts, TenantDb, WriteTx};

/// Losses shown with an account.
pub const MOST_OF_ACCOUNT: i32 = 20;

/// One loss.
pub fn one(id: Uuid) -> Select<loss::Entity> {
    many(&[id])
}

/// Some losses.
pub fn many(ids: &[Uuid]) -> Select<loss::Entity> {
    loss::Entity::find().filter(loss::Column::Id.is_in(ids.iter().copied()))
}

/// A list of losses, to be paged.
pub fn list(condition: Condition) -> Select<loss::Entity> {
    loss::Entity::find().filter(condition)
}

/// The latest losses of many accounts that count, latest first.
pub fn latest(db: &TenantDb, accounts: &[Uuid]) -> Select<loss::Entity> {
    use loss::Column;
    let counting = loss::Entity::find().filter(Column::ArchivedAt.is_null());
    let latest = vec![(Column::LostOn, Order::Desc), (Column::Id, Order::Desc)];
    Firsts::new(counting, Column::AccountId, latest, MOST_OF_ACCOUNT).of_each(db, accounts)
}

/// The losses of many accounts from which nobody has come back.
pub async fn open_of(db: &TenantDb, accounts: &[Uuid]) -> Result<Vec<loss::Model>, DbErr> {
    let select = loss::Entity::find()
        .filter(loss::Column::AccountId.is_in(accounts.iter().copied()))
        .filter(loss::Column::WonBackOn.is_null())
        .filter(loss::Column::ArchivedAt.is_null())
        .order_by_asc(loss::Column::Id);
    db.all(select).await
}

/// Whether another loss of the account that counts lies between these days; without a second one, after the first.
pub async fn overlaps(
    db: &TenantDb,
    account: Uuid,
    but: Uuid,
    (from, to): (NaiveDate, Option<NaiveDate>),
) -> Result<bool, DbErr> {
    use loss::Column;
    let mut select = loss::Entity::find()
        .filter(Column::AccountId.eq(account))
        .filter(Column::Id.ne(but))
        .filter(Column::ArchivedAt.is_null())
        .filter(
            Condition::any()
                .add(Column::WonBackOn.is_null())
                .add(Column::WonBackOn.gt(from)),
        );
    if let Some(to) = to {
        select = select.filter(Column::LostOn.lt(to));
    }
    Ok(db.one(select).await?.is_some())
}

/// The causes of many losses, the largest share first.
pub async fn causes(db: &TenantDb, losses: &[Uuid]) -> Result<Vec<loss_cause::Model>, DbErr> {
    let select = loss_cause::Entity::find()
        .filter(loss_cause::Column::LossId.is_in(losses.iter().copied()))
        .order_by_desc(loss_cause::Column::Percent)
        .order_by_asc(loss_cause::Column::Cause);
    db.all(select).await
}

/// Ids of the losses with a cause that meets a condition, for `id IN (…)`.
pub fn with_cause(tenant: Uuid, condition: Condition) -> SelectStatement {
    Query::select()
        .column(loss_cause::Column::LossId)
        .from(loss_cause::Entity)
        .and_where(loss_cause::Column::TenantId.eq(tenant))
        .cond_where(condition)
        .to_owned()
}

/// Writes causes in place of those that a loss had.
pub async fn replace_causes(tx: &WriteTx, loss: Uuid, causes: Vec<loss_cause::ActiveModel>) -> Result<(), DbErr> {
    tx.delete(loss_cause::Entity::delete_many().filter(loss_cause::Column::LossId.eq(loss)))
        .await?;
    tx.insert_many(causes).await
}

/// Writes a change of a loss that is still at this version and counts; false when it is not.
pub async fn change(tx: &WriteTx, id: Uuid, version: i64, mut change: loss::ActiveModel) -> Result<bool, DbErr> {
    change.version = sea_orm::Set(version + 1);
    let expected = Condition::all()
        .add(loss::Column::Id.eq(id))
        .add(loss::Column::Version.eq(version))
        .add(loss::Column::ArchivedAt.is_null());
    Ok(tx.update(change, expected).await? > 0)
}

/// Makes the losses of one account those of another.
pub async fn give(tx: &WriteTx, from: Uuid, to: Uuid) -> Result<u64, DbErr> {
    let moved = loss::ActiveModel {
        account_id: sea_orm::Set(to),
        ..Default::default()
    };
    tx.update(moved, Condition::all().add(loss::Column::AccountId.eq(from)))
        .await
}

/// What it costs to win an account by each channel.
pub async fn costs(db: &TenantDb, most: u64) -> Result<Vec<acquisition_cost::Model>, DbErr> {
    let select = acquisition_cost::Entity::find().order_by_asc(acquisition_cost::Column::Channel);
    db.all(select.limit(most)).await
}

/// Writes a change of what it costs by a channel.
pub async fn change_cost(tx: &WriteTx, channel: &str, change: acquisition_cost::ActiveModel) -> Result<(), DbErr> {
    tx.update(change, acquisition_cost::Column::Channel.eq(channel)).await?;
    Ok(())
}

/// Nobody knows any more what it costs by a channel.
pub async fn forget_cost(tx: &WriteTx, channel: &str) -> Result<(), DbErr> {
    let cost = acquisition_cost::Entity::delete_many().filter(acquisition_cost::Column::Channel.eq(channel));
    tx.delete(cost).await?;
    Ok(())
}

#[derive(FromQueryResult)]
struct SalesRow {
    sales: Option<i64>,
}

/// Sales to an account from one instant up to another, in minor units of the tenant's currency.
pub async fn sales(db: &TenantDb, account: Uuid, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<i64, DbErr> {
    use order::Column;
    // PostgreSQL sums whole numbers to a decimal one.
    let sum = Column::TenantAmountMinor.into_simple_expr().sum().cast_as("bigint");
    let select = order::Entity::find()
        .select_only()
        .column_as(sum, "sales")
        .filter(Column::AccountId.eq(account))
        .filter(Column::ArchivedAt.is_null())
        .filter(Column::OrderedAt.gte(from))
        .filter(Column::OrderedAt.lt(to));
    let rows: Vec<SalesRow> = db.rows(select).await?;
    Ok(rows.first().and_then(|row| row.sales).unwrap_or(0))
}

/// Orders in use, credit notes apart.
fn orders() -> Select<order::Entity> {
    order::Entity::find()
        .filter(order::Column::ArchivedAt.is_null())
        .filter(order::Column::AmountMinor.gte(0))
}

/// The newest order of each of many accounts that has one, credit notes apart.
pub async fn newest_orders(db: &TenantDb, accounts: &[Uuid]) -> Result<Vec<order::Model>, DbErr> {
    use order::Column;
    let newest = vec![(Column::OrderedAt, Order::Desc), (Column::Id, Order::Desc)];
    db.all(Firsts::new(orders(), Column::AccountId, newest, 1).of_each(db, accounts))
        .await
}

/// The account's first order at an instant or later, credit notes apart.
pub async fn first_order_from(
    db: &TenantDb,
    account: Uuid,
    from: DateTime<Utc>,
) -> Result<Option<order::Model>, DbErr> {
    use order::Column;
    let select = orders()
        .filter(Column::AccountId.eq(account))
        .filter(Column::OrderedAt.gte(from))
        .order_by_asc(Column::OrderedAt)
        .order_by_asc(Column::Id);
    db.one(select).await
}
