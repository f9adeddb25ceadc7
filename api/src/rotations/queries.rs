//! Rows of rotation notices, only through the tenant's handle.

use entity::rotation_notice;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::platform::tenancy::TenantDb;

/// What was told of these contacts.
pub async fn told_of(db: &TenantDb, contacts: &[Uuid]) -> Result<Vec<rotation_notice::Model>, DbErr> {
    let select =
        rotation_notice::Entity::find().filter(rotation_notice::Column::ContactId.is_in(contacts.iter().copied()));
    db.all(select).await
}
