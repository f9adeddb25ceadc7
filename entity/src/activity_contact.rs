//! Table `activity_contact`.

use sea_orm::entity::prelude::*;

/// A contact who took part in an activity.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "activity_contact")]
pub struct Model {
    /// The company that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Activity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub activity_id: Uuid,
    /// Contact who took part.
    #[sea_orm(primary_key, auto_increment = false)]
    pub contact_id: Uuid,
}

impl ActiveModelBehavior for ActiveModel {}
