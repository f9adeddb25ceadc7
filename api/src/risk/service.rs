//! Assessing accounts, and reading what was assessed.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use domain::policy::Action;
use domain::risk::{Band, FactorKind};
use entity::assessment;
use serde_json::json;
use uuid::Uuid;

use super::assessed::{Assessed, differs};
use super::fit::{self, Fit};
use super::moment::Moment;
use super::pool;
use super::queries::{self, StandingRow};
use super::reckoning;
use super::stored::{self, Stored};
use crate::accounts;
use crate::error::{Error, Result};
use crate::platform::Ctx;
use crate::platform::auth::Actor;
use crate::platform::events::NewEvent;
use crate::platform::graphql::{CursorKey, Page, PageArgs, Sorted, fetch_page};
use crate::platform::tenancy::WriteTx;

/// Accounts assessed in one transaction.
const ACCOUNTS_AT_A_TIME: u16 = 500;
/// Transactions in one part of a run over all accounts: a second or so of work, below a hundredth of a million accounts.
const BATCHES_OF_A_PART: usize = 5;
/// Different days of the past that one batch may ask about: each may read the orders of some thousand accounts.
const MOST_DAYS: usize = 12;

/// Assesses every account of the tenant as of an instant, with what is recorded today; how many assessments were
/// stored. Only for the system itself.
pub async fn assess_all(ctx: &Ctx, as_of: DateTime<Utc>) -> Result<usize> {
    let (mut after, mut stored) = (None, 0);
    loop {
        let part = assess_part(ctx, as_of, after).await?;
        stored += part.stored;
        match part.after {
            None => return Ok(stored),
            ended => after = ended,
        }
    }
}

/// A part of a run over all accounts.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// How many assessments were stored.
    pub stored: usize,
    /// The account that it ended with; none when there are no more.
    pub after: Option<Uuid>,
}

/// Assesses the next accounts of the tenant by their ids, at most some thousand; the first part learns the model anew. Only for the
/// system itself.
pub async fn assess_part(ctx: &Ctx, as_of: DateTime<Utc>, after: Option<Uuid>) -> Result<Part> {
    only_system(ctx)?;
    let moment = Moment::with_all_known(ctx, as_of)?;
    let fit = {
        let db = ctx.read().await?;
        match after {
            None => fit::anew(&db, &moment).await?,
            Some(_) => fit::kept(&db, &moment).await?,
        }
    };
    if after.is_none() {
        ctx.end_read().await?;
        pool::teach(ctx, &fit).await?;
    }
    let mut part = Part { stored: 0, after };
    for _ in 0..BATCHES_OF_A_PART {
        let tx = ctx.write().await?;
        let accounts = queries::standings_after(&tx, part.after.unwrap_or_default(), ACCOUNTS_AT_A_TIME.into()).await?;
        let is_last = accounts.len() < usize::from(ACCOUNTS_AT_A_TIME);
        part.after = accounts.last().map(|last| last.id).filter(|_| !is_last);
        if !accounts.is_empty() {
            part.stored += renew(ctx, tx, &moment, &fit, accounts).await?;
        }
        if is_last {
            break;
        }
    }
    Ok(part)
}

/// The model behind the risks of today.
pub async fn risk_model(ctx: &Ctx) -> Result<Arc<Fit>> {
    ctx.authorize(Action::AssessmentRead)?;
    let moment = Moment::with_all_known(ctx, ctx.as_of())?;
    let db = ctx.read().await?;
    fit::kept(&db, &moment).await
}

/// Assesses these accounts of the tenant as of now; how many assessments were stored. Only for the system itself.
pub async fn assess_some(ctx: &Ctx, accounts: &[Uuid]) -> Result<usize> {
    only_system(ctx)?;
    if accounts.is_empty() {
        return Ok(0);
    }
    let moment = Moment::with_all_known(ctx, ctx.as_of())?;
    let fit = {
        let db = ctx.read().await?;
        fit::kept(&db, &moment).await?
    };
    let mut stored = 0;
    for some in accounts.chunks(ACCOUNTS_AT_A_TIME.into()) {
        let tx = ctx.write().await?;
        let accounts = queries::standings_of(&tx, some).await?;
        stored += renew(ctx, tx, &moment, &fit, accounts).await?;
    }
    Ok(stored)
}

