//! Batches for resolvers: one statement for all accounts of a level.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use chrono::NaiveDate;
use uuid::Uuid;

use super::assessed::Assessed;
use super::service;
use super::stored::Stored;
use crate::error::Error;
use crate::platform::graphql::Loaders;

/// A stored assessment by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AssessmentById(pub Uuid);

impl Loader<AssessmentById> for Loaders {
    type Value = Stored;
    type Error = Error;

    async fn load(&self, keys: &[AssessmentById]) -> Result<HashMap<AssessmentById, Stored>, Error> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let found = service::assessment_find_many(&self.ctx, &ids).await?;
        Ok(found.into_iter().map(|row| (AssessmentById(row.id), row)).collect())
    }
}

/// What is known of an account at the end of a day, or now, reckoned when it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AssessedOn(pub Uuid, pub Option<NaiveDate>);

impl Loader<AssessedOn> for Loaders {
    type Value = Assessed;
    type Error = Error;

    async fn load(&self, keys: &[AssessedOn]) -> Result<HashMap<AssessedOn, Assessed>, Error> {
        let asked: Vec<(Uuid, Option<NaiveDate>)> = keys.iter().map(|key| (key.0, key.1)).collect();
        let found = service::assess_on_days(&self.ctx, &asked).await?;
        Ok(found
            .into_iter()
            .map(|((account, day), of)| (AssessedOn(account, day), of))
            .collect())
    }
}
