//! Creating, changing, archiving accounts; their team; their owner.

use async_graphql::MaybeUndefined;
use chrono::{DateTime, TimeZone, Utc};
use domain::account::{Lifecycle, OwnershipReason};
use domain::lang::Text;
use domain::policy::Action;
use domain::risk::{Band, cadence};
use domain::text;
use entity::{account, account_team, ownership};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, Set};
use serde_json::json;
use uuid::Uuid;

use super::queries;
use super::service::{account_require, account_require_live, account_require_locked};
use crate::error::{Error, Result, UserErrorCode};
use crate::follow_ups::service::{Moves, follow_ups_pass_on};
use crate::platform::Ctx;
use crate::platform::events::{NewEvent, reader};
use crate::platform::graphql::input::{Checks, NAME_CHARS, NOTE_CHARS, Patch, changed};
use crate::platform::tenancy::WriteTx;
use crate::{losses, members};

/// What an account is created from.
#[derive(Clone, Debug)]
pub struct AccountDraft {
    /// Name as written.
    pub name: String,
    /// Its reading in kana.
    pub name_kana: Option<String>,
    /// Prospect or customer.
    pub lifecycle: Lifecycle,
    /// Industry in the tenant's own words.
    pub industry: Option<String>,
    /// Segment in the tenant's own words.
    pub segment: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// Web address.
    pub website: Option<String>,
    /// The tenant's own number for it, unique.
    pub external_id: Option<String>,
    /// Owner; the caller when missing.
    pub owner: Option<Uuid>,
    /// How the client was won.
    pub acquisition_channel: Option<String>,
    /// Month its fiscal year ends in, 1–12.
    pub fiscal_year_end_month: Option<i32>,
    /// Days within which it is to be talked to; the tenant's when nothing is said.
    pub touch_cadence_days: Option<i32>,
    /// Anything else.
    pub note: Option<String>,
}

/// What of an account changes.
#[derive(Clone, Debug, Default)]
pub struct AccountChanges {
    /// Name as written.
    pub name: Option<String>,
    /// Its reading in kana.
    pub name_kana: MaybeUndefined<String>,
    /// Stage.
    pub lifecycle: Option<Lifecycle>,
    /// Industry.
    pub industry: MaybeUndefined<String>,
    /// Segment.
    pub segment: MaybeUndefined<String>,
    /// ISO 3166-1 alpha-2.
    pub country: MaybeUndefined<String>,
    /// Web address.
    pub website: MaybeUndefined<String>,
    /// The tenant's own number for it.
    pub external_id: MaybeUndefined<String>,
    /// How the client was won.
    pub acquisition_channel: MaybeUndefined<String>,
    /// Month its fiscal year ends in, 1–12.
    pub fiscal_year_end_month: MaybeUndefined<i32>,
    /// Days within which it is to be talked to; cleared, the tenant's.
    pub touch_cadence_days: MaybeUndefined<i32>,
    /// Anything else.
    pub note: MaybeUndefined<String>,
}

/// Creates an account and its first span of ownership.
pub async fn account_create(ctx: &Ctx, draft: AccountDraft) -> Result<account::Model> {
    ctx.authorize(Action::AccountCreate)?;
    let tx = ctx.write().await?;
    let owner = match draft.owner.or(ctx.actor.member()) {
        Some(owner) => members::member_require_owner(ctx, &tx, owner, &["ownerId"]).await?.id,
        None => {
            return Err(Error::user(
                &["ownerId"],
                UserErrorCode::Required,
                Text::fixed("Name the owner.", "担当者を指定してください。"),
            ));
        }
    };
    let model = new_account(ctx, &tx, draft, owner)?;
    let id = *model.id.as_ref();
    let names = queries::Names::of(&model);
    tx.insert(model).await.map_err(taken)?;
    queries::write_grams(&tx, id, &names, true).await?;
    tx.insert(open_span(ctx.now, id, owner, OwnershipReason::Created, None))
        .await?;
    tx.emit(
        NewEvent::new("account.created", "acct", id)
            .on_account(id)
            .with(json!({ "version": 1 })),
    );
    tx.commit().await?;
    reread(ctx, id).await
}

