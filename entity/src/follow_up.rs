//! Table `follow_up`.

use sea_orm::entity::prelude::*;

/// A touch that should happen.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "follow_up")]
pub struct Model {
    /// The company that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Id, a UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Account.
    pub account_id: Uuid,
    /// Member who is to do it.
    pub member_id: Uuid,
    /// Contact it is with; empty when it is with nobody in particular.
    pub contact_id: Option<Uuid>,
    /// Day by which it is to happen, in the company's time zone.
    pub due_on: Date,
    /// Why.
    pub reason: String,
    /// What was last talked about.
    pub talked_about: Option<String>,
    /// What was promised.
    pub promised: Option<String>,
    /// `OPEN`, `DONE` or `CANCELLED`.
    pub status: String,
    /// Activity that did it; empty while none has.
    pub done_by_id: Option<Uuid>,
    /// When it was done or cancelled; empty while it is open.
    pub ended_at: Option<DateTimeUtc>,
    /// Why it was cancelled.
    pub end_reason: Option<String>,
    /// Member who made it; empty when a program did.
    pub created_by_id: Option<Uuid>,
    /// Raised by one at every change; a writer names the one he saw.
    pub version: i64,
    /// When the row was made.
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
