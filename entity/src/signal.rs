//! Table `signal`.

use sea_orm::entity::prelude::*;

/// Something that raises or lowers an account's risk, noticed by somebody.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "signal")]
pub struct Model {
    /// The company that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Id, a UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Account.
    pub account_id: Uuid,
    /// What happened: `domain::risk::FactorKind`, such as `UNRESOLVED_COMPLAINT`.
    pub kind: String,
    /// What is thought to lie behind it: `domain::risk::Cause`.
    pub cause: Option<String>,
    /// Whether we can do something about it.
    pub controllable: bool,
    /// Day it happened, in the company's time zone.
    pub occurred_on: Date,
    /// What was noticed.
    pub note: String,
    /// Member who noticed it; empty when a program did.
    pub recorded_by_id: Option<Uuid>,
    /// When it was written down.
    pub recorded_at: DateTimeUtc,
    /// Day it was put right; empty while it is not.
    pub resolved_on: Option<Date>,
    /// When somebody settled it; empty while it is open.
    pub settled_at: Option<DateTimeUtc>,
    /// Member who settled it; empty while it is open, or when a program did.
    pub settled_by_id: Option<Uuid>,
    /// When a member confirmed it; empty while nobody has.
    pub confirmed_at: Option<DateTimeUtc>,
    /// Member who confirmed it. No foreign key: it came later, and SQLite adds none.
    pub confirmed_by_id: Option<Uuid>,
    /// Contact whom it is about.
    pub contact_id: Option<Uuid>,
    /// Activity in which it was noticed.
    pub activity_id: Option<Uuid>,
    /// Raised by one at every change; a writer names the one he saw.
    pub version: i64,
    /// When the row was made.
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