/// The row of a new account: shared with import.
pub fn new_account(ctx: &Ctx, tx: &WriteTx, draft: AccountDraft, owner: Uuid) -> Result<account::ActiveModel> {
    let mut checks = Checks::default();
    let name = checks.text("name", draft.name, NAME_CHARS);
    let name_kana = checks.optional("nameKana", draft.name_kana, NAME_CHARS);
    let industry = checks.optional("industry", draft.industry, NAME_CHARS);
    let segment = checks.optional("segment", draft.segment, NAME_CHARS);
    let country = draft.country.map(|country| checks.country("country", &country));
    let website = checks.optional("website", draft.website, NAME_CHARS);
    let external_id = checks.optional("externalId", draft.external_id, NAME_CHARS);
    let acquisition_channel = checks.optional("acquisitionChannel", draft.acquisition_channel, NAME_CHARS);
    let fiscal_year_end_month = draft.fiscal_year_end_month.map(|month| month_of(&mut checks, month));
    let touch_cadence_days = draft.touch_cadence_days.map(|days| cadence_of(&mut checks, days));
    let note = checks.optional("note", draft.note, NOTE_CHARS);
    checks.done()?;
    Ok(account::ActiveModel {
        tenant_id: Set(tx.tenant()),
        id: Set(Uuid::now_v7()),
        sort_key: Set(text::sort_key(&name, name_kana.as_deref())),
        search_text: Set(text::search_text(&name, name_kana.as_deref())),
        name: Set(name),
        name_kana: Set(name_kana),
        lifecycle: Set(draft.lifecycle.as_str().into()),
        industry: Set(industry),
        segment: Set(segment),
        country: Set(country),
        website: Set(website),
        external_id: Set(external_id),
        owner_id: Set(owner),
        acquisition_channel: Set(acquisition_channel),
        fiscal_year_end_month: Set(fiscal_year_end_month),
        touch_cadence_days: Set(touch_cadence_days),
        note: Set(note),
        archived_at: Set(None),
        merged_into_id: Set(None),
        band: Set(Band::Unknown.as_str().into()),
        probability: Set(None),
        risk_sort: Set(-1.0),
        revenue_at_risk_sort: Set(-1),
        value_sort: Set(0),
        expected_value_minor: Set(0),
        last_touch_sort: Set(never()),
        assessment_id: Set(None),
        version: Set(1),
        created_at: Set(ctx.now),
        updated_at: Set(ctx.now),
    })
}

/// An open span of ownership, from `since` on.
pub fn open_span(
    since: DateTime<Utc>,
    account: Uuid,
    member: Uuid,
    reason: OwnershipReason,
    handover: Option<Uuid>,
) -> ownership::ActiveModel {
    ownership::ActiveModel {
        tenant_id: Set(Uuid::nil()),
        id: Set(Uuid::now_v7()),
        account_id: Set(account),
        member_id: Set(member),
        starts_at: Set(since),
        ends_at: Set(None),
        reason: Set(reason.as_str().into()),
        handover_id: Set(handover),
    }
}

/// Changes an account that is still at `version`.
pub async fn account_update(ctx: &Ctx, id: Uuid, version: i64, changes: AccountChanges) -> Result<account::Model> {
    ctx.authorize(Action::AccountChange)?;
    let tx = ctx.write().await?;
    let old = account_require(ctx, &tx, Action::AccountChange, id, &["id"]).await?;
    let (mut model, patch) = patched(&old, changes)?;
    if patch.is_empty() {
        return Ok(old);
    }
    let renamed = patch.fields().iter().any(|field| matches!(*field, "name" | "nameKana"));
    let names = if renamed { Some(rename(&old, &mut model)) } else { None };
    model.version = Set(version + 1);
    model.updated_at = Set(ctx.now);
    if tx
        .update(model, queries::at_version(id, version))
        .await
        .map_err(taken)?
        == 0
    {
        return Err(reader::stale(&tx, id, version, old.version).await?);
    }
    if let Some(names) = names {
        queries::write_grams(&tx, id, &names, false).await?;
    }
    emit_change(&tx, "account.updated", id, version + 1, patch.fields());
    if returns(&old, &patch) {
        losses::service::account_returned(ctx, &tx, id).await?;
    }
    tx.commit().await?;
    reread(ctx, id).await
}

