//! Members: finding them, and the door through which other slices get one.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use domain::lang::Text;
use domain::policy::{Action, Role};
use entity::member;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, Select};
use uuid::Uuid;

use super::changes::{emit_change, last_admin};
use super::queries;
use crate::error::{Error, Result, UserErrorCode};
use crate::platform::Ctx;
use crate::platform::events::reader;
use crate::platform::graphql::{CursorKey, Page, PageArgs, Sorted, fetch_page};
use crate::platform::tenancy::{Firsts, TenantDb, WriteTx};

pub use super::changes::{MemberChanges, MemberDraft, member_insert, member_update};
pub use super::invitations::{
    InvitationAccept, InvitationDraft, Invited, invitation_accept, invitation_count, invitation_list,
    invitation_revoke, member_invite,
};
pub use super::removal::member_remove;

const HAS_LEFT: Text = Text::fixed("This member has left.", "このメンバーは退職しています。");

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
    let db = ctx.glance().await?;
    Ok(queries::one(&db, id).await?)
}

/// The member whom a row names that he is read beside.
pub fn member_beside(ctx: &Ctx) -> Result<Option<Firsts<member::Entity>>> {
    ctx.authorize(Action::MemberRead)?;
    Ok(Some(queries::named()))
}

/// One page of the members, by name.
pub async fn member_list(ctx: &Ctx, filter: &MemberFilter, args: &PageArgs) -> Result<Page<member::Model>> {
    ctx.authorize(Action::MemberRead)?;
    let db = ctx.glance().await?;
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
        return Err(Error::user(field, UserErrorCode::Invalid, HAS_LEFT));
    }
    Ok(found)
}

/// As [`member_require_active`], and he cannot be removed, or get another role, before this transaction ends. One whose
/// last day is over is `INVALID` too.
pub async fn member_require_locked(ctx: &Ctx, tx: &WriteTx, id: Uuid, field: &[&str]) -> Result<member::Model> {
    let today = ctx.today()?;
    match queries::lock_active(tx, &[id]).await?.pop() {
        Some(found) if is_there(&found, today) => Ok(found),
        Some(_) => Err(Error::user(field, UserErrorCode::Invalid, HAS_LEFT)),
        None => member_require_active(tx, id, field).await,
    }
}

/// As [`member_require_locked`], for giving him an account: an OBSERVER is `INVALID`.
pub async fn member_require_owner(ctx: &Ctx, tx: &WriteTx, id: Uuid, field: &[&str]) -> Result<member::Model> {
    let found = member_require_locked(ctx, tx, id, field).await?;
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

/// The member, if he may own accounts on this day.
pub async fn member_find_owner(_: &Ctx, db: &TenantDb, id: Uuid, on: NaiveDate) -> Result<Option<member::Model>> {
    let found = member_find_active(db, id).await?;
    Ok(found.filter(|member| may_own(member) && is_there(member, on)))
}

/// The ones of these members who may own accounts today; they still may when this transaction ends.
pub async fn owners_lock(ctx: &Ctx, tx: &WriteTx, ids: &[Uuid]) -> Result<Vec<member::Model>> {
    let today = ctx.today()?;
    let mut active = queries::lock_active(tx, ids).await?;
    active.retain(|member| may_own(member) && is_there(member, today));
    Ok(active)
}

/// The ones of many members, by id. For other slices, which have authorised what they do with them.
pub async fn member_find_many(_: &Ctx, db: &TenantDb, ids: &[Uuid]) -> Result<HashMap<Uuid, member::Model>> {
    let found = queries::many(db, ids).await?;
    Ok(found.into_iter().map(|member| (member.id, member)).collect())
}

/// All of these may own accounts, and still may when this transaction ends; `CONFLICT` when one of them meanwhile may not.
pub async fn owners_require(ctx: &Ctx, tx: &WriteTx, ids: impl Iterator<Item = Uuid>) -> Result<()> {
    let wanted: Vec<Uuid> = ids.collect::<BTreeSet<Uuid>>().into_iter().collect();
    if owners_lock(ctx, tx, &wanted).await?.len() == wanted.len() {
        return Ok(());
    }
    Err(Error::user(
        &[],
        UserErrorCode::Conflict,
        Text::fixed(
            "Whoever was to take accounts over has left, or is an OBSERVER now: try again.",
            "後任に指定されたメンバーは退職したか閲覧者（OBSERVER）になりました。もう一度お試しください。",
        ),
    ))
}

/// The members whose last day is over and whose membership has not ended. For the daily jobs.
pub async fn gone_on(ctx: &Ctx, today: NaiveDate) -> Result<Vec<Uuid>> {
    let db = ctx.read().await?;
    Ok(queries::gone_on(&db, today).await?)
}

/// Sets or clears the last day of a member, inside the caller's transaction.
pub async fn member_last_day_set(tx: &WriteTx, member: &member::Model, last_day: Option<NaiveDate>) -> Result<()> {
    let changed = member::ActiveModel {
        last_day: sea_orm::Set(last_day),
        version: sea_orm::Set(member.version + 1),
        ..Default::default()
    };
    if tx
        .update(changed, queries::at_version(member.id, member.version))
        .await?
        == 0
    {
        return Err(reader::stale(tx, member.id, member.version, member.version + 1).await?);
    }
    emit_change(tx, "member.updated", member.id, member.version + 1, &["lastDay"]);
    Ok(())
}

/// `CONFLICT` when this is the last ADMIN who stays: somebody must run the company when he is gone.
pub async fn admin_require_other(db: &TenantDb, member: &member::Model, field: &str) -> Result<()> {
    if member.role == Role::Admin.as_str() && queries::other_admins_who_stay(db, member.id).await? == 0 {
        return Err(last_admin(field));
    }
    Ok(())
}

/// Whether his last day, if it is known, is not over.
fn is_there(member: &member::Model, today: NaiveDate) -> bool {
    member.last_day.is_none_or(|last_day| last_day >= today)
}

fn may_own(member: &member::Model) -> bool {
    member.role != Role::Observer.as_str()
}

pub(super) async fn reread(ctx: &Ctx, id: Uuid) -> Result<member::Model> {
    let db = ctx.read().await?;
    let found = queries::one(&db, id).await?;
    found.ok_or_else(|| Error::internal("a member vanished after it was written"))
}
