//! Operations on imports.

use std::sync::Arc;

use domain::lang::Text;
use domain::policy::Action;
use entity::import_run;
use sea_orm::Set;
use serde_json::json;
use uuid::Uuid;

use super::columns::Layout;
use super::drive::Job;
use super::options::ImportOptions;
use super::problems::Problems;
use super::queries;
use super::sheet::Sheet;
use crate::error::{Error, Result, UserErrorCode};
use crate::platform::Ctx;
use crate::platform::events::NewEvent;
use crate::platform::graphql::{CursorKey, Page, PageArgs, Sorted, fetch_page};
use crate::platform::tenancy::WriteTx;
use crate::tenants::service::tenant_lock;

pub use super::options::ImportRequest;

/// Imports of one company that may be under way or wait at once.
const MOST_LIVE: i64 = 10;

/// A file to import.
#[derive(Clone, Copy, Debug)]
pub struct ImportFile<'a> {
    /// Its name, for people.
    pub name: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Their digest.
    pub sha256: &'a [u8],
    /// The upload that holds them, if one does.
    pub upload: Option<Uuid>,
}

/// The import, if there is one.
pub async fn import_find(ctx: &Ctx, id: Uuid) -> Result<Option<import_run::Model>> {
    ctx.authorize(Action::ImportRead)?;
    Ok(queries::run(&*ctx.glance().await?, id).await?)
}

/// Those of many imports that there are.
pub async fn import_find_many(ctx: &Ctx, ids: &[Uuid]) -> Result<Vec<import_run::Model>> {
    ctx.authorize(Action::ImportRead)?;
    Ok(queries::runs(&*ctx.read().await?, ids).await?)
}

/// One page of the imports, newest first.
pub async fn import_list(ctx: &Ctx, args: &PageArgs) -> Result<Page<import_run::Model>> {
    ctx.authorize(Action::ImportRead)?;
    let sorted = Sorted {
        column: import_run::Column::CreatedAt,
        id_column: import_run::Column::Id,
        descending: true,
        key: |row: &import_run::Model| (CursorKey::Time(row.created_at), row.id),
        place: None,
    };
    let db = ctx.glance().await?;
    fetch_page(ctx, &db, queries::list(), &sorted, "imports".to_owned(), args).await
}

/// How many imports there are.
pub async fn import_count(ctx: &Ctx) -> Result<i64> {
    ctx.authorize(Action::ImportRead)?;
    Ok(ctx.read().await?.count(queries::list()).await?)
}

/// Begins the import of an uploaded file and drives it in the background: ask for the import to see how it goes. The
/// same file with the same options, while it is still being imported, gives the import that is under way.
pub async fn import_start(ctx: &Ctx, upload: Uuid, request: ImportRequest) -> Result<import_run::Model> {
    ctx.authorize(Action::ImportRun)?;
    let tx = ctx.write().await?;
    let found = queries::upload(&tx, upload)
        .await?
        .ok_or_else(|| Error::not_found(&["uploadId"]))?;
    let file = ImportFile {
        name: &found.file_name,
        bytes: &found.bytes,
        sha256: &found.sha256,
        upload: Some(upload),
    };
    let (run, is_new) = open_run(ctx, &tx, file, &request).await?;
    tx.commit().await?;
    let run = import_find_own(ctx, run).await?;
    if is_new {
        let job = Job {
            app: Arc::clone(&ctx.app),
            tenant: ctx.tenant()?.clone(),
            run: run.id,
            bytes: None,
        };
        ctx.once_durable(|| job.spawn());
    }
    Ok(run)
}

