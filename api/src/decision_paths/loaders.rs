//! Batches for resolvers.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use uuid::Uuid;

use super::service::{self, Laid};
use crate::error::Error;
use crate::platform::graphql::Loaders;

/// The decision path of a visible account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PathOf(pub Uuid);

impl Loader<PathOf> for Loaders {
    type Value = Laid;
    type Error = Error;

    async fn load(&self, keys: &[PathOf]) -> Result<HashMap<PathOf, Laid>, Error> {
        let accounts: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let db = self.ctx.read().await?;
        let laid = service::decision_paths_of(&self.ctx, &db, &accounts).await?;
        Ok(laid
            .into_iter()
            .map(|(account, laid)| (PathOf(account), laid))
            .collect())
    }
}
