//! Batches for resolvers.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use entity::api_client;
use uuid::Uuid;

use super::service;
use crate::error::Error;
use crate::platform::graphql::Loaders;

/// An API client by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ApiClientById(pub Uuid);

impl Loader<ApiClientById> for Loaders {
    type Value = api_client::Model;
    type Error = Error;

    async fn load(&self, keys: &[ApiClientById]) -> Result<HashMap<ApiClientById, api_client::Model>, Error> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = service::api_client_find_many(&self.ctx, &ids).await?;
        Ok(rows.into_iter().map(|row| (ApiClientById(row.id), row)).collect())
    }
}
