//! The report of losses over the API.

use async_graphql::{Context, Object, SimpleObject};
use domain::loss::Tally;

use super::service::{self, ChannelRow, Report};
use crate::error::Result;
use crate::platform::graphql::{Date, MoneyView, cost, cx, list_size};
use crate::signals::Cause;

/// What the losses of a period come to. Sales are what the accounts bought in the twelve months until they were lost; a loss
/// with several causes counts to each with its share. Whether an account came back is told as of today.
#[derive(Clone, SimpleObject)]
pub struct LossReport {
    /// First day of the period, in the tenant's time zone.
    pub from: Date,
    /// Last day of the period.
    pub to: Date,
    /// How many losses.
    pub loss_count: i32,
    /// How many accounts were lost, each counted once.
    pub account_count: i32,
    /// How many losses from which the account came back.
    pub won_back_count: f64,
    /// Sales lost.
    pub sales: MoneyView,
    /// Of the sales lost, those of accounts that came back.
    pub won_back_sales: MoneyView,
    /// The share of the losses that was controllable, 0–1; null without losses.
    pub controllable_share: Option<f64>,
    /// The share of the sales lost that was controllable, 0–1; null where no sales were lost.
    pub controllable_sales_share: Option<f64>,
    /// Each cause, the most sales first.
    #[graphql(directive = list_size::apply(16))]
    pub causes: Vec<LossReportCause>,
    /// The channels by which the lost accounts had been won, most accounts first; at most 100, among them always those with an
    /// acquisition cost and the accounts without a channel.
    #[graphql(directive = list_size::apply(100))]
    pub channels: Vec<LossReportChannel>,
    /// What it costs to replace the accounts that have not come back, as far as that is known; null when it is known of none.
    pub replacement_cost: Option<MoneyView>,
    /// How many accounts that have not come back are not in the replacement cost, because their channel has no cost.
    pub uncosted_account_count: i32,
}

/// What the losses by one cause come to.
#[derive(Clone, SimpleObject)]
pub struct LossReportCause {
    /// The cause.
    pub cause: Cause,
    /// How many losses, each counted with the cause's share.
    pub count: f64,
    /// Sales lost by it.
    pub sales: MoneyView,
    /// The share of the count that was controllable, 0–1; null when there is none.
    pub controllable_share: Option<f64>,
    /// The share of the sales that was controllable, 0–1; null where no sales were lost.
    pub controllable_sales_share: Option<f64>,
    /// How many of the losses the accounts came back from, each counted with the cause's share.
    pub won_back_count: f64,
    /// Of the sales, those of accounts that came back.
    pub won_back_sales: MoneyView,
}

/// Lost accounts that were won by one channel.
#[derive(Clone, SimpleObject)]
pub struct LossReportChannel {
    /// The channel; null for accounts of which nobody knows it.
    pub channel: Option<String>,
    /// How many accounts were lost, each counted once.
    pub account_count: i32,
    /// How many of them came back.
    pub won_back_count: i32,
    /// What one account costs by this channel; null when nobody has said. For accounts without a channel: the mean of all
    /// channels that have a cost.
    pub acquisition_cost: Option<MoneyView>,
    /// True when the cost is the mean of all channels and not the channel's own.
    pub is_mean_cost: bool,
    /// What it costs to replace those that have not come back: their number × the acquisition cost; null without that.
    pub replacement_cost: Option<MoneyView>,
}

fn count(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

impl LossReportCause {
    fn of(cause: domain::risk::Cause, tally: &Tally, currency: &str) -> Result<Self> {
        Ok(Self {
            cause: cause.into(),
            count: tally.count(),
            sales: MoneyView::from_minor(tally.minor, currency)?,
            controllable_share: tally.controllable_share(),
            controllable_sales_share: tally.controllable_sales_share(),
            won_back_count: tally.won_back_count(),
            won_back_sales: MoneyView::from_minor(tally.won_back_minor, currency)?,
        })
    }
}

impl LossReportChannel {
    fn of(row: &ChannelRow, each: Option<i64>, currency: &str) -> Result<Self> {
        let money = |minor| MoneyView::from_minor(minor, currency);
        Ok(Self {
            channel: row.channel.clone(),
            account_count: count(row.accounts),
            won_back_count: count(row.accounts - row.gone),
            acquisition_cost: each.map(money).transpose()?,
            is_mean_cost: row.channel.is_none() && each.is_some(),
            replacement_cost: each.map(|each| money(each.saturating_mul(row.gone))).transpose()?,
        })
    }
}

impl LossReport {
    fn of(report: &Report, currency: &str) -> Result<Self> {
        let money = |minor| MoneyView::from_minor(minor, currency);
        let costed = report
            .channels
            .iter()
            .filter_map(|row| Some((row.gone, report.cost_of(row)?)));
        let (mut accounts, mut total) = (0, None);
        for (gone, each) in costed {
            accounts += gone;
            total = Some(i64::saturating_add(total.unwrap_or(0), each.saturating_mul(gone)));
        }
        let causes = report.causes.iter();
        let channels = report.channels.iter();
        Ok(Self {
            from: Date(report.from),
            to: Date(report.to),
            loss_count: count(report.losses),
            account_count: count(report.accounts),
            won_back_count: report.all.won_back_count(),
            sales: money(report.all.minor)?,
            won_back_sales: money(report.all.won_back_minor)?,
            controllable_share: report.all.controllable_share(),
            controllable_sales_share: report.all.controllable_sales_share(),
            causes: causes
                .map(|(cause, tally)| LossReportCause::of(*cause, tally, currency))
                .collect::<Result<_>>()?,
            channels: channels
                .map(|row| LossReportChannel::of(row, report.cost_of(row), currency))
                .collect::<Result<_>>()?,
            replacement_cost: total.map(money).transpose()?,
            uncosted_account_count: count(report.gone - accounts),
        })
    }
}

/// Reading the report of losses.
#[derive(Default)]
pub struct LossReportQuery;

#[Object]
impl LossReportQuery {
    /// What the losses of a period come to: by cause, what of it was controllable, what came back, and what it costs to replace
    /// the accounts by the channels that they had been won by. Of accounts that the caller may see.
    #[graphql(directive = cost::apply("50".to_owned()))]
    async fn loss_report(
        &self,
        gql: &Context<'_>,
        #[graphql(
            desc = "First day of losses; twelve months back when nothing is said. At most ten years before `to`."
        )]
        from: Option<Date>,
        #[graphql(desc = "Last day of losses; today when nothing is said.")] to: Option<Date>,
    ) -> Result<Option<LossReport>> {
        let report = service::loss_report(cx(gql), from.map(|day| day.0), to.map(|day| day.0)).await?;
        LossReport::of(&report, &cx(gql).tenant()?.currency).map(Some)
    }
}
