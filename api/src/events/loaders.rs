//! Batches for resolvers.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use entity::event;
use uuid::Uuid;

use super::service;
use crate::error::Error;
use crate::platform::graphql::Loaders;

/// A visible event by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventById(pub Uuid);

impl Loader<EventById> for Loaders {
    type Value = event::Model;
    type Error = Error;

    async fn load(&self, keys: &[EventById]) -> Result<HashMap<EventById, event::Model>, Error> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let found = service::event_find_many(&self.ctx, &ids).await?;
        Ok(found.into_iter().map(|row| (EventById(row.id), row)).collect())
    }
}
