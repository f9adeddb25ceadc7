//! A client's secret for a short token.

use chrono::{DateTime, Duration, Utc};
use domain::lang::Text;
use entity::api_client;
use sea_orm::{ColumnTrait, Condition, Set};
use uuid::Uuid;

use super::{ApiClientId, queries};
use crate::error::{Error, Result, UserErrorCode};
use crate::platform::Ctx;
use crate::platform::auth::{AccessToken, OpaqueToken, Subject};

/// The last use is written at most so often: it is to show what is idle, and a write costs more than the exchange.
const LAST_USE_EVERY: Duration = Duration::minutes(1);

/// Exchanges a client's secret for an access token. One answer for an unknown client, a revoked one and a wrong secret.
pub async fn api_client_token_create(ctx: &Ctx, client: Uuid, secret: &str) -> Result<AccessToken> {
    let key = format!("client {}", ApiClientId::new(client));
    ctx.app.throttle.attempt(&key, ctx.request.ip.as_deref())?;
    ctx.end_read().await?;
    let found = queries::credential(&ctx.global().await?, client).await?;
    let shown = OpaqueToken::hash(secret);
    let same = |stored: &[u8]| aws_lc_rs::constant_time::verify_slices_are_equal(stored, &shown).is_ok();
    let found = found.filter(|credential| same(&credential.secret_hash) && credential.revoked_at.is_none());
    let tenant = found.ok_or_else(rejected)?.tenant_id;
    let db = ctx.app.database.tenant_read(tenant, ctx.tally()).await?;
    let row = queries::one(&db, client).await?;
    db.end().await?;
    let row = row.filter(|row| row.revoked_at.is_none()).ok_or_else(rejected)?;
    if is_due(row.last_used_at, ctx.now) {
        note_use(ctx, tenant, client).await?;
    }
    ctx.app.tokens.issue(&Subject::Client { client, tenant }, ctx.now)
}

fn is_due(last: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    last.is_none_or(|last| now - last >= LAST_USE_EVERY)
}

/// Not an event: nothing of the tenant's changed.
async fn note_use(ctx: &Ctx, tenant: Uuid, client: Uuid) -> Result<()> {
    let used = api_client::ActiveModel {
        last_used_at: Set(Some(ctx.now)),
        ..Default::default()
    };
    let tx = ctx.write_in(tenant).await?;
    tx.update(used, Condition::all().add(api_client::Column::Id.eq(client)))
        .await?;
    Ok(tx.commit().await?)
}

fn rejected() -> Error {
    Error::user(
        &[],
        UserErrorCode::Rejected,
        Text::fixed(
            "Client id or secret is wrong.",
            "クライアントIDまたはシークレットが正しくありません。",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_use_is_written_once_a_minute() {
        let now = DateTime::UNIX_EPOCH + Duration::days(1);
        assert!(is_due(None, now));
        assert!(!is_due(Some(now), now));
        assert!(!is_due(Some(now - Duration::seconds(59)), now));
        assert!(is_due(Some(now - Duration::seconds(60)), now));
    }
}
