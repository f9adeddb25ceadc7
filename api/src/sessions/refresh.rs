//! Tokens of a session: opening one, exchanging the refresh token, switching to another company.
//!
//! A refresh token is good once. One atomic `UPDATE … WHERE used_at IS NULL` decides who was first. A client that lost
//! the answer may show the used token again for a minute, as long as the token that it was exchanged for is unused:
//! that one dies and another is made, so at most one is alive. Any other use of a used token means that two hold it,
//! and the session ends for both.

use chrono::{DateTime, Duration, Utc};
use domain::lang::Text;
use entity::{refresh_token, session};
use sea_orm::{ColumnTrait, Condition, Set};
use uuid::Uuid;

use super::memberships::memberships_of;
use super::queries;
use crate::error::{Error, Result, UserErrorCode};
use crate::platform::Ctx;
use crate::platform::auth::{AccessToken, OpaqueToken, Subject};
use crate::platform::tenancy::GlobalDb;

/// A session lasts at most so long, however often it is used.
const SESSION_LIFETIME: Duration = Duration::days(90);
/// A refresh token that is not used for so long is void.
const REFRESH_LIFETIME: Duration = Duration::days(30);
/// For so long after its use a token may be shown again by a client that lost the answer.
const GRACE: Duration = Duration::seconds(60);
/// Most characters kept of a device's name.
const DEVICE_CHARS: usize = 200;

/// A session and fresh tokens for it.
pub struct Issued {
    /// The session.
    pub session: session::Model,
    /// For the `Authorization` header.
    pub access: AccessToken,
    /// To be exchanged for the next pair.
    pub refresh: String,
}

/// Opens a session of a person whose identity was proven, in a company or in none yet.
pub async fn session_open(
    ctx: &Ctx,
    user: Uuid,
    place: Option<(Uuid, Uuid)>,
    device: Option<String>,
) -> Result<Issued> {
    let row = session::Model {
        id: Uuid::now_v7(),
        user_id: user,
        tenant_id: place.map(|(tenant, _)| tenant),
        member_id: place.map(|(_, member)| member),
        device: device_name(device.as_deref().or(ctx.request.user_agent.as_deref())),
        ip: ctx.request.ip.clone(),
        created_at: ctx.now,
        last_used_at: ctx.now,
        expires_at: ctx.now + SESSION_LIFETIME,
        ended_at: None,
    };
    let tx = queries::begin(ctx).await?;
    tx.db().insert(inserted(&row)).await?;
    let issued = issue(ctx, &tx.db(), row, None).await?;
    tx.commit().await?;
    Ok(issued)
}

fn inserted(row: &session::Model) -> session::ActiveModel {
    let session::Model {
        id,
        user_id,
        tenant_id,
        member_id,
        device,
        ip,
        created_at,
        last_used_at,
        expires_at,
        ended_at,
    } = row.clone();
    session::ActiveModel {
        id: Set(id),
        user_id: Set(user_id),
        tenant_id: Set(tenant_id),
        member_id: Set(member_id),
        device: Set(device),
        ip: Set(ip),
        created_at: Set(created_at),
        last_used_at: Set(last_used_at),
        expires_at: Set(expires_at),
        ended_at: Set(ended_at),
    }
}

/// What a list of sessions shows for a device.
fn device_name(given: Option<&str>) -> String {
    let visible: String = given
        .unwrap_or("")
        .chars()
        .filter(|c| !c.is_control())
        .take(DEVICE_CHARS)
        .collect();
    match visible.trim() {
        "" => "?".to_owned(),
        name => name.to_owned(),
    }
}

/// Makes the next refresh token, child of `parent`, and an access token.
async fn issue(ctx: &Ctx, db: &GlobalDb<'_>, session: session::Model, parent: Option<Uuid>) -> Result<Issued> {
    let subject = Subject::Session {
        session: session.id,
        user: session.user_id,
        tenant: session.tenant_id,
    };
    let access = ctx.app.tokens.issue(&subject, ctx.now)?;
    let token = OpaqueToken::generate()?;
    db.insert(refresh_token::ActiveModel {
        id: Set(Uuid::now_v7()),
        session_id: Set(session.id),
        parent_id: Set(parent),
        token_hash: Set(token.hash),
        created_at: Set(ctx.now),
        expires_at: Set(session.expires_at.min(ctx.now + REFRESH_LIFETIME)),
        used_at: Set(None),
        dead_at: Set(None),
    })
    .await?;
    Ok(Issued {
        session,
        access,
        refresh: token.text,
    })
}

/// Exchanges a refresh token for new tokens.
pub async fn session_refresh(ctx: &Ctx, token: &str) -> Result<Issued> {
    let hash = OpaqueToken::hash(token);
    let tx = queries::begin(ctx).await?;
    let parent = match exchange(&tx.db(), &hash, ctx.now).await? {
        Exchange::Allowed(parent) => parent,
        Exchange::Refused => return Err(rejected()),
        Exchange::Stolen { session } => {
            let family = Condition::all().add(session::Column::Id.eq(session));
            queries::end_sessions(&tx.db(), family, ctx.now).await?;
            tx.commit().await?;
            tracing::warn!(%session, "a refresh token was used twice: the session has ended");
            return Err(rejected());
        }
    };
    let used = session::ActiveModel {
        last_used_at: Set(ctx.now),
        ip: Set(ctx.request.ip.clone()),
        ..Default::default()
    };
    let live = queries::change_live_session(&tx.db(), parent.session_id, used, ctx.now).await?;
    let issued = issue(ctx, &tx.db(), live.ok_or_else(rejected)?, Some(parent.id)).await?;
    tx.commit().await?;
    Ok(issued)
}

