//! Table `handover_template`.

use sea_orm::entity::prelude::*;

/// Which steps the handovers of a company have, where it has its own.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "handover_template")]
pub struct Model {
    /// The company that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// How many days before the last one the steps begin.
    pub notice_days: i16,
    /// The steps: an array of objects with `kind`, `title` and `afterDays`; none where the built-in template holds again.
    pub steps: Json,
    /// Raised by one at every change; a writer names the one he saw.
    pub version: i64,
    /// Member who changed it last; empty when a program did.
    pub changed_by_id: Option<Uuid>,
    /// When it was changed last.
    pub changed_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
