//! What the ranking of successors rests on, only through the tenant's handle.

use domain::policy::Role;
use entity::{account, member};
use sea_orm::sea_query::{Expr, Func};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::platform::tenancy::TenantDb;

/// Most members looked at.
const MOST_MEMBERS: u64 = 10_000;

/// The active members who may own accounts.
pub async fn able(db: &TenantDb) -> Result<Vec<member::Model>, DbErr> {
    let select = member::Entity::find()
        .filter(member::Column::EndedAt.is_null())
        .filter(member::Column::Role.ne(Role::Observer.as_str()))
        .order_by_asc(member::Column::Id)
        .limit(MOST_MEMBERS);
    db.all(select).await
}

/// How many accounts of an industry a member owns.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Book {
    /// The member.
    pub owner_id: Uuid,
    /// The industry, if it is known.
    pub industry: Option<String>,
    /// Accounts that are not archived.
    pub accounts: i64,
}

/// What every member looks after.
pub async fn books(db: &TenantDb) -> Result<Vec<Book>, DbErr> {
    let select = account::Entity::find()
        .select_only()
        .columns([account::Column::OwnerId, account::Column::Industry])
        .column_as(Expr::from(Func::count(Expr::col(account::Column::Id))), "accounts")
        .filter(account::Column::ArchivedAt.is_null())
        .group_by(account::Column::OwnerId)
        .group_by(account::Column::Industry);
    db.rows(select).await
}
