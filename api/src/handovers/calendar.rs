//! What the calendar does to a handover: ownership switches when the last day is over, and what is late stalls.

use chrono::NaiveDate;
use domain::account::{Lifecycle, OwnershipReason};
use domain::handover::{Trigger, transition};
use domain::policy::{Action, Role};
use entity::{account, handover, member};
use sea_orm::Set;
use serde_json::json;
use uuid::Uuid;

use super::progress::handover_settle;
use super::service::status_of;
use super::{endings, queries};
use crate::error::{Error, Result};
use crate::follow_ups::service::{Moves, follow_ups_pass_on};
use crate::platform::Ctx;
use crate::platform::events::NewEvent;
use crate::platform::tenancy::{TenantDb, WriteTx};
use crate::{accounts, members};

/// Gives the account to the successor if the handover's last day is over; in a transaction of its own.
pub async fn switch(ctx: &Ctx, id: Uuid, today: NaiveDate) -> Result<()> {
    let tx = ctx.write().await?;
    let Some(old) = queries::one(&tx, id).await? else {
        return Ok(());
    };
    if old.last_day >= today || !status_of(&old)?.is_before_switch() {
        return Ok(());
    }
    let account =
        accounts::service::account_require_locked(ctx, &tx, Action::AccountAssign, old.account_id, &["accountId"])
            .await?;
    pass_on(ctx, &tx, &old, &account).await?;
    tx.commit().await?;
    Ok(())
}

/// The account goes to its successor now, whatever the day.
async fn pass_on(ctx: &Ctx, tx: &WriteTx, old: &handover::Model, account: &account::Model) -> Result<()> {
    let next = transition(status_of(old)?, Trigger::OwnershipSwitched).map_err(Error::internal)?;
    let to = successor(ctx, tx, old).await?;
    let change = handover::ActiveModel {
        status: Set(next.as_str().into()),
        to_member_id: Set(to),
        switched_at: Set(Some(ctx.now)),
        ..Default::default()
    };
    if !queries::change(tx, old, change).await? {
        // Somebody changed it at this moment; the job looks again.
        return Err(Error::internal("a handover changed while ownership switched"));
    }
    if account.owner_id != to {
        accounts::service::ownership_switch(ctx, tx, account, to, OwnershipReason::Handover, Some(old.id)).await?;
        let moves = Moves {
            own: old.moves_follow_ups,
            others: old.moves_others_follow_ups,
        };
        follow_ups_pass_on(ctx, tx, account.id, (account.owner_id, to), moves).await?;
    }
    let fields: &[&str] = if to == old.to_member_id {
        &["status", "switchedAt"]
    } else {
        &["status", "switchedAt", "to"]
    };
    emit_switched(tx, old, fields, to);
    if account.lifecycle == Lifecycle::Lost.as_str() {
        // It was lost before: whoever has it now has nobody to bond with.
        let switched = queries::one(tx, old.id).await?;
        let switched = switched.ok_or_else(|| Error::internal("a handover vanished while ownership switched"))?;
        endings::account_lost(ctx, tx, &switched).await?;
    }
    Ok(())
}

fn emit_switched(tx: &WriteTx, old: &handover::Model, fields: &[&str], to: Uuid) {
    tx.emit(
        NewEvent::new("handover.switched", "hand", old.id)
            .on_account(old.account_id)
            .with(json!({ "version": old.version + 1, "fields": fields, "toMember": to })),
    );
}

/// Who takes the account: the planned successor, else the leaver's manager, else an administrator. He still may when
/// this transaction ends.
async fn successor(ctx: &Ctx, tx: &WriteTx, handover: &handover::Model) -> Result<Uuid> {
    let leaver = queries::member(tx, handover.from_member_id).await?;
    let manager = leaver.and_then(|leaver| leaver.manager_id);
    let named = [Some(handover.to_member_id), manager];
    first_able(ctx, tx, named.into_iter().flatten(), handover.from_member_id).await
}

