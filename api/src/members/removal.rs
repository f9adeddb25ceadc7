//! Ending a membership.

use domain::policy::{Action, Role};
use entity::member;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};
use uuid::Uuid;

use super::changes::{emit_access, emit_change, last_admin, refuse_responsible};
use super::queries;
use super::service::reread;
use crate::error::{Error, Result};
use crate::follow_ups::service::follow_ups_leave;
use crate::platform::Ctx;
use crate::platform::events::reader;
use crate::platform::tenancy::WriteTx;
use crate::sessions::service::session_end_of_member;
use crate::tenants::service::tenant_lock;

/// Ends a membership: the member's sessions in the tenant end, his team places go, his open follow-ups go to the accounts' owners, his
/// reports get his manager. Doing
/// it twice changes nothing.
///
/// `CONFLICT` while he owns accounts, awaits one in a handover, or is the last ADMIN.
pub async fn member_remove(ctx: &Ctx, id: Uuid, version: i64) -> Result<member::Model> {
    ctx.authorize(Action::MemberRemove)?;
    let tx = ctx.write().await?;
    tenant_lock(&tx).await?;
    let old = queries::one(&tx, id).await?.ok_or_else(|| Error::not_found(&["id"]))?;
    if old.ended_at.is_some() {
        return Ok(old);
    }
    let ended = member::ActiveModel {
        ended_at: Set(Some(ctx.now)),
        version: Set(version + 1),
        ..Default::default()
    };
    if tx.update(ended, queries::at_version(id, version)).await? == 0 {
        return Err(reader::stale(&tx, id, version, old.version).await?);
    }
    // After the update, which locks the member: whoever gives him an account meanwhile waits, and is then refused.
    refuse_responsible(&tx, id, "id").await?;
    if old.role == Role::Admin.as_str() && queries::other_admins(&tx, id).await? == 0 {
        return Err(last_admin("id"));
    }
    session_end_of_member(ctx, &tx.global(), tx.tenant(), id).await?;
    queries::unindex(&tx, old.user_id).await?;
    queries::leave_teams(&tx, id).await?;
    follow_ups_leave(ctx, &tx, id, None).await?;
    hand_up_reports(&tx, &old).await?;
    emit_change(&tx, "member.removed", id, version + 1, &["endedAt"]);
    let concerned: Vec<Uuid> = [Some(id), old.manager_id].into_iter().flatten().collect();
    emit_access(&tx, id, &concerned, "MEMBER_REMOVED");
    tx.commit().await?;
    reread(ctx, id).await
}

/// Who was led by the one who leaves is led by his manager.
async fn hand_up_reports(tx: &WriteTx, leaver: &member::Model) -> Result<()> {
    let reports = queries::reports(tx, &[leaver.id]).await?;
    if reports.is_empty() {
        return Ok(());
    }
    tx.update_with(
        member::Entity::update_many()
            .col_expr(member::Column::ManagerId, Expr::val(leaver.manager_id))
            .col_expr(member::Column::Version, Expr::col(member::Column::Version).add(1))
            .filter(member::Column::ManagerId.eq(leaver.id))
            .filter(member::Column::EndedAt.is_null()),
    )
    .await?;
    for report in &reports {
        // Nobody else changes a version meanwhile: changes of members hold the tenant's lock.
        emit_change(tx, "member.updated", report.id, report.version + 1, &["manager"]);
    }
    Ok(())
}
