//! Table `ownership`.

use sea_orm::entity::prelude::*;

/// A time during which a member owned an account. An account has one open row at most.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "ownership")]
pub struct Model {
    /// The company that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Id, a UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Account.
    pub account_id: Uuid,
    /// Member who owned it.
    pub member_id: Uuid,
    /// From when.
    pub starts_at: DateTimeUtc,
    /// Until when; empty while he owns it.
    pub ends_at: Option<DateTimeUtc>,
    /// How he came to it: `CREATED`, `ASSIGNED`, `HANDOVER`, `OWNER_LEFT` or `MERGED`.
    pub reason: String,
    /// Handover that gave it to him; empty when none did.
    pub handover_id: Option<Uuid>,
}

impl ActiveModelBehavior for ActiveModel {}
