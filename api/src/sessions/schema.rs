//! People and their sessions as the API shows them.

use async_graphql::{ComplexObject, Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{session, user};

use super::loaders::MembershipsOf;
use super::service::{self, Issued, SignIn};
use super::{SessionId, UserId};
use crate::error::Result;
use crate::members::{Member, MemberId, Role, loaders::MemberById};
use crate::platform::graphql::{cx, list_size, loaders, payload};
use crate::tenants::TenantId;

/// A person who signs in.
#[derive(Clone, SimpleObject)]
pub struct User {
    /// Id, `user_…`.
    pub id: UserId,
    /// E-mail address, in lower case.
    pub email: String,
    /// Family name as written.
    pub family_name: String,
    /// Given name as written.
    pub given_name: String,
    /// Reading of the family name in kana.
    pub family_kana: Option<String>,
    /// Reading of the given name in kana.
    pub given_kana: Option<String>,
    /// Instant of creation.
    pub created_at: DateTime<Utc>,
}

impl From<user::Model> for User {
    fn from(model: user::Model) -> Self {
        let user::Model {
            id,
            email,
            password_hash: _,
            family_name,
            given_name,
            family_kana,
            given_kana,
            created_at,
        } = model;
        Self {
            id: id.into(),
            email,
            family_name,
            given_name,
            family_kana,
            given_kana,
            created_at,
        }
    }
}

/// A company that the person who is signed in is a member of.
#[derive(Clone, SimpleObject)]
pub struct Membership {
    /// Id of the membership, `mem_…`.
    pub id: MemberId,
    /// The company: what `sessionCreate` and `sessionSwitch` take.
    pub tenant_id: TenantId,
    /// Name of the company.
    pub tenant_name: String,
    /// What the person is in it.
    pub role: Role,
}

impl From<service::Membership> for Membership {
    fn from(membership: service::Membership) -> Self {
        let service::Membership {
            member,
            tenant,
            tenant_name,
            role,
        } = membership;
        Self {
            id: member.into(),
            tenant_id: tenant.into(),
            tenant_name,
            role: role.into(),
        }
    }
}

/// A person signed in on a device.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct Session {
    /// Id, `sess_…`.
    pub id: SessionId,
    /// Name of the device, as its client gave it.
    pub device: String,
    /// Address it was last used from.
    pub ip: Option<String>,
    /// Instant of signing in.
    pub created_at: DateTime<Utc>,
    /// Instant of the last exchange of its refresh token.
    pub last_used_at: DateTime<Utc>,
    /// Instant at which it ends, however often it is used.
    pub expires_at: DateTime<Utc>,
    /// Instant at which it was ended; null while it lasts.
    pub ended_at: Option<DateTime<Utc>>,
    #[graphql(skip)]
    row: SessionRow,
}

#[derive(Clone)]
struct SessionRow {
    user: UserId,
    member: Option<MemberId>,
    /// Made by this very request, for somebody who came without a session.
    is_new: bool,
}

impl From<session::Model> for Session {
    fn from(model: session::Model) -> Self {
        let session::Model {
            id,
            user_id,
            tenant_id: _,
            member_id,
            device,
            ip,
            created_at,
            last_used_at,
            expires_at,
            ended_at,
        } = model;
        Self {
            id: id.into(),
            device,
            ip,
            created_at,
            last_used_at,
            expires_at,
            ended_at,
            row: SessionRow {
                user: user_id.into(),
                member: member_id.map(Into::into),
                is_new: false,
            },
        }
    }
}

impl From<&Issued> for Session {
    fn from(issued: &Issued) -> Self {
        let mut session = Self::from(issued.session.clone());
        session.row.is_new = true;
        session
    }
}

#[ComplexObject]
impl Session {
    /// True for the session of this request.
    async fn current(&self, gql: &Context<'_>) -> bool {
        self.row.is_new
            || cx(gql)
                .actor
                .user_session()
                .is_ok_and(|(_, session)| session == self.id.0)
    }

    /// The company it works in; null until one is chosen.
    async fn membership(&self, gql: &Context<'_>) -> Result<Option<Membership>> {
        let Some(member) = self.row.member else { return Ok(None) };
        let all = loaders(gql)
            .load_one(MembershipsOf(self.row.user.0))
            .await?
            .unwrap_or_default();
        Ok(all
            .into_iter()
            .find(|membership| membership.member == member.0)
            .map(Membership::from))
    }
}

