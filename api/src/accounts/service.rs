//! Accounts: seeing them, finding them, and the door through which other slices get one.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::policy::{Action, Grant, read_grant};
use entity::{account, member};
use sea_orm::sea_query::SelectStatement;
use sea_orm::{ColumnTrait, Condition, QueryFilter, Select};
use uuid::Uuid;

use super::queries;
use crate::error::{Error, Result};
use crate::members;
use crate::platform::Ctx;
use crate::platform::graphql::{Asked, CursorKey, Found, PageArgs, Paged, Sorted, fetch_one_asked, fetch_page_asked};
use crate::platform::tenancy::{Columns, Firsts, TenantDb, WriteTx};

pub use super::changes::{
    AccountChanges, AccountDraft, account_archive, account_assign, account_create, account_restore, account_team_add,
    account_team_remove, account_update, ownership_switch,
};
pub use super::merge::account_merge;

/// How a list of accounts may be narrowed.
#[derive(Clone, Debug, Default)]
pub struct AccountFilter {
    /// Only those of this owner.
    pub owner: Option<Uuid>,
    /// Only those with this member on the team.
    pub team_member: Option<Uuid>,
    /// Only those in this stage.
    pub lifecycle: Option<domain::account::Lifecycle>,
    /// Only those in one of these bands of risk.
    pub bands: Option<Vec<domain::risk::Band>>,
    /// Only those last touched before this instant, or never.
    pub last_touch_before: Option<DateTime<Utc>>,
    /// Only those in whose name or reading these words occur.
    pub text: Option<String>,
    /// Archived ones too.
    pub include_archived: bool,
}

/// What a list of accounts is ordered by.
#[derive(async_graphql::Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountOrder {
    /// By reading (kana), then name; あ to ん.
    Name,
    /// Probability of loss, highest first; unknown, presumed lost and lost ones last.
    Risk,
    /// Revenue at risk, largest first; unknown, presumed lost and lost ones last.
    RevenueAtRisk,
    /// Longest without a touch first; never touched ones at the head.
    LastTouch,
    /// Expected value, largest first.
    Value,
}

/// A row's sort value and id.
type Key = fn(&account::Model) -> (CursorKey, Uuid);

impl AccountOrder {
    fn sorted(self, is_search: bool) -> Sorted<account::Entity> {
        use account::Column;
        let (column, descending, key): (_, _, Key) = match self {
            Self::Name => (Column::SortKey, false, |row| {
                (CursorKey::Text(row.sort_key.clone()), row.id)
            }),
            Self::Risk => (Column::RiskSort, true, |row| (CursorKey::Float(row.risk_sort), row.id)),
            Self::RevenueAtRisk => (Column::RevenueAtRiskSort, true, |row| {
                (CursorKey::Int(row.revenue_at_risk_sort), row.id)
            }),
            Self::LastTouch => (Column::LastTouchSort, false, |row| {
                (CursorKey::Time(row.last_touch_sort), row.id)
            }),
            Self::Value => (Column::ValueSort, true, |row| (CursorKey::Int(row.value_sort), row.id)),
        };
        Sorted {
            column,
            id_column: Column::Id,
            descending,
            key,
            place: (is_search && self == Self::Name).then(queries::match_order),
        }
    }
}

/// One page of the accounts that the caller sees, of which this is asked.
pub async fn account_list(
    ctx: &Ctx,
    filter: &AccountFilter,
    order: AccountOrder,
    asked: &Asked<'_, account::Entity>,
    args: &PageArgs,
) -> Result<Paged<account::Model>> {
    let db = asked.read(ctx).await?;
    let (select, is_search) = selected(ctx, &db, filter).await?;
    let list = format!("accounts {order:?} {filter:?}");
    fetch_page_asked(ctx, &db, (select, asked), &order.sorted(is_search), list, args).await
}

/// How many accounts the whole list has.
pub async fn account_count(ctx: &Ctx, filter: &AccountFilter) -> Result<i64> {
    let db = ctx.read().await?;
    let (select, _) = selected(ctx, &db, filter).await?;
    Ok(db.count(select).await?)
}

