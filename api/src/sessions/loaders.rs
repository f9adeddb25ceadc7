//! Batches for resolvers.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use entity::{session, user};
use uuid::Uuid;

use super::service::{self, Membership};
use crate::error::Error;
use crate::platform::graphql::Loaders;

/// One of the caller's own sessions by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionById(pub Uuid);

impl Loader<SessionById> for Loaders {
    type Value = session::Model;
    type Error = Error;

    async fn load(&self, keys: &[SessionById]) -> Result<HashMap<SessionById, session::Model>, Error> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let found = service::session_find_many(&self.ctx, &ids).await?;
        Ok(found.into_iter().map(|row| (SessionById(row.id), row)).collect())
    }
}

/// The caller himself by id; anybody else does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UserById(pub Uuid);

impl Loader<UserById> for Loaders {
    type Value = user::Model;
    type Error = Error;

    async fn load(&self, keys: &[UserById]) -> Result<HashMap<UserById, user::Model>, Error> {
        let me = service::viewer(&self.ctx).await?;
        let asked = me.filter(|me| keys.contains(&UserById(me.id)));
        Ok(asked.into_iter().map(|row| (UserById(row.id), row)).collect())
    }
}

/// The memberships of a person. For sessions and payloads that are the caller's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct MembershipsOf(pub Uuid);

impl Loader<MembershipsOf> for Loaders {
    type Value = Vec<Membership>;
    type Error = Error;

    async fn load(&self, keys: &[MembershipsOf]) -> Result<HashMap<MembershipsOf, Self::Value>, Error> {
        let mut found = HashMap::new();
        // One key: a request shows one person's sessions only.
        for key in keys {
            found.insert(*key, service::memberships_of(&self.ctx, key.0).await?);
        }
        Ok(found)
    }
}
