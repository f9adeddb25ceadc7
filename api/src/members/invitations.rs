//! Invitations: a link with a token makes its holder a member.
//!
//! The token is `tenant.invitation.secret`, because who accepts is of no tenant yet. The database keeps the secret's
//! hash only.

use chrono::Duration;
use domain::calendar::tenant_day;
use domain::lang::Text;
use domain::policy::{Action, Role};
use entity::{invitation, member, user};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, Set};
use serde_json::json;
use uuid::Uuid;

use super::changes::{MemberDraft, member_insert};
use super::service::member_require_active;
use super::{InvitationId, queries};
use crate::error::{Error, Result, UserErrorCode};
use crate::platform::Ctx;
use crate::platform::auth::{Actor, Message, OpaqueToken, check_email, link};
use crate::platform::events::NewEvent;
use crate::platform::graphql::input::Checks;
use crate::platform::graphql::{CursorKey, Page, PageArgs, Sorted, any_id, fetch_page, parse_any};
use crate::platform::tenancy::WriteTx;
use crate::sessions::service::{
    Issued, Names, PersonDraft, person_by_email, person_find, person_insert, person_prepare, person_verify,
    session_open,
};
use crate::tenants::service::{tenant_lock, tenant_rows};

/// An invitation is good for seven days.
const LIFETIME: Duration = Duration::days(7);

/// Whom to invite.
#[derive(Clone, Debug)]
pub struct InvitationDraft {
    /// E-mail address as written.
    pub email: String,
    /// What he will be in the tenant.
    pub role: Role,
    /// Who will lead him.
    pub manager: Option<Uuid>,
}

/// An invitation and the link that accepts it, which is shown once.
pub struct Invited {
    /// The invitation.
    pub row: invitation::Model,
    /// The link.
    pub link: String,
}

/// Invites a person. Open invitations of the same address are revoked: the newest link is the one that counts.
pub async fn member_invite(ctx: &Ctx, draft: InvitationDraft) -> Result<Invited> {
    ctx.authorize(Action::MemberInvite)?;
    let inviter = ctx.actor.member().ok_or(Error::Forbidden)?;
    let mut checks = Checks::default();
    let email = check_email(&mut checks, "email", &draft.email);
    checks.done()?;
    let tx = ctx.write().await?;
    if let Some(manager) = draft.manager {
        member_require_active(&tx, manager, &["managerId"]).await?;
    }
    if queries::active_by_email(&tx, &email).await?.is_some() {
        return Err(Error::user(
            &["email"],
            UserErrorCode::Taken,
            Text::fixed(
                "A member has this e-mail address already.",
                "このメールアドレスのメンバーがすでにいます。",
            ),
        ));
    }
    revoke_open(
        ctx,
        &tx,
        queries::open(ctx.now).add(invitation::Column::Email.eq(email.as_str())),
    )
    .await?;
    let secret = OpaqueToken::generate()?;
    let row = invitation::Model {
        tenant_id: tx.tenant(),
        id: Uuid::now_v7(),
        email,
        role: draft.role.as_str().to_owned(),
        manager_id: draft.manager,
        token_hash: secret.hash,
        invited_by_id: inviter,
        expires_at: ctx.now + LIFETIME,
        accepted_at: None,
        revoked_at: None,
        created_at: ctx.now,
    };
    tx.insert(all_set(&row)).await?;
    let payload = json!({ "role": row.role, "manager": row.manager_id });
    tx.emit(NewEvent::new("invitation.created", "inv", row.id).with(payload));
    let tenant = tx.tenant();
    tx.commit().await?;
    let token = token_text(tenant, row.id, &secret.text);
    let link = link(&ctx.app.config.public_url, "invitation", &token);
    ctx.app.courier.deliver(Message {
        to: row.email.clone(),
        subject: "Accept your invitation",
        link: link.clone(),
    });
    Ok(Invited { row, link })
}

fn all_set(row: &invitation::Model) -> invitation::ActiveModel {
    let row = row.clone();
    invitation::ActiveModel {
        tenant_id: Set(row.tenant_id),
        id: Set(row.id),
        email: Set(row.email),
        role: Set(row.role),
        manager_id: Set(row.manager_id),
        token_hash: Set(row.token_hash),
        invited_by_id: Set(row.invited_by_id),
        expires_at: Set(row.expires_at),
        accepted_at: Set(row.accepted_at),
        revoked_at: Set(row.revoked_at),
        created_at: Set(row.created_at),
    }
}

async fn revoke_open(ctx: &Ctx, tx: &WriteTx, which: Condition) -> Result<()> {
    for row in tx.all(invitation::Entity::find().filter(which)).await? {
        let revoked = invitation::ActiveModel {
            revoked_at: Set(Some(ctx.now)),
            ..Default::default()
        };
        if tx
            .update(revoked, queries::unanswered().add(invitation::Column::Id.eq(row.id)))
            .await?
            > 0
        {
            tx.emit(NewEvent::new("invitation.revoked", "inv", row.id));
        }
    }
    Ok(())
}

