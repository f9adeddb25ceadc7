//! The ends that a person declares: completed, failed, cancelled.

use domain::handover::{Continuity, Refusal, Status, Trigger, transition};
use domain::lang::{Lang, Text};
use domain::policy::Action;
use entity::{contact, handover};
use sea_orm::Set;
use serde_json::json;
use uuid::Uuid;

use super::service::{require, reread, status_of};
use super::{continuity, plan, queries};
use crate::accounts;
use crate::error::{Error, Result, UserErrorCode};
use crate::platform::Ctx;
use crate::platform::events::{NewEvent, reader};
use crate::platform::graphql::input::{Checks, NOTE_CHARS};
use crate::platform::tenancy::{TenantDb, WriteTx};

/// Contacts named in a refusal.
const MOST_NAMED: usize = 10;

/// Completes a handover whose continuity reaches the tenant's threshold, or below it with a reason.
pub async fn handover_complete(
    ctx: &Ctx,
    id: Uuid,
    version: i64,
    override_reason: Option<String>,
) -> Result<handover::Model> {
    ctx.authorize(Action::HandoverComplete)?;
    let mut checks = Checks::default();
    let override_reason = checks.changed_text("overrideReason", override_reason, NOTE_CHARS);
    let tx = ctx.write().await?;
    let old = at_version(ctx, &tx, Action::HandoverComplete, id, version).await?;
    if override_reason.is_some() {
        accounts::service::account_require(ctx, &tx, Action::HandoverOverride, old.account_id, &["id"]).await?;
    }
    checks.done()?;
    let (proven, contacts) = continuity::of_one(ctx, &tx, &old).await?;
    let threshold = ctx.tenant()?.continuity_threshold;
    let trigger = Trigger::Completed {
        score: proven.score,
        threshold,
        override_reason: override_reason.as_deref(),
    };
    let next = match transition(status_of(&old)?, trigger) {
        Ok(next) => next,
        Err(refusal @ Refusal::BelowThreshold { .. }) => return Err(incomplete(&refusal, &proven, &contacts)),
        Err(refusal) => return Err(refused(&refusal, "overrideReason")),
    };
    let overridden = proven.score < threshold;
    let reason = override_reason.filter(|_| overridden);
    end(ctx, &tx, &old, next, reason, overridden).await?;
    tx.emit(
        NewEvent::new("handover.completed", "hand", id)
            .on_account(old.account_id)
            .with(json!({ "version": version + 1, "fields": ["status"], "score": proven.score })),
    );
    if overridden {
        tx.emit(
            NewEvent::new("handover.overridden", "hand", id)
                .on_account(old.account_id)
                .with(json!({ "score": proven.score, "threshold": threshold })),
        );
    }
    tx.commit().await?;
    reread(ctx, id).await
}

/// Calls a handover off before ownership switches: the account stays with its owner.
pub async fn handover_cancel(ctx: &Ctx, id: Uuid, version: i64, reason: String) -> Result<handover::Model> {
    ctx.authorize(Action::HandoverCancel)?;
    let reason = given(reason)?;
    let tx = ctx.write().await?;
    let old = at_version(ctx, &tx, Action::HandoverCancel, id, version).await?;
    let trigger = Trigger::Cancelled { reason: &reason };
    let next = transition(status_of(&old)?, trigger).map_err(|refusal| refused(&refusal, "reason"))?;
    end(ctx, &tx, &old, next, Some(reason), false).await?;
    emit_end(&tx, "handover.cancelled", &old);
    plan::emit_access(&tx, old.account_id, old.to_member_id, "HANDOVER_CANCELLED");
    tx.commit().await?;
    reread(ctx, id).await
}

/// Cancels the handovers of a departure that are still PLANNED, inside the caller's transaction; how many, and the open ones
/// that go on.
pub async fn handovers_call_off(
    ctx: &Ctx,
    tx: &WriteTx,
    departure: Uuid,
    reason: &str,
) -> Result<(usize, Vec<handover::Model>)> {
    let open = queries::open_of_departure_lock(tx, departure).await?;
    let trigger = Trigger::Cancelled { reason };
    let (planned, kept): (Vec<_>, Vec<_>) = open.into_iter().partition(|row| row.status == Status::Planned.as_str());
    let next = transition(Status::Planned, trigger).map_err(|refusal| refused(&refusal, "reason"))?;
    let ids: Vec<Uuid> = planned.iter().map(|row| row.id).collect();
    if queries::end_planned(tx, &ids, next, ctx.now, reason).await? != ids.len() as u64 {
        return Err(Error::internal("a locked handover changed"));
    }
    for row in &planned {
        emit_end(tx, "handover.cancelled", row);
        plan::emit_access(tx, row.account_id, row.to_member_id, "HANDOVER_CANCELLED");
    }
    Ok((planned.len(), kept))
}

