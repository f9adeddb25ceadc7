//! The forecast over the API.

use async_graphql::{ComplexObject, Context, Enum, Object, SimpleObject};
use domain::forecast::{LossShare, OWN_OUTCOMES};
use domain::lang::Text;

use super::service::{self, Forecast};
use crate::error::{Error, Result};
use crate::platform::graphql::{Date, MoneyView, cost, cx, list_size};

/// Most months.
const MOST: i32 = 24;

/// What the losses of a forecast rest on.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForecastBasis {
    /// A published study of another company: fewer than 30 of your own accounts changed hands a year ago or earlier.
    Prior,
    /// Sales to your own accounts in the year before and the year after they changed hands.
    OwnOutcomes,
}

/// Sales at stake by month, because accounts change hands or buyers may be moved on.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct HandoverForecast {
    /// The months, this one first.
    #[graphql(directive = list_size::apply(24))]
    pub months: Vec<HandoverForecastMonth>,
    /// What the losses rest on.
    pub basis: ForecastBasis,
    /// The low end of the share of annual sales that is lost when an account changes hands; negative when sales grow.
    pub loss_low: f64,
    /// The high end.
    pub loss_high: f64,
    /// On how many outcomes of your own they rest; 0 for the prior.
    pub outcome_count: i32,
}

#[ComplexObject]
impl HandoverForecast {
    /// Where the losses come from, in the language of the request.
    async fn source(&self, gql: &Context<'_>) -> String {
        let text = match self.basis {
            ForecastBasis::Prior => Text::new(
                format!(
                    "A prior, not your own experience: one large study found a loss of 13.2–17.6 % of annual sales when a \
                     salesperson left (Shi, Sridhar, Grewal, Lilien 2017); another found gains. That a buyer's rotation costs as \
                     much is a judgement. Your own outcomes count from {OWN_OUTCOMES} on."
                ),
                format!(
                    "自社の実績ではなく事前の目安です。ある大規模研究では、営業担当者の離職により年間売上の13.2〜17.6%が失われました\
                     （Shi他、2017年）。増加したとする研究もあります。先方の担当者の異動にも同じ割合を仮定しています。\
                     自社の実績が{OWN_OUTCOMES}件に達すると、その実績に基づきます。"
                ),
            ),
            ForecastBasis::OwnOutcomes => Text::new(
                format!(
                    "From sales to your latest {} accounts that changed hands, in the year before and the year after: the ratio of \
                     the sums, with 90 % around it. What your other accounts gained or lost meanwhile is not taken off.",
                    self.outcome_count
                ),
                format!(
                    "担当者が交代した直近{}件の取引先の、交代前後1年間の売上比較（合計の比と90%区間）に基づきます。\
                     他の取引先の増減は差し引いていません。",
                    self.outcome_count
                ),
            ),
        };
        text.get(cx(gql).request.lang).to_owned()
    }
}

/// What is at stake in one month. Sales are those of the last twelve months.
#[derive(Clone, SimpleObject)]
pub struct HandoverForecastMonth {
    /// Its first day.
    pub month: Date,
    /// How many accounts change hands: those under handover, and those of members who leave that nobody takes over yet.
    pub owner_change_count: i32,
    /// Sales to them.
    pub owner_change_sales: MoneyView,
    /// How many key contacts are expected to be moved on: the sum of the probabilities.
    pub expected_rotations: f64,
    /// Sales to their accounts, each counted with the probability that one of its key contacts goes.
    pub rotation_sales: MoneyView,
    /// What is at stake in all.
    pub at_stake: MoneyView,
    /// The low end of what of it may be lost within a year.
    pub loss_low: MoneyView,
    /// The high end.
    pub loss_high: MoneyView,
}

impl HandoverForecast {
    fn of(forecast: Forecast, currency: &str) -> Result<Self> {
        let Forecast { months, loss } = forecast;
        let LossShare { low, high, outcomes } = loss;
        #[expect(clippy::cast_possible_truncation, reason = "whole minor units, far within")]
        let money = |minor: f64| MoneyView::from_minor(minor.round() as i64, currency);
        let months = months.into_iter().map(|(first, month)| {
            let at_stake = month.owner_sales + month.rotation_sales;
            Ok(HandoverForecastMonth {
                month: Date(first),
                owner_change_count: i32::try_from(month.accounts).unwrap_or(i32::MAX),
                owner_change_sales: money(month.owner_sales)?,
                expected_rotations: month.rotations,
                rotation_sales: money(month.rotation_sales)?,
                at_stake: money(at_stake)?,
                loss_low: money(at_stake * low)?,
                loss_high: money(at_stake * high)?,
            })
        });
        Ok(Self {
            months: months.collect::<Result<_>>()?,
            basis: if loss.is_prior() {
                ForecastBasis::Prior
            } else {
                ForecastBasis::OwnOutcomes
            },
            loss_low: low,
            loss_high: high,
            outcome_count: i32::try_from(outcomes).unwrap_or(i32::MAX),
        })
    }
}

/// Reading the forecast.
#[derive(Default)]
pub struct ForecastQuery;

#[Object]
impl ForecastQuery {
    /// Sales at stake by month, because accounts change hands or buyers may be moved on, and what of them may be lost; of
    /// accounts that the caller may see.
    #[graphql(directive = cost::apply("50".to_owned()))]
    async fn handover_forecast(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "How many months, this one first, 1–24.", default = 12)] months: i32,
    ) -> Result<Option<HandoverForecast>> {
        let count = match u32::try_from(months) {
            Ok(count) if (1..=MOST).contains(&months) => count,
            _ => {
                return Err(Error::bad_input(
                    format!("months is 1 to {MOST}."),
                    format!("months は1〜{MOST}で指定してください。"),
                ));
            }
        };
        let forecast = service::handover_forecast(cx(gql), count).await?;
        HandoverForecast::of(forecast, &cx(gql).tenant()?.currency).map(Some)
    }
}
