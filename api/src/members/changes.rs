//! Making and changing members.

use async_graphql::MaybeUndefined;
use chrono::NaiveDate;
use domain::lang::Text;
use domain::policy::{Action, Role};
use domain::{team, text};
use entity::member;
use sea_orm::{Condition, Set};
use serde_json::json;
use uuid::Uuid;

use super::service::{member_require_active, reread};
use super::{circle, queries};
use crate::error::{Error, Result, UserErrorCode};
use crate::platform::Ctx;
use crate::platform::events::{NewEvent, reader};
use crate::platform::graphql::input::{Checks, NAME_CHARS, Patch, changed};
use crate::platform::tenancy::WriteTx;
use crate::sessions::service::Names;
use crate::tenants::service::{tenant_lock, time_zone};

/// What a member is made from.
#[derive(Clone, Debug)]
pub struct MemberDraft {
    /// The person.
    pub user: Uuid,
    /// His e-mail address, folded.
    pub email: String,
    /// What he is in the tenant.
    pub role: Role,
    /// Who leads him.
    pub manager: Option<Uuid>,
    /// What he is called in the tenant.
    pub names: Names,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// IANA name.
    pub time_zone: String,
    /// His first day, at the tenant.
    pub joined_on: NaiveDate,
}

/// Makes a person a member, inside the caller's transaction. One who left becomes the same member again, so that what
/// he did stays his; `CONFLICT` when he is one already.
pub async fn member_insert(ctx: &Ctx, tx: &WriteTx, draft: MemberDraft) -> Result<member::Model> {
    let former = queries::of_user(tx, draft.user).await?;
    if former.as_ref().is_some_and(|former| former.ended_at.is_none()) {
        return Err(Error::user(
            &[],
            UserErrorCode::Conflict,
            Text::fixed("This person is a member already.", "この方はすでにメンバーです。"),
        ));
    }
    let version = former.as_ref().map_or(1, |former| former.version + 1);
    let row = member::Model {
        tenant_id: tx.tenant(),
        id: former.as_ref().map_or_else(Uuid::now_v7, |former| former.id),
        user_id: draft.user,
        role: draft.role.as_str().to_owned(),
        manager_id: draft.manager,
        sort_key: sort_key(&draft.names),
        family_name: draft.names.family,
        given_name: draft.names.given,
        family_kana: draft.names.family_kana,
        given_kana: draft.names.given_kana,
        email: draft.email,
        country: draft.country,
        time_zone: draft.time_zone,
        joined_on: draft.joined_on,
        last_day: None,
        ended_at: None,
        version,
        created_at: former.as_ref().map_or(ctx.now, |former| former.created_at),
    };
    match &former {
        None => tx.insert(all_set(&row)).await?,
        Some(former) => {
            use sea_orm::ColumnTrait;
            let this = Condition::all()
                .add(member::Column::Id.eq(former.id))
                .add(member::Column::Version.eq(former.version));
            if tx.update(all_set(&row), this).await? == 0 {
                return Err(reader::stale(tx, former.id, former.version, version).await?);
            }
        }
    }
    queries::index(tx, row.user_id, row.id).await?;
    let payload = json!({ "version": version, "role": row.role, "manager": row.manager_id });
    tx.emit(NewEvent::new("member.created", "mem", row.id).with(payload));
    Ok(row)
}

fn all_set(row: &member::Model) -> member::ActiveModel {
    let row = row.clone();
    member::ActiveModel {
        tenant_id: Set(row.tenant_id),
        id: Set(row.id),
        user_id: Set(row.user_id),
        role: Set(row.role),
        manager_id: Set(row.manager_id),
        family_name: Set(row.family_name),
        given_name: Set(row.given_name),
        family_kana: Set(row.family_kana),
        given_kana: Set(row.given_kana),
        sort_key: Set(row.sort_key),
        email: Set(row.email),
        country: Set(row.country),
        time_zone: Set(row.time_zone),
        joined_on: Set(row.joined_on),
        last_day: Set(row.last_day),
        ended_at: Set(row.ended_at),
        version: Set(row.version),
        created_at: Set(row.created_at),
    }
}

/// Family name first, by the reading where there is one: あ to ん.
fn sort_key(names: &Names) -> String {
    let written = format!("{} {}", names.family, names.given);
    let reading = names.family_kana.as_ref().map(|family| match &names.given_kana {
        Some(given) => format!("{family} {given}"),
        None => family.clone(),
    });
    text::sort_key(&written, reading.as_deref())
}

