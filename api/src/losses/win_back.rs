//! The ways back: a person's word, an order, a lifecycle that was set; and losses that a merge carries along.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::account::Lifecycle;
use domain::calendar::{day_end, tenant_day};
use domain::lang::Text;
use domain::policy::Action;
use entity::loss;
use sea_orm::Set;
use serde_json::json;
use uuid::Uuid;

use super::queries;
use super::record::put_away;
use super::service::{refuse_archived, require, reread};
use crate::accounts::lifecycle::lifecycle_move;
use crate::activities::service::activity_require_of;
use crate::error::{Error, Result, UserErrorCode};
use crate::follow_ups::service::{ReminderEnd, reminder_end};
use crate::orders::service::order_require_of;
use crate::platform::Ctx;
use crate::platform::events::{NewEvent, reader};
use crate::platform::graphql::input::Checks;
use crate::platform::tenancy::WriteTx;

/// When an account came back, and with what.
#[derive(Clone, Copy, Debug)]
pub struct Return {
    /// The day, at the tenant.
    pub on: NaiveDate,
    /// The order, where one is known.
    pub order: Option<Uuid>,
    /// The touch, where one is known.
    pub activity: Option<Uuid>,
}

/// Says that an account came back. Saying the same again changes nothing.
pub async fn loss_win_back(ctx: &Ctx, id: Uuid, version: i64, came: Return) -> Result<loss::Model> {
    ctx.authorize(Action::LossRecord)?;
    let tx = ctx.write().await?;
    let old = require(ctx, &tx, id).await?;
    refuse_archived(&old)?;
    let said = (old.won_back_on, old.won_back_order_id, old.won_back_activity_id);
    if said == (Some(came.on), came.order, came.activity) {
        return Ok(old);
    }
    if old.won_back_on.is_some() {
        return Err(Error::user(
            &["id"],
            UserErrorCode::Conflict,
            Text::fixed(
                "The account has come back already.",
                "この取引先はすでに取引を再開しています。",
            ),
        ));
    }
    if old.version != version {
        return Err(reader::stale(&tx, id, version, old.version).await?);
    }
    let mut checks = Checks::default();
    checks.require(
        (old.lost_on..=ctx.today()?).contains(&came.on),
        "wonBackOn",
        UserErrorCode::Invalid,
        Text::fixed(
            "The day is before the loss, or yet to come.",
            "失注日から今日までの日付を指定してください。",
        ),
    );
    checks.done()?;
    if let Some(order) = came.order {
        order_require_of(ctx, &tx, old.account_id, order, "orderId").await?;
    }
    if let Some(activity) = came.activity {
        activity_require_of(ctx, &tx, old.account_id, activity, "activityId").await?;
    }
    close(ctx, &tx, &old, came).await?;
    tx.commit().await?;
    reread(ctx, id).await
}

/// Wins back the ones of these accounts (at most a few hundred) that have an order of a later day than that of their loss.
/// Called inside the transaction that writes orders, whose caller holds the accounts; called twice it changes nothing.
pub async fn orders_came(ctx: &Ctx, tx: &WriteTx, accounts: &[Uuid]) -> Result<()> {
    if accounts.is_empty() {
        return Ok(());
    }
    let lost = queries::open_of(tx, accounts).await?;
    if lost.is_empty() {
        return Ok(());
    }
    let zone = ctx.tenant()?.zone;
    // One look at all of them: old orders of many lost accounts may be imported, and few have come back.
    let ids: Vec<Uuid> = lost.iter().map(|lost| lost.account_id).collect();
    let newest = queries::newest_orders(tx, &ids).await?;
    let newest: HashMap<Uuid, DateTime<Utc>> = newest.iter().map(|row| (row.account_id, row.ordered_at)).collect();
    for lost in lost {
        let from = day_end(lost.lost_on, zone);
        if newest.get(&lost.account_id).is_none_or(|newest| *newest < from) {
            continue;
        }
        if let Some(order) = queries::first_order_from(tx, lost.account_id, from).await? {
            let came = Return {
                on: tenant_day(order.ordered_at, zone),
                order: Some(order.id),
                activity: None,
            };
            close(ctx, tx, &lost, came).await?;
        }
    }
    Ok(())
}

/// Wins an account back whose lifecycle somebody has set to another than `LOST`, inside that transaction.
pub async fn account_returned(ctx: &Ctx, tx: &WriteTx, account: Uuid) -> Result<()> {
    let today = ctx.today()?;
    for lost in queries::open_of(tx, &[account]).await? {
        let came = Return {
            on: today.max(lost.lost_on),
            order: None,
            activity: None,
        };
        close(ctx, tx, &lost, came).await?;
    }
    Ok(())
}

/// Makes the losses of one account those of the other that it is merged into, inside that transaction. Where both are lost,
/// they are one loss: that of the account that stays.
pub async fn losses_move(ctx: &Ctx, tx: &WriteTx, (from, into): (Uuid, Uuid)) -> Result<()> {
    let open = queries::open_of(tx, &[from, into]).await?;
    if open.len() > 1 {
        for lost in open.iter().filter(|lost| lost.account_id == from) {
            put_away(ctx, tx, lost, "The account was merged into another that is lost.").await?;
        }
    }
    queries::give(tx, from, into).await?;
    Ok(())
}

/// What a merge leaves of an open loss: an order of the other account may have won it back; else the account is lost.
pub async fn account_merged(ctx: &Ctx, tx: &WriteTx, account: Uuid) -> Result<()> {
    orders_came(ctx, tx, &[account]).await?;
    if !queries::open_of(tx, &[account]).await?.is_empty() {
        for before in [Lifecycle::Prospect, Lifecycle::Customer] {
            lifecycle_move(ctx, tx, &[account], before, Lifecycle::Lost).await?;
        }
    }
    Ok(())
}

/// Ends a loss, its reminder and the lifecycle `LOST`.
async fn close(ctx: &Ctx, tx: &WriteTx, old: &loss::Model, came: Return) -> Result<()> {
    let won_back = loss::ActiveModel {
        won_back_on: Set(Some(came.on)),
        won_back_order_id: Set(came.order),
        won_back_activity_id: Set(came.activity),
        ..Default::default()
    };
    if !queries::change(tx, old.id, old.version, won_back).await? {
        return Err(reader::stale(tx, old.id, old.version, old.version + 1).await?);
    }
    if let Some(follow_up) = old.follow_up_id {
        reminder_end(ctx, tx, follow_up, ReminderEnd::Done(came.activity)).await?;
    }
    // A prospect who comes back has not bought yet, unless he comes with an order.
    let was_prospect = old.lifecycle_before == Lifecycle::Prospect.as_str();
    let back = match came.order {
        None if was_prospect => Lifecycle::Prospect,
        _ => Lifecycle::Customer,
    };
    lifecycle_move(ctx, tx, &[old.account_id], Lifecycle::Lost, back).await?;
    let fields = ["wonBackOn", "order", "activity"];
    let named = [true, came.order.is_some(), came.activity.is_some()];
    let fields: Vec<&str> = fields
        .into_iter()
        .zip(named)
        .filter_map(|(field, named)| named.then_some(field))
        .collect();
    tx.emit(
        NewEvent::new("loss.won_back", "loss", old.id)
            .on_account(old.account_id)
            .with(json!({
                "version": old.version + 1, "fields": fields, "order": came.order, "activity": came.activity,
            })),
    );
    Ok(())
}
