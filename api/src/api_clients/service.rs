//! Making, changing, listing and revoking API clients.

use domain::lang::Text;
use domain::policy::{Action, DocumentMode, Scope};
use entity::{api_client, api_client_credential};
use sea_orm::{ColumnTrait, Condition, Set};
use serde_json::json;
use uuid::Uuid;

use super::queries;
use crate::error::{Error, Result, UserErrorCode};
use crate::platform::Ctx;
use crate::platform::auth::OpaqueToken;
use crate::platform::events::{NewEvent, reader};
use crate::platform::graphql::input::{Checks, NAME_CHARS, Patch};
use crate::platform::graphql::{CursorKey, Page, PageArgs, Sorted, fetch_page};
use crate::platform::tenancy::TenantDb;

pub use super::documents::{Documents, api_client_documents_delete, api_client_documents_publish};
pub use super::exchange::api_client_token_create;

/// A change of an API client. What is `None` stays.
#[derive(Debug, Default)]
pub struct ApiClientChanges {
    /// Name of the integration.
    pub name: Option<String>,
    /// Whether it may send documents that were not published for it.
    pub document_mode: Option<DocumentMode>,
}

/// Makes an API client; gives the secret, which is shown this once.
pub async fn api_client_create(ctx: &Ctx, name: String, scopes: &[Scope]) -> Result<(api_client::Model, String)> {
    ctx.authorize(Action::ApiClientChange)?;
    let creator = ctx.actor.member().ok_or(Error::Forbidden)?;
    let mut checks = Checks::default();
    let name = checks.text("name", name, NAME_CHARS);
    checks.require(
        !scopes.is_empty(),
        "scopes",
        UserErrorCode::Required,
        Text::fixed("Give at least one scope.", "スコープを1つ以上指定してください。"),
    );
    checks.done()?;
    let names = scope_names(scopes);
    let secret = OpaqueToken::generate()?;
    let tx = ctx.write().await?;
    let row = api_client::Model {
        tenant_id: tx.tenant(),
        id: Uuid::now_v7(),
        name,
        scopes: json!(names),
        created_by_id: creator,
        created_at: ctx.now,
        revoked_at: None,
        last_used_at: None,
        document_mode: DocumentMode::Off.to_string(),
        documents_changed_at: None,
        version: 1,
    };
    tx.insert(all_set(&row)).await?;
    tx.global()
        .insert(api_client_credential::ActiveModel {
            client_id: Set(row.id),
            tenant_id: Set(row.tenant_id),
            secret_hash: Set(secret.hash),
            created_at: Set(ctx.now),
            revoked_at: Set(None),
        })
        .await?;
    tx.emit(NewEvent::new("api_client.created", "acli", row.id).with(json!({ "scopes": names })));
    tx.commit().await?;
    Ok((row, secret.text))
}

/// The text forms, each once, in the order of their declaration.
fn scope_names(scopes: &[Scope]) -> Vec<&'static str> {
    Scope::ALL
        .iter()
        .filter(|scope| scopes.contains(scope))
        .map(|scope| scope.as_str())
        .collect()
}

fn all_set(row: &api_client::Model) -> api_client::ActiveModel {
    let row = row.clone();
    api_client::ActiveModel {
        tenant_id: Set(row.tenant_id),
        id: Set(row.id),
        name: Set(row.name),
        scopes: Set(row.scopes),
        created_by_id: Set(row.created_by_id),
        created_at: Set(row.created_at),
        revoked_at: Set(row.revoked_at),
        last_used_at: Set(row.last_used_at),
        document_mode: Set(row.document_mode),
        documents_changed_at: Set(row.documents_changed_at),
        version: Set(row.version),
    }
}

