//! What losses come to over a period: by cause, and what it costs to replace the accounts.

use chrono::{Days, Months, NaiveDate};
use domain::loss::{Group, Tally, by_cause};
use domain::policy::Action;
use domain::risk::Cause;
use entity::loss;

use super::costs;
use super::report_queries::{self, ChannelRow, GroupRow};
use crate::accounts::service::only_seen;
use crate::error::{Error, Result};
use crate::platform::Ctx;

/// Months that a report looks back when nothing is said.
const USUAL_MONTHS: u32 = 12;
/// Most days of a report: ten years.
const MOST_DAYS: u64 = 3_653;

/// What the losses of a period come to. Sales and costs are in minor units of the tenant's currency.
#[derive(Clone, Debug)]
pub struct Report {
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// How many losses.
    pub losses: i64,
    /// How many accounts were lost, each once.
    pub accounts: i64,
    /// How many of them have not come back.
    pub gone: i64,
    /// All causes together.
    pub all: Tally,
    /// Each cause, the most sales first.
    pub causes: Vec<(Cause, Tally)>,
    /// The channels by which the accounts had been won, most accounts first.
    pub channels: Vec<ChannelRow>,
    /// What it costs on average to win an account; `None` while no channel has a cost.
    pub mean_cost: Option<i64>,
}

impl Report {
    /// What it costs to replace one account of a channel: the channel's own cost, of accounts without a channel the mean.
    pub fn cost_of(&self, row: &ChannelRow) -> Option<i64> {
        match row.channel {
            Some(_) => row.cost_minor,
            None => self.mean_cost,
        }
    }
}

/// The report of losses whose day is within a period, of accounts that the caller sees; of the last twelve months when
/// nothing is said.
pub async fn loss_report(ctx: &Ctx, from: Option<NaiveDate>, to: Option<NaiveDate>) -> Result<Report> {
    ctx.authorize(Action::AssessmentRead)?;
    let (from, to) = period(from, to.unwrap_or(ctx.today()?))?;
    let db = ctx.read().await?;
    let select = report_queries::between(from, to);
    let select = only_seen(ctx, &db, Action::AssessmentRead, select, loss::Column::AccountId).await?;
    let totals = report_queries::totals(&db, select.clone()).await?;
    let groups = report_queries::groups(&db, select.clone()).await?;
    let mut channels = report_queries::channels(&db, select).await?;
    channels.sort_by(|a, b| (-a.accounts, &a.channel).cmp(&(-b.accounts, &b.channel)));
    let costs = costs::all(&db).await?;
    let count = i64::try_from(costs.len()).unwrap_or(i64::MAX);
    let sum: i64 = costs.iter().map(|row| row.amount_minor).sum();
    let groups = groups.into_iter().map(known).collect::<Result<Vec<_>>>()?;
    let (causes, all) = by_cause(&groups);
    Ok(Report {
        from,
        to,
        losses: totals.losses,
        accounts: totals.accounts,
        gone: totals.gone.unwrap_or(0),
        all,
        causes,
        channels,
        // Rounded to the nearest unit.
        mean_cost: (count > 0).then(|| (sum + count / 2) / count),
    })
}

fn period(from: Option<NaiveDate>, to: NaiveDate) -> Result<(NaiveDate, NaiveDate)> {
    let usual = || {
        let before = to.checked_sub_months(Months::new(USUAL_MONTHS));
        before.and_then(|day| day.succ_opt()).unwrap_or(to)
    };
    let from = from.unwrap_or_else(usual);
    if from > to {
        return Err(Error::bad_input(
            "from is after to.",
            "from は to 以前の日付で指定してください。",
        ));
    }
    if from.checked_add_days(Days::new(MOST_DAYS)).is_some_and(|end| end <= to) {
        return Err(Error::bad_input(
            "A report covers at most ten years.",
            "レポートの期間は10年以内で指定してください。",
        ));
    }
    Ok((from, to))
}

fn known(row: GroupRow) -> Result<Group> {
    Ok(Group {
        cause: row.cause.parse().map_err(Error::internal)?,
        controllable: row.controllable,
        percent: row.percent,
        minor: row.minor,
        won_back_percent: row.won_back_percent,
        won_back_minor: row.won_back_minor,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_report_is_of_twelve_months_unless_something_is_said() {
        let of = |from: Option<&str>, to| period(from.map(day), day(to)).ok();
        let known = |from, to| Some((day(from), day(to)));
        assert_eq!(of(None, "2026-11-29"), known("2025-11-30", "2026-11-29"));
        assert_eq!(of(None, "2024-02-29"), known("2023-03-01", "2024-02-29"));
        assert_eq!(of(Some("2026-11-29"), "2026-11-29"), known("2026-11-29", "2026-11-29"));
        assert_eq!(of(Some("2026-11-30"), "2026-11-29"), None);
        assert_eq!(of(Some("2016-11-29"), "2026-11-29"), known("2016-11-29", "2026-11-29"));
        assert_eq!(of(Some("2016-11-27"), "2026-11-29"), None);
    }
}
