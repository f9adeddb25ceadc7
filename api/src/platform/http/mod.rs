//! The way in over HTTP.

mod event_stream;
mod graphiql;
mod graphql;
mod headers;
mod health;
mod negotiate;
mod reply;
mod socket;
mod uploads;

use actix_cors::Cors;
use actix_web::web;

pub use uploads::UploadSink;

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
        .expose_headers(["idempotency-replayed", "retry-after", "x-request-id"])
        .max_age(PREFLIGHT_SECONDS);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}

/// Everything the server answers.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.configure(graphql::configure)
        .configure(health::configure)
        .configure(uploads::configure)
        .configure(graphiql::configure);
}
