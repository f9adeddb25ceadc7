//! Accounts: the client companies (and prospects) of a tenant, who looks after each, and since when.
//!
//! * An account that is not archived always has an active owner. Who owned it when is a row of `ownership` a span,
//!   never overwritten; `account.owner_id` repeats the open span so that lists need no join.
//! * What the caller may not see does not exist ([`queries::visible`]); other slices ask [`service`] for an account and
//!   never read the table themselves.
//! * Search goes by folded bigrams in `account_gram`, written with the account.

pub mod book;
pub mod bulk;
mod changes;
pub mod lifecycle;
mod loaders;
mod merge;
pub mod mutations;
pub mod queries;
pub mod schema;
pub mod service;
mod subscriptions;

pub use loaders::{AccountById, distinct, grouped, shared_out};
pub use mutations::AccountMutation;
pub use schema::{Account, AccountQuery, wanted_below};
pub use subscriptions::AccountSubscription;

use crate::platform::graphql::{Gid, IdKind};

/// Names accounts.
pub struct AccountKind;

impl IdKind for AccountKind {
    const PREFIX: &'static str = "acct";
    const NOUN: &'static str = "an account";
}

/// The id of an account.
pub type AccountId = Gid<AccountKind>;
