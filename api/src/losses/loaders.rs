//! Batches for resolvers.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use entity::{loss, loss_cause};
use uuid::Uuid;

use super::service;
use crate::accounts::grouped;
use crate::error::Error;
use crate::platform::graphql::Loaders;

/// A visible loss by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LossById(pub Uuid);

impl Loader<LossById> for Loaders {
    type Value = loss::Model;
    type Error = Error;

    async fn load(&self, keys: &[LossById]) -> Result<HashMap<LossById, loss::Model>, Error> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let found = service::loss_find_many(&self.ctx, &ids).await?;
        Ok(found.into_iter().map(|row| (LossById(row.id), row)).collect())
    }
}

/// The losses of an account, latest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LossesOf(pub Uuid);

impl Loader<LossesOf> for Loaders {
    type Value = Vec<loss::Model>;
    type Error = Error;

    async fn load(&self, keys: &[LossesOf]) -> Result<HashMap<LossesOf, Vec<loss::Model>>, Error> {
        let accounts: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let found = service::losses_of(&self.ctx, &accounts).await?;
        Ok(grouped(found, |row| LossesOf(row.account_id)))
    }
}

/// The causes of a loss that the caller sees, the largest share first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CausesOf(pub Uuid);

impl Loader<CausesOf> for Loaders {
    type Value = Vec<loss_cause::Model>;
    type Error = Error;

    async fn load(&self, keys: &[CausesOf]) -> Result<HashMap<CausesOf, Vec<loss_cause::Model>>, Error> {
        let losses: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let found = service::causes_of(&self.ctx, &losses).await?;
        Ok(grouped(found, |row| CausesOf(row.loss_id)))
    }
}
