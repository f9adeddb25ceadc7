//! What one member looks after, for handing it over.

use domain::risk::Band;
use entity::{account, account_team};
use sea_orm::sea_query::{LockType, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use super::queries;
use crate::platform::tenancy::{Columns, TenantDb, WriteTx};

/// Which of a member's accounts. All given conditions must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BookFilter {
    /// Only these.
    pub ids: Option<Vec<Uuid>>,
    /// Only those in one of these bands of risk.
    pub bands: Option<Vec<Band>>,
    /// Only those of one of these industries.
    pub industries: Option<Vec<String>>,
    /// Only those of one of these segments.
    pub segments: Option<Vec<String>>,
}

/// The accounts of a member that are neither archived nor handed over already, by id; at most so many.
pub async fn book(db: &TenantDb, owner: Uuid, filter: &BookFilter, most: u64) -> Result<Vec<account::Model>, DbErr> {
    db.all(select(db, owner, filter).limit(most)).await
}

/// The same, and nobody else changes them before this transaction ends.
pub async fn book_lock(
    tx: &WriteTx,
    owner: Uuid,
    filter: &BookFilter,
    most: u64,
) -> Result<Vec<account::Model>, DbErr> {
    tx.all(select(tx, owner, filter).limit(most).lock(LockType::NoKeyUpdate))
        .await
}

/// Ids of the accounts of a member that are not archived, handed over or not; at most so many.
pub async fn owned(db: &TenantDb, owner: Uuid, most: u64) -> Result<Vec<Uuid>, DbErr> {
    let select = account::Entity::find()
        .filter(account::Column::OwnerId.eq(owner))
        .filter(account::Column::ArchivedAt.is_null())
        .order_by_asc(account::Column::Id)
        .limit(most);
    let found = db.all_with(select, Columns::none().with(account::Column::Id)).await?;
    Ok(found.into_iter().map(|account| account.id).collect())
}

/// Ids of all accounts of a member, for `account_id IN (…)`.
pub fn owned_ids(tenant: Uuid, owner: Uuid) -> SelectStatement {
    Query::select()
        .column(account::Column::Id)
        .from(account::Entity)
        .and_where(account::Column::TenantId.eq(tenant))
        .and_where(account::Column::OwnerId.eq(owner))
        .to_owned()
}

fn select(db: &TenantDb, owner: Uuid, filter: &BookFilter) -> Select<account::Entity> {
    use account::Column;
    let mut condition = Condition::all();
    if let Some(ids) = &filter.ids {
        condition = condition.add(Column::Id.is_in(ids.iter().copied()));
    }
    if let Some(bands) = &filter.bands {
        condition = condition.add(Column::Band.is_in(bands.iter().map(|band| band.as_str())));
    }
    if let Some(industries) = &filter.industries {
        condition = condition.add(Column::Industry.is_in(industries));
    }
    if let Some(segments) = &filter.segments {
        condition = condition.add(Column::Segment.is_in(segments));
    }
    account::Entity::find()
        .filter(Column::OwnerId.eq(owner))
        .filter(Column::ArchivedAt.is_null())
        .filter(Column::Id.not_in_subquery(queries::handed_over(db.tenant())))
        .filter(condition)
        .order_by_asc(Column::Id)
}

/// Ids of the accounts that are handed over already, for `id NOT IN (…)`.
pub fn handed_over_ids(tenant: Uuid) -> SelectStatement {
    queries::handed_over(tenant)
}

/// How many accounts of the member are handed over already.
pub async fn handed_over_count(db: &TenantDb, owner: Uuid) -> Result<i64, DbErr> {
    let select = account::Entity::find()
        .filter(account::Column::OwnerId.eq(owner))
        .filter(account::Column::ArchivedAt.is_null())
        .filter(account::Column::Id.in_subquery(queries::handed_over(db.tenant())));
    db.count(select).await
}

/// The places of a member on the teams of accounts.
pub async fn team_places(db: &TenantDb, member: Uuid) -> Result<Vec<account_team::Model>, DbErr> {
    db.all(places(member).limit(MOST_PLACES)).await
}

/// How many there are.
pub async fn team_place_count(db: &TenantDb, member: Uuid) -> Result<i64, DbErr> {
    db.count(places(member)).await
}

/// Most places ended at once.
const MOST_PLACES: u64 = 100_000;

fn places(member: Uuid) -> Select<account_team::Entity> {
    account_team::Entity::find().filter(account_team::Column::MemberId.eq(member))
}

/// Ends all places of a member on the teams of accounts, inside the caller's transaction; on which accounts they were.
pub async fn team_places_end(tx: &WriteTx, member: Uuid) -> Result<Vec<Uuid>, DbErr> {
    let places = team_places(tx, member).await?;
    tx.delete(account_team::Entity::delete_many().filter(account_team::Column::MemberId.eq(member)))
        .await?;
    for place in &places {
        super::changes::emit_access(tx, place.account_id, &[member], "TEAM_REMOVED");
    }
    Ok(places.into_iter().map(|place| place.account_id).collect())
}
