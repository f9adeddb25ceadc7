//! API clients: partners' integrations of one tenant, each with the scopes it was made with.
//!
//! * The secret is shown once; the database keeps its hash, outside the tenant's tables, because who shows it has not
//!   said which tenant it is of.
//! * A client exchanges its secret for a short token. Scopes and revocation are looked up at every request, so a
//!   revoked client's tokens are void at once.
//! * Documents are published for a client from the manifests of its tools. Its mode says whether it may send others;
//!   `platform::documents` holds it to that.

pub mod document_schema;
mod documents;
mod exchange;
mod loaders;
mod manifest;
mod queries;
pub mod schema;
pub mod service;

pub use document_schema::ApiClientDocumentMutation;
pub use loaders::ApiClientById;
pub use schema::{ApiClient, ApiClientMutation, ApiClientQuery};

use crate::platform::graphql::{Gid, IdKind};

/// Names API clients.
pub struct ApiClientKind;

impl IdKind for ApiClientKind {
    const PREFIX: &'static str = "acli";
    const NOUN: &'static str = "an API client";
}

/// The id of an API client.
pub type ApiClientId = Gid<ApiClientKind>;
