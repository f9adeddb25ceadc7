//! One chunk of orders: what it would change, and changing it.

use std::collections::{HashMap, HashSet};

use entity::{account, order};
use serde_json::json;
use uuid::Uuid;

use super::drive::{Chunk, Tally, Target, to_i64};
use super::rows::OrderRow;
use crate::accounts::bulk::{self as accounts, new_account};
use crate::accounts::lifecycle::prospects_become_customers;
use crate::error::{Error, Result};
use crate::losses::service::orders_came;
use crate::orders::bulk::{self as orders, field_names};
use crate::platform::events::NewEvent;
use crate::platform::tenancy::WriteTx;

/// Applies a chunk of rows whose order numbers are all different.
pub async fn apply(chunk: &Chunk<'_>, target: Target<'_>, rows: Vec<OrderRow>) -> Result<Tally> {
    let db = target.db();
    let account_ids: HashSet<&str> = rows.iter().map(|row| row.account.as_str()).collect();
    let account_ids: Vec<&str> = account_ids.into_iter().collect();
    let known = match target {
        Target::Dry(db) => accounts::by_external_ids(db, &account_ids).await?,
        Target::Write(tx) => accounts::lock_by_external_ids(tx, &account_ids).await?,
    };
    let order_ids: Vec<&str> = rows.iter().map(|row| row.order.as_str()).collect();
    let old = orders::by_external_ids(db, &order_ids).await?;
    match target {
        Target::Dry(_) => Ok(compare(rows, &known, &old)),
        Target::Write(tx) => write(chunk, tx, rows, known, &old).await,
    }
}

type Known = HashMap<String, account::Model>;
type Old = HashMap<String, order::Model>;

fn compare(rows: Vec<OrderRow>, known: &Known, old: &Old) -> Tally {
    let mut tally = Tally::default();
    for row in rows {
        match old.get(&row.order) {
            None => tally.created += 1,
            Some(old) => {
                let account = known.get(&row.account).map_or(Uuid::nil(), |account| account.id);
                let (_, patch) = orders::difference(old, account, row.facts);
                if patch.is_empty() {
                    tally.unchanged += 1
                } else {
                    tally.updated += 1
                }
            }
        }
    }
    tally
}

async fn write(chunk: &Chunk<'_>, tx: &WriteTx, rows: Vec<OrderRow>, known: Known, old: &Old) -> Result<Tally> {
    let ctx = chunk.ctx;
    let (ids, made) = missing_accounts(chunk, tx, &rows, known).await?;
    let mut tally = Tally::default();
    let mut touched: HashSet<Uuid> = HashSet::new();
    let mut buyers: HashSet<Uuid> = HashSet::new();
    let mut new_orders = Vec::new();
    for row in rows {
        let account = *ids
            .get(&row.account)
            .ok_or_else(|| Error::internal("an account was not made"))?;
        let buys = row.facts.priced.amount.minor >= 0;
        if let Some(old) = old.get(&row.order) {
            let (model, patch) = orders::difference(old, account, row.facts);
            if patch.is_empty() {
                tally.unchanged += 1;
                continue;
            }
            if !orders::write(ctx, tx, old, model).await? {
                return Err(Error::internal("an order was changed while it was imported"));
            }
            let payload = json!({ "version": old.version + 1, "fields": field_names(&patch) });
            tx.emit(
                NewEvent::new("order.updated", "ord", old.id)
                    .on_account(account)
                    .with(payload),
            );
            touched.insert(old.account_id);
            tally.updated += 1;
        } else {
            let recorded_at = if chunk.backfill { row.facts.ordered_at } else { ctx.now };
            new_orders.push(orders::new_order(ctx, account, Some(row.order), recorded_at, row.facts));
            tally.created += 1;
        }
        touched.insert(account);
        if buys && !made.contains(&account) {
            buyers.insert(account);
        }
    }
    tx.insert_many(new_orders).await?;
    let buyers: Vec<Uuid> = buyers.into_iter().collect();
    prospects_become_customers(ctx, tx, &buyers).await?;
    chunk.tell(tx, "accounts.imported", &made, to_i64(made.len()));
    let touched: Vec<Uuid> = touched.into_iter().collect();
    orders_came(ctx, tx, &touched).await?;
    chunk.tell(tx, "orders.imported", &touched, tally.created + tally.updated);
    Ok(tally)
}

/// Makes the accounts that are not there; the ids of all, and which are new.
async fn missing_accounts(
    chunk: &Chunk<'_>,
    tx: &WriteTx,
    rows: &[OrderRow],
    known: Known,
) -> Result<(HashMap<String, Uuid>, Vec<Uuid>)> {
    let mut ids: HashMap<String, Uuid> = known.into_iter().map(|(name, account)| (name, account.id)).collect();
    let mut models = Vec::new();
    let mut made = Vec::new();
    for row in rows {
        if ids.contains_key(&row.account) {
            continue;
        }
        let model = new_account(chunk.ctx, tx, row.account_draft(), chunk.owner)?;
        let id = *model.id.as_ref();
        ids.insert(row.account.clone(), id);
        made.push(id);
        models.push(model);
    }
    accounts::insert(chunk.ctx, tx, models).await?;
    Ok((ids, made))
}
