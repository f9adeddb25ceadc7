//! Changing accounts, as the API shows it.

use async_graphql::{Context, InputObject, MaybeUndefined, Object};

use super::AccountId;
use super::schema::{Account, Lifecycle};
use super::service::{self, AccountChanges, AccountDraft};
use crate::error::Result;
use crate::members::MemberId;
use crate::platform::graphql::{cx, payload};

payload! {
    /// Result of `accountCreate`.
    AccountCreatePayload {
        /// The new account.
        account: Account
    }
}
payload! {
    /// Result of `accountUpdate`.
    AccountUpdatePayload {
        /// The account after the change.
        account: Account
    }
}
payload! {
    /// Result of `accountArchive`.
    AccountArchivePayload {
        /// The archived account.
        account: Account
    }
}
payload! {
    /// Result of `accountRestore`.
    AccountRestorePayload {
        /// The account, no longer archived.
        account: Account
    }
}
payload! {
    /// Result of `accountMerge`.
    AccountMergePayload {
        /// The account that stays, with everything of the other.
        account: Account
    }
}
payload! {
    /// Result of `accountAssign`.
    AccountAssignPayload {
        /// The account with its new owner.
        account: Account
    }
}
payload! {
    /// Result of `accountTeamAdd`.
    AccountTeamAddPayload {
        /// The account with its team.
        account: Account
    }
}
payload! {
    /// Result of `accountTeamRemove`.
    AccountTeamRemovePayload {
        /// The account with its team.
        account: Account
    }
}

/// A new account.
#[derive(InputObject)]
pub struct AccountCreateInput {
    /// Name as written, 1–200 characters.
    pub name: String,
    /// Reading of the name in kana.
    pub name_kana: Option<String>,
    /// Where the client stands with us.
    #[graphql(default_with = "Lifecycle::Prospect")]
    pub lifecycle: Lifecycle,
    /// Industry, in the tenant's own words.
    pub industry: Option<String>,
    /// Segment, in the tenant's own words.
    pub segment: Option<String>,
    /// Country, ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// Web address.
    pub website: Option<String>,
    /// The tenant's own number for the account; unique.
    pub external_id: Option<String>,
    /// Who looks after it; the caller when nothing is said.
    pub owner_id: Option<MemberId>,
    /// How the client was won.
    pub acquisition_channel: Option<String>,
    /// Month in which the client's fiscal year ends, 1–12.
    pub fiscal_year_end_month: Option<i32>,
    /// Days within which the client is to be talked to, 7–730; as the tenant has it when nothing is said.
    pub touch_cadence_days: Option<i32>,
    /// Anything else worth knowing.
    pub note: Option<String>,
}

impl From<AccountCreateInput> for AccountDraft {
    fn from(input: AccountCreateInput) -> Self {
        Self {
            name: input.name,
            name_kana: input.name_kana,
            lifecycle: input.lifecycle.into(),
            industry: input.industry,
            segment: input.segment,
            country: input.country,
            website: input.website,
            external_id: input.external_id,
            owner: input.owner_id.map(Into::into),
            acquisition_channel: input.acquisition_channel,
            fiscal_year_end_month: input.fiscal_year_end_month,
            touch_cadence_days: input.touch_cadence_days,
            note: input.note,
        }
    }
}

/// A change of an account. What is left out stays; null clears.
#[derive(InputObject)]
pub struct AccountUpdateInput {
    /// The account.
    pub id: AccountId,
    /// The version that the caller saw.
    pub version: i32,
    /// Name as written, 1–200 characters.
    pub name: Option<String>,
    /// Reading of the name in kana.
    pub name_kana: MaybeUndefined<String>,
    /// Where the client stands with us.
    pub lifecycle: Option<Lifecycle>,
    /// Industry, in the tenant's own words.
    pub industry: MaybeUndefined<String>,
    /// Segment, in the tenant's own words.
    pub segment: MaybeUndefined<String>,
    /// Country, ISO 3166-1 alpha-2.
    pub country: MaybeUndefined<String>,
    /// Web address.
    pub website: MaybeUndefined<String>,
    /// The tenant's own number for the account; unique.
    pub external_id: MaybeUndefined<String>,
    /// How the client was won.
    pub acquisition_channel: MaybeUndefined<String>,
    /// Month in which the client's fiscal year ends, 1–12.
    pub fiscal_year_end_month: MaybeUndefined<i32>,
    /// Days within which the client is to be talked to, 7–730; null: as the tenant has it.
    pub touch_cadence_days: MaybeUndefined<i32>,
    /// Anything else worth knowing.
    pub note: MaybeUndefined<String>,
}