/// What of a member changes.
#[derive(Clone, Debug, Default)]
pub struct MemberChanges {
    /// What he is in the tenant.
    pub role: Option<Role>,
    /// Who leads him.
    pub manager: MaybeUndefined<Uuid>,
    /// Family name as written.
    pub family_name: Option<String>,
    /// Given name as written.
    pub given_name: Option<String>,
    /// Reading of the family name in kana.
    pub family_kana: MaybeUndefined<String>,
    /// Reading of the given name in kana.
    pub given_kana: MaybeUndefined<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// IANA name.
    pub time_zone: Option<String>,
}

/// Changes a member who is still at `version`.
///
/// `CONFLICT` when he has left, when the last ADMIN would lose his role, or when an owner of accounts would become an
/// OBSERVER; `INVALID` when the team tree would get a circle.
pub async fn member_update(ctx: &Ctx, id: Uuid, version: i64, changes: MemberChanges) -> Result<member::Model> {
    ctx.authorize(Action::MemberChange)?;
    let tx = ctx.write().await?;
    tenant_lock(&tx).await?;
    let old = queries::one(&tx, id).await?.ok_or_else(|| Error::not_found(&["id"]))?;
    if old.ended_at.is_some() {
        return Err(has_left());
    }
    let (mut model, patch) = patched(&old, changes)?;
    if patch.is_empty() {
        return Ok(old);
    }
    rename(&old, &mut model, &patch);
    let role = model.role.try_as_ref().cloned();
    let manager = model.manager_id.try_as_ref().copied();
    model.version = Set(version + 1);
    if tx.update(model, queries::at_version(id, version)).await? == 0 {
        return Err(reader::stale(&tx, id, version, old.version).await?);
    }
    if let Some(role) = &role {
        // After the update, which locks the member: whoever gives him an account meanwhile waits for the end.
        check_role(&tx, &old, role).await?;
        emit_access(&tx, id, &[id], "ROLE_CHANGED");
    }
    if let Some(manager) = manager {
        check_manager(&tx, id, manager).await?;
        let concerned: Vec<Uuid> = [Some(id), old.manager_id, manager].into_iter().flatten().collect();
        emit_access(&tx, id, &concerned, "MANAGER_CHANGED");
    }
    emit_change(&tx, "member.updated", id, version + 1, patch.fields());
    tx.commit().await?;
    reread(ctx, id).await
}

fn patched(old: &member::Model, changes: MemberChanges) -> Result<(member::ActiveModel, Patch)> {
    let mut checks = Checks::default();
    let mut patch = Patch::default();
    let mut model = member::ActiveModel::default();
    let role = changes.role.map(|role| role.as_str().to_owned());
    patch.set("role", &mut model.role, &old.role, role);
    let manager = changed(changes.manager, |manager| manager);
    patch.set("manager", &mut model.manager_id, &old.manager_id, manager);
    let family_name = checks.changed_text("familyName", changes.family_name, NAME_CHARS);
    patch.set("familyName", &mut model.family_name, &old.family_name, family_name);
    let given_name = checks.changed_text("givenName", changes.given_name, NAME_CHARS);
    patch.set("givenName", &mut model.given_name, &old.given_name, given_name);
    let family_kana = checks.changed_optional("familyKana", changes.family_kana, NAME_CHARS);
    patch.set("familyKana", &mut model.family_kana, &old.family_kana, family_kana);
    let given_kana = checks.changed_optional("givenKana", changes.given_kana, NAME_CHARS);
    patch.set("givenKana", &mut model.given_kana, &old.given_kana, given_kana);
    let country = changes.country.map(|country| checks.country("country", &country));
    patch.set("country", &mut model.country, &old.country, country);
    let zone = changes.time_zone.map(|name| time_zone(&mut checks, &name));
    patch.set("timeZone", &mut model.time_zone, &old.time_zone, zone);
    checks.done()?;
    Ok((model, patch))
}

