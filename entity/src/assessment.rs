//! Table `assessment`.

use sea_orm::entity::prelude::*;

use crate::JsonText;

/// What was believed about an account's risk at a moment. Never changed afterwards.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "assessment")]
pub struct Model {
    /// The company that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Id, a UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Account.
    pub account_id: Uuid,
    /// Moment that it speaks of.
    pub as_of: DateTimeUtc,
    /// When it was reckoned.
    pub recorded_at: DateTimeUtc,
    /// Probability of no order within the horizon, 0–1; empty when it is not known.
    pub probability: Option<f64>,
    /// The probability in a word, as in `account.band`.
    pub band: String,
    /// Code of why there is no probability, such as `NO_ORDERS`, with its numbers.
    pub unknown_reason: Option<String>,
    /// How far the probability looks ahead, in days.
    pub horizon_days: i16,
    /// Sales expected within the horizon in minor units of `currency`. Up to the model `mbg-cnbd-1` those of the last twelve months.
    pub expected_value_minor: i64,
    /// Probability × sales within the horizon if it does order, in minor units of `currency`; empty when the probability is.
    pub revenue_at_risk_minor: Option<i64>,
    /// Sales of the last twelve months in minor units of `currency`; empty up to the model `mbg-cnbd-1`.
    pub sales_minor: Option<i64>,
    /// Discounted margin of the sales expected within 36 months, in minor units of `currency`; empty when the probability is.
    pub lifetime_value_minor: Option<i64>,
    /// Share of the sales that the lifetime value takes for margin; empty with it.
    pub gross_margin: Option<f64>,
    /// Share by which the lifetime value takes a year from now to be worth less; empty with it.
    pub discount_rate: Option<f64>,
    /// ISO 4217 code of the amounts.
    pub currency: String,
    /// Model of silence and worth, such as `mbg-cnbd-gg-1`.
    pub model_version: String,
    /// Rules for signals, such as `priors-2`.
    pub rule_version: String,
    /// The baseline and the reasons, which add up to the log-odds of the probability, with their evidence.
    pub factors: JsonText,
}

impl ActiveModelBehavior for ActiveModel {}
