//! Making, changing and ending follow-ups.

use async_graphql::MaybeUndefined;
use chrono::{Days, NaiveDate};
use domain::follow_up::FollowUpStatus;
use domain::lang::Text;
use domain::policy::Action;
use entity::{account, follow_up};
use sea_orm::Set;
use serde_json::json;
use uuid::Uuid;

use super::queries;
use crate::accounts::service::{account_require_live, account_seen_by};
use crate::activities::service::activity_require_of;
use crate::contacts::service::contact_require_of;
use crate::error::{Error, Result, UserErrorCode};
use crate::members;
use crate::platform::Ctx;
use crate::platform::events::{NewEvent, reader};
use crate::platform::graphql::input::{Checks, NAME_CHARS, NOTE_CHARS, Patch, changed};
use crate::platform::tenancy::WriteTx;

/// A follow-up is due at most so many days ahead: five years.
const FURTHEST_DAYS: u64 = 1_827;

/// What a follow-up is made from.
#[derive(Clone, Debug)]
pub struct FollowUpDraft {
    /// With which account.
    pub account: Uuid,
    /// Who is to do it; the caller when nobody is named.
    pub member: Option<Uuid>,
    /// With whom.
    pub contact: Option<Uuid>,
    /// By which day of the tenant.
    pub due_on: NaiveDate,
    /// Why.
    pub reason: String,
    /// What was last talked about.
    pub talked_about: Option<String>,
    /// What was promised.
    pub promised: Option<String>,
}

/// What of a follow-up changes.
#[derive(Clone, Debug, Default)]
pub struct FollowUpChanges {
    /// Who is to do it.
    pub member: Option<Uuid>,
    /// With whom.
    pub contact: MaybeUndefined<Uuid>,
    /// By which day of the tenant.
    pub due_on: Option<NaiveDate>,
    /// Why.
    pub reason: Option<String>,
    /// What was last talked about.
    pub talked_about: MaybeUndefined<String>,
    /// What was promised.
    pub promised: MaybeUndefined<String>,
}

/// Makes a follow-up.
pub async fn follow_up_create(ctx: &Ctx, draft: FollowUpDraft) -> Result<follow_up::Model> {
    ctx.authorize(Action::FollowUpChange)?;
    let mut checks = Checks::default();
    check_due(&mut checks, "dueOn", draft.due_on, ctx.today()?);
    let reason = checks.text("reason", draft.reason, NAME_CHARS);
    let talked_about = checks.optional("talkedAbout", draft.talked_about, NOTE_CHARS);
    let promised = checks.optional("promised", draft.promised, NOTE_CHARS);
    checks.done()?;
    let member = draft.member.or(ctx.actor.member()).ok_or_else(|| {
        Error::user(
            &["memberId"],
            UserErrorCode::Required,
            Text::fixed(
                "Name the member who is to do it.",
                "担当するメンバーを指定してください。",
            ),
        )
    })?;
    let tx = ctx.write().await?;
    account_require_live(ctx, &tx, Action::FollowUpChange, draft.account, &["accountId"]).await?;
    check_member(ctx, &tx, draft.account, member).await?;
    if let Some(contact) = draft.contact {
        contact_require_of(ctx, &tx, draft.account, contact, "contactId").await?;
    }
    let draft = FollowUpDraft {
        reason,
        talked_about,
        promised,
        ..draft
    };
    let id = open(ctx, &tx, member, draft).await?;
    tx.commit().await?;
    reread(ctx, id).await
}

/// Opens a checked follow-up of this member, inside the caller's transaction.
pub(super) async fn open(ctx: &Ctx, tx: &WriteTx, member: Uuid, draft: FollowUpDraft) -> Result<Uuid> {
    let id = Uuid::now_v7();
    tx.insert(follow_up::ActiveModel {
        tenant_id: Set(tx.tenant()),
        id: Set(id),
        account_id: Set(draft.account),
        member_id: Set(member),
        contact_id: Set(draft.contact),
        due_on: Set(draft.due_on),
        reason: Set(draft.reason),
        talked_about: Set(draft.talked_about),
        promised: Set(draft.promised),
        status: Set(FollowUpStatus::Open.as_str().into()),
        done_by_id: Set(None),
        ended_at: Set(None),
        end_reason: Set(None),
        created_by_id: Set(ctx.actor.member()),
        version: Set(1),
        created_at: Set(ctx.now),
    })
    .await?;
    tx.emit(
        NewEvent::new("follow_up.created", "fup", id)
            .on_account(draft.account)
            .with(json!({ "version": 1, "member": member })),
    );
    Ok(id)
}

