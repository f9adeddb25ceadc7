//! Planning a handover: who takes the account over, until when, and the steps in between.

use chrono::{Days, NaiveDate};
use domain::calendar::WorkingDays;
use domain::handover::{KeyContact, Plan, Status, plan};
use domain::lang::Text;
use domain::policy::{Action, Role};
use domain::risk::FactorKind;
use entity::{handover, handover_step, member, signal};
use sea_orm::Set;
use serde_json::json;
use uuid::Uuid;

use super::continuity::key_contact;
use super::queries;
use super::service::reread;
use crate::error::{Error, Result, UserErrorCode};
use crate::platform::Ctx;
use crate::platform::events::NewEvent;
use crate::platform::graphql::input::{Checks, NAME_CHARS, NOTE_CHARS};
use crate::platform::tenancy::WriteTx;
use crate::{accounts, contacts, members};

/// A last day is at most so many days ahead.
const FURTHEST_DAYS: u64 = 730;
/// No step is due later after the last day.
const AFTERWARDS_DAYS: u64 = 120;

/// What a handover is planned from.
#[derive(Clone, Debug)]
pub struct HandoverDraft {
    /// The account.
    pub account: Uuid,
    /// Who takes it over.
    pub to: Uuid,
    /// The last day of the one who owns it now.
    pub last_day: NaiveDate,
    /// Why.
    pub reason: String,
    /// Anything else.
    pub note: Option<String>,
}

/// Opens a handover of the account from its owner to a successor, with its steps.
pub async fn handover_plan(ctx: &Ctx, draft: HandoverDraft) -> Result<handover::Model> {
    ctx.authorize(Action::HandoverPlan)?;
    let today = ctx.today()?;
    let tx = ctx.write().await?;
    let account =
        accounts::service::account_require_live(ctx, &tx, Action::HandoverPlan, draft.account, &["accountId"]).await?;
    let to = members::member_require_owner(&tx, draft.to, &["toMemberId"]).await?;
    let (reason, note) = checked(&draft, today, account.owner_id, &to)?;
    if queries::open_of(&tx, account.id).await?.is_some() {
        return Err(already_open());
    }
    let key_contacts = contacts::service::key_contacts(ctx, &tx, account.id).await?;
    let key_contacts: Vec<KeyContact> = key_contacts.iter().map(key_contact).collect();
    let working_days = working_days(ctx, today, draft.last_day)?;
    let plan = plan(today, draft.last_day, &key_contacts, |day| working_days.includes(day));

    let id = Uuid::now_v7();
    let model = handover::ActiveModel {
        tenant_id: Set(tx.tenant()),
        id: Set(id),
        account_id: Set(account.id),
        from_member_id: Set(account.owner_id),
        to_member_id: Set(to.id),
        status: Set(Status::Planned.as_str().into()),
        reason: Set(reason),
        note: Set(note),
        last_day: Set(draft.last_day),
        planned_at: Set(ctx.now),
        switched_at: Set(None),
        ended_at: Set(None),
        end_reason: Set(None),
        overridden: Set(false),
        no_time: Set(plan.no_time),
        stalled_since: Set(None),
        planned_by_id: Set(ctx.actor.member()),
        version: Set(1),
        created_at: Set(ctx.now),
    };
    tx.insert(model).await.map_err(opened_meanwhile)?;
    tx.insert_many(step_rows(id, &plan, draft.last_day)).await?;
    tx.emit(
        NewEvent::new("handover.planned", "hand", id)
            .on_account(account.id)
            .with(json!({
                "version": 1, "fromMember": account.owner_id, "toMember": to.id,
                "steps": plan.steps.len(), "dropped": plan.dropped.len(), "noTime": plan.no_time,
            })),
    );
    emit_access(&tx, account.id, to.id, "HANDOVER_PLANNED");
    if plan.no_time {
        raise_signal(ctx, &tx, account.id, today).await?;
    }
    tx.commit().await?;
    reread(ctx, id).await
}

/// The working days of the tenant's country while a handover lasts.
fn working_days(ctx: &Ctx, today: NaiveDate, last_day: NaiveDate) -> Result<WorkingDays> {
    let until = last_day
        .checked_add_days(Days::new(AFTERWARDS_DAYS))
        .unwrap_or(last_day);
    Ok(WorkingDays::of(&ctx.tenant()?.country, today, until))
}

