//! From the rows to the briefing.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::calendar::tenant_day;
use domain::occasion::{Occasion, occasions};
use domain::policy::Action;
use entity::{account, activity, follow_up, product, signal};
use uuid::Uuid;

use crate::accounts::grouped;
use crate::activities::service::activity_latest;
use crate::decision_paths::service::{Laid, decision_paths_of};
use crate::error::Result;
use crate::follow_ups::service::follow_ups_open_of;
use crate::orders::service::{Supplied, supplied_to};
use crate::platform::Ctx;
use crate::platform::tenancy::Columns;
use crate::products::service::product_find_many_in;
use crate::signals::service::signals_open_of;
use crate::{accounts, risk};

/// Touches looked at for what was last talked about and what was promised.
const TOUCHES: i32 = 20;
/// Touches shown as what was last talked about.
const TALKS: usize = 8;
/// Products shown.
pub const PRODUCTS: usize = 20;

/// Something that the client has bought.
#[derive(Clone, Debug)]
pub struct BriefedProduct {
    /// What.
    pub product: product::Model,
    /// How often and when.
    pub supplied: Supplied,
}

/// What a successor must know of an account.
#[derive(Clone, Debug)]
pub struct Briefed {
    /// The account.
    pub account: account::Model,
    /// Its people; none when nobody is known there.
    pub path: Option<Laid>,
    /// The newest two-way touches, newest first.
    pub talks: Vec<activity::Model>,
    /// The newest touches with a next step that was agreed, newest first.
    pub promises: Vec<activity::Model>,
    /// Its open follow-ups, those due first first.
    pub follow_ups: Vec<follow_up::Model>,
    /// What it has bought, latest first.
    pub products: Vec<BriefedProduct>,
    /// What it is thought of for in the year to come, soonest first.
    pub occasions: Vec<Occasion>,
    /// What threatens it, newest first.
    pub signals: Vec<signal::Model>,
    /// Its risk now.
    pub assessed: Option<risk::Assessed>,
}

/// The briefings of accounts that the caller sees, in as many statements as for one.
pub async fn brief(ctx: &Ctx, ids: &[Uuid]) -> Result<HashMap<Uuid, Briefed>> {
    for action in [
        Action::HandoverRead,
        Action::OrderRead,
        Action::SignalRead,
        Action::AssessmentRead,
    ] {
        ctx.authorize(action)?;
    }
    let accounts = accounts::service::account_find_many(ctx, ids).await?;
    let ids: Vec<Uuid> = accounts.iter().map(|account| account.id).collect();
    let db = ctx.read().await?;
    let mut paths = decision_paths_of(ctx, &db, &ids).await?;
    let touches = activity_latest(ctx, &ids, TOUCHES, Columns::all()).await?;
    let mut touches = grouped(touches, |touch| touch.account_id);
    let mut follow_ups = grouped(follow_ups_open_of(ctx, &db, &ids).await?, |row| row.account_id);
    let supplied = supplied_to(ctx, &db, &ids).await?;
    let mut products: Vec<Uuid> = supplied.iter().map(|one| one.product).collect();
    products.sort_unstable();
    products.dedup();
    let products = product_find_many_in(&db, &products).await?;
    let products: HashMap<Uuid, product::Model> = products.into_iter().map(|row| (row.id, row)).collect();
    let mut supplied = grouped(supplied, |one| one.account);
    let mut signals = grouped(signals_open_of(ctx, &db, &ids).await?, |row| row.account_id);
    let mut assessed = risk::service::assess_on(ctx, &ids, None).await?;
    let first = crate::orders::service::first_orders(ctx, &db, &ids).await?;
    let zone = ctx.tenant()?.zone;
    let first_day = |at: &DateTime<Utc>| tenant_day(*at, zone);
    let today = ctx.today()?;
    let briefed = accounts.into_iter().map(|account| {
        let id = account.id;
        let touches = touches.remove(&id).unwrap_or_default();
        let talks = touches.iter().filter(|touch| touch.two_way).take(TALKS).cloned();
        let promises = touches.iter().filter(|touch| touch.next_step.is_some()).cloned();
        let mut bought = supplied.remove(&id).unwrap_or_default();
        bought.sort_by_key(|one| (std::cmp::Reverse(one.last_at), one.product));
        let bought = bought.into_iter().take(PRODUCTS).filter_map(|supplied| {
            let product = products.get(&supplied.product)?.clone();
            Some(BriefedProduct { product, supplied })
        });
        let fiscal = account
            .fiscal_year_end_month
            .and_then(|month| u32::try_from(month).ok());
        let country = account.country.clone().unwrap_or_else(|| tenant_country(ctx));
        let briefed = Briefed {
            path: paths.remove(&id),
            talks: talks.collect(),
            promises: promises.collect(),
            follow_ups: follow_ups.remove(&id).unwrap_or_default(),
            products: bought.collect(),
            occasions: occasions(today, first.get(&id).map(first_day), fiscal, Some(&country)),
            signals: signals.remove(&id).unwrap_or_default(),
            assessed: assessed.remove(&id),
            account,
        };
        (id, briefed)
    });
    Ok(briefed.collect())
}

/// A client without a country is taken to be where the tenant is.
fn tenant_country(ctx: &Ctx) -> String {
    ctx.tenant().map(|tenant| tenant.country.clone()).unwrap_or_default()
}
