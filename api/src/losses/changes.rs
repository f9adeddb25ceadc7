//! Correcting a loss.

use async_graphql::MaybeUndefined;
use chrono::NaiveDate;
use domain::lang::Text;
use domain::loss::Share;
use domain::policy::Action;
use entity::{loss, loss_cause};
use sea_orm::Set;
use uuid::Uuid;

use super::queries;
use super::record::{cause_rows, check_causes, check_history, check_lost_on, emit_updated, worth};
use super::reminder::{self, WinBack};
use super::service::{refuse_archived, require, reread};
use crate::accounts::service::account_require_live;
use crate::error::{Error, Result, UserErrorCode};
use crate::follow_ups::service::check_due;
use crate::platform::Ctx;
use crate::platform::events::reader;
use crate::platform::graphql::input::{Checks, NAME_CHARS, NOTE_CHARS, Patch, changed};
use crate::platform::tenancy::WriteTx;

/// What of a loss changes.
#[derive(Clone, Debug, Default)]
pub struct LossChanges {
    /// When, at the tenant.
    pub lost_on: Option<NaiveDate>,
    /// Why, in place of what was said before.
    pub causes: Option<Vec<Share>>,
    /// What was learned.
    pub learned: Option<String>,
    /// Whom the client went to.
    pub competitor: MaybeUndefined<String>,
    /// When to try to win it back.
    pub win_back_on: MaybeUndefined<NaiveDate>,
}

/// Corrects a loss that is still at `version`.
pub async fn loss_update(ctx: &Ctx, id: Uuid, version: i64, changes: LossChanges) -> Result<loss::Model> {
    ctx.authorize(Action::LossRecord)?;
    if let Some(causes) = &changes.causes {
        check_causes(causes)?;
    }
    let tx = ctx.write().await?;
    let old = require(ctx, &tx, id).await?;
    refuse_archived(&old)?;
    let said = queries::causes(&tx, &[id]).await?;
    let said = said.iter().map(share).collect::<Result<Vec<_>>>()?;
    let new_causes = changes.causes.clone().filter(|new| !alike(new, &said));
    let (mut model, patch) = patched(&old, changes, ctx.today()?)?;
    let mut fields = patch.fields().to_vec();
    if new_causes.is_some() {
        fields.push("causes");
    }
    if fields.is_empty() {
        return Ok(old);
    }
    if old.version != version {
        return Err(reader::stale(&tx, id, version, old.version).await?);
    }
    let sales = match model.lost_on.try_as_ref().copied() {
        Some(lost_on) => {
            check_history(ctx, &tx, old.account_id, id, (lost_on, old.won_back_on)).await?;
            let sales = worth(ctx, &tx, old.account_id, lost_on).await?;
            model.sales_minor = Set(sales);
            sales
        }
        None => old.sales_minor,
    };
    if new_causes.is_some() || sales != old.sales_minor {
        let causes = new_causes.unwrap_or(said);
        queries::replace_causes(&tx, id, cause_rows(id, &causes, sales)).await?;
    }
    if fields.iter().any(|field| matches!(*field, "winBackOn" | "learned")) {
        model.follow_up_id = Set(remind(ctx, &tx, &old, &model).await?);
    }
    if !queries::change(&tx, id, version, model).await? {
        return Err(reader::stale(&tx, id, version, old.version).await?);
    }
    emit_updated(&tx, &old, &fields);
    tx.commit().await?;
    reread(ctx, id).await
}

/// The reminder after a change of the day or of what was learned.
async fn remind(ctx: &Ctx, tx: &WriteTx, old: &loss::Model, model: &loss::ActiveModel) -> Result<Option<Uuid>> {
    if old.won_back_on.is_some() {
        return Ok(old.follow_up_id);
    }
    let account = account_require_live(ctx, tx, Action::LossRecord, old.account_id, &["id"]).await?;
    let new_day = model.win_back_on.try_as_ref().copied();
    let win_back = WinBack {
        account: account.id,
        owner: account.owner_id,
        on: new_day.unwrap_or(old.win_back_on),
        learned: model.learned.try_as_ref().unwrap_or(&old.learned),
    };
    reminder::settle(ctx, tx, old.follow_up_id, new_day.is_some(), win_back).await
}

fn patched(old: &loss::Model, changes: LossChanges, today: NaiveDate) -> Result<(loss::ActiveModel, Patch)> {
    let (mut checks, mut patch, mut model) = (Checks::default(), Patch::default(), loss::ActiveModel::default());
    if let Some(lost_on) = changes.lost_on {
        check_lost_on(&mut checks, lost_on, today);
        checks.require(
            old.won_back_on.is_none_or(|came_back| lost_on <= came_back),
            "lostOn",
            UserErrorCode::Invalid,
            Text::fixed(
                "The account came back before that day.",
                "取引再開日より後の日付は指定できません。",
            ),
        );
    }
    let win_back_on = changed(changes.win_back_on, |day| day);
    // A day that has passed may stay, but not be set.
    if let Some(Some(day)) = win_back_on.filter(|day| *day != old.win_back_on) {
        check_due(&mut checks, "winBackOn", day, today);
        checks.require(
            old.won_back_on.is_none(),
            "winBackOn",
            UserErrorCode::Conflict,
            Text::fixed("The account has come back.", "この取引先はすでに取引を再開しています。"),
        );
    }
    let learned = checks.changed_text("learned", changes.learned, NOTE_CHARS);
    let competitor = checks.changed_optional("competitor", changes.competitor, NAME_CHARS);
    checks.done()?;
    patch.set("lostOn", &mut model.lost_on, &old.lost_on, changes.lost_on);
    patch.set("learned", &mut model.learned, &old.learned, learned);
    patch.set("competitor", &mut model.competitor, &old.competitor, competitor);
    patch.set("winBackOn", &mut model.win_back_on, &old.win_back_on, win_back_on);
    Ok((model, patch))
}

/// A cause as the rules know it.
fn share(row: &loss_cause::Model) -> Result<Share> {
    Ok(Share {
        cause: row.cause.parse().map_err(Error::internal)?,
        percent: u8::try_from(row.percent).map_err(Error::internal)?,
        controllable: row.controllable,
    })
}

/// Whether they say the same, in whatever order.
fn alike(new: &[Share], said: &[Share]) -> bool {
    new.len() == said.len() && new.iter().all(|share| said.contains(share))
}
