//! Reading and writing the rows of accounts, only through the tenant's handle.

use std::sync::Arc;

use domain::text;
use entity::{Sparse, account, account_gram, account_team, handover, ownership};
use sea_orm::sea_query::{
    ColumnRef, Expr, ExprTrait, Func, IntoCondition, LockBehavior, LockType, Query, SelectStatement,
};
use sea_orm::{
    ColumnTrait, Condition, DbBackend, DbErr, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, Select,
};
use uuid::Uuid;

use crate::platform::tenancy::{Columns, Firsts, TenantDb, WriteTx, among};

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

/// Ids of the accounts under an open handover.
pub fn handed_over(tenant: Uuid) -> SelectStatement {
    Query::select()
        .column(handover::Column::AccountId)
        .from(handover::Entity)
        .and_where(handover::Column::TenantId.eq(tenant))
        .and_where(handover::Column::Status.is_in(OPEN_HANDOVER))
        .to_owned()
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

/// Pieces of a search of which the rarest is looked for.
const MOST_GRAMS: usize = 8;
/// A piece that fewer accounts have is rare enough.
const RARE: i64 = 100;
/// Further than this they are not counted.
const COMMON: u64 = 2_000;

/// Accounts in whose name or reading every word occurs: those that have one piece of it, by index and in the order of
/// their names, of which the text itself decides. `None` when the words have nothing to look for.
pub async fn matching(
    db: &TenantDb,
    select: Select<account::Entity>,
    words: &str,
) -> Result<Option<Select<account::Entity>>, DbErr> {
    let terms = text::query_terms(words);
    let grams: Vec<String> = terms.iter().flat_map(|term| text::term_grams(term)).collect();
    let Some(gram) = rarest(db, grams).await? else {
        return Ok(None);
    };
    let holds = account::Entity::belongs_to(account_gram::Entity)
        .from((account::Column::TenantId, account::Column::Id))
        .to((account_gram::Column::TenantId, account_gram::Column::AccountId));
    let select = select
        .join(JoinType::InnerJoin, holds.into())
        .filter(account_gram::Column::TenantId.eq(db.tenant()))
        .filter(account_gram::Column::Gram.eq(gram.as_str()));
    // Where the piece is the whole word, having it is enough.
    let rest = terms.iter().filter(|term| **term != gram);
    Ok(Some(rest.fold(select, |select, term| {
        select.filter(contains(db.backend(), term))
    })))
}

/// The text has the word. Not by LIKE: PostgreSQL takes such a pattern to match next to nothing, and then reads and sorts
/// all accounts rather than going through a few in their order.
fn contains(backend: DbBackend, word: &str) -> Expr {
    let place = match backend {
        DbBackend::Postgres => "strpos",
        _ => "instr",
    };
    let text = Expr::col(account::Column::SearchText.as_column_ref());
    Expr::from(Func::cust(place).args([text, Expr::val(word)])).gt(0)
}

/// One of these pieces that few accounts have: the first that is rare, or the last of those that were counted.
async fn rarest(db: &TenantDb, grams: Vec<String>) -> Result<Option<String>, DbErr> {
    let mut grams = grams.into_iter().take(MOST_GRAMS).peekable();
    let mut best: Option<(i64, String)> = None;
    while let Some(gram) = grams.next() {
        if best.is_none() && grams.peek().is_none() {
            return Ok(Some(gram));
        }
        let holders = account_gram::Entity::find()
            .filter(account_gram::Column::Gram.eq(gram.as_str()))
            .limit(COMMON);
        let count = db.count(holders).await?;
        if best.as_ref().is_none_or(|(least, _)| count < *least) {
            best = Some((count, gram));
        }
        if count < RARE {
            break;
        }
    }
    Ok(best.map(|(_, gram)| gram))
}

/// Where a list that [`matching`] narrowed has the names and ids of its accounts, in their order.
pub fn match_order() -> (ColumnRef, ColumnRef) {
    let place = |column: account_gram::Column| column.as_column_ref().into();
    (
        place(account_gram::Column::SortKey),
        place(account_gram::Column::AccountId),
    )
}

/// One visible account.
pub async fn one(db: &TenantDb, id: Uuid, visible: Condition) -> Result<Option<account::Model>, DbErr> {
    db.one(with_id(id, visible)).await
}

/// As [`one`], and locked till the transaction ends: see [`lock`].
pub async fn one_locked(tx: &WriteTx, id: Uuid, visible: Condition) -> Result<Option<account::Model>, DbErr> {
    tx.one(with_id(id, visible).lock(LockType::NoKeyUpdate)).await
}

fn with_id(id: Uuid, visible: Condition) -> Select<account::Entity> {
    let select = account::Entity::find().filter(visible);
    select.filter(account::Column::Id.eq(id))
}

/// Locks some accounts till the transaction ends (PostgreSQL; SQLite has one writer). What hangs on an account is
/// written under this lock, so that it follows a merge or comes before it. In the order of their ids, so that two who
/// lock several never wait for each other.
pub async fn lock(tx: &WriteTx, ids: &[Uuid]) -> Result<Vec<account::Model>, DbErr> {
    tx.all(in_order(tx, account::Entity::find(), ids).lock(LockType::NoKeyUpdate))
        .await
}

/// The same without waiting: those that nobody else has locked, with these columns.
pub async fn lock_free(
    tx: &WriteTx,
    ids: &[Uuid],
    columns: Columns<account::Entity>,
) -> Result<Vec<account::Model>, DbErr> {
    let free =
        in_order(tx, account::Entity::bare(), ids).lock_with_behavior(LockType::NoKeyUpdate, LockBehavior::SkipLocked);
    tx.all_with(free, columns).await
}

fn in_order(tx: &WriteTx, select: Select<account::Entity>, ids: &[Uuid]) -> Select<account::Entity> {
    select
        .filter(among(tx, account::Column::Id, ids))
        .order_by_asc(account::Column::Id)
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

/// A list of visible accounts, to be filtered further, and paged or counted: whoever does so chooses the columns.
pub fn list(visible: Condition) -> Select<account::Entity> {
    account::Entity::bare().filter(visible)
}

/// The visible account that a row names.
pub fn named(visible: Condition) -> Firsts<account::Entity> {
    Firsts::new(list(visible), account::Column::Id, Vec::new(), 1)
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
pub async fn write_grams(tx: &WriteTx, account: Uuid, names: &Names, is_new: bool) -> Result<(), DbErr> {
    if !is_new {
        tx.delete(account_gram::Entity::delete_many().filter(account_gram::Column::AccountId.eq(account)))
            .await?;
    }
    tx.insert_many(grams(tx, account, names)).await
}

/// What an account is found by.
pub struct Names {
    /// What searches look through.
    pub search_text: String,
    /// What lists are sorted by.
    pub sort_key: String,
}

impl Names {
    /// Of a row to be written, which has both.
    pub fn of(row: &account::ActiveModel) -> Self {
        Self {
            search_text: row.search_text.try_as_ref().cloned().unwrap_or_default(),
            sort_key: row.sort_key.try_as_ref().cloned().unwrap_or_default(),
        }
    }
}

/// The pieces of an account's names.
pub fn grams(tx: &WriteTx, account: Uuid, names: &Names) -> Vec<account_gram::ActiveModel> {
    use sea_orm::Set;
    let grams = text::grams(&names.search_text).into_iter();
    let row = |gram| account_gram::ActiveModel {
        tenant_id: Set(tx.tenant()),
        gram: Set(gram),
        sort_key: Set(names.sort_key.clone()),
        account_id: Set(account),
    };
    grams.map(row).collect()
}

/// Condition: this account, still at the version that the caller saw.
pub fn at_version(id: Uuid, version: i64) -> impl IntoCondition {
    Condition::all()
        .add(account::Column::Id.eq(id))
        .add(account::Column::Version.eq(version))
}
