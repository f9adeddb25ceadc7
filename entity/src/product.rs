//! Table `product`.

use sea_orm::entity::prelude::*;

/// Something that the company sells.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "product")]
pub struct Model {
    /// The company that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Id, a UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The company's own code; unique within it.
    pub code: String,
    /// Name.
    pub name: String,
    /// Reading of the name, in kana.
    pub name_kana: Option<String>,
    /// What lists are sorted by: the folded reading, or the folded name without one.
    pub sort_key: String,
    /// Category, in the company's own words.
    pub category: Option<String>,
    /// When it was put away; empty while it is in use.
    pub archived_at: Option<DateTimeUtc>,
    /// Raised by one at every change; a writer names the one he saw.
    pub version: i64,
    /// When the row was made.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
