//! What recorded touches change in an open handover: its steps, its status, whether it stalls.

use std::collections::HashSet;

use domain::handover::{KeyContact, StepFacts, Touch, Trigger, fulfilled_by, transition};
use domain::lang::Text;
use entity::{handover, handover_step};
use sea_orm::{ColumnTrait, Condition, Set};
use serde_json::json;
use uuid::Uuid;

use super::continuity::{Facts, key_contact};
use super::queries;
use super::service::status_of;
use crate::error::{Error, Result, UserErrorCode};
use crate::platform::Ctx;
use crate::platform::events::NewEvent;
use crate::platform::tenancy::WriteTx;
use crate::{activities, contacts};

/// How often a change is tried again when another came in between.
const ATTEMPTS: u32 = 3;

/// Brings the account's open handover, if there is one, up to what its touches prove. Called inside the transaction that
/// changes what is proven: an activity, who is a key contact, who the successor is. Called twice it changes nothing. Whether
/// there is one.
pub async fn handover_settle(ctx: &Ctx, tx: &WriteTx, account: Uuid) -> Result<bool> {
    for _ in 0..ATTEMPTS {
        let Some(open) = queries::open_of(tx, account).await? else {
            return Ok(false);
        };
        if settle(ctx, tx, open).await? {
            return Ok(true);
        }
    }
    Err(Error::user(
        &["accountId"],
        UserErrorCode::Conflict,
        Text::fixed(
            "The account's handover changed at the same moment: try again.",
            "引き継ぎが同時に変更されました。もう一度お試しください。",
        ),
    ))
}

/// False when the handover changed meanwhile.
async fn settle(ctx: &Ctx, tx: &WriteTx, old: handover::Model) -> Result<bool> {
    // Steps first: what another transaction has proven there, the touches read afterwards include.
    let mut steps = queries::steps(tx, &[old.id]).await?;
    let touches = activities::service::touches_since(ctx, tx, old.account_id, old.planned_at).await?;
    let key_contacts = contacts::service::key_contacts(ctx, tx, old.account_id).await?;
    let contacts = concerned(key_contacts.iter().map(key_contact), &steps);
    let proven = Facts::of(&old).proven(&contacts, &touches);

    let proofs = fulfilled_by(
        &steps.iter().map(step_facts).collect::<Result<Vec<_>>>()?,
        (old.from_member_id, old.to_member_id),
        &contacts,
        &proven,
        &touches,
        ctx.tenant()?.zone,
    );
    let settled = settle_steps(&mut steps, &proofs, &touches);
    let mut change = handover::ActiveModel::default();
    let mut told: Vec<(&'static str, &'static str)> = Vec::new();
    if proven.contacts.iter().any(|contact| contact.introduced.is_some()) {
        let status = status_of(&old)?;
        let next = transition(status, Trigger::Introduced).map_err(Error::internal)?;
        if next != status {
            change.status = Set(next.as_str().into());
            told.push(("handover.introduced", "status"));
        }
    }
    let today = ctx.today()?;
    if old.stalled_since.is_some() && !steps.iter().any(|step| queries::is_late(step, today)) {
        change.stalled_since = Set(None);
        told.push(("handover.resumed", "stalledSince"));
    }
    if !told.is_empty() && !queries::change(tx, &old, change).await? {
        return Ok(false);
    }
    for (kind, field) in told {
        tx.emit(
            NewEvent::new(kind, "hand", old.id)
                .on_account(old.account_id)
                .with(json!({ "version": old.version + 1, "fields": [field] })),
        );
    }
    for step in steps.iter().filter(|step| settled.contains(&step.id)) {
        write_step(tx, &old, step).await?;
    }
    Ok(true)
}

/// The key contacts, and those of the plan who no longer are: their steps still want to be known.
fn concerned(key_contacts: impl Iterator<Item = KeyContact>, steps: &[handover_step::Model]) -> Vec<KeyContact> {
    let mut contacts: Vec<KeyContact> = key_contacts.collect();
    let mut known: HashSet<Uuid> = contacts.iter().map(|contact| contact.id).collect();
    let planned = steps.iter().filter_map(|step| step.contact_id);
    contacts.extend(
        planned
            .filter(|id| known.insert(*id))
            .map(|id| KeyContact { id, weight: 0 }),
    );
    contacts
}

/// Sets what proves each step, or takes it back when the proof is gone; the steps that changed.
fn settle_steps(steps: &mut [handover_step::Model], proofs: &[Option<Uuid>], touches: &[Touch]) -> HashSet<Uuid> {
    let mut settled = HashSet::new();
    for (step, proof) in steps.iter_mut().zip(proofs) {
        if *proof != step.fulfilled_by_id {
            step.fulfilled_by_id = *proof;
            step.fulfilled_at = proof.and_then(|activity| {
                let touch = touches.iter().find(|touch| touch.activity == activity);
                touch.map(|touch| touch.occurred_at)
            });
            settled.insert(step.id);
        }
    }
    settled
}

/// A step as the rules know it.
pub fn step_facts(row: &handover_step::Model) -> Result<StepFacts> {
    Ok(StepFacts {
        kind: row.kind.parse().map_err(Error::internal)?,
        contact: row.contact_id,
        due_on: row.dropped_reason.is_none().then_some(row.due_on),
    })
}

async fn write_step(tx: &WriteTx, handover: &handover::Model, step: &handover_step::Model) -> Result<()> {
    let model = handover_step::ActiveModel {
        fulfilled_by_id: Set(step.fulfilled_by_id),
        fulfilled_at: Set(step.fulfilled_at),
        ..Default::default()
    };
    tx.update(model, Condition::all().add(handover_step::Column::Id.eq(step.id)))
        .await?;
    let kind = match step.fulfilled_by_id {
        Some(_) => "handover.step_fulfilled",
        None => "handover.step_reopened",
    };
    tx.emit(
        NewEvent::new(kind, "step", step.id)
            .on_account(handover.account_id)
            .with(json!({ "handover": handover.id, "activity": step.fulfilled_by_id })),
    );
    Ok(())
}
