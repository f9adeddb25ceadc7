//! Contacts: finding them, and the door through which other slices get one.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::lang::Text;
use domain::policy::Action;
use entity::contact;
use sea_orm::{ColumnTrait, Condition, QueryFilter, Select};
use uuid::Uuid;

use super::queries;
use crate::accounts::grouped;
use crate::accounts::service::{is_seen_with_account, only_seen};
use crate::error::{Error, Result, UserError, UserErrorCode};
use crate::platform::Ctx;
use crate::platform::graphql::{Asked, CursorKey, Found, PageArgs, Paged, Sorted, fetch_one_asked, fetch_page_asked};
use crate::platform::tenancy::{Columns, Firsts, TenantDb};

pub use super::changes::{
    ContactChanges, ContactDraft, contact_archive, contact_copy, contact_create, contact_edit, contact_restore,
    contact_update,
};

/// How a list of contacts may be narrowed.
#[derive(Clone, Debug, Default)]
pub struct ContactFilter {
    /// Only those of this account.
    pub account: Option<Uuid>,
    /// Only those in whose names, title or department these words occur; needs an account.
    pub text: Option<String>,
    /// Only key contacts.
    pub key_only: bool,
    /// Those who left too.
    pub include_left: bool,
    /// Archived ones too.
    pub include_archived: bool,
}

/// The contact, if there is one that the caller sees, of which this is asked.
pub async fn contact_find(
    ctx: &Ctx,
    id: Uuid,
    asked: &Asked<'_, contact::Entity>,
) -> Result<Option<Found<contact::Model>>> {
    ctx.authorize(Action::ContactRead)?;
    let db = asked.read(ctx).await?;
    let select = seen(ctx, &db, queries::one(id)).await?;
    fetch_one_asked(ctx, &db, select, asked).await
}

/// The ones of many contacts that the caller sees.
pub async fn contact_find_many(ctx: &Ctx, ids: &[Uuid]) -> Result<Vec<contact::Model>> {
    ctx.authorize(Action::ContactRead)?;
    let db = ctx.read().await?;
    let select = seen(ctx, &db, queries::many(ids)).await?;
    Ok(db.all(select).await?)
}

/// The first active contacts of many accounts that the caller sees, key contacts first; these columns of them.
pub async fn contacts_of_accounts(
    ctx: &Ctx,
    accounts: &[Uuid],
    columns: Columns<contact::Entity>,
) -> Result<Vec<contact::Model>> {
    ctx.authorize(Action::ContactRead)?;
    let db = ctx.read().await?;
    let select = queries::of_account(ctx.today()?).of_each(&db, accounts);
    let select = seen(ctx, &db, select).await?;
    Ok(db.all_with(select, columns.with(contact::Column::AccountId)).await?)
}

/// The same of an account that they are read beside and the caller sees; `None` when he may not see all of them.
pub fn contacts_beside(ctx: &Ctx) -> Result<Option<Firsts<contact::Entity>>> {
    let today = ctx.today()?;
    let is_seen = is_seen_with_account(ctx, Action::ContactRead)?;
    Ok(is_seen.then(|| queries::of_account(today)))
}

/// The active contacts of many accounts that the caller sees, those with most say first; at most 200 of each.
pub async fn contacts_of_paths(ctx: &Ctx, db: &TenantDb, accounts: &[Uuid]) -> Result<Vec<contact::Model>> {
    ctx.authorize(Action::ContactRead)?;
    let select = seen(ctx, db, queries::of_paths(db, accounts, ctx.today()?)).await?;
    Ok(db.all(select).await?)
}

/// The contacts at their posts, at accounts that the caller sees under `action`, of whom it is known since when: at one account
/// or at all; at most 5,000, those longest there.
pub async fn contacts_in_post(
    ctx: &Ctx,
    db: &TenantDb,
    action: Action,
    account: Option<Uuid>,
    key_only: bool,
) -> Result<Vec<contact::Model>> {
    let mut select = queries::in_post(ctx.today()?, key_only);
    if let Some(account) = account {
        select = select.filter(contact::Column::AccountId.eq(account));
    }
    let select = only_seen(ctx, db, action, select, contact::Column::AccountId).await?;
    Ok(db.all(select).await?)
}

