//! Rows of follow-ups, only through the tenant's handle.

use domain::follow_up::FollowUpStatus;
use entity::follow_up;
use sea_orm::sea_query::{Expr, ExprTrait, LockType, Order};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use crate::platform::tenancy::{Firsts, TenantDb, WriteTx};

/// Most open follow-ups shown of one account.
pub const MOST_OPEN: i32 = 20;
/// Most that pass on in one transaction.
const MOST_MOVED: u64 = 1_000;

/// One follow-up.
pub fn one(id: Uuid) -> Select<follow_up::Entity> {
    follow_up::Entity::find().filter(follow_up::Column::Id.eq(id))
}

/// Some follow-ups.
pub fn many(ids: &[Uuid]) -> Select<follow_up::Entity> {
    follow_up::Entity::find().filter(follow_up::Column::Id.is_in(ids.iter().copied()))
}

/// A list of follow-ups, to be paged.
pub fn list(condition: Condition) -> Select<follow_up::Entity> {
    follow_up::Entity::find().filter(condition)
}

/// Condition: it is open.
pub fn is_open() -> Condition {
    Condition::all().add(follow_up::Column::Status.eq(FollowUpStatus::Open.as_str()))
}

/// The open follow-ups of many accounts, those due first first.
pub fn open_of(db: &TenantDb, accounts: &[Uuid]) -> Select<follow_up::Entity> {
    use follow_up::Column;
    let open = follow_up::Entity::find().filter(is_open());
    let soonest = vec![(Column::DueOn, Order::Asc), (Column::Id, Order::Asc)];
    Firsts::new(open, Column::AccountId, soonest, MOST_OPEN).of_each(db, accounts)
}

/// Condition: this follow-up, still at the version that the caller saw.
pub fn at_version(id: Uuid, version: i64) -> Condition {
    Condition::all()
        .add(follow_up::Column::Id.eq(id))
        .add(follow_up::Column::Version.eq(version))
}

/// Open follow-ups that meet a condition, which nobody else changes before this transaction ends; the first thousand.
pub async fn open_lock(tx: &WriteTx, condition: Condition) -> Result<Vec<follow_up::Model>, DbErr> {
    let select = list(condition.add(is_open()))
        .order_by_asc(follow_up::Column::Id)
        .limit(MOST_MOVED);
    tx.all(select.lock(LockType::NoKeyUpdate)).await
}

/// Gives follow-ups to a member.
pub async fn give(tx: &WriteTx, ids: &[Uuid], to: Uuid) -> Result<u64, DbErr> {
    use follow_up::Column;
    tx.update_with(
        follow_up::Entity::update_many()
            .col_expr(Column::MemberId, Expr::val(to))
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .filter(Column::Id.is_in(ids.iter().copied())),
    )
    .await
}
