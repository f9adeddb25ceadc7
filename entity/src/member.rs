//! Table `member`.

use sea_orm::entity::prelude::*;

/// A person who works at a company: a user's standing there.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "member")]
pub struct Model {
    /// The company that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Id, a UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Who signs in.
    pub user_id: Uuid,
    /// `ADMIN`, `MANAGER`, `REP` or `OBSERVER`.
    pub role: String,
    /// Member whom he reports to.
    pub manager_id: Option<Uuid>,
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
    /// E-mail address, folded to lower case.
    pub email: String,
    /// ISO 3166-1 alpha-2 code of where he works.
    pub country: String,
    /// IANA name of his time zone.
    pub time_zone: String,
    /// First day at the company.
    pub joined_on: Date,
    /// Last day at the company, when it is known.
    pub last_day: Option<Date>,
    /// When his membership ended; empty while he is a member.
    pub ended_at: Option<DateTimeUtc>,
    /// Raised by one at every change; a writer names the one he saw.
    pub version: i64,
    /// When the row was made.
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
