//! The calibration report as the API shows it.

use async_graphql::{ComplexObject, Context, Object, SimpleObject};
use chrono::NaiveDate;
use domain::backtest::{Accuracy, BackTest, CURVE_NEEDS, Discrimination, LEAST_OUTCOMES};
use domain::lang::Text;
use domain::skill::{Area, Bin};

use super::calibration::calibration_report;
use crate::error::Result;
use crate::platform::graphql::{Date, cost, cx, list_size};

/// What the model would have said at days of the past, with nothing that came later, beside what came. Each day is a horizon
/// before the other. It goes by when orders were placed; signals are not part of it.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct CalibrationReport {
    /// The day up to which it was looked.
    pub as_of: Date,
    /// Days over which an account counts as silent.
    pub horizon_days: i32,
    /// Accounts that were looked at; of very many evenly taken.
    pub account_count: i32,
    /// Accounts that were asked about, at all days together.
    pub case_count: i32,
    /// Those of them that fell silent.
    pub silent_count: i32,
    /// The days, the latest first.
    #[graphql(directive = list_size::apply(8))]
    pub cuts: Vec<CalibrationCut>,
    /// How well risk tells who falls silent; null with too few outcomes.
    pub discrimination: Option<CalibrationDiscrimination>,
    /// How good the probabilities were; null with too few outcomes.
    pub accuracy: Option<CalibrationAccuracy>,
    /// Predicted beside observed, by tenths of the accounts, the safest first; null with too few outcomes for a curve.
    #[graphql(directive = list_size::apply(10))]
    pub deciles: Option<Vec<CalibrationDecile>>,
    /// With the riskiest first, in steps of a twentieth of the accounts: which share of all that fell silent is among them.
    /// Empty with too few outcomes.
    #[graphql(directive = list_size::apply(20))]
    pub gains: Vec<f64>,
    #[graphql(skip)]
    others: i32,
}

/// A day of the past at which the model was asked.
#[derive(Clone, SimpleObject)]
pub struct CalibrationCut {
    /// Nothing after this day was known.
    pub day: Date,
    /// Accounts that had ordered by then.
    pub account_count: i32,
    /// Those of them that did not order within the horizon.
    pub silent_count: i32,
}

/// How well scores tell who falls silent: areas under the ROC curve, the probability that of one that fell silent and one that did
/// not the first had the higher score.
#[derive(Clone, SimpleObject)]
pub struct CalibrationDiscrimination {
    /// Of the risk.
    pub model: CalibrationFigure,
    /// Of the days since the last order.
    pub days_since_order: CalibrationFigure,
    /// Of RFM: fifths of recency, frequency and monetary value, added.
    pub rfm: CalibrationFigure,
    /// How far the risk is ahead of RFM, over the same accounts; above 0 it is better.
    pub ahead_of_rfm: CalibrationFigure,
}

/// A figure with its 95 % bootstrap interval.
#[derive(Clone, SimpleObject)]
pub struct CalibrationFigure {
    /// The figure.
    pub value: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// How good the probabilities were.
#[derive(Clone, SimpleObject)]
pub struct CalibrationAccuracy {
    /// Brier score: mean squared error, 0 is perfect.
    pub brier: f64,
    /// The score of telling everybody the share that fell silent.
    pub brier_of_base_rate: f64,
    /// Which part of that error the model takes away: 1 is perfect, 0 no better, below 0 worse.
    pub skill: f64,
}

/// A tenth of the accounts.
#[derive(Clone, SimpleObject)]
pub struct CalibrationDecile {
    /// How many.
    pub case_count: i32,
    /// The mean probability that was told.
    pub predicted: f64,
    /// The share that fell silent.
    pub observed: f64,
    /// The lower end of its 95 % Jeffreys interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

fn whole(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

impl From<Area> for CalibrationFigure {
    fn from(area: Area) -> Self {
        let Area { value, low, high } = area;
        Self { value, low, high }
    }
}

impl From<Discrimination> for CalibrationDiscrimination {
    fn from(of: Discrimination) -> Self {
        Self {
            model: of.model.into(),
            days_since_order: of.days_since_order.into(),
            rfm: of.rfm.into(),
            ahead_of_rfm: of.ahead_of_rfm.into(),
        }
    }
}

impl From<Accuracy> for CalibrationAccuracy {
    fn from(of: Accuracy) -> Self {
        Self {
            brier: of.brier,
            brier_of_base_rate: of.brier_of_base_rate,
            skill: of.skill(),
        }
    }
}

impl From<&Bin> for CalibrationDecile {
    fn from(bin: &Bin) -> Self {
        Self {
            case_count: whole(bin.cases),
            predicted: bin.predicted,
            observed: bin.observed(),
            low: bin.low,
            high: bin.high,
        }
    }
}

impl CalibrationReport {
    fn new(as_of: NaiveDate, test: &BackTest) -> Self {
        let cuts = test.cuts.iter().map(|cut| CalibrationCut {
            day: Date(cut.day),
            account_count: whole(cut.clients),
            silent_count: whole(cut.silent),
        });
        let verdict = test.verdict.as_ref();
        let deciles = verdict.and_then(|verdict| verdict.deciles.as_ref());
        Self {
            as_of: Date(as_of),
            horizon_days: test.horizon_days.into(),
            account_count: i32::try_from(test.clients).unwrap_or(i32::MAX),
            case_count: whole(test.cases()),
            silent_count: whole(test.silent()),
            cuts: cuts.collect(),
            discrimination: verdict.map(|verdict| verdict.discrimination.into()),
            accuracy: verdict.map(|verdict| verdict.accuracy.into()),
            deciles: deciles.map(|bins| bins.iter().map(Into::into).collect()),
            gains: verdict.map_or_else(Vec::new, |verdict| verdict.gains.clone()),
            others: whole(test.cases() - test.silent()),
        }
    }
}

#[ComplexObject]
impl CalibrationReport {
    /// What there is too little of for a curve or a comparison, in the language of the request; null when nothing is missing.
    async fn reason(&self, gql: &Context<'_>) -> Option<String> {
        let (silent, others, horizon) = (self.silent_count, self.others, self.horizon_days);
        let text = if self.cuts.is_empty() {
            Text::new(
                format!("Orders of two horizons of {horizon} days are needed: one to look at, and one to see it end."),
                format!("{horizon}日間の2期間分の受注履歴が必要です（予測の基になる期間と、結果を確かめる期間）。"),
            )
        } else if self.deciles.is_none() {
            let needed = if self.discrimination.is_none() {
                LEAST_OUTCOMES
            } else {
                CURVE_NEEDS
            };
            Text::new(
                format!("{silent} fell silent and {others} went on; at least {needed} of each are needed."),
                format!("途絶は{silent}件、継続は{others}件です。それぞれ{needed}件以上必要です。"),
            )
        } else {
            return None;
        };
        Some(text.get(cx(gql).request.lang).to_owned())
    }
}

/// Reading the calibration report.
#[derive(Default)]
pub struct CalibrationQuery;

#[Object]
impl CalibrationQuery {
    /// Whether the risks of the company would have been right: predicted against observed at days of its own past, beside what
    /// most would use instead. Kept until a hundredth of the orders changed, for an hour at most.
    #[graphql(directive = cost::apply("500".to_owned()))]
    async fn calibration_report(&self, gql: &Context<'_>) -> Result<Option<CalibrationReport>> {
        let (as_of, test) = calibration_report(cx(gql)).await?;
        Ok(Some(CalibrationReport::new(as_of, &test)))
    }
}
