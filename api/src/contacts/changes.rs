//! Creating, changing and archiving contacts.

use async_graphql::MaybeUndefined;
use chrono::{DateTime, NaiveDate, Utc};
use domain::contact::DecisionRole;
use domain::lang::Text;
use domain::policy::Action;
use domain::team;
use entity::contact;
use sea_orm::Set;
use serde_json::json;
use uuid::Uuid;

use super::checks::{address, check_days, say, sort_key};
use super::queries;
use super::service::contact_require_of;
use crate::accounts::service::account_require_live;
use crate::error::{Error, Result, UserErrorCode};
use crate::handovers;
use crate::platform::Ctx;
use crate::platform::events::{NewEvent, reader};
use crate::platform::graphql::input::{Checks, NAME_CHARS, NOTE_CHARS, Patch, changed};
use crate::platform::tenancy::WriteTx;

/// What a contact is created from.
#[derive(Clone, Debug)]
pub struct ContactDraft {
    /// Where he works.
    pub account: Uuid,
    /// Family name as written.
    pub family_name: String,
    /// Given name as written.
    pub given_name: String,
    /// Reading of the family name.
    pub family_kana: Option<String>,
    /// Reading of the given name.
    pub given_kana: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// Department.
    pub department: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// Whom he reports to.
    pub reports_to: Option<Uuid>,
    /// What he is in the decision to buy.
    pub decision_role: DecisionRole,
    /// His say in the decision, 0–100.
    pub say: i32,
    /// He is a key contact.
    pub is_key: bool,
    /// The day he took his post.
    pub started_on: Option<NaiveDate>,
    /// The first day he is no longer there.
    pub left_on: Option<NaiveDate>,
    /// Anything else.
    pub note: Option<String>,
}

/// What of a contact changes.
#[derive(Clone, Debug, Default)]
pub struct ContactChanges {
    /// Family name as written.
    pub family_name: Option<String>,
    /// Given name as written.
    pub given_name: Option<String>,
    /// Reading of the family name.
    pub family_kana: MaybeUndefined<String>,
    /// Reading of the given name.
    pub given_kana: MaybeUndefined<String>,
    /// Title.
    pub title: MaybeUndefined<String>,
    /// Department.
    pub department: MaybeUndefined<String>,
    /// E-mail address.
    pub email: MaybeUndefined<String>,
    /// Telephone number.
    pub phone: MaybeUndefined<String>,
    /// Whom he reports to.
    pub reports_to: MaybeUndefined<Uuid>,
    /// What he is in the decision to buy.
    pub decision_role: Option<DecisionRole>,
    /// His say in the decision, 0–100.
    pub say: Option<i32>,
    /// He is a key contact.
    pub is_key: Option<bool>,
    /// The day he took his post.
    pub started_on: MaybeUndefined<NaiveDate>,
    /// The first day he is no longer there.
    pub left_on: MaybeUndefined<NaiveDate>,
    /// Anything else.
    pub note: MaybeUndefined<String>,
}

/// Creates a contact.
pub async fn contact_create(ctx: &Ctx, draft: ContactDraft) -> Result<contact::Model> {
    ctx.authorize(Action::ContactChange)?;
    let (account, reports_to) = (draft.account, draft.reports_to);
    let model = new_contact(ctx, draft)?;
    let id = *model.id.as_ref();
    let tx = ctx.write().await?;
    account_require_live(ctx, &tx, Action::ContactChange, account, &["accountId"]).await?;
    if let Some(superior) = reports_to {
        // Nobody reports to him yet, so this closes no circle.
        contact_require_of(ctx, &tx, account, superior, "reportsToId").await?;
    }
    tx.insert(model).await?;
    tx.emit(
        NewEvent::new("contact.created", "cont", id)
            .on_account(account)
            .with(json!({ "version": 1 })),
    );
    tx.commit().await?;
    reread(ctx, id).await
}

