//! Table `refresh_token`.

use sea_orm::entity::prelude::*;

/// A token that a session renews itself with, once.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "refresh_token")]
pub struct Model {
    /// Id, a UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Session.
    pub session_id: Uuid,
    /// Token that it replaced; empty for a session's first.
    pub parent_id: Option<Uuid>,
    /// Hash of the token.
    pub token_hash: Vec<u8>,
    /// When the row was made.
    pub created_at: DateTimeUtc,
    /// Until when it may be used.
    pub expires_at: DateTimeUtc,
    /// When it was replaced.
    pub used_at: Option<DateTimeUtc>,
    /// When it lost all use unused: the token that it replaced was exchanged again.
    pub dead_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