/// The run for this file, kind and options: the one that is not over yet, else a new one (then `true`).
pub async fn open_run(ctx: &Ctx, tx: &WriteTx, file: ImportFile<'_>, request: &ImportRequest) -> Result<(Uuid, bool)> {
    ctx.authorize(Action::ImportRun)?;
    let options = request.resolve(ctx, tx).await?;
    check_header(file, request, &options)?;
    // Twice at once, the second finds the first.
    tenant_lock(tx).await?;
    let live = queries::live_over(tx, file.sha256, request.kind, request.dry_run).await?;
    let same = live.into_iter().find(|run| {
        let began_with: Option<ImportOptions> = serde_json::from_value(run.options.clone()).ok();
        run.upload_id.is_some() == file.upload.is_some() && began_with.as_ref() == Some(&options)
    });
    if let Some(run) = same {
        return Ok((run.id, false));
    }
    if file.upload.is_some() && queries::live_count(tx).await? >= MOST_LIVE {
        return Err(Error::user(
            &["uploadId"],
            UserErrorCode::Conflict,
            Text::new(
                format!("{MOST_LIVE} imports of this company are under way: wait until one has ended."),
                format!("実行中の取り込みが{MOST_LIVE}件あります。いずれかが終わってからもう一度お試しください。"),
            ),
        ));
    }
    let id = Uuid::now_v7();
    tx.insert(new_run(ctx, id, file, request, &options)?).await?;
    if file.upload.is_some() {
        queries::enqueue(tx, id).await?;
    }
    let payload = json!({ "kind": request.kind.as_str(), "dryRun": request.dry_run });
    tx.emit(NewEvent::new("import.started", "imp", id).with(payload));
    Ok((id, true))
}

fn new_run(
    ctx: &Ctx,
    id: Uuid,
    file: ImportFile<'_>,
    request: &ImportRequest,
    options: &ImportOptions,
) -> Result<import_run::ActiveModel> {
    Ok(import_run::ActiveModel {
        tenant_id: Set(Uuid::nil()),
        id: Set(id),
        kind: Set(request.kind.as_str().into()),
        file_name: Set(file.name.into()),
        upload_id: Set(file.upload),
        sha256: Set(file.sha256.into()),
        options: Set(serde_json::to_value(options).map_err(Error::internal)?),
        dry_run: Set(request.dry_run),
        status: Set(domain::import::ImportStatus::Pending.as_str().into()),
        total_rows: Set(0),
        done_rows: Set(0),
        created_rows: Set(0),
        updated_rows: Set(0),
        unchanged_rows: Set(0),
        problems: Set(serde_json::to_value(Problems::default()).map_err(Error::internal)?),
        started_by_id: Set(ctx.actor.member()),
        created_at: Set(ctx.now),
        updated_at: Set(ctx.now),
        finished_at: Set(None),
    })
}

/// What can be said at once: that it is a table, and which columns it lacks.
fn check_header(file: ImportFile<'_>, request: &ImportRequest, options: &ImportOptions) -> Result<()> {
    let refuse = |field: &str, why: Text| Error::user(&[field], UserErrorCode::Invalid, why);
    let (headers, _) = Sheet::open(file.bytes).map_err(|why| refuse("uploadId", why))?;
    Layout::find(request.kind, headers, &options.mapping).map_err(|why| refuse("mapping", why))?;
    Ok(())
}

async fn import_find_own(ctx: &Ctx, id: Uuid) -> Result<import_run::Model> {
    let found = queries::run(&*ctx.read().await?, id).await?;
    found.ok_or_else(|| Error::internal("an import vanished after it was begun"))
}

/// Imports a file that is at hand, from its first row to its last, in this task.
pub async fn import_now(ctx: &Ctx, name: &str, bytes: Vec<u8>, request: &ImportRequest) -> Result<import_run::Model> {
    let tx = ctx.write().await?;
    let sha256 = super::uploads::sha256(&bytes);
    let file = ImportFile {
        name,
        bytes: &bytes,
        sha256: &sha256,
        upload: None,
    };
    let (run, _) = open_run(ctx, &tx, file, request).await?;
    tx.commit().await?;
    let job = Job {
        app: std::sync::Arc::clone(&ctx.app),
        tenant: ctx.tenant()?.clone(),
        run,
        bytes: Some(bytes.into()),
    };
    job.drive(&|_| ()).await
}
