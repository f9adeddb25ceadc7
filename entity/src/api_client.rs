//! Table `api_client`.

use sea_orm::entity::prelude::*;

/// A program that works for a company. Its secret stands in `api_client_credential`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "api_client")]
pub struct Model {
    /// The company that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Id, a UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Name that the company gave it.
    pub name: String,
    /// Array of the scopes it may use, such as `accounts:read`.
    pub scopes: Json,
    /// Member who made it.
    pub created_by_id: Uuid,
    /// When the row was made.
    pub created_at: DateTimeUtc,
    /// When it lost its access; empty while it has it.
    pub revoked_at: Option<DateTimeUtc>,
    /// When it last asked for a token.
    pub last_used_at: Option<DateTimeUtc>,
    /// Which documents it may send: `OFF`, `LOG` or `ENFORCE`.
    pub document_mode: String,
    /// When documents were last published for it or deleted.
    pub documents_changed_at: Option<DateTimeUtc>,
    /// Counts the changes.
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}
