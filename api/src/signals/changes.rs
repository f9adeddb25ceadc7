//! Recording, correcting, confirming and settling signals.

use async_graphql::MaybeUndefined;
use chrono::{Datelike, NaiveDate};
use domain::lang::Text;
use domain::policy::Action;
use domain::risk::{Cause, FactorKind};
use entity::signal;
use sea_orm::Set;
use serde_json::json;
use uuid::Uuid;

use super::queries;
use crate::accounts::service::account_require_live;
use crate::activities::service::activity_require_of;
use crate::contacts::service::contact_require_of;
use crate::error::{Error, Result, UserErrorCode};
use crate::platform::Ctx;
use crate::platform::events::{NewEvent, reader};
use crate::platform::graphql::input::{Checks, NOTE_CHARS, Patch, changed};
use crate::platform::tenancy::WriteTx;

/// What a signal is recorded from.
#[derive(Clone, Debug)]
pub struct SignalDraft {
    /// Of which account.
    pub account: Uuid,
    /// What was seen.
    pub kind: FactorKind,
    /// Its cause; that of the kind when nothing is said.
    pub cause: Option<Cause>,
    /// Whether our conduct can change it; as the kind has it when nothing is said.
    pub controllable: Option<bool>,
    /// The day it happened, at the tenant.
    pub occurred_on: NaiveDate,
    /// What was seen, in words.
    pub note: String,
    /// Whom it is about.
    pub contact: Option<Uuid>,
    /// The touch in which it was learnt.
    pub activity: Option<Uuid>,
}

/// What of a signal changes.
#[derive(Clone, Debug, Default)]
pub struct SignalChanges {
    /// What was seen.
    pub kind: Option<FactorKind>,
    /// Its cause; cleared, that of the kind.
    pub cause: MaybeUndefined<Cause>,
    /// Whether our conduct can change it.
    pub controllable: Option<bool>,
    /// The day it happened, at the tenant.
    pub occurred_on: Option<NaiveDate>,
    /// What was seen, in words.
    pub note: Option<String>,
    /// Whom it is about.
    pub contact: MaybeUndefined<Uuid>,
    /// The touch in which it was learnt.
    pub activity: MaybeUndefined<Uuid>,
}

/// Records a signal.
pub async fn signal_record(ctx: &Ctx, draft: SignalDraft) -> Result<signal::Model> {
    ctx.authorize(Action::SignalRecord)?;
    let mut checks = Checks::default();
    check_kind(&mut checks, draft.kind);
    check_day(&mut checks, "occurredOn", draft.occurred_on, ctx.today()?);
    let note = checks.text("note", draft.note, NOTE_CHARS);
    checks.done()?;
    let tx = ctx.write().await?;
    account_require_live(ctx, &tx, Action::SignalRecord, draft.account, &["accountId"]).await?;
    check_evidence(ctx, &tx, draft.account, draft.contact, draft.activity).await?;
    let id = Uuid::now_v7();
    tx.insert(signal::ActiveModel {
        tenant_id: Set(tx.tenant()),
        id: Set(id),
        account_id: Set(draft.account),
        kind: Set(draft.kind.as_str().into()),
        cause: Set(draft.cause.map(|cause| cause.as_str().into())),
        controllable: Set(draft.controllable.unwrap_or(draft.kind.controllable())),
        occurred_on: Set(draft.occurred_on),
        note: Set(note),
        recorded_by_id: Set(ctx.actor.member()),
        recorded_at: Set(ctx.now),
        resolved_on: Set(None),
        settled_at: Set(None),
        settled_by_id: Set(None),
        confirmed_at: Set(None),
        confirmed_by_id: Set(None),
        contact_id: Set(draft.contact),
        activity_id: Set(draft.activity),
        version: Set(1),
        created_at: Set(ctx.now),
    })
    .await?;
    tx.emit(
        NewEvent::new("signal.recorded", "sig", id)
            .on_account(draft.account)
            .with(json!({ "version": 1 })),
    );
    tx.commit().await?;
    reread(ctx, id).await
}

