//! Table `log_reader`.

use sea_orm::entity::prelude::*;

/// How far a reader of the log, or a daily job, has come in a company.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "log_reader")]
pub struct Model {
    /// Reader or job.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// The company.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Number of the last event that is done.
    pub seq: i64,
    /// Last day whose daily work is done, in the company's time zone.
    pub ran_on: Option<Date>,
    /// Day that the daily work in progress began on; empty while there is none.
    pub began_on: Option<Date>,
    /// Where its last part ended, as the job counts: the next goes on after this.
    pub after_id: Option<Uuid>,
    /// Whether the daily work is to be done once more, whatever the day.
    pub again: bool,
    /// Until when it is taken: it may be worked on when this is past.
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