fn new_contact(ctx: &Ctx, draft: ContactDraft) -> Result<contact::ActiveModel> {
    let mut checks = Checks::default();
    let family_name = checks.text("familyName", draft.family_name, NAME_CHARS);
    let given_name = checks.text("givenName", draft.given_name, NAME_CHARS);
    let family_kana = checks.optional("familyKana", draft.family_kana, NAME_CHARS);
    let given_kana = checks.optional("givenKana", draft.given_kana, NAME_CHARS);
    let title = checks.optional("title", draft.title, NAME_CHARS);
    let department = checks.optional("department", draft.department, NAME_CHARS);
    let email = address(&mut checks, draft.email);
    let phone = checks.optional("phone", draft.phone, NAME_CHARS);
    let say = say(&mut checks, draft.say);
    check_days(&mut checks, draft.started_on, draft.left_on);
    let note = checks.optional("note", draft.note, NOTE_CHARS);
    checks.done()?;
    let left_recorded_at = draft.left_on.map(|_| ctx.now);
    Ok(contact::ActiveModel {
        tenant_id: Set(Uuid::nil()),
        id: Set(Uuid::now_v7()),
        account_id: Set(draft.account),
        sort_key: Set(sort_key(
            &family_name,
            &given_name,
            family_kana.as_deref(),
            given_kana.as_deref(),
        )),
        family_name: Set(family_name),
        given_name: Set(given_name),
        family_kana: Set(family_kana),
        given_kana: Set(given_kana),
        title: Set(title),
        department: Set(department),
        email: Set(email),
        phone: Set(phone),
        reports_to_id: Set(draft.reports_to),
        decision_role: Set(draft.decision_role.as_str().into()),
        say: Set(say),
        is_key: Set(draft.is_key),
        key_recorded_at: Set(None),
        started_on: Set(draft.started_on),
        left_on: Set(draft.left_on),
        left_recorded_at: Set(left_recorded_at),
        note: Set(note),
        archived_at: Set(None),
        version: Set(1),
        created_at: Set(ctx.now),
        updated_at: Set(ctx.now),
    })
}

/// Changes a contact who is still at `version`.
pub async fn contact_update(ctx: &Ctx, id: Uuid, version: i64, changes: ContactChanges) -> Result<contact::Model> {
    ctx.authorize(Action::ContactChange)?;
    let tx = ctx.write().await?;
    let old = contact_require(ctx, &tx, id).await?;
    let (mut model, patch) = patched(&old, changes)?;
    if patch.is_empty() {
        return Ok(old);
    }
    rename(&old, &mut model);
    let superior = model.reports_to_id.try_as_ref().copied().flatten();
    if let Some(superior) = superior {
        contact_require_of(ctx, &tx, old.account_id, superior, "reportsToId").await?;
    }
    write(ctx, &tx, &old, version, model, ("contact.updated", patch.fields())).await?;
    if let Some(superior) = superior {
        refuse_circle(&tx, &old, superior).await?;
    }
    tx.commit().await?;
    reread(ctx, id).await
}

