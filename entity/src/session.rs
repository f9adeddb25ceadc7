//! Table `session`.

use sea_orm::entity::prelude::*;

/// A user signed in on a device.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    /// Id, a UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// User.
    pub user_id: Uuid,
    /// Company that he works in; empty until he chooses one.
    pub tenant_id: Option<Uuid>,
    /// His row in `member` there.
    pub member_id: Option<Uuid>,
    /// What he signed in with, for him to recognise.
    pub device: String,
    /// Address that he signed in from.
    pub ip: Option<String>,
    /// When he signed in.
    pub created_at: DateTimeUtc,
    /// When it last renewed its token.
    pub last_used_at: DateTimeUtc,
    /// Until when it may be used.
    pub expires_at: DateTimeUtc,
    /// When it ended; empty while it lasts.
    pub ended_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
