//! Table `app_user`.

use sea_orm::entity::prelude::*;

/// A person who signs in, whatever companies he works at.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "app_user")]
pub struct Model {
    /// Id, a UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// E-mail address, folded to lower case; unique.
    pub email: String,
    /// Argon2 hash of the password; empty while he has none.
    pub password_hash: Option<String>,
    /// Family name.
    pub family_name: String,
    /// Given name.
    pub given_name: String,
    /// Reading of the family name, in kana.
    pub family_kana: Option<String>,
    /// Reading of the given name, in kana.
    pub given_kana: Option<String>,
    /// When the row was made.
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
