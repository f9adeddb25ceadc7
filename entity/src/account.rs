//! Table `account`.

use sea_orm::entity::prelude::*;

/// A client company, won or hoped for.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "account")]
pub struct Model {
    /// The company that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Id, a UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// Reading of the name, in kana.
    pub name_kana: Option<String>,
    /// What lists are sorted by: the folded reading, or the folded name without one.
    pub sort_key: String,
    /// Folded name, reading and romaji, one a line; searched by way of `account_gram`.
    pub search_text: String,
    /// `PROSPECT`, `CUSTOMER` or `LOST`.
    pub lifecycle: String,
    /// Industry, in the company's own words.
    pub industry: Option<String>,
    /// Segment, in the company's own words.
    pub segment: Option<String>,
    /// ISO 3166-1 alpha-2 code.
    pub country: Option<String>,
    /// Address of the website.
    pub website: Option<String>,
    /// Its id in the system that it was imported from; unique within the company.
    pub external_id: Option<String>,
    /// Member who looks after it; the same as in the open row of `ownership`.
    pub owner_id: Uuid,
    /// How it was won, in the company's own words.
    pub acquisition_channel: Option<String>,
    /// Month in which its fiscal year ends, 1–12.
    pub fiscal_year_end_month: Option<i16>,
    /// Days within which it is to be talked to, 7–730; empty: as the company has it.
    pub touch_cadence_days: Option<i16>,
    /// Free text.
    pub note: Option<String>,
    /// When it was put away; empty while it is in use.
    pub archived_at: Option<DateTimeUtc>,
    /// Account that took its place; empty while it stands for itself.
    pub merged_into_id: Option<Uuid>,
    /// Risk in a word: `LOW`, `MEDIUM`, `HIGH`, `CRITICAL`, `UNKNOWN` or `PRESUMED_LOST`.
    pub band: String,
    /// Probability of no order within the horizon, 0–1; empty when it is not known.
    pub probability: Option<f64>,
    /// `probability`, or −1 for those that are listed apart: unknown or presumed lost. Never empty: lists page by it.
    pub risk_sort: f64,
    /// Revenue at risk in minor units of the company's currency, or −1 for those that are listed apart.
    pub revenue_at_risk_sort: i64,
    /// Sales of the last twelve months in minor units of the company's currency.
    pub value_sort: i64,
    /// Sales expected within the horizon of the risk, in minor units of the company's currency.
    pub expected_value_minor: i64,
    /// When the latest touch happened; 1970 when there was none.
    pub last_touch_sort: DateTimeUtc,
    /// Row of `assessment` that the risk above comes from. No foreign key: they would refer to each other.
    pub assessment_id: Option<Uuid>,
    /// Raised by one at every change; a writer names the one he saw.
    pub version: i64,
    /// When the row was made.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
