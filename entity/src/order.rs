//! Table `sales_order`.

use sea_orm::entity::prelude::*;

/// A sale to an account. The table is `sales_order`, because ORDER is a word of SQL.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sales_order")]
pub struct Model {
    /// The company that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Id, a UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Account that bought.
    pub account_id: Uuid,
    /// Its id in the system that it was imported from; unique within the company.
    pub external_id: Option<String>,
    /// When it was ordered.
    pub ordered_at: DateTimeUtc,
    /// When it was written down.
    pub recorded_at: DateTimeUtc,
    /// Sale in minor units of `currency`; negative for a credit note.
    pub amount_minor: i64,
    /// ISO 4217 code of what was charged.
    pub currency: String,
    /// The same in minor units of `tenant_currency`, at `rate`.
    pub tenant_amount_minor: i64,
    /// ISO 4217 code: the company's currency at the time.
    pub tenant_currency: String,
    /// Worth of one unit of `currency` in `tenant_currency`: decimal text, so that no digit is lost.
    pub rate: String,
    /// Day of delivery.
    pub delivered_on: Option<Date>,
    /// Free text.
    pub note: Option<String>,
    /// When it was put away; empty while it is in use.
    pub archived_at: Option<DateTimeUtc>,
    /// Raised by one at every change; a writer names the one he saw.
    pub version: i64,
    /// When the row was made.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
