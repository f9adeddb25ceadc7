//! Creating, changing and archiving orders.

use async_graphql::MaybeUndefined;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::lang::Text;
use domain::policy::Action;
use entity::order;
use sea_orm::Set;
use serde_json::json;
use uuid::Uuid;

use super::amounts::{Priced, price_input, stored_currency};
use super::bulk::{OrderFacts, field_names, new_order, reprice};
use super::lines::{self, LineDraft};
use super::queries;
use crate::accounts::lifecycle::prospects_become_customers;
use crate::accounts::service::account_require_live;
use crate::error::{Error, Result, UserErrorCode};
use crate::losses::service::orders_came;
use crate::platform::Ctx;
use crate::platform::events::{NewEvent, reader};
use crate::platform::graphql::input::{Checks, NAME_CHARS, NOTE_CHARS, Patch, changed, instant};
use crate::platform::graphql::{Decimal, MoneyInput};
use crate::platform::tenancy::WriteTx;

/// What an order is created from.
#[derive(Clone, Debug)]
pub struct OrderDraft {
    /// Who ordered.
    pub account: Uuid,
    /// The tenant's own number for it, unique.
    pub external_id: Option<String>,
    /// When it was ordered.
    pub ordered_at: DateTime<Utc>,
    /// What it is worth; negative for a credit note.
    pub amount: MoneyInput,
    /// Tenant's currency per unit of the order's.
    pub rate: Option<String>,
    /// The day of delivery.
    pub delivered_on: Option<NaiveDate>,
    /// Anything else.
    pub note: Option<String>,
    /// What was bought.
    pub lines: Vec<LineDraft>,
}

/// What of an order changes.
#[derive(Clone, Debug, Default)]
pub struct OrderChanges {
    /// The tenant's own number for it, unique.
    pub external_id: MaybeUndefined<String>,
    /// When it was ordered.
    pub ordered_at: Option<DateTime<Utc>>,
    /// What it is worth.
    pub amount: Option<MoneyInput>,
    /// Tenant's currency per unit of the order's.
    pub rate: Option<String>,
    /// The day of delivery.
    pub delivered_on: MaybeUndefined<NaiveDate>,
    /// Anything else.
    pub note: MaybeUndefined<String>,
    /// What was bought, in place of what was said before.
    pub lines: Option<Vec<LineDraft>>,
}

/// True when an order may have been placed then: since 1900 and, as clocks differ, until a day from now.
pub fn is_plausible(ordered_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    use chrono::Datelike;
    ordered_at.year() >= 1900 && ordered_at <= now + TimeDelta::days(1)
}

/// Creates an order. The order of a prospect makes it a customer; a credit note does not.
pub async fn order_create(ctx: &Ctx, draft: OrderDraft) -> Result<order::Model> {
    ctx.authorize(Action::OrderChange)?;
    let mut checks = Checks::default();
    let external_id = checks.optional("externalId", draft.external_id, NAME_CHARS);
    let note = checks.optional("note", draft.note, NOTE_CHARS);
    let ordered_at = ordered_at(ctx, &mut checks, draft.ordered_at);
    checks.done()?;
    let priced = price_input(&draft.amount, draft.rate.as_deref(), &ctx.tenant()?.currency)?;
    let tx = ctx.write().await?;
    let account = account_require_live(ctx, &tx, Action::OrderChange, draft.account, &["accountId"]).await?;
    lines::check(&tx, &draft.lines, &[]).await?;
    let facts = OrderFacts {
        ordered_at,
        priced,
        delivered_on: Some(draft.delivered_on),
        note: Some(note),
    };
    let model = new_order(ctx, account.id, external_id, ctx.now, facts);
    let id = *model.id.as_ref();
    tx.insert(model).await.map_err(taken)?;
    lines::insert(&tx, id, &draft.lines).await?;
    if priced.amount.minor >= 0 {
        prospects_become_customers(ctx, &tx, &[account.id]).await?;
        orders_came(ctx, &tx, &[account.id]).await?;
    }
    tx.emit(
        NewEvent::new("order.created", "ord", id)
            .on_account(account.id)
            .with(json!({ "version": 1 })),
    );
    tx.commit().await?;
    reread(ctx, id).await
}

/// Changes an order that is still at `version`.
pub async fn order_update(ctx: &Ctx, id: Uuid, version: i64, changes: OrderChanges) -> Result<order::Model> {
    ctx.authorize(Action::OrderChange)?;
    let mut checks = Checks::default();
    let external_id = checks.changed_optional("externalId", changes.external_id, NAME_CHARS);
    let note = checks.changed_optional("note", changes.note, NOTE_CHARS);
    let delivered_on = changed(changes.delivered_on, |day| day);
    let ordered_at = changes.ordered_at.map(|at| ordered_at(ctx, &mut checks, at));
    checks.done()?;
    let tx = ctx.write().await?;
    let old = order_require(ctx, &tx, id).await?;
    let (mut model, mut patch) = (order::ActiveModel::default(), Patch::default());
    patch.set("externalId", &mut model.external_id, &old.external_id, external_id);
    patch.set("placedAt", &mut model.ordered_at, &old.ordered_at, ordered_at);
    if let Some(priced) = new_price(ctx, &old, changes.amount, changes.rate)? {
        reprice(&old, &mut model, &mut patch, priced);
    }
    patch.set("deliveredOn", &mut model.delivered_on, &old.delivered_on, delivered_on);
    patch.set("note", &mut model.note, &old.note, note);
    let mut fields = field_names(&patch);
    if let Some(lines) = changes.lines
        && lines::replace(&tx, id, &lines).await?
    {
        fields.push("lines");
    }
    if fields.is_empty() {
        return Ok(old);
    }
    write(ctx, &tx, &old, version, model, ("order.updated", &fields)).await?;
    orders_came(ctx, &tx, &[old.account_id]).await?;
    tx.commit().await?;
    reread(ctx, id).await
}