/// Those of these accounts that stand as neglected: a touch may end it. One statement for each 500.
pub async fn neglected_of(ctx: &Ctx, accounts: &[Uuid]) -> Result<Vec<Uuid>> {
    only_system(ctx)?;
    let mut neglected = Vec::new();
    for some in accounts.chunks(ACCOUNTS_AT_A_TIME.into()) {
        let db = ctx.read().await?;
        neglected.extend(queries::standing_for(&db, some, FactorKind::Neglect).await?);
    }
    Ok(neglected)
}

fn only_system(ctx: &Ctx) -> Result<()> {
    ctx.authorize(Action::AssessmentRead)?;
    match ctx.actor {
        Actor::System => Ok(()),
        _ => Err(Error::Forbidden),
    }
}

/// Reads and writes in one transaction, so that an order which comes meanwhile is either in it or assessed after it.
async fn renew(ctx: &Ctx, tx: WriteTx, moment: &Moment, fit: &Fit, accounts: Vec<StandingRow>) -> Result<usize> {
    let ids: Vec<Uuid> = accounts.iter().map(|row| row.id).collect();
    let mut assessed = reckoning::assess(&tx, ctx.tenant()?, moment, fit, &ids).await?;
    let newest: Vec<Uuid> = accounts.iter().filter_map(|row| row.assessment_id).collect();
    let old = match newest.is_empty() {
        true => Vec::new(),
        false => tx.all(queries::assessments(&newest)).await?,
    };
    let old: HashMap<Uuid, assessment::Model> = old.into_iter().map(|row| (row.id, row)).collect();
    let mut news: Vec<(Uuid, Assessed)> = Vec::new();
    let mut misplaced: Vec<Uuid> = Vec::new();
    for account in accounts {
        let Some(new) = assessed.remove(&account.id) else {
            continue;
        };
        let row = account.assessment_id.and_then(|id| old.get(&id));
        // What happened since this run took its moment, another has assessed already.
        if row.is_some_and(|row| row.recorded_at > ctx.now) {
            continue;
        }
        // A row that this version cannot read is as good as none.
        let old = row.and_then(|row| stored::read(row.clone()).ok());
        let rebanded = account.band != new.band.as_str();
        if let Some(old) = old.filter(|old| !rebanded && !differs(&old.assessed, &new)) {
            if account.is_misplaced(&old.assessed) {
                misplaced.push(old.id);
            }
            continue;
        }
        let id = Uuid::now_v7();
        if rebanded {
            tx.emit(
                NewEvent::new("risk.band_changed", "assm", id)
                    .on_account(account.id)
                    .with(json!({ "from": account.band, "to": new.band.as_str() })),
            );
        }
        news.push((id, new));
    }
    if news.is_empty() && misplaced.is_empty() {
        return Ok(0);
    }
    let rows = news.iter().map(|(id, new)| stored::row(*id, ctx.now, new));
    tx.insert_many(rows.collect::<Result<Vec<_>>>()?).await?;
    let standings: Vec<Uuid> = news.iter().map(|(id, _)| *id).chain(misplaced).collect();
    queries::write_standings(&tx, &standings).await?;
    tx.commit().await?;
    Ok(news.len())
}

/// The stored assessments with these ids, of accounts that the caller sees.
pub async fn assessment_find_many(ctx: &Ctx, ids: &[Uuid]) -> Result<Vec<Stored>> {
    ctx.authorize(Action::AssessmentRead)?;
    let db = ctx.read().await?;
    let select = queries::assessments(ids);
    let column = assessment::Column::AccountId;
    let select = accounts::service::only_seen(ctx, &db, Action::AssessmentRead, select, column).await?;
    db.all(select).await?.into_iter().map(stored::read).collect()
}

/// Assesses the ones of these accounts that the caller sees, now or as known at the end of a day, without storing it.
pub async fn assess_on(ctx: &Ctx, accounts: &[Uuid], day: Option<NaiveDate>) -> Result<HashMap<Uuid, Assessed>> {
    ctx.authorize(Action::AssessmentRead)?;
    let moment = Moment::on(ctx, day)?;
    let db = ctx.read().await?;
    let sight = accounts::service::sight(ctx, &db, Action::AssessmentRead).await?;
    let seen: Vec<Uuid> = queries::seen(&db, accounts, sight)
        .await?
        .iter()
        .map(|row| row.id)
        .collect();
    if seen.is_empty() {
        return Ok(HashMap::new());
    }
    let fit = fit::kept(&db, &moment).await?;
    reckoning::assess(&db, ctx.tenant()?, &moment, &fit, &seen).await
}

