//! What the calendar does to a handover: ownership switches when the last day is over, and what is late stalls.

use chrono::NaiveDate;
use domain::account::OwnershipReason;
use domain::handover::{Trigger, transition};
use domain::policy::{Action, Role};
use entity::{handover, member};
use sea_orm::Set;
use serde_json::json;
use uuid::Uuid;

use super::queries;
use super::service::status_of;
use crate::accounts;
use crate::error::{Error, Result};
use crate::platform::Ctx;
use crate::platform::events::NewEvent;
use crate::platform::tenancy::{TenantDb, WriteTx};

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
    let account =
        accounts::service::account_require(ctx, &tx, Action::AccountAssign, old.account_id, &["accountId"]).await?;
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

/// Who takes the account: the planned successor, else the leaver's manager, else an administrator.
async fn successor(tx: &WriteTx, handover: &handover::Model, today: NaiveDate) -> Result<Uuid> {
    let planned = queries::member(tx, handover.to_member_id).await?;
    if let Some(planned) = planned.filter(|member| can_own(member, today)) {
        return Ok(planned.id);
    }
    if let Some(manager) = manager_of(tx, handover.from_member_id).await?
        && can_own(&manager, today)
    {
        return Ok(manager.id);
    }
    let admins = queries::admins(tx).await?;
    let admins = admins.iter().filter(|admin| can_own(admin, today));
    // The one who leaves comes last: somebody must own the account.
    let chosen = admins.min_by_key(|admin| admin.id == handover.from_member_id);
    chosen
        .map(|admin| admin.id)
        .ok_or_else(|| Error::internal("nobody is left to take an account over"))
}

async fn manager_of(db: &TenantDb, member: Uuid) -> Result<Option<member::Model>> {
    let Some(member) = queries::member(db, member).await? else {
        return Ok(None);
    };
    match member.manager_id {
        Some(manager) => Ok(queries::member(db, manager).await?),
        None => Ok(None),
    }
}

fn can_own(member: &member::Model, today: NaiveDate) -> bool {
    member.ended_at.is_none()
        && member.role != Role::Observer.as_str()
        && member.last_day.is_none_or(|leaves| leaves >= today)
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