/// What a client proves itself with.
#[derive(Clone, SimpleObject)]
pub struct SessionTokens {
    /// For the `Authorization: Bearer …` header; good for ten minutes, in the session's company only.
    pub access_token: String,
    /// For `sessionRefresh`; good once, for thirty days. Keep it as safe as a password.
    pub refresh_token: String,
    /// Instant at which the access token ends.
    pub expires_at: DateTime<Utc>,
}

impl From<&Issued> for SessionTokens {
    fn from(issued: &Issued) -> Self {
        Self {
            access_token: issued.access.text.clone(),
            refresh_token: issued.refresh.clone(),
            expires_at: issued.access.expires_at,
        }
    }
}

/// Who is signed in.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct Viewer {
    /// The person.
    pub user: User,
}

#[ComplexObject]
impl Viewer {
    /// The person as a member of the session's company; null until one is chosen.
    async fn member(&self, gql: &Context<'_>) -> Result<Option<Member>> {
        let Some(member) = cx(gql).actor.member() else {
            return Ok(None);
        };
        Ok(loaders(gql).load_one(MemberById(member)).await?.map(Member::from))
    }

    /// The companies that the person is a member of, by name; at most 100.
    #[graphql(directive = list_size::apply(100))]
    async fn memberships(&self, gql: &Context<'_>) -> Result<Vec<Membership>> {
        let all = loaders(gql)
            .load_one(MembershipsOf(self.user.id.0))
            .await?
            .unwrap_or_default();
        Ok(all.into_iter().map(Membership::from).collect())
    }

    /// The person's sessions that have not ended, last used first; at most 100.
    #[graphql(directive = list_size::apply(100))]
    async fn sessions(&self, gql: &Context<'_>) -> Result<Vec<Session>> {
        Ok(service::session_list(cx(gql))
            .await?
            .into_iter()
            .map(Session::from)
            .collect())
    }
}

/// Who is signed in.
#[derive(Default)]
pub struct SessionQuery;

#[Object]
impl SessionQuery {
    /// The person who is signed in; null when nobody is.
    async fn viewer(&self, gql: &Context<'_>) -> Result<Option<Viewer>> {
        Ok(service::viewer(cx(gql))
            .await?
            .map(|person| Viewer { user: person.into() }))
    }
}

payload! {
    /// Result of `sessionCreate`.
    SessionCreatePayload {
        /// The new session.
        session: Session,
        /// Its tokens.
        tokens: SessionTokens,
        /// The companies to choose from with `sessionSwitch`.
        #[graphql(directive = list_size::apply(100))]
        memberships: Vec<Membership>,
    }
}
payload! {
    /// Result of `sessionRefresh`.
    SessionRefreshPayload {
        /// The session.
        session: Session,
        /// Its new tokens; the old refresh token is used up.
        tokens: SessionTokens,
    }
}
payload! {
    /// Result of `sessionSwitch`.
    SessionSwitchPayload {
        /// The session, in the other company.
        session: Session,
        /// Its new tokens; the old ones are void.
        tokens: SessionTokens,
    }
}
payload! {
    /// Result of `sessionEnd`.
    SessionEndPayload {
        /// The ended session.
        session: Session
    }
}
payload! {
    /// Result of `passwordChange`.
    PasswordChangePayload {
        /// The person whose password it is.
        user: User
    }
}
payload! {
    /// Result of `passwordResetRequest`.
    PasswordResetRequestPayload {
        /// True, whether or not somebody has the address.
        accepted: bool
    }
}
payload! {
    /// Result of `passwordReset`.
    PasswordResetPayload {
        /// True when the new password counts.
        accepted: bool
    }
}

/// What to sign in with.
#[derive(InputObject)]
pub struct SessionCreateInput {
    /// E-mail address.
    pub email: String,
    /// Password.
    #[graphql(secret)]
    pub password: String,
    /// The company to work in; may be left out when there is only one, or to choose later.
    pub tenant_id: Option<TenantId>,
    /// What the list of sessions shows for this device; the client's User-Agent when nothing is said.
    pub device: Option<String>,
}

impl From<SessionCreateInput> for SignIn {
    fn from(input: SessionCreateInput) -> Self {
        Self {
            email: input.email,
            password: input.password,
            tenant: input.tenant_id.map(Into::into),
            device: input.device,
        }
    }
}

/// A refresh token.
#[derive(InputObject)]
pub struct SessionRefreshInput {
    /// The token that the last answer gave.
    #[graphql(secret)]
    pub refresh_token: String,
}

/// Which session to end.
#[derive(InputObject)]
pub struct SessionEndInput {
    /// One of the caller's sessions; this one when nothing is said.
    pub session_id: Option<SessionId>,
}

