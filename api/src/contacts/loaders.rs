//! Batches for resolvers: one statement for all contacts of a level.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use entity::contact;
use uuid::Uuid;

use super::service;
use crate::accounts::{distinct, grouped, shared_out};
use crate::error::Error;
use crate::platform::graphql::Loaders;
use crate::platform::tenancy::Columns;

/// A visible contact by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContactById(pub Uuid);

impl Loader<ContactById> for Loaders {
    type Value = contact::Model;
    type Error = Error;

    async fn load(&self, keys: &[ContactById]) -> Result<HashMap<ContactById, contact::Model>, Error> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let found = service::contact_find_many(&self.ctx, &ids).await?;
        Ok(found.into_iter().map(|row| (ContactById(row.id), row)).collect())
    }
}

/// The contacts of an account, key contacts first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContactsOf {
    /// The account.
    pub account: Uuid,
    /// What is read of them.
    pub columns: Columns<contact::Entity>,
}

impl Loader<ContactsOf> for Loaders {
    type Value = Vec<contact::Model>;
    type Error = Error;

    async fn load(&self, keys: &[ContactsOf]) -> Result<HashMap<ContactsOf, Self::Value>, Error> {
        let accounts: Vec<Uuid> = distinct(keys.iter().map(|key| key.account));
        let columns = keys.iter().fold(Columns::none(), |all, key| all.and(key.columns));
        let found = service::contacts_of_accounts(&self.ctx, &accounts, columns).await?;
        Ok(shared_out(
            keys,
            |key| key.account,
            grouped(found, |row| row.account_id),
        ))
    }
}

/// Those who report to a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReportsOf(pub Uuid);

impl Loader<ReportsOf> for Loaders {
    type Value = Vec<contact::Model>;
    type Error = Error;

    async fn load(&self, keys: &[ReportsOf]) -> Result<HashMap<ReportsOf, Self::Value>, Error> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let found = service::contact_reports(&self.ctx, &ids).await?;
        Ok(grouped(found, |row| ReportsOf(row.reports_to_id.unwrap_or_default())))
    }
}
