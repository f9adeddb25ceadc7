//! Table `loss`.

use sea_orm::entity::prelude::*;

/// An account that was lost, and whether it came back.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "loss")]
pub struct Model {
    /// The company that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Id, a UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Account.
    pub account_id: Uuid,
    /// Day on which it was lost, in the company's time zone.
    pub lost_on: Date,
    /// What was learned.
    pub learned: String,
    /// Whom the client went to.
    pub competitor: Option<String>,
    /// Day on which to try to win it back; empty when nobody is to.
    pub win_back_on: Option<Date>,
    /// Row of `follow_up` that reminds of that day; empty when there never was one.
    pub follow_up_id: Option<Uuid>,
    /// Sales of the twelve months until the day, in minor units; never below 0.
    pub sales_minor: i64,
    /// ISO 4217 code of those units: the company's.
    pub currency: String,
    /// Where the account stood before: `PROSPECT`, `CUSTOMER`, or `LOST` when somebody had said so without a loss.
    pub lifecycle_before: String,
    /// Day on which the client came back; empty while it has not.
    pub won_back_on: Option<Date>,
    /// Order with which it came back, where that is known.
    pub won_back_order_id: Option<Uuid>,
    /// Activity with which it came back, where that is known.
    pub won_back_activity_id: Option<Uuid>,
    /// Member who recorded it; empty when a program did.
    pub recorded_by_id: Option<Uuid>,
    /// When it was recorded.
    pub recorded_at: DateTimeUtc,
    /// When it was put away as recorded by mistake; empty while it counts.
    pub archived_at: Option<DateTimeUtc>,
    /// Raised by one at every change; a writer names the one he saw.
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}
