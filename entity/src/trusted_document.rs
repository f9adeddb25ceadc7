//! Table `trusted_document`.

use sea_orm::entity::prelude::*;

/// A document that was published for an API client.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "trusted_document")]
pub struct Model {
    /// The company that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The API client.
    #[sea_orm(primary_key, auto_increment = false)]
    pub api_client_id: Uuid,
    /// The id that its tools gave the document.
    #[sea_orm(primary_key, auto_increment = false)]
    pub document_id: String,
    /// SHA-256 of the text.
    pub sha256: Vec<u8>,
    /// The text.
    pub document: String,
    /// Length of the text in bytes.
    pub bytes: i64,
    /// When it was published.
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
