//! From the rows to the proof: continuity is computed by `domain::handover`, here its input is gathered.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::handover::{Continuity, KeyContact, Touch, score};
use entity::{contact, handover};
use uuid::Uuid;

use crate::error::Result;
use crate::platform::Ctx;
use crate::platform::tenancy::{Columns, TenantDb};
use crate::{activities, contacts};

/// What continuity needs to know of a handover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Facts {
    /// The handover.
    pub id: Uuid,
    /// Its account.
    pub account: Uuid,
    from: Uuid,
    to: Uuid,
    planned_at: DateTime<Utc>,
    switched_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
}

impl Facts {
    /// Of a handover.
    pub fn of(row: &handover::Model) -> Self {
        Self {
            id: row.id,
            account: row.account_id,
            from: row.from_member_id,
            to: row.to_member_id,
            planned_at: row.planned_at,
            switched_at: row.switched_at,
            ended_at: row.ended_at,
        }
    }

    /// The proof that these touches give for these contacts. What came after the end proves nothing any more.
    pub fn proven(&self, contacts: &[KeyContact], touches: &[Touch]) -> Continuity {
        let counted: Vec<Touch> = touches
            .iter()
            .filter(|touch| self.ended_at.is_none_or(|end| touch.occurred_at <= end))
            .cloned()
            .collect();
        score(
            self.from,
            self.to,
            self.planned_at,
            self.switched_at,
            contacts,
            &counted,
        )
    }
}

/// A contact as the rules know him.
pub fn key_contact(row: &contact::Model) -> KeyContact {
    KeyContact {
        id: row.id,
        weight: u8::try_from(row.say.clamp(0, 100)).unwrap_or(0),
    }
}

/// The continuity of one handover, with its key contacts.
pub async fn of_one(ctx: &Ctx, db: &TenantDb, row: &handover::Model) -> Result<(Continuity, Vec<contact::Model>)> {
    let contacts = contacts::service::key_contacts(ctx, db, row.account_id).await?;
    let touches = activities::service::touches_since(ctx, db, row.account_id, row.planned_at).await?;
    let keys: Vec<KeyContact> = contacts.iter().map(key_contact).collect();
    Ok((Facts::of(row).proven(&keys, &touches), contacts))
}

/// The continuity of many handovers, in as many statements as of one.
pub async fn of_many(ctx: &Ctx, db: &TenantDb, handovers: &[Facts]) -> Result<HashMap<Facts, Continuity>> {
    // Several handovers of one account share its touches, from the earliest plan on.
    let mut since: HashMap<Uuid, DateTime<Utc>> = HashMap::new();
    for facts in handovers {
        let earliest = since.entry(facts.account).or_insert(facts.planned_at);
        *earliest = facts.planned_at.min(*earliest);
    }
    let since: Vec<_> = since.into_iter().collect();
    let accounts: Vec<Uuid> = since.iter().map(|(account, _)| *account).collect();
    // Those that `key_contact` looks at.
    let columns = Columns::none().with(contact::Column::Id).with(contact::Column::Say);
    let contacts = contacts::service::key_contacts_of(ctx, db, &accounts, columns).await?;
    let touches = activities::service::touches_of(ctx, db, &since).await?;
    let scored = handovers.iter().map(|facts| {
        let rows = contacts.get(&facts.account).map_or(&[][..], Vec::as_slice);
        let keys: Vec<KeyContact> = rows.iter().map(key_contact).collect();
        let touches = touches.get(&facts.account).map_or(&[][..], Vec::as_slice);
        (*facts, facts.proven(&keys, touches))
    });
    Ok(scored.collect())
}
