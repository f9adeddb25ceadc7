//! Table `activity_member`.

use sea_orm::entity::prelude::*;

/// A member who took part in an activity.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "activity_member")]
pub struct Model {
    /// The company that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Activity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub activity_id: Uuid,
    /// Member who took part.
    #[sea_orm(primary_key, auto_increment = false)]
    pub member_id: Uuid,
}

impl ActiveModelBehavior for ActiveModel {}