/// Everything that the caller can mend about his words and the successor, at once.
fn checked(
    draft: &HandoverDraft,
    today: NaiveDate,
    owner: Uuid,
    to: &member::Model,
) -> Result<(String, Option<String>)> {
    let mut checks = Checks::default();
    let reason = checks.text("reason", draft.reason.clone(), NAME_CHARS);
    let note = checks.optional("note", draft.note.clone(), NOTE_CHARS);
    checks.require(
        draft.last_day >= today,
        "lastDay",
        UserErrorCode::Invalid,
        Text::fixed("The last day is past.", "最終日が過去の日付です。"),
    );
    let furthest = today.checked_add_days(Days::new(FURTHEST_DAYS)).unwrap_or(today);
    checks.require(
        draft.last_day <= furthest,
        "lastDay",
        UserErrorCode::Invalid,
        Text::fixed(
            "The last day is at most two years ahead.",
            "最終日は2年以内の日付で指定してください。",
        ),
    );
    checks.require(
        draft.to != owner,
        "toMemberId",
        UserErrorCode::Invalid,
        Text::fixed(
            "This member owns the account already.",
            "このメンバーはすでにこの取引先の担当者です。",
        ),
    );
    checks.require(
        to.role != Role::Observer.as_str(),
        "toMemberId",
        UserErrorCode::Invalid,
        Text::fixed(
            "An OBSERVER cannot look after accounts.",
            "OBSERVERは取引先を担当できません。",
        ),
    );
    // Ownership switches after the last day, so the successor must still be there then.
    checks.require(
        to.last_day.is_none_or(|leaves| leaves > draft.last_day),
        "toMemberId",
        UserErrorCode::Invalid,
        Text::fixed(
            "This member leaves before he could take the account over.",
            "このメンバーは引き継ぎ日より前に退職します。",
        ),
    );
    checks.done()?;
    Ok((reason, note))
}

fn already_open() -> Error {
    Error::user(
        &["accountId"],
        UserErrorCode::Conflict,
        Text::fixed(
            "The account is being handed over already: complete or cancel that first.",
            "この取引先はすでに引き継ぎ中です。先に完了または取り消してください。",
        ),
    )
}

/// Two who plan at once both find no open handover; the unique index lets one through.
fn opened_meanwhile(error: sea_orm::DbErr) -> Error {
    if Error::is_unique_violation(&error) {
        return already_open();
    }
    error.into()
}

fn step_rows(handover: Uuid, plan: &Plan, last_day: NaiveDate) -> Vec<handover_step::ActiveModel> {
    let planned = plan
        .steps
        .iter()
        .map(|step| (step.kind, step.contact, step.due_on, None));
    // A dropped step has no day of its own; the column wants one.
    let dropped = plan
        .dropped
        .iter()
        .map(|step| (step.kind, step.contact, last_day, Some(step.why)));
    planned
        .chain(dropped)
        .zip(0_i16..)
        .map(
            |((kind, contact, due_on, dropped), position)| handover_step::ActiveModel {
                tenant_id: Set(Uuid::nil()),
                id: Set(Uuid::now_v7()),
                handover_id: Set(handover),
                kind: Set(kind.as_str().into()),
                contact_id: Set(contact),
                due_on: Set(due_on),
                dropped_reason: Set(dropped.map(|why| why.as_str().to_owned())),
                fulfilled_by_id: Set(None),
                fulfilled_at: Set(None),
                position: Set(position),
            },
        )
        .collect()
}

/// Nobody can be introduced any more: the account is at risk, and the assessment must know why.
async fn raise_signal(ctx: &Ctx, tx: &WriteTx, account: Uuid, today: NaiveDate) -> Result<()> {
    let kind = FactorKind::OwnRepChanged;
    let note = Text::fixed(
        "The account is handed over without a working day for introductions.",
        "紹介のための営業日がないまま担当者が交代します。",
    );
    let id = Uuid::now_v7();
    tx.insert(signal::ActiveModel {
        tenant_id: Set(tx.tenant()),
        id: Set(id),
        account_id: Set(account),
        kind: Set(kind.as_str().into()),
        cause: Set(Some(domain::risk::Cause::RepChanged.as_str().into())),
        controllable: Set(kind.controllable()),
        occurred_on: Set(today),
        note: Set(note.get(ctx.request.lang).to_owned()),
        recorded_by_id: Set(ctx.actor.member()),
        recorded_at: Set(ctx.now),
        resolved_on: Set(None),
        settled_at: Set(None),
        settled_by_id: Set(None),
        contact_id: Set(None),
        activity_id: Set(None),
        version: Set(1),
        created_at: Set(ctx.now),
    })
    .await?;
    tx.emit(
        NewEvent::new("signal.recorded", "sig", id)
            .on_account(account)
            .with(json!({ "version": 1, "kind": kind.as_str() })),
    );
    Ok(())
}

/// Whether this member sees the account has changed: his phone learns from it.
pub(super) fn emit_access(tx: &WriteTx, account: Uuid, member: Uuid, reason: &'static str) {
    tx.emit(
        NewEvent::new("access.changed", "acct", account)
            .on_account(account)
            .with(json!({ "members": [member], "reason": reason })),
    );
}