/// Changes a signal that is still at `version`.
pub async fn signal_update(ctx: &Ctx, id: Uuid, version: i64, changes: SignalChanges) -> Result<signal::Model> {
    ctx.authorize(Action::SignalRecord)?;
    let today = ctx.today()?;
    let tx = ctx.write().await?;
    let old = signal_require(ctx, &tx, Action::SignalRecord, id).await?;
    let (model, patch) = patched(&old, changes, today)?;
    if patch.is_empty() {
        return Ok(old);
    }
    let contact = model.contact_id.try_as_ref().copied().flatten();
    let activity = model.activity_id.try_as_ref().copied().flatten();
    check_evidence(ctx, &tx, old.account_id, contact, activity).await?;
    write(&tx, &old, version, model, ("signal.updated", patch.fields())).await?;
    tx.commit().await?;
    reread(ctx, id).await
}

fn patched(old: &signal::Model, changes: SignalChanges, today: NaiveDate) -> Result<(signal::ActiveModel, Patch)> {
    let (mut checks, mut patch, mut model) = (Checks::default(), Patch::default(), signal::ActiveModel::default());
    if let Some(kind) = changes.kind {
        check_kind(&mut checks, kind);
    }
    let kind = changes.kind.map(|kind| kind.as_str().to_owned());
    patch.set("kind", &mut model.kind, &old.kind, kind);
    let cause = changed(changes.cause, |cause| cause.as_str().to_owned());
    patch.set("cause", &mut model.cause, &old.cause, cause);
    let controllable = changes.controllable.or(follows_kind(old, changes.kind)?);
    patch.set("controllable", &mut model.controllable, &old.controllable, controllable);
    if let Some(day) = changes.occurred_on {
        check_day(&mut checks, "occurredOn", day, today);
        check_order(&mut checks, "occurredOn", day, old.resolved_on);
    }
    patch.set(
        "occurredOn",
        &mut model.occurred_on,
        &old.occurred_on,
        changes.occurred_on,
    );
    let note = checks.changed_text("note", changes.note, NOTE_CHARS);
    patch.set("note", &mut model.note, &old.note, note);
    let contact = changed(changes.contact, |id| id);
    patch.set("contact", &mut model.contact_id, &old.contact_id, contact);
    let activity = changed(changes.activity, |id| id);
    patch.set("activity", &mut model.activity_id, &old.activity_id, activity);
    checks.done()?;
    Ok((model, patch))
}

/// What the new kind has for controllable, when what is stored is only what the old one had.
fn follows_kind(old: &signal::Model, kind: Option<FactorKind>) -> Result<Option<bool>> {
    let Some(kind) = kind else { return Ok(None) };
    let was: FactorKind = old.kind.parse().map_err(Error::internal)?;
    Ok((old.controllable == was.controllable()).then_some(kind.controllable()))
}

/// Settles a signal that is still at `version`: it ended on that day. Settling it again so changes nothing; another day
/// corrects the first one.
pub async fn signal_settle(
    ctx: &Ctx,
    id: Uuid,
    version: i64,
    resolved_on: NaiveDate,
    note: Option<String>,
) -> Result<signal::Model> {
    ctx.authorize(Action::SignalRecord)?;
    let today = ctx.today()?;
    let tx = ctx.write().await?;
    let old = signal_require(ctx, &tx, Action::SignalRecord, id).await?;
    let mut checks = Checks::default();
    check_day(&mut checks, "resolvedOn", resolved_on, today);
    check_order(&mut checks, "resolvedOn", old.occurred_on, Some(resolved_on));
    // Beneath what was seen stands what was done about it; said twice, it stands once.
    let note = checks.optional("note", note, NOTE_CHARS);
    let note = note.filter(|note| !old.note.ends_with(note.as_str()));
    let note = note.map(|note| checks.text("note", format!("{}\n{note}", old.note), NOTE_CHARS));
    checks.done()?;
    let (mut model, mut patch) = (signal::ActiveModel::default(), Patch::default());
    patch.set(
        "resolvedOn",
        &mut model.resolved_on,
        &old.resolved_on,
        Some(Some(resolved_on)),
    );
    patch.set("note", &mut model.note, &old.note, note);
    patch.set(
        "settledAt",
        &mut model.settled_at,
        &old.settled_at,
        Some(old.settled_at.or(Some(ctx.now))),
    );
    if patch.is_empty() {
        return Ok(old);
    }
    if old.settled_at.is_none() {
        model.settled_by_id = Set(ctx.actor.member());
    }
    write(&tx, &old, version, model, ("signal.settled", patch.fields())).await?;
    tx.commit().await?;
    reread(ctx, id).await
}

