//! What it costs a company to win an account, by channel.

use domain::lang::Text;
use domain::money::Money;
use domain::policy::Action;
use entity::acquisition_cost;
use sea_orm::Set;
use serde_json::json;

use super::queries;
use crate::error::{Error, Result, UserErrorCode};
use crate::orders::amounts::stored_currency;
use crate::platform::Ctx;
use crate::platform::events::NewEvent;
use crate::platform::graphql::MoneyInput;
use crate::platform::graphql::input::{Checks, NAME_CHARS};
use crate::platform::tenancy::TenantDb;
use crate::tenants::service::tenant_lock;

/// Most channels with a cost.
const MOST_CHANNELS: usize = 50;
/// Most minor units that an account costs, a trillion: a report's sums stay within 64 bits.
const MOST_MINOR: i64 = 1_000_000_000_000;

/// What it costs to win an account by each channel, by name.
pub async fn acquisition_cost_list(ctx: &Ctx) -> Result<Vec<acquisition_cost::Model>> {
    ctx.authorize(Action::TenantRead)?;
    let db = ctx.read().await?;
    all(&db).await
}

/// As [`acquisition_cost_list`], for a report that is authorised.
pub(super) async fn all(db: &TenantDb) -> Result<Vec<acquisition_cost::Model>> {
    let most = u64::try_from(MOST_CHANNELS).unwrap_or(u64::MAX);
    let mut found = queries::costs(db, most).await?;
    // Byte by byte, on both databases alike.
    found.sort_by(|a, b| a.channel.cmp(&b.channel));
    Ok(found)
}

/// Says what it costs to win an account by a channel; without an amount, that nobody knows. Saying the same again changes
/// nothing.
pub async fn acquisition_cost_set(ctx: &Ctx, channel: String, amount: Option<MoneyInput>) -> Result<()> {
    ctx.authorize(Action::TenantChange)?;
    let mut checks = Checks::default();
    let channel = checks.text("channel", channel, NAME_CHARS);
    checks.done()?;
    let amount = amount.map(|amount| minor(ctx, &amount)).transpose()?;
    let tx = ctx.write().await?;
    // One after the other, so that there are never too many.
    tenant_lock(&tx).await?;
    let known = all(&tx).await?;
    let old = known.iter().find(|row| row.channel == channel);
    if old.map(|row| row.amount_minor) == amount {
        return Ok(());
    }
    match (old, amount) {
        (_, None) => queries::forget_cost(&tx, &channel).await?,
        (Some(_), Some(minor)) => {
            let changed = acquisition_cost::ActiveModel {
                amount_minor: Set(minor),
                changed_by_id: Set(ctx.actor.member()),
                changed_at: Set(ctx.now),
                ..Default::default()
            };
            queries::change_cost(&tx, &channel, changed).await?;
        }
        (None, Some(_)) if known.len() >= MOST_CHANNELS => {
            return Err(Error::user(
                &["channel"],
                UserErrorCode::TooLarge,
                Text::new(
                    format!("At most {MOST_CHANNELS} channels have a cost."),
                    format!("コストを設定できる獲得経路は{MOST_CHANNELS}件までです。"),
                ),
            ));
        }
        (None, Some(minor)) => {
            tx.insert(acquisition_cost::ActiveModel {
                tenant_id: Set(tx.tenant()),
                channel: Set(channel),
                amount_minor: Set(minor),
                changed_by_id: Set(ctx.actor.member()),
                changed_at: Set(ctx.now),
            })
            .await?;
        }
    }
    tx.emit(
        NewEvent::new("acquisition_cost.changed", "tnt", tx.tenant()).with(json!({ "fields": ["acquisitionCosts"] })),
    );
    tx.commit().await?;
    Ok(())
}

/// The amount in minor units of the tenant's currency.
fn minor(ctx: &Ctx, amount: &MoneyInput) -> Result<i64> {
    let refused = |code, text| Error::user(&["amount"], code, text);
    let tenant = stored_currency(&ctx.tenant()?.currency)?;
    let money = amount
        .currency_code
        .parse()
        .and_then(|currency| Money::parse(&amount.amount.0, currency))
        .map_err(|error| refused(UserErrorCode::Invalid, error.text()))?;
    if money.currency != tenant {
        return Err(refused(
            UserErrorCode::Invalid,
            Text::new(
                format!("Give the amount in {tenant}, the company's currency."),
                format!("金額は会社の通貨（{tenant}）で指定してください。"),
            ),
        ));
    }
    if !(0..=MOST_MINOR).contains(&money.minor) {
        let text = Text::fixed("The amount is below 0 or too large.", "金額が負の値か、大きすぎます。");
        return Err(refused(UserErrorCode::Invalid, text));
    }
    Ok(money.minor)
}
