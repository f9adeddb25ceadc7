//! Contacts as the API shows them.

use async_graphql::{ComplexObject, Context, Enum, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::contact;
use uuid::Uuid;

use super::loaders::{ContactById, ContactsOf, ReportsOf};
use super::service::{self, ContactFilter};
use super::{ContactId, ContactKind};
use crate::accounts::service::account_beside;
use crate::accounts::{Account, AccountById, AccountId};
use crate::buyer_changes;
use crate::error::{Error, Result};
use crate::platform::Ctx;
use crate::platform::graphql::{
    Asked, Computed, Connection, Date, Found, IdKind, PageArgs, Related, Selected, Total, Writable, connection, cx,
    list_size, loaders, wanted_at, wanted_here,
};
use crate::platform::tenancy::Columns;

/// What a contact is in his company's decision to buy.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::contact::DecisionRole")]
pub enum DecisionRole {
    /// Says yes or no.
    Decider,
    /// Is listened to by those who decide.
    Influencer,
    /// Places the orders.
    Buyer,
    /// Works with what was bought.
    User,
    /// Decides who gets through to the others.
    Gatekeeper,
}

/// A person on the client's side.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct Contact {
    /// Id, `cont_…`.
    pub id: ContactId,
    /// Family name as written.
    pub family_name: String,
    /// Given name as written.
    pub given_name: String,
    /// Reading of the family name in kana.
    pub family_kana: Option<String>,
    /// Reading of the given name in kana.
    pub given_kana: Option<String>,
    /// Title, such as head of purchasing.
    pub title: Option<String>,
    /// Department.
    pub department: Option<String>,
    /// E-mail address, in lower case.
    pub email: Option<String>,
    /// Telephone number as written.
    pub phone: Option<String>,
    /// His say in the decision, 0–100: how much it weighs that his relation passes over.
    pub say: i16,
    /// True when his relation must pass over in a handover.
    pub is_key: bool,
    /// Day on which he took his post.
    pub started_on: Option<Date>,
    /// First day on which he is no longer at his post; null while no such day is known.
    pub left_on: Option<Date>,
    /// Anything else worth knowing.
    pub note: Option<String>,
    /// Since when he is archived; null when he is not.
    pub archived_at: Option<DateTime<Utc>>,
    /// Counts the changes: a change names the version that it saw.
    pub version: i64,
    /// Instant of creation.
    pub created_at: DateTime<Utc>,
    /// Instant of the last change.
    pub updated_at: DateTime<Utc>,
    #[graphql(skip)]
    row: Row,
}

/// The columns behind the fields that have none of their own name; of its relations, what leads to them.
const COMPUTED: &[Computed<contact::Column>] = &[
    ("account", &[contact::Column::AccountId]),
    ("reportsTo", &[contact::Column::ReportsToId]),
    ("reports", &[contact::Column::Id]),
    ("movedTo", &[contact::Column::Id]),
    ("movedFrom", &[contact::Column::Id]),
    ("posts", &[contact::Column::Id]),
];

impl Writable for contact::Entity {
    const OBJECT: &'static str = "Contact";
    const PREFIX: &'static str = ContactKind::PREFIX;
    const COMPUTED: &'static [Computed<contact::Column>] = COMPUTED;

    fn related(ctx: &Ctx, field: &Selected<'_>) -> Result<Option<Related>> {
        match field.name() {
            "account" => Related::one(ctx, field, account_beside(ctx)?, contact::Column::AccountId),
            _ => Ok(None),
        }
    }
}

/// What is selected of the contacts below this field of another object, by the fields that lead to them.
pub fn wanted_below(gql: &Context<'_>, path: &[&str]) -> Columns<contact::Entity> {
    wanted_at(gql, path, COMPUTED)
}

/// What resolvers of the contact need and clients do not see as such.
#[derive(Clone)]
struct Row {
    account: Uuid,
    reports_to: Option<Uuid>,
    decision_role: String,
}

impl From<contact::Model> for Contact {
    fn from(model: contact::Model) -> Self {
        let contact::Model {
            tenant_id: _,
            id,
            account_id,
            family_name,
            given_name,
            family_kana,
            given_kana,
            sort_key: _,
            title,
            department,
            email,
            phone,
            reports_to_id,
            decision_role,
            say,
            is_key,
            key_recorded_at: _,
            started_on,
            left_on,
            left_recorded_at: _,
            note,
            archived_at,
            version,
            created_at,
            updated_at,
        } = model;
        Self {
            id: id.into(),
            family_name,
            given_name,
            family_kana,
            given_kana,
            title,
            department,
            email,
            phone,
            say,
            is_key,
            started_on: started_on.map(Date),
            left_on: left_on.map(Date),
            note,
            archived_at,
            version,
            created_at,
            updated_at,
            row: Row {
                account: account_id,
                reports_to: reports_to_id,
                decision_role,
            },
        }
    }
}