/// Confirms a signal that is still at `version`: a person says that it is so. Confirming it again changes nothing.
pub async fn signal_confirm(ctx: &Ctx, id: Uuid, version: i64) -> Result<signal::Model> {
    ctx.authorize(Action::SignalConfirm)?;
    let tx = ctx.write().await?;
    let old = signal_require(ctx, &tx, Action::SignalConfirm, id).await?;
    if old.confirmed_at.is_some() {
        return Ok(old);
    }
    let model = signal::ActiveModel {
        confirmed_at: Set(Some(ctx.now)),
        confirmed_by_id: Set(ctx.actor.member()),
        ..Default::default()
    };
    write(&tx, &old, version, model, ("signal.confirmed", &["confirmedAt"])).await?;
    tx.commit().await?;
    reread(ctx, id).await
}

/// The signal, when the caller may do this to it: its account says so.
async fn signal_require(ctx: &Ctx, tx: &WriteTx, action: Action, id: Uuid) -> Result<signal::Model> {
    let found = tx
        .one(queries::one(id))
        .await?
        .ok_or_else(|| Error::not_found(&["id"]))?;
    account_require_live(ctx, tx, action, found.account_id, &["id"]).await?;
    Ok(found)
}

async fn check_evidence(
    ctx: &Ctx,
    tx: &WriteTx,
    account: Uuid,
    contact: Option<Uuid>,
    activity: Option<Uuid>,
) -> Result<()> {
    if let Some(contact) = contact {
        contact_require_of(ctx, tx, account, contact, "contactId").await?;
    }
    if let Some(activity) = activity {
        activity_require_of(ctx, tx, account, activity, "activityId").await?;
    }
    Ok(())
}

async fn write(
    tx: &WriteTx,
    old: &signal::Model,
    version: i64,
    mut model: signal::ActiveModel,
    (event, fields): (&'static str, &[&'static str]),
) -> Result<()> {
    model.version = Set(version + 1);
    if tx.update(model, queries::at_version(old.id, version)).await? == 0 {
        return Err(reader::stale(tx, old.id, version, old.version).await?);
    }
    tx.emit(
        NewEvent::new(event, "sig", old.id)
            .on_account(old.account_id)
            .with(json!({ "version": version + 1, "fields": fields })),
    );
    Ok(())
}

fn check_kind(checks: &mut Checks, kind: FactorKind) {
    checks.require(
        kind.recordable(),
        "kind",
        UserErrorCode::Invalid,
        Text::fixed(
            "Nobody records this: it is measured.",
            "この種別は自動で計測されるため、記録できません。",
        ),
    );
}

fn check_day(checks: &mut Checks, field: &str, day: NaiveDate, today: NaiveDate) {
    checks.require(
        day.year() >= 1900 && day <= today,
        field,
        UserErrorCode::Invalid,
        Text::fixed(
            "The day is in the future, or too long ago.",
            "未来または古すぎる日付です。",
        ),
    );
}

fn check_order(checks: &mut Checks, field: &str, occurred_on: NaiveDate, resolved_on: Option<NaiveDate>) {
    checks.require(
        resolved_on.is_none_or(|resolved_on| occurred_on <= resolved_on),
        field,
        UserErrorCode::Invalid,
        Text::fixed(
            "It cannot end before it happened.",
            "解決日は発生日以降の日付を指定してください。",
        ),
    );
}

async fn reread(ctx: &Ctx, id: Uuid) -> Result<signal::Model> {
    let found = ctx.read().await?.one(queries::one(id)).await?;
    found.ok_or_else(|| Error::internal("a signal vanished after it was written"))
}
