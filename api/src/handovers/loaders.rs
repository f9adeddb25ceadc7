//! Batches for resolvers: one statement for all handovers of a level.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use domain::policy::Action;
use entity::{contact, handover, handover_step};
use uuid::Uuid;

use super::continuity::{self, Facts, Proof};
use super::{queries, service};
use crate::accounts::{distinct, grouped};
use crate::error::Error;
use crate::platform::graphql::Loaders;
use crate::platform::tenancy::Columns;

/// A visible handover by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HandoverById(pub Uuid);

impl Loader<HandoverById> for Loaders {
    type Value = handover::Model;
    type Error = Error;

    async fn load(&self, keys: &[HandoverById]) -> Result<HashMap<HandoverById, handover::Model>, Error> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let found = service::handover_find_many(&self.ctx, &ids).await?;
        Ok(found.into_iter().map(|row| (HandoverById(row.id), row)).collect())
    }
}

/// A step of a visible handover by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StepById(pub Uuid);

impl Loader<StepById> for Loaders {
    type Value = handover_step::Model;
    type Error = Error;

    async fn load(&self, keys: &[StepById]) -> Result<HashMap<StepById, handover_step::Model>, Error> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let found = service::step_find_many(&self.ctx, &ids).await?;
        Ok(found.into_iter().map(|row| (StepById(row.id), row)).collect())
    }
}

/// The steps of a handover, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StepsOf(pub Uuid);

impl Loader<StepsOf> for Loaders {
    type Value = Vec<handover_step::Model>;
    type Error = Error;

    async fn load(&self, keys: &[StepsOf]) -> Result<HashMap<StepsOf, Self::Value>, Error> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let db = self.ctx.read().await?;
        Ok(grouped(queries::steps(&db, &ids).await?, |row| {
            StepsOf(row.handover_id)
        }))
    }
}

/// What proves a handover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContinuityOf {
    /// The handover.
    pub facts: Facts,
    /// What is shown of its key contacts.
    pub contacts: Columns<contact::Entity>,
}

impl Loader<ContinuityOf> for Loaders {
    type Value = Proof;
    type Error = Error;

    async fn load(&self, keys: &[ContinuityOf]) -> Result<HashMap<ContinuityOf, Proof>, Error> {
        self.ctx.authorize(Action::HandoverRead)?;
        let handovers: Vec<Facts> = distinct(keys.iter().map(|key| key.facts));
        let shown = keys.iter().fold(Columns::none(), |all, key| all.and(key.contacts));
        let db = self.ctx.read().await?;
        let proven = continuity::of_many(&self.ctx, &db, &handovers, shown).await?;
        let of_key = |key: &ContinuityOf| Some((*key, proven.get(&key.facts)?.clone()));
        Ok(keys.iter().filter_map(of_key).collect())
    }
}

/// The handovers of an account, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HandoversOf(pub Uuid);

impl Loader<HandoversOf> for Loaders {
    type Value = Vec<handover::Model>;
    type Error = Error;

    async fn load(&self, keys: &[HandoversOf]) -> Result<HashMap<HandoversOf, Self::Value>, Error> {
        let accounts: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let found = service::handovers_of_accounts(&self.ctx, &accounts, false).await?;
        Ok(grouped(found, |row| HandoversOf(row.account_id)))
    }
}

/// The open handover of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OpenHandoverOf(pub Uuid);

impl Loader<OpenHandoverOf> for Loaders {
    type Value = handover::Model;
    type Error = Error;

    async fn load(&self, keys: &[OpenHandoverOf]) -> Result<HashMap<OpenHandoverOf, handover::Model>, Error> {
        let accounts: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let found = service::handovers_of_accounts(&self.ctx, &accounts, true).await?;
        Ok(found
            .into_iter()
            .map(|row| (OpenHandoverOf(row.account_id), row))
            .collect())
    }
}