/// Sets what is derived from the names.
fn rename(old: &member::Model, model: &mut member::ActiveModel, patch: &Patch) {
    let name_fields = ["familyName", "givenName", "familyKana", "givenKana"];
    if !patch.fields().iter().any(|field| name_fields.contains(field)) {
        return;
    }
    let names = Names {
        family: model.family_name.try_as_ref().unwrap_or(&old.family_name).clone(),
        given: model.given_name.try_as_ref().unwrap_or(&old.given_name).clone(),
        family_kana: model.family_kana.try_as_ref().unwrap_or(&old.family_kana).clone(),
        given_kana: model.given_kana.try_as_ref().unwrap_or(&old.given_kana).clone(),
    };
    model.sort_key = Set(sort_key(&names));
}

async fn check_role(tx: &WriteTx, old: &member::Model, new: &str) -> Result<()> {
    if old.role == Role::Admin.as_str() && queries::other_admins(tx, old.id).await? == 0 {
        return Err(last_admin("role"));
    }
    if new == Role::Observer.as_str() {
        refuse_responsible(tx, old.id, "role").await?;
    }
    Ok(())
}

async fn check_manager(tx: &WriteTx, id: Uuid, manager: Option<Uuid>) -> Result<()> {
    let Some(manager) = manager else { return Ok(()) };
    member_require_active(tx, manager, &["managerId"]).await?;
    // The edge from the member to his new manager is in the tree already, and does no harm: what is below him decides.
    if team::would_cycle(id, manager, &circle::edges(tx).await?) {
        return Err(Error::user(
            &["managerId"],
            UserErrorCode::Invalid,
            Text::fixed(
                "The team tree would get a circle: this manager is the member himself or below him.",
                "組織図が循環します（指定した上長は本人または部下です）。",
            ),
        ));
    }
    Ok(())
}

/// `CONFLICT` when the member owns accounts or is to take one over.
pub(super) async fn refuse_responsible(tx: &WriteTx, id: Uuid, field: &str) -> Result<()> {
    let owned = queries::owned_accounts(tx, id).await?;
    if owned > 0 {
        return Err(Error::user(
            &[field],
            UserErrorCode::Conflict,
            Text::new(
                format!("The member owns {owned} accounts: hand them over or assign them to others first."),
                format!("このメンバーは{owned}件の取引先を担当しています。先に引き継ぐか、担当者を変更してください。"),
            ),
        ));
    }
    let awaited = queries::awaited_handovers(tx, id).await?;
    if awaited > 0 {
        return Err(Error::user(
            &[field],
            UserErrorCode::Conflict,
            Text::new(
                format!("The member is the successor in {awaited} open handovers: end them first."),
                format!("このメンバーは進行中の引き継ぎ{awaited}件の後任です。先に引き継ぎを終了してください。"),
            ),
        ));
    }
    Ok(())
}

pub(super) fn last_admin(field: &str) -> Error {
    Error::user(
        &[field],
        UserErrorCode::Conflict,
        Text::fixed(
            "This is the last ADMIN: make another member ADMIN first.",
            "最後の管理者（ADMIN）です。先に別のメンバーを管理者にしてください。",
        ),
    )
}

fn has_left() -> Error {
    Error::user(
        &["id"],
        UserErrorCode::Conflict,
        Text::fixed("This member has left.", "このメンバーは退職しています。"),
    )
}

pub(super) fn emit_change(tx: &WriteTx, kind: &'static str, id: Uuid, version: i64, fields: &[&'static str]) {
    tx.emit(NewEvent::new(kind, "mem", id).with(json!({ "version": version, "fields": fields })));
}

/// What these members, and whoever leads them, may see has changed: phones learn from it what to forget.
pub(super) fn emit_access(tx: &WriteTx, id: Uuid, members: &[Uuid], reason: &'static str) {
    tx.emit(NewEvent::new("access.changed", "mem", id).with(json!({ "members": members, "reason": reason })));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(family_kana: Option<&str>, given_kana: Option<&str>) -> Names {
        Names {
            family: "田中".into(),
            given: "花子".into(),
            family_kana: family_kana.map(Into::into),
            given_kana: given_kana.map(Into::into),
        }
    }

    #[test]
    fn members_sort_by_their_reading() {
        assert_eq!(
            sort_key(&names(Some("タナカ"), Some("ハナコ"))),
            text::sort_key("", Some("たなか はなこ"))
        );
        assert_eq!(
            sort_key(&names(Some("タナカ"), None)),
            text::sort_key("", Some("たなか"))
        );
        assert_eq!(
            sort_key(&names(None, Some("ハナコ"))),
            text::sort_key("田中 花子", None)
        );
    }
}