/// The first of these who may own an account, else an administrator; the one who leaves comes last, because somebody must
/// own it.
async fn first_able(ctx: &Ctx, tx: &WriteTx, named: impl Iterator<Item = Uuid>, leaver: Uuid) -> Result<Uuid> {
    let mut admins = queries::admins(tx).await?;
    admins.sort_by_key(|admin| admin.id == leaver);
    for id in named.chain(admins.iter().map(|admin| admin.id)) {
        if !members::service::owners_lock(ctx, tx, &[id]).await?.is_empty() {
            return Ok(id);
        }
    }
    Err(Error::internal("nobody is left to take an account over"))
}

/// Whom the accounts of somebody who leaves fall to when nobody is named: his manager, else an administrator.
pub async fn heir_of(
    _: &Ctx,
    db: &TenantDb,
    leaver: &member::Model,
    last_day: NaiveDate,
) -> Result<Option<member::Model>> {
    let able = |heir: &member::Model| {
        heir.id != leaver.id
            && heir.ended_at.is_none()
            && heir.role != Role::Observer.as_str()
            && heir.last_day.is_none_or(|leaves| leaves > last_day)
    };
    if let Some(manager) = leaver.manager_id
        && let Some(manager) = queries::member(db, manager).await?.filter(able)
    {
        return Ok(Some(manager));
    }
    Ok(queries::admins(db).await?.into_iter().find(able))
}

/// Gives an account whose owner's last day is over to whom it is handed over, else to the owner's manager, else to an
/// administrator; in a transaction of its own. Whether it has a new owner.
pub async fn rescue(ctx: &Ctx, id: Uuid, today: NaiveDate) -> Result<bool> {
    let tx = ctx.write().await?;
    let account =
        accounts::service::account_require_locked(ctx, &tx, Action::AccountAssign, id, &["accountId"]).await?;
    let owner = queries::member(&tx, account.owner_id).await?;
    let Some(owner) = owner.filter(|owner| owner.last_day.is_some_and(|last_day| last_day < today)) else {
        return Ok(false);
    };
    if account.archived_at.is_some() {
        return Ok(false);
    }
    match queries::open_of(&tx, id).await? {
        Some(open) if status_of(&open)?.is_before_switch() => pass_on(ctx, &tx, &open, &account).await?,
        open => {
            let to = first_able(ctx, &tx, owner.manager_id.into_iter(), owner.id).await?;
            accounts::service::ownership_switch(ctx, &tx, &account, to, OwnershipReason::OwnerLeft, None).await?;
            follow_ups_pass_on(ctx, &tx, id, (owner.id, to), Moves::default()).await?;
            // Who had taken it over and leaves himself: whoever follows him has the relation to prove.
            if let Some(open) = open {
                let change = handover::ActiveModel {
                    to_member_id: Set(to),
                    ..Default::default()
                };
                if !queries::change(&tx, &open, change).await? {
                    return Err(Error::internal("a handover changed while its account found an owner"));
                }
                emit_switched(&tx, &open, &["to"], to);
                handover_settle(ctx, &tx, id).await?;
            }
        }
    }
    tx.commit().await?;
    Ok(true)
}

/// Marks the handover as stalled if the day of a step has passed without it; in a transaction of its own.
pub async fn stall(ctx: &Ctx, id: Uuid, today: NaiveDate) -> Result<()> {
    let tx = ctx.write().await?;
    let Some(old) = queries::one(&tx, id).await? else {
        return Ok(());
    };
    let steps = queries::steps(&tx, &[id]).await?;
    let late = steps.iter().filter(|step| queries::is_late(step, today)).count();
    if late == 0 || old.stalled_since.is_some() || status_of(&old)?.is_final() {
        return Ok(());
    }
    let change = handover::ActiveModel {
        stalled_since: Set(Some(ctx.now)),
        ..Default::default()
    };
    if queries::change(&tx, &old, change).await? {
        tx.emit(
            NewEvent::new("handover.stalled", "hand", id)
                .on_account(old.account_id)
                .with(json!({ "version": old.version + 1, "fields": ["stalledSince"], "late": late })),
        );
        tx.commit().await?;
    }
    Ok(())
}