/// Changes a follow-up that is open and still at `version`.
pub async fn follow_up_update(ctx: &Ctx, id: Uuid, version: i64, changes: FollowUpChanges) -> Result<follow_up::Model> {
    ctx.authorize(Action::FollowUpChange)?;
    let today = ctx.today()?;
    let tx = ctx.write().await?;
    let old = require(ctx, &tx, id, &["id"]).await?;
    refuse_ended(&old, &["id"])?;
    let (model, patch) = patched(&old, changes, today)?;
    if patch.is_empty() {
        return Ok(old);
    }
    if let Some(member) = model.member_id.try_as_ref() {
        check_member(ctx, &tx, old.account_id, *member).await?;
    }
    if let Some(contact) = model.contact_id.try_as_ref().copied().flatten() {
        contact_require_of(ctx, &tx, old.account_id, contact, "contactId").await?;
    }
    write(&tx, &old, version, model, ("follow_up.updated", patch.fields())).await?;
    tx.commit().await?;
    reread(ctx, id).await
}

fn patched(
    old: &follow_up::Model,
    changes: FollowUpChanges,
    today: NaiveDate,
) -> Result<(follow_up::ActiveModel, Patch)> {
    let (mut checks, mut patch, mut model) = (Checks::default(), Patch::default(), follow_up::ActiveModel::default());
    // A day that has passed may stay, but not be set.
    if let Some(due_on) = changes.due_on.filter(|due_on| *due_on != old.due_on) {
        check_due(&mut checks, "dueOn", due_on, today);
    }
    let reason = checks.changed_text("reason", changes.reason, NAME_CHARS);
    let talked_about = checks.changed_optional("talkedAbout", changes.talked_about, NOTE_CHARS);
    let promised = checks.changed_optional("promised", changes.promised, NOTE_CHARS);
    checks.done()?;
    patch.set("member", &mut model.member_id, &old.member_id, changes.member);
    let contact = changed(changes.contact, |id| id);
    patch.set("contact", &mut model.contact_id, &old.contact_id, contact);
    patch.set("dueOn", &mut model.due_on, &old.due_on, changes.due_on);
    patch.set("reason", &mut model.reason, &old.reason, reason);
    patch.set("talkedAbout", &mut model.talked_about, &old.talked_about, talked_about);
    patch.set("promised", &mut model.promised, &old.promised, promised);
    Ok((model, patch))
}

/// Completes a follow-up: it has happened, in this activity where one is on record. Completing it again so changes nothing.
pub async fn follow_up_complete(ctx: &Ctx, id: Uuid, version: i64, activity: Option<Uuid>) -> Result<follow_up::Model> {
    ctx.authorize(Action::FollowUpChange)?;
    let tx = ctx.write().await?;
    let old = require(ctx, &tx, id, &["id"]).await?;
    if old.status == FollowUpStatus::Done.as_str() && activity.is_none_or(|activity| old.done_by_id == Some(activity)) {
        return Ok(old);
    }
    refuse_ended(&old, &["id"])?;
    if let Some(activity) = activity {
        activity_require_of(ctx, &tx, old.account_id, activity, "activityId").await?;
    }
    write(
        &tx,
        &old,
        version,
        done(ctx, activity),
        ("follow_up.completed", &["status"]),
    )
    .await?;
    tx.commit().await?;
    reread(ctx, id).await
}

/// Cancels a follow-up: it is not to happen any more.
pub async fn follow_up_cancel(ctx: &Ctx, id: Uuid, version: i64, reason: String) -> Result<follow_up::Model> {
    ctx.authorize(Action::FollowUpChange)?;
    let mut checks = Checks::default();
    let reason = checks.text("reason", reason, NOTE_CHARS);
    checks.done()?;
    let tx = ctx.write().await?;
    let old = require(ctx, &tx, id, &["id"]).await?;
    if old.status == FollowUpStatus::Cancelled.as_str() && old.end_reason.as_deref() == Some(reason.as_str()) {
        return Ok(old);
    }
    refuse_ended(&old, &["id"])?;
    let cancelled = follow_up::ActiveModel {
        status: Set(FollowUpStatus::Cancelled.as_str().into()),
        ended_at: Set(Some(ctx.now)),
        end_reason: Set(Some(reason)),
        ..Default::default()
    };
    write(&tx, &old, version, cancelled, ("follow_up.cancelled", &["status"])).await?;
    tx.commit().await?;
    reread(ctx, id).await
}

