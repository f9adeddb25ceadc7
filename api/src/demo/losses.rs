//! Clients that a sample company has lost, and what it costs to win others.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use super::company::{Made, Sample, SampleLoss, days_ago};
use super::{change, execute};
use crate::app::App;
use crate::error::{Error, Result};

/// Who has not ordered for so many days may be lost.
const SILENT_DAYS: i64 = 150;
/// Who has not ordered for so many days was lost long ago.
const LONG_AGO_DAYS: i64 = 380;

/// Records the losses, each at one of the clients that have been silent for long.
pub async fn record(app: &Arc<App>, sample: &Sample, made: &Made) -> Result<()> {
    let admin = || made.as_member(app, &sample.members[0].key);
    for channel in &sample.channels {
        let amount = json!({ "amount": channel.cost, "currencyCode": sample.tenant["currency"] });
        let input = json!({ "channel": channel.name, "amount": amount });
        change(
            admin()?,
            days_ago(app, 300),
            "acquisitionCostSet",
            input,
            "tenant { id }",
        )
        .await?;
    }
    if sample.losses.is_empty() {
        return Ok(());
    }
    let query = "{ accounts(first: 100) { nodes { id latestOrders { placedAt } } } }";
    let found = execute(admin()?, query, json!({})).await?;
    let accounts = found["accounts"]["nodes"].as_array().into_iter().flatten();
    let silent = accounts.filter_map(|account| {
        let last: DateTime<Utc> = account["latestOrders"][0]["placedAt"].as_str()?.parse().ok()?;
        let days = (app.clock.now() - last).num_days();
        (SILENT_DAYS..LONG_AGO_DAYS)
            .contains(&days)
            .then_some((&account["id"], last))
    });
    for (loss, (account, last)) in sample.losses.iter().zip(silent) {
        lose(app, sample, made, loss, (account, last)).await?;
    }
    Ok(())
}

/// The client is lost two months after its last order; a month later it is known why.
async fn lose(
    app: &Arc<App>,
    sample: &Sample,
    made: &Made,
    loss: &SampleLoss,
    (account, last): (&Value, DateTime<Utc>),
) -> Result<()> {
    let admin = || made.as_member(app, &sample.members[0].key);
    let lost = last + Duration::days(60);
    let mut input = loss.input.clone();
    input.insert("accountId".into(), account.clone());
    input.insert("lostOn".into(), json!(lost.date_naive()));
    if let Some(days) = loss.win_back_in_days {
        input.insert("winBackOn".into(), json!(days_ago(app, -days).date_naive()));
    }
    let known = lost + Duration::days(30);
    let recorded = change(admin()?, known, "lossRecord", input.into(), "loss { id version }").await?;
    if let Some(days) = loss.won_back_after_days {
        let back = lost + Duration::days(days);
        let loss = recorded["loss"]
            .as_object()
            .ok_or_else(|| Error::internal("a sample loss was not recorded"))?;
        let input = json!({ "id": loss["id"], "version": loss["version"], "wonBackOn": back.date_naive() });
        change(admin()?, back, "lossWinBack", input, "loss { id }").await?;
    }
    Ok(())
}
