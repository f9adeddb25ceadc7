//! The way in over HTTP.

mod graphiql;
mod graphql;
mod guard;
mod headers;
mod health;
mod uploads;

use actix_web::web;

pub use graphql::Engine;
pub use uploads::UploadSink;

/// Everything the server answers.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.configure(graphql::configure)
        .configure(health::configure)
        .configure(uploads::configure)
        .configure(graphiql::configure);
}
