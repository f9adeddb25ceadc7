//! Table `departure_handover`.

use sea_orm::entity::prelude::*;

/// A handover that was opened because of a departure.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "departure_handover")]
pub struct Model {
    /// The company that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Handover.
    #[sea_orm(primary_key, auto_increment = false)]
    pub handover_id: Uuid,
    /// Departure.
    pub departure_id: Uuid,
}

impl ActiveModelBehavior for ActiveModel {}
