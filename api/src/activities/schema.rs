//! Activities as the API shows them.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, Enum, InputObject, Object, SimpleObject, Value};
use chrono::{DateTime, Utc};
use entity::{account, activity};
use uuid::Uuid;

use super::loaders::{ContactIdsOf, LatestOf, MemberIdsOf};
use super::service::{self, ActivityFilter, Recorded};
use super::{ActivityId, ActivityIdKind};
use crate::accounts::service::account_beside;
use crate::accounts::{Account, AccountById, AccountId};
use crate::contacts::{Contact, ContactById, ContactId};
use crate::error::{Error, Result};
use crate::members::service::member_beside;
use crate::members::{Member, MemberId, loaders::MemberById};
use crate::platform::Ctx;
use crate::platform::graphql::{
    Asked, Computed, Connection, Found, IdKind, PageArgs, Related, Selected, Total, Writable, connection, cx,
    list_size, loaders, wanted_here,
};
use crate::platform::tenancy::{Columns, Firsts};

/// What kind of touch it was.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::activity::ActivityKind")]
pub enum ActivityKind {
    /// A meeting, in person or by video.
    Meeting,
    /// A meeting with both the one who leaves and the one who comes.
    JointMeeting,
    /// A telephone call that was answered.
    Call,
    /// A message left on a voicemail.
    Voicemail,
    /// An e-mail.
    Email,
    /// A letter or card.
    Letter,
    /// A gift, such as ochūgen or oseibo.
    Gift,
    /// A white paper, clipping or book sent.
    ContentSent,
    /// An event that the client came to.
    Event,
    /// The visit after a delivery.
    DeliveryReview,
}

/// Who began a touch.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::activity::StartedBy")]
pub enum StartedBy {
    /// One of us.
    Us,
    /// A contact of the client.
    Contact,
}

/// A touch that happened with a client.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct Activity {
    /// Id, `act_…`.
    pub id: ActivityId,
    /// True when both sides said something.
    pub two_way: bool,
    /// Instant at which it happened.
    pub occurred_at: DateTime<Utc>,
    /// Instant since which we know of it: later than `occurredAt` when it was entered late.
    pub recorded_at: DateTime<Utc>,
    /// What was talked about and what came of it.
    pub summary: String,
    /// What is to be done next.
    pub next_step: Option<String>,
    /// The client's satisfaction as he told it, from 1 (very dissatisfied) to 5 (very satisfied); null when he did not.
    pub satisfaction: Option<i16>,
    /// Another system's id for it (a calendar's or telephone system's, say); unique.
    pub external_id: Option<String>,
    /// Since when it is archived; null when it is not.
    pub archived_at: Option<DateTime<Utc>>,
    /// Counts the changes: a change names the version that it saw.
    pub version: i64,
    /// Instant of creation.
    pub created_at: DateTime<Utc>,
    #[graphql(skip)]
    row: Row,
}

/// The columns behind the fields that have none of their own name; of its relations, what leads to them.
const COMPUTED: &[Computed<activity::Column>] = &[
    ("account", &[activity::Column::AccountId]),
    ("member", &[activity::Column::MemberId]),
    ("contacts", &[activity::Column::Id]),
    ("withMembers", &[activity::Column::Id]),
];

/// What is selected of the activities that a field of another object gives.
pub fn wanted(gql: &Context<'_>) -> Columns<activity::Entity> {
    wanted_here(gql, COMPUTED)
}

/// What resolvers of the activity need and clients do not see as such.
#[derive(Clone)]
struct Row {
    account: Uuid,
    /// The row of the account, where it was just read.
    known: Option<Arc<account::Model>>,
    member: Uuid,
    kind: String,
    started_by: String,
}

impl From<activity::Model> for Activity {
    fn from(model: activity::Model) -> Self {
        let activity::Model {
            tenant_id: _,
            id,
            account_id,
            kind,
            member_id,
            started_by,
            two_way,
            occurred_at,
            recorded_at,
            summary,
            next_step,
            satisfaction,
            satisfaction_recorded_at: _,
            external_id,
            archived_at,
            version,
            created_at,
        } = model;
        Self {
            id: id.into(),
            two_way,
            occurred_at,
            recorded_at,
            summary,
            next_step,
            satisfaction,
            external_id,
            archived_at,
            version,
            created_at,
            row: Row {
                account: account_id,
                known: None,
                member: member_id,
                kind,
                started_by,
            },
        }
    }
}

