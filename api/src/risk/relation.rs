//! What is on record of the relations with accounts at a moment, one statement a question, however many accounts.

use std::collections::HashMap;

use chrono::{DateTime, Days, Utc};
use domain::calendar::tenant_day;
use domain::risk::{Change, OwnerChange, Relation};
use entity::{buyer_change, handover, ownership};
use uuid::Uuid;

use super::moment::Moment;
use super::relation_queries as queries;
use crate::activities::service::{Span, touches_known};
use crate::error::Result;
use crate::handovers::service::ContinuityFacts;
use crate::platform::tenancy::TenantDb;

/// What a change of owner rests on at most, beside the handover.
const MOST_PROOFS: usize = 4;

/// What is on record of each of these accounts, where anything is.
pub async fn relations(db: &TenantDb, moment: &Moment, accounts: &[Uuid]) -> Result<HashMap<Uuid, Relation>> {
    let mut relations: HashMap<Uuid, Relation> = HashMap::with_capacity(accounts.len());
    if accounts.is_empty() {
        return Ok(relations);
    }
    touched(db, moment, accounts, &mut relations).await?;
    for row in queries::in_post(db, moment, accounts).await? {
        let known = row.started_on.unwrap_or(tenant_day(row.created_at, moment.zone));
        let of = relations.entry(row.account_id).or_default();
        of.in_post.push((row.id, known));
    }
    for row in queries::key_left(db, moment, accounts).await? {
        let of = relations.entry(row.account_id).or_default();
        of.left.extend(row.left_on.map(|day| (row.id, day)));
    }
    for row in queries::buyer_changes(db, moment, accounts).await? {
        let of = relations.entry(row.account_id).or_default();
        of.changes.extend(change(&row, moment));
    }
    for (account, owner) in owner_changes(db, moment, accounts).await? {
        relations.entry(account).or_default().owners.push(owner);
    }
    Ok(relations)
}

/// The cadence, the last talk and the last mark.
async fn touched(
    db: &TenantDb,
    moment: &Moment,
    accounts: &[Uuid],
    relations: &mut HashMap<Uuid, Relation>,
) -> Result<()> {
    let rows = queries::latest(db, moment, accounts).await?;
    let ids: Vec<Uuid> = rows
        .iter()
        .flat_map(|row| [row.last_talk, row.last_mark])
        .flatten()
        .collect();
    let touches: HashMap<Uuid, _> = queries::touches(db, &ids)
        .await?
        .into_iter()
        .map(|touch| (touch.id, touch))
        .collect();
    for row in rows {
        let found = |id: Option<Uuid>| id.and_then(|id| touches.get(&id));
        let day = |at: DateTime<Utc>| tenant_day(at, moment.zone);
        let of = relations.entry(row.id).or_default();
        of.cadence_days = row.touch_cadence_days.and_then(|days| u16::try_from(days).ok());
        of.last_talk = found(row.last_talk).map(|touch| (touch.id, day(touch.occurred_at)));
        of.mark = found(row.last_mark).and_then(|touch| Some((touch.id, day(touch.occurred_at), touch.satisfaction?)));
    }
    Ok(())
}

/// A row as the domain takes it; none of a kind that this version does not know.
fn change(row: &buyer_change::Model, moment: &Moment) -> Option<Change> {
    let Ok(kind) = row.kind.parse() else {
        tracing::warn!(buyer_change = %row.id, kind = row.kind, "a buyer change of an unknown kind is left out");
        return None;
    };
    let established = row.established_at.filter(|at| *at <= moment.as_of);
    Some(Change {
        id: row.id,
        contact: row.leaving_id,
        kind,
        since: row.occurred_on.min(tenant_day(row.recorded_at, moment.zone)),
        established_on: established.map(|at| tenant_day(at, moment.zone)),
    })
}

