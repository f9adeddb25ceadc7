//! The model behind the risks, as the API shows it: what it learned, from how much, and how far that changed the priors.

use async_graphql::{ComplexObject, Context, Enum, Object, SimpleObject};
use domain::lang::Text;
use domain::risk::{BuyingModel, MODEL_VERSION, OUTCOMES_NEEDED, RULE_VERSION};

use super::service;
use crate::error::Result;
use crate::platform::graphql::{cost, cx, list_size};
use crate::signals::FactorKind;

/// How far the company's own past has changed the priors of its score.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::risk::Rung")]
pub enum RiskModelRung {
    /// Not at all.
    PriorOnly,
    /// Where every score begins.
    Intercept,
    /// Where it begins, and how much all measures together weigh.
    Slope,
    /// What each measure weighs.
    Coefficients,
}

/// The model behind the risks of a company's accounts.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct RiskModel {
    /// The model of silence.
    pub model_version: String,
    /// The rules of the score.
    pub rule_version: String,
    /// The days over which an account counts as silent.
    pub horizon_days: i32,
    /// Accounts from whose orders the rhythm was learned; of very many an even part.
    pub account_count: i32,
    /// Other companies whose models the priors were pooled from; 0 when they are the published ones, as they are until this company and
    /// at least five others agreed to share (`Tenant.sharesModel`).
    pub pooled_company_count: i32,
    /// How regularly they order: 1 is at random, 4 most regular.
    pub regularity: i32,
    /// The mean gap between two orders of an account that is still there, in days.
    pub mean_gap_days: f64,
    /// The mean probability to be gone after an order, 0–1.
    pub mean_dropout: f64,
    /// How far the company's own past has changed the priors.
    pub rung: RiskModelRung,
    /// Accounts of one horizon ago whose outcome is known.
    pub outcome_count: i32,
    /// Those of them that fell silent.
    pub silent_count: i32,
    /// What each measure weighs.
    #[graphql(directive = list_size::apply(4))]
    pub coefficients: Vec<RiskCoefficient>,
}

/// What a measure weighs in the score.
#[derive(Clone, SimpleObject)]
pub struct RiskCoefficient {
    /// The factor.
    pub kind: FactorKind,
    /// Log-odds for one unit of its measure above the company's median.
    pub log_odds: f64,
    /// The low end of its 95 % interval.
    pub low: f64,
    /// The high end.
    pub high: f64,
    /// How much of what is known of it is prior, 0–1.
    pub prior_share: f64,
}

#[ComplexObject]
impl RiskModel {
    /// Why it is on this rung, in the language of the request.
    async fn why(&self, gql: &Context<'_>) -> String {
        let (outcomes, silent) = (self.outcome_count, self.silent_count);
        let needed = i32::try_from(OUTCOMES_NEEDED).unwrap_or(0);
        let text = match self.rung {
            RiskModelRung::PriorOnly if silent < needed || outcomes - silent < needed => Text::new(
                format!(
                    "Of the accounts of one horizon ago {silent} fell silent and {} went on; at least {needed} of each are \
                     needed to learn from.",
                    outcomes - silent
                ),
                format!(
                    "1期間前の取引先のうち、受注が途絶えたのは{silent}件、継続は{}件です。学習にはそれぞれ{needed}件以上必要です。",
                    outcomes - silent
                ),
            ),
            RiskModelRung::PriorOnly => Text::new(
                format!("What became of {outcomes} accounts is as the priors say."),
                format!("取引先{outcomes}件の実績は、事前の見積もりと一致しています。"),
            ),
            _ => Text::new(
                format!(
                    "What became of {outcomes} accounts, of which {silent} fell silent, changed the priors so far and no further."
                ),
                format!("取引先{outcomes}件（うち{silent}件が途絶）の実績に基づき、この段階まで調整しました。"),
            ),
        };
        text.get(cx(gql).request.lang).to_owned()
    }
}

impl From<&BuyingModel> for RiskModel {
    fn from(model: &BuyingModel) -> Self {
        let count = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
        let whole = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
        let (rhythm, learned) = (model.rhythm(), model.coefficients());
        let coefficients = learned.by_kind().map(|(kind, one)| RiskCoefficient {
            kind: kind.into(),
            log_odds: one.value,
            low: one.interval().0,
            high: one.interval().1,
            prior_share: one.prior_share,
        });
        Self {
            model_version: MODEL_VERSION.to_owned(),
            rule_version: RULE_VERSION.to_owned(),
            horizon_days: model.horizon_days().into(),
            account_count: count(model.accounts()),
            pooled_company_count: count(model.companies()),
            regularity: whole(rhythm.parts),
            mean_gap_days: rhythm.mean_gap() * 7.0,
            mean_dropout: rhythm.a / (rhythm.a + rhythm.b),
            rung: learned.rung.into(),
            outcome_count: whole(learned.outcomes),
            silent_count: whole(learned.silent),
            coefficients: coefficients.collect(),
        }
    }
}

/// Reading the model.
#[derive(Default)]
pub struct RiskModelQuery;

#[Object]
impl RiskModelQuery {
    /// The model behind the risks: what it learned from the company's own orders, and how far that changed the priors.
    #[graphql(directive = cost::apply("100".to_owned()))]
    async fn risk_model(&self, gql: &Context<'_>) -> Result<Option<RiskModel>> {
        let fit = service::risk_model(cx(gql)).await?;
        Ok(Some(RiskModel::from(&fit.model)))
    }
}
