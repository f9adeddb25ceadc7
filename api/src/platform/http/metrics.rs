//! `/metrics`, for those who watch over the server: not for its clients.

use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, HttpResponse, web};
use aws_lc_rs::constant_time::verify_slices_are_equal;

use super::headers;
use crate::app::App;

/// Prometheus' text format.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/metrics", web::get().to(metrics));
}

async fn metrics(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    if !may_ask(&app, &request) {
        // As any path that there is not.
        return super::not_found(app, request).await;
    }
    let open_streams = app.config.max_streams.saturating_sub(app.streams.available_permits());
    let text = app.metrics.render(&app.database.pools(), open_streams);
    let info = headers::request_info(&request, app.config.trusted_proxies);
    super::reply::builder(StatusCode::OK, info.id)
        .insert_header((CONTENT_TYPE, TEXT))
        .body(text)
}

/// Whoever brings the token; when there is none, whoever sits on this machine, unless a proxy does.
fn may_ask(app: &App, request: &HttpRequest) -> bool {
    match app.config.metrics_token() {
        Some(token) => headers::bearer(request)
            .is_some_and(|shown| verify_slices_are_equal(token.as_bytes(), shown.as_bytes()).is_ok()),
        None => app.config.trusted_proxies == 0 && request.peer_addr().is_some_and(|peer| peer.ip().is_loopback()),
    }
}
