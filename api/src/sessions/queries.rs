//! Rows of people and their sessions. They belong to no tenant.

use chrono::{DateTime, Utc};
use entity::{membership_index, password_reset, refresh_token, session, user};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};
use uuid::Uuid;

use crate::platform::Ctx;
use crate::platform::tenancy::{GlobalDb, GlobalTx};

/// Most sessions of one person that are listed.
pub const MOST_SESSIONS: u64 = 100;
/// Most companies that one person is a member of.
pub const MOST_MEMBERSHIPS: u64 = 100;

/// Begins a write transaction on these tables. The request's read transaction ends first: one connection a request.
pub async fn begin(ctx: &Ctx) -> crate::error::Result<GlobalTx> {
    ctx.end_read().await?;
    Ok(ctx.app.database.global_tx(ctx.tally()).await?)
}

/// The person with this (folded) e-mail address.
pub async fn user_by_email(db: &GlobalDb<'_>, email: &str) -> Result<Option<user::Model>, DbErr> {
    db.one(user::Entity::find().filter(user::Column::Email.eq(email))).await
}

/// A person.
pub async fn user(db: &GlobalDb<'_>, id: Uuid) -> Result<Option<user::Model>, DbErr> {
    db.one(user::Entity::find_by_id(id)).await
}

/// Where a person is a member.
pub async fn memberships(db: &GlobalDb<'_>, user: Uuid) -> Result<Vec<membership_index::Model>, DbErr> {
    db.all(
        membership_index::Entity::find()
            .filter(membership_index::Column::UserId.eq(user))
            .order_by_asc(membership_index::Column::TenantId)
            .limit(MOST_MEMBERSHIPS),
    )
    .await
}

/// One of a person's sessions, ended or not.
pub async fn session(db: &GlobalDb<'_>, user: Uuid, id: Uuid) -> Result<Option<session::Model>, DbErr> {
    db.one(session::Entity::find_by_id(id).filter(session::Column::UserId.eq(user)))
        .await
}

/// A person's sessions that have not ended, last used first.
pub async fn live_sessions(db: &GlobalDb<'_>, user: Uuid, now: DateTime<Utc>) -> Result<Vec<session::Model>, DbErr> {
    db.all(
        session::Entity::find()
            .filter(session::Column::UserId.eq(user))
            .filter(is_live(now))
            .order_by_desc(session::Column::LastUsedAt)
            .order_by_desc(session::Column::Id)
            .limit(MOST_SESSIONS),
    )
    .await
}

/// Condition: the session has not ended.
pub fn is_live(now: DateTime<Utc>) -> Condition {
    Condition::all()
        .add(session::Column::EndedAt.is_null())
        .add(session::Column::ExpiresAt.gt(now))
}

/// Changes one live session; the row after the change, or nothing when the session has ended.
pub async fn change_live_session(
    db: &GlobalDb<'_>,
    id: Uuid,
    change: session::ActiveModel,
    now: DateTime<Utc>,
) -> Result<Option<session::Model>, DbErr> {
    let update = session::Entity::update_many()
        .set(change)
        .filter(session::Column::Id.eq(id))
        .filter(is_live(now));
    Ok(db.update_returning(update).await?.into_iter().next())
}

/// Ends the sessions that `which` names; how many.
pub async fn end_sessions(db: &GlobalDb<'_>, which: Condition, now: DateTime<Utc>) -> Result<u64, DbErr> {
    let ended = session::ActiveModel {
        ended_at: Set(Some(now)),
        ..Default::default()
    };
    db.update(
        session::Entity::update_many()
            .set(ended)
            .filter(which)
            .filter(session::Column::EndedAt.is_null()),
    )
    .await
}

/// Marks the refresh tokens that `which` names, not used and not dead so far, as used; the rows that changed.
pub async fn use_tokens(
    db: &GlobalDb<'_>,
    which: Condition,
    now: DateTime<Utc>,
) -> Result<Vec<refresh_token::Model>, DbErr> {
    let used = refresh_token::ActiveModel {
        used_at: Set(Some(now)),
        ..Default::default()
    };
    db.update_returning(
        refresh_token::Entity::update_many()
            .set(used)
            .filter(which)
            .filter(unused()),
    )
    .await
}

/// Makes the unused children of a refresh token unusable; how many there were.
pub async fn kill_unused_children(
    db: &GlobalDb<'_>,
    parent: &refresh_token::Model,
    now: DateTime<Utc>,
) -> Result<u64, DbErr> {
    let dead = refresh_token::ActiveModel {
        dead_at: Set(Some(now)),
        ..Default::default()
    };
    db.update(
        refresh_token::Entity::update_many()
            .set(dead)
            // The index is on the session.
            .filter(refresh_token::Column::SessionId.eq(parent.session_id))
            .filter(refresh_token::Column::ParentId.eq(parent.id))
            .filter(unused()),
    )
    .await
}

fn unused() -> Condition {
    Condition::all()
        .add(refresh_token::Column::UsedAt.is_null())
        .add(refresh_token::Column::DeadAt.is_null())
}

/// The refresh token with this hash. Its row stays locked till the transaction ends (PostgreSQL; on SQLite there is one
/// writer anyway), so that exchanges of one token follow each other.
pub async fn lock_token(db: &GlobalDb<'_>, hash: &[u8]) -> Result<Option<refresh_token::Model>, DbErr> {
    let unchanged = refresh_token::ActiveModel {
        token_hash: Set(hash.to_vec()),
        ..Default::default()
    };
    let update = refresh_token::Entity::update_many()
        .set(unchanged)
        .filter(refresh_token::Column::TokenHash.eq(hash.to_vec()));
    Ok(db.update_returning(update).await?.into_iter().next())
}

/// A link to reset a password that is still good.
pub async fn open_reset(
    db: &GlobalDb<'_>,
    hash: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<password_reset::Model>, DbErr> {
    db.one(
        password_reset::Entity::find()
            .filter(password_reset::Column::TokenHash.eq(hash.to_vec()))
            .filter(password_reset::Column::UsedAt.is_null())
            .filter(password_reset::Column::ExpiresAt.gt(now)),
    )
    .await
}

/// Uses up the links that `which` names; how many were not used so far.
pub async fn use_resets(db: &GlobalDb<'_>, which: Condition, now: DateTime<Utc>) -> Result<u64, DbErr> {
    let used = password_reset::ActiveModel {
        used_at: Set(Some(now)),
        ..Default::default()
    };
    db.update(
        password_reset::Entity::update_many()
            .set(used)
            .filter(which)
            .filter(password_reset::Column::UsedAt.is_null()),
    )
    .await
}
