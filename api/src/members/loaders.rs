//! Batches for resolvers.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use domain::policy::Action;
use entity::{invitation, member};
use uuid::Uuid;

use super::queries;
use crate::accounts::grouped;
use crate::error::Error;
use crate::platform::graphql::Loaders;

/// Most reports shown of one member.
const MOST_REPORTS: usize = 100;

/// A member by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MemberById(pub Uuid);

impl Loader<MemberById> for Loaders {
    type Value = member::Model;
    type Error = Error;

    async fn load(&self, keys: &[MemberById]) -> Result<HashMap<MemberById, member::Model>, Error> {
        self.ctx.authorize(Action::MemberRead)?;
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let db = self.ctx.read().await?;
        let rows = queries::many(&db, &ids).await?;
        Ok(rows.into_iter().map(|row| (MemberById(row.id), row)).collect())
    }
}

/// The active members whose manager this one is, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ReportsOf(pub Uuid);

impl Loader<ReportsOf> for Loaders {
    type Value = Vec<member::Model>;
    type Error = Error;

    async fn load(&self, keys: &[ReportsOf]) -> Result<HashMap<ReportsOf, Self::Value>, Error> {
        self.ctx.authorize(Action::MemberRead)?;
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let db = self.ctx.read().await?;
        let rows = queries::reports(&db, &ids).await?;
        let mut groups = grouped(rows, |row| ReportsOf(row.manager_id.unwrap_or_default()));
        for reports in groups.values_mut() {
            reports.truncate(MOST_REPORTS);
        }
        Ok(groups)
    }
}

/// An invitation by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InvitationById(pub Uuid);

impl Loader<InvitationById> for Loaders {
    type Value = invitation::Model;
    type Error = Error;

    async fn load(&self, keys: &[InvitationById]) -> Result<HashMap<InvitationById, invitation::Model>, Error> {
        self.ctx.authorize(Action::InvitationRead)?;
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let db = self.ctx.read().await?;
        let rows = queries::invitations(&db, &ids).await?;
        Ok(rows.into_iter().map(|row| (InvitationById(row.id), row)).collect())
    }
}
