//! Rows of imports and uploads, and the members that an import asks for, only through the tenant's handle.

use chrono::{DateTime, Utc};
use domain::import::{ImportKind, ImportStatus};
use domain::policy::Role;
use entity::{import_run, member, upload};
use sea_orm::sea_query::IntoCondition;
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use crate::platform::tenancy::TenantDb;

/// Most members whose addresses a file may name.
const MOST_MEMBERS: u64 = 20_000;
/// Most imports that are taken up again at a time, in one tenant.
const MOST_DUE: u64 = 10;

/// States in which there is work to do.
const LIVE: [ImportStatus; 3] = [ImportStatus::Pending, ImportStatus::Validating, ImportStatus::Running];

/// One run.
pub async fn run(db: &TenantDb, id: Uuid) -> Result<Option<import_run::Model>, DbErr> {
    db.one(import_run::Entity::find().filter(import_run::Column::Id.eq(id)))
        .await
}

/// Some runs.
pub async fn runs(db: &TenantDb, ids: &[Uuid]) -> Result<Vec<import_run::Model>, DbErr> {
    db.all(import_run::Entity::find().filter(import_run::Column::Id.is_in(ids.iter().copied())))
        .await
}

/// All runs, to be paged.
pub fn list() -> Select<import_run::Entity> {
    import_run::Entity::find()
}

/// Runs over the same bytes that are not over, newest first.
pub async fn live_over(
    db: &TenantDb,
    sha256: &[u8],
    kind: ImportKind,
    dry_run: bool,
) -> Result<Vec<import_run::Model>, DbErr> {
    use import_run::Column;
    db.all(
        import_run::Entity::find()
            .filter(Column::Sha256.eq(sha256.to_vec()))
            .filter(Column::Kind.eq(kind.as_str()))
            .filter(Column::DryRun.eq(dry_run))
            .filter(Column::Status.is_in(LIVE.map(ImportStatus::as_str)))
            .order_by_desc(Column::Id)
            .limit(MOST_DUE),
    )
    .await
}

/// Runs over uploaded files that nobody has driven since `before`.
pub async fn due(db: &TenantDb, before: DateTime<Utc>) -> Result<Vec<import_run::Model>, DbErr> {
    use import_run::Column;
    db.all(
        import_run::Entity::find()
            .filter(Column::Status.is_in(LIVE.map(ImportStatus::as_str)))
            .filter(Column::UploadId.is_not_null())
            .filter(Column::UpdatedAt.lt(before))
            .order_by_asc(Column::Id)
            .limit(MOST_DUE),
    )
    .await
}

/// Condition: this run, if nobody else has driven it since.
pub fn held(id: Uuid, updated_at: DateTime<Utc>) -> impl IntoCondition {
    Condition::all()
        .add(import_run::Column::Id.eq(id))
        .add(import_run::Column::UpdatedAt.eq(updated_at))
}

/// One uploaded file, with its bytes.
pub async fn upload(db: &TenantDb, id: Uuid) -> Result<Option<upload::Model>, DbErr> {
    db.one(upload::Entity::find().filter(upload::Column::Id.eq(id))).await
}

/// The ADMIN who has been there longest.
pub async fn first_admin(db: &TenantDb) -> Result<Option<member::Model>, DbErr> {
    db.one(
        member::Entity::find()
            .filter(member::Column::Role.eq(Role::Admin.as_str()))
            .filter(member::Column::EndedAt.is_null())
            .order_by_asc(member::Column::CreatedAt)
            .order_by_asc(member::Column::Id),
    )
    .await
}

/// The members of today who may own accounts.
pub async fn owners(db: &TenantDb) -> Result<Vec<member::Model>, DbErr> {
    db.all(
        member::Entity::find()
            .filter(member::Column::EndedAt.is_null())
            .filter(member::Column::Role.ne(Role::Observer.as_str()))
            .limit(MOST_MEMBERS),
    )
    .await
}
