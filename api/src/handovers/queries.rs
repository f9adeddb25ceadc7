//! Rows of handovers and their steps, only through the tenant's handle.

use chrono::{DateTime, NaiveDate, Utc};
use domain::handover::Status;
use domain::policy::Role;
use entity::{departure_handover, handover, handover_step, member};
use sea_orm::sea_query::{Expr, ExprTrait, LockType, Order, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use crate::platform::tenancy::{Firsts, TenantDb, WriteTx, among};

/// Most steps of one handover: eighteen of a template, and two for each of a hundred key contacts.
pub const MOST_STEPS: u64 = 218;
/// Most handovers shown of one account.
const MOST_OF_ACCOUNT: i32 = 50;
/// Most administrators looked at when an account needs an owner.
const MOST_ADMINS: u64 = 100;
/// Handovers in these states are open.
const OPEN: [Status; 3] = [Status::Planned, Status::Introducing, Status::Bonding];

/// Condition: the handover is open. The words stand in the statement, so that a plan for any values uses the index of open ones.
pub fn is_open() -> Condition {
    let open = OPEN.map(|status| Expr::cust(format!("'{}'", status.as_str())));
    Condition::all().add(Expr::col((handover::Entity, handover::Column::Status)).is_in(open))
}

/// One handover.
pub async fn one(db: &TenantDb, id: Uuid) -> Result<Option<handover::Model>, DbErr> {
    db.one(handover::Entity::find().filter(handover::Column::Id.eq(id)))
        .await
}

/// The open handover of an account.
pub async fn open_of(db: &TenantDb, account: Uuid) -> Result<Option<handover::Model>, DbErr> {
    let select = handover::Entity::find()
        .filter(handover::Column::AccountId.eq(account))
        .filter(is_open());
    db.one(select).await
}

/// The open handovers of these accounts to one of these members. A touch without the successor proves nothing
/// (`domain::handover`).
pub fn open_to(db: &TenantDb, accounts: &[Uuid], members: &[Uuid]) -> Select<handover::Entity> {
    use handover::Column;
    handover::Entity::find()
        .filter(among(db, Column::AccountId, accounts))
        .filter(among(db, Column::ToMemberId, members))
        .filter(is_open())
}

/// The newest handovers of each of many accounts, or only the open one.
pub fn newest(db: &TenantDb, accounts: &[Uuid], open_only: bool) -> Select<handover::Entity> {
    use handover::Column;
    let (of_account, most) = match open_only {
        true => (handover::Entity::find().filter(is_open()), 1),
        false => (handover::Entity::find(), MOST_OF_ACCOUNT),
    };
    let newest = vec![(Column::PlannedAt, Order::Desc), (Column::Id, Order::Desc)];
    Firsts::new(of_account, Column::AccountId, newest, most).of_each(db, accounts)
}

/// Open handovers with an id behind `after`, in order.
pub async fn open_after(db: &TenantDb, after: Uuid, limit: u64) -> Result<Vec<handover::Model>, DbErr> {
    let select = handover::Entity::find()
        .filter(is_open())
        .filter(handover::Column::Id.gt(after))
        .order_by_asc(handover::Column::Id)
        .limit(limit);
    db.all(select).await
}

/// Writes a change of a handover if it still has this status and version; false when it has not.
pub async fn change(tx: &WriteTx, old: &handover::Model, mut change: handover::ActiveModel) -> Result<bool, DbErr> {
    change.version = sea_orm::Set(old.version + 1);
    let expected = Condition::all()
        .add(handover::Column::Id.eq(old.id))
        .add(handover::Column::Status.eq(&old.status))
        .add(handover::Column::Version.eq(old.version));
    Ok(tx.update(change, expected).await? > 0)
}

/// The steps of many handovers, each in order.
pub async fn steps(db: &TenantDb, handovers: &[Uuid]) -> Result<Vec<handover_step::Model>, DbErr> {
    let select = handover_step::Entity::find()
        .filter(handover_step::Column::HandoverId.is_in(handovers.iter().copied()))
        .order_by_asc(handover_step::Column::HandoverId)
        .order_by_asc(handover_step::Column::Position)
        .limit(MOST_STEPS * handovers.len() as u64);
    db.all(select).await
}

/// Open handovers with an id behind `after`, with a step whose day has passed, not known to have stalled.
pub async fn overdue(db: &TenantDb, today: NaiveDate, after: Uuid, limit: u64) -> Result<Vec<handover::Model>, DbErr> {
    let late = Query::select()
        .column(handover_step::Column::HandoverId)
        .from(handover_step::Entity)
        .and_where(handover_step::Column::TenantId.eq(db.tenant()))
        .and_where(handover_step::Column::FulfilledAt.is_null())
        .and_where(handover_step::Column::DroppedReason.is_null())
        .and_where(handover_step::Column::DueOn.lt(today))
        .to_owned();
    let select = handover::Entity::find()
        .filter(is_open())
        .filter(handover::Column::StalledSince.is_null())
        .filter(handover::Column::Id.gt(after))
        .filter(handover::Column::Id.in_subquery(late))
        .order_by_asc(handover::Column::Id)
        .limit(limit);
    db.all(select).await
}

/// Whether the day of a step has passed without it.
pub fn is_late(step: &handover_step::Model, today: NaiveDate) -> bool {
    step.fulfilled_at.is_none() && step.dropped_reason.is_none() && step.due_on < today
}

/// Ids of the handovers of visible accounts, for steps' `handover_id IN (…)`.
pub fn of_accounts(tenant: Uuid, accounts: SelectStatement) -> SelectStatement {
    Query::select()
        .column(handover::Column::Id)
        .from(handover::Entity)
        .and_where(handover::Column::TenantId.eq(tenant))
        .and_where(handover::Column::AccountId.in_subquery(accounts))
        .to_owned()
}

/// Ids of the handovers that were opened for a departure.
pub fn of_departure(tenant: Uuid, departure: Uuid) -> SelectStatement {
    Query::select()
        .column(departure_handover::Column::HandoverId)
        .from(departure_handover::Entity)
        .and_where(departure_handover::Column::TenantId.eq(tenant))
        .and_where(departure_handover::Column::DepartureId.eq(departure))
        .to_owned()
}

/// The open handovers of a departure, which nobody else changes before this transaction ends.
pub async fn open_of_departure_lock(tx: &WriteTx, departure: Uuid) -> Result<Vec<handover::Model>, DbErr> {
    let select = handover::Entity::find()
        .filter(handover::Column::Id.in_subquery(of_departure(tx.tenant(), departure)))
        .filter(is_open())
        .order_by_asc(handover::Column::Id);
    tx.all(select.lock(LockType::NoKeyUpdate)).await
}

/// Ends handovers that are PLANNED; how many.
pub async fn end_planned(
    tx: &WriteTx,
    ids: &[Uuid],
    next: Status,
    now: DateTime<Utc>,
    reason: &str,
) -> Result<u64, DbErr> {
    use handover::Column;
    if ids.is_empty() {
        return Ok(0);
    }
    tx.update_with(
        handover::Entity::update_many()
            .col_expr(Column::Status, Expr::val(next.as_str()))
            .col_expr(Column::EndedAt, Expr::val(now))
            .col_expr(Column::EndReason, Expr::val(reason))
            .col_expr(Column::StalledSince, Expr::val(None::<DateTime<Utc>>))
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .filter(Column::Id.is_in(ids.iter().copied()))
            .filter(Column::Status.eq(Status::Planned.as_str())),
    )
    .await
}

/// One member.
pub async fn member(db: &TenantDb, id: Uuid) -> Result<Option<member::Model>, DbErr> {
    db.one(member::Entity::find().filter(member::Column::Id.eq(id))).await
}

/// Administrators who have not left, longest there first.
pub async fn admins(db: &TenantDb) -> Result<Vec<member::Model>, DbErr> {
    let select = member::Entity::find()
        .filter(member::Column::Role.eq(Role::Admin.as_str()))
        .filter(member::Column::EndedAt.is_null())
        .order_by_asc(member::Column::JoinedOn)
        .order_by_asc(member::Column::Id)
        .limit(MOST_ADMINS);
    db.all(select).await
}
