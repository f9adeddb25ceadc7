//! Table `handover`.

use sea_orm::entity::prelude::*;

/// An account passing from one member to the next.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "handover")]
pub struct Model {
    /// The company that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Id, a UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Account.
    pub account_id: Uuid,
    /// Member who gives it up.
    pub from_member_id: Uuid,
    /// Member who takes it over.
    pub to_member_id: Uuid,
    /// `PLANNED`, `INTRODUCING`, `BONDING`, `COMPLETED`, `FAILED` or `CANCELLED`; the first three are open.
    pub status: String,
    /// Why the account changes hands, in words.
    pub reason: String,
    /// Free text.
    pub note: Option<String>,
    /// Last day of the one who gives it up, in the company's time zone.
    pub last_day: Date,
    /// When it was planned: earlier touches prove nothing.
    pub planned_at: DateTimeUtc,
    /// When the successor became the owner.
    pub switched_at: Option<DateTimeUtc>,
    /// When it ended; empty while it is open.
    pub ended_at: Option<DateTimeUtc>,
    /// Why it ended as it did, in words: overridden, failed or cancelled.
    pub end_reason: Option<String>,
    /// Whether a manager completed it without the proof that it lacked.
    pub overridden: bool,
    /// Whether no working day was left before the last day.
    pub no_time: bool,
    /// Whether the leaver's open follow-ups pass on too.
    pub moves_follow_ups: bool,
    /// Whether the open follow-ups of others on the account pass on too.
    pub moves_others_follow_ups: bool,
    /// Since when a step is overdue; empty while none is.
    pub stalled_since: Option<DateTimeUtc>,
    /// Member who planned it; empty when a program did.
    pub planned_by_id: Option<Uuid>,
    /// Raised by one at every change; a writer names the one he saw.
    pub version: i64,
    /// When the row was made.
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
