//! From the `Authorization` header to the actor, as the database knows it now.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::lang::Text;
use domain::policy::{Role, Scope};
use domain::risk::Borders;
use entity::{api_client, member, session, tenant};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::{Actor, Subject};
use crate::app::App;
use crate::error::{Error, Result};
use crate::platform::ctx::{Ctx, RequestInfo, TenantSettings};

/// Makes the context of a request. A token that is not valid gives an anonymous actor that remembers why, so that
/// signing in and refreshing still work with a stale header.
pub async fn authenticate(app: &Arc<App>, bearer: Option<&str>, request: RequestInfo) -> Result<Arc<Ctx>> {
    let now = app.clock.now();
    let (actor, tenant) = match bearer {
        None => (Actor::Anonymous { refused: None }, None),
        Some(token) => match recognise(app, token, now).await? {
            Ok(known) => known,
            Err(why) => (Actor::Anonymous { refused: Some(why) }, None),
        },
    };
    Ok(Arc::new(Ctx::new(Arc::clone(app), actor, tenant, request)))
}

type Recognised = std::result::Result<(Actor, Option<TenantSettings>), Text>;

async fn recognise(app: &Arc<App>, token: &str, now: DateTime<Utc>) -> Result<Recognised> {
    let statements = Arc::default();
    let db = app.database.global(&statements);
    let subject = match app.tokens.verify(token, now, &db, &app.secret).await {
        Ok(subject) => subject,
        Err(why) => return Ok(Err(why)),
    };
    match subject {
        Subject::Session { session, user, tenant } => of_session(app, (session, user, tenant), now).await,
        Subject::Client { client, tenant } => of_client(app, client, tenant).await,
    }
}

async fn of_session(
    app: &Arc<App>,
    (session, user, issued_for): (Uuid, Uuid, Option<Uuid>),
    now: DateTime<Utc>,
) -> Result<Recognised> {
    let statements = Arc::default();
    let row = app
        .database
        .global(&statements)
        .one(session::Entity::find_by_id(session).filter(session::Column::UserId.eq(user)))
        .await?;
    let Some(row) = row.filter(|row| row.ended_at.is_none() && row.expires_at > now) else {
        return Ok(Err(Text::fixed(
            "The session has ended: sign in again.",
            "セッションは終了しました。もう一度サインインしてください。",
        )));
    };
    if row.tenant_id != issued_for {
        return Ok(Err(Text::fixed(
            "The session was switched to another company: use the tokens that sessionSwitch gave.",
            "セッションは別の会社に切り替えられました（sessionSwitchで発行されたトークンを使用してください）。",
        )));
    }
    let (Some(tenant), Some(member)) = (row.tenant_id, row.member_id) else {
        return Ok(Ok((Actor::User { user, session }, None)));
    };
    let Some(settings) = tenant_settings(app, tenant).await? else {
        return Ok(Ok((Actor::User { user, session }, None)));
    };
    let db = app.database.tenant_read(tenant, &statements).await?;
    let found = db
        .one(member::Entity::find().filter(member::Column::Id.eq(member)))
        .await?;
    db.end().await?;
    match found.filter(|found| found.ended_at.is_none() && found.user_id == user) {
        Some(found) => {
            let role: Role = found
                .role
                .parse()
                .map_err(|_| Error::internal("unknown role in the database"))?;
            Ok(Ok((
                Actor::Member {
                    user,
                    session,
                    member,
                    role,
                },
                Some(settings),
            )))
        }
        // Removed from the company: still a person with a session, but of no company.
        None => Ok(Ok((Actor::User { user, session }, None))),
    }
}

async fn of_client(app: &Arc<App>, client: Uuid, tenant: Uuid) -> Result<Recognised> {
    let statements = Arc::default();
    let Some(settings) = tenant_settings(app, tenant).await? else {
        return Ok(Err(unknown_client()));
    };
    let db = app.database.tenant_read(tenant, &statements).await?;
    let found = db
        .one(api_client::Entity::find().filter(api_client::Column::Id.eq(client)))
        .await?;
    db.end().await?;
    match found.filter(|found| found.revoked_at.is_none()) {
        Some(found) => {
            let names: Vec<String> = serde_json::from_value(found.scopes).map_err(Error::internal)?;
            let scopes: Vec<Scope> = names.iter().filter_map(|name| name.parse().ok()).collect();
            let documents = found.document_mode.parse().map_err(Error::internal)?;
            Ok(Ok((
                Actor::Client {
                    client,
                    scopes,
                    documents,
                },
                Some(settings),
            )))
        }
        None => Ok(Err(unknown_client())),
    }
}

fn unknown_client() -> Text {
    Text::fixed("The API client was revoked.", "このAPIクライアントは無効になりました。")
}

/// What requests need to know of a tenant.
pub async fn tenant_settings(app: &App, tenant: Uuid) -> Result<Option<TenantSettings>> {
    let statements = Arc::default();
    let row = app
        .database
        .global(&statements)
        .one(tenant::Entity::find_by_id(tenant))
        .await?;
    row.map(|row| {
        let bad = |what: &str| Error::internal(format!("unknown {what} in the tenant's row"));
        Ok(TenantSettings {
            id: row.id,
            zone: row.time_zone.parse().map_err(|_| bad("time zone"))?,
            currency: row.currency,
            visibility: row.account_visibility.parse().map_err(|_| bad("visibility"))?,
            borders: Borders::new(row.risk_medium, row.risk_high, row.risk_critical).map_err(Error::internal)?,
            continuity_threshold: u8::try_from(row.continuity_threshold).map_err(|_| bad("threshold"))?,
        })
    })
    .transpose()
}
