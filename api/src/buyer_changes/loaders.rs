//! Batches for resolvers.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use domain::buyer_change::BuyerContinuity;
use domain::policy::Action;
use entity::buyer_change;
use uuid::Uuid;

use super::continuity::{self, Facts};
use super::{queries, service};
use crate::error::Error;
use crate::platform::graphql::Loaders;

/// A visible buyer change by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BuyerChangeById(pub Uuid);

impl Loader<BuyerChangeById> for Loaders {
    type Value = buyer_change::Model;
    type Error = Error;

    async fn load(&self, keys: &[BuyerChangeById]) -> Result<HashMap<BuyerChangeById, buyer_change::Model>, Error> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let found = service::buyer_changes_seen(&self.ctx, queries::many(&ids)).await?;
        Ok(found.into_iter().map(|row| (BuyerChangeById(row.id), row)).collect())
    }
}

/// Whom a contact became at the account that he moved to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MovedTo(pub Uuid);

impl Loader<MovedTo> for Loaders {
    type Value = Uuid;
    type Error = Error;

    async fn load(&self, keys: &[MovedTo]) -> Result<HashMap<MovedTo, Uuid>, Error> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let found = service::buyer_changes_seen(&self.ctx, queries::of_leaving(&ids)).await?;
        let moved = found
            .into_iter()
            .filter_map(|row| Some((MovedTo(row.leaving_id), row.moved_to_id?)));
        Ok(moved.collect())
    }
}

/// Who a contact was at the account that he came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MovedFrom(pub Uuid);

impl Loader<MovedFrom> for Loaders {
    type Value = Uuid;
    type Error = Error;

    async fn load(&self, keys: &[MovedFrom]) -> Result<HashMap<MovedFrom, Uuid>, Error> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let found = service::buyer_changes_seen(&self.ctx, queries::of_moved(&ids)).await?;
        let moved = found
            .into_iter()
            .filter_map(|row| Some((MovedFrom(row.moved_to_id?), row.leaving_id)));
        Ok(moved.collect())
    }
}

/// The contacts that one is, himself among them, in the order in which he became them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PostsOf(pub Uuid);

impl Loader<PostsOf> for Loaders {
    type Value = Vec<Uuid>;
    type Error = Error;

    async fn load(&self, keys: &[PostsOf]) -> Result<HashMap<PostsOf, Vec<Uuid>>, Error> {
        let contacts: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let found = service::posts_of(&self.ctx, &contacts).await?;
        Ok(found
            .into_iter()
            .map(|(contact, posts)| (PostsOf(contact), posts))
            .collect())
    }
}

/// What proves a buyer change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProofOf(pub Facts);

impl Loader<ProofOf> for Loaders {
    type Value = BuyerContinuity;
    type Error = Error;

    async fn load(&self, keys: &[ProofOf]) -> Result<HashMap<ProofOf, BuyerContinuity>, Error> {
        self.ctx.authorize(Action::ActivityRead)?;
        let changes: Vec<Facts> = keys.iter().map(|key| key.0).collect();
        let db = self.ctx.read().await?;
        let proven = continuity::of_many(&self.ctx, &db, &changes).await?;
        Ok(proven
            .into_iter()
            .map(|(facts, proven)| (ProofOf(facts), proven))
            .collect())
    }
}
