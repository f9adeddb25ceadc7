//! Rows of API clients through the tenant's handle, and of their credentials, which belong to no tenant.

use chrono::{DateTime, Utc};
use entity::{api_client, api_client_credential, trusted_document};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, Select, Set};
use uuid::Uuid;

use crate::platform::tenancy::{GlobalDb, TenantDb, WriteTx};

/// One API client.
pub async fn one(db: &TenantDb, id: Uuid) -> Result<Option<api_client::Model>, DbErr> {
    db.one(api_client::Entity::find().filter(api_client::Column::Id.eq(id)))
        .await
}

/// Some API clients.
pub async fn many(db: &TenantDb, ids: &[Uuid]) -> Result<Vec<api_client::Model>, DbErr> {
    db.all(api_client::Entity::find().filter(api_client::Column::Id.is_in(ids.iter().copied())))
        .await
}

/// A list of API clients, to be paged.
pub fn list(include_revoked: bool) -> Select<api_client::Entity> {
    let mut condition = Condition::all();
    if !include_revoked {
        condition = condition.add(api_client::Column::RevokedAt.is_null());
    }
    api_client::Entity::find().filter(condition)
}

/// What the client's secret is compared with.
pub async fn credential(db: &GlobalDb<'_>, client: Uuid) -> Result<Option<api_client_credential::Model>, DbErr> {
    db.one(api_client_credential::Entity::find_by_id(client)).await
}

/// A client that was not revoked.
pub fn live(id: Uuid) -> Condition {
    Condition::all()
        .add(api_client::Column::Id.eq(id))
        .add(api_client::Column::RevokedAt.is_null())
}

/// The same, still at this version.
pub fn live_at_version(id: Uuid, version: i64) -> Condition {
    live(id).add(api_client::Column::Version.eq(version))
}

/// A published document without its text.
#[derive(Clone, Debug, FromQueryResult)]
pub struct DocumentRow {
    /// Its id.
    pub document_id: String,
    /// SHA-256 of its text.
    pub sha256: Vec<u8>,
    /// Length of its text in bytes.
    pub bytes: i64,
}

/// All documents of a client: as many as may be published for one.
pub async fn documents(db: &TenantDb, client: Uuid) -> Result<Vec<DocumentRow>, DbErr> {
    use trusted_document::Column;
    let select = trusted_document::Entity::find()
        .filter(Column::ApiClientId.eq(client))
        .select_only()
        .columns([Column::DocumentId, Column::Sha256, Column::Bytes]);
    db.rows(select).await
}

/// How many documents a client has.
pub async fn document_count(db: &TenantDb, client: Uuid) -> Result<i64, DbErr> {
    db.count(trusted_document::Entity::find().filter(trusted_document::Column::ApiClientId.eq(client)))
        .await
}

/// Deletes these documents of a client; how many there were.
pub async fn delete_documents(tx: &WriteTx, client: Uuid, ids: &[&str]) -> Result<u64, DbErr> {
    tx.delete(
        trusted_document::Entity::delete_many()
            .filter(trusted_document::Column::ApiClientId.eq(client))
            .filter(trusted_document::Column::DocumentId.is_in(ids.iter().copied())),
    )
    .await
}

/// Makes the client's secret worthless.
pub async fn revoke_credential(tx: &WriteTx, client: Uuid, now: DateTime<Utc>) -> Result<(), DbErr> {
    let revoked = api_client_credential::ActiveModel {
        revoked_at: Set(Some(now)),
        ..Default::default()
    };
    tx.global()
        .update(
            api_client_credential::Entity::update_many()
                .set(revoked)
                .filter(api_client_credential::Column::ClientId.eq(client))
                .filter(api_client_credential::Column::TenantId.eq(tx.tenant())),
        )
        .await?;
    Ok(())
}
