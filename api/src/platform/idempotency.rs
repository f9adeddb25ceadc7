//! Changes that are safe to repeat: an idempotency key keeps the first answer for a day, in the transaction of the
//! change, and gives it again. See `docs/decisions/0006-idempotency-in-the-transaction.md`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Duration, Utc};
use entity::idempotency_key;
use parking_lot::Mutex;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, Set};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::platform::Ctx;
use crate::platform::tenancy::{TenantDb, WriteTx};

/// Longest key, in characters.
const KEY_CHARS: usize = 200;
/// So long an answer is kept.
pub const KEPT: Duration = Duration::hours(24);

/// A change under a key, while it is made.
pub struct Repeatable {
    key: String,
    request_hash: [u8; 32],
    expired_before: Mutex<Option<DateTime<Utc>>>,
    is_second: AtomicBool,
    parked: Mutex<Option<(WriteTx, Option<i64>)>>,
    once_durable: Mutex<Vec<Box<dyn FnOnce() + Send>>>,
}

impl Repeatable {
    /// A change under this key, of the request with this SHA-256.
    pub fn new(key: String, request_hash: [u8; 32]) -> Result<Self> {
        if key.is_empty() || key.len() > KEY_CHARS || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::bad_input(
                format!("An idempotency key has 1 to {KEY_CHARS} visible ASCII characters."),
                format!("冪等キーは{KEY_CHARS}文字以内のASCII文字（空白を除く）で指定してください。"),
            ));
        }
        Ok(Self {
            key,
            request_hash,
            expired_before: Mutex::default(),
            is_second: AtomicBool::new(false),
            parked: Mutex::default(),
            once_durable: Mutex::default(),
        })
    }

    /// The row that takes the key for `ctx`'s actor.
    pub fn row(&self, ctx: &Ctx) -> Result<idempotency_key::ActiveModel> {
        Ok(idempotency_key::ActiveModel {
            tenant_id: Set(Uuid::nil()),
            actor_id: Set(actor(ctx)?),
            key: Set(self.key.clone()),
            request_hash: Set(self.request_hash.to_vec()),
            sealed_answer: Set(None),
            created_at: Set(ctx.now),
        })
    }

    /// When the key's row was found expired: rows before this instant make way.
    pub fn expired_before(&self) -> Option<DateTime<Utc>> {
        *self.expired_before.lock()
    }

    /// Notes that somebody else made the change first.
    pub fn come_second(&self) {
        self.is_second.store(true, Ordering::Relaxed);
    }

    /// Whether somebody else did.
    pub fn was_second(&self) -> bool {
        self.is_second.load(Ordering::Relaxed)
    }

    /// Keeps the transaction of the change open until its answer is there.
    pub fn park(&self, tx: WriteTx, last: Option<i64>) {
        *self.parked.lock() = Some((tx, last));
    }

    /// The parked transaction, to read through.
    pub fn parked(&self) -> Option<Arc<TenantDb>> {
        self.parked.lock().as_ref().map(|(tx, _)| tx.shared())
    }

    /// Does this after the commit.
    pub fn once_durable(&self, work: Box<dyn FnOnce() + Send>) {
        self.once_durable.lock().push(work);
    }

    /// Keeps `answer` with the change and commits both; false when somebody else was first, and nothing was changed.
    pub async fn keep(&self, ctx: &Ctx, answer: &[u8]) -> Result<bool> {
        let sealed = ctx.app.secret.seal(answer, &self.purpose(ctx)?)?;
        let parked = self.parked.lock().take();
        match parked {
            Some((tx, last)) => {
                let kept = idempotency_key::ActiveModel {
                    sealed_answer: Set(Some(sealed)),
                    ..Default::default()
                };
                tx.update(kept, self.own(ctx)?).await?;
                tx.finish(last).await?;
            }
            // Nothing of the tenant was changed, or it was refused with what the caller can mend.
            None => {
                ctx.end_read().await?;
                let tx = WriteTx::begin_plain(ctx, ctx.tenant()?.id).await?;
                let row = idempotency_key::ActiveModel {
                    sealed_answer: Set(Some(sealed)),
                    ..self.row(ctx)?
                };
                if !tx.take_key(row, self.expired_before()).await? {
                    return Ok(false);
                }
                tx.finish(None).await?;
            }
        }
        for work in self.once_durable.lock().drain(..) {
            work();
        }
        Ok(true)
    }

    /// Undoes what was changed, if anything was.
    pub fn undo(&self) {
        self.parked.lock().take();
    }

    /// The answer that was kept under this key; none when the key is free. Another request under the same key is
    /// refused.
    pub async fn kept(&self, ctx: &Ctx) -> Result<Option<Vec<u8>>> {
        let db = ctx.read().await?;
        let row = db.one(idempotency_key::Entity::find().filter(self.own(ctx)?)).await?;
        drop(db);
        ctx.end_read().await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let border = ctx.now - KEPT;
        if row.created_at < border {
            *self.expired_before.lock() = Some(border);
            return Ok(None);
        }
        if row.request_hash != self.request_hash {
            return Err(Error::bad_input(
                "This idempotency key was used for another request.",
                "この冪等キーは別のリクエストで使用されています。",
            ));
        }
        let sealed = row.sealed_answer.unwrap_or_default();
        let answer = ctx.app.secret.open(&sealed, &self.purpose(ctx)?);
        answer
            .map(Some)
            .ok_or_else(|| Error::internal("a kept answer does not open"))
    }

    /// The key's row. The door adds the tenant.
    fn own(&self, ctx: &Ctx) -> Result<Condition> {
        use idempotency_key::Column;
        Ok(Condition::all()
            .add(Column::ActorId.eq(actor(ctx)?))
            .add(Column::Key.eq(self.key.clone())))
    }

    /// An answer opens for its own tenant, actor and key only.
    fn purpose(&self, ctx: &Ctx) -> Result<Vec<u8>> {
        let (tenant, actor) = (ctx.tenant()?.id, actor(ctx)?);
        Ok([
            b"answer".as_slice(),
            tenant.as_bytes(),
            actor.as_bytes(),
            self.key.as_bytes(),
        ]
        .concat())
    }
}

/// Deletes the answers whose day is over.
pub async fn forget(ctx: &Ctx) -> Result<()> {
    let tx = ctx.write().await?;
    let expired = idempotency_key::Entity::delete_many().filter(idempotency_key::Column::CreatedAt.lt(ctx.now - KEPT));
    tx.delete(expired).await?;
    Ok(tx.commit().await?)
}

/// The member or API client whose key it is.
fn actor(ctx: &Ctx) -> Result<Uuid> {
    let (_, id) = ctx.actor.kind_and_id();
    id.ok_or_else(|| ctx.actor.refusal())
}
