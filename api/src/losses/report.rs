//! What losses come to over a period: by cause, and what it costs to replace the accounts.

use chrono::{Days, Months, NaiveDate};
use domain::loss::{Group, Tally, by_cause};
use domain::policy::Action;
use domain::risk::Cause;
use entity::{account, acquisition_cost, loss, loss_cause};
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait, Func};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationDef,
    Select,
};

use super::costs;
use crate::accounts::service::only_seen;
use crate::error::{Error, Result};
use crate::platform::Ctx;
use crate::platform::tenancy::TenantDb;

/// Months that a report looks back when nothing is said.
const USUAL_MONTHS: u32 = 12;
/// Most days of a report: ten years.
const MOST_DAYS: u64 = 3_653;
/// Most channels of a report. Those with a cost and the accounts without a channel are always among them.
const MOST_CHANNELS: u64 = 100;

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

/// What was lost of the accounts that were won by one channel.
#[derive(Clone, Debug, FromQueryResult)]
pub struct ChannelRow {
    /// The channel; `None` for accounts of which nobody knows it.
    pub channel: Option<String>,
    /// How many accounts, each once.
    pub accounts: i64,
    /// How many of them have not come back.
    pub gone: i64,
    /// What one account costs by this channel.
    pub cost_minor: Option<i64>,
}

/// The report of losses whose day is within a period, of accounts that the caller sees; of the last twelve months when
/// nothing is said.
pub async fn loss_report(ctx: &Ctx, from: Option<NaiveDate>, to: Option<NaiveDate>) -> Result<Report> {
    ctx.authorize(Action::AssessmentRead)?;
    let (from, to) = period(from, to.unwrap_or(ctx.today()?))?;
    let db = ctx.read().await?;
    let within = Condition::all()
        .add(loss::Column::LostOn.between(from, to))
        .add(loss::Column::ArchivedAt.is_null());
    let select = loss::Entity::find().select_only().filter(within);
    let select = only_seen(ctx, &db, Action::AssessmentRead, select, loss::Column::AccountId).await?;
    let totals = totals(&db, select.clone()).await?;
    let groups = groups(&db, select.clone()).await?;
    let mut channels = channels(&db, select).await?;
    channels.sort_by(|a, b| (-a.accounts, &a.channel).cmp(&(-b.accounts, &b.channel)));
    let costs = costs::all(&db).await?;
    let count = i64::try_from(costs.len()).unwrap_or(i64::MAX);
    let sum: i64 = costs.iter().map(|row| row.amount_minor).sum();
    let groups = groups.into_iter().map(GroupRow::known).collect::<Result<Vec<_>>>()?;
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

#[derive(FromQueryResult)]
struct Totals {
    losses: i64,
    accounts: i64,
    gone: Option<i64>,
}

/// A column where the account came back, else 0; or the other way round.
fn where_won_back(then: Expr, otherwise: Expr) -> Expr {
    let came_back = CaseStatement::new().case(loss::Column::WonBackOn.is_not_null(), then);
    came_back.finally(otherwise).into()
}

/// PostgreSQL sums whole numbers to a decimal one.
fn sum(of: Expr) -> Expr {
    Expr::from(Func::sum(of)).cast_as("bigint")
}

fn column(of: impl ColumnTrait) -> Expr {
    Expr::col(of.as_column_ref())
}

fn accounts() -> Expr {
    Expr::from(Func::count_distinct(column(loss::Column::AccountId)))
}

/// Accounts that have not come back: of an account only one loss is open.
fn gone() -> Expr {
    sum(where_won_back(Expr::val(0), Expr::val(1)))
}

async fn totals(db: &TenantDb, select: Select<loss::Entity>) -> Result<Totals> {
    let select = select
        .expr_as(column(loss::Column::Id).count(), "losses")
        .expr_as(accounts(), "accounts")
        .expr_as(gone(), "gone");
    let mut rows: Vec<Totals> = db.rows(select).await?;
    rows.pop()
        .ok_or_else(|| Error::internal("a statement of sums gave no row"))
}

#[derive(FromQueryResult)]
struct GroupRow {
    cause: String,
    controllable: bool,
    percent: i64,
    minor: i64,
    won_back_percent: i64,
    won_back_minor: i64,
}

impl GroupRow {
    fn known(self) -> Result<Group> {
        Ok(Group {
            cause: self.cause.parse().map_err(Error::internal)?,
            controllable: self.controllable,
            percent: self.percent,
            minor: self.minor,
            won_back_percent: self.won_back_percent,
            won_back_minor: self.won_back_minor,
        })
    }
}

async fn groups(db: &TenantDb, select: Select<loss::Entity>) -> Result<Vec<GroupRow>> {
    use loss_cause::Column;
    let causes: RelationDef = loss::Entity::belongs_to(loss_cause::Entity)
        .from((loss::Column::TenantId, loss::Column::Id))
        .to((Column::TenantId, Column::LossId))
        .into();
    let came_back = |of: Column| sum(where_won_back(column(of), Expr::val(0)));
    let select = select
        .column(Column::Cause)
        .column(Column::Controllable)
        .expr_as(sum(column(Column::Percent)), "percent")
        .expr_as(sum(column(Column::SalesMinor)), "minor")
        .expr_as(came_back(Column::Percent), "won_back_percent")
        .expr_as(came_back(Column::SalesMinor), "won_back_minor")
        .join(JoinType::InnerJoin, causes)
        .group_by(Column::Cause)
        .group_by(Column::Controllable);
    Ok(db.rows(select).await?)
}

async fn channels(db: &TenantDb, select: Select<loss::Entity>) -> Result<Vec<ChannelRow>> {
    use account::Column::AcquisitionChannel;
    use acquisition_cost::Column::AmountMinor;
    let of: RelationDef = loss::Entity::belongs_to(account::Entity)
        .from((loss::Column::TenantId, loss::Column::AccountId))
        .to((account::Column::TenantId, account::Column::Id))
        .into();
    let costs: RelationDef = account::Entity::belongs_to(acquisition_cost::Entity)
        .from((account::Column::TenantId, AcquisitionChannel))
        .to((acquisition_cost::Column::TenantId, acquisition_cost::Column::Channel))
        .into();
    // Behind: those of whose cost nothing is known.
    let unknown = AmountMinor.is_null().and(AcquisitionChannel.is_not_null());
    let place: Expr = CaseStatement::new()
        .case(unknown, Expr::val(1))
        .finally(Expr::val(0))
        .into();
    let select = select
        .column_as(AcquisitionChannel, "channel")
        .expr_as(accounts(), "accounts")
        .expr_as(gone(), "gone")
        .column_as(AmountMinor, "cost_minor")
        .join(JoinType::InnerJoin, of)
        .join(JoinType::LeftJoin, costs)
        .group_by(AcquisitionChannel)
        .group_by(AmountMinor)
        .order_by_asc(place)
        .order_by_desc(accounts())
        .order_by_asc(AcquisitionChannel)
        .limit(MOST_CHANNELS);
    Ok(db.rows(select).await?)
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
