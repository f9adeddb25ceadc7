//! Table `account_gram`.

use sea_orm::entity::prelude::*;

/// One or two neighbouring characters of an account's search text: what a search of any length finds by index.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "account_gram")]
pub struct Model {
    /// The company that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// One or two characters, folded.
    #[sea_orm(primary_key, auto_increment = false)]
    pub gram: String,
    /// What the account is sorted by, so that a search finds in the order of names.
    #[sea_orm(primary_key, auto_increment = false)]
    pub sort_key: String,
    /// Account in whose text they stand.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: Uuid,
}

impl ActiveModelBehavior for ActiveModel {}
