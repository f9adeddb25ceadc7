//! Table `buyer_change`.

use sea_orm::entity::prelude::*;

/// A contact who leaves his post at an account, and who takes it.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "buyer_change")]
pub struct Model {
    /// The company that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Id, a UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Account.
    pub account_id: Uuid,
    /// Contact who leaves his post.
    pub leaving_id: Uuid,
    /// Contact who takes it; empty while nobody is known.
    pub arriving_id: Option<Uuid>,
    /// The same person at the account he moved to; empty when that is not known.
    pub moved_to_id: Option<Uuid>,
    /// `ROTATED`, `QUIT`, `PROMOTED`, `REPLACED_FROM_ABOVE` or `PURCHASING_CENTRALISED`.
    pub kind: String,
    /// First day on which the one who leaves is no longer at his post, in the company's time zone.
    pub occurred_on: Date,
    /// Free text.
    pub note: Option<String>,
    /// Member who recorded it; empty when a program did.
    pub recorded_by_id: Option<Uuid>,
    /// When it was recorded.
    pub recorded_at: DateTimeUtc,
    /// When continuity reached the company's threshold; empty while it has not.
    pub established_at: Option<DateTimeUtc>,
    /// Raised by one at every change; a writer names the one he saw.
    pub version: i64,
    /// When the row was made.
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