impl From<AccountUpdateInput> for AccountChanges {
    fn from(input: AccountUpdateInput) -> Self {
        Self {
            name: input.name,
            name_kana: input.name_kana,
            lifecycle: input.lifecycle.map(Into::into),
            industry: input.industry,
            segment: input.segment,
            country: input.country,
            website: input.website,
            external_id: input.external_id,
            acquisition_channel: input.acquisition_channel,
            fiscal_year_end_month: input.fiscal_year_end_month,
            touch_cadence_days: input.touch_cadence_days,
            note: input.note,
        }
    }
}

/// An account at the version that the caller saw.
#[derive(InputObject)]
pub struct AccountVersionInput {
    /// The account.
    pub id: AccountId,
    /// The version that the caller saw.
    pub version: i32,
}

/// Two accounts that are one client.
#[derive(InputObject)]
pub struct AccountMergeInput {
    /// The account that stays.
    pub into_id: AccountId,
    /// Its version that the caller saw.
    pub into_version: i32,
    /// The account that is archived.
    pub from_id: AccountId,
    /// Its version that the caller saw.
    pub from_version: i32,
}

/// A new owner.
#[derive(InputObject)]
pub struct AccountAssignInput {
    /// The account.
    pub account_id: AccountId,
    /// The version that the caller saw.
    pub version: i32,
    /// Who looks after it from now on.
    pub member_id: MemberId,
}

/// A member of an account's team.
#[derive(InputObject)]
pub struct AccountTeamInput {
    /// The account.
    pub account_id: AccountId,
    /// The member.
    pub member_id: MemberId,
}

/// Changing accounts.
#[derive(Default)]
pub struct AccountMutation;

#[Object]
impl AccountMutation {
    /// Creates an account. Its owner is the caller unless another is named.
    async fn account_create(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The account.")] input: AccountCreateInput,
    ) -> Result<Option<AccountCreatePayload>> {
        let result = service::account_create(cx(gql), input.into()).await;
        AccountCreatePayload::of(result.map(Account::from)).map(Some)
    }

    /// Changes an account; a stale version is a CONFLICT that says what changed.
    async fn account_update(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The change.")] input: AccountUpdateInput,
    ) -> Result<Option<AccountUpdatePayload>> {
        let result = service::account_update(cx(gql), input.id.0, input.version.into(), input.into()).await;
        AccountUpdatePayload::of(result.map(Account::from)).map(Some)
    }

    /// Archives an account: lists leave it out, nothing is deleted.
    async fn account_archive(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The account.")] input: AccountVersionInput,
    ) -> Result<Option<AccountArchivePayload>> {
        let result = service::account_archive(cx(gql), input.id.0, input.version.into()).await;
        AccountArchivePayload::of(result.map(Account::from)).map(Some)
    }

    /// Takes an account back from the archive.
    async fn account_restore(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The account.")] input: AccountVersionInput,
    ) -> Result<Option<AccountRestorePayload>> {
        let result = service::account_restore(cx(gql), input.id.0, input.version.into()).await;
        AccountRestorePayload::of(result.map(Account::from)).map(Some)
    }

    /// Merges two accounts that are one client: everything of one moves to the other, the empty one is archived.
    async fn account_merge(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The two accounts.")] input: AccountMergeInput,
    ) -> Result<Option<AccountMergePayload>> {
        let (into, from) = (
            (input.into_id.0, input.into_version.into()),
            (input.from_id.0, input.from_version.into()),
        );
        let result = service::account_merge(cx(gql), into, from).await;
        AccountMergePayload::of(result.map(Account::from)).map(Some)
    }

    /// Gives an account to another owner at once, without a handover.
    async fn account_assign(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Account and owner.")] input: AccountAssignInput,
    ) -> Result<Option<AccountAssignPayload>> {
        let result =
            service::account_assign(cx(gql), input.account_id.0, input.version.into(), input.member_id.0).await;
        AccountAssignPayload::of(result.map(Account::from)).map(Some)
    }

    /// Puts a member on an account's team.
    async fn account_team_add(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Account and member.")] input: AccountTeamInput,
    ) -> Result<Option<AccountTeamAddPayload>> {
        let result = service::account_team_add(cx(gql), input.account_id.0, input.member_id.0).await;
        AccountTeamAddPayload::of(result.map(Account::from)).map(Some)
    }

    /// Takes a member off an account's team.
    async fn account_team_remove(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Account and member.")] input: AccountTeamInput,
    ) -> Result<Option<AccountTeamRemovePayload>> {
        let result = service::account_team_remove(cx(gql), input.account_id.0, input.member_id.0).await;
        AccountTeamRemovePayload::of(result.map(Account::from)).map(Some)
    }
}
