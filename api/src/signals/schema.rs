//! Signals as the API shows them.

use async_graphql::{ComplexObject, Context, Enum, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::risk;
use entity::signal;
use uuid::Uuid;

use super::service::{self, SignalFilter};
use super::{Cause, FactorKind, SignalId};
use crate::accounts::{Account, AccountById, AccountId};
use crate::activities::{Activity, ActivityById};
use crate::contacts::{Contact, ContactById};
use crate::error::{Error, Result};
use crate::members::{Member, loaders::MemberById};
use crate::platform::graphql::{Connection, Date, PageArgs, Total, connection, cx, loaders};

/// Who noticed a signal. What is proven by orders, contacts, touches and handovers is no signal that somebody notices: see
/// `Assessment.factors`.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticedBy {
    /// A person in the company.
    Person,
    /// An integration, or a rule. A person may confirm it.
    Program,
}

/// A fact that raises or lowers an account's risk, as somebody reported it.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct Signal {
    /// Id, `sig_…`.
    pub id: SignalId,
    /// True when our own conduct can change it.
    pub controllable: bool,
    /// Day on which it happened.
    pub occurred_on: Date,
    /// What was seen, in words, and beneath it what was done about it.
    pub note: String,
    /// Instant since which we know of it.
    pub recorded_at: DateTime<Utc>,
    /// Day on which it ended; null while it is open.
    pub resolved_on: Option<Date>,
    /// Instant at which somebody settled it; null while it is open.
    pub settled_at: Option<DateTime<Utc>>,
    /// Instant at which somebody confirmed it; null while nobody has.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// Counts the changes: a change names the version that it saw.
    pub version: i64,
    /// Instant of creation.
    pub created_at: DateTime<Utc>,
    #[graphql(skip)]
    row: Row,
}

/// What resolvers of the signal need and clients do not see as such.
#[derive(Clone)]
struct Row {
    account: Uuid,
    kind: String,
    cause: Option<String>,
    recorded_by: Option<Uuid>,
    settled_by: Option<Uuid>,
    confirmed_by: Option<Uuid>,
    contact: Option<Uuid>,
    activity: Option<Uuid>,
}

impl From<signal::Model> for Signal {
    fn from(model: signal::Model) -> Self {
        let signal::Model {
            tenant_id: _,
            id,
            account_id,
            kind,
            cause,
            controllable,
            occurred_on,
            note,
            recorded_by_id,
            recorded_at,
            resolved_on,
            settled_at,
            settled_by_id,
            confirmed_at,
            confirmed_by_id,
            contact_id,
            activity_id,
            version,
            created_at,
        } = model;
        Self {
            id: id.into(),
            controllable,
            occurred_on: Date(occurred_on),
            note,
            recorded_at,
            resolved_on: resolved_on.map(Date),
            settled_at,
            confirmed_at,
            version,
            created_at,
            row: Row {
                account: account_id,
                kind,
                cause,
                recorded_by: recorded_by_id,
                settled_by: settled_by_id,
                confirmed_by: confirmed_by_id,
                contact: contact_id,
                activity: activity_id,
            },
        }
    }
}

impl Signal {
    fn stored_kind(&self) -> Result<risk::FactorKind> {
        self.row.kind.parse().map_err(Error::internal)
    }
}

#[ComplexObject]
impl Signal {
    /// What was seen.
    async fn kind(&self) -> Result<FactorKind> {
        Ok(self.stored_kind()?.into())
    }

    /// Its cause: what somebody said, else what the kind itself names; null when neither says.
    async fn cause(&self) -> Result<Option<Cause>> {
        let said: Option<risk::Cause> = self
            .row
            .cause
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(Error::internal)?;
        let cause = match said {
            Some(cause) => Some(cause),
            None => self.stored_kind()?.default_cause(),
        };
        Ok(cause.map(Cause::from))
    }

    /// The account that it is about.
    async fn account(&self, gql: &Context<'_>) -> Result<Option<Account>> {
        Ok(loaders(gql)
            .load_one(AccountById(self.row.account))
            .await?
            .map(Account::from))
    }

    /// The member who recorded it; null when an integration did.
    async fn recorded_by(&self, gql: &Context<'_>) -> Result<Option<Member>> {
        member(gql, self.row.recorded_by).await
    }

    /// The member who settled it; null while it is open, or when an integration did.
    async fn settled_by(&self, gql: &Context<'_>) -> Result<Option<Member>> {
        member(gql, self.row.settled_by).await
    }

    /// The member who confirmed it; null while nobody has.
    async fn confirmed_by(&self, gql: &Context<'_>) -> Result<Option<Member>> {
        member(gql, self.row.confirmed_by).await
    }

    /// Who noticed it.
    async fn noticed_by(&self) -> NoticedBy {
        match self.row.recorded_by {
            Some(_) => NoticedBy::Person,
            None => NoticedBy::Program,
        }
    }

    /// The contact it is about.
    async fn contact(&self, gql: &Context<'_>) -> Result<Option<Contact>> {
        let Some(id) = self.row.contact else {
            return Ok(None);
        };
        Ok(loaders(gql).load_one(ContactById(id)).await?.map(Contact::from))
    }

    /// The touch in which it was learnt.
    async fn activity(&self, gql: &Context<'_>) -> Result<Option<Activity>> {
        let Some(id) = self.row.activity else {
            return Ok(None);
        };
        Ok(loaders(gql).load_one(ActivityById(id)).await?.map(Activity::from))
    }
}

async fn member(gql: &Context<'_>, id: Option<Uuid>) -> Result<Option<Member>> {
    let Some(id) = id else { return Ok(None) };
    Ok(loaders(gql).load_one(MemberById(id)).await?.map(Member::from))
}

/// How a list of signals is narrowed. All given conditions must hold.
#[derive(InputObject, Default)]
pub struct SignalFilterInput {
    /// Only those of this account.
    pub account_id: Option<AccountId>,
    /// Only those that nobody has settled.
    #[graphql(default)]
    pub open_only: bool,
    /// Only those of one of these kinds.
    pub kinds: Option<Vec<FactorKind>>,
}

impl From<SignalFilterInput> for SignalFilter {
    fn from(input: SignalFilterInput) -> Self {
        Self {
            account: input.account_id.map(Into::into),
            open_only: input.open_only,
            kinds: input.kinds.map(|kinds| kinds.into_iter().map(Into::into).collect()),
        }
    }
}

/// Reading signals.
#[derive(Default)]
pub struct SignalQuery;

#[Object]
impl SignalQuery {
    /// One signal; null when there is none that the caller may see.
    async fn signal(&self, gql: &Context<'_>, #[graphql(desc = "Its id.")] id: SignalId) -> Result<Option<Signal>> {
        Ok(service::signal_find(cx(gql), id.0).await?.map(Signal::from))
    }

    /// The signals of the accounts that the caller may see, newest first.
    async fn signals(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Narrows the list.")] filter: Option<SignalFilterInput>,
        #[graphql(desc = "Rows from the start or after `after`, 1–100; 20 when nothing is said.")] first: Option<i32>,
        #[graphql(desc = "Rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the end or before `before`, 1–100.")] last: Option<i32>,
        #[graphql(desc = "Rows in front of this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<Signal>>> {
        let filter = SignalFilter::from(filter.unwrap_or_default());
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        let page = service::signal_list(cx(gql), &filter, &args).await?;
        let total = Total::new(move |ctx| {
            let filter = filter.clone();
            async move { service::signal_count(&ctx, &filter).await }
        });
        Ok(Some(connection(page, total, Signal::from)))
    }
}
