//! Rows of tenants. They belong to no tenant, so nothing here scopes them: `service` does.

use entity::{tenant, tenant_clock};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};
use serde_json::Value;
use uuid::Uuid;

use crate::platform::tenancy::{GlobalDb, WriteTx};

/// A tenant.
pub async fn one(db: &GlobalDb<'_>, id: Uuid) -> Result<Option<tenant::Model>, DbErr> {
    db.one(tenant::Entity::find_by_id(id)).await
}

/// Some tenants.
pub async fn many(db: &GlobalDb<'_>, ids: &[Uuid]) -> Result<Vec<tenant::Model>, DbErr> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    db.all(tenant::Entity::find().filter(tenant::Column::Id.is_in(ids.iter().copied())))
        .await
}

/// The tenants of this name; two are enough to know that it is not unique.
pub async fn by_name(db: &GlobalDb<'_>, name: &str) -> Result<Vec<tenant::Model>, DbErr> {
    db.all(tenant::Entity::find().filter(tenant::Column::Name.eq(name)).limit(2))
        .await
}

/// Writes a new tenant and the clock that numbers its events.
pub async fn insert(tx: &WriteTx, row: tenant::ActiveModel) -> Result<(), DbErr> {
    tx.global().insert(row).await?;
    tx.global()
        .insert(tenant_clock::ActiveModel {
            tenant_id: Set(tx.tenant()),
            seq: Set(0),
        })
        .await
}

/// Changes the transaction's tenant if it is still at `version`; how many rows changed.
pub async fn update(tx: &WriteTx, model: tenant::ActiveModel, version: i64) -> Result<u64, DbErr> {
    tx.global()
        .update(
            tenant::Entity::update_many()
                .set(model)
                .filter(tenant::Column::Id.eq(tx.tenant()))
                .filter(tenant::Column::Version.eq(version)),
        )
        .await
}

/// The newest tenants whose models have something to teach, and that agreed to it.
pub async fn sharing(db: &GlobalDb<'_>, limit: u64) -> Result<Vec<tenant::Model>, DbErr> {
    let select = tenant::Entity::find()
        .filter(tenant::Column::SharesModel.eq(true))
        .filter(tenant::Column::Lesson.is_not_null())
        .order_by_desc(tenant::Column::Id)
        .limit(limit);
    db.all(select).await
}

/// Keeps what a tenant's model learned, if it still agrees.
pub async fn keep_lesson(db: &GlobalDb<'_>, id: Uuid, lesson: Option<Value>) -> Result<u64, DbErr> {
    let update = tenant::Entity::update_many()
        .set(tenant::ActiveModel {
            lesson: Set(lesson),
            ..Default::default()
        })
        .filter(tenant::Column::Id.eq(id))
        .filter(tenant::Column::SharesModel.eq(true));
    db.update(update).await
}

/// Locks the transaction's tenant till its end: a rule over several rows (the last ADMIN, no circle in the team tree)
/// holds only if changes that concern it follow each other. SQLite has one writer, there it changes nothing.
pub async fn lock(tx: &WriteTx) -> Result<(), DbErr> {
    let unchanged = tenant::ActiveModel {
        id: Set(tx.tenant()),
        ..Default::default()
    };
    tx.global()
        .update(
            tenant::Entity::update_many()
                .set(unchanged)
                .filter(tenant::Column::Id.eq(tx.tenant())),
        )
        .await?;
    Ok(())
}
