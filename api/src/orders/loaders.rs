//! Batches for resolvers.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use entity::{order, order_line};
use uuid::Uuid;

use super::{queries, service};
use crate::accounts::grouped;
use crate::error::Error;
use crate::platform::graphql::Loaders;

/// A visible order by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OrderById(pub Uuid);

impl Loader<OrderById> for Loaders {
    type Value = order::Model;
    type Error = Error;

    async fn load(&self, keys: &[OrderById]) -> Result<HashMap<OrderById, order::Model>, Error> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let found = service::order_find_many(&self.ctx, &ids).await?;
        Ok(found.into_iter().map(|row| (OrderById(row.id), row)).collect())
    }
}

/// The newest orders of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LatestOf(pub Uuid);

impl Loader<LatestOf> for Loaders {
    type Value = Vec<order::Model>;
    type Error = Error;

    async fn load(&self, keys: &[LatestOf]) -> Result<HashMap<LatestOf, Self::Value>, Error> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let found = service::order_latest(&self.ctx, &ids).await?;
        Ok(grouped(found, |row| LatestOf(row.account_id)))
    }
}

/// The lines of an order that the caller sees already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LinesOf(pub Uuid);

impl Loader<LinesOf> for Loaders {
    type Value = Vec<order_line::Model>;
    type Error = Error;

    async fn load(&self, keys: &[LinesOf]) -> Result<HashMap<LinesOf, Self::Value>, Error> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let db = self.ctx.read().await?;
        Ok(grouped(queries::lines(&db, &ids).await?, |row| LinesOf(row.order_id)))
    }
}
