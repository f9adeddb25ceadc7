//! Batches for resolvers.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use entity::product;
use uuid::Uuid;

use super::service;
use crate::error::Error;
use crate::platform::graphql::Loaders;

/// A product by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProductById(pub Uuid);

impl Loader<ProductById> for Loaders {
    type Value = product::Model;
    type Error = Error;

    async fn load(&self, keys: &[ProductById]) -> Result<HashMap<ProductById, product::Model>, Error> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let found = service::product_find_many(&self.ctx, &ids).await?;
        Ok(found.into_iter().map(|row| (ProductById(row.id), row)).collect())
    }
}
