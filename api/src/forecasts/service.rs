//! Reckoning the forecast.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::forecast::{LossShare, Outcome, either, last_of, months, spread};
use domain::policy::Action;
use uuid::Uuid;

use super::queries;
use crate::accounts::service::sight;
use crate::error::Result;
use crate::platform::Ctx;
use crate::platform::tenancy::TenantDb;
use crate::rotations::service::{Asked, rotation_calendar};

/// Sales are compared over so many days before and after a change.
const YEAR_DAYS: i64 = 365;
/// Outcomes that the losses rest on, the latest.
const MOST_OUTCOMES: usize = 200;

/// What is at stake in a month. Sales are of the last twelve months, in minor units of the tenant's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Month {
    /// Accounts whose owner changes.
    pub accounts: i64,
    /// Their sales.
    pub owner_sales: f64,
    /// Key contacts expected to be moved on.
    pub rotations: f64,
    /// Sales to their accounts, each counted with the probability that one of its contacts goes.
    pub rotation_sales: f64,
}

/// What is at stake, month by month.
#[derive(Clone, Debug)]
pub struct Forecast {
    /// The months: first day, and what is at stake.
    pub months: Vec<(NaiveDate, Month)>,
    /// Which share of it may be lost.
    pub loss: LossShare,
}

/// The forecast for so many months, the first of them today's; of accounts that the caller sees.
pub async fn handover_forecast(ctx: &Ctx, count: u32) -> Result<Forecast> {
    let today = ctx.today()?;
    let firsts = months(today, count);
    let until = firsts.last().copied().map_or(today, last_of);
    let mut found: Vec<(NaiveDate, Month)> = firsts.iter().map(|first| (*first, Month::default())).collect();
    let db = ctx.read().await?;
    owners(ctx, &db, today, until, &mut found).await?;
    rotations(ctx, today, until, &firsts, &mut found).await?;
    let loss = LossShare::of(&outcomes(ctx, &db).await?);
    Ok(Forecast { months: found, loss })
}

/// Accounts whose owner changes: those under handover, and those of leavers that nobody takes over yet.
async fn owners(
    ctx: &Ctx,
    db: &TenantDb,
    today: NaiveDate,
    until: NaiveDate,
    found: &mut [(NaiveDate, Month)],
) -> Result<()> {
    let seen = sight(ctx, db, Action::HandoverRead).await?;
    let mut due = queries::handed_over(db, until, seen.clone()).await?;
    due.extend(queries::left_behind(db, until, seen).await?);
    for row in due {
        // What should have switched already does so today.
        let day = row.last_day.max(today);
        if let Some((_, month)) = found
            .iter_mut()
            .find(|(first, _)| (*first..=last_of(*first)).contains(&day))
        {
            month.accounts += row.accounts;
            month.owner_sales += minor(row.sales);
        }
    }
    Ok(())
}

async fn rotations(
    ctx: &Ctx,
    today: NaiveDate,
    until: NaiveDate,
    firsts: &[NaiveDate],
    found: &mut [(NaiveDate, Month)],
) -> Result<()> {
    let asked = Asked {
        from: today,
        to: until,
        // It tells of sums, not of contacts.
        action: Action::HandoverRead,
        as_of: today,
        account: None,
        key_only: true,
        most: usize::MAX,
    };
    let (_, expected) = rotation_calendar(ctx, &asked).await?;
    let mut accounts: HashMap<Uuid, (i64, Vec<f64>)> = HashMap::new();
    for one in &expected {
        let window = (one.window.opens_on, one.window.closes_on);
        let shares = spread(window, one.window.confidence, one.months, today, firsts);
        for ((_, month), share) in found.iter_mut().zip(&shares) {
            month.rotations += share;
        }
        let (_, together) = accounts
            .entry(one.contact.account_id)
            .or_insert_with(|| (one.value, vec![0.0; firsts.len()]));
        for (together, share) in together.iter_mut().zip(&shares) {
            *together = either(*together, *share);
        }
    }
    for (value, shares) in accounts.values() {
        for ((_, month), share) in found.iter_mut().zip(shares) {
            month.rotation_sales += minor(*value) * share;
        }
    }
    Ok(())
}

/// What became of the accounts that changed hands a year ago or earlier, the latest 200, wherever they are in the tenant:
/// how much is lost is no secret of an account.
async fn outcomes(ctx: &Ctx, db: &TenantDb) -> Result<Vec<Outcome>> {
    let year = TimeDelta::days(YEAR_DAYS);
    let switched = queries::switched(db, ctx.now - year).await?;
    // Of an account that changed hands twice the latest says what became of it.
    let mut known = HashSet::new();
    let latest: Vec<(Uuid, DateTime<Utc>)> = switched
        .into_iter()
        .filter(|row| known.insert(row.account_id))
        .map(|row| (row.account_id, row.switched_at))
        .take(MOST_OUTCOMES)
        .collect();
    if latest.len() < domain::forecast::OWN_OUTCOMES {
        return Ok(Vec::new());
    }
    let before: Vec<_> = latest.iter().map(|(account, at)| (*account, *at - year, *at)).collect();
    let after: Vec<_> = latest.iter().map(|(account, at)| (*account, *at, *at + year)).collect();
    let before = by_account(queries::sales(db, &before).await?);
    let after = by_account(queries::sales(db, &after).await?);
    let of = |sales: &HashMap<Uuid, i64>, account: &Uuid| sales.get(account).copied().map_or(0.0, minor);
    let outcomes = latest.iter().map(|(account, _)| Outcome {
        before: of(&before, account),
        after: of(&after, account),
    });
    Ok(outcomes.collect())
}

fn by_account(rows: Vec<queries::SalesRow>) -> HashMap<Uuid, i64> {
    rows.into_iter().map(|row| (row.account_id, row.sales)).collect()
}

#[expect(clippy::cast_precision_loss, reason = "a forecast is no ledger")]
const fn minor(amount: i64) -> f64 {
    amount as f64
}
