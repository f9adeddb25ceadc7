//! Members: finding them, and the door through which other slices get one.

use domain::lang::Text;
use domain::policy::{Action, Role};
use entity::member;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, Select};
use uuid::Uuid;

use super::queries;
use crate::error::{Error, Result, UserErrorCode};
use crate::platform::Ctx;
use crate::platform::graphql::{CursorKey, Page, PageArgs, Sorted, fetch_page};
use crate::platform::tenancy::{TenantDb, WriteTx};

pub use super::changes::{MemberChanges, MemberDraft, member_insert, member_update};
pub use super::invitations::{
    InvitationAccept, InvitationDraft, Invited, invitation_accept, invitation_count, invitation_list,
    invitation_revoke, member_invite,
};
pub use super::removal::member_remove;

/// How a list of members may be narrowed.
#[derive(Clone, Debug, Default)]
pub struct MemberFilter {
    /// Only those in this role.
    pub role: Option<Role>,
    /// Only those whose manager this is.
    pub manager: Option<Uuid>,
    /// Only those in whose names or e-mail address these words occur.
    pub text: Option<String>,
    /// Those who left too.
    pub include_ended: bool,
}

/// The member of this id.
pub async fn member_find(ctx: &Ctx, id: Uuid) -> Result<Option<member::Model>> {
    ctx.authorize(Action::MemberRead)?;
    let db = ctx.read().await?;
    Ok(queries::one(&db, id).await?)
}

/// One page of the members, by name.
pub async fn member_list(ctx: &Ctx, filter: &MemberFilter, args: &PageArgs) -> Result<Page<member::Model>> {
    ctx.authorize(Action::MemberRead)?;
    let db = ctx.read().await?;
    let sorted = Sorted {
        column: member::Column::SortKey,
        id_column: member::Column::Id,
        descending: false,
        key: |row: &member::Model| (CursorKey::Text(row.sort_key.clone()), row.id),
        place: None,
    };
    fetch_page(ctx, &db, selected(filter), &sorted, format!("members {filter:?}"), args).await
}

/// How many members the whole list has.
pub async fn member_count(ctx: &Ctx, filter: &MemberFilter) -> Result<i64> {
    ctx.authorize(Action::MemberRead)?;
    let db = ctx.read().await?;
    Ok(db.count(selected(filter)).await?)
}

fn selected(filter: &MemberFilter) -> Select<member::Entity> {
    let mut condition = Condition::all();
    if let Some(role) = filter.role {
        condition = condition.add(member::Column::Role.eq(role.as_str()));
    }
    if let Some(manager) = filter.manager {
        condition = condition.add(member::Column::ManagerId.eq(manager));
    }
    if let Some(words) = &filter.text {
        condition = condition.add(queries::matching(words));
    }
    if !filter.include_ended {
        condition = condition.add(member::Column::EndedAt.is_null());
    }
    member::Entity::find().filter(condition)
}

/// The member, if he is active; for signing in, which is of no tenant yet.
pub async fn member_find_active(db: &TenantDb, id: Uuid) -> Result<Option<member::Model>> {
    Ok(queries::one(db, id).await?.filter(|member| member.ended_at.is_none()))
}

/// The member, if he is active; `NOT_FOUND` at `field` when there is none, `INVALID` when he has left. Who is to own an
/// account must pass [`member_require_owner`] instead.
pub async fn member_require_active(db: &TenantDb, id: Uuid, field: &[&str]) -> Result<member::Model> {
    let found = queries::one(db, id).await?.ok_or_else(|| Error::not_found(field))?;
    if found.ended_at.is_some() {
        return Err(Error::user(
            field,
            UserErrorCode::Invalid,
            Text::fixed("This member has left.", "このメンバーは退職しています。"),
        ));
    }
    Ok(found)
}

/// As [`member_require_active`], and he cannot be removed, or get another role, before this transaction ends.
pub async fn member_require_locked(tx: &WriteTx, id: Uuid, field: &[&str]) -> Result<member::Model> {
    match queries::lock_active(tx, &[id]).await?.pop() {
        Some(found) => Ok(found),
        None => member_require_active(tx, id, field).await,
    }
}

/// As [`member_require_locked`], for giving him an account: an OBSERVER is `INVALID`.
pub async fn member_require_owner(tx: &WriteTx, id: Uuid, field: &[&str]) -> Result<member::Model> {
    let found = member_require_locked(tx, id, field).await?;
    if !may_own(&found) {
        return Err(Error::user(
            field,
            UserErrorCode::Invalid,
            Text::fixed(
                "An OBSERVER cannot look after accounts.",
                "閲覧者（OBSERVER）は取引先の担当者になれません。",
            ),
        ));
    }
    Ok(found)
}

/// The ones of these members who may own accounts; they still may when this transaction ends.
pub async fn owners_lock(tx: &WriteTx, ids: &[Uuid]) -> Result<Vec<member::Model>> {
    let mut active = queries::lock_active(tx, ids).await?;
    active.retain(may_own);
    Ok(active)
}

fn may_own(member: &member::Model) -> bool {
    member.role != Role::Observer.as_str()
}

pub(super) async fn reread(ctx: &Ctx, id: Uuid) -> Result<member::Model> {
    let db = ctx.read().await?;
    let found = queries::one(&db, id).await?;
    found.ok_or_else(|| Error::internal("a member vanished after it was written"))
}
