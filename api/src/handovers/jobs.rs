//! What happens to handovers without anybody asking.

use domain::account::Lifecycle;
use domain::policy::Action;
use entity::event;
use uuid::Uuid;

use super::{calendar, endings, queries};
use crate::accounts;
use crate::error::Result;
use crate::platform::Ctx;

/// Handovers read at a time.
const PAGE: u64 = 100;

/// The work of a day in one tenant: ownership switches where the last day is over, then what is late stalls. Each
/// handover is a transaction of its own; one that fails does not hold up the others. Safe to run twice and at once.
pub async fn run_day(ctx: &Ctx) -> Result<()> {
    let today = ctx.today()?;
    let mut failure = None;
    let mut after = Uuid::nil();
    loop {
        let db = ctx.read().await?;
        let page = queries::open_after(&db, after, PAGE).await?;
        drop(db);
        let Some(last) = page.last() else { break };
        after = last.id;
        for row in page
            .iter()
            .filter(|row| row.last_day < today && row.switched_at.is_none())
        {
            if let Err(error) = calendar::switch(ctx, row.id, today).await {
                tracing::error!(handover = %row.id, %error, "switching ownership failed");
                failure.get_or_insert(error);
            }
        }
        // The next page is read anew.
        ctx.end_read().await?;
    }
    stall_late(ctx, &mut failure).await?;
    failure.map_or(Ok(()), Err)
}

async fn stall_late(ctx: &Ctx, failure: &mut Option<crate::error::Error>) -> Result<()> {
    let today = ctx.today()?;
    let mut after = Uuid::nil();
    loop {
        let db = ctx.read().await?;
        let late = queries::overdue(&db, today, after, PAGE).await?;
        drop(db);
        let Some(last) = late.last() else { return Ok(()) };
        after = last.id;
        for row in &late {
            if let Err(error) = calendar::stall(ctx, row.id, today).await {
                tracing::error!(handover = %row.id, %error, "marking a handover as stalled failed");
                failure.get_or_insert(error);
            }
        }
        ctx.end_read().await?;
    }
}

/// Follows the event log: an account that was lost ends the handover of whoever had taken it over.
pub async fn follow(ctx: &Ctx, events: &[event::Model]) -> Result<()> {
    for event in events.iter().filter(|event| event.r#type == "account.updated") {
        let fields = event.payload.get("fields").and_then(serde_json::Value::as_array);
        if fields.is_some_and(|fields| fields.iter().any(|field| field == "lifecycle")) {
            account_changed(ctx, event.subject_id).await?;
        }
    }
    Ok(())
}

async fn account_changed(ctx: &Ctx, account: Uuid) -> Result<()> {
    let tx = ctx.write().await?;
    let Some(open) = queries::open_of(&tx, account).await? else {
        return Ok(());
    };
    let account = accounts::service::account_require(ctx, &tx, Action::AccountRead, account, &["accountId"]).await?;
    if account.lifecycle == Lifecycle::Lost.as_str() {
        endings::account_lost(ctx, &tx, &open).await?;
        tx.commit().await?;
    }
    Ok(())
}
