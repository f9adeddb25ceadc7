//! Table `contact`.

use sea_orm::entity::prelude::*;

/// A person at an account.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "contact")]
pub struct Model {
    /// The company that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Id, a UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Account where he works.
    pub account_id: Uuid,
    /// Family name.
    pub family_name: String,
    /// Given name.
    pub given_name: String,
    /// Reading of the family name, in kana.
    pub family_kana: Option<String>,
    /// Reading of the given name, in kana.
    pub given_kana: Option<String>,
    /// What lists are sorted by: the folded reading, or the folded name without one.
    pub sort_key: String,
    /// Job title.
    pub title: Option<String>,
    /// Department.
    pub department: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone number, as it was given.
    pub phone: Option<String>,
    /// Contact whom he reports to.
    pub reports_to_id: Option<Uuid>,
    /// His part in decisions: `DECIDER`, `INFLUENCER`, `BUYER`, `USER` or `GATEKEEPER`.
    pub decision_role: String,
    /// How much say he has in decisions, 0–100.
    pub say: i16,
    /// Whether a handover must carry the tie with him over.
    pub is_key: bool,
    /// When it was last recorded that he is one, or no longer; empty: as long as he is known.
    pub key_recorded_at: Option<DateTimeUtc>,
    /// First day in his post.
    pub started_on: Option<Date>,
    /// Last day at the account; empty while he is there.
    pub left_on: Option<Date>,
    /// When it was recorded that he leaves; empty while he is there.
    pub left_recorded_at: Option<DateTimeUtc>,
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
