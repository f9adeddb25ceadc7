//! What the calendar does to a handover: ownership switches when the last day is over, and what is late stalls.

use chrono::NaiveDate;
use domain::account::OwnershipReason;
use domain::handover::{Trigger, transition};
use domain::policy::Action;
use entity::handover;
use sea_orm::Set;
use serde_json::json;
use uuid::Uuid;

use super::queries;
use super::service::status_of;
use crate::error::{Error, Result};
use crate::platform::Ctx;
use crate::platform::events::NewEvent;
use crate::platform::tenancy::WriteTx;
use crate::{accounts, members};

/// Gives the account to the successor if the handover's last day is over; in a transaction of its own.
pub async fn switch(ctx: &Ctx, id: Uuid, today: NaiveDate) -> Result<()> {
    let tx = ctx.write().await?;
    let Some(old) = queries::one(&tx, id).await? else {
        return Ok(());
    };
    let status = status_of(&old)?;
    if old.last_day >= today || !status.is_before_switch() {
        return Ok(());
    }
    let next = transition(status, Trigger::OwnershipSwitched).map_err(Error::internal)?;
    let account =
        accounts::service::account_require_locked(ctx, &tx, Action::AccountAssign, old.account_id, &["accountId"])
            .await?;
    let to = successor(&tx, &old, today).await?;
    let change = handover::ActiveModel {
        status: Set(next.as_str().into()),
        to_member_id: Set(to),
        switched_at: Set(Some(ctx.now)),
        ..Default::default()
    };
    if !queries::change(&tx, &old, change).await? {
        // Somebody changed it at this moment; the job looks again.
        return Err(Error::internal("a handover changed while ownership switched"));
    }
    if account.owner_id != to {
        accounts::service::ownership_switch(ctx, &tx, &account, to, OwnershipReason::Handover, Some(id)).await?;
    }
    let fields: &[&str] = if to == old.to_member_id {
        &["status", "switchedAt"]
    } else {
        &["status", "switchedAt", "to"]
    };
    tx.emit(
        NewEvent::new("handover.switched", "hand", id)
            .on_account(old.account_id)
            .with(json!({ "version": old.version + 1, "fields": fields, "toMember": to })),
    );
    tx.commit().await?;
    Ok(())
}

/// Who takes the account: the planned successor, else the leaver's manager, else an administrator. He still may when
/// this transaction ends.
async fn successor(tx: &WriteTx, handover: &handover::Model, today: NaiveDate) -> Result<Uuid> {
    let leaver = queries::member(tx, handover.from_member_id).await?;
    let manager = leaver.and_then(|leaver| leaver.manager_id);
    for id in [Some(handover.to_member_id), manager].into_iter().flatten() {
        if takes_over(tx, id, today).await? {
            return Ok(id);
        }
    }
    let mut admins = queries::admins(tx).await?;
    // The one who leaves comes last: somebody must own the account.
    admins.sort_by_key(|admin| admin.id == handover.from_member_id);
    for admin in admins {
        if takes_over(tx, admin.id, today).await? {
            return Ok(admin.id);
        }
    }
    Err(Error::internal("nobody is left to take an account over"))
}

async fn takes_over(tx: &WriteTx, member: Uuid, today: NaiveDate) -> Result<bool> {
    let owners = members::service::owners_lock(tx, &[member]).await?;
    Ok(owners
        .iter()
        .any(|owner| owner.last_day.is_none_or(|leaves| leaves >= today)))
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
