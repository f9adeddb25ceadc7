//! Operations on follow-ups.

use chrono::NaiveDate;
use domain::follow_up::FollowUpStatus;
use domain::policy::Action;
use entity::follow_up;
use sea_orm::{ColumnTrait, Condition, Select};
use uuid::Uuid;

use super::queries;
use crate::accounts::service::only_seen;
use crate::error::Result;
use crate::platform::Ctx;
use crate::platform::graphql::{CursorKey, Page, PageArgs, Sorted, fetch_page};
use crate::platform::tenancy::TenantDb;

pub use super::changes::{
    FollowUpChanges, FollowUpDraft, activity_recorded, check_due, follow_up_cancel, follow_up_complete,
    follow_up_create, follow_up_update,
};
pub use super::moves::{Moves, follow_ups_leave, follow_ups_pass_on};
pub use super::reminders::{Reminder, ReminderEnd, reminder_change, reminder_end, reminder_make};

/// How a list of follow-ups may be narrowed.
#[derive(Clone, Debug, Default)]
pub struct FollowUpFilter {
    /// Only those with this account.
    pub account: Option<Uuid>,
    /// Only those of this member.
    pub member: Option<Uuid>,
    /// Only those in one of these states.
    pub statuses: Option<Vec<FollowUpStatus>>,
    /// Only those due on this day or before.
    pub due_until: Option<NaiveDate>,
}

/// The follow-up, if there is one that the caller sees.
pub async fn follow_up_find(ctx: &Ctx, id: Uuid) -> Result<Option<follow_up::Model>> {
    Ok(follow_up_find_many(ctx, &[id]).await?.pop())
}

/// The ones of many follow-ups that the caller sees.
pub async fn follow_up_find_many(ctx: &Ctx, ids: &[Uuid]) -> Result<Vec<follow_up::Model>> {
    let db = ctx.glance().await?;
    let select = seen(ctx, &db, queries::many(ids)).await?;
    Ok(db.all(select).await?)
}

/// The open follow-ups of many accounts, those due first first, in one statement; at most 20 of each. For other slices,
/// which show accounts that the caller sees.
pub async fn follow_ups_open_of(ctx: &Ctx, db: &TenantDb, accounts: &[Uuid]) -> Result<Vec<follow_up::Model>> {
    ctx.authorize(Action::FollowUpRead)?;
    Ok(db.all(queries::open_of(db, accounts)).await?)
}

/// One page of the follow-ups that the caller sees, those due first first.
pub async fn follow_up_list(ctx: &Ctx, filter: &FollowUpFilter, args: &PageArgs) -> Result<Page<follow_up::Model>> {
    let sorted = Sorted {
        column: follow_up::Column::DueOn,
        id_column: follow_up::Column::Id,
        descending: false,
        key: |row: &follow_up::Model| (CursorKey::Day(row.due_on), row.id),
        place: None,
    };
    let db = ctx.glance().await?;
    let select = seen(ctx, &db, queries::list(condition(filter))).await?;
    fetch_page(ctx, &db, select, &sorted, format!("follow-ups {filter:?}"), args).await
}

/// How many follow-ups the whole list has.
pub async fn follow_up_count(ctx: &Ctx, filter: &FollowUpFilter) -> Result<i64> {
    let db = ctx.read().await?;
    let select = seen(ctx, &db, queries::list(condition(filter))).await?;
    Ok(db.count(select).await?)
}

async fn seen(ctx: &Ctx, db: &TenantDb, select: Select<follow_up::Entity>) -> Result<Select<follow_up::Entity>> {
    only_seen(ctx, db, Action::FollowUpRead, select, follow_up::Column::AccountId).await
}

fn condition(filter: &FollowUpFilter) -> Condition {
    use follow_up::Column;
    let mut condition = Condition::all();
    if let Some(account) = filter.account {
        condition = condition.add(Column::AccountId.eq(account));
    }
    if let Some(member) = filter.member {
        condition = condition.add(Column::MemberId.eq(member));
    }
    if let Some(statuses) = &filter.statuses {
        condition = condition.add(Column::Status.is_in(statuses.iter().map(|status| status.as_str())));
    }
    if let Some(day) = filter.due_until {
        condition = condition.add(Column::DueOn.lte(day));
    }
    condition
}

/// How many open follow-ups a member has on accounts, and how many others have on accounts that he owns.
pub async fn follow_ups_of_count(_: &Ctx, db: &TenantDb, member: Uuid) -> Result<(i64, i64)> {
    let owned = || follow_up::Column::AccountId.in_subquery(crate::accounts::book::owned_ids(db.tenant(), member));
    let own = queries::is_open().add(follow_up::Column::MemberId.eq(member));
    let others = queries::is_open()
        .add(follow_up::Column::MemberId.ne(member))
        .add(owned());
    Ok((
        db.count(queries::list(own)).await?,
        db.count(queries::list(others)).await?,
    ))
}