enum Exchange {
    Allowed(refresh_token::Model),
    Refused,
    Stolen { session: Uuid },
}

async fn exchange(db: &GlobalDb<'_>, hash: &[u8], now: DateTime<Utc>) -> Result<Exchange> {
    let this = Condition::all()
        .add(refresh_token::Column::TokenHash.eq(hash.to_vec()))
        .add(refresh_token::Column::ExpiresAt.gt(now));
    if let Some(first) = queries::use_tokens(db, this, now).await?.into_iter().next() {
        return Ok(Exchange::Allowed(first));
    }
    let Some(shown) = queries::lock_token(db, hash).await? else {
        return Ok(Exchange::Refused);
    };
    let stolen = Exchange::Stolen {
        session: shown.session_id,
    };
    match standing(&shown, now) {
        Standing::Expired => Ok(Exchange::Refused),
        Standing::Spent => Ok(stolen),
        // The child must be unused still; if it is not, its holder and this one are two.
        Standing::Repeatable if queries::kill_unused_children(db, &shown, now).await? == 1 => {
            Ok(Exchange::Allowed(shown))
        }
        Standing::Repeatable => Ok(stolen),
    }
}

/// What a token that cannot be used for the first time is good for.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    Expired,
    Repeatable,
    Spent,
}

fn standing(token: &refresh_token::Model, now: DateTime<Utc>) -> Standing {
    match (token.dead_at, token.used_at) {
        (None, None) => Standing::Expired,
        (None, Some(used)) if now <= used + GRACE => Standing::Repeatable,
        _ => Standing::Spent,
    }
}

fn rejected() -> Error {
    Error::user(
        &["refreshToken"],
        UserErrorCode::Rejected,
        Text::fixed(
            "The refresh token is not valid any more: sign in again.",
            "リフレッシュトークンが無効です。もう一度サインインしてください。",
        ),
    )
}

/// Moves the caller's session to another of his companies. The session's access tokens die with it, because they are
/// good for the company that they were made for; the refresh token counts as used, as in a refresh.
pub async fn session_switch(ctx: &Ctx, tenant: Uuid) -> Result<Issued> {
    let (user, session) = ctx.actor.user_session()?;
    let memberships = memberships_of(ctx, user).await?;
    let chosen = memberships.into_iter().find(|membership| membership.tenant == tenant);
    let chosen = chosen.ok_or_else(|| Error::not_found(&["tenantId"]))?;
    let tx = queries::begin(ctx).await?;
    let of_session = Condition::all().add(refresh_token::Column::SessionId.eq(session));
    let used = queries::use_tokens(&tx.db(), of_session, ctx.now).await?;
    let moved = session::ActiveModel {
        tenant_id: Set(Some(chosen.tenant)),
        member_id: Set(Some(chosen.member)),
        last_used_at: Set(ctx.now),
        ..Default::default()
    };
    let live = queries::change_live_session(&tx.db(), session, moved, ctx.now).await?;
    let live = live.ok_or_else(|| ctx.actor.refusal())?;
    let parent = used
        .iter()
        .max_by_key(|token| (token.created_at, token.id))
        .map(|token| token.id);
    let issued = issue(ctx, &tx.db(), live, parent).await?;
    tx.commit().await?;
    Ok(issued)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(used: Option<DateTime<Utc>>, dead: Option<DateTime<Utc>>) -> refresh_token::Model {
        let at = DateTime::UNIX_EPOCH;
        refresh_token::Model {
            id: Uuid::nil(),
            session_id: Uuid::nil(),
            parent_id: None,
            token_hash: Vec::new(),
            created_at: at,
            expires_at: at,
            used_at: used,
            dead_at: dead,
        }
    }

    #[test]
    fn a_used_token_may_be_shown_again_for_a_minute() {
        let used = DateTime::UNIX_EPOCH + Duration::days(1);
        let after = |seconds| standing(&token(Some(used), None), used + Duration::seconds(seconds));
        assert_eq!(after(0), Standing::Repeatable);
        assert_eq!(after(60), Standing::Repeatable);
        assert_eq!(after(61), Standing::Spent);
    }

    #[test]
    fn a_dead_token_is_never_repeatable_and_an_unused_one_has_expired() {
        let at = DateTime::UNIX_EPOCH;
        assert_eq!(standing(&token(None, Some(at)), at), Standing::Spent);
        assert_eq!(standing(&token(Some(at), Some(at)), at), Standing::Spent);
        assert_eq!(standing(&token(None, None), at), Standing::Expired);
    }

    #[test]
    fn a_device_has_a_name_of_bounded_length_without_control_characters() {
        assert_eq!(device_name(Some(" Hanako's phone\n")), "Hanako's phone");
        assert_eq!(device_name(Some("\0")), "?");
        assert_eq!(device_name(None), "?");
        assert_eq!(device_name(Some(&"x".repeat(5_000))).len(), DEVICE_CHARS);
    }
}
