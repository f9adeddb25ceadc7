//! From what is known of an account to its assessment: without the database, so that facts may also be supposed.

use std::collections::HashMap;

use domain::risk::{self, BuyingModel, Facts, UnknownReason, revenue_at_risk_minor};
use uuid::Uuid;

use super::assessed::{Assessed, Lifetime};
use super::fit::Fit;
use super::gather::{Known, gather};
use super::moment::Moment;
use crate::error::Result;
use crate::platform::ctx::TenantSettings;
use crate::platform::tenancy::TenantDb;

/// The assessments of many accounts as of the moment.
pub async fn assess(
    db: &TenantDb,
    tenant: &TenantSettings,
    moment: &Moment,
    fit: &Fit,
    accounts: &[Uuid],
) -> Result<HashMap<Uuid, Assessed>> {
    let known = gather(db, moment, accounts).await?;
    let assessed = known
        .iter()
        .map(|(account, known)| (*account, one(*account, tenant, moment, &fit.model, known)));
    Ok(assessed.collect())
}

/// The assessment of one account of which this is known.
pub fn one(account: Uuid, tenant: &TenantSettings, moment: &Moment, model: &BuyingModel, known: &Known) -> Assessed {
    let buying = known.ledger.buying(moment.day);
    let last_orders = known.ledger.last_orders();
    let result = risk::assess(&Facts {
        as_of: moment.day,
        baseline_log_odds: model.baseline_log_odds(),
        measured: buying
            .map(|buying| model.measure(&buying))
            .ok_or(UnknownReason::NoOrders),
        last_orders: &last_orders,
        signals: &known.signals(moment.day, &tenant.rules),
        borders: tenant.borders,
        rules: tenant.rules,
    });
    let worth = buying.map(|buying| model.worth(&buying, &tenant.terms));
    Assessed {
        account,
        as_of: moment.as_of,
        probability: result.probability,
        band: result.band,
        unknown: result.unknown,
        horizon_days: model.horizon_days(),
        sales_minor: known.ledger.year_minor(),
        expected_value_minor: worth.map_or(0, |worth| worth.expected_minor),
        revenue_at_risk_minor: result
            .probability
            .zip(worth)
            .map(|(risk, worth)| revenue_at_risk_minor(risk, worth.if_ordering_minor)),
        lifetime: worth.map(|worth| Lifetime {
            minor: worth.lifetime_minor,
            terms: tenant.terms,
        }),
        currency: tenant.currency.clone(),
        model_version: risk::MODEL_VERSION.to_owned(),
        rule_version: risk::RULE_VERSION.to_owned(),
        baseline_log_odds: result.baseline_log_odds,
        log_odds_sd: result.sd,
        factors: result.factors,
    }
}
