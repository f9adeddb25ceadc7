//! Rows of imports and uploads, and the members that an import asks for, only through the tenant's handle.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use domain::import::{ImportKind, ImportStatus};
use domain::policy::Role;
use entity::{import_queue, import_run, member, upload};
use sea_orm::sea_query::{Expr, ExprTrait, IntoCondition};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Select, Set,
};
use uuid::Uuid;

use crate::platform::tenancy::{GlobalDb, TenantDb, WriteTx};

/// Most members whose addresses a file may name.
const MOST_MEMBERS: u64 = 20_000;
/// Most imports that are taken up again at a time, in one tenant.
const MOST_DUE: u64 = 10;

/// Most runs of all companies that are looked at at a time.
const MOST_QUEUED: u64 = 100;

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

/// Lets every process know of a run that there is work to do.
pub async fn enqueue(tx: &WriteTx, run: Uuid) -> Result<(), DbErr> {
    let row = import_queue::ActiveModel {
        run_id: Set(run),
        tenant_id: Set(tx.tenant()),
    };
    tx.global().insert(row).await
}

/// The run is over.
pub async fn dequeue(tx: &WriteTx, run: Uuid) -> Result<(), DbErr> {
    let row = import_queue::Entity::delete_many().filter(import_queue::Column::RunId.eq(run));
    tx.global().delete(row).await?;
    Ok(())
}

/// The tenants of the oldest runs that are not over, whose is the oldest first: there is room for few at a time.
pub async fn queued(db: &GlobalDb<'_>) -> Result<Vec<Uuid>, DbErr> {
    let oldest = import_queue::Entity::find()
        .order_by_asc(import_queue::Column::RunId)
        .limit(MOST_QUEUED);
    let mut seen = HashSet::new();
    let tenants = db.all(oldest).await?.into_iter().map(|row| row.tenant_id);
    Ok(tenants.filter(|tenant| seen.insert(*tenant)).collect())
}

/// How many runs over uploaded files are not over.
pub async fn live_count(db: &TenantDb) -> Result<i64, DbErr> {
    use import_run::Column;
    let live = import_run::Entity::find()
        .filter(Column::Status.is_in(LIVE.map(ImportStatus::as_str)))
        .filter(Column::UploadId.is_not_null());
    db.count(live).await
}

/// Runs over uploaded files that nobody has driven since `before`, and those that nobody has begun since `unbegun_before`.
pub async fn due(
    db: &TenantDb,
    before: DateTime<Utc>,
    unbegun_before: DateTime<Utc>,
) -> Result<Vec<import_run::Model>, DbErr> {
    use import_run::Column;
    let unbegun = Condition::all()
        .add(Column::Status.eq(ImportStatus::Pending.as_str()))
        .add(Column::UpdatedAt.lt(unbegun_before));
    db.all(
        import_run::Entity::find()
            .filter(Column::Status.is_in(LIVE.map(ImportStatus::as_str)))
            .filter(Column::UploadId.is_not_null())
            .filter(Condition::any().add(Column::UpdatedAt.lt(before)).add(unbegun))
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

#[derive(FromQueryResult)]
struct Bytes {
    bytes: Option<i64>,
}

/// How many bytes the uploaded files have together.
pub async fn uploaded_bytes(db: &TenantDb) -> Result<i64, DbErr> {
    // PostgreSQL sums whole numbers to a decimal one.
    let sum = Expr::col(upload::Column::Size.as_column_ref()).sum().cast_as("bigint");
    let select = upload::Entity::find().select_only().expr_as(sum, "bytes");
    let row: Option<Bytes> = db.rows(select).await?.pop();
    Ok(row.and_then(|row| row.bytes).unwrap_or(0))
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
