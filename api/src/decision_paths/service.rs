//! Laying decision paths out for many accounts at once.

use std::collections::HashMap;

use domain::decision_path::{DecisionPath, Person, decision_path};
use domain::policy::Action;
use entity::contact;
use uuid::Uuid;

use crate::accounts::grouped;
use crate::error::Result;
use crate::platform::Ctx;
use crate::platform::tenancy::TenantDb;
use crate::{activities, contacts};

/// A client's tree, and the people in it.
#[derive(Clone, Debug)]
pub struct Laid {
    /// The tree.
    pub path: DecisionPath,
    /// Everybody in it, by id.
    pub people: HashMap<Uuid, contact::Model>,
}

/// The decision paths of accounts that the caller sees: three statements, however many.
pub async fn decision_paths_of(ctx: &Ctx, db: &TenantDb, accounts: &[Uuid]) -> Result<HashMap<Uuid, Laid>> {
    ctx.authorize(Action::ContactRead)?;
    ctx.authorize(Action::ActivityRead)?;
    let contacts = contacts::service::contacts_of_paths(ctx, db, accounts).await?;
    let seen: Vec<Uuid> = contacts.iter().map(|contact| contact.account_id).collect();
    let meetings = activities::service::meetings_at(ctx, db, accounts).await?;
    let mut contacts = grouped(contacts, |contact| contact.account_id);
    let laid = accounts.iter().filter(|account| seen.contains(account)).map(|account| {
        let contacts = contacts.remove(account).unwrap_or_default();
        let people: Vec<Person> = contacts
            .iter()
            .map(|contact| Person {
                id: contact.id,
                reports_to: contact.reports_to_id,
            })
            .collect();
        let laid = Laid {
            path: decision_path(&people, &meetings),
            people: contacts.into_iter().map(|contact| (contact.id, contact)).collect(),
        };
        (*account, laid)
    });
    Ok(laid.collect())
}
