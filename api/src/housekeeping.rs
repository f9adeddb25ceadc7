//! What is forgotten when its time is over, and the keys that are renewed.

use std::sync::Arc;

use chrono::Duration;
use entity::{import_run, password_reset, refresh_token, upload};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, Set};

use crate::app::App;
use crate::error::Result;
use crate::platform::Ctx;

/// What has expired is kept so long, so that a question about it can still be answered.
const KEPT: Duration = Duration::days(1);

/// Renews the signing keys and learns of those that other processes made.
pub async fn keys_maintain(app: &Arc<App>) -> Result<()> {
    let statements = Arc::default();
    let db = app.database.global(&statements);
    app.keys.maintain(&db, &app.secret, app.clock.now()).await
}

/// Lets the database learn how its tables have grown.
pub async fn statistics_refresh(app: &Arc<App>) -> Result<()> {
    Ok(app.database.refresh_statistics().await?)
}

/// Deletes refresh tokens and password resets that expired a day ago.
pub async fn tokens_forget(app: &Arc<App>) -> Result<()> {
    let statements = Arc::default();
    let db = app.database.global(&statements);
    let border = app.clock.now() - KEPT;
    db.delete(refresh_token::Entity::delete_many().filter(refresh_token::Column::ExpiresAt.lt(border)))
        .await?;
    db.delete(password_reset::Entity::delete_many().filter(password_reset::Column::ExpiresAt.lt(border)))
        .await?;
    Ok(())
}

/// Deletes uploaded files older than a day that no unfinished import needs. The imports keep their results.
pub async fn uploads_forget(ctx: &Ctx) -> Result<()> {
    let tenant = ctx.tenant()?.id;
    let border = ctx.now - KEPT;
    let tx = ctx.write().await?;
    let unneeded = import_run::ActiveModel {
        upload_id: Set(None),
        ..Default::default()
    };
    let finished = Condition::all()
        .add(import_run::Column::FinishedAt.lt(border))
        .add(import_run::Column::UploadId.is_not_null());
    tx.update(unneeded, finished).await?;
    let needed = Query::select()
        .column(import_run::Column::UploadId)
        .from(import_run::Entity)
        .and_where(import_run::Column::TenantId.eq(tenant))
        .and_where(import_run::Column::UploadId.is_not_null())
        .to_owned();
    tx.delete(
        upload::Entity::delete_many()
            .filter(upload::Column::CreatedAt.lt(border))
            .filter(upload::Column::Id.not_in_subquery(needed)),
    )
    .await?;
    tx.commit().await?;
    Ok(())
}
