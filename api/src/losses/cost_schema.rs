//! What it costs to win an account, over the API.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::service;
use crate::error::{Error, Result};
use crate::platform::graphql::{MoneyInput, MoneyView, cx, payload};
use crate::tenants::Tenant;
use crate::tenants::service::tenant_find;

/// What it costs to win an account by one channel.
#[derive(Clone, SimpleObject)]
pub struct AcquisitionCost {
    /// The channel, spelled as in `Account.acquisitionChannel`.
    pub channel: String,
    /// What one account costs.
    pub amount: MoneyView,
}

/// What it costs to win an account, by name of the channel. The body of `Tenant.acquisitionCosts`.
pub async fn acquisition_costs(gql: &Context<'_>) -> Result<Vec<AcquisitionCost>> {
    let ctx = cx(gql);
    let currency = &ctx.tenant()?.currency;
    let rows = service::acquisition_cost_list(ctx).await?;
    rows.into_iter()
        .map(|row| {
            Ok(AcquisitionCost {
                amount: MoneyView::from_minor(row.amount_minor, currency)?,
                channel: row.channel,
            })
        })
        .collect()
}

/// What it costs to win an account by one channel.
#[derive(InputObject)]
pub struct AcquisitionCostSetInput {
    /// The channel, spelled as in `Account.acquisitionChannel`, 1–200 characters.
    pub channel: String,
    /// What one account costs, in the tenant's currency; null when nobody knows any more.
    pub amount: Option<MoneyInput>,
}

/// Changing what it costs to win an account.
#[derive(Default)]
pub struct AcquisitionCostMutation;

#[Object]
impl AcquisitionCostMutation {
    /// Says what it costs to win an account by a channel, for reports of what it costs to replace lost ones. At most 50
    /// channels have a cost. Saying the same again changes nothing.
    async fn acquisition_cost_set(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The channel and its cost.")] input: AcquisitionCostSetInput,
    ) -> Result<Option<AcquisitionCostSetPayload>> {
        let ctx = cx(gql);
        let tenant = match service::acquisition_cost_set(ctx, input.channel, input.amount).await {
            Ok(()) => tenant_find(ctx).await?.map(Tenant::from),
            Err(error) => return AcquisitionCostSetPayload::of(Err(error)).map(Some),
        };
        let tenant = tenant.ok_or_else(|| Error::internal("the caller's tenant is not in the database"));
        AcquisitionCostSetPayload::of(tenant).map(Some)
    }
}

payload! {
    /// Result of `acquisitionCostSet`.
    AcquisitionCostSetPayload {
        /// The company with its costs after the change.
        tenant: Tenant
    }
}
