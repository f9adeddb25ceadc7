//! From the `Authorization` header to the actor, as the database knows it now.

use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use domain::lang::Text;
use domain::policy::Role;
use domain::risk::{Borders, Rules, Terms};
use entity::{api_client, member, session, tenant};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryResult, QuerySelect, RelationDef,
    Select,
};
use uuid::Uuid;

use super::leases::Leases;
use super::{Actor, Subject};
use crate::app::App;
use crate::error::{Error, Result};
use crate::platform::ctx::{Ctx, RequestInfo, TenantSettings};
use crate::platform::tenancy::TenantDb;

/// Makes the context of a request. A token that is not valid gives an anonymous actor that remembers why, so that
/// signing in and refreshing still work with a stale header. The transaction that found the actor is the request's: what
/// it reads afterwards is of the same moment. Whom the database knew a moment ago it is not asked about again:
/// see [`Leases`].
pub async fn authenticate(app: &Arc<App>, bearer: Option<&str>, request: RequestInfo) -> Result<Arc<Ctx>> {
    context(app, bearer, request, Some(&app.leases)).await
}

/// The same, asking the database in any case: for what nobody asked for at this moment.
pub async fn authenticate_anew(app: &Arc<App>, bearer: Option<&str>, request: RequestInfo) -> Result<Arc<Ctx>> {
    context(app, bearer, request, None).await
}

async fn context(
    app: &Arc<App>,
    bearer: Option<&str>,
    request: RequestInfo,
    leases: Option<&Leases>,
) -> Result<Arc<Ctx>> {
    let known = match bearer {
        None => Known::nobody(None),
        Some(token) => match recognise(app, token, leases).await? {
            Ok(known) => known,
            Err(why) => Known::nobody(Some(why)),
        },
    };
    Ok(Arc::new(
        Ctx::new(Arc::clone(app), known.actor, known.tenant, request).reading(known.read),
    ))
}

/// Who asks, as far as it is known.
struct Known {
    actor: Actor,
    tenant: Option<TenantSettings>,
    /// The transaction that found him.
    read: Option<TenantDb>,
    /// Until when he is known so, if nothing changes.
    until: DateTime<Utc>,
}

impl Known {
    fn nobody(refused: Option<Text>) -> Self {
        Self {
            actor: Actor::Anonymous { refused },
            tenant: None,
            read: None,
            until: DateTime::<Utc>::MIN_UTC,
        }
    }

    /// A person with a session, but of no company.
    fn person(user: Uuid, session: Uuid) -> Self {
        Self {
            actor: Actor::User { user, session },
            ..Self::nobody(None)
        }
    }
}

type Recognised = std::result::Result<Known, Text>;

async fn recognise(app: &Arc<App>, token: &str, leases: Option<&Leases>) -> Result<Recognised> {
    let (now, asked) = (app.clock.now(), Instant::now());
    let statements = Arc::default();
    let db = app.database.global(&statements);
    let subject = match app.tokens.verify(token, now, &db, &app.secret).await? {
        Ok(subject) => subject,
        Err(why) => return Ok(Err(why)),
    };
    if let Some((actor, tenant)) = leases.and_then(|leases| leases.get(&subject, now)) {
        return Ok(Ok(Known {
            actor,
            tenant: Some(tenant),
            ..Known::nobody(None)
        }));
    }
    let recognised = ask(app, &subject, now).await?;
    if let Ok(Known {
        actor,
        tenant: Some(tenant),
        until,
        ..
    }) = &recognised
    {
        app.leases.keep(subject, (actor.clone(), tenant.clone()), asked, *until);
    }
    Ok(recognised)
}

/// Whom the database takes this for now.
async fn ask(app: &Arc<App>, subject: &Subject, now: DateTime<Utc>) -> Result<Recognised> {
    match *subject {
        Subject::Session {
            session,
            user,
            tenant: Some(tenant),
        } => match member_with(app, (session, user, tenant), now).await? {
            Some(known) => Ok(Ok(known)),
            None => person_with(app, (session, user, Some(tenant)), now).await,
        },
        Subject::Session { session, user, tenant } => person_with(app, (session, user, tenant), now).await,
        Subject::Client { client, tenant } => client_of(app, client, tenant).await,
    }
}