/// Where to work.
#[derive(InputObject)]
pub struct SessionSwitchInput {
    /// One of the caller's companies.
    pub tenant_id: TenantId,
}

/// A password for another.
#[derive(InputObject)]
pub struct PasswordChangeInput {
    /// The password so far.
    #[graphql(secret)]
    pub current_password: String,
    /// The new one: 12–128 characters, hard to guess.
    #[graphql(secret)]
    pub new_password: String,
}

/// Whose password was forgotten.
#[derive(InputObject)]
pub struct PasswordResetRequestInput {
    /// E-mail address.
    pub email: String,
}

/// A new password by a link.
#[derive(InputObject)]
pub struct PasswordResetInput {
    /// The token of the link; good once, for an hour.
    #[graphql(secret)]
    pub token: String,
    /// The new password: 12–128 characters, hard to guess.
    #[graphql(secret)]
    pub new_password: String,
}

/// Signing in and out, and passwords.
#[derive(Default)]
pub struct SessionMutation;

#[Object]
impl SessionMutation {
    /// Signs in. The answer to an unknown address, a wrong password and a foreign company is the same.
    async fn session_create(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "What to sign in with.")] input: SessionCreateInput,
    ) -> Result<Option<SessionCreatePayload>> {
        let result = service::session_create(cx(gql), input.into()).await;
        SessionCreatePayload::of(result.map(created)).map(Some)
    }

    /// Exchanges a refresh token for new tokens. A token is good once; using it twice ends the session.
    async fn session_refresh(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The token.")] input: SessionRefreshInput,
    ) -> Result<Option<SessionRefreshPayload>> {
        let result = service::session_refresh(cx(gql), &input.refresh_token).await;
        SessionRefreshPayload::of(result.map(refreshed)).map(Some)
    }

    /// Moves this session to another of the caller's companies. Its tokens so far are void.
    async fn session_switch(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Where to work.")] input: SessionSwitchInput,
    ) -> Result<Option<SessionSwitchPayload>> {
        let result = service::session_switch(cx(gql), input.tenant_id.0).await;
        SessionSwitchPayload::of(result.map(switched)).map(Some)
    }

    /// Ends one of the caller's sessions: signs out.
    async fn session_end(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Which session.")] input: SessionEndInput,
    ) -> Result<Option<SessionEndPayload>> {
        let result = service::session_end(cx(gql), input.session_id.map(Into::into)).await;
        SessionEndPayload::of(result.map(Session::from)).map(Some)
    }

    /// Changes the caller's password and ends his other sessions.
    async fn password_change(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The passwords.")] input: PasswordChangeInput,
    ) -> Result<Option<PasswordChangePayload>> {
        let result = service::password_change(cx(gql), input.current_password, input.new_password).await;
        PasswordChangePayload::of(result.map(User::from)).map(Some)
    }

    /// Sends a link to set a new password to the address, if somebody has it. The answer is always the same.
    async fn password_reset_request(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Whose password.")] input: PasswordResetRequestInput,
    ) -> Result<Option<PasswordResetRequestPayload>> {
        let result = service::password_reset_request(cx(gql), &input.email).await;
        PasswordResetRequestPayload::of(result.map(|()| true)).map(Some)
    }

    /// Sets a new password by a link and ends all sessions of the person.
    async fn password_reset(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Link and password.")] input: PasswordResetInput,
    ) -> Result<Option<PasswordResetPayload>> {
        let result = service::password_reset(cx(gql), &input.token, input.new_password).await;
        PasswordResetPayload::of(result.map(|()| true)).map(Some)
    }
}

fn created((issued, memberships): (Issued, Vec<service::Membership>)) -> SessionCreatePayload {
    SessionCreatePayload {
        session: Some(Session::from(&issued)),
        tokens: Some(SessionTokens::from(&issued)),
        memberships: Some(memberships.into_iter().map(Membership::from).collect()),
        user_errors: Vec::new(),
    }
}

fn refreshed(issued: Issued) -> SessionRefreshPayload {
    SessionRefreshPayload {
        session: Some(Session::from(&issued)),
        tokens: Some(SessionTokens::from(&issued)),
        user_errors: Vec::new(),
    }
}

fn switched(issued: Issued) -> SessionSwitchPayload {
    SessionSwitchPayload {
        session: Some(Session::from(&issued)),
        tokens: Some(SessionTokens::from(&issued)),
        user_errors: Vec::new(),
    }
}
