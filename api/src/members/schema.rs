//! Members as the API shows them.

use async_graphql::{ComplexObject, Context, Enum, InputObject, MaybeUndefined, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::member;

use super::loaders::{MemberById, ReportsOf};
use super::service::{self, MemberChanges, MemberFilter};
use super::{MemberId, MemberKind};
use crate::error::Result;
use crate::platform::graphql::{
    Computed, Connection, Date, IdKind, PageArgs, Total, Writable, connection, cx, list_size, loaders, payload,
};

/// What a member is in his company.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::policy::Role")]
pub enum Role {
    /// Runs the company's use of the service: everything, everywhere in it.
    Admin,
    /// Leads a team: writes on the accounts of everybody below.
    Manager,
    /// Looks after accounts: writes on those he owns, is on the team of or will take over.
    Rep,
    /// Sees every account and never writes.
    Observer,
}

/// A person in the company.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct Member {
    /// Id, `mem_…`.
    pub id: MemberId,
    /// What he is in the company.
    pub role: Role,
    /// Family name as written.
    pub family_name: String,
    /// Given name as written.
    pub given_name: String,
    /// Reading of the family name in kana.
    pub family_kana: Option<String>,
    /// Reading of the given name in kana.
    pub given_kana: Option<String>,
    /// E-mail address, in lower case.
    pub email: String,
    /// Country he works in, ISO 3166-1 alpha-2.
    pub country: String,
    /// IANA time zone he works in.
    pub time_zone: String,
    /// His first day.
    pub joined_on: Date,
    /// His last day, once it is known.
    pub last_day: Option<Date>,
    /// Instant at which the membership ended; null while it lasts.
    pub ended_at: Option<DateTime<Utc>>,
    /// Counts the changes: a change names the version that it saw.
    pub version: i64,
    /// Instant of creation.
    pub created_at: DateTime<Utc>,
    #[graphql(skip)]
    leader: Option<MemberId>,
}

impl Writable for member::Entity {
    const OBJECT: &'static str = "Member";
    const PREFIX: &'static str = MemberKind::PREFIX;
    const COMPUTED: &'static [Computed<member::Column>] = &[
        ("manager", &[member::Column::ManagerId]),
        ("reports", &[member::Column::Id]),
    ];
}

impl From<member::Model> for Member {
    fn from(model: member::Model) -> Self {
        let member::Model {
            tenant_id: _,
            id,
            user_id: _,
            role,
            manager_id,
            family_name,
            given_name,
            family_kana,
            given_kana,
            sort_key: _,
            email,
            country,
            time_zone,
            joined_on,
            last_day,
            ended_at,
            version,
            created_at,
        } = model;
        Self {
            id: id.into(),
            role: role.parse().map_or(Role::Observer, domain::policy::Role::into),
            family_name,
            given_name,
            family_kana,
            given_kana,
            email,
            country,
            time_zone,
            joined_on: Date(joined_on),
            last_day: last_day.map(Date),
            ended_at,
            version,
            created_at,
            leader: manager_id.map(Into::into),
        }
    }
}

#[ComplexObject]
impl Member {
    /// The member who leads this one; null at the head of the team tree.
    async fn manager(&self, gql: &Context<'_>) -> Result<Option<Member>> {
        let Some(manager) = self.leader else { return Ok(None) };
        Ok(loaders(gql).load_one(MemberById(manager.0)).await?.map(Member::from))
    }

    /// The active members whom this one leads directly, by name; at most 100. `members(filter: { managerId })` has all.
    #[graphql(directive = list_size::apply(100))]
    async fn reports(&self, gql: &Context<'_>) -> Result<Vec<Member>> {
        let rows = loaders(gql).load_one(ReportsOf(self.id.0)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Member::from).collect())
    }
}

/// How a list of members is narrowed. All given conditions must hold.
#[derive(InputObject, Default)]
pub struct MemberFilterInput {
    /// Only those in this role.
    pub role: Option<Role>,
    /// Only those whose manager this is.
    pub manager_id: Option<MemberId>,
    /// Only those in whose name, reading or e-mail address each of these words (the first eight) occurs.
    pub text: Option<String>,
    /// Those who left too; otherwise they are left out.
    #[graphql(default)]
    pub include_ended: bool,
}

