//! Whether the process lives and may be sent requests, and the keys that verify its tokens.

use std::time::Duration;

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use serde_json::json;

use crate::app::App;

/// A check that takes longer has failed.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);

pub(super) fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/livez", web::get().to(live))
        .route("/readyz", web::get().to(ready))
        .route("/.well-known/jwks.json", web::get().to(jwks));
}

async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "ok" }))
}

/// Whether requests should be sent here: what does not hold is named. Jobs that fail are named too, but do not keep
/// requests away: they fail in every process alike, and those requests can be answered.
async fn ready(app: web::Data<App>) -> HttpResponse {
    let jobs = app.jobs.state();
    let is_closing = app.closing.has_begun();
    let missing = match tokio::time::timeout(CHECK_TIMEOUT, app.database.missing_migrations()).await {
        Ok(Ok(missing)) => Some(missing),
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready: the database does not answer");
            None
        }
        Err(_late) => {
            tracing::warn!("not ready: the database does not answer in time");
            None
        }
    };
    let is_ready = missing == Some(0) && jobs.ended.is_empty() && !is_closing;
    let word = |is_good, bad: &'static str| if is_good { "ok" } else { bad };
    let body = json!({
        "status": word(is_ready, "unavailable"),
        "process": word(!is_closing, "stopping"),
        "database": word(missing.is_some(), "unavailable"),
        "migrations": match missing {
            None => "unknown",
            Some(missing) => word(missing == 0, "missing"),
        },
        "jobs": { "ended": jobs.ended, "failing": jobs.failing },
    });
    if is_ready {
        HttpResponse::Ok().json(body)
    } else {
        HttpResponse::ServiceUnavailable().json(body)
    }
}

async fn jwks(app: web::Data<App>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "public, max-age=300"))
        .json(app.keys.jwks(app.clock.now()))
}