fn patched(old: &contact::Model, changes: ContactChanges) -> Result<(contact::ActiveModel, Patch)> {
    let (mut checks, mut patch, mut model) = (Checks::default(), Patch::default(), contact::ActiveModel::default());
    let family_name = checks.changed_text("familyName", changes.family_name, NAME_CHARS);
    patch.set("familyName", &mut model.family_name, &old.family_name, family_name);
    let given_name = checks.changed_text("givenName", changes.given_name, NAME_CHARS);
    patch.set("givenName", &mut model.given_name, &old.given_name, given_name);
    let family_kana = checks.changed_optional("familyKana", changes.family_kana, NAME_CHARS);
    patch.set("familyKana", &mut model.family_kana, &old.family_kana, family_kana);
    let given_kana = checks.changed_optional("givenKana", changes.given_kana, NAME_CHARS);
    patch.set("givenKana", &mut model.given_kana, &old.given_kana, given_kana);
    let title = checks.changed_optional("title", changes.title, NAME_CHARS);
    patch.set("title", &mut model.title, &old.title, title);
    let department = checks.changed_optional("department", changes.department, NAME_CHARS);
    patch.set("department", &mut model.department, &old.department, department);
    let email = changed(changes.email, |email| address(&mut checks, Some(email))).map(Option::flatten);
    patch.set("email", &mut model.email, &old.email, email);
    let phone = checks.changed_optional("phone", changes.phone, NAME_CHARS);
    patch.set("phone", &mut model.phone, &old.phone, phone);
    let reports_to = changed(changes.reports_to, |superior| superior);
    patch.set("reportsTo", &mut model.reports_to_id, &old.reports_to_id, reports_to);
    let role = changes.decision_role.map(|role| role.as_str().to_owned());
    patch.set("decisionRole", &mut model.decision_role, &old.decision_role, role);
    let say = changes.say.map(|value| say(&mut checks, value));
    patch.set("say", &mut model.say, &old.say, say);
    patch.set("isKey", &mut model.is_key, &old.is_key, changes.is_key);
    let started_on = changed(changes.started_on, |day| day);
    let left_on = changed(changes.left_on, |day| day);
    check_days(
        &mut checks,
        started_on.unwrap_or(old.started_on),
        left_on.unwrap_or(old.left_on),
    );
    patch.set("startedOn", &mut model.started_on, &old.started_on, started_on);
    patch.set("leftOn", &mut model.left_on, &old.left_on, left_on);
    let note = checks.changed_optional("note", changes.note, NOTE_CHARS);
    patch.set("note", &mut model.note, &old.note, note);
    checks.done()?;
    Ok((model, patch))
}

/// Sets what is derived from the names, when one of them changes.
fn rename(old: &contact::Model, model: &mut contact::ActiveModel) {
    let key = sort_key(
        model.family_name.try_as_ref().unwrap_or(&old.family_name),
        model.given_name.try_as_ref().unwrap_or(&old.given_name),
        model.family_kana.try_as_ref().unwrap_or(&old.family_kana).as_deref(),
        model.given_kana.try_as_ref().unwrap_or(&old.given_kana).as_deref(),
    );
    if key != old.sort_key {
        model.sort_key = Set(key);
    }
}

/// Called behind the change that names the superior: what is then below the contact decides. The account is locked, so
/// that two changes of who reports to whom follow each other, and cannot close a circle together.
async fn refuse_circle(tx: &WriteTx, contact: &contact::Model, superior: Uuid) -> Result<()> {
    if team::would_cycle(contact.id, superior, &queries::edges(tx, contact.account_id).await?) {
        return Err(Error::user(
            &["reportsToId"],
            UserErrorCode::Invalid,
            Text::fixed(
                "This would close a circle: the superior is the contact himself or below him.",
                "上下関係が循環します（指定した上司は本人または部下です）。",
            ),
        ));
    }
    Ok(())
}

/// Archives a contact: lists leave him out. Doing it twice changes nothing.
pub async fn contact_archive(ctx: &Ctx, id: Uuid, version: i64) -> Result<contact::Model> {
    set_archived(ctx, id, version, Some(ctx.now), "contact.archived").await
}

/// Takes a contact back from the archive. Doing it twice changes nothing.
pub async fn contact_restore(ctx: &Ctx, id: Uuid, version: i64) -> Result<contact::Model> {
    set_archived(ctx, id, version, None, "contact.restored").await
}

async fn set_archived(
    ctx: &Ctx,
    id: Uuid,
    version: i64,
    at: Option<DateTime<Utc>>,
    event: &'static str,
) -> Result<contact::Model> {
    ctx.authorize(Action::ContactChange)?;
    let tx = ctx.write().await?;
    let old = contact_require(ctx, &tx, id).await?;
    if old.archived_at.is_some() == at.is_some() {
        return Ok(old);
    }
    let model = contact::ActiveModel {
        archived_at: Set(at),
        ..Default::default()
    };
    write(ctx, &tx, &old, version, model, (event, &["archivedAt"])).await?;
    tx.commit().await?;
    reread(ctx, id).await
}

