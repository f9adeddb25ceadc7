//! Table `tenant_clock`.

use sea_orm::entity::prelude::*;

/// The number of a company's latest event: locked last in every write, so that numbers follow commits.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "tenant_clock")]
pub struct Model {
    /// The company.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Number of its latest event; 0 before the first.
    pub seq: i64,
}

impl ActiveModelBehavior for ActiveModel {}
