//! Recording a loss, and taking one back that was recorded by mistake.

use chrono::{Months, NaiveDate};
use domain::account::Lifecycle;
use domain::calendar::day_end;
use domain::lang::Text;
use domain::loss::{Share, check_shares, shared_out};
use domain::policy::Action;
use entity::{account, loss, loss_cause};
use sea_orm::Set;
use serde_json::json;
use uuid::Uuid;

use super::queries;
use super::reminder::{self, WinBack};
use super::service::{require, reread};
use crate::accounts::lifecycle::lifecycle_move;
use crate::accounts::service::account_require_live;
use crate::error::{Error, Result, UserErrorCode};
use crate::follow_ups::service::{ReminderEnd, check_due, reminder_end};
use crate::platform::Ctx;
use crate::platform::events::{NewEvent, reader};
use crate::platform::graphql::input::{Checks, NAME_CHARS, NOTE_CHARS};
use crate::platform::tenancy::{TenantDb, WriteTx};

/// Sales of so many months until the day are what is lost.
const SALES_MONTHS: u32 = 12;

/// What a loss is recorded from.
#[derive(Clone, Debug)]
pub struct LossDraft {
    /// Who was lost.
    pub account: Uuid,
    /// When, at the tenant.
    pub lost_on: NaiveDate,
    /// Why.
    pub causes: Vec<Share>,
    /// What was learned.
    pub learned: String,
    /// Whom the client went to.
    pub competitor: Option<String>,
    /// When to try to win it back.
    pub win_back_on: Option<NaiveDate>,
}

/// Records that an account was lost.
pub async fn loss_record(ctx: &Ctx, draft: LossDraft) -> Result<loss::Model> {
    ctx.authorize(Action::LossRecord)?;
    let mut checks = Checks::default();
    let today = ctx.today()?;
    check_lost_on(&mut checks, draft.lost_on, today);
    let learned = checks.text("learned", draft.learned, NOTE_CHARS);
    let competitor = checks.optional("competitor", draft.competitor, NAME_CHARS);
    if let Some(day) = draft.win_back_on {
        check_due(&mut checks, "winBackOn", day, today);
    }
    checks.done()?;
    check_causes(&draft.causes)?;
    let tx = ctx.write().await?;
    let account = account_require_live(ctx, &tx, Action::LossRecord, draft.account, &["accountId"]).await?;
    if !queries::open_of(&tx, &[account.id]).await?.is_empty() {
        return Err(recorded_before());
    }
    let id = Uuid::now_v7();
    check_history(ctx, &tx, account.id, id, (draft.lost_on, None)).await?;
    let sales = worth(ctx, &tx, account.id, draft.lost_on).await?;
    let win_back = WinBack {
        account: account.id,
        owner: account.owner_id,
        on: draft.win_back_on,
        learned: &learned,
    };
    let follow_up = reminder::settle(ctx, &tx, None, true, win_back).await?;
    let row = loss::ActiveModel {
        tenant_id: Set(tx.tenant()),
        id: Set(id),
        account_id: Set(account.id),
        lost_on: Set(draft.lost_on),
        learned: Set(learned),
        competitor: Set(competitor),
        win_back_on: Set(draft.win_back_on),
        follow_up_id: Set(follow_up),
        sales_minor: Set(sales),
        currency: Set(ctx.tenant()?.currency.clone()),
        lifecycle_before: Set(account.lifecycle.clone()),
        won_back_on: Set(None),
        won_back_order_id: Set(None),
        won_back_activity_id: Set(None),
        recorded_by_id: Set(ctx.actor.member()),
        recorded_at: Set(ctx.now),
        archived_at: Set(None),
        version: Set(1),
    };
    tx.insert(row).await.map_err(|error| match error {
        error if Error::is_unique_violation(&error) => recorded_before(),
        error => error.into(),
    })?;
    tx.insert_many(cause_rows(id, &draft.causes, sales)).await?;
    lifecycle_move(ctx, &tx, &[account.id], lifecycle_of(&account)?, Lifecycle::Lost).await?;
    let causes: Vec<&str> = draft.causes.iter().map(|share| share.cause.as_str()).collect();
    tx.emit(
        NewEvent::new("loss.recorded", "loss", id)
            .on_account(account.id)
            .with(json!({ "version": 1, "causes": causes })),
    );
    tx.commit().await?;
    reread(ctx, id).await
}

/// Archives a loss that was recorded by mistake: lists and reports leave it out, and the account is what it was before.
/// Doing it twice changes nothing.
pub async fn loss_archive(ctx: &Ctx, id: Uuid, version: i64) -> Result<loss::Model> {
    ctx.authorize(Action::LossRecord)?;
    let tx = ctx.write().await?;
    let old = require(ctx, &tx, id).await?;
    if old.archived_at.is_some() {
        return Ok(old);
    }
    if old.version != version {
        return Err(reader::stale(&tx, id, version, old.version).await?);
    }
    put_away(ctx, &tx, &old, "The loss was recorded by mistake.").await?;
    if old.won_back_on.is_none() {
        let before = old.lifecycle_before.parse().map_err(Error::internal)?;
        lifecycle_move(ctx, &tx, &[old.account_id], Lifecycle::Lost, before).await?;
    }
    tx.commit().await?;
    reread(ctx, id).await
}

