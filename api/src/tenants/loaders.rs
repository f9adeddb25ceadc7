//! Batches for resolvers.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use entity::tenant;
use uuid::Uuid;

use super::service;
use crate::error::Error;
use crate::platform::graphql::Loaders;

/// The caller's tenant by id; any other does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TenantById(pub Uuid);

impl Loader<TenantById> for Loaders {
    type Value = tenant::Model;
    type Error = Error;

    async fn load(&self, keys: &[TenantById]) -> Result<HashMap<TenantById, tenant::Model>, Error> {
        let own = service::tenant_find(&self.ctx).await?;
        Ok(own
            .into_iter()
            .map(|row| (TenantById(row.id), row))
            .filter(|(id, _)| keys.contains(id))
            .collect())
    }
}
