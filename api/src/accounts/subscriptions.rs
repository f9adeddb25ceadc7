//! Following accounts over the API.

use async_graphql::{ComplexObject, Context, Object, SimpleObject};

use super::loaders::AccountById;
use super::{Account, AccountId};
use crate::error::{Error, Result};
use crate::events::{self, Event};
use crate::platform::graphql::{BigInt, Interest, check_start, cx, delivered, loaders};

/// Accounts that one subscription may name.
const MOST_ACCOUNTS: usize = 100;

/// Something that happened to an account, and the account now.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct AccountChange {
    /// What happened.
    pub event: Event,
}

#[ComplexObject]
impl AccountChange {
    /// The account as it is at the moment of delivery.
    async fn account(&self, gql: &Context<'_>) -> Result<Option<Account>> {
        let Some(id) = self.event.account_id else {
            return Ok(None);
        };
        Ok(loaders(gql).load_one(AccountById(id.0)).await?.map(Account::from))
    }
}

/// Following accounts.
#[derive(Default)]
pub struct AccountSubscription;

#[Object]
impl AccountSubscription {
    /// Whatever concerns accounts that the caller sees at that moment: changes, touches, orders, signals, handovers, risk.
    /// To come back without missing anything, name the last `event { sequence }` that arrived.
    async fn account_changed(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Only these accounts, at most 100; otherwise all.")] account_ids: Option<Vec<AccountId>>,
        #[graphql(desc = "Begin behind this number instead of now.")] after_sequence: Option<BigInt>,
    ) -> Result<Option<AccountChange>> {
        events::service::event_follow_authorize(cx(gql), None)?;
        if account_ids.as_ref().is_some_and(|ids| ids.len() > MOST_ACCOUNTS) {
            return Err(Error::bad_input(
                format!("At most {MOST_ACCOUNTS} accounts."),
                format!("取引先は{MOST_ACCOUNTS}件以内で指定してください。"),
            ));
        }
        let after = check_start(gql, after_sequence.as_ref()).await?;
        let interest = || Interest {
            after,
            most: 1,
            matches: Box::new(move |event| {
                event.account_id.is_some_and(|account| {
                    let named = account_ids.as_ref();
                    named.is_none_or(|ids| ids.iter().any(|id| id.0 == account))
                })
            }),
        };
        let Some(happened) = delivered(gql, interest) else {
            return Ok(None);
        };
        let seen = events::service::event_seen(cx(gql), happened).await?;
        Ok(seen
            .into_iter()
            .next()
            .map(|event| AccountChange { event: event.into() }))
    }
}
