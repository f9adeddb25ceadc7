//! Correcting and archiving activities.

use async_graphql::MaybeUndefined;
use chrono::{DateTime, Utc};
use domain::activity::{ActivityKind, StartedBy};
use domain::policy::Action;
use entity::activity;
use sea_orm::Set;
use serde_json::json;
use uuid::Uuid;

use super::last_touch::last_touch_find_again;
use super::record::{occurred_at, reread, satisfaction};
use super::{links, queries};
use crate::accounts::service::account_require_live;
use crate::contacts::service::contacts_require_of;
use crate::error::{Error, Result};
use crate::platform::Ctx;
use crate::platform::events::{NewEvent, reader};
use crate::platform::graphql::input::{Checks, NOTE_CHARS, Patch, changed};
use crate::platform::tenancy::{When, WriteTx};
use crate::{buyer_changes, handovers};

/// What of an activity changes.
#[derive(Clone, Debug, Default)]
pub struct ActivityChanges {
    /// What kind of touch it was.
    pub kind: Option<ActivityKind>,
    /// When it happened.
    pub occurred_at: Option<DateTime<Utc>>,
    /// Other members who were present, in place of those said before.
    pub with_members: Option<Vec<Uuid>>,
    /// Contacts who took part, in place of those said before.
    pub contacts: Option<Vec<Uuid>>,
    /// Who began it.
    pub started_by: Option<StartedBy>,
    /// Both sides said something.
    pub two_way: Option<bool>,
    /// What came of it.
    pub summary: Option<String>,
    /// What is to be done next.
    pub next_step: MaybeUndefined<String>,
    /// The client's satisfaction as he told it, 1–5.
    pub satisfaction: MaybeUndefined<i32>,
}

/// Changes an activity that is still at `version`.
pub async fn activity_update(
    ctx: &Ctx,
    id: Uuid,
    version: i64,
    mut changes: ActivityChanges,
) -> Result<activity::Model> {
    ctx.authorize(Action::ActivityRecord)?;
    let mut checks = Checks::default();
    changes.summary = checks.changed_text("summary", changes.summary.take(), NOTE_CHARS);
    changes.occurred_at = changes.occurred_at.map(|at| occurred_at(ctx, &mut checks, at));
    let next_step = checks.changed_optional("nextStep", std::mem::take(&mut changes.next_step), NOTE_CHARS);
    let mark = changed(changes.satisfaction, |mark| satisfaction(&mut checks, mark));
    checks.done()?;
    let tx = ctx.write().await?;
    let old = activity_require(ctx, &tx, id).await?;
    let (mut model, mut patch) = (activity::ActiveModel::default(), Patch::default());
    let kind = changes.kind.map(|kind| kind.as_str().to_owned());
    patch.set("kind", &mut model.kind, &old.kind, kind);
    patch.set(
        "occurredAt",
        &mut model.occurred_at,
        &old.occurred_at,
        changes.occurred_at,
    );
    let started_by = changes.started_by.map(|by| by.as_str().to_owned());
    patch.set("startedBy", &mut model.started_by, &old.started_by, started_by);
    patch.set("twoWay", &mut model.two_way, &old.two_way, changes.two_way);
    patch.set("summary", &mut model.summary, &old.summary, changes.summary);
    patch.set("nextStep", &mut model.next_step, &old.next_step, next_step);
    if let Some(mark) = mark.filter(|mark| *mark != old.satisfaction) {
        model.satisfaction_recorded_at = Set(mark.map(|_| ctx.now));
    }
    patch.set("satisfaction", &mut model.satisfaction, &old.satisfaction, mark);
    let mut fields = patch.fields().to_vec();
    let at = changes.occurred_at.unwrap_or(old.occurred_at);
    if let Some(contacts) = changes.contacts
        && replace_contacts(ctx, &tx, &old, contacts).await?
    {
        fields.push("contacts");
    }
    if let Some(members) = changes.with_members
        && replace_members(&tx, &old, members, at).await?
    {
        fields.push("withMembers");
    }
    if fields.is_empty() {
        return Ok(old);
    }
    write(&tx, &old, version, model, ("activity.updated", &fields)).await?;
    handovers::service::handover_settle(ctx, &tx, old.account_id).await?;
    buyer_changes::service::buyer_changes_settle(ctx, &tx, old.account_id).await?;
    if at != old.occurred_at {
        last_touch_find_again(&tx, old.account_id).await?;
    }
    tx.commit().await?;
    reread(ctx, id).await
}

async fn replace_contacts(ctx: &Ctx, tx: &WriteTx, old: &activity::Model, contacts: Vec<Uuid>) -> Result<bool> {
    let contacts = links::distinct(contacts, "contactIds")?;
    if links::same(&links::contacts(tx, old.id).await?, &contacts) {
        return Ok(false);
    }
    contacts_require_of(ctx, tx, old.account_id, &contacts, "contactIds").await?;
    links::delete_contacts(tx, old.id).await?;
    links::insert_contacts(tx, When::Now, old.id, &contacts).await?;
    Ok(true)
}

async fn replace_members(
    tx: &WriteTx,
    old: &activity::Model,
    members: Vec<Uuid>,
    occurred_at: DateTime<Utc>,
) -> Result<bool> {
    let mut members = links::distinct(members, "withMemberIds")?;
    members.retain(|member| *member != old.member_id);
    if links::same(&links::members(tx, old.id).await?, &members) {
        return Ok(false);
    }
    let wanted: Vec<_> = links::places(&members).collect();
    links::check_members(tx, &wanted, occurred_at).await?;
    links::delete_members(tx, old.id).await?;
    links::insert_members(tx, When::Now, old.id, &members).await?;
    Ok(true)
}

/// Archives an activity: lists leave it out, and it proves nothing any more. Doing it twice changes nothing.
pub async fn activity_archive(ctx: &Ctx, id: Uuid, version: i64) -> Result<activity::Model> {
    ctx.authorize(Action::ActivityRecord)?;
    let tx = ctx.write().await?;
    let old = activity_require(ctx, &tx, id).await?;
    if old.archived_at.is_some() {
        return Ok(old);
    }
    let model = activity::ActiveModel {
        archived_at: Set(Some(ctx.now)),
        ..Default::default()
    };
    write(&tx, &old, version, model, ("activity.archived", &["archivedAt"])).await?;
    handovers::service::handover_settle(ctx, &tx, old.account_id).await?;
    buyer_changes::service::buyer_changes_settle(ctx, &tx, old.account_id).await?;
    last_touch_find_again(&tx, old.account_id).await?;
    tx.commit().await?;
    reread(ctx, id).await
}

/// The activity, when the caller may change it: its account says so.
async fn activity_require(ctx: &Ctx, tx: &WriteTx, id: Uuid) -> Result<activity::Model> {
    let found = tx
        .one(queries::one(id))
        .await?
        .ok_or_else(|| Error::not_found(&["id"]))?;
    account_require_live(ctx, tx, Action::ActivityRecord, found.account_id, &["id"]).await?;
    Ok(found)
}

async fn write(
    tx: &WriteTx,
    old: &activity::Model,
    version: i64,
    mut model: activity::ActiveModel,
    (event, fields): (&'static str, &[&'static str]),
) -> Result<()> {
    model.version = Set(version + 1);
    if tx.update(model, queries::at_version(old.id, version)).await? == 0 {
        return Err(reader::stale(tx, old.id, version, old.version).await?);
    }
    tx.emit(
        NewEvent::new(event, "act", old.id)
            .on_account(old.account_id)
            .with(json!({ "version": version + 1, "fields": fields })),
    );
    Ok(())
}