impl Activity {
    /// One that was recorded just now, with what was read of its account for that.
    pub(super) fn recorded(Recorded { activity, account }: Recorded) -> Self {
        let mut shown = Self::from(activity);
        shown.row.known = account.map(Arc::new);
        shown
    }
}

#[ComplexObject]
impl Activity {
    /// What kind of touch it was.
    async fn kind(&self) -> Result<ActivityKind> {
        let kind: domain::activity::ActivityKind = self.row.kind.parse().map_err(Error::internal)?;
        Ok(kind.into())
    }

    /// Who began it.
    async fn started_by(&self) -> Result<StartedBy> {
        let by: domain::activity::StartedBy = self.row.started_by.parse().map_err(Error::internal)?;
        Ok(by.into())
    }

    /// The account that it was with.
    async fn account(&self, gql: &Context<'_>) -> Result<Option<Account>> {
        let row = match &self.row.known {
            Some(known) => Some(known.as_ref().clone()),
            None => loaders(gql).load_one(AccountById(self.row.account)).await?,
        };
        Ok(row.map(Account::from))
    }

    /// The member who did it.
    async fn member(&self, gql: &Context<'_>) -> Result<Option<Member>> {
        Ok(loaders(gql)
            .load_one(MemberById(self.row.member))
            .await?
            .map(Member::from))
    }

    /// The other members who were present, by name; at most 50.
    #[graphql(directive = list_size::apply(50))]
    async fn with_members(&self, gql: &Context<'_>) -> Result<Vec<Member>> {
        let loaders = loaders(gql);
        let ids = loaders.load_one(MemberIdsOf(self.id.0)).await?.unwrap_or_default();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let found = loaders.load_many(ids.into_iter().map(MemberById)).await?;
        let mut rows: Vec<_> = found.into_values().collect();
        rows.sort_by(|a, b| (&a.sort_key, a.id).cmp(&(&b.sort_key, b.id)));
        Ok(rows.into_iter().map(Member::from).collect())
    }

    /// The contacts who took part, by name; at most 50.
    #[graphql(directive = list_size::apply(50))]
    async fn contacts(&self, gql: &Context<'_>) -> Result<Vec<Contact>> {
        let loaders = loaders(gql);
        let ids = loaders.load_one(ContactIdsOf(self.id.0)).await?.unwrap_or_default();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let found = loaders.load_many(ids.into_iter().map(ContactById)).await?;
        let mut rows: Vec<_> = found.into_values().collect();
        rows.sort_by(|a, b| (&a.sort_key, a.id).cmp(&(&b.sort_key, b.id)));
        Ok(rows.into_iter().map(Contact::from).collect())
    }
}

impl Writable for activity::Entity {
    const OBJECT: &'static str = "Activity";
    const PREFIX: &'static str = ActivityIdKind::PREFIX;
    const COMPUTED: &'static [Computed<activity::Column>] = COMPUTED;

    fn related(ctx: &Ctx, field: &Selected<'_>) -> Result<Option<Related>> {
        match field.name() {
            "account" => Related::one(ctx, field, account_beside(ctx)?, activity::Column::AccountId),
            "member" => Related::one(ctx, field, member_beside(ctx)?, activity::Column::MemberId),
            _ => Ok(None),
        }
    }
}

/// How many activities of an account are shown with it when nobody says.
pub const USUAL_OF_ACCOUNT: i32 = 10;
/// At most so many.
const MOST_OF_ACCOUNT: i32 = 50;

/// The newest activities of an account that they are read beside, as many as this field asks for; nothing when that has to be refused.
pub fn beside_account(ctx: &Ctx, field: &Selected<'_>) -> Result<Option<Firsts<activity::Entity>>> {
    let first = match field.argument("first") {
        None => Some(USUAL_OF_ACCOUNT),
        Some(Value::Number(first)) => first.as_i64().and_then(|first| i32::try_from(first).ok()),
        Some(_) => None,
    };
    match first {
        Some(first) if (1..=MOST_OF_ACCOUNT).contains(&first) => service::activities_beside(ctx, first),
        _ => Ok(None),
    }
}