/// Whether somebody says of a lost account that it is lost no more.
pub(super) fn returns(old: &account::Model, patch: &Patch) -> bool {
    old.lifecycle == Lifecycle::Lost.as_str() && patch.fields().contains(&"lifecycle")
}

pub(super) fn patched(old: &account::Model, changes: AccountChanges) -> Result<(account::ActiveModel, Patch)> {
    let mut checks = Checks::default();
    let mut patch = Patch::default();
    let mut model = account::ActiveModel::default();
    let name = checks.changed_text("name", changes.name, NAME_CHARS);
    patch.set("name", &mut model.name, &old.name, name);
    let name_kana = checks.changed_optional("nameKana", changes.name_kana, NAME_CHARS);
    patch.set("nameKana", &mut model.name_kana, &old.name_kana, name_kana);
    let lifecycle = changes.lifecycle.map(|lifecycle| lifecycle.as_str().to_owned());
    patch.set("lifecycle", &mut model.lifecycle, &old.lifecycle, lifecycle);
    let industry = checks.changed_optional("industry", changes.industry, NAME_CHARS);
    patch.set("industry", &mut model.industry, &old.industry, industry);
    let segment = checks.changed_optional("segment", changes.segment, NAME_CHARS);
    patch.set("segment", &mut model.segment, &old.segment, segment);
    let country = changed(changes.country, |country| checks.country("country", &country));
    patch.set("country", &mut model.country, &old.country, country);
    let website = checks.changed_optional("website", changes.website, NAME_CHARS);
    patch.set("website", &mut model.website, &old.website, website);
    let external_id = checks.changed_optional("externalId", changes.external_id, NAME_CHARS);
    patch.set("externalId", &mut model.external_id, &old.external_id, external_id);
    let channel = checks.changed_optional("acquisitionChannel", changes.acquisition_channel, NAME_CHARS);
    patch.set(
        "acquisitionChannel",
        &mut model.acquisition_channel,
        &old.acquisition_channel,
        channel,
    );
    let cadence = changed(changes.touch_cadence_days, |days| cadence_of(&mut checks, days));
    patch.set(
        "touchCadenceDays",
        &mut model.touch_cadence_days,
        &old.touch_cadence_days,
        cadence,
    );
    let month = changed(changes.fiscal_year_end_month, |month| month_of(&mut checks, month));
    patch.set(
        "fiscalYearEndMonth",
        &mut model.fiscal_year_end_month,
        &old.fiscal_year_end_month,
        month,
    );
    let note = checks.changed_optional("note", changes.note, NOTE_CHARS);
    patch.set("note", &mut model.note, &old.note, note);
    checks.done()?;
    Ok((model, patch))
}

/// Sets what is derived from the name, and gives it.
pub(super) fn rename(old: &account::Model, model: &mut account::ActiveModel) -> queries::Names {
    let name = model.name.try_as_ref().unwrap_or(&old.name).clone();
    let kana = model.name_kana.try_as_ref().unwrap_or(&old.name_kana).clone();
    model.sort_key = Set(text::sort_key(&name, kana.as_deref()));
    model.search_text = Set(text::search_text(&name, kana.as_deref()));
    queries::Names::of(model)
}

/// Archives an account: lists leave it out, nothing is deleted.
pub async fn account_archive(ctx: &Ctx, id: Uuid, version: i64) -> Result<account::Model> {
    set_archived(ctx, id, version, Some(ctx.now), "account.archived").await
}