/// The price after a change of amount or rate. A new amount in the same currency keeps the rate of the order's day.
fn new_price(
    ctx: &Ctx,
    old: &order::Model,
    amount: Option<MoneyInput>,
    rate: Option<String>,
) -> Result<Option<Priced>> {
    if amount.is_none() && rate.is_none() {
        return Ok(None);
    }
    let tenant = &ctx.tenant()?.currency;
    let amount = match amount {
        Some(amount) => amount,
        None => MoneyInput {
            amount: Decimal(domain::money::Money::new(old.amount_minor, stored_currency(&old.currency)?).amount()),
            currency_code: old.currency.clone(),
        },
    };
    let keeps_rate = amount.currency_code == old.currency && *tenant == old.tenant_currency;
    let rate = rate.or_else(|| keeps_rate.then(|| old.rate.clone()));
    price_input(&amount, rate.as_deref(), tenant).map(Some)
}

/// Archives an order: lists, sums and risk leave it out. Doing it twice changes nothing.
pub async fn order_archive(ctx: &Ctx, id: Uuid, version: i64) -> Result<order::Model> {
    set_archived(ctx, id, version, Some(ctx.now), "order.archived").await
}

/// Takes an order back from the archive. Doing it twice changes nothing.
pub async fn order_restore(ctx: &Ctx, id: Uuid, version: i64) -> Result<order::Model> {
    set_archived(ctx, id, version, None, "order.restored").await
}

async fn set_archived(
    ctx: &Ctx,
    id: Uuid,
    version: i64,
    at: Option<DateTime<Utc>>,
    event: &'static str,
) -> Result<order::Model> {
    ctx.authorize(Action::OrderChange)?;
    let tx = ctx.write().await?;
    let old = order_require(ctx, &tx, id).await?;
    if old.archived_at.is_some() == at.is_some() {
        return Ok(old);
    }
    let model = order::ActiveModel {
        archived_at: Set(at),
        ..Default::default()
    };
    write(ctx, &tx, &old, version, model, (event, &["archivedAt"])).await?;
    orders_came(ctx, &tx, &[old.account_id]).await?;
    tx.commit().await?;
    reread(ctx, id).await
}

/// The order, when the caller may change it: its account says so.
async fn order_require(ctx: &Ctx, tx: &WriteTx, id: Uuid) -> Result<order::Model> {
    let found = tx
        .one(queries::one(id))
        .await?
        .ok_or_else(|| Error::not_found(&["id"]))?;
    account_require_live(ctx, tx, Action::OrderChange, found.account_id, &["id"]).await?;
    Ok(found)
}

async fn write(
    ctx: &Ctx,
    tx: &WriteTx,
    old: &order::Model,
    version: i64,
    mut model: order::ActiveModel,
    (event, fields): (&'static str, &[&'static str]),
) -> Result<()> {
    model.version = Set(version + 1);
    model.updated_at = Set(ctx.now);
    let updated = tx
        .update(model, queries::at_version(old.id, version))
        .await
        .map_err(taken)?;
    if updated == 0 {
        return Err(reader::stale(tx, old.id, version, old.version).await?);
    }
    let payload = json!({ "version": version + 1, "fields": fields });
    tx.emit(
        NewEvent::new(event, "ord", old.id)
            .on_account(old.account_id)
            .with(payload),
    );
    Ok(())
}

fn ordered_at(ctx: &Ctx, checks: &mut Checks, value: DateTime<Utc>) -> DateTime<Utc> {
    checks.require(
        is_plausible(value, ctx.now),
        "placedAt",
        UserErrorCode::Invalid,
        Text::fixed(
            "An order cannot have been placed then.",
            "注文日時として正しくありません。",
        ),
    );
    instant(value)
}

fn taken(error: sea_orm::DbErr) -> Error {
    if Error::is_unique_violation(&error) {
        return Error::user(
            &["externalId"],
            UserErrorCode::Taken,
            Text::fixed(
                "Another order has this external id.",
                "この外部IDは別の注文で使用されています。",
            ),
        );
    }
    error.into()
}

async fn reread(ctx: &Ctx, id: Uuid) -> Result<order::Model> {
    let found = ctx.read().await?.one(queries::one(id)).await?;
    found.ok_or_else(|| Error::internal("an order vanished after it was written"))
}
