//! Reading and writing the rows of accounts, only through the tenant's handle.

use std::sync::Arc;

use domain::text;
use entity::{account, account_gram, account_team, handover, ownership};
use sea_orm::sea_query::{IntoCondition, LockType, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use crate::platform::tenancy::{TenantDb, WriteTx};

/// Handovers in these states let the successor see the account.
const OPEN_HANDOVER: [&str; 3] = ["PLANNED", "INTRODUCING", "BONDING"];
/// Most spans of ownership shown of one account.
const MOST_SPANS: u64 = 200;
/// Most members on the team of one account.
pub const MOST_TEAM: u64 = 100;

/// The rule of who sees which accounts, as a condition on `account`: owner, team or successor is in the circle.
/// `None` is everybody's.
pub fn visible(circle: Option<&Arc<Vec<Uuid>>>, tenant: Uuid) -> Condition {
    let Some(circle) = circle else {
        return Condition::all();
    };
    let members = || circle.iter().copied();
    let on_team = Query::select()
        .column(account_team::Column::AccountId)
        .from(account_team::Entity)
        .and_where(account_team::Column::TenantId.eq(tenant))
        .and_where(account_team::Column::MemberId.is_in(members()))
        .to_owned();
    let as_successor = Query::select()
        .column(handover::Column::AccountId)
        .from(handover::Entity)
        .and_where(handover::Column::TenantId.eq(tenant))
        .and_where(handover::Column::ToMemberId.is_in(members()))
        .and_where(handover::Column::Status.is_in(OPEN_HANDOVER))
        .to_owned();
    Condition::any()
        .add(account::Column::OwnerId.is_in(members()))
        .add(account::Column::Id.in_subquery(on_team))
        .add(account::Column::Id.in_subquery(as_successor))
}

/// Ids of the visible accounts, for other tables' `account_id IN (…)`; `None` when all are visible.
pub fn visible_ids(circle: Option<&Arc<Vec<Uuid>>>, tenant: Uuid) -> Option<SelectStatement> {
    circle.map(|_| {
        Query::select()
            .column(account::Column::Id)
            .from(account::Entity)
            .and_where(account::Column::TenantId.eq(tenant))
            .cond_where(visible(circle, tenant))
            .to_owned()
    })
}

/// Accounts with this member on the team.
pub fn on_team_of(tenant: Uuid, member: Uuid) -> Condition {
    let teams = Query::select()
        .column(account_team::Column::AccountId)
        .from(account_team::Entity)
        .and_where(account_team::Column::TenantId.eq(tenant))
        .and_where(account_team::Column::MemberId.eq(member))
        .to_owned();
    Condition::all().add(account::Column::Id.in_subquery(teams))
}

/// Pieces of each word that are looked up: enough to narrow; the text itself decides.
const MOST_GRAMS: usize = 8;

/// Accounts in whose name or reading every word occurs. One lookup by primary key a piece, so that each is found by
/// index on both databases.
pub fn matching(tenant: Uuid, words: &str) -> Condition {
    let mut all = Condition::all();
    for term in text::query_terms(words) {
        for gram in text::term_grams(&term).into_iter().take(MOST_GRAMS) {
            let holders = Query::select()
                .column(account_gram::Column::AccountId)
                .from(account_gram::Entity)
                .and_where(account_gram::Column::TenantId.eq(tenant))
                .and_where(account_gram::Column::Gram.eq(gram))
                .to_owned();
            all = all.add(account::Column::Id.in_subquery(holders));
        }
        all = all.add(account::Column::SearchText.contains(&term));
    }
    all
}

/// One visible account.
pub async fn one(db: &TenantDb, id: Uuid, visible: Condition) -> Result<Option<account::Model>, DbErr> {
    db.one(list(visible).filter(account::Column::Id.eq(id))).await
}

/// As [`one`], and locked till the transaction ends: see [`lock`].
pub async fn one_locked(tx: &WriteTx, id: Uuid, visible: Condition) -> Result<Option<account::Model>, DbErr> {
    let select = list(visible).filter(account::Column::Id.eq(id));
    tx.one(select.lock(LockType::NoKeyUpdate)).await
}

/// Locks some accounts till the transaction ends (PostgreSQL; SQLite has one writer). What hangs on an account is
/// written under this lock, so that it follows a merge or comes before it. In the order of their ids, so that two who
/// lock several never wait for each other.
pub async fn lock(tx: &WriteTx, ids: &[Uuid]) -> Result<Vec<account::Model>, DbErr> {
    let select = account::Entity::find()
        .filter(account::Column::Id.is_in(ids.iter().copied()))
        .order_by_asc(account::Column::Id);
    tx.all(select.lock(LockType::NoKeyUpdate)).await
}

/// The visible ones of many accounts.
pub async fn many(db: &TenantDb, ids: &[Uuid], visible: Condition) -> Result<Vec<account::Model>, DbErr> {
    db.all(
        account::Entity::find()
            .filter(account::Column::Id.is_in(ids.iter().copied()))
            .filter(visible),
    )
    .await
}

/// A list of visible accounts, to be filtered further and paged.
pub fn list(visible: Condition) -> Select<account::Entity> {
    account::Entity::find().filter(visible)
}

/// The team of many accounts.
pub async fn team(db: &TenantDb, accounts: &[Uuid]) -> Result<Vec<account_team::Model>, DbErr> {
    db.all(
        account_team::Entity::find()
            .filter(account_team::Column::AccountId.is_in(accounts.iter().copied()))
            .order_by_asc(account_team::Column::Since)
            .order_by_asc(account_team::Column::Id)
            .limit(MOST_TEAM * accounts.len() as u64),
    )
    .await
}

/// Who owned many accounts when, newest first.
pub async fn ownerships(db: &TenantDb, accounts: &[Uuid]) -> Result<Vec<ownership::Model>, DbErr> {
    db.all(
        ownership::Entity::find()
            .filter(ownership::Column::AccountId.is_in(accounts.iter().copied()))
            .order_by_desc(ownership::Column::StartsAt)
            .order_by_desc(ownership::Column::Id)
            .limit(MOST_SPANS * accounts.len() as u64),
    )
    .await
}

/// Writes the grams of an account's search text; those of an older text go.
pub async fn write_grams(tx: &WriteTx, account: Uuid, search_text: &str, is_new: bool) -> Result<(), DbErr> {
    use sea_orm::Set;
    if !is_new {
        tx.delete(account_gram::Entity::delete_many().filter(account_gram::Column::AccountId.eq(account)))
            .await?;
    }
    let rows = text::grams(search_text)
        .into_iter()
        .map(|gram| account_gram::ActiveModel {
            tenant_id: Set(tx.tenant()),
            gram: Set(gram),
            account_id: Set(account),
        })
        .collect();
    tx.insert_many(rows).await
}

/// Condition: this account, still at the version that the caller saw.
pub fn at_version(id: Uuid, version: i64) -> impl IntoCondition {
    Condition::all()
        .add(account::Column::Id.eq(id))
        .add(account::Column::Version.eq(version))
}