/// What requests need to know of a tenant, as its row has it.
struct SettingsRow {
    id: Uuid,
    country: String,
    time_zone: String,
    currency: String,
    visibility: String,
    borders: [f64; 3],
    gross_margin: f64,
    discount_rate: f64,
    touch_cadence_days: i16,
    complaint_target_days: i16,
    continuity_threshold: i16,
}

impl SettingsRow {
    /// Its columns, in the order that [`read`](Self::read) has them.
    const COLUMNS: [tenant::Column; 13] = [
        tenant::Column::Id,
        tenant::Column::TimeZone,
        tenant::Column::Currency,
        tenant::Column::AccountVisibility,
        tenant::Column::RiskMedium,
        tenant::Column::RiskHigh,
        tenant::Column::RiskCritical,
        tenant::Column::ContinuityThreshold,
        tenant::Column::Country,
        tenant::Column::GrossMargin,
        tenant::Column::DiscountRate,
        tenant::Column::TouchCadenceDays,
        tenant::Column::ComplaintTargetDays,
    ];

    /// Reads its columns, of which the first is at the place `at`.
    fn read(row: &QueryResult, at: usize) -> std::result::Result<Self, DbErr> {
        Ok(Self {
            id: row.try_get_by_index(at)?,
            country: row.try_get_by_index(at + 8)?,
            time_zone: row.try_get_by_index(at + 1)?,
            currency: row.try_get_by_index(at + 2)?,
            visibility: row.try_get_by_index(at + 3)?,
            borders: [
                row.try_get_by_index(at + 4)?,
                row.try_get_by_index(at + 5)?,
                row.try_get_by_index(at + 6)?,
            ],
            continuity_threshold: row.try_get_by_index(at + 7)?,
            gross_margin: row.try_get_by_index(at + 9)?,
            discount_rate: row.try_get_by_index(at + 10)?,
            touch_cadence_days: row.try_get_by_index(at + 11)?,
            complaint_target_days: row.try_get_by_index(at + 12)?,
        })
    }
}

impl From<tenant::Model> for SettingsRow {
    fn from(row: tenant::Model) -> Self {
        Self {
            id: row.id,
            country: row.country,
            time_zone: row.time_zone,
            currency: row.currency,
            visibility: row.account_visibility,
            borders: [row.risk_medium, row.risk_high, row.risk_critical],
            continuity_threshold: row.continuity_threshold,
            gross_margin: row.gross_margin,
            discount_rate: row.discount_rate,
            touch_cadence_days: row.touch_cadence_days,
            complaint_target_days: row.complaint_target_days,
        }
    }
}

/// A member, his role, and what requests need to know of his tenant.
struct MemberRow {
    member: Uuid,
    role: String,
    /// When the session ends.
    until: DateTime<Utc>,
    tenant: SettingsRow,
}

impl FromQueryResult for MemberRow {
    fn from_query_result(row: &QueryResult, _: &str) -> std::result::Result<Self, DbErr> {
        Ok(Self {
            member: row.try_get_by_index(0)?,
            role: row.try_get_by_index(1)?,
            tenant: SettingsRow::read(row, 2)?,
            until: row.try_get_by_index(2 + SettingsRow::COLUMNS.len())?,
        })
    }
}

/// These columns, and behind them those of [`SettingsRow`].
fn with_tenant<E: EntityTrait>(
    select: Select<E>,
    columns: impl IntoIterator<Item = E::Column>,
    relation: RelationDef,
) -> Select<E> {
    select
        .select_only()
        .columns(columns)
        .columns(SettingsRow::COLUMNS)
        .join(JoinType::InnerJoin, relation)
}

/// The member whose session this is, in one statement; nothing when anything of it does not hold.
async fn member_with(
    app: &Arc<App>,
    (session, user, tenant): (Uuid, Uuid, Uuid),
    now: DateTime<Utc>,
) -> Result<Option<Known>> {
    let of_session = member::Entity::belongs_to(session::Entity)
        .from((member::Column::TenantId, member::Column::Id))
        .to((session::Column::TenantId, session::Column::MemberId))
        .into();
    let of_tenant = member::Entity::belongs_to(tenant::Entity)
        .from(member::Column::TenantId)
        .to(tenant::Column::Id)
        .into();
    let select = member::Entity::find()
        .join(JoinType::InnerJoin, of_session)
        .filter(session::Column::Id.eq(session))
        .filter(session::Column::UserId.eq(user))
        .filter(session::Column::EndedAt.is_null())
        .filter(session::Column::ExpiresAt.gt(now))
        .filter(member::Column::UserId.eq(user))
        .filter(member::Column::EndedAt.is_null());
    let db = app.database.tenant_read(tenant, &Arc::default()).await?;
    let columns = [member::Column::Id, member::Column::Role];
    let select = with_tenant(select, columns, of_tenant).column(session::Column::ExpiresAt);
    let row: Option<MemberRow> = db.rows(select).await?.pop();
    let Some(row) = row else {
        db.end().await?;
        return Ok(None);
    };
    let role: Role = row
        .role
        .parse()
        .map_err(|_| Error::internal("unknown role in the database"))?;
    Ok(Some(Known {
        actor: Actor::Member {
            user,
            session,
            member: row.member,
            role,
        },
        tenant: Some(settings(row.tenant)?),
        read: Some(db),
        until: row.until,
    }))
}

