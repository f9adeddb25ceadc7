//! Rows of contacts, only through the tenant's handle.

use chrono::NaiveDate;
use domain::text;
use entity::contact;
use sea_orm::sea_query::Order;
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Select,
};
use uuid::Uuid;

use crate::platform::tenancy::{Firsts, TenantDb, among};

/// Most contacts shown with an account.
pub const MOST_OF_ACCOUNT: i32 = 50;
/// Most contacts whose rotation is looked at, those longest at their posts.
const MOST_IN_POST: u64 = 5_000;
/// Most posts that tenures are reckoned from.
const MOST_POSTS: u64 = 10_000;
/// Most contacts of one decision path.
const MOST_OF_PATH: i32 = 200;
/// Most contacts shown below the one they report to.
pub const MOST_REPORTS: i32 = 50;
/// Most key contacts of one account that count.
const MOST_KEY_CONTACTS: i32 = 100;
/// Most contacts of one account that a search by text looks at.
const MOST_SEARCHED: u64 = 5_000;
/// Most contacts of one account whose places in the tree are read.
const MOST_EDGES: u64 = 10_000;

/// One contact.
pub fn one(id: Uuid) -> Select<contact::Entity> {
    contact::Entity::find().filter(contact::Column::Id.eq(id))
}

/// Some contacts.
pub fn many(ids: &[Uuid]) -> Select<contact::Entity> {
    contact::Entity::find().filter(contact::Column::Id.is_in(ids.iter().copied()))
}

/// Each of these contacts with its account.
pub async fn accounts_of(db: &TenantDb, ids: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>, DbErr> {
    use contact::Column;
    let select = contact::Entity::find()
        .select_only()
        .columns([Column::Id, Column::AccountId])
        .filter(among(db, Column::Id, ids));
    let rows: Vec<OfAccount> = db.rows(select).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.account_id)).collect())
}

#[derive(FromQueryResult)]
struct OfAccount {
    id: Uuid,
    account_id: Uuid,
}

/// A list of contacts, to be paged.
pub fn list(condition: Condition) -> Select<contact::Entity> {
    contact::Entity::find().filter(condition)
}

/// Condition: neither archived nor gone by that day.
pub fn is_active(today: NaiveDate) -> Condition {
    Condition::all()
        .add(contact::Column::ArchivedAt.is_null())
        .add(has_not_left(today))
}

/// Condition: still at his post on that day.
pub fn has_not_left(today: NaiveDate) -> Condition {
    Condition::any()
        .add(contact::Column::LeftOn.is_null())
        .add(contact::Column::LeftOn.gt(today))
}

/// The active contacts of an account, the first 50: key contacts first, then by name.
pub fn of_account(today: NaiveDate) -> Firsts<contact::Entity> {
    use contact::Column;
    Firsts::new(
        list(is_active(today)),
        Column::AccountId,
        vec![
            (Column::IsKey, Order::Desc),
            (Column::SortKey, Order::Asc),
            (Column::Id, Order::Asc),
        ],
        MOST_OF_ACCOUNT,
    )
}

/// The active contacts of many accounts, of each the first 200: those with most say first.
pub fn of_paths(db: &TenantDb, accounts: &[Uuid], today: NaiveDate) -> Select<contact::Entity> {
    use contact::Column;
    let order = vec![
        (Column::Say, Order::Desc),
        (Column::SortKey, Order::Asc),
        (Column::Id, Order::Asc),
    ];
    Firsts::new(list(is_active(today)), Column::AccountId, order, MOST_OF_PATH).of_each(db, accounts)
}

/// Contacts who are at their posts and of whom it is known since when, longest there first.
pub fn in_post(today: NaiveDate, key_only: bool) -> Select<contact::Entity> {
    use contact::Column;
    let mut select = list(is_active(today)).filter(Column::StartedOn.lte(today));
    if key_only {
        select = select.filter(Column::IsKey.eq(true));
    }
    select
        .order_by_asc(Column::StartedOn)
        .order_by_asc(Column::Id)
        .limit(MOST_IN_POST)
}

/// From when to when somebody was at a post.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct PostRow {
    /// First day.
    pub started_on: NaiveDate,
    /// First day on which he was no longer there.
    pub left_on: NaiveDate,
}

