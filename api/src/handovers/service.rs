//! Handovers: seeing them, and the operations on them that other slices and the API call.

use domain::handover::Status;
use domain::policy::Action;
use entity::{handover, handover_step};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, Select};
use uuid::Uuid;

use super::queries;
use crate::accounts;
use crate::error::{Error, Result};
use crate::platform::Ctx;
use crate::platform::graphql::{CursorKey, Page, PageArgs, Sorted, fetch_page};
use crate::platform::tenancy::TenantDb;

pub use super::calendar::heir_of;
pub use super::continuity::{Facts as ContinuityFacts, of_one as continuity_of_one};
pub use super::endings::{handover_cancel, handover_complete, handover_fail, handovers_call_off};
pub use super::plan::{HandoverDraft, Opening, Terms, handover_plan, handovers_link, handovers_open, last_day_check};
pub use super::progress::handover_settle;
pub use super::queries::open_to;

/// How a list of handovers may be narrowed. All given conditions hold.
#[derive(Clone, Debug, Default)]
pub struct HandoverFilter {
    /// Only those of this account.
    pub account: Option<Uuid>,
    /// Only those from or to this member.
    pub member: Option<Uuid>,
    /// Only those in one of these states.
    pub statuses: Option<Vec<Status>>,
    /// Only those that have not ended.
    pub open_only: bool,
    /// Only those that were opened for this departure.
    pub departure: Option<Uuid>,
}

/// One page of the handovers of accounts that the caller sees, newest plan first.
pub async fn handover_list(ctx: &Ctx, filter: &HandoverFilter, args: &PageArgs) -> Result<Page<handover::Model>> {
    let db = ctx.glance().await?;
    let select = selected(ctx, &db, filter).await?;
    let sorted = Sorted {
        column: handover::Column::PlannedAt,
        id_column: handover::Column::Id,
        descending: true,
        key: |row: &handover::Model| (CursorKey::Time(row.planned_at), row.id),
        place: None,
    };
    fetch_page(ctx, &db, select, &sorted, format!("handovers {filter:?}"), args).await
}

/// How many handovers the whole list has.
pub async fn handover_count(ctx: &Ctx, filter: &HandoverFilter) -> Result<i64> {
    let db = ctx.read().await?;
    let select = selected(ctx, &db, filter).await?;
    Ok(db.count(select).await?)
}

async fn selected(ctx: &Ctx, db: &TenantDb, filter: &HandoverFilter) -> Result<Select<handover::Entity>> {
    use handover::Column;
    let mut condition = Condition::all();
    if let Some(account) = filter.account {
        condition = condition.add(Column::AccountId.eq(account));
    }
    if let Some(member) = filter.member {
        let either = Condition::any()
            .add(Column::FromMemberId.eq(member))
            .add(Column::ToMemberId.eq(member));
        condition = condition.add(either);
    }
    if let Some(statuses) = &filter.statuses {
        condition = condition.add(Column::Status.is_in(statuses.iter().map(|status| status.as_str())));
    }
    if filter.open_only {
        condition = condition.add(queries::is_open());
    }
    if let Some(departure) = filter.departure {
        condition = condition.add(Column::Id.in_subquery(queries::of_departure(db.tenant(), departure)));
    }
    seen(ctx, db, handover::Entity::find().filter(condition)).await
}

/// Narrows a select to handovers of accounts that the caller sees.
async fn seen(ctx: &Ctx, db: &TenantDb, select: Select<handover::Entity>) -> Result<Select<handover::Entity>> {
    accounts::service::only_seen(ctx, db, Action::HandoverRead, select, handover::Column::AccountId).await
}

/// The handover, if there is one that the caller sees.
pub async fn handover_find(ctx: &Ctx, id: Uuid) -> Result<Option<handover::Model>> {
    let db = ctx.glance().await?;
    find(ctx, &db, id).await
}

async fn find(ctx: &Ctx, db: &TenantDb, id: Uuid) -> Result<Option<handover::Model>> {
    let select = handover::Entity::find().filter(handover::Column::Id.eq(id));
    let select = seen(ctx, db, select).await?;
    Ok(db.one(select).await?)
}

/// The account's open handover. For other slices, which have authorised what they do with it.
pub async fn handover_open_of(db: &TenantDb, account: Uuid) -> Result<Option<handover::Model>> {
    Ok(queries::open_of(db, account).await?)
}

/// How many open handovers await the member as successor. For other slices, which have authorised what they show.
pub async fn handover_awaited_count(_: &Ctx, db: &TenantDb, member: Uuid) -> Result<i64> {
    let select = handover::Entity::find()
        .filter(handover::Column::ToMemberId.eq(member))
        .filter(queries::is_open());
    Ok(db.count(select).await?)
}

/// The ones of many handovers that the caller sees.
pub async fn handover_find_many(ctx: &Ctx, ids: &[Uuid]) -> Result<Vec<handover::Model>> {
    let db = ctx.read().await?;
    let select = handover::Entity::find().filter(handover::Column::Id.is_in(ids.iter().copied()));
    let select = seen(ctx, &db, select).await?;
    Ok(db.all(select).await?)
}

/// The handovers of many accounts, newest first, or only the open one of each.
pub async fn handovers_of_accounts(ctx: &Ctx, accounts: &[Uuid], open_only: bool) -> Result<Vec<handover::Model>> {
    let db = ctx.read().await?;
    let select = queries::newest(&db, accounts, open_only);
    let select = seen(ctx, &db, select).await?;
    Ok(db.all(select).await?)
}

/// The ones of many steps whose handover the caller sees.
pub async fn step_find_many(ctx: &Ctx, ids: &[Uuid]) -> Result<Vec<handover_step::Model>> {
    let db = ctx.read().await?;
    let mut select = handover_step::Entity::find().filter(handover_step::Column::Id.is_in(ids.iter().copied()));
    if let Some(accounts) = accounts::service::sight_ids(ctx, &db, Action::HandoverRead).await? {
        let handovers = queries::of_accounts(db.tenant(), accounts);
        select = select.filter(handover_step::Column::HandoverId.in_subquery(handovers));
    }
    Ok(db.all(select).await?)
}

/// The handover for doing `action` to it, inside the transaction that will: `NOT_FOUND` when the caller does not see
/// it, `FORBIDDEN` when he sees it and may not.
pub(super) async fn require(ctx: &Ctx, db: &TenantDb, action: Action, id: Uuid) -> Result<handover::Model> {
    let found = find(ctx, db, id).await?.ok_or_else(|| Error::not_found(&["id"]))?;
    accounts::service::account_require(ctx, db, action, found.account_id, &["id"]).await?;
    Ok(found)
}

/// The handover after it was written.
pub(super) async fn reread(ctx: &Ctx, id: Uuid) -> Result<handover::Model> {
    let db = ctx.read().await?;
    let found = queries::one(&db, id).await?;
    found.ok_or_else(|| Error::internal("a handover vanished after it was written"))
}

/// The status of a row.
pub(super) fn status_of(row: &handover::Model) -> Result<Status> {
    row.status
        .parse()
        .map_err(|_| Error::internal(format!("unknown status {:?} of a handover", row.status)))
}
