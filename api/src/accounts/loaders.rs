//! Batches for resolvers: one statement for all accounts of a level.

use std::collections::{HashMap, HashSet};

use async_graphql::dataloader::Loader;
use entity::{account, account_team, ownership};
use uuid::Uuid;

use super::{queries, service};
use crate::error::Error;
use crate::platform::graphql::Loaders;

/// A visible account by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AccountById(pub Uuid);

impl Loader<AccountById> for Loaders {
    type Value = account::Model;
    type Error = Error;

    async fn load(&self, keys: &[AccountById]) -> Result<HashMap<AccountById, account::Model>, Error> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let found = service::account_find_many(&self.ctx, &ids).await?;
        Ok(found.into_iter().map(|row| (AccountById(row.id), row)).collect())
    }
}

/// The team of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TeamOf(pub Uuid);

impl Loader<TeamOf> for Loaders {
    type Value = Vec<account_team::Model>;
    type Error = Error;

    async fn load(&self, keys: &[TeamOf]) -> Result<HashMap<TeamOf, Self::Value>, Error> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let db = self.ctx.read().await?;
        Ok(grouped(queries::team(&db, &ids).await?, |row| TeamOf(row.account_id)))
    }
}

/// Who owned an account when, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OwnershipsOf(pub Uuid);

impl Loader<OwnershipsOf> for Loaders {
    type Value = Vec<ownership::Model>;
    type Error = Error;

    async fn load(&self, keys: &[OwnershipsOf]) -> Result<HashMap<OwnershipsOf, Self::Value>, Error> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let db = self.ctx.read().await?;
        Ok(grouped(queries::ownerships(&db, &ids).await?, |row| {
            OwnershipsOf(row.account_id)
        }))
    }
}

/// Each once.
pub fn distinct<K: Eq + std::hash::Hash + Copy>(keys: impl Iterator<Item = K>) -> Vec<K> {
    let mut seen = HashSet::new();
    keys.filter(|key| seen.insert(*key)).collect()
}

/// To each of several keys the rows of the group that it asks for. The last one takes them, the others get copies.
pub fn shared_out<K, G, M>(keys: &[K], group: impl Fn(&K) -> G, mut rows: HashMap<G, Vec<M>>) -> HashMap<K, Vec<M>>
where
    K: Eq + std::hash::Hash + Copy,
    G: Eq + std::hash::Hash,
    M: Clone,
{
    let mut asked: HashMap<G, usize> = HashMap::new();
    for key in keys {
        *asked.entry(group(key)).or_default() += 1;
    }
    let mut shared = HashMap::with_capacity(keys.len());
    for key in keys {
        let of = group(key);
        let Some(left) = asked.get_mut(&of) else { continue };
        *left -= 1;
        let given = match *left {
            0 => rows.remove(&of),
            _ => rows.get(&of).cloned(),
        };
        shared.extend(given.map(|given| (*key, given)));
    }
    shared
}

/// Rows by key, in their order.
pub fn grouped<K: Eq + std::hash::Hash, M>(rows: Vec<M>, key: impl Fn(&M) -> K) -> HashMap<K, Vec<M>> {
    let mut groups: HashMap<K, Vec<M>> = HashMap::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(row);
    }
    groups
}
