//! Table `tenant`.

use sea_orm::entity::prelude::*;

/// A company that uses the product, and its settings.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "tenant")]
pub struct Model {
    /// Id, a UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// ISO 3166-1 alpha-2 code.
    pub country: String,
    /// IANA name of the time zone that its days are counted in.
    pub time_zone: String,
    /// ISO 4217 code of the currency that sums are reckoned in.
    pub currency: String,
    /// `EN` or `JA`.
    pub language: String,
    /// Month in which its fiscal year begins, 1–12.
    pub fiscal_year_start_month: i16,
    /// Who sees an account: `EVERYONE`, or `TEAM` for those related to it.
    pub account_visibility: String,
    /// Continuity score that completes a handover, 0–100.
    pub continuity_threshold: i16,
    /// Probability, 0–1, from which a risk is `MEDIUM`.
    pub risk_medium: f64,
    /// Probability, 0–1, from which a risk is `HIGH`.
    pub risk_high: f64,
    /// Probability, 0–1, from which a risk is `CRITICAL`.
    pub risk_critical: f64,
    /// Share of the sales that lifetime values take for margin, above 0 and at most 1.
    pub gross_margin: f64,
    /// Share by which lifetime values take a year from now to be worth less, 0–1.
    pub discount_rate: f64,
    /// Whether what its model learned may help other companies that agree too.
    pub shares_model: bool,
    /// What its model learned, where it agreed: figures of `domain::risk::Lesson`.
    pub lesson: Option<Json>,
    /// Days within which every client is to be talked to, 7–730.
    pub touch_cadence_days: i16,
    /// Days within which a complaint is to be resolved, 1–365.
    pub complaint_target_days: i16,
    /// Whether it is made for trying things out.
    pub sandbox: bool,
    /// Raised by one at every change; a writer names the one he saw.
    pub version: i64,
    /// When the row was made.
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