/// Declares that the relation did not pass over.
pub async fn handover_fail(ctx: &Ctx, id: Uuid, version: i64, reason: String) -> Result<handover::Model> {
    ctx.authorize(Action::HandoverFail)?;
    let reason = given(reason)?;
    let tx = ctx.write().await?;
    let old = at_version(ctx, &tx, Action::HandoverFail, id, version).await?;
    let trigger = Trigger::Failed { reason: &reason };
    let next = transition(status_of(&old)?, trigger).map_err(|refusal| refused(&refusal, "reason"))?;
    end(ctx, &tx, &old, next, Some(reason), false).await?;
    emit_end(&tx, "handover.failed", &old);
    tx.commit().await?;
    reread(ctx, id).await
}

/// Ends a handover because its account was lost, if ownership has switched.
pub(super) async fn account_lost(ctx: &Ctx, tx: &WriteTx, old: &handover::Model) -> Result<()> {
    let status = status_of(old)?;
    let next = transition(status, Trigger::AccountLost).map_err(|refusal| refused(&refusal, "id"))?;
    if next == status {
        return Ok(());
    }
    end(ctx, tx, old, next, Some("The account was lost.".into()), false).await?;
    emit_end(tx, "handover.failed", old);
    Ok(())
}

/// The handover at the version that the caller saw.
async fn at_version(ctx: &Ctx, db: &TenantDb, action: Action, id: Uuid, version: i64) -> Result<handover::Model> {
    let found = require(ctx, db, action, id).await?;
    if found.version != version {
        return Err(reader::stale(db, id, version, found.version).await?);
    }
    Ok(found)
}

async fn end(
    ctx: &Ctx,
    tx: &WriteTx,
    old: &handover::Model,
    status: Status,
    reason: Option<String>,
    overridden: bool,
) -> Result<()> {
    let change = handover::ActiveModel {
        status: Set(status.as_str().into()),
        ended_at: Set(Some(ctx.now)),
        end_reason: Set(reason),
        overridden: Set(overridden),
        stalled_since: Set(None),
        ..Default::default()
    };
    if queries::change(tx, old, change).await? {
        Ok(())
    } else {
        Err(reader::stale(tx, old.id, old.version, old.version + 1).await?)
    }
}

fn emit_end(tx: &WriteTx, kind: &'static str, old: &handover::Model) {
    tx.emit(
        NewEvent::new(kind, "hand", old.id)
            .on_account(old.account_id)
            .with(json!({ "version": old.version + 1, "fields": ["status"] })),
    );
}

fn given(reason: String) -> Result<String> {
    let mut checks = Checks::default();
    let reason = checks.text("reason", reason, NOTE_CHARS);
    checks.done()?;
    Ok(reason)
}

fn refused(refusal: &Refusal, reason_field: &str) -> Error {
    let (field, code) = match refusal {
        Refusal::ReasonMissing => (reason_field, UserErrorCode::Required),
        Refusal::BelowThreshold { .. } => ("id", UserErrorCode::Incomplete),
        Refusal::Ended(_) | Refusal::NotSwitched | Refusal::AlreadySwitched => ("id", UserErrorCode::Conflict),
    };
    Error::user(&[field], code, refusal.text())
}

/// Says how far it has come and, contact by contact, which proofs are missing.
fn incomplete(refusal: &Refusal, proven: &Continuity, contacts: &[contact::Model]) -> Error {
    let base = refusal.text();
    let words = |lang: Lang| {
        let lines = proven.contacts.iter().filter(|contact| !contact.missing.is_empty());
        let mut words: Vec<String> = lines
            .take(MOST_NAMED)
            .map(|lacking| {
                let row = contacts.iter().find(|row| row.id == lacking.contact);
                let missing: Vec<_> = lacking
                    .missing
                    .iter()
                    .map(|proof| proof.text().get(lang).to_owned())
                    .collect();
                format!(
                    "{}: {}",
                    row.map_or_else(String::new, |row| name(row, lang)),
                    missing.join(" ")
                )
            })
            .collect();
        if proven.contacts.is_empty() {
            let nobody = Text::fixed(
                "The account has no key contact, so nothing can be proven.",
                "キーパーソンが登録されていないため、関係継続を確認できません。",
            );
            words.push(nobody.get(lang).to_owned());
        }
        words.insert(0, base.get(lang).to_owned());
        words.join(match lang {
            Lang::En => " ",
            Lang::Ja => "",
        })
    };
    Error::user(
        &["id"],
        UserErrorCode::Incomplete,
        Text::new(words(Lang::En), words(Lang::Ja)),
    )
}

fn name(contact: &contact::Model, lang: Lang) -> String {
    match lang {
        Lang::En => format!("{} {}", contact.given_name, contact.family_name),
        Lang::Ja => format!("{} {}", contact.family_name, contact.given_name),
    }
}
