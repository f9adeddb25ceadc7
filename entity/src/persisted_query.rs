//! Table `persisted_query`.

use sea_orm::entity::prelude::*;

/// A document that was executed once and is known by its hash from then on, whoever names it.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "persisted_query")]
pub struct Model {
    /// SHA-256 of the text.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: Vec<u8>,
    /// The text.
    pub document: String,
    /// What the row weighs, in bytes.
    pub bytes: i64,
    /// When it was last asked for, to the day.
    pub used_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
