//! Batches for resolvers.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use uuid::Uuid;

use super::gather::{self, Briefed};
use crate::error::Error;
use crate::platform::graphql::Loaders;

/// The briefing on a visible account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BriefingOn(pub Uuid);

impl Loader<BriefingOn> for Loaders {
    type Value = Arc<Briefed>;
    type Error = Error;

    async fn load(&self, keys: &[BriefingOn]) -> Result<HashMap<BriefingOn, Arc<Briefed>>, Error> {
        let accounts: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let briefed = gather::brief(&self.ctx, &accounts).await?;
        Ok(briefed
            .into_iter()
            .map(|(account, briefed)| (BriefingOn(account), Arc::new(briefed)))
            .collect())
    }
}