/// What the filter leaves, and whether it goes by the pieces of names.
async fn selected(ctx: &Ctx, db: &TenantDb, filter: &AccountFilter) -> Result<(Select<account::Entity>, bool)> {
    use account::Column;
    let mut condition = sight(ctx, db, Action::AccountRead).await?;
    let tenant = db.tenant();
    if let Some(owner) = filter.owner {
        condition = condition.add(Column::OwnerId.eq(owner));
    }
    if let Some(member) = filter.team_member {
        condition = condition.add(queries::on_team_of(tenant, member));
    }
    if let Some(lifecycle) = filter.lifecycle {
        condition = condition.add(Column::Lifecycle.eq(lifecycle.as_str()));
    }
    if let Some(bands) = &filter.bands {
        condition = condition.add(Column::Band.is_in(bands.iter().map(|band| band.as_str())));
    }
    if let Some(before) = filter.last_touch_before {
        condition = condition.add(Column::LastTouchSort.lt(before));
    }
    if !filter.include_archived {
        condition = condition.add(Column::ArchivedAt.is_null());
    }
    let select = queries::list(condition);
    let matching = match &filter.text {
        Some(words) => queries::matching(db, select.clone(), words).await?,
        None => None,
    };
    Ok(match matching {
        Some(matching) => (matching, true),
        None => (select, false),
    })
}

/// The account, if there is one that the caller sees, of which this is asked.
pub async fn account_find(
    ctx: &Ctx,
    id: Uuid,
    asked: &Asked<'_, account::Entity>,
) -> Result<Option<Found<account::Model>>> {
    let db = asked.read(ctx).await?;
    let sight = sight(ctx, &db, Action::AccountRead).await?;
    let select = queries::list(sight).filter(account::Column::Id.eq(id));
    fetch_one_asked(ctx, &db, select, asked).await
}

/// The ones of many accounts that the caller sees.
pub async fn account_find_many(ctx: &Ctx, ids: &[Uuid]) -> Result<Vec<account::Model>> {
    let db = ctx.read().await?;
    let sight = sight(ctx, &db, Action::AccountRead).await?;
    Ok(queries::many(&db, ids, sight).await?)
}

/// The account that a row names that it is read beside, if the caller sees it; `None` when whom he sees is not known yet.
pub fn account_beside(ctx: &Ctx) -> Result<Option<Firsts<account::Entity>>> {
    let grant = ctx.authorize(Action::AccountRead)?;
    let tenant = ctx.tenant()?.id;
    Ok(members::circle_now(ctx, grant).map(|circle| queries::named(queries::visible(circle.as_ref(), tenant))))
}

/// Some accounts. For the rules of other slices, which have found what the caller sees.
pub async fn accounts_of(_: &Ctx, db: &TenantDb, ids: &[Uuid]) -> Result<Vec<account::Model>> {
    Ok(queries::many(db, ids, Condition::all()).await?)
}

/// The account for doing `action` to it, inside the transaction that will: `NOT_FOUND` at `field` when the caller does
/// not see it, `FORBIDDEN` when he sees it and may not.
pub async fn account_require(
    ctx: &Ctx,
    db: &TenantDb,
    action: Action,
    id: Uuid,
    field: &[&str],
) -> Result<account::Model> {
    let grant = ctx.authorize(action)?;
    let found = queries::one(db, id, seen_for(ctx, db, grant).await?).await?;
    reached(ctx, db, grant, found, field).await
}

/// As [`account_require`], and nobody else changes the account, or writes what hangs on it, before this transaction
/// ends. Locked before members, handovers and anything else of the account: whoever waits, waits here.
pub async fn account_require_locked(
    ctx: &Ctx,
    tx: &WriteTx,
    action: Action,
    id: Uuid,
    field: &[&str],
) -> Result<account::Model> {
    let grant = ctx.authorize(action)?;
    let found = queries::one_locked(tx, id, seen_for(ctx, tx, grant).await?).await?;
    reached(ctx, tx, grant, found, field).await
}

/// Locks some accounts, for a change that goes on to require each: in the order of their ids, as all who lock several.
pub async fn accounts_lock(tx: &WriteTx, ids: &[Uuid]) -> Result<()> {
    queries::lock(tx, ids).await?;
    Ok(())
}

/// What the caller sees, for doing what `grant` says.
async fn seen_for(ctx: &Ctx, db: &TenantDb, grant: Grant) -> Result<Condition> {
    let circle = members::circle(ctx, db, sees(ctx, grant)).await?;
    Ok(queries::visible(circle.as_ref(), db.tenant()))
}

/// An API client may do this to an account without the scope to read accounts: then it reaches what it may change.
fn sees(ctx: &Ctx, grant: Grant) -> Grant {
    ctx.authorize(Action::AccountRead).unwrap_or(grant)
}

async fn reached(
    ctx: &Ctx,
    db: &TenantDb,
    grant: Grant,
    found: Option<account::Model>,
    field: &[&str],
) -> Result<account::Model> {
    let found = found.ok_or_else(|| Error::not_found(field))?;
    let reach = members::circle(ctx, db, grant).await?;
    if reach.is_some()
        && queries::one(db, found.id, queries::visible(reach.as_ref(), db.tenant()))
            .await?
            .is_none()
    {
        return Err(Error::Forbidden);
    }
    Ok(found)
}

