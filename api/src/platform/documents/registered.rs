//! Documents that are known by their hash: a table that all replicas share, in front of it the process's memory.

use std::sync::Arc;

use chrono::Duration;
use entity::persisted_query;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};

use super::{Hash, Kind, Remembered, weight};
use crate::error::{Error, Result};
use crate::platform::Ctx;

/// The table is kept below so many bytes.
const KEPT_BYTES: i64 = 32 * 1024 * 1024;
/// Points that registering takes from the caller's bucket: it writes, and anybody may.
const REGISTER_POINTS: u64 = 50;
/// The last use is written at most so often, so that reading does not write.
const USE_EVERY: Duration = Duration::days(1);

/// The text with this hash, and whether its last use is due to be written.
pub(super) async fn text(ctx: &Ctx, hash: Hash) -> Result<Option<(Arc<str>, bool)>> {
    let texts = &ctx.app.documents.texts;
    let is_due = |known: &Remembered| ctx.now - known.used_at >= USE_EVERY;
    // What is due is read again: it may have been forgotten meanwhile.
    if let Some(known) = texts.get(&(Kind::Registered, hash)).filter(|known| !is_due(known)) {
        return Ok(Some((known.text, false)));
    }
    let row = ctx
        .global()
        .await?
        .one(persisted_query::Entity::find_by_id(hash.to_vec()))
        .await?;
    Ok(row.map(|row| {
        let known = Remembered {
            text: row.document.into(),
            used_at: row.used_at,
        };
        texts.insert((Kind::Registered, hash), known.clone());
        let is_due = is_due(&known);
        (known.text, is_due)
    }))
}

/// Makes a document known by its hash. Doing it twice, or at once with another process, changes nothing.
pub(super) async fn register(ctx: &Ctx, hash: Hash, text: Arc<str>) -> Result<()> {
    let db = ctx.app.database.global(ctx.tally());
    // Asked of the table even if the text is remembered here: another process may have been the one that lacked it.
    let row = db.one(persisted_query::Entity::find_by_id(hash.to_vec())).await?;
    if row.is_some() {
        return Ok(());
    }
    ctx.app.buckets.take(ctx, REGISTER_POINTS)?;
    let row = persisted_query::ActiveModel {
        hash: Set(hash.to_vec()),
        document: Set(text.to_string()),
        bytes: Set(i64::try_from(weight(&text)).unwrap_or(i64::MAX)),
        used_at: Set(ctx.now),
    };
    match db.insert(row).await {
        Err(error) if !Error::is_unique_violation(&error) => return Err(error.into()),
        _ => {}
    }
    let known = Remembered { text, used_at: ctx.now };
    ctx.app.documents.texts.insert((Kind::Registered, hash), known);
    // The sum runs from the one used last to the one used longest ago: what stands beyond the bound goes.
    let sums = Query::select()
        .column(persisted_query::Column::Hash)
        .expr_as(
            Expr::cust("SUM(bytes) OVER (ORDER BY used_at DESC, hash ROWS UNBOUNDED PRECEDING)"),
            "up_to_here",
        )
        .from(persisted_query::Entity)
        .to_owned();
    let beyond = Query::select()
        .column("hash")
        .from_subquery(sums, "sums")
        .and_where(Expr::col("up_to_here").gt(KEPT_BYTES))
        .to_owned();
    db.delete(persisted_query::Entity::delete_many().filter(persisted_query::Column::Hash.in_subquery(beyond)))
        .await?;
    Ok(())
}

/// Notes that a document is used.
pub(super) async fn used(ctx: &Ctx, hash: Hash) -> Result<()> {
    let used = persisted_query::ActiveModel {
        used_at: Set(ctx.now),
        ..Default::default()
    };
    let db = ctx.app.database.global(ctx.tally());
    db.update(
        persisted_query::Entity::update_many()
            .set(used)
            .filter(persisted_query::Column::Hash.eq(hash.to_vec()))
            .filter(persisted_query::Column::UsedAt.lte(ctx.now - USE_EVERY)),
    )
    .await?;
    let texts = &ctx.app.documents.texts;
    if let Some(known) = texts.get(&(Kind::Registered, hash)) {
        let used_at = ctx.now;
        texts.insert((Kind::Registered, hash), Remembered { used_at, ..known });
    }
    Ok(())
}