/// Makes an invitation worthless. Doing it twice changes nothing; `CONFLICT` when it was accepted.
pub async fn invitation_revoke(ctx: &Ctx, id: Uuid) -> Result<invitation::Model> {
    ctx.authorize(Action::MemberInvite)?;
    let tx = ctx.write().await?;
    let this = queries::unanswered().add(invitation::Column::Id.eq(id));
    revoke_open(ctx, &tx, this).await?;
    let row = queries::invitation(&tx, id)
        .await?
        .ok_or_else(|| Error::not_found(&["id"]))?;
    if row.accepted_at.is_some() {
        return Err(Error::user(
            &["id"],
            UserErrorCode::Conflict,
            Text::fixed(
                "The invitation was accepted: remove the member instead.",
                "この招待は承諾済みです。メンバーを削除してください。",
            ),
        ));
    }
    tx.commit().await?;
    Ok(row)
}

/// One page of the invitations that may still be accepted, newest first.
pub async fn invitation_list(ctx: &Ctx, args: &PageArgs) -> Result<Page<invitation::Model>> {
    ctx.authorize(Action::InvitationRead)?;
    let db = ctx.glance().await?;
    let sorted = Sorted {
        column: invitation::Column::CreatedAt,
        id_column: invitation::Column::Id,
        descending: true,
        key: |row: &invitation::Model| (CursorKey::Time(row.created_at), row.id),
        place: None,
    };
    let open = invitation::Entity::find().filter(queries::open(ctx.now));
    fetch_page(ctx, &db, open, &sorted, "invitations".to_owned(), args).await
}

/// How many invitations may still be accepted.
pub async fn invitation_count(ctx: &Ctx) -> Result<i64> {
    ctx.authorize(Action::InvitationRead)?;
    let db = ctx.read().await?;
    Ok(db
        .count(invitation::Entity::find().filter(queries::open(ctx.now)))
        .await?)
}

/// Who accepts, and with what.
pub struct InvitationAccept {
    /// The link's token.
    pub token: String,
    /// What he is called in the tenant.
    pub names: Names,
    /// A new person chooses one; a known one who is not signed in proves himself with his.
    pub password: Option<String>,
}

/// Accepts an invitation: the person becomes a member and is signed in to the tenant.
///
/// The one who is signed in must have the invited address. Nobody signed in: a known address needs its password, an
/// unknown one becomes a person with the password given.
pub async fn invitation_accept(ctx: &Ctx, accept: InvitationAccept) -> Result<(member::Model, Issued)> {
    let (tenant, id, secret) = parse_token(&accept.token).ok_or_else(rejected)?;
    let key = format!("invitation {}", InvitationId::new(id));
    ctx.app.throttle.attempt(&key, ctx.request.ip.as_deref())?;
    let invitation = open_invitation(ctx, tenant, id, secret).await?;
    let mut checks = Checks::default();
    let names = accept.names.checked(&mut checks);
    checks.done()?;
    let (person, is_new) = accepting(ctx, &invitation, &names, accept.password).await?;
    let tx = ctx.write_in(tenant).await?;
    tenant_lock(&tx).await?;
    let accepted = invitation::ActiveModel {
        accepted_at: Set(Some(ctx.now)),
        ..Default::default()
    };
    if tx
        .update(accepted, queries::open(ctx.now).add(invitation::Column::Id.eq(id)))
        .await?
        == 0
    {
        return Err(rejected());
    }
    if is_new {
        person_insert(&tx.global(), &person).await?;
    }
    let draft = member_draft(ctx, &tx, &invitation, &person, names).await?;
    let member = member_insert(ctx, &tx, draft).await?;
    tx.emit(NewEvent::new("invitation.accepted", "inv", id).with(json!({ "member": member.id })));
    tx.commit().await?;
    let issued = session_open(ctx, person.id, Some((tenant, member.id)), None).await?;
    Ok((member, issued))
}

/// The invitation that a token opens; one answer for all that is wrong with it.
async fn open_invitation(ctx: &Ctx, tenant: Uuid, id: Uuid, secret: &str) -> Result<invitation::Model> {
    // The tenant is the token's and not the caller's, so this read is not the request's.
    ctx.end_read().await?;
    let db = ctx.app.database.tenant_read(tenant, ctx.tally()).await?;
    let found = queries::invitation(&db, id).await?;
    db.end().await?;
    let shown = OpaqueToken::hash(secret);
    let opens = |row: &invitation::Model| {
        let same = aws_lc_rs::constant_time::verify_slices_are_equal(&row.token_hash, &shown).is_ok();
        same && row.accepted_at.is_none() && row.revoked_at.is_none() && row.expires_at > ctx.now
    };
    found.filter(opens).ok_or_else(rejected)
}

