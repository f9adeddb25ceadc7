//! Keeping uploaded files until they are imported.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use domain::policy::Action;
use entity::upload;
use sea_orm::Set;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{UploadId, queries};
use crate::error::{Error, Result};
use crate::platform::Ctx;
use crate::platform::http::UploadSink;

/// A company may have uploaded files of so many times the largest at once: they are kept a day, or until their import ends.
const MOST_FILES: usize = 16;
/// Points of a mebibyte that is uploaded, and of one that is begun.
const POINTS_PER_MIB: u64 = 10;
const MIB: usize = 1024 * 1024;

/// Keeps the files of `POST /uploads` in the database, so that any replica can import them.
pub struct Uploads;

impl UploadSink for Uploads {
    fn keep(
        &self,
        ctx: Arc<Ctx>,
        file_name: String,
        bytes: Vec<u8>,
    ) -> Pin<Box<dyn Future<Output = Result<String>> + Send + '_>> {
        Box::pin(async move { upload_keep(&ctx, file_name, bytes).await })
    }
}

/// Keeps a file; its id as clients see it.
async fn upload_keep(ctx: &Ctx, file_name: String, bytes: Vec<u8>) -> Result<String> {
    ctx.authorize(Action::ImportRun)?;
    let mebibytes = u64::try_from(bytes.len() / MIB + 1).unwrap_or(u64::MAX);
    ctx.app.buckets.take(ctx, POINTS_PER_MIB.saturating_mul(mebibytes))?;
    let most = ctx.app.config.max_upload_bytes.saturating_mul(MOST_FILES);
    let id = Uuid::now_v7();
    let tx = ctx.write().await?;
    let kept = usize::try_from(queries::uploaded_bytes(&tx).await?).unwrap_or(usize::MAX);
    if kept.saturating_add(bytes.len()) > most {
        return Err(Error::bad_input(
            format!(
                "This company has uploaded files of {kept} bytes, and {most} is the most. They go a day after they came."
            ),
            format!(
                "アップロード済みのファイルの合計（{kept}バイト）が上限の{most}バイトに達しています。ファイルは1日後に削除されます。"
            ),
        ));
    }
    tx.insert(upload::ActiveModel {
        tenant_id: Set(tx.tenant()),
        id: Set(id),
        file_name: Set(file_name.replace('\0', "")),
        sha256: Set(sha256(&bytes)),
        size: Set(i64::try_from(bytes.len()).unwrap_or(i64::MAX)),
        bytes: Set(bytes),
        created_by_id: Set(ctx.actor.member()),
        created_at: Set(ctx.now),
    })
    .await?;
    tx.commit().await?;
    Ok(UploadId::new(id).text())
}

/// What two files have in common when they are one.
pub fn sha256(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}
