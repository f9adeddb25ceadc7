//! Whether the process lives and may be sent requests, and the keys that verify its tokens.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use serde_json::json;

use crate::app::App;

pub(super) fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/livez", web::get().to(live))
        .route("/readyz", web::get().to(ready))
        .route("/.well-known/jwks.json", web::get().to(jwks));
}

async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "ok" }))
}

async fn ready(app: web::Data<App>) -> HttpResponse {
    match app.database.ping().await {
        Ok(()) => HttpResponse::Ok().json(json!({ "status": "ok" })),
        Err(error) => {
            tracing::warn!(%error, "not ready: the database does not answer");
            HttpResponse::ServiceUnavailable().json(json!({ "status": "database" }))
        }
    }
}

async fn jwks(app: web::Data<App>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "public, max-age=300"))
        .json(app.keys.jwks(app.clock.now()))
}