impl From<MemberFilterInput> for MemberFilter {
    fn from(input: MemberFilterInput) -> Self {
        Self {
            role: input.role.map(Into::into),
            manager: input.manager_id.map(Into::into),
            text: input.text,
            include_ended: input.include_ended,
        }
    }
}

/// Reading members.
#[derive(Default)]
pub struct MemberReads;

#[Object]
impl MemberReads {
    /// One member; null when there is none in the caller's company.
    async fn member(&self, gql: &Context<'_>, #[graphql(desc = "His id.")] id: MemberId) -> Result<Option<Member>> {
        Ok(service::member_find(cx(gql), id.0).await?.map(Member::from))
    }

    /// The members of the caller's company, by reading (kana), then name.
    async fn members(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Narrows the list.")] filter: Option<MemberFilterInput>,
        #[graphql(desc = "Rows from the start or after `after`, 1–100; 20 when nothing is said.")] first: Option<i32>,
        #[graphql(desc = "Rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the end or before `before`, 1–100.")] last: Option<i32>,
        #[graphql(desc = "Rows in front of this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<Member>>> {
        let filter = MemberFilter::from(filter.unwrap_or_default());
        let page = service::member_list(
            cx(gql),
            &filter,
            &PageArgs {
                first,
                after,
                last,
                before,
            },
        )
        .await?;
        let total = Total::new(move |ctx| {
            let filter = filter.clone();
            async move { service::member_count(&ctx, &filter).await }
        });
        Ok(Some(connection(page, total, Member::from)))
    }
}

payload! {
    /// Result of `memberUpdate`.
    MemberUpdatePayload {
        /// The member after the change.
        member: Member
    }
}
payload! {
    /// Result of `memberRemove`.
    MemberRemovePayload {
        /// The former member.
        member: Member
    }
}

/// A change of a member. What is left out stays; null clears.
#[derive(InputObject)]
pub struct MemberUpdateInput {
    /// The member.
    pub id: MemberId,
    /// The version that the caller saw.
    pub version: i32,
    /// What he is in the company. The last ADMIN stays one; an owner of accounts cannot become an OBSERVER.
    pub role: Option<Role>,
    /// Who leads him; not himself and nobody below him.
    pub manager_id: MaybeUndefined<MemberId>,
    /// Family name as written, 1–200 characters.
    pub family_name: Option<String>,
    /// Given name as written, 1–200 characters.
    pub given_name: Option<String>,
    /// Reading of the family name in kana.
    pub family_kana: MaybeUndefined<String>,
    /// Reading of the given name in kana.
    pub given_kana: MaybeUndefined<String>,
    /// Country he works in, ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// IANA time zone he works in.
    pub time_zone: Option<String>,
}

impl From<MemberUpdateInput> for MemberChanges {
    fn from(input: MemberUpdateInput) -> Self {
        Self {
            role: input.role.map(Into::into),
            manager: input.manager_id.map_value(Into::into),
            family_name: input.family_name,
            given_name: input.given_name,
            family_kana: input.family_kana,
            given_kana: input.given_kana,
            country: input.country,
            time_zone: input.time_zone,
        }
    }
}

/// Which member to remove.
#[derive(InputObject)]
pub struct MemberRemoveInput {
    /// The member.
    pub id: MemberId,
    /// The version that the caller saw.
    pub version: i32,
}

/// Changing members.
#[derive(Default)]
pub struct MemberChangesRoot;

#[Object]
impl MemberChangesRoot {
    /// Changes a member; a stale version is a CONFLICT that says what changed.
    async fn member_update(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The change.")] input: MemberUpdateInput,
    ) -> Result<Option<MemberUpdatePayload>> {
        let result = service::member_update(cx(gql), input.id.0, input.version.into(), input.into()).await;
        MemberUpdatePayload::of(result.map(Member::from)).map(Some)
    }

    /// Ends a membership. CONFLICT while the member owns accounts, is to take one over, or is the last ADMIN.
    async fn member_remove(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The member.")] input: MemberRemoveInput,
    ) -> Result<Option<MemberRemovePayload>> {
        let result = service::member_remove(cx(gql), input.id.0, input.version.into()).await;
        MemberRemovePayload::of(result.map(Member::from)).map(Some)
    }
}
