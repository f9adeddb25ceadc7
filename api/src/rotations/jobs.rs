//! What is told of rotations without anybody asking.

use std::collections::HashSet;

use chrono::Days;
use domain::policy::Action;
use entity::rotation_notice;
use sea_orm::Set;
use serde_json::json;
use uuid::Uuid;

use super::queries;
use super::service::{Asked, Expected, rotation_calendar};
use crate::error::{Error, Result};
use crate::platform::Ctx;
use crate::platform::events::NewEvent;

/// A window that opened so many days ago is still told of: a server may stand still over a week-end.
const LATE_DAYS: u64 = 6;
/// Contacts told of in one transaction.
const PAGE: usize = 100;

/// Tells once of each key contact that the window opens in which he may be moved on. Safe to run twice and at once.
pub async fn run_day(ctx: &Ctx) -> Result<()> {
    let today = ctx.today()?;
    let asked = Asked {
        from: today,
        to: today,
        action: Action::ContactRead,
        as_of: today.checked_sub_days(Days::new(LATE_DAYS)).unwrap_or(today),
        account: None,
        key_only: true,
        most: usize::MAX,
    };
    let (_, open) = rotation_calendar(ctx, &asked).await?;
    ctx.end_read().await?;
    for page in open.chunks(PAGE) {
        tell(ctx, page).await?;
    }
    Ok(())
}

async fn tell(ctx: &Ctx, page: &[Expected]) -> Result<()> {
    let tx = ctx.write().await?;
    let ids: Vec<Uuid> = page.iter().map(|one| one.contact.id).collect();
    let told = queries::told_of(&tx, &ids).await?;
    let told: HashSet<_> = told.into_iter().map(|row| (row.contact_id, row.started_on)).collect();
    let mut rows = Vec::new();
    for one in page {
        let Some(started_on) = one.contact.started_on else {
            continue;
        };
        if told.contains(&(one.contact.id, started_on)) {
            continue;
        }
        rows.push(rotation_notice::ActiveModel {
            tenant_id: Set(tx.tenant()),
            contact_id: Set(one.contact.id),
            started_on: Set(started_on),
            told_at: Set(ctx.now),
        });
        tx.emit(
            NewEvent::new("buyer.rotation_window_open", "cont", one.contact.id)
                .on_account(one.contact.account_id)
                .with(json!({
                    "opensOn": one.window.opens_on, "closesOn": one.window.closes_on,
                    "confidence": one.window.confidence, "isOverdue": one.window.is_overdue,
                })),
        );
    }
    if !rows.is_empty() {
        match tx.insert_many(rows).await {
            // Another server tells of one of them at this moment. Whoever is left out is told of tomorrow.
            Err(error) if Error::is_unique_violation(&error) => return Ok(()),
            inserted => inserted?,
        }
        tx.commit().await?;
    }
    Ok(())
}
