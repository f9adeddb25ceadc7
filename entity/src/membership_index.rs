//! Table `membership_index`.

use sea_orm::entity::prelude::*;

/// Which companies a user may sign in to, found before a company is chosen.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "membership_index")]
pub struct Model {
    /// User.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: Uuid,
    /// Company.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// His row in `member`. No foreign key: `member` can be read within its company only.
    pub member_id: Uuid,
}

impl ActiveModelBehavior for ActiveModel {}
