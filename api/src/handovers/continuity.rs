//! From the rows to the proof: continuity is computed by `domain::handover`, here its input is gathered.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::handover::{Continuity, KeyContact, Touch, score};
use domain::policy::Action;
use entity::{activity, contact, handover};
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

/// The continuity of a handover, and the rows that it was proven from.
#[derive(Clone, Debug)]
pub struct Proof {
    /// What they prove.
    pub continuity: Continuity,
    /// The rows.
    pub evidence: Evidence,
}

/// Rows that continuity was proven from. What was read of them is not read again to be shown.
#[derive(Clone, Debug)]
pub struct Evidence(Arc<Rows>);

#[derive(Debug)]
struct Rows {
    contacts: HashMap<Uuid, contact::Model>,
    contact_columns: Columns<contact::Entity>,
    activities: HashMap<Uuid, activity::Model>,
}

impl Evidence {
    /// Whoever sees a handover sees what he may read as widely of its account; what he sees less of is left out here, and
    /// asked for on its own.
    fn that_may_be_shown(
        ctx: &Ctx,
        contacts: HashMap<Uuid, Vec<contact::Model>>,
        contact_columns: Columns<contact::Entity>,
        activities: Vec<activity::Model>,
    ) -> Result<Self> {
        let grant = ctx.authorize(Action::HandoverRead)?;
        let is_seen = |action| ctx.authorize(action).is_ok_and(|other| other >= grant);
        let mut rows = Rows {
            contact_columns,
            contacts: HashMap::new(),
            activities: HashMap::new(),
        };
        if is_seen(Action::ContactRead) {
            rows.contacts = contacts.into_values().flatten().map(|row| (row.id, row)).collect();
        }
        if is_seen(Action::ActivityRead) {
            rows.activities = activities.into_iter().map(|row| (row.id, row)).collect();
        }
        Ok(Self(Arc::new(rows)))
    }

    /// The key contact, if these columns of him were read.
    pub fn contact(&self, id: Uuid, wanted: Columns<contact::Entity>) -> Option<contact::Model> {
        let is_read = self.0.contact_columns.cover(wanted);
        is_read.then(|| self.0.contacts.get(&id).cloned()).flatten()
    }

    /// The activities, if these columns of all of them were read.
    pub fn activities(&self, ids: &[Uuid], wanted: Columns<activity::Entity>) -> Option<Vec<activity::Model>> {
        if !activities::service::touch_columns().cover(wanted) {
            return None;
        }
        ids.iter().map(|id| self.0.activities.get(id).cloned()).collect()
    }
}

/// The continuity of many handovers, in as many statements as of one, with these columns of their key contacts.
pub async fn of_many(
    ctx: &Ctx,
    db: &TenantDb,
    handovers: &[Facts],
    shown: Columns<contact::Entity>,
) -> Result<HashMap<Facts, Proof>> {
    // Several handovers of one account share its touches, from the earliest plan on.
    let mut since: HashMap<Uuid, DateTime<Utc>> = HashMap::new();
    for facts in handovers {
        let earliest = since.entry(facts.account).or_insert(facts.planned_at);
        *earliest = facts.planned_at.min(*earliest);
    }
    let since: Vec<_> = since.into_iter().collect();
    let accounts: Vec<Uuid> = since.iter().map(|(account, _)| *account).collect();
    // Those that `key_contact` looks at, beside those that are shown.
    let columns = shown.with(contact::Column::Id).with(contact::Column::Say);
    let contacts = contacts::service::key_contacts_of(ctx, db, &accounts, columns).await?;
    let touched = activities::service::touched_of(ctx, db, &since).await?;
    let proven = handovers.iter().map(|facts| {
        let rows = contacts.get(&facts.account).map_or(&[][..], Vec::as_slice);
        let keys: Vec<KeyContact> = rows.iter().map(key_contact).collect();
        let touches = touched.touches.get(&facts.account).map_or(&[][..], Vec::as_slice);
        (*facts, facts.proven(&keys, touches))
    });
    let proven: Vec<_> = proven.collect();
    let evidence = Evidence::that_may_be_shown(ctx, contacts, columns, touched.rows)?;
    let with_evidence = |(facts, continuity)| {
        let evidence = evidence.clone();
        (facts, Proof { continuity, evidence })
    };
    Ok(proven.into_iter().map(with_evidence).collect())
}
