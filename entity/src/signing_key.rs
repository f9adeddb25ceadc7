//! Table `signing_key`.

use sea_orm::entity::prelude::*;

/// A key that access tokens are signed with.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "signing_key")]
pub struct Model {
    /// Name of the key in a token's header.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kid: String,
    /// Ed25519 private key, sealed with the server's secret.
    pub sealed_private_key: Vec<u8>,
    /// Ed25519 public key.
    pub public_key: Vec<u8>,
    /// When the row was made.
    pub created_at: DateTimeUtc,
    /// Until when new tokens are signed with it.
    pub signs_until: DateTimeUtc,
    /// Until when its signatures are accepted.
    pub verifies_until: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
