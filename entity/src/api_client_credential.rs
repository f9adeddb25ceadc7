//! Table `api_client_credential`.

use sea_orm::entity::prelude::*;

/// A program's secret, found before its company is known.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "api_client_credential")]
pub struct Model {
    /// The program's row in `api_client`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub client_id: Uuid,
    /// The company that the row belongs to.
    pub tenant_id: Uuid,
    /// Hash of the secret; the secret itself is not kept.
    pub secret_hash: Vec<u8>,
    /// When the row was made.
    pub created_at: DateTimeUtc,
    /// When it lost its access; empty while it has it.
    pub revoked_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
