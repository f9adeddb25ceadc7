//! Signals that other slices raise and settle by what happened, inside their transactions.

use std::collections::HashSet;

use chrono::NaiveDate;
use domain::lang::Text;
use domain::risk::FactorKind;
use entity::signal;
use sea_orm::Set;
use serde_json::json;
use uuid::Uuid;

use super::queries;
use crate::error::Result;
use crate::platform::Ctx;
use crate::platform::events::NewEvent;
use crate::platform::tenancy::WriteTx;

/// Something that happened to an account and bears on its risk.
#[derive(Clone, Debug)]
pub struct Raised {
    /// The account.
    pub account: Uuid,
    /// What happened.
    pub kind: FactorKind,
    /// When, at the tenant.
    pub occurred_on: NaiveDate,
    /// In words.
    pub note: Text,
    /// Whom it is about.
    pub contact: Option<Uuid>,
}

/// Raises signals, except where one of the kind is open at the account already. The caller has authorised what happened.
pub async fn signals_raise(ctx: &Ctx, tx: &WriteTx, raised: Vec<Raised>) -> Result<()> {
    if raised.is_empty() {
        return Ok(());
    }
    let accounts: Vec<Uuid> = raised.iter().map(|one| one.account).collect();
    let open = tx.all(queries::open_of(tx, &accounts)).await?;
    let open: HashSet<(Uuid, String)> = open.into_iter().map(|row| (row.account_id, row.kind)).collect();
    let mut rows = Vec::new();
    for one in raised {
        if open.contains(&(one.account, one.kind.as_str().to_owned())) {
            continue;
        }
        let id = Uuid::now_v7();
        rows.push(signal::ActiveModel {
            tenant_id: Set(tx.tenant()),
            id: Set(id),
            account_id: Set(one.account),
            kind: Set(one.kind.as_str().into()),
            cause: Set(one.kind.default_cause().map(|cause| cause.as_str().to_owned())),
            controllable: Set(one.kind.controllable()),
            occurred_on: Set(one.occurred_on),
            note: Set(one.note.get(ctx.request.lang).to_owned()),
            recorded_by_id: Set(ctx.actor.member()),
            recorded_at: Set(ctx.now),
            resolved_on: Set(None),
            settled_at: Set(None),
            settled_by_id: Set(None),
            contact_id: Set(one.contact),
            activity_id: Set(None),
            version: Set(1),
            created_at: Set(ctx.now),
        });
        tx.emit(
            NewEvent::new("signal.recorded", "sig", id)
                .on_account(one.account)
                .with(json!({ "version": 1, "kind": one.kind.as_str() })),
        );
    }
    tx.insert_many(rows).await?;
    Ok(())
}

/// Settles the open signals of these kinds at accounts where what they told of is over. The caller has authorised what
/// happened.
pub async fn signals_settle_by(ctx: &Ctx, tx: &WriteTx, accounts: &[Uuid], kinds: &[FactorKind]) -> Result<()> {
    if accounts.is_empty() {
        return Ok(());
    }
    let today = ctx.today()?;
    let open = tx.all(queries::open_of(tx, accounts)).await?;
    let concerned = open
        .iter()
        .filter(|row| kinds.iter().any(|kind| kind.as_str() == row.kind));
    for row in concerned {
        let settled = signal::ActiveModel {
            // What is to come cannot be resolved before it.
            resolved_on: Set(Some(today.max(row.occurred_on))),
            settled_at: Set(Some(ctx.now)),
            settled_by_id: Set(ctx.actor.member()),
            version: Set(row.version + 1),
            ..Default::default()
        };
        // Somebody who changed it at this moment has seen to it himself.
        if tx.update(settled, queries::at_version(row.id, row.version)).await? > 0 {
            tx.emit(
                NewEvent::new("signal.settled", "sig", row.id)
                    .on_account(row.account_id)
                    .with(json!({ "version": row.version + 1, "fields": ["resolvedOn", "settledAt"] })),
            );
        }
    }
    Ok(())
}
