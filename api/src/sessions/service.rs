//! Signing in and out. These operations are of a person and not of a tenant, so the policy's table has no row for them:
//! each one asks who the caller is instead.

use domain::lang::Text;
use entity::{session, user};
use sea_orm::{ColumnTrait, Condition};
use uuid::Uuid;

use super::queries;
use crate::error::{Error, Result, UserErrorCode};
use crate::platform::Ctx;
use crate::platform::auth::Actor;
use crate::platform::tenancy::GlobalDb;

pub use super::memberships::{Membership, memberships_of};
pub use super::passwords::password_change;
pub use super::people::{
    Names, PersonDraft, person_by_email, person_find, person_insert, person_prepare, person_verify, within,
};
pub use super::refresh::{Issued, session_open, session_refresh, session_switch};
pub use super::resets::{password_reset, password_reset_request};

/// What somebody signs in with.
pub struct SignIn {
    /// E-mail address as typed.
    pub email: String,
    /// Password.
    pub password: String,
    /// The company to work in.
    pub tenant: Option<Uuid>,
    /// What the list of sessions shows for the device.
    pub device: Option<String>,
}

/// Signs in. Without a company the only one is taken; of several, or none, the caller chooses later.
///
/// `REJECTED` in the same words and the same time when the e-mail address is unknown, the password is wrong, or the
/// person is not a member of the company named.
pub async fn session_create(ctx: &Ctx, sign_in: SignIn) -> Result<(Issued, Vec<Membership>)> {
    let person = person_verify(ctx, &sign_in.email, sign_in.password)
        .await?
        .ok_or_else(rejected)?;
    let memberships = memberships_of(ctx, person.id).await?;
    let chosen = match (sign_in.tenant, memberships.as_slice()) {
        (Some(tenant), all) => {
            let named = all.iter().find(|membership| membership.tenant == tenant);
            Some(named.ok_or_else(rejected)?)
        }
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    let place = chosen.map(|membership| (membership.tenant, membership.member));
    let issued = session_open(ctx, person.id, place, sign_in.device).await?;
    Ok((issued, memberships))
}

fn rejected() -> Error {
    Error::user(
        &[],
        UserErrorCode::Rejected,
        Text::fixed(
            "E-mail address, password or company is wrong.",
            "メールアドレス、パスワード、または会社が正しくありません。",
        ),
    )
}

/// Ends one of the caller's sessions, this one when none is named. Doing it twice changes nothing.
pub async fn session_end(ctx: &Ctx, id: Option<Uuid>) -> Result<session::Model> {
    let (user, current) = ctx.actor.user_session()?;
    let tx = queries::begin(ctx).await?;
    let id = id.unwrap_or(current);
    let Some(mut row) = queries::session(&tx.db(), user, id).await? else {
        return Err(Error::not_found(&["sessionId"]));
    };
    let this = Condition::all().add(session::Column::Id.eq(id));
    if queries::end_sessions(&tx.db(), this, ctx.now).await? > 0 {
        tx.commit().await?;
        row.ended_at = Some(ctx.now);
    }
    Ok(row)
}

/// The caller's sessions that have not ended.
pub async fn session_list(ctx: &Ctx) -> Result<Vec<session::Model>> {
    let (user, _) = ctx.actor.user_session()?;
    Ok(queries::live_sessions(&ctx.global().await?, user, ctx.now).await?)
}

/// Those of many sessions that are the caller's and have not ended.
pub async fn session_find_many(ctx: &Ctx, ids: &[Uuid]) -> Result<Vec<session::Model>> {
    let mut own = session_list(ctx).await?;
    own.retain(|session| ids.contains(&session.id));
    Ok(own)
}

/// The person who is signed in; nothing for anybody else.
pub async fn viewer(ctx: &Ctx) -> Result<Option<user::Model>> {
    match ctx.actor {
        Actor::User { user, .. } | Actor::Member { user, .. } => person_find(ctx, user).await,
        Actor::Anonymous { .. } | Actor::Client { .. } | Actor::System => Ok(None),
    }
}

/// Ends the sessions in which somebody works as this member, inside the caller's transaction.
pub async fn session_end_of_member(ctx: &Ctx, db: &GlobalDb<'_>, tenant: Uuid, member: Uuid) -> Result<u64> {
    let theirs = Condition::all()
        .add(session::Column::TenantId.eq(tenant))
        .add(session::Column::MemberId.eq(member));
    Ok(queries::end_sessions(db, theirs, ctx.now).await?)
}
