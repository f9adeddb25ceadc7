//! What every slice stands on. Knows no domain noun and imports no slice.

pub mod auth;
pub mod combiner;
pub mod ctx;
pub mod documents;
pub mod events;
pub mod graphql;
pub mod http;
pub mod idempotency;
pub mod jobs;
pub mod operation;
pub mod telemetry;
pub mod tenancy;

pub use ctx::Ctx;
