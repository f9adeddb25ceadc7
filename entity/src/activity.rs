//! Table `activity`.

use sea_orm::entity::prelude::*;

/// A touch between us and an account that happened.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "activity")]
pub struct Model {
    /// The company that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Id, a UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Account.
    pub account_id: Uuid,
    /// `MEETING`, `CALL`, `EMAIL` and so on: `domain::activity::ActivityKind`.
    pub kind: String,
    /// Member who did it.
    pub member_id: Uuid,
    /// Who began it: `US` or `CONTACT`.
    pub started_by: String,
    /// Whether both sides took part: a talk, not a message left.
    pub two_way: bool,
    /// When it happened.
    pub occurred_at: DateTimeUtc,
    /// When it was written down.
    pub recorded_at: DateTimeUtc,
    /// What was said and done.
    pub summary: String,
    /// What was agreed to happen next.
    pub next_step: Option<String>,
    /// The client's satisfaction as he told it, 1–5; empty when he did not.
    pub satisfaction: Option<i16>,
    /// When the satisfaction was written down; empty without one.
    pub satisfaction_recorded_at: Option<DateTimeUtc>,
    /// Its id in the system that it was imported from; unique within the company.
    pub external_id: Option<String>,
    /// When it was put away; empty while it is in use.
    pub archived_at: Option<DateTimeUtc>,
    /// Raised by one at every change; a writer names the one he saw.
    pub version: i64,
    /// When the row was made.
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
