//! Rows of members and invitations, only through the tenant's handle.

use chrono::{DateTime, NaiveDate, Utc};
use domain::policy::Role;
use domain::text;
use entity::{account, account_team, handover, invitation, member, membership_index};
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};
use uuid::Uuid;

use crate::platform::tenancy::{Firsts, TenantDb, WriteTx};

/// Handovers in these states still await their successor.
const OPEN_HANDOVER: [&str; 3] = ["PLANNED", "INTRODUCING", "BONDING"];
/// Most reports read for one request.
const MOST_REPORTS: u64 = 10_000;

/// Some members.
pub async fn many(db: &TenantDb, ids: &[Uuid]) -> Result<Vec<member::Model>, DbErr> {
    db.all(member::Entity::find().filter(member::Column::Id.is_in(ids.iter().copied())))
        .await
}

/// The one that a row names.
pub fn named() -> Firsts<member::Entity> {
    Firsts::new(member::Entity::find(), member::Column::Id, Vec::new(), 1)
}

/// One member.
pub async fn one(db: &TenantDb, id: Uuid) -> Result<Option<member::Model>, DbErr> {
    db.one(member::Entity::find().filter(member::Column::Id.eq(id))).await
}

/// The membership of a person, ended or not.
pub async fn of_user(db: &TenantDb, user: Uuid) -> Result<Option<member::Model>, DbErr> {
    db.one(member::Entity::find().filter(member::Column::UserId.eq(user)))
        .await
}

/// The active member with this e-mail address.
pub async fn active_by_email(db: &TenantDb, email: &str) -> Result<Option<member::Model>, DbErr> {
    db.one(
        member::Entity::find()
            .filter(member::Column::Email.eq(email))
            .filter(member::Column::EndedAt.is_null()),
    )
    .await
}

/// Active members whose manager is one of these, by name.
pub async fn reports(db: &TenantDb, managers: &[Uuid]) -> Result<Vec<member::Model>, DbErr> {
    db.all(
        member::Entity::find()
            .filter(member::Column::ManagerId.is_in(managers.iter().copied()))
            .filter(member::Column::EndedAt.is_null())
            .order_by_asc(member::Column::SortKey)
            .order_by_asc(member::Column::Id)
            .limit(MOST_REPORTS),
    )
    .await
}

/// Members in whose names or e-mail address every word occurs. A tenant has few enough members to look at each.
pub fn matching(words: &str) -> Condition {
    let mut all = Condition::all();
    for term in text::query_terms(words) {
        let any = [
            member::Column::SortKey,
            member::Column::FamilyName,
            member::Column::GivenName,
            member::Column::Email,
        ];
        let any = any
            .into_iter()
            .fold(Condition::any(), |any, column| any.add(column.contains(&term)));
        all = all.add(any);
    }
    all
}

/// Members who are still there although their last day is over.
pub async fn gone_on(db: &TenantDb, today: NaiveDate) -> Result<Vec<Uuid>, DbErr> {
    let select = member::Entity::find()
        .filter(member::Column::LastDay.lt(today))
        .filter(member::Column::EndedAt.is_null())
        .order_by_asc(member::Column::Id)
        .limit(MOST_REPORTS);
    Ok(db.all(select).await?.into_iter().map(|member| member.id).collect())
}

/// How many active ADMINs there are beside this member.
pub async fn other_admins(db: &TenantDb, id: Uuid) -> Result<i64, DbErr> {
    db.count(
        member::Entity::find()
            .filter(member::Column::Role.eq(Role::Admin.as_str()))
            .filter(member::Column::EndedAt.is_null())
            .filter(member::Column::Id.ne(id)),
    )
    .await
}

/// The same without those who are to leave.
pub async fn other_admins_who_stay(db: &TenantDb, id: Uuid) -> Result<i64, DbErr> {
    db.count(
        member::Entity::find()
            .filter(member::Column::Role.eq(Role::Admin.as_str()))
            .filter(member::Column::EndedAt.is_null())
            .filter(member::Column::LastDay.is_null())
            .filter(member::Column::Id.ne(id)),
    )
    .await
}

/// How many accounts that are not archived the member owns.
pub async fn owned_accounts(db: &TenantDb, id: Uuid) -> Result<i64, DbErr> {
    db.count(
        account::Entity::find()
            .filter(account::Column::OwnerId.eq(id))
            .filter(account::Column::ArchivedAt.is_null()),
    )
    .await
}

/// How many open handovers await the member as successor.
pub async fn awaited_handovers(db: &TenantDb, id: Uuid) -> Result<i64, DbErr> {
    db.count(
        handover::Entity::find()
            .filter(handover::Column::ToMemberId.eq(id))
            .filter(handover::Column::Status.is_in(OPEN_HANDOVER)),
    )
    .await
}

/// Locks the active ones of some members till the transaction ends (PostgreSQL; SQLite has one writer), in the order of
/// their ids. Whoever gives them accounts and whoever removes them thus follow each other.
pub async fn lock_active(tx: &WriteTx, ids: &[Uuid]) -> Result<Vec<member::Model>, DbErr> {
    let select = member::Entity::find()
        .filter(member::Column::Id.is_in(ids.iter().copied()))
        .filter(member::Column::EndedAt.is_null())
        .order_by_asc(member::Column::Id);
    tx.all(select.lock(LockType::NoKeyUpdate)).await
}

/// Condition: this member, active, still at the version that the caller saw.
pub fn at_version(id: Uuid, version: i64) -> Condition {
    Condition::all()
        .add(member::Column::Id.eq(id))
        .add(member::Column::Version.eq(version))
        .add(member::Column::EndedAt.is_null())
}

/// Takes the member off all teams; how many places were his.
pub async fn leave_teams(tx: &WriteTx, id: Uuid) -> Result<u64, DbErr> {
    tx.delete(account_team::Entity::delete_many().filter(account_team::Column::MemberId.eq(id)))
        .await
}

/// Tells sign-in where the person is a member.
pub async fn index(tx: &WriteTx, user: Uuid, member: Uuid) -> Result<(), DbErr> {
    tx.global()
        .insert(membership_index::ActiveModel {
            user_id: Set(user),
            tenant_id: Set(tx.tenant()),
            member_id: Set(member),
        })
        .await
}

/// Takes the membership out of what sign-in looks at.
pub async fn unindex(tx: &WriteTx, user: Uuid) -> Result<(), DbErr> {
    tx.global()
        .delete(
            membership_index::Entity::delete_many()
                .filter(membership_index::Column::UserId.eq(user))
                .filter(membership_index::Column::TenantId.eq(tx.tenant())),
        )
        .await?;
    Ok(())
}

/// One invitation.
pub async fn invitation(db: &TenantDb, id: Uuid) -> Result<Option<invitation::Model>, DbErr> {
    db.one(invitation::Entity::find().filter(invitation::Column::Id.eq(id)))
        .await
}

/// Some invitations.
pub async fn invitations(db: &TenantDb, ids: &[Uuid]) -> Result<Vec<invitation::Model>, DbErr> {
    db.all(invitation::Entity::find().filter(invitation::Column::Id.is_in(ids.iter().copied())))
        .await
}

/// Condition: neither accepted nor revoked.
pub fn unanswered() -> Condition {
    Condition::all()
        .add(invitation::Column::AcceptedAt.is_null())
        .add(invitation::Column::RevokedAt.is_null())
}

/// Condition: may still be accepted.
pub fn open(now: DateTime<Utc>) -> Condition {
    unanswered().add(invitation::Column::ExpiresAt.gt(now))
}
