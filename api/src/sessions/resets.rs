//! Setting a new password without knowing the old one, by a link sent to the e-mail address.

use std::sync::Arc;
use std::time::Duration as Wait;

use chrono::{DateTime, Duration, Utc};
use domain::lang::Text;
use entity::{password_reset, session};
use sea_orm::{ColumnTrait, Condition, Set};
use uuid::Uuid;

use super::passwords::{replace, require_strong, void_resets};
use super::people::Names;
use super::queries;
use crate::app::App;
use crate::error::{Error, Result, UserErrorCode};
use crate::platform::Ctx;
use crate::platform::auth::{Message, OpaqueToken, fold_email, link};

/// A link is good for an hour.
const LIFETIME: Duration = Duration::hours(1);
/// A request is answered after this time, whether or not there was anything to do.
const ANSWER_AFTER: Wait = Wait::from_millis(250);

/// Sends a link to the address if somebody has it. The answer says nothing about that, neither in words nor in time:
/// the work goes on beside it, and the answer comes after a fixed time.
pub async fn password_reset_request(ctx: &Ctx, email: &str) -> Result<()> {
    let email = fold_email(email);
    ctx.app
        .throttle
        .attempt(&format!("reset {email}"), ctx.request.ip.as_deref())?;
    let (app, now, request) = (Arc::clone(&ctx.app), ctx.now, ctx.request.id);
    tokio::spawn(async move {
        if let Err(error) = send_link(&app, &email, now).await {
            tracing::error!(request_id = %request, %error, "sending a link to reset a password failed");
        }
    });
    tokio::time::sleep(ANSWER_AFTER).await;
    Ok(())
}

async fn send_link(app: &App, email: &str, now: DateTime<Utc>) -> Result<()> {
    let statements = Arc::default();
    let Some(person) = queries::user_by_email(&app.database.global(&statements), email).await? else {
        return Ok(());
    };
    let token = OpaqueToken::generate()?;
    let tx = app.database.global_tx(&statements).await?;
    tx.db()
        .insert(password_reset::ActiveModel {
            id: Set(Uuid::now_v7()),
            user_id: Set(person.id),
            token_hash: Set(token.hash),
            created_at: Set(now),
            expires_at: Set(now + LIFETIME),
            used_at: Set(None),
        })
        .await?;
    tx.commit().await?;
    app.courier.deliver(Message {
        to: person.email,
        subject: "Reset your password",
        link: link(&app.config.public_url, "password-reset", &token.text),
    });
    Ok(())
}

/// Sets a new password with a link's token, once, and ends all sessions of the person.
pub async fn password_reset(ctx: &Ctx, token: &str, new: String) -> Result<()> {
    let found = queries::open_reset(&ctx.global().await?, &OpaqueToken::hash(token), ctx.now).await?;
    let reset = found.ok_or_else(rejected)?;
    let person = queries::user(&ctx.global().await?, reset.user_id)
        .await?
        .ok_or_else(rejected)?;
    require_strong(ctx, &new, &person.email, &Names::from(&person), "newPassword").await?;
    let hash = ctx.app.passwords.hash(new).await?;
    let tx = queries::begin(ctx).await?;
    let this = Condition::all().add(password_reset::Column::Id.eq(reset.id));
    let first = queries::use_resets(&tx.db(), this, ctx.now).await? == 1;
    if !first || !replace(&tx.db(), &person, hash).await? {
        return Err(rejected());
    }
    let all = Condition::all().add(session::Column::UserId.eq(person.id));
    queries::end_sessions(&tx.db(), all, ctx.now).await?;
    void_resets(ctx, &tx.db(), person.id).await?;
    tx.commit().await?;
    Ok(())
}

fn rejected() -> Error {
    Error::user(
        &["token"],
        UserErrorCode::Rejected,
        Text::fixed(
            "The link is not valid, was used or has expired: ask for a new one.",
            "リンクが無効か、使用済みか、有効期限切れです。もう一度請求してください。",
        ),
    )
}