/// Takes an account back from the archive.
pub async fn account_restore(ctx: &Ctx, id: Uuid, version: i64) -> Result<account::Model> {
    set_archived(ctx, id, version, None, "account.restored").await
}

async fn set_archived(
    ctx: &Ctx,
    id: Uuid,
    version: i64,
    at: Option<DateTime<Utc>>,
    event: &'static str,
) -> Result<account::Model> {
    ctx.authorize(Action::AccountArchive)?;
    let tx = ctx.write().await?;
    let old = account_require_locked(ctx, &tx, Action::AccountArchive, id, &["id"]).await?;
    if old.merged_into_id.is_some() {
        return Err(Error::user(
            &["id"],
            UserErrorCode::Conflict,
            Text::fixed("The account was merged into another.", "この取引先は統合済みです。"),
        ));
    }
    if at.is_none() {
        members::member_require_owner(ctx, &tx, old.owner_id, &["id"]).await?;
    }
    let model = account::ActiveModel {
        archived_at: Set(at),
        version: Set(version + 1),
        updated_at: Set(ctx.now),
        ..Default::default()
    };
    if tx.update(model, queries::at_version(id, version)).await? == 0 {
        return Err(reader::stale(&tx, id, version, old.version).await?);
    }
    emit_change(&tx, event, id, version + 1, &["archivedAt"]);
    tx.commit().await?;
    reread(ctx, id).await
}

/// Puts a member on the account's team. Doing it twice changes nothing.
pub async fn account_team_add(ctx: &Ctx, id: Uuid, member: Uuid) -> Result<account::Model> {
    ctx.authorize(Action::AccountTeamChange)?;
    let tx = ctx.write().await?;
    let account = account_require_live(ctx, &tx, Action::AccountTeamChange, id, &["accountId"]).await?;
    members::service::member_require_locked(ctx, &tx, member, &["memberId"]).await?;
    let team = queries::team(&tx, &[id]).await?;
    if team.iter().any(|row| row.member_id == member) {
        return Ok(account);
    }
    if team.len() as u64 >= queries::MOST_TEAM {
        return Err(Error::user(
            &["accountId"],
            UserErrorCode::TooLarge,
            Text::fixed(
                "The team is full (100 members).",
                "チームの上限（100人）に達しています。",
            ),
        ));
    }
    tx.insert(account_team::ActiveModel {
        tenant_id: Set(tx.tenant()),
        id: Set(Uuid::now_v7()),
        account_id: Set(id),
        member_id: Set(member),
        since: Set(ctx.now),
        created_at: Set(ctx.now),
    })
    .await?;
    emit_access(&tx, id, &[member], "TEAM_ADDED");
    tx.commit().await?;
    Ok(account)
}

/// Takes a member off the account's team. Doing it twice changes nothing.
pub async fn account_team_remove(ctx: &Ctx, id: Uuid, member: Uuid) -> Result<account::Model> {
    ctx.authorize(Action::AccountTeamChange)?;
    let tx = ctx.write().await?;
    let account = account_require(ctx, &tx, Action::AccountTeamChange, id, &["accountId"]).await?;
    let gone = tx
        .delete(
            account_team::Entity::delete_many()
                .filter(account_team::Column::AccountId.eq(id))
                .filter(account_team::Column::MemberId.eq(member)),
        )
        .await?;
    if gone > 0 {
        emit_access(&tx, id, &[member], "TEAM_REMOVED");
        tx.commit().await?;
    }
    Ok(account)
}

/// Gives the account to another owner at once, without a handover.
pub async fn account_assign(ctx: &Ctx, id: Uuid, version: i64, member: Uuid) -> Result<account::Model> {
    ctx.authorize(Action::AccountAssign)?;
    let tx = ctx.write().await?;
    let old = account_require_live(ctx, &tx, Action::AccountAssign, id, &["accountId"]).await?;
    members::member_require_owner(ctx, &tx, member, &["memberId"]).await?;
    if old.version != version {
        return Err(reader::stale(&tx, id, version, old.version).await?);
    }
    if old.owner_id == member {
        return Ok(old);
    }
    ownership_switch(ctx, &tx, &old, member, OwnershipReason::Assigned, None).await?;
    follow_ups_pass_on(ctx, &tx, id, (old.owner_id, member), Moves::default()).await?;
    tx.commit().await?;
    reread(ctx, id).await
}

