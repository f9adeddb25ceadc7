//! What happens to handovers without anybody asking.

use domain::account::Lifecycle;
use domain::policy::Action;
use entity::event;
use uuid::Uuid;

use super::{calendar, endings, queries};
use crate::error::Result;
use crate::platform::Ctx;
use crate::{accounts, follow_ups, members};

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
    rescue_forgotten(ctx, &mut failure).await?;
    stall_late(ctx, &mut failure).await?;
    failure.map_or(Ok(()), Err)
}

/// An account always has an owner who is there: those that somebody left behind find one, and so do his follow-ups.
async fn rescue_forgotten(ctx: &Ctx, failure: &mut Option<crate::error::Error>) -> Result<()> {
    let today = ctx.today()?;
    let gone = members::service::gone_on(ctx, today).await?;
    ctx.end_read().await?;
    for owner in gone {
        loop {
            let db = ctx.read().await?;
            let left = accounts::book::owned(&db, owner, PAGE).await?;
            drop(db);
            ctx.end_read().await?;
            let mut found = 0;
            for account in &left {
                match calendar::rescue(ctx, *account, today).await {
                    Ok(is_found) => found += usize::from(is_found),
                    Err(error) => {
                        tracing::error!(%account, %error, "finding an owner failed");
                        failure.get_or_insert(error);
                    }
                }
            }
            // Those that are left stay so today: nobody may take them, or it failed.
            if found == 0 {
                break;
            }
        }
        let tx = ctx.write().await?;
        if follow_ups::service::follow_ups_leave(ctx, &tx, owner, None).await? > 0 {
            tx.commit().await?;
        }
    }
    Ok(())
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
