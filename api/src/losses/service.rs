//! Losses: seeing them, and the operations on them that other slices and the API call.

use chrono::NaiveDate;
use domain::lang::Text;
use domain::policy::Action;
use domain::risk::Cause;
use entity::{loss, loss_cause};
use sea_orm::{ColumnTrait, Condition, Select};
use uuid::Uuid;

use super::queries;
use crate::accounts::service::{account_require_live, only_seen};
use crate::error::{Error, Result, UserErrorCode};
use crate::platform::Ctx;
use crate::platform::graphql::{CursorKey, Page, PageArgs, Sorted, fetch_page};
use crate::platform::tenancy::{TenantDb, WriteTx};

pub use super::changes::{LossChanges, loss_update};
pub use super::costs::{acquisition_cost_list, acquisition_cost_set};
pub use super::record::{LossDraft, loss_archive, loss_record};
pub use super::report::{Report, loss_report};
pub use super::report_queries::ChannelRow;
pub use super::win_back::{Return, account_merged, account_returned, loss_win_back, losses_move, orders_came};

/// How a list of losses may be narrowed. All given conditions hold.
#[derive(Clone, Debug, Default)]
pub struct LossFilter {
    /// Only those of this account.
    pub account: Option<Uuid>,
    /// Only those of this day or later.
    pub from: Option<NaiveDate>,
    /// Only those of this day or before.
    pub to: Option<NaiveDate>,
    /// Only those with one of these causes.
    pub causes: Option<Vec<Cause>>,
    /// Only those with a cause that was, or was not, controllable: with `causes`, one of them.
    pub controllable: Option<bool>,
    /// Only those from which the account came back, or has not.
    pub won_back: Option<bool>,
    /// Archived ones too.
    pub include_archived: bool,
}

/// The loss, if there is one that the caller sees.
pub async fn loss_find(ctx: &Ctx, id: Uuid) -> Result<Option<loss::Model>> {
    Ok(loss_find_many(ctx, &[id]).await?.pop())
}

/// The ones of many losses that the caller sees.
pub async fn loss_find_many(ctx: &Ctx, ids: &[Uuid]) -> Result<Vec<loss::Model>> {
    let db = ctx.glance().await?;
    let select = seen(ctx, &db, queries::many(ids)).await?;
    Ok(db.all(select).await?)
}

/// The latest losses of many accounts that the caller sees, latest first; at most 20 of each.
pub async fn losses_of(ctx: &Ctx, accounts: &[Uuid]) -> Result<Vec<loss::Model>> {
    let db = ctx.read().await?;
    let select = seen(ctx, &db, queries::latest(&db, accounts)).await?;
    Ok(db.all(select).await?)
}

/// The causes of many losses that the caller sees, the largest share first.
pub async fn causes_of(ctx: &Ctx, losses: &[Uuid]) -> Result<Vec<loss_cause::Model>> {
    ctx.authorize(Action::LossRead)?;
    let db = ctx.read().await?;
    Ok(queries::causes(&db, losses).await?)
}

/// One page of the losses of accounts that the caller sees, latest first.
pub async fn loss_list(ctx: &Ctx, filter: &LossFilter, args: &PageArgs) -> Result<Page<loss::Model>> {
    let sorted = Sorted {
        column: loss::Column::LostOn,
        id_column: loss::Column::Id,
        descending: true,
        key: |row: &loss::Model| (CursorKey::Day(row.lost_on), row.id),
        place: None,
    };
    let db = ctx.glance().await?;
    let select = seen(ctx, &db, queries::list(condition(db.tenant(), filter))).await?;
    fetch_page(ctx, &db, select, &sorted, format!("losses {filter:?}"), args).await
}

/// How many losses the whole list has.
pub async fn loss_count(ctx: &Ctx, filter: &LossFilter) -> Result<i64> {
    let db = ctx.read().await?;
    let select = seen(ctx, &db, queries::list(condition(db.tenant(), filter))).await?;
    Ok(db.count(select).await?)
}

async fn seen(ctx: &Ctx, db: &TenantDb, select: Select<loss::Entity>) -> Result<Select<loss::Entity>> {
    only_seen(ctx, db, Action::LossRead, select, loss::Column::AccountId).await
}

fn condition(tenant: Uuid, filter: &LossFilter) -> Condition {
    use loss::Column;
    let mut condition = Condition::all();
    if let Some(account) = filter.account {
        condition = condition.add(Column::AccountId.eq(account));
    }
    if let Some(from) = filter.from {
        condition = condition.add(Column::LostOn.gte(from));
    }
    if let Some(to) = filter.to {
        condition = condition.add(Column::LostOn.lte(to));
    }
    let mut cause = Condition::all();
    if let Some(causes) = &filter.causes {
        cause = cause.add(loss_cause::Column::Cause.is_in(causes.iter().map(|cause| cause.as_str())));
    }
    if let Some(controllable) = filter.controllable {
        cause = cause.add(loss_cause::Column::Controllable.eq(controllable));
    }
    if !cause.is_empty() {
        condition = condition.add(Column::Id.in_subquery(queries::with_cause(tenant, cause)));
    }
    match filter.won_back {
        Some(true) => condition = condition.add(Column::WonBackOn.is_not_null()),
        Some(false) => condition = condition.add(Column::WonBackOn.is_null()),
        None => {}
    }
    if !filter.include_archived {
        condition = condition.add(Column::ArchivedAt.is_null());
    }
    condition
}

/// The loss, when the caller may change it: its account says so.
pub(super) async fn require(ctx: &Ctx, tx: &WriteTx, id: Uuid) -> Result<loss::Model> {
    let found = tx.one(queries::one(id)).await?;
    let found = found.ok_or_else(|| Error::not_found(&["id"]))?;
    account_require_live(ctx, tx, Action::LossRecord, found.account_id, &["id"]).await?;
    Ok(found)
}

pub(super) fn refuse_archived(found: &loss::Model) -> Result<()> {
    if found.archived_at.is_none() {
        return Ok(());
    }
    Err(Error::user(
        &["id"],
        UserErrorCode::Conflict,
        Text::fixed(
            "The loss was archived: it does not count any more.",
            "この失注記録はアーカイブされています。",
        ),
    ))
}

/// The loss after it was written.
pub(super) async fn reread(ctx: &Ctx, id: Uuid) -> Result<loss::Model> {
    let found = ctx.read().await?.one(queries::one(id)).await?;
    found.ok_or_else(|| Error::internal("a loss vanished after it was written"))
}
