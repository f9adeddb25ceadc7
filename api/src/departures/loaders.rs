//! Batches for resolvers.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use entity::departure;
use uuid::Uuid;

use super::service;
use crate::error::Error;
use crate::platform::graphql::Loaders;

/// A departure by id that the caller may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DepartureById(pub Uuid);

impl Loader<DepartureById> for Loaders {
    type Value = departure::Model;
    type Error = Error;

    async fn load(&self, keys: &[DepartureById]) -> Result<HashMap<DepartureById, departure::Model>, Error> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let found = service::departure_find_many(&self.ctx, &ids).await?;
        Ok(found.into_iter().map(|row| (DepartureById(row.id), row)).collect())
    }
}
