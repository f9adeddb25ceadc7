//! The way in over HTTP.

mod event_stream;
mod graphiql;
mod graphql;
mod headers;
mod health;
mod leaving;
mod metrics;
mod negotiate;
mod pages;
mod reply;
mod socket;
mod uploads;

use actix_cors::Cors;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

pub use leaving::{last_answers, let_nobody_in};
pub use pages::SignedPages;
pub use uploads::UploadSink;

use crate::app::App;
use crate::error::Error;
use crate::platform::operation::Refusal;

/// How long a browser may remember what a preflight answered, in seconds: as long as Chromium does at most.
const PREFLIGHT_SECONDS: usize = 7_200;

/// Lets pages of these origins call the API. Pages of others get no leave from the browser; nothing here goes by
/// cookies, so there is nothing else that they could use.
pub fn cors(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allowed_methods(["GET", "POST"])
        .allowed_headers([
            "accept",
            "accept-language",
            "authorization",
            "content-type",
            "idempotency-key",
            "traceparent",
            "tracestate",
        ])
        .expose_headers(["idempotency-replayed", "retry-after", "traceresponse", "x-request-id"])
        .max_age(PREFLIGHT_SECONDS);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}

/// Everything the server answers.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.configure(graphql::configure)
        .configure(health::configure)
        .configure(metrics::configure)
        .configure(uploads::configure)
        .configure(pages::configure)
        .configure(graphiql::configure)
        .default_service(web::to(not_found));
}

/// Any other path.
async fn not_found(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let info = headers::request_info(&request, app.config.trusted_proxies);
    let refusal = Refusal::new(
        StatusCode::NOT_FOUND,
        Error::bad_input(
            "There is nothing here: the API is at /graphql.",
            "見つかりません（APIは/graphqlです）。",
        ),
    );
    reply::refusal(&request, &refusal, info.lang, info.id).await
}
