//! Documents that were published for an API client. Its rows are asked each time, by their key, so that a deletion
//! counts at once on every replica; only texts are remembered, by their hash.

use std::sync::Arc;

use entity::trusted_document::{Column, Entity};
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, Select};
use uuid::Uuid;

use super::naming::Name;
use super::{Hash, Kind, Remembered};
use crate::error::{Error, Result};
use crate::platform::Ctx;

/// A published document without its text.
#[derive(FromQueryResult)]
struct Found {
    sha256: Vec<u8>,
}

/// The text of the document that the client published under this name, or of one with this hash.
pub(super) async fn text(ctx: &Ctx, client: Uuid, name: &Name) -> Result<Option<Arc<str>>> {
    let hash = match named(ctx, client, &name.id).await? {
        Some(hash) => hash,
        None => match name.sha256 {
            Some(hash) if has(ctx, client, hash).await? => hash,
            _ => return Ok(None),
        },
    };
    let texts = &ctx.app.documents.texts;
    if let Some(known) = texts.get(&(Kind::Published, hash)) {
        return Ok(Some(known.text));
    }
    let db = ctx.read().await?;
    let row = db.one(of(client).filter(Column::Sha256.eq(hash.to_vec()))).await?;
    Ok(row.map(|row| {
        let text: Arc<str> = row.document.into();
        let known = Remembered {
            text: Arc::clone(&text),
            used_at: ctx.now,
        };
        texts.insert((Kind::Published, hash), known);
        text
    }))
}

/// Whether the client published a document with this hash, under whatever id.
pub(super) async fn has(ctx: &Ctx, client: Uuid, hash: Hash) -> Result<bool> {
    let found = first(ctx, of(client).filter(Column::Sha256.eq(hash.to_vec()))).await?;
    Ok(found.is_some())
}

async fn named(ctx: &Ctx, client: Uuid, id: &str) -> Result<Option<Hash>> {
    let found = first(ctx, of(client).filter(Column::DocumentId.eq(id))).await?;
    let hash = found.map(|found| Hash::try_from(found.sha256)).transpose();
    hash.map_err(|_| Error::internal("a published document has no SHA-256"))
}

async fn first(ctx: &Ctx, select: Select<Entity>) -> Result<Option<Found>> {
    let select = select.select_only().column(Column::Sha256).limit(1);
    Ok(ctx.read().await?.rows(select).await?.pop())
}

fn of(client: Uuid) -> Select<Entity> {
    Entity::find().filter(Column::ApiClientId.eq(client))
}