/// Who took accounts over, and who will without a day to prepare it.
async fn owner_changes(db: &TenantDb, moment: &Moment, accounts: &[Uuid]) -> Result<Vec<(Uuid, OwnerChange)>> {
    let spans = queries::ownerships(db, moment, accounts).await?;
    let passed = passed(&spans, moment);
    let ids: Vec<Uuid> = passed.iter().filter_map(|span| span.handover_id).collect();
    let handovers = queries::handovers(db, moment, accounts, &ids).await?;
    let members: Vec<Uuid> = passed.iter().map(|span| span.member_id).collect();
    let joined = queries::joined(db, &members).await?;
    let day = |at: DateTime<Utc>| tenant_day(at, moment.zone);
    let mut changes: Vec<(Uuid, OwnerChange, Option<&handover::Model>)> = Vec::new();
    for span in passed {
        // Of two who left one after the other, the second one's handover goes on with whoever follows him.
        let goes_on = |row: &&handover::Model| {
            row.account_id == span.account_id && row.to_member_id == span.member_id && row.switched_at.is_some()
        };
        let handover = match span.handover_id {
            Some(id) => handovers.iter().find(|row| row.id == id),
            None => handovers.iter().find(goes_on),
        };
        let change = OwnerChange {
            day: day(span.starts_at),
            member: span.member_id,
            joined_on: joined.get(&span.member_id).copied(),
            handover: handover.map(|row| row.id),
            continuity: 0,
            proofs: Vec::new(),
        };
        changes.push((span.account_id, change, handover));
    }
    let hopeless = handovers
        .iter()
        .filter(|row| row.no_time && row.switched_at.is_none() && row.ended_at.is_none());
    changes.extend(hopeless.map(|row| {
        let change = OwnerChange {
            day: day(row.planned_at),
            member: row.to_member_id,
            joined_on: None,
            handover: Some(row.id),
            continuity: 0,
            proofs: Vec::new(),
        };
        (row.account_id, change, Some(row))
    }));
    let by: Vec<&handover::Model> = changes.iter().filter_map(|(_, _, handover)| *handover).collect();
    let mut proven = proven(db, moment, &by).await?;
    let changes = changes.into_iter().map(|(account, mut change, handover)| {
        if let Some((continuity, proofs)) = handover.and_then(|row| proven.remove(&row.id)) {
            change.continuity = continuity;
            change.proofs = proofs;
        }
        (account, change)
    });
    Ok(changes.collect())
}

/// The present spans of ownership that took the account from somebody else, the last who had it for a day at least: who had it
/// for an hour was no one's representative.
fn passed<'a>(spans: &'a [ownership::Model], moment: &Moment) -> Vec<&'a ownership::Model> {
    let faded = Days::new(domain::risk::FADED_DAYS);
    let oldest = moment.as_of.checked_sub_days(faded).unwrap_or(DateTime::<Utc>::MIN_UTC);
    // Of each account the present span, when the one looked at last began, and the one before that counts.
    type Present<'a> = (&'a ownership::Model, DateTime<Utc>, Option<&'a ownership::Model>);
    let mut present: HashMap<Uuid, Present<'_>> = HashMap::new();
    for span in spans {
        // Newest first.
        present
            .entry(span.account_id)
            .and_modify(|(_, later, before)| {
                let counts = (*later - span.starts_at).num_days() > 0;
                *before = before.or(counts.then_some(span));
                *later = span.starts_at;
            })
            .or_insert((span, span.starts_at, None));
    }
    let mut passed: Vec<_> = present
        .into_values()
        .filter(|(span, _, before)| {
            span.starts_at > oldest && before.is_some_and(|before| before.member_id != span.member_id)
        })
        .map(|(span, ..)| span)
        .collect();
    passed.sort_by_key(|span| span.id);
    passed
}

/// How far the relations of these handovers had passed, and what proves it. Of one that has ended, by its end: whoever
/// came later needed no introduction.
async fn proven(
    db: &TenantDb,
    moment: &Moment,
    handovers: &[&handover::Model],
) -> Result<HashMap<Uuid, (u8, Vec<Uuid>)>> {
    if handovers.is_empty() {
        return Ok(HashMap::new());
    }
    let mut spans: HashMap<Uuid, Span> = HashMap::new();
    for row in handovers {
        let end = row.ended_at.unwrap_or(moment.as_of);
        let span = spans.entry(row.account_id).or_insert(Span {
            account: row.account_id,
            from: row.planned_at,
            to: Some(end),
        });
        span.from = span.from.min(row.planned_at);
        span.to = span.to.max(Some(end));
    }
    let spans: Vec<Span> = spans.into_values().collect();
    let accounts: Vec<Uuid> = spans.iter().map(|span| span.account).collect();
    let touches = touches_known(db, &spans, moment.known_by).await?;
    let contacts = queries::key_contacts(db, &accounts).await?;
    let proven = handovers.iter().map(|row| {
        let end = row.ended_at.unwrap_or(moment.as_of);
        let keys: Vec<_> = contacts
            .iter()
            .filter(|contact| contact.account_id == row.account_id)
            .filter_map(|contact| contact.key_by(end, moment.zone))
            .collect();
        let touches = touches.get(&row.account_id).map_or(&[][..], Vec::as_slice);
        let continuity = ContinuityFacts::of(row).proven(&keys, touches);
        let mut proofs: Vec<Uuid> = Vec::new();
        for contact in &continuity.contacts {
            let first = [contact.met_alone.first(), contact.reached_out.first()];
            let of = contact
                .introduced
                .into_iter()
                .chain(first.into_iter().flatten().copied());
            for proof in of {
                if proofs.len() < MOST_PROOFS && !proofs.contains(&proof) {
                    proofs.push(proof);
                }
            }
        }
        (row.id, (continuity.score, proofs))
    });
    Ok(proven.collect())
}
