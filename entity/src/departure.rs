//! Table `departure`.

use sea_orm::entity::prelude::*;

/// A member who leaves or rotates, with what happens to what he looks after.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "departure")]
pub struct Model {
    /// The company that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Id, a UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Who leaves or rotates.
    pub member_id: Uuid,
    /// `LEAVING` the company, or `ROTATING` within it.
    pub kind: String,
    /// `PLANNED`, `ENDED` when the last day is over, or `UNDONE`.
    pub status: String,
    /// Why, in words.
    pub reason: String,
    /// Free text.
    pub note: Option<String>,
    /// His last day in the post, in the company's time zone.
    pub last_day: Date,
    /// Whether his places on the teams of accounts end with the last day.
    pub ends_team_places: bool,
    /// Member who planned it; empty when a program did.
    pub planned_by_id: Option<Uuid>,
    /// When it was planned.
    pub planned_at: DateTimeUtc,
    /// When it ended or was undone; empty while it is ahead.
    pub ended_at: Option<DateTimeUtc>,
    /// Why it was undone, in words.
    pub undo_reason: Option<String>,
    /// Raised by one at every change; a writer names the one he saw.
    pub version: i64,
    /// When the row was made.
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
