//! Table `handover_step`.

use sea_orm::entity::prelude::*;

/// Something to be done in a handover.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "handover_step")]
pub struct Model {
    /// The company that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Id, a UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Handover.
    pub handover_id: Uuid,
    /// `BRIEFING`, `INTRODUCTION`, `SOLO_MEETING`, `CHECK`, `CHECK_30`, `CHECK_60` or `CHECK_90`.
    pub kind: String,
    /// Contact whom it is about; empty for steps that are about none.
    pub contact_id: Option<Uuid>,
    /// Day by which it should be done, in the company's time zone; the last day for a dropped step.
    pub due_on: Date,
    /// Why there is no time for it, such as `NO_TIME`; empty for steps that are to be done.
    pub dropped_reason: Option<String>,
    /// Activity that proves it done.
    pub fulfilled_by_id: Option<Uuid>,
    /// When it was done; empty while it is not.
    pub fulfilled_at: Option<DateTimeUtc>,
    /// Place in the plan, from 0.
    pub position: i16,
    /// What the company's template calls it; empty for a step without a name of its own.
    pub title: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
