//! Batches for resolvers.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use entity::signal;
use uuid::Uuid;

use super::service;
use crate::error::Error;
use crate::platform::graphql::Loaders;

/// A visible signal by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SignalById(pub Uuid);

impl Loader<SignalById> for Loaders {
    type Value = signal::Model;
    type Error = Error;

    async fn load(&self, keys: &[SignalById]) -> Result<HashMap<SignalById, signal::Model>, Error> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let found = service::signal_find_many(&self.ctx, &ids).await?;
        Ok(found.into_iter().map(|row| (SignalById(row.id), row)).collect())
    }
}
