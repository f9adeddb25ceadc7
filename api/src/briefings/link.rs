//! The link to a page: sealed, so that nobody makes one up or reads what it names, and good for a while only.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use domain::lang::Lang;
use domain::policy::Role;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::gather::brief;
use super::page;
use crate::app::App;
use crate::error::{Error, Result};
use crate::platform::Ctx;
use crate::platform::auth::{Actor, tenant_settings};
use crate::platform::ctx::RequestInfo;
use crate::platform::http::SignedPages;
use crate::{handovers, members};

/// A link opens nothing else than what it was sealed for.
const PURPOSE: &[u8] = b"briefing link";
/// Minutes that a link may be good for.
pub const MOST_MINUTES: i32 = 7 * 24 * 60;

/// What a link leads to.
#[derive(Serialize, Deserialize)]
struct Link {
    tenant: Uuid,
    handover: Uuid,
    /// Whoever asked for it: the page shows what he may see.
    member: Uuid,
    is_japanese: bool,
    expires_at: DateTime<Utc>,
}

/// The address of a page on a handover, and until when it is good. Only members have links: `None` for anybody else.
pub fn seal(ctx: &Ctx, handover: Uuid, minutes: i32) -> Result<Option<(String, DateTime<Utc>)>> {
    let Some(member) = ctx.actor.member() else {
        return Ok(None);
    };
    let expires_at = ctx.now + Duration::minutes(i64::from(minutes));
    let link = Link {
        tenant: ctx.tenant()?.id,
        handover,
        member,
        is_japanese: ctx.request.lang == Lang::Ja,
        expires_at,
    };
    let plain = serde_json::to_vec(&link).map_err(Error::internal)?;
    let sealed = URL_SAFE_NO_PAD.encode(ctx.app.secret.seal(&plain, PURPOSE)?);
    let base = ctx.app.config.public_url.trim_end_matches('/');
    Ok(Some((format!("{base}/pages/{sealed}"), expires_at)))
}

/// Opens links to briefings.
pub struct BriefingPages;

impl SignedPages for BriefingPages {
    fn open<'a>(
        &'a self,
        app: Arc<App>,
        link: &'a str,
        request: RequestInfo,
    ) -> Pin<Box<dyn Future<Output = Result<Option<String>>> + 'a>> {
        Box::pin(open(app, link, request))
    }
}

async fn open(app: Arc<App>, link: &str, request: RequestInfo) -> Result<Option<String>> {
    let sealed = URL_SAFE_NO_PAD.decode(link).ok();
    let plain = sealed.and_then(|sealed| app.secret.open(&sealed, PURPOSE));
    let Some(link) = plain.and_then(|plain| serde_json::from_slice::<Link>(&plain).ok()) else {
        return Ok(None);
    };
    if link.expires_at <= app.clock.now() {
        return Ok(None);
    }
    let Some(settings) = tenant_settings(&app, link.tenant).await? else {
        return Ok(None);
    };
    let db = app.database.tenant_read(link.tenant, &Arc::default()).await?;
    let member = members::service::member_find_active(&db, link.member).await?;
    db.end().await?;
    let Some(member) = member else { return Ok(None) };
    let actor = Actor::Member {
        user: member.user_id,
        session: Uuid::nil(),
        member: member.id,
        role: member.role.parse::<Role>().map_err(Error::internal)?,
    };
    let lang = if link.is_japanese { Lang::Ja } else { Lang::En };
    let ctx = Ctx::new(app, actor, Some(settings), RequestInfo { lang, ..request });
    let html = shown(&ctx, link.handover).await;
    ctx.end_read().await?;
    html
}

async fn shown(ctx: &Ctx, handover: Uuid) -> Result<Option<String>> {
    let Some(row) = handovers::service::handover_find(ctx, handover).await? else {
        return Ok(None);
    };
    let Some(briefed) = brief(ctx, &[row.account_id]).await?.remove(&row.account_id) else {
        return Ok(None);
    };
    let db = ctx.read().await?;
    let (proven, _) = handovers::service::continuity_of_one(ctx, &db, &row).await?;
    let mut ids = vec![row.from_member_id, row.to_member_id];
    if let Some(path) = &briefed.path {
        let met = path.path.people.iter().flat_map(|place| &place.met_by);
        ids.extend(met.map(|meeting| meeting.member));
    }
    ids.sort_unstable();
    ids.dedup();
    let members = members::service::member_find_many(ctx, &db, &ids).await?;
    page::html(ctx, &row, &briefed, &proven, &members).map(Some)
}