/// As [`assess_on`], for accounts that each ask for a day of their own.
pub async fn assess_on_days(
    ctx: &Ctx,
    asked: &[(Uuid, Option<NaiveDate>)],
) -> Result<HashMap<(Uuid, Option<NaiveDate>), Assessed>> {
    ctx.authorize(Action::AssessmentRead)?;
    let days: HashSet<Option<NaiveDate>> = asked.iter().map(|(_, day)| *day).collect();
    if days.len() > MOST_DAYS {
        return Err(Error::bad_input(
            format!("One query may ask for assessments as of at most {MOST_DAYS} different days."),
            format!("1回のクエリで指定できる asOf は{MOST_DAYS}日分までです。"),
        ));
    }
    let mut found = HashMap::with_capacity(asked.len());
    for day in days {
        let accounts: Vec<Uuid> = asked.iter().filter(|(_, of)| *of == day).map(|(id, _)| *id).collect();
        let assessed = assess_on(ctx, &accounts, day).await?;
        found.extend(assessed.into_iter().map(|(account, of)| ((account, day), of)));
    }
    Ok(found)
}

/// The stored assessments of an account, the newest first.
pub async fn assessment_list(ctx: &Ctx, account: Uuid, args: &PageArgs) -> Result<Page<Stored>> {
    ctx.authorize(Action::AssessmentRead)?;
    let db = ctx.read().await?;
    let select = queries::history(account);
    let column = assessment::Column::AccountId;
    let select = accounts::service::only_seen(ctx, &db, Action::AssessmentRead, select, column).await?;
    let sorted = Sorted {
        column: assessment::Column::RecordedAt,
        id_column: assessment::Column::Id,
        descending: true,
        key: |row: &assessment::Model| (CursorKey::Time(row.recorded_at), row.id),
        place: None,
    };
    let page = fetch_page(ctx, &db, select, &sorted, format!("assessments {account}"), args).await?;
    Ok(Page {
        rows: page
            .rows
            .into_iter()
            .map(|(cursor, row)| Ok((cursor, stored::read(row)?)))
            .collect::<Result<_>>()?,
        has_previous: page.has_previous,
        has_next: page.has_next,
    })
}

/// How many stored assessments an account has.
pub async fn assessment_count(ctx: &Ctx, account: Uuid) -> Result<i64> {
    ctx.authorize(Action::AssessmentRead)?;
    let db = ctx.read().await?;
    let select = queries::history(account);
    let column = assessment::Column::AccountId;
    let select = accounts::service::only_seen(ctx, &db, Action::AssessmentRead, select, column).await?;
    Ok(db.count(select).await?)
}

/// What the accounts of one band come to, in minor units of the tenant's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BandSum {
    /// The band.
    pub band: Band,
    /// How many accounts.
    pub accounts: i64,
    /// Sum of their expected values.
    pub expected_value_minor: i64,
    /// Sum of their revenues at risk; `None` for accounts that are listed apart.
    pub revenue_at_risk_minor: Option<i64>,
}

/// Every band with what its accounts come to, of those that the caller sees and that are neither archived nor lost.
pub async fn risk_summary(ctx: &Ctx) -> Result<Vec<BandSum>> {
    ctx.authorize(Action::AssessmentRead)?;
    let db = ctx.read().await?;
    let sight = accounts::service::sight(ctx, &db, Action::AssessmentRead).await?;
    let rows = queries::sums_by_band(&db, sight).await?;
    Ok(Band::ALL
        .iter()
        .map(|band| {
            let row = rows.iter().find(|row| row.band == band.as_str());
            let ranked = !matches!(band, Band::Unknown | Band::PresumedLost);
            BandSum {
                band: *band,
                accounts: row.map_or(0, |row| row.accounts),
                expected_value_minor: row.map_or(0, |row| row.expected_value_minor),
                revenue_at_risk_minor: ranked.then(|| row.map_or(0, |row| row.revenue_at_risk_minor)),
            }
        })
        .collect())
}
