//! Buyer changes over the API.

use async_graphql::{ComplexObject, Context, Enum, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::buyer_change;
use uuid::Uuid;

use super::BuyerChangeId;
use super::continuity::Facts;
use super::loaders::{MovedFrom, MovedTo, PostsOf, ProofOf};
use super::service::{self, BuyerChangeDraft};
use crate::accounts::{Account, AccountById, AccountId};
use crate::activities::{Activity, ActivityById};
use crate::contacts::{Contact, ContactById, ContactId};
use crate::error::{Error, Result};
use crate::handovers::ContinuityProof;
use crate::members::Member;
use crate::members::loaders::MemberById;
use crate::platform::graphql::{Connection, Date, PageArgs, Total, connection, cx, list_size, loaders, payload};

/// Why another contact takes the post.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::buyer_change::BuyerChangeKind")]
pub enum BuyerChangeKind {
    /// The client moved him on, as it does regularly.
    Rotated,
    /// He left the client.
    Quit,
    /// He rose within the client.
    Promoted,
    /// Somebody above put another in his place.
    ReplacedFromAbove,
    /// The client buys centrally from now on.
    PurchasingCentralised,
}

/// A contact who leaves his post at a client, and who takes it.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct BuyerChange {
    /// Id, `bchg_…`.
    pub id: BuyerChangeId,
    /// Why.
    pub kind: BuyerChangeKind,
    /// First day on which the one who leaves is no longer at his post.
    pub occurred_on: Date,
    /// Anything else worth knowing.
    pub note: Option<String>,
    /// Instant at which it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// Instant at which continuity reached the tenant's threshold; null while it has not.
    pub established_at: Option<DateTime<Utc>>,
    /// Counts the changes: a change names the version that it saw.
    pub version: i64,
    #[graphql(skip)]
    row: Row,
}

#[derive(Clone)]
struct Row {
    facts: Facts,
    account: Uuid,
    leaving: Uuid,
    arriving: Option<Uuid>,
    moved_to: Option<Uuid>,
    recorded_by: Option<Uuid>,
}

impl BuyerChange {
    /// Of a row.
    pub fn of(model: buyer_change::Model) -> Result<Self> {
        let facts = Facts::of(&model);
        let buyer_change::Model {
            tenant_id: _,
            id,
            account_id,
            leaving_id,
            arriving_id,
            moved_to_id,
            kind,
            occurred_on,
            note,
            recorded_by_id,
            recorded_at,
            established_at,
            version,
            created_at: _,
        } = model;
        let kind = kind.parse::<domain::buyer_change::BuyerChangeKind>();
        Ok(Self {
            id: id.into(),
            kind: kind.map_err(Error::internal)?.into(),
            occurred_on: Date(occurred_on),
            note,
            recorded_at,
            established_at,
            version,
            row: Row {
                facts,
                account: account_id,
                leaving: leaving_id,
                arriving: arriving_id,
                moved_to: moved_to_id,
                recorded_by: recorded_by_id,
            },
        })
    }
}

async fn contact(gql: &Context<'_>, id: Option<Uuid>) -> Result<Option<Contact>> {
    let Some(id) = id else { return Ok(None) };
    Ok(loaders(gql).load_one(ContactById(id)).await?.map(Contact::from))
}

#[ComplexObject]
impl BuyerChange {
    /// The account.
    async fn account(&self, gql: &Context<'_>) -> Result<Option<Account>> {
        let row = loaders(gql).load_one(AccountById(self.row.account)).await?;
        Ok(row.map(Account::from))
    }

    /// Who leaves his post.
    async fn leaving(&self, gql: &Context<'_>) -> Result<Option<Contact>> {
        contact(gql, Some(self.row.leaving)).await
    }

    /// Who takes it; null while nobody is known.
    async fn arriving(&self, gql: &Context<'_>) -> Result<Option<Contact>> {
        contact(gql, self.row.arriving).await
    }

    /// The one who leaves, at the account that he moved to; null when that is not known, or may not be seen.
    async fn moved_to(&self, gql: &Context<'_>) -> Result<Option<Contact>> {
        contact(gql, self.row.moved_to).await
    }

    /// The member who recorded it; null when an integration did.
    async fn recorded_by(&self, gql: &Context<'_>) -> Result<Option<Member>> {
        let Some(id) = self.row.recorded_by else {
            return Ok(None);
        };
        Ok(loaders(gql).load_one(MemberById(id)).await?.map(Member::from))
    }

    /// How far the relation has passed over, and the touches that prove it, from 90 days before the change on.
    async fn continuity(&self, gql: &Context<'_>) -> Result<Option<BuyerContinuity>> {
        let threshold = cx(gql).tenant()?.continuity_threshold;
        let proven = loaders(gql).load_one(ProofOf(self.row.facts)).await?;
        Ok(proven.map(|proven| BuyerContinuity::of(proven, threshold)))
    }
}

/// How far a relation has passed from one contact to the next.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct BuyerContinuity {
    /// 0–100: 40 for the introduction, 30 for meeting alone, 30 for reaching out; 0 while nobody has come.
    pub score: u8,
    /// The score from which the relation counts as established, 0–100.
    pub threshold: u8,
    /// What is lacking to 100.
    #[graphql(directive = list_size::apply(3))]
    pub missing: Vec<ContinuityProof>,
    #[graphql(skip)]
    proofs: [Option<Uuid>; 3],
}

