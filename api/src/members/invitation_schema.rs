//! Invitations as the API shows them.

use async_graphql::{ComplexObject, Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{invitation, member};

use super::loaders::MemberById;
use super::schema::{Member, Role};
use super::service::{self, InvitationAccept, InvitationDraft, Invited};
use super::{InvitationId, MemberId};
use crate::error::Result;
use crate::platform::graphql::{Connection, PageArgs, Total, connection, cx, loaders, payload};
use crate::sessions::SessionTokens;
use crate::sessions::service::{Issued, Names};

/// An invitation to become a member.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct Invitation {
    /// Id, `inv_…`.
    pub id: InvitationId,
    /// Invited e-mail address, in lower case.
    pub email: String,
    /// What the person will be in the company.
    pub role: Role,
    /// Instant from which it cannot be accepted any more.
    pub expires_at: DateTime<Utc>,
    /// Instant at which it was accepted; null while it was not.
    pub accepted_at: Option<DateTime<Utc>>,
    /// Instant at which it was revoked; null while it was not.
    pub revoked_at: Option<DateTime<Utc>>,
    /// Instant of creation.
    pub created_at: DateTime<Utc>,
    #[graphql(skip)]
    leader: Option<MemberId>,
    #[graphql(skip)]
    inviter: MemberId,
}

impl From<invitation::Model> for Invitation {
    fn from(model: invitation::Model) -> Self {
        let invitation::Model {
            tenant_id: _,
            id,
            email,
            role,
            manager_id,
            token_hash: _,
            invited_by_id,
            expires_at,
            accepted_at,
            revoked_at,
            created_at,
        } = model;
        Self {
            id: id.into(),
            email,
            role: role.parse().map_or(Role::Observer, domain::policy::Role::into),
            expires_at,
            accepted_at,
            revoked_at,
            created_at,
            leader: manager_id.map(Into::into),
            inviter: invited_by_id.into(),
        }
    }
}

#[ComplexObject]
impl Invitation {
    /// The member who will lead the person.
    async fn manager(&self, gql: &Context<'_>) -> Result<Option<Member>> {
        let Some(manager) = self.leader else { return Ok(None) };
        Ok(loaders(gql).load_one(MemberById(manager.0)).await?.map(Member::from))
    }

    /// The member who invites.
    async fn invited_by(&self, gql: &Context<'_>) -> Result<Option<Member>> {
        Ok(loaders(gql)
            .load_one(MemberById(self.inviter.0))
            .await?
            .map(Member::from))
    }
}

/// Reading invitations.
#[derive(Default)]
pub struct InvitationReads;

#[Object]
impl InvitationReads {
    /// The invitations that may still be accepted, newest first.
    async fn invitations(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Rows from the start or after `after`, 1–100; 20 when nothing is said.")] first: Option<i32>,
        #[graphql(desc = "Rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the end or before `before`, 1–100.")] last: Option<i32>,
        #[graphql(desc = "Rows in front of this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<Invitation>>> {
        let page = service::invitation_list(
            cx(gql),
            &PageArgs {
                first,
                after,
                last,
                before,
            },
        )
        .await?;
        let total = Total::new(|ctx| async move { service::invitation_count(&ctx).await });
        Ok(Some(connection(page, total, Invitation::from)))
    }
}

payload! {
    /// Result of `memberInvite`.
    MemberInvitePayload {
        /// The invitation.
        invitation: Invitation,
        /// The link that accepts it. It is a credential and is not shown again.
        link: String,
    }
}
payload! {
    /// Result of `invitationRevoke`.
    InvitationRevokePayload {
        /// The revoked invitation.
        invitation: Invitation
    }
}
payload! {
    /// Result of `invitationAccept`.
    InvitationAcceptPayload {
        /// The new member.
        member: Member,
        /// A session in the company. Use them to read on: this request is not of the company yet.
        tokens: SessionTokens,
    }
}

/// Whom to invite.
#[derive(InputObject)]
pub struct MemberInviteInput {
    /// E-mail address.
    pub email: String,
    /// What the person will be in the company.
    pub role: Role,
    /// Who will lead the person.
    pub manager_id: Option<MemberId>,
}

impl From<MemberInviteInput> for InvitationDraft {
    fn from(input: MemberInviteInput) -> Self {
        Self {
            email: input.email,
            role: input.role.into(),
            manager: input.manager_id.map(Into::into),
        }
    }
}

/// Which invitation to revoke.
#[derive(InputObject)]
pub struct InvitationRevokeInput {
    /// The invitation.
    pub id: InvitationId,
}

/// Who accepts an invitation.
#[derive(InputObject)]
pub struct InvitationAcceptInput {
    /// The token of the link: what stands behind `token=`.
    #[graphql(secret)]
    pub token: String,
    /// Family name as written.
    pub family_name: String,
    /// Given name as written.
    pub given_name: String,
    /// Reading of the family name in kana.
    pub family_kana: Option<String>,
    /// Reading of the given name in kana.
    pub given_kana: Option<String>,
    /// For somebody who is not signed in: the password of the invited address, or, when it is new here, the one to be
    /// (12–128 characters, hard to guess).
    #[graphql(secret)]
    pub password: Option<String>,
}

impl From<InvitationAcceptInput> for InvitationAccept {
    fn from(input: InvitationAcceptInput) -> Self {
        Self {
            token: input.token,
            names: Names {
                family: input.family_name,
                given: input.given_name,
                family_kana: input.family_kana,
                given_kana: input.given_kana,
            },
            password: input.password,
        }
    }
}

/// Changing invitations.
#[derive(Default)]
pub struct InvitationChangesRoot;

#[Object]
impl InvitationChangesRoot {
    /// Invites a person to become a member. The link is sent to the address and returned. Older open invitations of the
    /// address are revoked.
    async fn member_invite(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Whom to invite.")] input: MemberInviteInput,
    ) -> Result<Option<MemberInvitePayload>> {
        let result = service::member_invite(cx(gql), input.into()).await;
        MemberInvitePayload::of(result.map(invited)).map(Some)
    }

    /// Makes an invitation worthless.
    async fn invitation_revoke(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Which invitation.")] input: InvitationRevokeInput,
    ) -> Result<Option<InvitationRevokePayload>> {
        let result = service::invitation_revoke(cx(gql), input.id.0).await;
        InvitationRevokePayload::of(result.map(Invitation::from)).map(Some)
    }

    /// Accepts an invitation: the person becomes a member and is signed in to the company.
    async fn invitation_accept(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Who accepts.")] input: InvitationAcceptInput,
    ) -> Result<Option<InvitationAcceptPayload>> {
        let result = service::invitation_accept(cx(gql), input.into()).await;
        InvitationAcceptPayload::of(result.map(accepted)).map(Some)
    }
}

fn invited(Invited { row, link }: Invited) -> MemberInvitePayload {
    MemberInvitePayload {
        invitation: Some(row.into()),
        link: Some(link),
        user_errors: Vec::new(),
    }
}

fn accepted((member, issued): (member::Model, Issued)) -> InvitationAcceptPayload {
    InvitationAcceptPayload {
        member: Some(member.into()),
        tokens: Some(SessionTokens::from(&issued)),
        user_errors: Vec::new(),
    }
}
