//! One chunk of accounts: what it would change, and changing it.

use super::drive::{Chunk, Tally, Target};
use super::rows::AccountRow;
use crate::accounts::bulk::{self, new_account};
use crate::error::Result;

/// Applies a chunk of rows whose account numbers are all different.
pub async fn apply(chunk: &Chunk<'_>, target: Target<'_>, rows: Vec<AccountRow>) -> Result<Tally> {
    let names: Vec<&str> = rows.iter().map(|row| row.account.as_str()).collect();
    let known = match target {
        Target::Dry(db) => bulk::by_external_ids(db, &names).await?,
        Target::Write(tx) => bulk::lock_by_external_ids(tx, &names).await?,
    };
    let mut tally = Tally::default();
    let (mut models, mut made) = (Vec::new(), Vec::new());
    for row in rows {
        let Some(old) = known.get(&row.account) else {
            tally.created += 1;
            if let Target::Write(tx) = target {
                let model = new_account(chunk.ctx, tx, row.draft(), row.owner.unwrap_or(chunk.owner))?;
                made.push(*model.id.as_ref());
                models.push(model);
            }
            continue;
        };
        // Another number means that the account was merged into this one: its old name is not this one's.
        let changed = if old.external_id.as_deref() == Some(row.account.as_str()) {
            match target {
                Target::Dry(_) => !bulk::differences(old, row.changes())?.is_empty(),
                Target::Write(tx) => bulk::change(chunk.ctx, tx, old, row.changes()).await?,
            }
        } else {
            false
        };
        if changed {
            tally.updated += 1
        } else {
            tally.unchanged += 1
        }
    }
    if let Target::Write(tx) = target {
        bulk::insert(chunk.ctx, tx, models).await?;
        chunk.tell(tx, "accounts.imported", &made, tally.created);
    }
    Ok(tally)
}
