//! Sums for the forecast, only through the tenant's handle.

use chrono::{DateTime, NaiveDate, Utc};
use domain::handover::Status;
use entity::{account, handover, member, order};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, FromQueryResult, IntoSimpleExpr, JoinType, QueryFilter, QueryOrder,
    QuerySelect, RelationDef,
};
use uuid::Uuid;

use crate::platform::tenancy::TenantDb;

/// Latest handovers looked at for what became of them.
const MOST_OUTCOMES: u64 = 400;

/// Accounts that change hands when a day is over.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct DueRow {
    /// The day.
    pub last_day: NaiveDate,
    /// How many.
    pub accounts: i64,
    /// Their sales of the last twelve months, in minor units of the tenant's currency.
    pub sales: i64,
}

fn count_and_sales(select: sea_orm::Select<account::Entity>) -> sea_orm::Select<account::Entity> {
    // PostgreSQL sums whole numbers to a decimal one.
    let sales = Expr::col(account::Column::ValueSort.as_column_ref())
        .sum()
        .cast_as("bigint");
    select
        .column_as(account::Column::Id.count(), "accounts")
        .column_as(sales, "sales")
}

/// Accounts under handover whose owner has not changed yet, by the last day.
pub async fn handed_over(db: &TenantDb, until: NaiveDate, seen: Condition) -> Result<Vec<DueRow>, DbErr> {
    let handovers: RelationDef = account::Entity::belongs_to(handover::Entity)
        .from((account::Column::TenantId, account::Column::Id))
        .to((handover::Column::TenantId, handover::Column::AccountId))
        .into();
    let before_switch = Status::ALL.iter().filter(|status| status.is_before_switch());
    let select = account::Entity::find()
        .select_only()
        .column_as(handover::Column::LastDay, "last_day")
        .join(JoinType::InnerJoin, handovers)
        .filter(seen)
        .filter(handover::Column::Status.is_in(before_switch.map(|status| status.as_str())))
        .filter(handover::Column::LastDay.lte(until))
        .group_by(handover::Column::LastDay);
    db.rows(count_and_sales(select)).await
}

/// Accounts of members who are to leave, which nobody takes over yet, by their last day.
pub async fn left_behind(db: &TenantDb, until: NaiveDate, seen: Condition) -> Result<Vec<DueRow>, DbErr> {
    let owners: RelationDef = account::Entity::belongs_to(member::Entity)
        .from((account::Column::TenantId, account::Column::OwnerId))
        .to((member::Column::TenantId, member::Column::Id))
        .into();
    let select = account::Entity::find()
        .select_only()
        .column_as(member::Column::LastDay, "last_day")
        .join(JoinType::InnerJoin, owners)
        .filter(seen)
        .filter(account::Column::ArchivedAt.is_null())
        .filter(member::Column::LastDay.lte(until))
        .filter(account::Column::Id.not_in_subquery(crate::accounts::book::handed_over_ids(db.tenant())))
        .group_by(member::Column::LastDay);
    db.rows(count_and_sales(select)).await
}

/// When an account changed hands.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct SwitchRow {
    /// The account.
    pub account_id: Uuid,
    /// When.
    pub switched_at: DateTime<Utc>,
}

/// The latest handovers that switched before an instant, latest first.
pub async fn switched(db: &TenantDb, before: DateTime<Utc>) -> Result<Vec<SwitchRow>, DbErr> {
    let select = handover::Entity::find()
        .select_only()
        .columns([handover::Column::AccountId, handover::Column::SwitchedAt])
        .filter(handover::Column::SwitchedAt.lte(before))
        .order_by_desc(handover::Column::SwitchedAt)
        .order_by_desc(handover::Column::Id)
        .limit(MOST_OUTCOMES);
    db.rows(select).await
}

/// What an account bought.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct SalesRow {
    /// The account.
    pub account_id: Uuid,
    /// In minor units of the tenant's currency.
    pub sales: i64,
}

/// Sales to each account within a span of its own, from the first instant up to the second.
pub async fn sales(db: &TenantDb, spans: &[(Uuid, DateTime<Utc>, DateTime<Utc>)]) -> Result<Vec<SalesRow>, DbErr> {
    use order::Column;
    if spans.is_empty() {
        return Ok(Vec::new());
    }
    let any = spans.iter().fold(Condition::any(), |any, (account, from, to)| {
        any.add(
            Column::AccountId
                .eq(*account)
                .and(Column::OrderedAt.gte(*from))
                .and(Column::OrderedAt.lt(*to)),
        )
    });
    let sum = Column::TenantAmountMinor.into_simple_expr().sum().cast_as("bigint");
    let select = order::Entity::find()
        .select_only()
        .column(Column::AccountId)
        .column_as(sum, "sales")
        .filter(Column::ArchivedAt.is_null())
        .filter(any)
        .group_by(Column::AccountId);
    db.rows(select).await
}