/// For how many days the tenant's contacts stayed at posts that have ended; of the latest 10,000. For
/// the rules of other slices: it tells of nobody.
pub async fn contact_tenures(ctx: &Ctx, db: &TenantDb) -> Result<Vec<i64>> {
    let posts = queries::ended_posts(db, ctx.today()?).await?;
    Ok(posts
        .iter()
        .map(|post| (post.left_on - post.started_on).num_days())
        .collect())
}

/// The first active contacts who report to these, by name.
pub async fn contact_reports(ctx: &Ctx, superiors: &[Uuid]) -> Result<Vec<contact::Model>> {
    ctx.authorize(Action::ContactRead)?;
    let db = ctx.read().await?;
    let select = queries::reports(&db, superiors, ctx.today()?);
    let select = seen(ctx, &db, select).await?;
    Ok(db.all(select).await?)
}

/// One page of the contacts that the caller sees, of which this is asked, by reading (kana), then name.
pub async fn contact_list(
    ctx: &Ctx,
    filter: &ContactFilter,
    asked: &Asked<'_, contact::Entity>,
    args: &PageArgs,
) -> Result<Paged<contact::Model>> {
    ctx.authorize(Action::ContactRead)?;
    let sorted = Sorted {
        column: contact::Column::SortKey,
        id_column: contact::Column::Id,
        descending: false,
        key: |row: &contact::Model| (CursorKey::Text(row.sort_key.clone()), row.id),
        place: None,
    };
    // Whose names match is found before.
    let db = match filter.text {
        Some(_) => ctx.read().await?,
        None => asked.read(ctx).await?,
    };
    let select = selected(ctx, &db, filter).await?;
    let list = format!("contacts {filter:?}");
    fetch_page_asked(ctx, &db, (select, asked), &sorted, list, args).await
}

/// How many contacts the whole list has.
pub async fn contact_count(ctx: &Ctx, filter: &ContactFilter) -> Result<i64> {
    ctx.authorize(Action::ContactRead)?;
    let db = ctx.read().await?;
    let select = selected(ctx, &db, filter).await?;
    Ok(db.count(select).await?)
}

async fn selected(ctx: &Ctx, db: &TenantDb, filter: &ContactFilter) -> Result<Select<contact::Entity>> {
    let select = seen(ctx, db, queries::list(condition(filter, ctx.today()?))).await?;
    let Some(words) = &filter.text else {
        return Ok(select);
    };
    if filter.account.is_none() {
        return Err(Error::bad_input(
            "A search for contacts by text needs accountId.",
            "連絡先をテキストで検索するには accountId を指定してください。",
        ));
    }
    let matching = queries::matching(db, select.clone(), words).await?;
    Ok(select.filter(matching))
}

async fn seen(ctx: &Ctx, db: &TenantDb, select: Select<contact::Entity>) -> Result<Select<contact::Entity>> {
    only_seen(ctx, db, Action::ContactRead, select, contact::Column::AccountId).await
}

fn condition(filter: &ContactFilter, today: NaiveDate) -> Condition {
    use contact::Column;
    let mut condition = Condition::all();
    if let Some(account) = filter.account {
        condition = condition.add(Column::AccountId.eq(account));
    }
    if filter.key_only {
        condition = condition.add(Column::IsKey.eq(true));
    }
    if !filter.include_left {
        condition = condition.add(queries::has_not_left(today));
    }
    if !filter.include_archived {
        condition = condition.add(Column::ArchivedAt.is_null());
    }
    condition
}

