//! Activities: finding them, and the door through which other slices get one.

use chrono::{DateTime, Utc};
use domain::activity::ActivityKind;
use domain::lang::Text;
use domain::policy::Action;
use entity::activity;
use sea_orm::{ColumnTrait, Condition, Select};
use uuid::Uuid;

use super::queries;
use crate::accounts::service::{is_seen_with_account, only_seen};
use crate::buyer_changes;
use crate::error::{Error, Result, UserErrorCode};
use crate::platform::Ctx;
use crate::platform::graphql::{Asked, CursorKey, Found, PageArgs, Paged, Sorted, fetch_one_asked, fetch_page_asked};
use crate::platform::tenancy::{Columns, Firsts, TenantDb};

pub use super::changes::{ActivityChanges, activity_archive, activity_update};
pub use super::last_touch::last_touch_find_again;
pub use super::record::{ActivityDraft, Recorded, activity_record};
pub use super::touches::{Span, meetings_at, touch_columns, touched_of, touches_known, touches_of, touches_since};

/// How a list of activities may be narrowed.
#[derive(Clone, Debug, Default)]
pub struct ActivityFilter {
    /// Only those of this account.
    pub account: Option<Uuid>,
    /// Only those of these kinds.
    pub kinds: Option<Vec<ActivityKind>>,
    /// Only those that this member did or was present at.
    pub member: Option<Uuid>,
    /// Only those with this contact.
    pub contact: Option<Uuid>,
    /// With the contact: those with the same person in his other posts too.
    pub in_all_posts: bool,
    /// Only those at this instant or later.
    pub from: Option<DateTime<Utc>>,
    /// Only those before this instant.
    pub to: Option<DateTime<Utc>>,
    /// Archived ones too.
    pub include_archived: bool,
}

/// The activity, if there is one that the caller sees, of which this is asked.
pub async fn activity_find(
    ctx: &Ctx,
    id: Uuid,
    asked: &Asked<'_, activity::Entity>,
) -> Result<Option<Found<activity::Model>>> {
    ctx.authorize(Action::ActivityRead)?;
    let db = asked.read(ctx).await?;
    let select = seen(ctx, &db, queries::one(id)).await?;
    fetch_one_asked(ctx, &db, select, asked).await
}

/// The ones of many activities that the caller sees.
pub async fn activity_find_many(ctx: &Ctx, ids: &[Uuid]) -> Result<Vec<activity::Model>> {
    ctx.authorize(Action::ActivityRead)?;
    let db = ctx.read().await?;
    let select = seen(ctx, &db, queries::many(ids)).await?;
    Ok(db.all(select).await?)
}

/// The newest activities of many accounts that the caller sees, newest first: `most` of each account, these columns of
/// them.
pub async fn activity_latest(
    ctx: &Ctx,
    accounts: &[Uuid],
    most: i32,
    columns: Columns<activity::Entity>,
) -> Result<Vec<activity::Model>> {
    ctx.authorize(Action::ActivityRead)?;
    let db = ctx.read().await?;
    let select = seen(ctx, &db, queries::latest(most).of_each(&db, accounts)).await?;
    Ok(db.all_with(select, columns.with(activity::Column::AccountId)).await?)
}

/// The same of an account that they are read beside and the caller sees; `None` when he may not see all of them.
pub fn activities_beside(ctx: &Ctx, most: i32) -> Result<Option<Firsts<activity::Entity>>> {
    let is_seen = is_seen_with_account(ctx, Action::ActivityRead)?;
    Ok(is_seen.then_some(queries::latest(most)))
}

/// One page of the activities that the caller sees, of which this is asked, newest first.
pub async fn activity_list(
    ctx: &Ctx,
    filter: &ActivityFilter,
    asked: &Asked<'_, activity::Entity>,
    args: &PageArgs,
) -> Result<Paged<activity::Model>> {
    ctx.authorize(Action::ActivityRead)?;
    let sorted = Sorted {
        column: activity::Column::OccurredAt,
        id_column: activity::Column::Id,
        descending: true,
        key: |row: &activity::Model| (CursorKey::Time(row.occurred_at), row.id),
        place: None,
    };
    let contacts = persons(ctx, filter).await?;
    let db = asked.read(ctx).await?;
    let select = seen(ctx, &db, queries::list(condition(filter, &contacts, db.tenant()))).await?;
    let list = format!("activities {filter:?}");
    fetch_page_asked(ctx, &db, (select, asked), &sorted, list, args).await
}

/// How many activities the whole list has.
pub async fn activity_count(ctx: &Ctx, filter: &ActivityFilter) -> Result<i64> {
    ctx.authorize(Action::ActivityRead)?;
    let contacts = persons(ctx, filter).await?;
    let db = ctx.read().await?;
    let select = seen(ctx, &db, queries::list(condition(filter, &contacts, db.tenant()))).await?;
    Ok(db.count(select).await?)
}

async fn seen(ctx: &Ctx, db: &TenantDb, select: Select<activity::Entity>) -> Result<Select<activity::Entity>> {
    only_seen(ctx, db, Action::ActivityRead, select, activity::Column::AccountId).await
}

/// The contacts that the filter means: one, or all that he is.
async fn persons(ctx: &Ctx, filter: &ActivityFilter) -> Result<Vec<Uuid>> {
    match filter.contact {
        Some(contact) if filter.in_all_posts => {
            let mut posts = buyer_changes::service::posts_of(ctx, &[contact]).await?;
            Ok(posts.remove(&contact).unwrap_or_default())
        }
        contact => Ok(contact.into_iter().collect()),
    }
}

fn condition(filter: &ActivityFilter, contacts: &[Uuid], tenant: Uuid) -> Condition {
    use activity::Column;
    let mut condition = Condition::all();
    if let Some(account) = filter.account {
        condition = condition.add(Column::AccountId.eq(account));
    }
    if let Some(kinds) = &filter.kinds {
        condition = condition.add(Column::Kind.is_in(kinds.iter().map(|kind| kind.as_str())));
    }
    if let Some(member) = filter.member {
        condition = condition.add(queries::with_member(tenant, member));
    }
    if filter.contact.is_some() {
        condition = condition.add(queries::with_contacts(tenant, contacts));
    }
    if let Some(from) = filter.from {
        condition = condition.add(Column::OccurredAt.gte(from));
    }
    if let Some(to) = filter.to {
        condition = condition.add(Column::OccurredAt.lt(to));
    }
    if !filter.include_archived {
        condition = condition.add(Column::ArchivedAt.is_null());
    }
    condition
}

/// The activity is one of this account, which the caller sees: else `INVALID` when he sees the activity elsewhere, and
/// `NOT_FOUND` when he does not.
pub async fn activity_require_of(ctx: &Ctx, db: &TenantDb, account: Uuid, id: Uuid, field: &str) -> Result<()> {
    // Whoever passed the account's own door may read accounts; more is not asked of a client that only writes.
    let select = only_seen(
        ctx,
        db,
        Action::AccountRead,
        queries::one(id),
        activity::Column::AccountId,
    )
    .await?;
    match db.one(select).await? {
        None => Err(Error::not_found(&[field])),
        Some(found) if found.account_id == account => Ok(()),
        Some(_) => Err(Error::user(
            &[field],
            UserErrorCode::Invalid,
            Text::fixed(
                "This activity is of another account.",
                "この活動は別の取引先のものです。",
            ),
        )),
    }
}
