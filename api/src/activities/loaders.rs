//! Batches for resolvers: one statement for all activities of a level.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use entity::activity;
use uuid::Uuid;

use super::{queries, service};
use crate::accounts::{distinct, grouped, shared_out};
use crate::error::Error;
use crate::platform::graphql::Loaders;
use crate::platform::tenancy::Columns;

/// A visible activity by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ActivityById(pub Uuid);

impl Loader<ActivityById> for Loaders {
    type Value = activity::Model;
    type Error = Error;

    async fn load(&self, keys: &[ActivityById]) -> Result<HashMap<ActivityById, activity::Model>, Error> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let found = service::activity_find_many(&self.ctx, &ids).await?;
        Ok(found.into_iter().map(|row| (ActivityById(row.id), row)).collect())
    }
}

/// The newest activities of an account, so many of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LatestOf {
    /// The account.
    pub account: Uuid,
    /// At most so many.
    pub most: i32,
    /// What is read of them.
    pub columns: Columns<activity::Entity>,
}

impl Loader<LatestOf> for Loaders {
    type Value = Vec<activity::Model>;
    type Error = Error;

    /// One statement for all that are asked for together: it reads the largest number, each takes what it asked for.
    async fn load(&self, keys: &[LatestOf]) -> Result<HashMap<LatestOf, Self::Value>, Error> {
        let accounts: Vec<Uuid> = distinct(keys.iter().map(|key| key.account));
        let most = keys.iter().map(|key| key.most).max().unwrap_or_default();
        let columns = keys.iter().fold(Columns::none(), |all, key| all.and(key.columns));
        let found = service::activity_latest(&self.ctx, &accounts, most, columns).await?;
        let mut taken = shared_out(keys, |key| key.account, grouped(found, |row| row.account_id));
        for (key, rows) in &mut taken {
            rows.truncate(usize::try_from(key.most).unwrap_or_default());
        }
        Ok(taken)
    }
}

/// Ids of the contacts of an activity that the caller sees already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContactIdsOf(pub Uuid);

impl Loader<ContactIdsOf> for Loaders {
    type Value = Vec<Uuid>;
    type Error = Error;

    async fn load(&self, keys: &[ContactIdsOf]) -> Result<HashMap<ContactIdsOf, Vec<Uuid>>, Error> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let db = self.ctx.read().await?;
        let mut found: HashMap<ContactIdsOf, Vec<Uuid>> = HashMap::new();
        for row in queries::contacts(&db, &ids).await? {
            found
                .entry(ContactIdsOf(row.activity_id))
                .or_default()
                .push(row.contact_id);
        }
        Ok(found)
    }
}

/// Ids of the other members at an activity that the caller sees already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MemberIdsOf(pub Uuid);

impl Loader<MemberIdsOf> for Loaders {
    type Value = Vec<Uuid>;
    type Error = Error;

    async fn load(&self, keys: &[MemberIdsOf]) -> Result<HashMap<MemberIdsOf, Vec<Uuid>>, Error> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let db = self.ctx.read().await?;
        let mut found: HashMap<MemberIdsOf, Vec<Uuid>> = HashMap::new();
        for row in queries::present(&db, &ids).await? {
            found
                .entry(MemberIdsOf(row.activity_id))
                .or_default()
                .push(row.member_id);
        }
        Ok(found)
    }
}