/// Posts that have ended, the latest ones.
pub async fn ended_posts(db: &TenantDb, today: NaiveDate) -> Result<Vec<PostRow>, DbErr> {
    use contact::Column;
    let select = contact::Entity::find()
        .select_only()
        .columns([Column::StartedOn, Column::LeftOn])
        .filter(Column::StartedOn.is_not_null())
        .filter(Column::LeftOn.lte(today))
        .order_by_desc(Column::LeftOn)
        .limit(MOST_POSTS);
    db.rows(select).await
}

/// The active key contacts of many accounts, those with most say first.
pub fn key_contacts(db: &TenantDb, accounts: &[Uuid], today: NaiveDate) -> Select<contact::Entity> {
    use contact::Column;
    let key = list(is_active(today)).filter(Column::IsKey.eq(true));
    let order = vec![
        (Column::Say, Order::Desc),
        (Column::SortKey, Order::Asc),
        (Column::Id, Order::Asc),
    ];
    Firsts::new(key, Column::AccountId, order, MOST_KEY_CONTACTS).of_each(db, accounts)
}

/// The active contacts who report to each of many, of each the first 50 by name.
pub fn reports(db: &TenantDb, superiors: &[Uuid], today: NaiveDate) -> Select<contact::Entity> {
    use contact::Column;
    let order = vec![(Column::SortKey, Order::Asc), (Column::Id, Order::Asc)];
    Firsts::new(list(is_active(today)), Column::ReportsToId, order, MOST_REPORTS).of_each(db, superiors)
}

/// What a search by text looks at.
#[derive(FromQueryResult)]
struct NameRow {
    id: Uuid,
    family_name: String,
    given_name: String,
    family_kana: Option<String>,
    given_kana: Option<String>,
    title: Option<String>,
    department: Option<String>,
}

impl NameRow {
    /// Names stand with and without a space between them, as people type both.
    fn search_text(&self) -> String {
        let twice = |family: &str, given: &str| format!("{family} {given} {family}{given}");
        let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
        let name = format!(
            "{} {} {}",
            twice(&self.family_name, &self.given_name),
            or_empty(&self.title),
            or_empty(&self.department)
        );
        let reading = twice(&or_empty(&self.family_kana), &or_empty(&self.given_kana));
        text::search_text(&name, Some(&reading))
    }
}

/// Condition: every word occurs in the names, title or department, in whatever script. `of_account` selects the
/// contacts of one account: few enough to look at each.
pub async fn matching(db: &TenantDb, of_account: Select<contact::Entity>, words: &str) -> Result<Condition, DbErr> {
    use contact::Column;
    let terms = text::query_terms(words);
    let rows: Vec<NameRow> = db
        .rows(
            of_account
                .select_only()
                .columns([
                    Column::Id,
                    Column::FamilyName,
                    Column::GivenName,
                    Column::FamilyKana,
                    Column::GivenKana,
                    Column::Title,
                    Column::Department,
                ])
                .order_by_asc(Column::SortKey)
                .order_by_asc(Column::Id)
                .limit(MOST_SEARCHED),
        )
        .await?;
    let found = rows.iter().filter(|row| text::matches(&row.search_text(), &terms));
    Ok(Condition::all().add(Column::Id.is_in(found.map(|row| row.id))))
}

#[derive(FromQueryResult)]
struct Edge {
    id: Uuid,
    reports_to_id: Option<Uuid>,
}

/// Who reports to whom at an account.
pub async fn edges(db: &TenantDb, account: Uuid) -> Result<Vec<(Uuid, Option<Uuid>)>, DbErr> {
    use contact::Column;
    let edges: Vec<Edge> = db
        .rows(
            contact::Entity::find()
                .select_only()
                .columns([Column::Id, Column::ReportsToId])
                .filter(Column::AccountId.eq(account))
                .filter(Column::ReportsToId.is_not_null())
                .limit(MOST_EDGES),
        )
        .await?;
    Ok(edges.into_iter().map(|edge| (edge.id, edge.reports_to_id)).collect())
}

/// Condition: this contact, still at the version that the caller saw.
pub fn at_version(id: Uuid, version: i64) -> Condition {
    Condition::all()
        .add(contact::Column::Id.eq(id))
        .add(contact::Column::Version.eq(version))
}
