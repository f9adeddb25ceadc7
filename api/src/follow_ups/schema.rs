//! Follow-ups as the API shows them.

use async_graphql::{ComplexObject, Context, Enum, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::follow_up;
use uuid::Uuid;

use super::FollowUpId;
use super::loaders::OpenFollowUpsOf;
use super::service::{self, FollowUpFilter};
use crate::accounts::{Account, AccountById, AccountId};
use crate::activities::{Activity, ActivityById};
use crate::contacts::{Contact, ContactById};
use crate::error::{Error, Result};
use crate::members::loaders::MemberById;
use crate::members::{Member, MemberId};
use crate::platform::graphql::{Connection, Date, PageArgs, Total, connection, cx, loaders};

/// Where a follow-up stands.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::follow_up::FollowUpStatus")]
pub enum FollowUpStatus {
    /// It is to happen.
    Open,
    /// It has happened.
    Done,
    /// It is not to happen any more.
    Cancelled,
}

/// A touch that should happen.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct FollowUp {
    /// Id, `fup_…`.
    pub id: FollowUpId,
    /// Where it stands.
    pub status: FollowUpStatus,
    /// The day by which it is to happen, in the tenant's time zone.
    pub due_on: Date,
    /// Why.
    pub reason: String,
    /// What was last talked about.
    pub talked_about: Option<String>,
    /// What was promised.
    pub promised: Option<String>,
    /// Instant at which it was completed or cancelled; null while it is open.
    pub ended_at: Option<DateTime<Utc>>,
    /// Why it was cancelled; null when it was not.
    pub end_reason: Option<String>,
    /// Counts the changes: a change names the version that it saw.
    pub version: i64,
    /// Instant of creation.
    pub created_at: DateTime<Utc>,
    #[graphql(skip)]
    row: Row,
}

#[derive(Clone)]
struct Row {
    account: Uuid,
    member: Uuid,
    contact: Option<Uuid>,
    done_by: Option<Uuid>,
    created_by: Option<Uuid>,
}

impl FollowUp {
    /// Of a row.
    pub fn of(model: follow_up::Model) -> Result<Self> {
        let follow_up::Model {
            tenant_id: _,
            id,
            account_id,
            member_id,
            contact_id,
            due_on,
            reason,
            talked_about,
            promised,
            status,
            done_by_id,
            ended_at,
            end_reason,
            created_by_id,
            version,
            created_at,
        } = model;
        let status = status.parse::<domain::follow_up::FollowUpStatus>();
        Ok(Self {
            id: id.into(),
            status: status.map_err(Error::internal)?.into(),
            due_on: Date(due_on),
            reason,
            talked_about,
            promised,
            ended_at,
            end_reason,
            version,
            created_at,
            row: Row {
                account: account_id,
                member: member_id,
                contact: contact_id,
                done_by: done_by_id,
                created_by: created_by_id,
            },
        })
    }
}

async fn member(gql: &Context<'_>, id: Option<Uuid>) -> Result<Option<Member>> {
    let Some(id) = id else { return Ok(None) };
    Ok(loaders(gql).load_one(MemberById(id)).await?.map(Member::from))
}

#[ComplexObject]
impl FollowUp {
    /// The account.
    async fn account(&self, gql: &Context<'_>) -> Result<Option<Account>> {
        let row = loaders(gql).load_one(AccountById(self.row.account)).await?;
        Ok(row.map(Account::from))
    }

    /// The member who is to do it, or did it.
    async fn member(&self, gql: &Context<'_>) -> Result<Option<Member>> {
        member(gql, Some(self.row.member)).await
    }

    /// The contact it is with; null when it is with nobody in particular.
    async fn contact(&self, gql: &Context<'_>) -> Result<Option<Contact>> {
        let Some(id) = self.row.contact else { return Ok(None) };
        Ok(loaders(gql).load_one(ContactById(id)).await?.map(Contact::from))
    }

    /// The touch that did it; null while none has, or when it was completed without one.
    async fn done_by(&self, gql: &Context<'_>) -> Result<Option<Activity>> {
        let Some(id) = self.row.done_by else { return Ok(None) };
        Ok(loaders(gql).load_one(ActivityById(id)).await?.map(Activity::from))
    }

    /// The member who made it; null when an integration did.
    async fn created_by(&self, gql: &Context<'_>) -> Result<Option<Member>> {
        member(gql, self.row.created_by).await
    }
}

/// The open follow-ups of an account, those due first first. The body of `Account.followUps`.
pub async fn open_of_account(gql: &Context<'_>, account: Uuid) -> Result<Vec<FollowUp>> {
    let rows = loaders(gql).load_one(OpenFollowUpsOf(account)).await?;
    rows.unwrap_or_default().into_iter().map(FollowUp::of).collect()
}

/// How a list of follow-ups is narrowed. All given conditions must hold.
#[derive(InputObject, Default)]
pub struct FollowUpFilterInput {
    /// Only those with this account.
    pub account_id: Option<AccountId>,
    /// Only those of this member.
    pub member_id: Option<MemberId>,
    /// Only those in one of these states.
    pub statuses: Option<Vec<FollowUpStatus>>,
    /// Only those due on this day or before: with OPEN and yesterday, the overdue ones.
    pub due_until: Option<Date>,
}

impl From<FollowUpFilterInput> for FollowUpFilter {
    fn from(input: FollowUpFilterInput) -> Self {
        let statuses = input.statuses;
        Self {
            account: input.account_id.map(Into::into),
            member: input.member_id.map(Into::into),
            statuses: statuses.map(|statuses| statuses.into_iter().map(Into::into).collect()),
            due_until: input.due_until.map(|day| day.0),
        }
    }
}

/// Reading follow-ups.
#[derive(Default)]
pub struct FollowUpQuery;

#[Object]
impl FollowUpQuery {
    /// One follow-up; null when there is none that the caller may see.
    async fn follow_up(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Its id.")] id: FollowUpId,
    ) -> Result<Option<FollowUp>> {
        let found = service::follow_up_find(cx(gql), id.0).await?;
        found.map(FollowUp::of).transpose()
    }

    /// The follow-ups with the accounts that the caller may see, those due first first.
    async fn follow_ups(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Narrows the list.")] filter: Option<FollowUpFilterInput>,
        #[graphql(desc = "Rows from the start or after `after`, 1–100; 20 when nothing is said.")] first: Option<i32>,
        #[graphql(desc = "Rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the end or before `before`, 1–100.")] last: Option<i32>,
        #[graphql(desc = "Rows in front of this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<FollowUp>>> {
        let filter = FollowUpFilter::from(filter.unwrap_or_default());
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        let page = service::follow_up_list(cx(gql), &filter, &args).await?;
        let page = page.try_map(FollowUp::of)?;
        let total = Total::new(move |ctx| {
            let filter = filter.clone();
            async move { service::follow_up_count(&ctx, &filter).await }
        });
        Ok(Some(connection(page, total, |follow_up| follow_up)))
    }
}
