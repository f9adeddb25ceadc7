//! Changes of contacts as the API takes them.

use async_graphql::{Context, InputObject, MaybeUndefined, Object};

use super::ContactId;
use super::schema::{Contact, DecisionRole};
use super::service::{self, ContactChanges, ContactDraft};
use crate::accounts::AccountId;
use crate::error::Result;
use crate::platform::graphql::{Date, cx, payload};

payload! {
    /// Result of `contactCreate`.
    ContactCreatePayload {
        /// The new contact.
        contact: Contact
    }
}
payload! {
    /// Result of `contactUpdate`.
    ContactUpdatePayload {
        /// The contact after the change.
        contact: Contact
    }
}
payload! {
    /// Result of `contactArchive`.
    ContactArchivePayload {
        /// The archived contact.
        contact: Contact
    }
}
payload! {
    /// Result of `contactRestore`.
    ContactRestorePayload {
        /// The contact, back from the archive.
        contact: Contact
    }
}

/// A new contact.
#[derive(InputObject)]
pub struct ContactCreateInput {
    /// The account where he works.
    pub account_id: AccountId,
    /// Family name as written, 1–200 characters.
    pub family_name: String,
    /// Given name as written, 1–200 characters.
    pub given_name: String,
    /// Reading of the family name in kana.
    pub family_kana: Option<String>,
    /// Reading of the given name in kana.
    pub given_kana: Option<String>,
    /// Title, such as head of purchasing.
    pub title: Option<String>,
    /// Department.
    pub department: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// The contact of the same account to whom he reports.
    pub reports_to_id: Option<ContactId>,
    /// What he is in the decision to buy.
    #[graphql(default_with = "DecisionRole::User")]
    pub decision_role: DecisionRole,
    /// His say in the decision, 0–100.
    #[graphql(default = 50)]
    pub say: i32,
    /// True when his relation must pass over in a handover.
    #[graphql(default)]
    pub is_key: bool,
    /// Day on which he took his post.
    pub started_on: Option<Date>,
    /// First day on which he is no longer at his post.
    pub left_on: Option<Date>,
    /// Anything else worth knowing.
    pub note: Option<String>,
}

impl From<ContactCreateInput> for ContactDraft {
    fn from(input: ContactCreateInput) -> Self {
        Self {
            account: input.account_id.0,
            family_name: input.family_name,
            given_name: input.given_name,
            family_kana: input.family_kana,
            given_kana: input.given_kana,
            title: input.title,
            department: input.department,
            email: input.email,
            phone: input.phone,
            reports_to: input.reports_to_id.map(Into::into),
            decision_role: input.decision_role.into(),
            say: input.say,
            is_key: input.is_key,
            started_on: input.started_on.map(|day| day.0),
            left_on: input.left_on.map(|day| day.0),
            note: input.note,
        }
    }
}

/// A change of a contact. What is left out stays; null clears.
#[derive(InputObject)]
pub struct ContactUpdateInput {
    /// The contact.
    pub id: ContactId,
    /// The version that the caller saw.
    pub version: i32,
    /// Family name as written, 1–200 characters.
    pub family_name: Option<String>,
    /// Given name as written, 1–200 characters.
    pub given_name: Option<String>,
    /// Reading of the family name in kana.
    pub family_kana: MaybeUndefined<String>,
    /// Reading of the given name in kana.
    pub given_kana: MaybeUndefined<String>,
    /// Title, such as head of purchasing.
    pub title: MaybeUndefined<String>,
    /// Department.
    pub department: MaybeUndefined<String>,
    /// E-mail address.
    pub email: MaybeUndefined<String>,
    /// Telephone number.
    pub phone: MaybeUndefined<String>,
    /// The contact of the same account to whom he reports; neither himself nor anybody below him.
    pub reports_to_id: MaybeUndefined<ContactId>,
    /// What he is in the decision to buy.
    pub decision_role: Option<DecisionRole>,
    /// His say in the decision, 0–100.
    pub say: Option<i32>,
    /// True when his relation must pass over in a handover.
    pub is_key: Option<bool>,
    /// Day on which he took his post.
    pub started_on: MaybeUndefined<Date>,
    /// First day on which he is no longer at his post.
    pub left_on: MaybeUndefined<Date>,
    /// Anything else worth knowing.
    pub note: MaybeUndefined<String>,
}

impl From<ContactUpdateInput> for ContactChanges {
    fn from(input: ContactUpdateInput) -> Self {
        Self {
            family_name: input.family_name,
            given_name: input.given_name,
            family_kana: input.family_kana,
            given_kana: input.given_kana,
            title: input.title,
            department: input.department,
            email: input.email,
            phone: input.phone,
            reports_to: input.reports_to_id.map_value(Into::into),
            decision_role: input.decision_role.map(Into::into),
            say: input.say,
            is_key: input.is_key,
            started_on: input.started_on.map_value(|day| day.0),
            left_on: input.left_on.map_value(|day| day.0),
            note: input.note,
        }
    }
}

/// A contact at the version that the caller saw.
#[derive(InputObject)]
pub struct ContactVersionInput {
    /// The contact.
    pub id: ContactId,
    /// The version that the caller saw.
    pub version: i32,
}

/// Changing contacts.
#[derive(Default)]
pub struct ContactMutation;

#[Object]
impl ContactMutation {
    /// Creates a contact.
    async fn contact_create(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The contact.")] input: ContactCreateInput,
    ) -> Result<Option<ContactCreatePayload>> {
        let result = service::contact_create(cx(gql), input.into()).await;
        ContactCreatePayload::of(result.map(Contact::from)).map(Some)
    }

    /// Changes a contact; a stale version is a CONFLICT that says what changed.
    async fn contact_update(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The change.")] input: ContactUpdateInput,
    ) -> Result<Option<ContactUpdatePayload>> {
        let result = service::contact_update(cx(gql), input.id.0, input.version.into(), input.into()).await;
        ContactUpdatePayload::of(result.map(Contact::from)).map(Some)
    }

    /// Archives a contact: lists leave him out, nothing is deleted.
    async fn contact_archive(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The contact.")] input: ContactVersionInput,
    ) -> Result<Option<ContactArchivePayload>> {
        let result = service::contact_archive(cx(gql), input.id.0, input.version.into()).await;
        ContactArchivePayload::of(result.map(Contact::from)).map(Some)
    }

    /// Takes a contact back from the archive.
    async fn contact_restore(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The contact.")] input: ContactVersionInput,
    ) -> Result<Option<ContactRestorePayload>> {
        let result = service::contact_restore(cx(gql), input.id.0, input.version.into()).await;
        ContactRestorePayload::of(result.map(Contact::from)).map(Some)
    }
}
