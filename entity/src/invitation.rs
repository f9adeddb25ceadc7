//! Table `invitation`.

use sea_orm::entity::prelude::*;

/// An offer to become a member.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "invitation")]
pub struct Model {
    /// The company that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Id, a UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Address that it was sent to, folded to lower case.
    pub email: String,
    /// Role that it gives: `ADMIN`, `MANAGER`, `REP` or `OBSERVER`.
    pub role: String,
    /// Member who will be the manager.
    pub manager_id: Option<Uuid>,
    /// Hash of the secret in the link.
    pub token_hash: Vec<u8>,
    /// Member who made the offer.
    pub invited_by_id: Uuid,
    /// Until when it may be accepted.
    pub expires_at: DateTimeUtc,
    /// When it was accepted.
    pub accepted_at: Option<DateTimeUtc>,
    /// When it was taken back.
    pub revoked_at: Option<DateTimeUtc>,
    /// When the row was made.
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
