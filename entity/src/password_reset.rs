//! Table `password_reset`.

use sea_orm::entity::prelude::*;

/// A link to choose a new password.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "password_reset")]
pub struct Model {
    /// Id, a UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose password.
    pub user_id: Uuid,
    /// Hash of the secret in the link.
    pub token_hash: Vec<u8>,
    /// When the row was made.
    pub created_at: DateTimeUtc,
    /// Until when it may be used.
    pub expires_at: DateTimeUtc,
    /// When it was used.
    pub used_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
