//! Table `loss_cause`.

use sea_orm::entity::prelude::*;

/// A cause of a loss and its share in it.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "loss_cause")]
pub struct Model {
    /// The company that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Loss.
    #[sea_orm(primary_key, auto_increment = false)]
    pub loss_id: Uuid,
    /// Cause, such as `COMPETITOR`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub cause: String,
    /// Its share in percent, 1–100; those of a loss add up to 100.
    pub percent: i16,
    /// Whether our own conduct could have changed it.
    pub controllable: bool,
    /// Its share of the loss's sales, in minor units; those of a loss add up to them.
    pub sales_minor: i64,
}

impl ActiveModelBehavior for ActiveModel {}