/// Makes the same person a contact of another account, from a day on, inside the transaction of a caller who holds that
/// account: his names and his telephone number go with him, his post does not. The new contact's id.
pub async fn contact_copy(
    ctx: &Ctx,
    tx: &WriteTx,
    person: &contact::Model,
    account: Uuid,
    started_on: NaiveDate,
) -> Result<Uuid> {
    let draft = ContactDraft {
        account,
        family_name: person.family_name.clone(),
        given_name: person.given_name.clone(),
        family_kana: person.family_kana.clone(),
        given_kana: person.given_kana.clone(),
        title: None,
        department: None,
        email: None,
        phone: person.phone.clone(),
        reports_to: None,
        decision_role: DecisionRole::User,
        say: 0,
        is_key: false,
        started_on: Some(started_on),
        left_on: None,
        note: None,
    };
    let model = new_contact(ctx, draft)?;
    let id = *model.id.as_ref();
    tx.insert(model).await?;
    tx.emit(
        NewEvent::new("contact.created", "cont", id)
            .on_account(account)
            .with(json!({ "version": 1 })),
    );
    Ok(id)
}

/// Writes a change of a contact inside the transaction of a caller who holds his account; `CONFLICT` when he was changed
/// meanwhile.
pub async fn contact_edit(
    ctx: &Ctx,
    tx: &WriteTx,
    old: &contact::Model,
    model: contact::ActiveModel,
    fields: &[&'static str],
) -> Result<()> {
    write(ctx, tx, old, old.version, model, ("contact.updated", fields)).await
}

/// The contact, when the caller may change him: his account says so.
async fn contact_require(ctx: &Ctx, tx: &WriteTx, id: Uuid) -> Result<contact::Model> {
    let found = tx
        .one(queries::one(id))
        .await?
        .ok_or_else(|| Error::not_found(&["id"]))?;
    account_require_live(ctx, tx, Action::ContactChange, found.account_id, &["id"]).await?;
    Ok(found)
}

async fn write(
    ctx: &Ctx,
    tx: &WriteTx,
    old: &contact::Model,
    version: i64,
    mut model: contact::ActiveModel,
    (event, fields): (&'static str, &[&'static str]),
) -> Result<()> {
    model.version = Set(version + 1);
    model.updated_at = Set(ctx.now);
    since_when_known(&mut model, old, ctx.now);
    if tx.update(model, queries::at_version(old.id, version)).await? == 0 {
        return Err(reader::stale(tx, old.id, version, old.version).await?);
    }
    tx.emit(
        NewEvent::new(event, "cont", old.id)
            .on_account(old.account_id)
            .with(json!({ "version": version + 1, "fields": fields })),
    );
    if fields.contains(&"isKey") {
        // What was on record with him before counts from now on.
        handovers::service::handover_settle(ctx, tx, old.account_id).await?;
    }
    Ok(())
}

/// Notes when it became known that he leaves, and that he is a key contact or no longer: what was known on a day of the past
/// must not be told by what is known today.
fn since_when_known(model: &mut contact::ActiveModel, old: &contact::Model, now: DateTime<Utc>) {
    let left = model.left_on.try_as_ref().copied();
    if let Some(left) = left.filter(|left| left.is_some() != old.left_on.is_some()) {
        model.left_recorded_at = Set(left.map(|_| now));
    }
    if model.is_key.try_as_ref().is_some_and(|is_key| *is_key != old.is_key) {
        model.key_recorded_at = Set(Some(now));
    }
}

async fn reread(ctx: &Ctx, id: Uuid) -> Result<contact::Model> {
    let found = ctx.read().await?.one(queries::one(id)).await?;
    found.ok_or_else(|| Error::internal("a contact vanished after it was written"))
}
