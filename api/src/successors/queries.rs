//! What the ranking of successors rests on, only through the tenant's handle.

use domain::policy::Role;
use entity::{account, activity, activity_contact, activity_member, member};
use sea_orm::sea_query::{Expr, Func};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationDef,
};
use uuid::Uuid;

use crate::platform::tenancy::TenantDb;

/// Most members looked at.
const MOST_MEMBERS: u64 = 10_000;
/// Most pairs of contact and member who have met.
const MOST_MEETINGS: u64 = 200_000;

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

/// A contact and a member who have had a two-way touch.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct Met {
    /// The contact.
    pub contact_id: Uuid,
    /// The member.
    pub member_id: Uuid,
}

/// Who has met whom at these accounts: the members who did it, and in a second statement those who were present.
pub async fn met(db: &TenantDb, accounts: &[Uuid]) -> Result<Vec<Met>, DbErr> {
    let contacts = || -> RelationDef {
        activity::Entity::belongs_to(activity_contact::Entity)
            .from((activity::Column::TenantId, activity::Column::Id))
            .to((activity_contact::Column::TenantId, activity_contact::Column::ActivityId))
            .into()
    };
    let members: RelationDef = activity::Entity::belongs_to(activity_member::Entity)
        .from((activity::Column::TenantId, activity::Column::Id))
        .to((activity_member::Column::TenantId, activity_member::Column::ActivityId))
        .into();
    let talks = || {
        activity::Entity::find()
            .select_only()
            .column(activity_contact::Column::ContactId)
            .join(JoinType::InnerJoin, contacts())
            .filter(activity::Column::AccountId.is_in(accounts.iter().copied()))
            .filter(activity::Column::TwoWay.eq(true))
            .filter(activity::Column::ArchivedAt.is_null())
            .group_by(activity_contact::Column::ContactId)
            .limit(MOST_MEETINGS)
    };
    let did = talks()
        .column(activity::Column::MemberId)
        .group_by(activity::Column::MemberId);
    let present = talks()
        .column(activity_member::Column::MemberId)
        .join(JoinType::InnerJoin, members)
        .group_by(activity_member::Column::MemberId);
    let mut met: Vec<Met> = db.rows(did).await?;
    met.extend(db.rows::<activity::Entity, Met>(present).await?);
    Ok(met)
}
