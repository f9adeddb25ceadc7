//! Many orders at once: what an import needs, inside its transaction.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use entity::order;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};
use uuid::Uuid;

use super::amounts::Priced;
use super::queries;
use crate::error::Result;
use crate::platform::Ctx;
use crate::platform::graphql::input::Patch;
use crate::platform::tenancy::{TenantDb, WriteTx};

/// An order as a file has it. What the file has no column for is `None` and stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OrderFacts {
    /// When it was ordered.
    pub ordered_at: DateTime<Utc>,
    /// What it is worth.
    pub priced: Priced,
    /// The day of delivery.
    pub delivered_on: Option<Option<NaiveDate>>,
    /// Anything else.
    pub note: Option<Option<String>>,
}

/// The orders that the tenant's own numbers name.
pub async fn by_external_ids(db: &TenantDb, external_ids: &[&str]) -> Result<HashMap<String, order::Model>> {
    let select = order::Entity::find().filter(order::Column::ExternalId.is_in(external_ids.iter().copied()));
    let found = db.all(select).await?;
    Ok(found
        .into_iter()
        .filter_map(|row| row.external_id.clone().map(|external_id| (external_id, row)))
        .collect())
}

/// The row of a new order.
pub fn new_order(
    ctx: &Ctx,
    account: Uuid,
    external_id: Option<String>,
    recorded_at: DateTime<Utc>,
    facts: OrderFacts,
) -> order::ActiveModel {
    let Priced {
        amount,
        tenant_amount,
        rate,
    } = facts.priced;
    order::ActiveModel {
        tenant_id: Set(Uuid::nil()),
        id: Set(Uuid::now_v7()),
        account_id: Set(account),
        external_id: Set(external_id),
        ordered_at: Set(facts.ordered_at),
        recorded_at: Set(recorded_at),
        amount_minor: Set(amount.minor),
        currency: Set(amount.currency.code().into()),
        tenant_amount_minor: Set(tenant_amount.minor),
        tenant_currency: Set(tenant_amount.currency.code().into()),
        rate: Set(rate.to_string()),
        delivered_on: Set(facts.delivered_on.flatten()),
        note: Set(facts.note.flatten()),
        archived_at: Set(None),
        version: Set(1),
        created_at: Set(ctx.now),
        updated_at: Set(ctx.now),
    }
}

/// What must change for the order to be as the file has it; an empty patch when it is.
pub fn difference(old: &order::Model, account: Uuid, facts: OrderFacts) -> (order::ActiveModel, Patch) {
    let (mut model, mut patch) = (order::ActiveModel::default(), Patch::default());
    patch.set("account", &mut model.account_id, &old.account_id, Some(account));
    patch.set(
        "placedAt",
        &mut model.ordered_at,
        &old.ordered_at,
        Some(facts.ordered_at),
    );
    reprice(old, &mut model, &mut patch, facts.priced);
    patch.set(
        "deliveredOn",
        &mut model.delivered_on,
        &old.delivered_on,
        facts.delivered_on,
    );
    patch.set("note", &mut model.note, &old.note, facts.note);
    (model, patch)
}

/// Sets what differs in the price: five columns that clients see as three fields.
pub(super) fn reprice(old: &order::Model, model: &mut order::ActiveModel, patch: &mut Patch, priced: Priced) {
    let Priced {
        amount,
        tenant_amount,
        rate,
    } = priced;
    let (code, tenant_code) = (
        amount.currency.code().to_owned(),
        tenant_amount.currency.code().to_owned(),
    );
    patch.set("amount", &mut model.amount_minor, &old.amount_minor, Some(amount.minor));
    patch.set("amount", &mut model.currency, &old.currency, Some(code));
    patch.set(
        "tenantAmount",
        &mut model.tenant_amount_minor,
        &old.tenant_amount_minor,
        Some(tenant_amount.minor),
    );
    patch.set(
        "tenantAmount",
        &mut model.tenant_currency,
        &old.tenant_currency,
        Some(tenant_code),
    );
    patch.set("rate", &mut model.rate, &old.rate, Some(rate.to_string()));
}

/// The names of the fields that change, each once.
pub fn field_names(patch: &Patch) -> Vec<&'static str> {
    let mut names = patch.fields().to_vec();
    names.dedup();
    names
}

/// Writes a [`difference`]; `false` when the order has changed since it was read.
pub async fn write(ctx: &Ctx, tx: &WriteTx, old: &order::Model, mut model: order::ActiveModel) -> Result<bool> {
    model.version = Set(old.version + 1);
    model.updated_at = Set(ctx.now);
    Ok(tx.update(model, queries::at_version(old.id, old.version)).await? > 0)
}