/// The person who accepts, and whether he is to be written.
async fn accepting(
    ctx: &Ctx,
    invitation: &invitation::Model,
    names: &Names,
    password: Option<String>,
) -> Result<(user::Model, bool)> {
    match ctx.actor {
        Actor::User { user, .. } | Actor::Member { user, .. } => {
            let person = person_find(ctx, user)
                .await?
                .filter(|person| person.email == invitation.email);
            let person = person.ok_or_else(for_another)?;
            Ok((person, false))
        }
        Actor::Anonymous { .. } => {
            let password = password.ok_or_else(password_required)?;
            if person_by_email(ctx, &invitation.email).await?.is_some() {
                let person = person_verify(ctx, &invitation.email, password).await?;
                return Ok((person.ok_or_else(wrong_password)?, false));
            }
            let draft = PersonDraft {
                email: invitation.email.clone(),
                password,
                names: names.clone(),
            };
            Ok((person_prepare(ctx, draft).await?, true))
        }
        Actor::Client { .. } | Actor::System => Err(Error::Forbidden),
    }
}

async fn member_draft(
    ctx: &Ctx,
    tx: &WriteTx,
    invitation: &invitation::Model,
    person: &user::Model,
    names: Names,
) -> Result<MemberDraft> {
    let rows = tenant_rows(&tx.global(), &[tx.tenant()]).await?;
    let tenant = rows
        .into_iter()
        .next()
        .ok_or_else(|| Error::internal("an invitation without a tenant"))?;
    let zone = tenant
        .time_zone
        .parse()
        .map_err(|_| Error::internal("unknown time zone in the tenant's row"))?;
    let manager = match invitation.manager_id {
        // Who has left since then leads nobody.
        Some(manager) => queries::one(tx, manager)
            .await?
            .filter(|manager| manager.ended_at.is_none()),
        None => None,
    };
    Ok(MemberDraft {
        user: person.id,
        email: person.email.clone(),
        role: invitation.role.parse().map_err(Error::internal)?,
        manager: manager.map(|manager| manager.id),
        names,
        country: tenant.country,
        time_zone: tenant.time_zone,
        joined_on: tenant_day(ctx.now, zone),
    })
}

fn token_text(tenant: Uuid, invitation: Uuid, secret: &str) -> String {
    format!("{}.{}.{secret}", any_id("tnt", tenant), InvitationId::new(invitation))
}

fn parse_token(text: &str) -> Option<(Uuid, Uuid, &str)> {
    let mut parts = text.trim().splitn(3, '.');
    let id = |part: Option<&str>, expected: &str| {
        let (prefix, id) = parse_any(part?)?;
        (prefix == expected).then_some(id)
    };
    let tenant = id(parts.next(), "tnt")?;
    let invitation = id(parts.next(), "inv")?;
    Some((tenant, invitation, parts.next()?))
}

fn rejected() -> Error {
    Error::user(
        &["token"],
        UserErrorCode::Rejected,
        Text::fixed(
            "The invitation is not valid, was used or revoked, or has expired: ask for a new one.",
            "招待が無効か、使用済みか、取り消されたか、有効期限切れです。招待し直してもらってください。",
        ),
    )
}

fn for_another() -> Error {
    Error::user(
        &["token"],
        UserErrorCode::Rejected,
        Text::fixed(
            "The invitation is for another e-mail address than yours.",
            "この招待は別のメールアドレス宛てです。",
        ),
    )
}

fn wrong_password() -> Error {
    Error::user(
        &["password"],
        UserErrorCode::Rejected,
        Text::fixed(
            "The invited address has a user already, and this is not the password.",
            "招待されたメールアドレスは登録済みですが、パスワードが違います。",
        ),
    )
}

fn password_required() -> Error {
    Error::user(
        &["password"],
        UserErrorCode::Required,
        Text::fixed(
            "Sign in first, or give a password.",
            "先にサインインするか、パスワードを入力してください。",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_tenant_and_invitation_in_that_order() {
        let (tenant, invitation) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let text = token_text(tenant, invitation, "s3cret-_");
        assert_eq!(parse_token(&text), Some((tenant, invitation, "s3cret-_")));
        assert_eq!(
            parse_token(&format!(" {text}\n")),
            Some((tenant, invitation, "s3cret-_"))
        );
        let swapped = format!("{}.{}.x", InvitationId::new(invitation), any_id("tnt", tenant));
        for bad in ["", "..", "a.b.c", &swapped, any_id("tnt", tenant).as_str()] {
            assert_eq!(parse_token(bad), None, "{bad}");
        }
    }
}
