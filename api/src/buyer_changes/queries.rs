//! Rows of buyer changes, only through the tenant's handle.

use entity::{buyer_change, contact};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use crate::platform::tenancy::{TenantDb, WriteTx, among};

/// Most changes of one account that are looked at when a touch is recorded.
const MOST_OPEN: u64 = 100;

/// Some buyer changes.
pub fn many(ids: &[Uuid]) -> Select<buyer_change::Entity> {
    buyer_change::Entity::find().filter(buyer_change::Column::Id.is_in(ids.iter().copied()))
}

/// The changes in which one of these contacts left a post.
pub fn of_leaving(contacts: &[Uuid]) -> Select<buyer_change::Entity> {
    buyer_change::Entity::find().filter(buyer_change::Column::LeavingId.is_in(contacts.iter().copied()))
}

/// The changes by which somebody became one of these contacts.
pub fn of_moved(contacts: &[Uuid]) -> Select<buyer_change::Entity> {
    buyer_change::Entity::find().filter(buyer_change::Column::MovedToId.is_in(contacts.iter().copied()))
}

fn open() -> Select<buyer_change::Entity> {
    buyer_change::Entity::find()
        .filter(buyer_change::Column::EstablishedAt.is_null())
        .filter(buyer_change::Column::ArrivingId.is_not_null())
}

/// The changes of an account whose relation has not been proven, latest first.
pub async fn open_of(db: &TenantDb, account: Uuid) -> Result<Vec<buyer_change::Model>, DbErr> {
    let select = open()
        .filter(buyer_change::Column::AccountId.eq(account))
        .order_by_desc(buyer_change::Column::OccurredOn)
        .limit(MOST_OPEN);
    db.all(select).await
}

/// Those of these accounts in which one of these contacts comes. A touch without him proves nothing (`domain::buyer_change`).
pub fn open_to(db: &TenantDb, accounts: &[Uuid], contacts: &[Uuid]) -> Select<buyer_change::Entity> {
    open()
        .filter(among(db, buyer_change::Column::AccountId, accounts))
        .filter(among(db, buyer_change::Column::ArrivingId, contacts))
}

/// Writes a change of a row that is still at its version; false when it is not.
pub async fn change(
    tx: &WriteTx,
    old: &buyer_change::Model,
    mut change: buyer_change::ActiveModel,
) -> Result<bool, DbErr> {
    change.version = sea_orm::Set(old.version + 1);
    let expected = Condition::all()
        .add(buyer_change::Column::Id.eq(old.id))
        .add(buyer_change::Column::Version.eq(old.version));
    Ok(tx.update(change, expected).await? > 0)
}

/// Who reported to one contact reports to another.
pub async fn pass_reports(tx: &WriteTx, from: Uuid, to: Uuid) -> Result<u64, DbErr> {
    use contact::Column;
    tx.update_with(
        contact::Entity::update_many()
            .col_expr(Column::ReportsToId, Expr::val(to))
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .filter(Column::ReportsToId.eq(from))
            .filter(Column::Id.ne(to)),
    )
    .await
}