/// Completes a follow-up by an activity that is being recorded, inside that transaction, whose caller holds the account.
pub async fn activity_recorded(
    ctx: &Ctx,
    tx: &WriteTx,
    account: &account::Model,
    follow_up: Uuid,
    activity: Uuid,
) -> Result<()> {
    const FIELD: &[&str] = &["followUpId"];
    let found = tx.one(queries::one(follow_up)).await?;
    let Some(old) = found else {
        return Err(Error::not_found(FIELD));
    };
    if old.account_id != account.id {
        require(ctx, tx, follow_up, FIELD).await?;
        return Err(Error::user(
            FIELD,
            UserErrorCode::Invalid,
            Text::fixed(
                "This follow-up is of another account.",
                "このフォローアップは別の取引先のものです。",
            ),
        ));
    }
    refuse_ended(&old, FIELD)?;
    let model = done(ctx, Some(activity));
    write(tx, &old, old.version, model, ("follow_up.completed", &["status"])).await
}

pub(super) fn done(ctx: &Ctx, activity: Option<Uuid>) -> follow_up::ActiveModel {
    follow_up::ActiveModel {
        status: Set(FollowUpStatus::Done.as_str().into()),
        done_by_id: Set(activity),
        ended_at: Set(Some(ctx.now)),
        ..Default::default()
    }
}

/// The follow-up, when the caller may change it: its account says so.
async fn require(ctx: &Ctx, tx: &WriteTx, id: Uuid, field: &[&str]) -> Result<follow_up::Model> {
    let found = tx.one(queries::one(id)).await?;
    let found = found.ok_or_else(|| Error::not_found(field))?;
    account_require_live(ctx, tx, Action::FollowUpChange, found.account_id, field).await?;
    Ok(found)
}

fn refuse_ended(found: &follow_up::Model, field: &[&str]) -> Result<()> {
    if found.status == FollowUpStatus::Open.as_str() {
        return Ok(());
    }
    Err(Error::user(
        field,
        UserErrorCode::Conflict,
        Text::fixed(
            "The follow-up was completed or cancelled already.",
            "このフォローアップはすでに完了または取り消し済みです。",
        ),
    ))
}

/// Who is to do it must be there, and see the account.
async fn check_member(ctx: &Ctx, tx: &WriteTx, account: Uuid, member: Uuid) -> Result<()> {
    let member = members::member_require_owner(ctx, tx, member, &["memberId"]).await?;
    if account_seen_by(ctx, tx, account, &member).await? {
        return Ok(());
    }
    Err(Error::user(
        &["memberId"],
        UserErrorCode::Invalid,
        Text::fixed(
            "This member does not see the account: put him on its team first.",
            "このメンバーは取引先を閲覧できません。先にチームに追加してください。",
        ),
    ))
}

/// A follow-up is due today or later, and not too far ahead.
pub fn check_due(checks: &mut Checks, field: &str, due_on: NaiveDate, today: NaiveDate) {
    let furthest = today.checked_add_days(Days::new(FURTHEST_DAYS)).unwrap_or(today);
    checks.require(
        (today..=furthest).contains(&due_on),
        field,
        UserErrorCode::Invalid,
        Text::fixed(
            "The day is past, or more than five years ahead.",
            "期日は今日から5年以内で指定してください。",
        ),
    );
}

pub(super) async fn write(
    tx: &WriteTx,
    old: &follow_up::Model,
    version: i64,
    mut model: follow_up::ActiveModel,
    (event, fields): (&'static str, &[&'static str]),
) -> Result<()> {
    model.version = Set(version + 1);
    if tx.update(model, queries::at_version(old.id, version)).await? == 0 {
        return Err(reader::stale(tx, old.id, version, old.version).await?);
    }
    tx.emit(
        NewEvent::new(event, "fup", old.id)
            .on_account(old.account_id)
            .with(json!({ "version": version + 1, "fields": fields, "member": old.member_id })),
    );
    Ok(())
}

async fn reread(ctx: &Ctx, id: Uuid) -> Result<follow_up::Model> {
    let found = ctx.read().await?.one(queries::one(id)).await?;
    found.ok_or_else(|| Error::internal("a follow-up vanished after it was written"))
}
