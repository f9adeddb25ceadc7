//! Table `acquisition_cost`.

use sea_orm::entity::prelude::*;

/// What it costs a company to win an account by one channel.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "acquisition_cost")]
pub struct Model {
    /// The company that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The channel, spelled as in `account.acquisition_channel`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub channel: String,
    /// In minor units of the company's currency.
    pub amount_minor: i64,
    /// Member who said so last; empty when a program did.
    pub changed_by_id: Option<Uuid>,
    /// When.
    pub changed_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