/// Ends the open span of ownership now and begins the next, inside the caller's transaction. The account must be at
/// the version that was read (`CONFLICT` otherwise).
pub async fn ownership_switch(
    ctx: &Ctx,
    tx: &WriteTx,
    account: &account::Model,
    to: Uuid,
    reason: OwnershipReason,
    handover: Option<Uuid>,
) -> Result<()> {
    let model = account::ActiveModel {
        owner_id: Set(to),
        version: Set(account.version + 1),
        updated_at: Set(ctx.now),
        ..Default::default()
    };
    if tx
        .update(model, queries::at_version(account.id, account.version))
        .await?
        == 0
    {
        return Err(reader::stale(tx, account.id, account.version, account.version + 1).await?);
    }
    let ended = ownership::ActiveModel {
        ends_at: Set(Some(ctx.now)),
        ..Default::default()
    };
    let open = Condition::all()
        .add(ownership::Column::AccountId.eq(account.id))
        .add(ownership::Column::EndsAt.is_null());
    tx.update(ended, open).await?;
    tx.insert(open_span(ctx.now, account.id, to, reason, handover)).await?;
    emit_change(tx, "account.owner_changed", account.id, account.version + 1, &["owner"]);
    emit_access(tx, account.id, &[account.owner_id, to], "OWNER_CHANGED");
    Ok(())
}

/// The instant that stands for "never" in the sort column of the last touch.
pub fn never() -> DateTime<Utc> {
    Utc.timestamp_nanos(0)
}

fn month_of(checks: &mut Checks, month: i32) -> i16 {
    let valid = (1..=12).contains(&month);
    checks.require(
        valid,
        "fiscalYearEndMonth",
        UserErrorCode::Invalid,
        Text::fixed("A month is 1 to 12.", "月は1〜12で指定してください。"),
    );
    i16::try_from(month).unwrap_or_default()
}

fn cadence_of(checks: &mut Checks, days: i32) -> i16 {
    let cadence = cadence(days);
    checks.require(
        cadence.is_ok(),
        "touchCadenceDays",
        UserErrorCode::Invalid,
        Text::fixed(
            "A cadence of touches is 7 to 730 days.",
            "接触間隔は7〜730日で指定してください。",
        ),
    );
    cadence
        .ok()
        .and_then(|days| i16::try_from(days).ok())
        .unwrap_or_default()
}

fn taken(error: sea_orm::DbErr) -> Error {
    if Error::is_unique_violation(&error) {
        return Error::user(
            &["externalId"],
            UserErrorCode::Taken,
            Text::fixed(
                "Another account has this external id.",
                "この外部IDは別の取引先で使用されています。",
            ),
        );
    }
    error.into()
}

pub(super) fn emit_change(tx: &WriteTx, kind: &'static str, id: Uuid, version: i64, fields: &[&'static str]) {
    tx.emit(
        NewEvent::new(kind, "acct", id)
            .on_account(id)
            .with(json!({ "version": version, "fields": fields })),
    );
}

/// Who may see the account has changed for these members: phones learn from it what to forget.
pub(super) fn emit_access(tx: &WriteTx, account: Uuid, members: &[Uuid], reason: &'static str) {
    tx.emit(
        NewEvent::new("access.changed", "acct", account)
            .on_account(account)
            .with(json!({ "members": members, "reason": reason })),
    );
}

pub(super) async fn reread(ctx: &Ctx, id: Uuid) -> Result<account::Model> {
    let db = ctx.read().await?;
    let found = queries::one(&db, id, Condition::all()).await?;
    found.ok_or_else(|| Error::internal("an account vanished after it was written"))
}
