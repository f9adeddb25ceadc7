//! Open follow-ups that pass to another member because their account did, or their member left.

use std::collections::BTreeMap;

use entity::follow_up;
use sea_orm::{ColumnTrait, Condition};
use serde_json::json;
use uuid::Uuid;

use super::queries;
use crate::accounts::book::owned_ids;
use crate::accounts::service::accounts_of;
use crate::error::{Error, Result};
use crate::platform::Ctx;
use crate::platform::events::NewEvent;
use crate::platform::tenancy::WriteTx;

/// Which open follow-ups of an account pass to its new owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moves {
    /// Those of the owner so far.
    pub own: bool,
    /// Those of everybody else.
    pub others: bool,
}

impl Default for Moves {
    fn default() -> Self {
        Self {
            own: true,
            others: false,
        }
    }
}

/// Passes the open follow-ups of an account to its new owner, inside the transaction that gives it to him; how many.
pub async fn follow_ups_pass_on(
    _: &Ctx,
    tx: &WriteTx,
    account: Uuid,
    (from, to): (Uuid, Uuid),
    moves: Moves,
) -> Result<usize> {
    use follow_up::Column;
    let whose = match (moves.own, moves.others) {
        (false, false) => return Ok(0),
        (true, true) => Condition::all().add(Column::MemberId.ne(to)),
        (true, false) => Condition::all().add(Column::MemberId.eq(from)),
        (false, true) => Condition::all().add(Column::MemberId.is_not_in([from, to])),
    };
    let mut moved = 0;
    loop {
        let rows = queries::open_lock(tx, whose.clone().add(Column::AccountId.eq(account))).await?;
        if rows.is_empty() {
            return Ok(moved);
        }
        moved += rows.len();
        give(tx, &rows, to).await?;
    }
}

/// Passes the open follow-ups of a member on accounts of others to their owners: all of them, or those on some accounts.
/// Inside the caller's transaction; how many.
pub async fn follow_ups_leave(ctx: &Ctx, tx: &WriteTx, member: Uuid, accounts: Option<&[Uuid]>) -> Result<usize> {
    use follow_up::Column;
    let mut whose = Condition::all()
        .add(Column::MemberId.eq(member))
        // What he owns himself passes on with the account.
        .add(Column::AccountId.not_in_subquery(owned_ids(tx.tenant(), member)));
    if let Some(accounts) = accounts {
        whose = whose.add(Column::AccountId.is_in(accounts.iter().copied()));
    }
    let mut moved = 0;
    loop {
        let rows = queries::open_lock(tx, whose.clone()).await?;
        if rows.is_empty() {
            return Ok(moved);
        }
        moved += rows.len();
        let mut accounts: Vec<Uuid> = rows.iter().map(|row| row.account_id).collect();
        accounts.sort_unstable();
        accounts.dedup();
        let owners = accounts_of(ctx, tx, &accounts).await?;
        let owners: BTreeMap<Uuid, Uuid> = owners.into_iter().map(|row| (row.id, row.owner_id)).collect();
        let mut given: BTreeMap<Uuid, Vec<follow_up::Model>> = BTreeMap::new();
        for row in rows {
            let to = owners.get(&row.account_id).copied();
            let to = to.ok_or_else(|| Error::internal("a follow-up of an account that is not there"))?;
            given.entry(to).or_default().push(row);
        }
        for (to, rows) in given {
            give(tx, &rows, to).await?;
        }
    }
}

async fn give(tx: &WriteTx, rows: &[follow_up::Model], to: Uuid) -> Result<()> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    queries::give(tx, &ids, to).await?;
    for row in rows {
        tx.emit(
            NewEvent::new("follow_up.moved", "fup", row.id)
                .on_account(row.account_id)
                .with(json!({
                    "version": row.version + 1, "fields": ["member"],
                    "fromMember": row.member_id, "toMember": to,
                })),
        );
    }
    Ok(())
}