/// As [`account_require_locked`], and the account is not archived (`CONFLICT` otherwise): for writing what hangs on it.
pub async fn account_require_live(
    ctx: &Ctx,
    tx: &WriteTx,
    action: Action,
    id: Uuid,
    field: &[&str],
) -> Result<account::Model> {
    let found = account_require_locked(ctx, tx, action, id, field).await?;
    if found.archived_at.is_some() {
        return Err(Error::user(
            field,
            crate::error::UserErrorCode::Conflict,
            domain::lang::Text::fixed("The account is archived.", "この取引先はアーカイブされています。"),
        ));
    }
    Ok(found)
}

/// Of these accounts those to which each caller, at the same place, may do `action` as [`account_require_live`] would let him:
/// locked, and looked at for all in one statement, which reads these columns of them beside what it looks at (id, owner, and since
/// when it is archived). Nothing at a place that has to be looked at by itself: the account is not
/// there or archived, somebody else has locked it, or nobody of the caller's circle owns it.
pub async fn accounts_live(
    tx: &WriteTx,
    action: Action,
    wanted: &[(&Ctx, Uuid)],
    columns: Columns<account::Entity>,
) -> Result<Vec<Option<account::Model>>> {
    use account::Column::{ArchivedAt, Id, OwnerId};
    // Before the locks: a circle may have to be read.
    let mut circles = Vec::with_capacity(wanted.len());
    for (ctx, _) in wanted {
        let grant = ctx.authorize(action)?;
        circles.push([
            members::circle(ctx, tx, sees(ctx, grant)).await?,
            members::circle(ctx, tx, grant).await?,
        ]);
    }
    let mut ids: Vec<Uuid> = wanted.iter().map(|(_, id)| *id).collect();
    ids.sort_unstable();
    ids.dedup();
    let columns = columns.with(Id).with(OwnerId).with(ArchivedAt);
    let rows = queries::lock_free(tx, &ids, columns).await?;
    let live = wanted.iter().zip(circles).map(|((_, id), circles)| {
        let of_circle = |row: &account::Model| {
            let mut circles = circles.iter().flatten();
            circles.all(|circle| circle.contains(&row.owner_id))
        };
        let found = rows.iter().find(|row| row.id == *id && row.archived_at.is_none());
        found.filter(|row| of_circle(row)).cloned()
    });
    Ok(live.collect())
}

/// What the actor sees of accounts under `action`, as a condition on `account`.
pub async fn sight(ctx: &Ctx, db: &TenantDb, action: Action) -> Result<Condition> {
    let grant = ctx.authorize(action)?;
    let circle = members::circle(ctx, db, grant).await?;
    Ok(Condition::all().add(queries::visible(circle.as_ref(), db.tenant())))
}

/// Whether a member who is not the caller sees the account.
pub async fn account_seen_by(ctx: &Ctx, db: &TenantDb, account: Uuid, member: &member::Model) -> Result<bool> {
    let role = member.role.parse().map_err(Error::internal)?;
    let grant = read_grant(role, ctx.tenant()?.visibility, Action::AccountRead);
    let circle = members::circle_of(db, member.id, grant).await?;
    if circle.is_none() {
        return Ok(true);
    }
    let seen = queries::one(db, account, queries::visible(circle.as_ref(), db.tenant())).await?;
    Ok(seen.is_some())
}

/// As [`sight`], for tables that name an account: the ids to be `IN`, or `None` when all are seen.
pub async fn sight_ids(ctx: &Ctx, db: &TenantDb, action: Action) -> Result<Option<SelectStatement>> {
    let grant = ctx.authorize(action)?;
    let circle: Option<Arc<Vec<Uuid>>> = members::circle(ctx, db, grant).await?;
    Ok(queries::visible_ids(circle.as_ref(), db.tenant()))
}

/// Narrows a select of another table to accounts that the caller sees.
pub async fn only_seen<E: sea_orm::EntityTrait>(
    ctx: &Ctx,
    db: &TenantDb,
    action: Action,
    select: Select<E>,
    account_column: E::Column,
) -> Result<Select<E>> {
    Ok(match sight_ids(ctx, db, action).await? {
        Some(ids) => select.filter(account_column.in_subquery(ids)),
        None => select,
    })
}

/// Whether all that hangs on an account that the caller sees may be shown him under `action`, so that nothing has to be narrowed
/// where it is read beside the account.
pub fn is_seen_with_account(ctx: &Ctx, action: Action) -> Result<bool> {
    Ok(ctx.authorize(action)? == ctx.authorize(Action::AccountRead)?)
}
