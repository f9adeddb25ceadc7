//! Many accounts at once: what an import needs, inside its transaction.

use std::collections::{BTreeSet, HashMap, HashSet};

use domain::account::OwnershipReason;
use domain::lang::Text;
use entity::account;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};
use uuid::Uuid;

use super::changes::{emit_change, open_span, patched, rename, returns};
use super::queries;
use crate::error::{Error, Result, UserErrorCode};
use crate::platform::Ctx;
use crate::platform::events::reader;
use crate::platform::tenancy::{TenantDb, WriteTx};
use crate::{losses, members};

pub use super::changes::{AccountChanges, AccountDraft, new_account};

/// A merge of a merge of a merge … is followed so far.
const MOST_MERGES: usize = 8;

/// The accounts that the tenant's own numbers name now: of a merged account the one that it was merged into.
pub async fn by_external_ids(db: &TenantDb, external_ids: &[&str]) -> Result<HashMap<String, account::Model>> {
    let select = account::Entity::find().filter(account::Column::ExternalId.is_in(external_ids.iter().copied()));
    let found = db.all(select).await?;
    let mut by_id: HashMap<Uuid, account::Model> = HashMap::new();
    let mut missing: Vec<Uuid> = found.iter().filter_map(|row| row.merged_into_id).collect();
    for _ in 0..MOST_MERGES {
        missing.retain(|id| !by_id.contains_key(id));
        if missing.is_empty() {
            break;
        }
        let next = db
            .all(account::Entity::find().filter(account::Column::Id.is_in(missing)))
            .await?;
        missing = next.iter().filter_map(|row| row.merged_into_id).collect();
        by_id.extend(next.into_iter().map(|row| (row.id, row)));
    }
    let mut named = HashMap::with_capacity(found.len());
    for row in found {
        let Some(external_id) = row.external_id.clone() else {
            continue;
        };
        named.insert(external_id, survivor(row, &by_id));
    }
    Ok(named)
}

/// As [`by_external_ids`], locked till the transaction ends: see [`queries::lock`].
pub async fn lock_by_external_ids(tx: &WriteTx, external_ids: &[&str]) -> Result<HashMap<String, account::Model>> {
    let mut locked = HashSet::new();
    loop {
        let named = by_external_ids(tx, external_ids).await?;
        // What was read before it was locked may have changed meanwhile, or have been merged: it is read again.
        let more: Vec<Uuid> = named
            .values()
            .map(|row| row.id)
            .filter(|id| locked.insert(*id))
            .collect();
        if more.is_empty() {
            return Ok(named);
        }
        queries::lock(tx, &more).await?;
    }
}

fn survivor(row: account::Model, by_id: &HashMap<Uuid, account::Model>) -> account::Model {
    let mut row = row;
    for _ in 0..MOST_MERGES {
        match row.merged_into_id.and_then(|id| by_id.get(&id)) {
            Some(next) => row = next.clone(),
            None => break,
        }
    }
    row
}

/// Inserts new accounts (made by [`new_account`]) with their first spans of ownership and their grams. The caller says
/// what happened. `INVALID` when one of their owners has left or become an OBSERVER.
pub async fn insert(ctx: &Ctx, tx: &WriteTx, models: Vec<account::ActiveModel>) -> Result<()> {
    if models.is_empty() {
        return Ok(());
    }
    require_owners(ctx, tx, &models).await?;
    let mut spans = Vec::with_capacity(models.len());
    let mut grams = Vec::new();
    for model in &models {
        let id = *model.id.as_ref();
        spans.push(open_span(
            ctx.now,
            id,
            *model.owner_id.as_ref(),
            OwnershipReason::Created,
            None,
        ));
        grams.extend(queries::grams(tx, id, &queries::Names::of(model)));
    }
    tx.insert_many(models).await?;
    tx.insert_many(spans).await?;
    tx.insert_many(grams).await?;
    Ok(())
}

async fn require_owners(ctx: &Ctx, tx: &WriteTx, models: &[account::ActiveModel]) -> Result<()> {
    let wanted: BTreeSet<Uuid> = models.iter().map(|model| *model.owner_id.as_ref()).collect();
    let wanted: Vec<Uuid> = wanted.into_iter().collect();
    if members::service::owners_lock(ctx, tx, &wanted).await?.len() == wanted.len() {
        return Ok(());
    }
    Err(Error::user(
        &["ownerId"],
        UserErrorCode::Invalid,
        Text::fixed(
            "Whoever was to own new accounts has left, or is an OBSERVER now.",
            "新しい取引先の担当者に指定されたメンバーは、退職したか閲覧者（OBSERVER）になりました。",
        ),
    ))
}

/// The names of the fields that these changes would change; none when all is so already.
pub fn differences(old: &account::Model, changes: AccountChanges) -> Result<Vec<&'static str>> {
    Ok(patched(old, changes)?.1.fields().to_vec())
}

/// Changes one account that was read in this transaction. Says so only when something differs; `false` when not.
pub async fn change(ctx: &Ctx, tx: &WriteTx, old: &account::Model, changes: AccountChanges) -> Result<bool> {
    let (mut model, patch) = patched(old, changes)?;
    if patch.is_empty() {
        return Ok(false);
    }
    let renamed = patch.fields().iter().any(|field| matches!(*field, "name" | "nameKana"));
    let names = if renamed { Some(rename(old, &mut model)) } else { None };
    model.version = Set(old.version + 1);
    model.updated_at = Set(ctx.now);
    if tx.update(model, queries::at_version(old.id, old.version)).await? == 0 {
        return Err(stale(tx, old).await?);
    }
    if let Some(names) = names {
        queries::write_grams(tx, old.id, &names, false).await?;
    }
    emit_change(tx, "account.updated", old.id, old.version + 1, patch.fields());
    if returns(old, &patch) {
        losses::service::account_returned(ctx, tx, old.id).await?;
    }
    Ok(true)
}

async fn stale(tx: &WriteTx, old: &account::Model) -> Result<Error> {
    reader::stale(tx, old.id, old.version, old.version + 1).await
}