/// Changes an API client that is still at `version` and was not revoked. Its mode counts from its next request on.
pub async fn api_client_update(
    ctx: &Ctx,
    id: Uuid,
    version: i64,
    changes: ApiClientChanges,
) -> Result<api_client::Model> {
    ctx.authorize(Action::ApiClientChange)?;
    let mut checks = Checks::default();
    let name = checks.changed_text("name", changes.name, NAME_CHARS);
    checks.done()?;
    let mode = changes.document_mode.map(|mode| mode.to_string());
    let tx = ctx.write().await?;
    let old = api_client_require_live(&tx, id, "id").await?;
    let (mut model, mut patch) = (api_client::ActiveModel::default(), Patch::default());
    patch.set("name", &mut model.name, &old.name, name);
    patch.set("documentMode", &mut model.document_mode, &old.document_mode, mode);
    if patch.is_empty() {
        return Ok(old);
    }
    model.version = Set(version + 1);
    if tx.update(model, queries::live_at_version(id, version)).await? == 0 {
        return Err(reader::stale(&tx, id, version, old.version).await?);
    }
    let payload = json!({ "version": version + 1, "fields": patch.fields() });
    tx.emit(NewEvent::new("api_client.updated", "acli", id).with(payload));
    tx.commit().await?;
    api_client_reread(ctx, id).await
}

/// The API client, or that there is none, or that it was revoked.
pub(super) async fn api_client_require_live(db: &TenantDb, id: Uuid, field: &str) -> Result<api_client::Model> {
    let row = queries::one(db, id).await?.ok_or_else(|| Error::not_found(&[field]))?;
    match row.revoked_at {
        None => Ok(row),
        Some(_) => Err(revoked(field)),
    }
}

pub(super) fn revoked(field: &str) -> Error {
    Error::user(
        &[field],
        UserErrorCode::Conflict,
        Text::fixed("The API client was revoked.", "このAPIクライアントは無効になりました。"),
    )
}

pub(super) async fn api_client_reread(ctx: &Ctx, id: Uuid) -> Result<api_client::Model> {
    let found = queries::one(&*ctx.read().await?, id).await?;
    found.ok_or_else(|| Error::internal("an API client vanished after it was written"))
}

/// Revokes an API client with its tokens. Doing it twice changes nothing.
pub async fn api_client_revoke(ctx: &Ctx, id: Uuid) -> Result<api_client::Model> {
    ctx.authorize(Action::ApiClientChange)?;
    let tx = ctx.write().await?;
    let old = queries::one(&tx, id).await?.ok_or_else(|| Error::not_found(&["id"]))?;
    let revoked = api_client::ActiveModel {
        revoked_at: Set(Some(ctx.now)),
        ..Default::default()
    };
    let live = Condition::all()
        .add(api_client::Column::Id.eq(id))
        .add(api_client::Column::RevokedAt.is_null());
    if tx.update(revoked, live).await? == 0 {
        return Ok(old);
    }
    queries::revoke_credential(&tx, id, ctx.now).await?;
    tx.emit(NewEvent::new("api_client.revoked", "acli", id));
    tx.commit().await?;
    Ok(api_client::Model {
        revoked_at: Some(ctx.now),
        ..old
    })
}

/// One page of the API clients, newest first.
pub async fn api_client_list(ctx: &Ctx, include_revoked: bool, args: &PageArgs) -> Result<Page<api_client::Model>> {
    ctx.authorize(Action::ApiClientRead)?;
    let db = ctx.glance().await?;
    let sorted = Sorted {
        column: api_client::Column::CreatedAt,
        id_column: api_client::Column::Id,
        descending: true,
        key: |row: &api_client::Model| (CursorKey::Time(row.created_at), row.id),
        place: None,
    };
    let list = format!("apiClients {include_revoked}");
    fetch_page(ctx, &db, queries::list(include_revoked), &sorted, list, args).await
}

/// How many API clients the whole list has.
pub async fn api_client_count(ctx: &Ctx, include_revoked: bool) -> Result<i64> {
    ctx.authorize(Action::ApiClientRead)?;
    let db = ctx.read().await?;
    Ok(db.count(queries::list(include_revoked)).await?)
}

/// Some API clients.
pub async fn api_client_find_many(ctx: &Ctx, ids: &[Uuid]) -> Result<Vec<api_client::Model>> {
    ctx.authorize(Action::ApiClientRead)?;
    let db = ctx.read().await?;
    Ok(queries::many(&db, ids).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_named_twice_counts_once() {
        let scopes = [Scope::EventsRead, Scope::AccountsRead, Scope::EventsRead];
        assert_eq!(scope_names(&scopes), ["accounts:read", "events:read"]);
    }
}