/// The active key contacts of an account, those with most say first; at most 100. For the rules of other slices, which
/// have authorised what they show.
pub async fn key_contacts(ctx: &Ctx, db: &TenantDb, account: Uuid) -> Result<Vec<contact::Model>> {
    Ok(db.all(queries::key_contacts(db, &[account], ctx.today()?)).await?)
}

/// As [`key_contacts`], of many accounts in one statement, these columns of them.
pub async fn key_contacts_of(
    ctx: &Ctx,
    db: &TenantDb,
    accounts: &[Uuid],
    columns: Columns<contact::Entity>,
) -> Result<HashMap<Uuid, Vec<contact::Model>>> {
    let select = queries::key_contacts(db, accounts, ctx.today()?);
    let rows = db.all_with(select, columns.with(contact::Column::AccountId)).await?;
    Ok(grouped(rows, |row| row.account_id))
}

/// The contact, inside the transaction that will change him: `NOT_FOUND` at `field` when the caller does not see him.
pub async fn contact_require_seen(ctx: &Ctx, db: &TenantDb, id: Uuid, field: &[&str]) -> Result<contact::Model> {
    // Whoever passed the account's own door may read accounts; more is not asked of a client that only writes.
    let select = only_seen(
        ctx,
        db,
        Action::AccountRead,
        queries::one(id),
        contact::Column::AccountId,
    )
    .await?;
    db.one(select).await?.ok_or_else(|| Error::not_found(field))
}

/// The contact is one of this account, which the caller sees: else `INVALID` when he sees the contact elsewhere, and
/// `NOT_FOUND` when he does not.
pub async fn contact_require_of(ctx: &Ctx, db: &TenantDb, account: Uuid, id: Uuid, field: &str) -> Result<()> {
    require_all(ctx, db, account, &[(id, &[field])]).await
}

/// As [`contact_require_of`], for a list of contacts; the errors name the place in it.
pub async fn contacts_require_of(ctx: &Ctx, db: &TenantDb, account: Uuid, ids: &[Uuid], field: &str) -> Result<()> {
    let places: Vec<String> = (0..ids.len()).map(|place| place.to_string()).collect();
    let fields: Vec<[&str; 2]> = places.iter().map(|place| [field, place.as_str()]).collect();
    let wanted: Vec<(Uuid, &[&str])> = ids
        .iter()
        .zip(&fields)
        .map(|(id, field)| (*id, field.as_slice()))
        .collect();
    require_all(ctx, db, account, &wanted).await
}

/// The account of each of these contacts, of those that are there: whoever asks must know that the caller sees it.
pub async fn accounts_of_contacts(db: &TenantDb, ids: &[Uuid]) -> Result<HashMap<Uuid, Uuid>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    Ok(queries::accounts_of(db, ids).await?.into_iter().collect())
}

async fn require_all(ctx: &Ctx, db: &TenantDb, account: Uuid, wanted: &[(Uuid, &[&str])]) -> Result<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = wanted.iter().map(|(id, _)| *id).collect();
    // Whoever passed the account's own door may read accounts; more is not asked of a client that only writes.
    let select = only_seen(
        ctx,
        db,
        Action::AccountRead,
        queries::many(&ids),
        contact::Column::AccountId,
    )
    .await?;
    let found = db.all(select).await?;
    let problem = |field: &[&str], id: Uuid| match found.iter().find(|row| row.id == id) {
        Some(row) if row.account_id == account => None,
        Some(_) => Some(UserError::new(
            field,
            UserErrorCode::Invalid,
            Text::fixed(
                "This contact is of another account.",
                "この連絡先は別の取引先のものです。",
            ),
        )),
        None => Some(UserError::new(
            field,
            UserErrorCode::NotFound,
            Text::fixed("There is nothing with this id.", "このIDの対象は見つかりません。"),
        )),
    };
    let problems: Vec<UserError> = wanted.iter().filter_map(|(id, field)| problem(field, *id)).collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Error::User(problems))
    }
}
