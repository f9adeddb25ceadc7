//! Table `event`.

use sea_orm::entity::prelude::*;

/// A line of the log of what happened. Never changed; holds ids, codes and names of fields, never personal data.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "event")]
pub struct Model {
    /// The company that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Number within the company, without gaps, in the order of commits.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// Id, also the idempotency key of what follows from it.
    pub id: Uuid,
    /// What happened, such as `handover.completed`.
    pub r#type: String,
    /// Id prefix of what it happened to, such as `hand`.
    pub subject_kind: String,
    /// Id of what it happened to.
    pub subject_id: Uuid,
    /// Account that it concerns: who may see that may read this. No foreign key: the log outlives its subjects.
    pub account_id: Option<Uuid>,
    /// Who did it: `MEMBER`, `CLIENT`, `USER`, `ANONYMOUS` or `SYSTEM`.
    pub actor_kind: String,
    /// Id of who did it; empty for `ANONYMOUS` and `SYSTEM`.
    pub actor_id: Option<Uuid>,
    /// Ids, codes and names of changed fields.
    pub payload: Json,
    /// When it happened.
    pub occurred_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
