//! Rows of API clients through the tenant's handle, and of their credentials, which belong to no tenant.

use chrono::{DateTime, Utc};
use entity::{api_client, api_client_credential};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, Select, Set};
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