impl BuyerContinuity {
    fn of(proven: domain::buyer_change::BuyerContinuity, threshold: u8) -> Self {
        let domain::buyer_change::BuyerContinuity {
            score,
            introduced,
            met,
            reached_out,
            missing,
        } = proven;
        Self {
            score,
            threshold,
            missing: missing.into_iter().map(Into::into).collect(),
            proofs: [introduced, met, reached_out],
        }
    }
}

async fn activity(gql: &Context<'_>, id: Option<Uuid>) -> Result<Option<Activity>> {
    let Some(id) = id else { return Ok(None) };
    Ok(loaders(gql).load_one(ActivityById(id)).await?.map(Activity::from))
}

#[ComplexObject]
impl BuyerContinuity {
    /// The first meeting in which the one who leaves introduced the one who comes; null while there is none.
    async fn introduced(&self, gql: &Context<'_>) -> Result<Option<Activity>> {
        activity(gql, self.proofs[0]).await
    }

    /// The first two-way exchange with the one who comes that we began, without the one who leaves; null while there is none.
    async fn met_alone(&self, gql: &Context<'_>) -> Result<Option<Activity>> {
        activity(gql, self.proofs[1]).await
    }

    /// The first touch that the one who comes began; null while there is none.
    async fn reached_out(&self, gql: &Context<'_>) -> Result<Option<Activity>> {
        activity(gql, self.proofs[2]).await
    }
}

/// Whom a contact became at the account that he moved to. The body of `Contact.movedTo`.
pub async fn moved_to(gql: &Context<'_>, id: Uuid) -> Result<Option<Contact>> {
    let found = loaders(gql).load_one(MovedTo(id)).await?;
    contact(gql, found).await
}

/// Who a contact was at the account that he came from. The body of `Contact.movedFrom`.
pub async fn moved_from(gql: &Context<'_>, id: Uuid) -> Result<Option<Contact>> {
    let found = loaders(gql).load_one(MovedFrom(id)).await?;
    contact(gql, found).await
}

/// A person in all his posts, earliest first; those at accounts that the caller sees. The body of `Contact.posts`.
pub async fn posts(gql: &Context<'_>, id: Uuid) -> Result<Vec<Contact>> {
    let loaders = loaders(gql);
    let ids = loaders.load_one(PostsOf(id)).await?.unwrap_or_default();
    let mut found = loaders.load_many(ids.iter().copied().map(ContactById)).await?;
    let rows = ids.into_iter().filter_map(|id| found.remove(&ContactById(id)));
    Ok(rows.map(Contact::from).collect())
}

/// Reading buyer changes.
#[derive(Default)]
pub struct BuyerChangeQuery;

#[Object]
impl BuyerChangeQuery {
    /// One buyer change; null when there is none that the caller may see.
    async fn buyer_change(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Its id.")] id: BuyerChangeId,
    ) -> Result<Option<BuyerChange>> {
        let found = service::buyer_change_find(cx(gql), id.0).await?;
        found.map(BuyerChange::of).transpose()
    }

    /// The buyer changes at accounts that the caller may see, latest first.
    async fn buyer_changes(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Only those at this account.")] account_id: Option<AccountId>,
        #[graphql(desc = "Rows from the start or after `after`, 1–100; 20 when nothing is said.")] first: Option<i32>,
        #[graphql(desc = "Rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the end or before `before`, 1–100.")] last: Option<i32>,
        #[graphql(desc = "Rows in front of this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<BuyerChange>>> {
        let account = account_id.map(Uuid::from);
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        let page = service::buyer_change_list(cx(gql), account, &args).await?;
        let page = page.try_map(BuyerChange::of)?;
        let total = Total::new(move |ctx| async move { service::buyer_change_count(&ctx, account).await });
        Ok(Some(connection(page, total, |change| change)))
    }
}

/// A contact who leaves his post.
#[derive(InputObject)]
pub struct BuyerChangeRecordInput {
    /// Who leaves his post.
    pub leaving_contact_id: ContactId,
    /// Who takes it: a contact of the same account. Leave it out while nobody is known.
    pub arriving_contact_id: Option<ContactId>,
    /// Why.
    pub kind: BuyerChangeKind,
    /// First day on which he is no longer at his post, at most a year ahead.
    pub occurred_on: Date,
    /// The account that he moves to, if it is one of yours: a contact is made there who goes on with his history.
    pub moved_to_account_id: Option<AccountId>,
    /// Anything else worth knowing.
    pub note: Option<String>,
}

impl From<BuyerChangeRecordInput> for BuyerChangeDraft {
    fn from(input: BuyerChangeRecordInput) -> Self {
        Self {
            leaving: input.leaving_contact_id.0,
            arriving: input.arriving_contact_id.map(Into::into),
            kind: input.kind.into(),
            occurred_on: input.occurred_on.0,
            moved_to: input.moved_to_account_id.map(Into::into),
            note: input.note,
        }
    }
}

/// Changing buyer changes.
#[derive(Default)]
pub struct BuyerChangeMutation;

#[Object]
impl BuyerChangeMutation {
    /// Records that a contact leaves his post and who takes it: the first has left from that day on, who reported to him
    /// reports to the second, and the account has a signal until the relation has passed over.
    async fn buyer_change_record(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Who leaves, who comes, why and when.")] input: BuyerChangeRecordInput,
    ) -> Result<Option<BuyerChangeRecordPayload>> {
        let result = service::buyer_change_record(cx(gql), input.into()).await;
        BuyerChangeRecordPayload::of(result.and_then(BuyerChange::of)).map(Some)
    }
}

payload! {
    /// Result of `buyerChangeRecord`.
    BuyerChangeRecordPayload {
        /// The new buyer change.
        buyer_change: BuyerChange
    }
}