#[ComplexObject]
impl Contact {
    /// The account where he works.
    async fn account(&self, gql: &Context<'_>) -> Result<Option<Account>> {
        Ok(loaders(gql)
            .load_one(AccountById(self.row.account))
            .await?
            .map(Account::from))
    }

    /// What he is in the decision to buy.
    async fn decision_role(&self) -> Result<DecisionRole> {
        let role: domain::contact::DecisionRole = self.row.decision_role.parse().map_err(Error::internal)?;
        Ok(role.into())
    }

    /// The contact to whom he reports.
    async fn reports_to(&self, gql: &Context<'_>) -> Result<Option<Contact>> {
        let Some(id) = self.row.reports_to else {
            return Ok(None);
        };
        Ok(loaders(gql).load_one(ContactById(id)).await?.map(Contact::from))
    }

    /// The same person at the account that he moved to; null when that is not known, or may not be seen.
    async fn moved_to(&self, gql: &Context<'_>) -> Result<Option<Contact>> {
        buyer_changes::moved_to(gql, self.id.0).await
    }

    /// The same person at the account that he came from, with the touches there; null when that is not known, or may not be
    /// seen.
    async fn moved_from(&self, gql: &Context<'_>) -> Result<Option<Contact>> {
        buyer_changes::moved_from(gql, self.id.0).await
    }

    /// The same person in all his posts, earliest first, this one among them; those at accounts that you may see. The touches
    /// with him in all of them: `activities(filter: { contactId: …, inAllPosts: true })`.
    #[graphql(directive = list_size::apply(41))]
    async fn posts(&self, gql: &Context<'_>) -> Result<Vec<Contact>> {
        buyer_changes::posts(gql, self.id.0).await
    }

    /// The contacts who report to him, by name; at most 50. Those who left or are archived are left out.
    #[graphql(directive = list_size::apply(50))]
    async fn reports(&self, gql: &Context<'_>) -> Result<Vec<Contact>> {
        let rows = loaders(gql).load_one(ReportsOf(self.id.0)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Contact::from).collect())
    }
}

/// The contacts of an account, key contacts first, then by name; at most 50. The body of `Account.contacts`.
pub async fn of_account(gql: &Context<'_>, account: Uuid) -> Result<Vec<Contact>> {
    let columns = wanted_here(gql, COMPUTED);
    let key = ContactsOf { account, columns };
    let rows = loaders(gql).load_one(key).await?.unwrap_or_default();
    Ok(rows.into_iter().map(Contact::from).collect())
}

/// How a list of contacts is narrowed. All given conditions must hold.
#[derive(InputObject, Default)]
pub struct ContactFilterInput {
    /// Only those of this account.
    pub account_id: Option<AccountId>,
    /// Only those in whose names, title or department each of these words (the first eight) occurs; needs `accountId`. Kana, kanji and
    /// Latin letters all work.
    pub text: Option<String>,
    /// Only key contacts.
    #[graphql(default)]
    pub key_only: bool,
    /// Those who left their post too; otherwise they are left out.
    #[graphql(default)]
    pub include_left: bool,
    /// Archived ones too; otherwise they are left out.
    #[graphql(default)]
    pub include_archived: bool,
}

impl From<ContactFilterInput> for ContactFilter {
    fn from(input: ContactFilterInput) -> Self {
        Self {
            account: input.account_id.map(Into::into),
            text: input.text,
            key_only: input.key_only,
            include_left: input.include_left,
            include_archived: input.include_archived,
        }
    }
}

/// Reading contacts.
#[derive(Default)]
pub struct ContactQuery;

#[Object]
impl ContactQuery {
    /// One contact; null when there is none that the caller may see.
    async fn contact(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Its id.")] id: ContactId,
    ) -> Result<Option<Found<Contact>>> {
        let found = service::contact_find(cx(gql), id.0, &Asked::of_object(gql)).await?;
        Ok(found.map(|found| found.map(Contact::from)))
    }

    /// The contacts of the accounts that the caller may see, by reading (kana), then name.
    async fn contacts(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Narrows the list.")] filter: Option<ContactFilterInput>,
        #[graphql(desc = "Rows from the start or after `after`, 1–100; 20 when nothing is said.")] first: Option<i32>,
        #[graphql(desc = "Rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the end or before `before`, 1–100.")] last: Option<i32>,
        #[graphql(desc = "Rows in front of this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<Contact>>> {
        let filter = ContactFilter::from(filter.unwrap_or_default());
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        let page = service::contact_list(cx(gql), &filter, &Asked::of_rows(gql), &args).await?;
        let total = Total::new(move |ctx| {
            let filter = filter.clone();
            async move { service::contact_count(&ctx, &filter).await }
        });
        Ok(Some(connection(page, total, Contact::from)))
    }
}
