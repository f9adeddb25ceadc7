//! Table `order_line`.

use sea_orm::entity::prelude::*;

/// A product in an order.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "order_line")]
pub struct Model {
    /// The company that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Id, a UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Order.
    pub order_id: Uuid,
    /// Product.
    pub product_id: Uuid,
    /// How many, in whole units; negative for what came back.
    pub quantity: i64,
    /// Place in the order, from 0.
    pub position: i16,
}

impl ActiveModelBehavior for ActiveModel {}