/// Archives a loss, inside the caller's transaction, and says why its reminder is over.
pub(super) async fn put_away(ctx: &Ctx, tx: &WriteTx, old: &loss::Model, reason: &'static str) -> Result<()> {
    let archived = loss::ActiveModel {
        archived_at: Set(Some(ctx.now)),
        ..Default::default()
    };
    if !queries::change(tx, old.id, old.version, archived).await? {
        return Err(reader::stale(tx, old.id, old.version, old.version + 1).await?);
    }
    if let Some(follow_up) = old.follow_up_id {
        reminder_end(ctx, tx, follow_up, ReminderEnd::Cancelled(reason)).await?;
    }
    emit_updated(tx, old, &["archivedAt"]);
    Ok(())
}

pub(super) fn emit_updated(tx: &WriteTx, old: &loss::Model, fields: &[&'static str]) {
    tx.emit(
        NewEvent::new("loss.updated", "loss", old.id)
            .on_account(old.account_id)
            .with(json!({ "version": old.version + 1, "fields": fields })),
    );
}

/// The rows of a loss's causes, with its sales shared out among them.
pub(super) fn cause_rows(loss: Uuid, causes: &[Share], sales: i64) -> Vec<loss_cause::ActiveModel> {
    let parts = shared_out(sales, causes);
    let row = |(share, part): (&Share, i64)| loss_cause::ActiveModel {
        tenant_id: Set(Uuid::nil()),
        loss_id: Set(loss),
        cause: Set(share.cause.as_str().into()),
        percent: Set(share.percent.into()),
        controllable: Set(share.controllable),
        sales_minor: Set(part),
    };
    causes.iter().zip(parts).map(row).collect()
}

/// What the account bought in the twelve months until the end of a day, in minor units of the tenant's currency; nothing
/// when it gave back more than it bought.
pub(super) async fn worth(ctx: &Ctx, db: &TenantDb, account: Uuid, lost_on: NaiveDate) -> Result<i64> {
    let zone = ctx.tenant()?.zone;
    let before = lost_on.checked_sub_months(Months::new(SALES_MONTHS)).unwrap_or(lost_on);
    let sales = queries::sales(db, account, day_end(before, zone), day_end(lost_on, zone)).await?;
    Ok(sales.max(0))
}

pub(super) fn check_causes(causes: &[Share]) -> Result<()> {
    check_shares(causes).map_err(|refused| {
        let text = refused.text();
        match refused.place() {
            Some(place) => Error::user(&["causes", &place.to_string()], UserErrorCode::Invalid, text),
            None => Error::user(&["causes"], UserErrorCode::Invalid, text),
        }
    })
}

pub(super) fn check_lost_on(checks: &mut Checks, lost_on: NaiveDate, today: NaiveDate) {
    use chrono::Datelike;
    checks.require(
        lost_on.year() >= 1900 && lost_on <= today,
        "lostOn",
        UserErrorCode::Invalid,
        Text::fixed("The day is yet to come.", "未来の日付は指定できません。"),
    );
}

/// The account cannot have been lost while it was lost already, nor before it last ordered.
pub(super) async fn check_history(
    ctx: &Ctx,
    db: &TenantDb,
    account: Uuid,
    loss: Uuid,
    (lost_on, won_back_on): (NaiveDate, Option<NaiveDate>),
) -> Result<()> {
    let refused = |text| Err(Error::user(&["lostOn"], UserErrorCode::Invalid, text));
    if queries::overlaps(db, account, loss, (lost_on, won_back_on)).await? {
        return refused(Text::fixed(
            "Another loss of the account lies on that day or after it.",
            "その日以降に、この取引先の別の失注記録があります。",
        ));
    }
    let from = day_end(lost_on, ctx.tenant()?.zone);
    if won_back_on.is_none() && queries::first_order_from(db, account, from).await?.is_some() {
        return refused(Text::fixed(
            "The account has ordered since: it was lost later, or not at all.",
            "その日より後に注文があります。失注日を確認してください。",
        ));
    }
    Ok(())
}

fn lifecycle_of(account: &account::Model) -> Result<Lifecycle> {
    account.lifecycle.parse().map_err(Error::internal)
}

fn recorded_before() -> Error {
    Error::user(
        &["accountId"],
        UserErrorCode::Conflict,
        Text::fixed(
            "That the account is lost is recorded already.",
            "この取引先の失注はすでに記録されています。",
        ),
    )
}