/// The person whose session this is, who is of no company (any more); or why it is nobody's.
async fn person_with(
    app: &Arc<App>,
    (session, user, issued_for): (Uuid, Uuid, Option<Uuid>),
    now: DateTime<Utc>,
) -> Result<Recognised> {
    let row = app
        .database
        .global(&Arc::default())
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
    Ok(Ok(Known::person(user, session)))
}

/// What an API client may do, and what requests need to know of its tenant.
struct ClientRow {
    scopes: serde_json::Value,
    document_mode: String,
    tenant: SettingsRow,
}

impl FromQueryResult for ClientRow {
    fn from_query_result(row: &QueryResult, _: &str) -> std::result::Result<Self, DbErr> {
        Ok(Self {
            scopes: row.try_get_by_index(0)?,
            document_mode: row.try_get_by_index(1)?,
            tenant: SettingsRow::read(row, 2)?,
        })
    }
}

async fn client_of(app: &Arc<App>, client: Uuid, tenant: Uuid) -> Result<Recognised> {
    let of_tenant = api_client::Entity::belongs_to(tenant::Entity)
        .from(api_client::Column::TenantId)
        .to(tenant::Column::Id)
        .into();
    let select = api_client::Entity::find()
        .filter(api_client::Column::Id.eq(client))
        .filter(api_client::Column::RevokedAt.is_null());
    let db = app.database.tenant_read(tenant, &Arc::default()).await?;
    let columns = [api_client::Column::Scopes, api_client::Column::DocumentMode];
    let row: Option<ClientRow> = db.rows(with_tenant(select, columns, of_tenant)).await?.pop();
    let Some(row) = row else {
        db.end().await?;
        return Ok(Err(Text::fixed(
            "The API client was revoked.",
            "このAPIクライアントは無効になりました。",
        )));
    };
    let names: Vec<String> = serde_json::from_value(row.scopes).map_err(Error::internal)?;
    Ok(Ok(Known {
        actor: Actor::Client {
            client,
            scopes: names.iter().filter_map(|name| name.parse().ok()).collect(),
            documents: row.document_mode.parse().map_err(Error::internal)?,
        },
        tenant: Some(settings(row.tenant)?),
        read: Some(db),
        until: DateTime::<Utc>::MAX_UTC,
    }))
}

/// What requests need to know of a tenant.
pub async fn tenant_settings(app: &App, tenant: Uuid) -> Result<Option<TenantSettings>> {
    let row = app
        .database
        .global(&Arc::default())
        .one(tenant::Entity::find_by_id(tenant))
        .await?;
    row.map(|row| settings(row.into())).transpose()
}

fn settings(row: SettingsRow) -> Result<TenantSettings> {
    let bad = |what: &str| Error::internal(format!("unknown {what} in the tenant's row"));
    let [medium, high, critical] = row.borders;
    Ok(TenantSettings {
        id: row.id,
        country: row.country,
        zone: row.time_zone.parse().map_err(|_| bad("time zone"))?,
        currency: row.currency,
        visibility: row.visibility.parse().map_err(|_| bad("visibility"))?,
        borders: Borders::new(medium, high, critical).map_err(Error::internal)?,
        terms: Terms::new(row.gross_margin, row.discount_rate).map_err(Error::internal)?,
        rules: Rules::new(row.touch_cadence_days.into(), row.complaint_target_days.into()).map_err(Error::internal)?,
        continuity_threshold: u8::try_from(row.continuity_threshold).map_err(|_| bad("threshold"))?,
    })
}