/// The newest activities of an account, newest first; `first` is 1–50. The body of `Account.activities`.
pub async fn of_account(gql: &Context<'_>, account: Uuid, first: i32) -> Result<Vec<Activity>> {
    if !(1..=MOST_OF_ACCOUNT).contains(&first) {
        return Err(Error::bad_input(
            "Give first as 1 to 50; the root field activities pages the rest.",
            "first は1〜50で指定してください。続きは activities で取得できます。",
        ));
    }
    let key = LatestOf {
        account,
        most: first,
        columns: wanted_here(gql, COMPUTED),
    };
    let rows = loaders(gql).load_one(key).await?.unwrap_or_default();
    Ok(rows.into_iter().map(Activity::from).collect())
}

/// The newest activity of an account. The body of `Account.lastActivity`.
pub async fn last_of_account(gql: &Context<'_>, account: Uuid) -> Result<Option<Activity>> {
    let key = LatestOf {
        account,
        most: 1,
        columns: wanted_here(gql, COMPUTED),
    };
    let mut rows = loaders(gql).load_one(key).await?.unwrap_or_default();
    Ok(rows.pop().map(Activity::from))
}

/// How a list of activities is narrowed. All given conditions must hold.
#[derive(InputObject, Default)]
pub struct ActivityFilterInput {
    /// Only those of this account.
    pub account_id: Option<AccountId>,
    /// Only those of one of these kinds.
    pub kinds: Option<Vec<ActivityKind>>,
    /// Only those that this member did or was present at.
    pub member_id: Option<MemberId>,
    /// Only those with this contact.
    pub contact_id: Option<ContactId>,
    /// With `contactId`: those with the same person in his other posts too, at accounts that he came from or moved to.
    #[graphql(default)]
    pub in_all_posts: bool,
    /// Only those at this instant or later.
    pub from: Option<DateTime<Utc>>,
    /// Only those before this instant.
    pub to: Option<DateTime<Utc>>,
    /// Archived ones too; otherwise they are left out.
    #[graphql(default)]
    pub include_archived: bool,
}

impl From<ActivityFilterInput> for ActivityFilter {
    fn from(input: ActivityFilterInput) -> Self {
        Self {
            account: input.account_id.map(Into::into),
            kinds: input.kinds.map(|kinds| kinds.into_iter().map(Into::into).collect()),
            member: input.member_id.map(Into::into),
            contact: input.contact_id.map(Into::into),
            in_all_posts: input.in_all_posts,
            from: input.from,
            to: input.to,
            include_archived: input.include_archived,
        }
    }
}

/// Reading activities.
#[derive(Default)]
pub struct ActivityQuery;

#[Object]
impl ActivityQuery {
    /// One activity; null when there is none that the caller may see.
    async fn activity(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Its id.")] id: ActivityId,
    ) -> Result<Option<Found<Activity>>> {
        let found = service::activity_find(cx(gql), id.0, &Asked::of_object(gql)).await?;
        Ok(found.map(|found| found.map(Activity::from)))
    }

    /// The activities with the accounts that the caller may see, newest first.
    async fn activities(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Narrows the list.")] filter: Option<ActivityFilterInput>,
        #[graphql(desc = "Rows from the start or after `after`, 1–100; 20 when nothing is said.")] first: Option<i32>,
        #[graphql(desc = "Rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the end or before `before`, 1–100.")] last: Option<i32>,
        #[graphql(desc = "Rows in front of this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<Activity>>> {
        let filter = ActivityFilter::from(filter.unwrap_or_default());
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        let page = service::activity_list(cx(gql), &filter, &Asked::of_rows(gql), &args).await?;
        let total = Total::new(move |ctx| {
            let filter = filter.clone();
            async move { service::activity_count(&ctx, &filter).await }
        });
        Ok(Some(connection(page, total, Activity::from)))
    }
}
