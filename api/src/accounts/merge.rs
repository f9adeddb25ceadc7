//! Merging two accounts that turned out to be one client.

use domain::lang::Text;
use domain::policy::Action;
use entity::{account, account_team, activity, buyer_change, contact, follow_up, handover, order, ownership, signal};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, Set};
use serde_json::json;
use uuid::Uuid;

use super::changes::{emit_access, reread};
use super::queries;
use super::service::account_require_live;
use crate::error::{Error, Result, UserErrorCode};
use crate::platform::Ctx;
use crate::platform::events::{NewEvent, reader};
use crate::platform::tenancy::WriteTx;
use crate::{activities, handovers, losses};

/// Moves everything of `from` to `into` and archives `from`, which keeps its name and its spans of ownership as a
/// record. Both must be at the versions that the caller saw; `from` may not be under an open handover.
pub async fn account_merge(
    ctx: &Ctx,
    (into, into_version): (Uuid, i64),
    (from, from_version): (Uuid, i64),
) -> Result<account::Model> {
    ctx.authorize(Action::AccountMerge)?;
    if into == from {
        return Err(Error::user(
            &["fromId"],
            UserErrorCode::Invalid,
            Text::fixed(
                "An account cannot be merged into itself.",
                "同じ取引先同士は統合できません。",
            ),
        ));
    }
    let tx = ctx.write().await?;
    // Both at once, in the order of their ids: two who merge crosswise must not wait for each other.
    queries::lock(&tx, &[into, from]).await?;
    let kept = account_require_live(ctx, &tx, Action::AccountMerge, into, &["intoId"]).await?;
    let gone = account_require_live(ctx, &tx, Action::AccountMerge, from, &["fromId"]).await?;
    for (account, seen) in [(&kept, into_version), (&gone, from_version)] {
        if account.version != seen {
            return Err(reader::stale(&tx, account.id, seen, account.version).await?);
        }
    }
    refuse_open_handover(&tx, from).await?;
    move_rows(&tx, from, into).await?;
    losses::service::losses_move(ctx, &tx, (from, into)).await?;
    bump(ctx, &tx, &kept, account::ActiveModel::default()).await?;
    let archived = account::ActiveModel {
        archived_at: Set(Some(ctx.now)),
        merged_into_id: Set(Some(into)),
        ..Default::default()
    };
    bump(ctx, &tx, &gone, archived).await?;
    let ended = ownership::ActiveModel {
        ends_at: Set(Some(ctx.now)),
        ..Default::default()
    };
    let open = Condition::all()
        .add(ownership::Column::AccountId.eq(from))
        .add(ownership::Column::EndsAt.is_null());
    tx.update(ended, open).await?;
    activities::service::last_touch_find_again(&tx, into).await?;
    losses::service::account_merged(ctx, &tx, into).await?;
    // Touches of the other may prove the handover that is open here. A change of buyer they cannot: its contacts are of here.
    handovers::service::handover_settle(ctx, &tx, into).await?;
    for (account, role) in [(into, "INTO"), (from, "FROM")] {
        tx.emit(
            NewEvent::new("account.merged", "acct", account)
                .on_account(account)
                .with(json!({ "into": into, "from": from, "role": role })),
        );
    }
    emit_access(&tx, from, &[gone.owner_id], "MERGED");
    tx.commit().await?;
    reread(ctx, into).await
}

async fn refuse_open_handover(tx: &WriteTx, account: Uuid) -> Result<()> {
    let open = tx
        .one(
            handover::Entity::find()
                .filter(handover::Column::AccountId.eq(account))
                .filter(handover::Column::EndedAt.is_null()),
        )
        .await?;
    match open {
        None => Ok(()),
        Some(_) => Err(Error::user(
            &["fromId"],
            UserErrorCode::Conflict,
            Text::fixed(
                "The account is being handed over: complete or cancel that first.",
                "この取引先は引き継ぎ中です。先に完了または取り消してください。",
            ),
        )),
    }
}

async fn move_rows(tx: &WriteTx, from: Uuid, into: Uuid) -> Result<()> {
    macro_rules! move_all {
        ($($module:ident),*) => {$(
            let moved = $module::ActiveModel { account_id: Set(into), ..Default::default() };
            tx.update(moved, Condition::all().add($module::Column::AccountId.eq(from))).await?;
        )*};
    }
    // Assessments stay: they are what was believed of the other account.
    move_all!(contact, activity, order, signal, handover, buyer_change, follow_up);
    let already: Vec<Uuid> = queries::team(tx, &[into])
        .await?
        .iter()
        .map(|row| row.member_id)
        .collect();
    tx.delete(
        account_team::Entity::delete_many()
            .filter(account_team::Column::AccountId.eq(from))
            .filter(account_team::Column::MemberId.is_in(already)),
    )
    .await?;
    move_all!(account_team);
    Ok(())
}

async fn bump(ctx: &Ctx, tx: &WriteTx, old: &account::Model, mut model: account::ActiveModel) -> Result<()> {
    model.version = Set(old.version + 1);
    model.updated_at = Set(ctx.now);
    if tx.update(model, queries::at_version(old.id, old.version)).await? == 0 {
        return Err(reader::stale(tx, old.id, old.version, old.version + 1).await?);
    }
    Ok(())
}
