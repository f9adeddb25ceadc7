//! Table `rotation_notice`.

use sea_orm::entity::prelude::*;

/// That it was told of a contact that he may be moved on from a post.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "rotation_notice")]
pub struct Model {
    /// The company that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Contact.
    #[sea_orm(primary_key, auto_increment = false)]
    pub contact_id: Uuid,
    /// Day on which he took the post.
    #[sea_orm(primary_key, auto_increment = false)]
    pub started_on: Date,
    /// When it was told.
    pub told_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
