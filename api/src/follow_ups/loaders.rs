//! Batches for resolvers.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use entity::follow_up;
use uuid::Uuid;

use super::service;
use crate::accounts::grouped;
use crate::error::Error;
use crate::platform::graphql::Loaders;

/// A visible follow-up by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FollowUpById(pub Uuid);

impl Loader<FollowUpById> for Loaders {
    type Value = follow_up::Model;
    type Error = Error;

    async fn load(&self, keys: &[FollowUpById]) -> Result<HashMap<FollowUpById, follow_up::Model>, Error> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let found = service::follow_up_find_many(&self.ctx, &ids).await?;
        Ok(found.into_iter().map(|row| (FollowUpById(row.id), row)).collect())
    }
}

/// The open follow-ups of an account that the caller sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OpenFollowUpsOf(pub Uuid);

impl Loader<OpenFollowUpsOf> for Loaders {
    type Value = Vec<follow_up::Model>;
    type Error = Error;

    async fn load(&self, keys: &[OpenFollowUpsOf]) -> Result<HashMap<OpenFollowUpsOf, Vec<follow_up::Model>>, Error> {
        let accounts: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let db = self.ctx.read().await?;
        let found = service::follow_ups_open_of(&self.ctx, &db, &accounts).await?;
        let found = grouped(found, |row| row.account_id);
        Ok(found
            .into_iter()
            .map(|(account, rows)| (OpenFollowUpsOf(account), rows))
            .collect())
    }
}
