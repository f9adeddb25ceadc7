//! Risk as the API shows it.

use async_graphql::{ComplexObject, Context, Enum, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::lang::Text;
use domain::risk::{Factor, LIFETIME_MONTHS, UnknownReason as Reason, probability_interval, sigmoid};
use uuid::Uuid;

use super::AssessmentId;
use super::assessed::Assessed;
use super::evidence::Evidence;
use super::loaders::{AssessedOn, AssessmentById};
use super::service::{self, BandSum};
use super::simulation::is_supposed;
use super::stored::Stored;
use crate::accounts::AccountId;
use crate::error::Result;
use crate::platform::graphql::{Connection, Date, MoneyView, PageArgs, Total, connection, cx, list_size, loaders};
use crate::signals::{Cause, FactorKind};

/// Band of churn risk.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::risk::Band")]
pub enum RiskBand {
    /// Below the tenant's first border (.25 unless changed).
    Low,
    /// From the first border on, below the second (.5).
    Medium,
    /// From the second border on, below the third (.75).
    High,
    /// From the third border on.
    Critical,
    /// Not enough data to say.
    Unknown,
    /// Silent beyond doubt; listed apart.
    PresumedLost,
}

/// Unit of a factor's value.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::risk::Unit")]
pub enum FactorUnit {
    /// Whole days.
    Days,
    /// A number of signals.
    Signals,
    /// A number of orders; those of one day are one.
    Orders,
    /// Minor units of the tenant's currency.
    Money,
    /// A multiple: 1 is alike.
    Ratio,
    /// A mark for satisfaction, 1 to 5.
    Mark,
}

/// Why a probability is not known, as a code.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownReasonCode {
    /// The account had not ordered by then.
    NoOrders,
    /// The tenant had no orders one horizon before; only of assessments that were stored by the model `cells-1`.
    NoHistory,
    /// Fewer than ten accounts of the tenant stood where this one stands; only of assessments that were stored by `cells-1`.
    TooFewOutcomes,
}

/// Why a probability is not known.
#[derive(Clone, SimpleObject)]
pub struct UnknownReason {
    /// Stable code.
    pub code: UnknownReasonCode,
    /// Explanation in the language of the request's Accept-Language (English or Japanese).
    pub text: String,
}

/// How likely an account is not to order within a horizon, why, and what is at stake. It is a judgement as of a moment
/// and never changes; a new one is stored when band, factors, value or risk (by a point of a hundred) change.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct Assessment {
    /// Id, `assm_…`. One that was reckoned for this answer and is not stored has an id of its account and moment, for
    /// clients' caches; `node(id:)` answers null to it.
    pub id: AssessmentId,
    /// Probability of no order within `horizonDays`, 0–1; null without any order.
    pub probability: Option<f64>,
    /// The probability in a word, by the tenant's borders.
    pub band: RiskBand,
    /// How far the probability looks ahead, in days: 365, or 90 with less than 24 months of orders.
    pub horizon_days: i32,
    /// The moment it speaks of: nothing that happened later is in it.
    pub as_of: DateTime<Utc>,
    /// When it was stored; null for one that is not.
    pub recorded_at: Option<DateTime<Utc>>,
    /// The model that judges silence.
    pub model_version: String,
    /// The rules of the score.
    pub rule_version: String,
    /// Where the score begins: log-odds of the tenant's mean risk. With the `logOdds` of all factors it adds up to the
    /// log-odds of `probability`.
    pub baseline_log_odds: f64,
    #[graphql(skip)]
    assessed: Assessed,
}

impl Assessment {
    fn new(assessed: Assessed, id: Uuid, recorded_at: Option<DateTime<Utc>>) -> Self {
        Self {
            id: id.into(),
            probability: assessed.probability,
            band: assessed.band.into(),
            horizon_days: assessed.horizon_days.into(),
            as_of: assessed.as_of,
            recorded_at,
            model_version: assessed.model_version.clone(),
            rule_version: assessed.rule_version.clone(),
            baseline_log_odds: assessed.baseline_log_odds,
            assessed,
        }
    }
}

impl Assessment {
    fn money(&self, minor: i64) -> Result<MoneyView> {
        MoneyView::from_minor(minor, &self.assessed.currency)
    }
}

impl From<Stored> for Assessment {
    fn from(stored: Stored) -> Self {
        Self::new(stored.assessed, stored.id, Some(stored.recorded_at))
    }
}

impl Assessment {
    /// One that rests on what is supposed: what has no row has no evidence, and its id is nobody else's.
    pub(super) fn supposed(mut assessed: Assessed) -> Self {
        for factor in &mut assessed.factors {
            factor.evidence.retain(|row| !is_supposed(row.id));
        }
        Self::new(assessed, Uuid::now_v7(), None)
    }
}

impl From<Assessed> for Assessment {
    fn from(assessed: Assessed) -> Self {
        let id = assessed.unstored_id();
        Self::new(assessed, id, None)
    }
}

#[ComplexObject]
impl Assessment {
    /// Why there is no probability; null when there is one.
    async fn unknown_reason(&self, gql: &Context<'_>) -> Option<UnknownReason> {
        self.assessed.unknown.map(|reason| UnknownReason {
            code: match reason {
                Reason::NoOrders => UnknownReasonCode::NoOrders,
                Reason::NoHistory => UnknownReasonCode::NoHistory,
                Reason::TooFewOutcomes { .. } => UnknownReasonCode::TooFewOutcomes,
            },
            text: spoken(gql, &reason.text()),
        })
    }

    /// The 95 % interval of the probability: how sure the score is of its weights. Null without a probability, and of
    /// assessments that were stored before it was reckoned.
    async fn probability_interval(&self) -> Option<ProbabilityInterval> {
        let (log_odds, sd) = self.assessed.log_odds().zip(self.assessed.log_odds_sd)?;
        let (low, high) = probability_interval(log_odds, sd);
        Some(ProbabilityInterval { low, high })
    }

    /// Sales of the twelve months before `asOf`, in the tenant's currency.
    async fn sales(&self) -> Result<MoneyView> {
        self.money(self.assessed.sales_minor)
    }

    /// Sales expected within `horizonDays` by the account's own rhythm and the worth of its orders, in the tenant's currency; 0
    /// without any order. Of assessments that were stored by `cells-1` and `mbg-cnbd-1` the sales of the twelve months before.
    async fn expected_value(&self) -> Result<MoneyView> {
        self.money(self.assessed.expected_value_minor)
    }

    /// What the account brings over the years; null without any order.
    async fn lifetime_value(&self) -> Result<Option<LifetimeValue>> {
        let Some(lifetime) = self.assessed.lifetime else {
            return Ok(None);
        };
        Ok(Some(LifetimeValue {
            amount: self.money(lifetime.minor)?,
            months: LIFETIME_MONTHS.into(),
            gross_margin: lifetime.terms.margin(),
            discount_rate: lifetime.terms.discount(),
        }))
    }

    /// Probability × what the account buys within `horizonDays` if it does not go silent; null without a probability. Not
    /// probability × `expectedValue`: of a large client that has just gone silent hardly anything is expected any more.
    async fn revenue_at_risk(&self) -> Result<Option<MoneyView>> {
        let minor = self.assessed.revenue_at_risk_minor;
        minor.map(|minor| self.money(minor)).transpose()
    }

    /// The reasons, the weightiest first; one a kind. Signals are listed without a probability too.
    #[graphql(directive = list_size::apply(20))]
    async fn factors(&self) -> Vec<RiskFactor> {
        let log_odds = self.assessed.log_odds();
        let factors = self.assessed.factors.iter();
        factors
            .map(|factor| RiskFactor::new(factor.clone(), log_odds))
            .collect()
    }
}

/// A 95 % interval of a probability.
#[derive(Clone, SimpleObject)]
pub struct ProbabilityInterval {
    /// Its lower end, 0–1.
    pub low: f64,
    /// Its upper end, 0–1.
    pub high: f64,
}

/// What an account brings over the years to come: the sales expected by its rhythm and the worth of its orders, of which the
/// margin counts, discounted month by month to the day of the assessment.
#[derive(Clone, SimpleObject)]
pub struct LifetimeValue {
    /// The discounted margin, in the tenant's currency.
    pub amount: MoneyView,
    /// How many months it looks ahead.
    pub months: i32,
    /// The share of sales that was taken for margin; 1 until the tenant says its own.
    pub gross_margin: f64,
    /// The share by which a year later was taken to be worth less.
    pub discount_rate: f64,
}

/// One reason for the score.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct RiskFactor {
    /// What it is; apart from its cause, since one cause shows in many ways.
    pub kind: FactorKind,
    /// What was measured, in `unit`.
    pub value: f64,
    /// The unit of `value`.
    pub unit: FactorUnit,
    /// Of a signal the contribution before it fades, in log-odds; of what is measured the log-odds for one unit of its measure
    /// above the tenant's median.
    pub weight: f64,
    /// The contribution to the score, in log-odds.
    pub log_odds: f64,
    /// The contribution in points: +20 doubles the odds.
    pub points: f64,
    /// The 95 % interval of `logOdds`.
    pub interval: LogOddsInterval,
    /// How much of the weight is prior, not learned from the tenant's own past, 0–1.
    pub prior_share: f64,
    /// Whether anything is published on the size of the prior. If not, it is a judgement alone.
    pub prior_is_sized: bool,
    /// Why, where a cause is known.
    pub cause: Option<Cause>,
    /// Whether our own conduct can change it.
    pub controllable: bool,
    /// The day since which it holds.
    pub since: Option<Date>,
    /// Days that it has been fading for: since it happened, or since a complaint was resolved.
    pub age_days: i64,
    /// Days in which the contribution halves; null if it does not fade (as yet).
    pub half_life_days: Option<i32>,
    /// What proves it.
    #[graphql(directive = list_size::apply(5))]
    pub evidence: Vec<Evidence>,
    /// The probability if this factor were not; null without a probability.
    pub probability_without: Option<f64>,
    #[graphql(skip)]
    measured: domain::risk::FactorKind,
}

/// A 95 % interval in log-odds.
#[derive(Clone, SimpleObject)]
pub struct LogOddsInterval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl RiskFactor {
    fn new(factor: Factor, log_odds: Option<f64>) -> Self {
        Self {
            kind: factor.kind.into(),
            value: factor.value,
            unit: factor.unit.into(),
            weight: factor.weight,
            log_odds: factor.log_odds,
            points: factor.points,
            interval: LogOddsInterval {
                low: factor.low,
                high: factor.high,
            },
            prior_share: factor.prior_share,
            prior_is_sized: factor.kind.prior().sized,
            cause: factor.cause.map(Into::into),
            controllable: factor.controllable,
            since: factor.since.map(Date),
            age_days: factor.age_days.into(),
            half_life_days: factor.half_life_days.map(Into::into),
            evidence: factor.evidence.into_iter().map(Evidence::from).collect(),
            probability_without: log_odds.map(|log_odds| sigmoid(log_odds - factor.log_odds)),
            measured: factor.kind,
        }
    }
}

#[ComplexObject]
impl RiskFactor {
    /// What to call it, in the language of the request's Accept-Language (English or Japanese).
    async fn title(&self, gql: &Context<'_>) -> String {
        spoken(gql, &self.measured.title())
    }

    /// What to do about it, in the language of the request's Accept-Language (English or Japanese).
    async fn advice(&self, gql: &Context<'_>) -> String {
        spoken(gql, &self.measured.advice())
    }
}

pub(super) fn spoken(gql: &Context<'_>, text: &Text) -> String {
    text.get(cx(gql).request.lang).to_owned()
}

/// What the accounts that the caller sees come to by risk. Archived accounts are left out.
#[derive(Clone, SimpleObject)]
pub struct RiskSummary {
    /// Every band, from low to critical, then the accounts that are listed apart.
    #[graphql(directive = list_size::apply(7))]
    pub bands: Vec<BandSummary>,
    /// How many accounts there are in all.
    pub account_count: i32,
    /// Sum of the expected values of all accounts.
    pub expected_value: MoneyView,
    /// Sum of the revenues at risk of the accounts that are not listed apart.
    pub revenue_at_risk: MoneyView,
}

/// What the accounts of one band come to.
#[derive(Clone, SimpleObject)]
pub struct BandSummary {
    /// The band.
    pub band: RiskBand,
    /// How many accounts it has.
    pub account_count: i32,
    /// Sum of their expected values.
    pub expected_value: MoneyView,
    /// Sum of their revenues at risk; null for UNKNOWN and PRESUMED_LOST, which are listed apart.
    pub revenue_at_risk: Option<MoneyView>,
}

impl RiskSummary {
    fn new(sums: &[BandSum], currency: &str) -> Result<Self> {
        let money = |minor| MoneyView::from_minor(minor, currency);
        let total = |part: fn(&BandSum) -> i64| sums.iter().map(part).fold(0, i64::saturating_add);
        Ok(Self {
            bands: sums
                .iter()
                .map(|sum| {
                    Ok(BandSummary {
                        band: sum.band.into(),
                        account_count: count(sum.accounts),
                        expected_value: money(sum.expected_value_minor)?,
                        revenue_at_risk: sum.revenue_at_risk_minor.map(money).transpose()?,
                    })
                })
                .collect::<Result<_>>()?,
            account_count: count(total(|sum| sum.accounts)),
            expected_value: money(total(|sum| sum.expected_value_minor))?,
            revenue_at_risk: money(total(|sum| sum.revenue_at_risk_minor.unwrap_or(0)))?,
        })
    }
}

fn count(accounts: i64) -> i32 {
    i32::try_from(accounts).unwrap_or(i32::MAX)
}

/// The field `assessment` of an account: the stored one that counts today, or as known at the end of a day.
pub async fn of_account(
    gql: &Context<'_>,
    account: Uuid,
    stored: Option<Uuid>,
    as_of: Option<Date>,
) -> Result<Option<Assessment>> {
    let loaders = loaders(gql);
    if let (Some(id), None) = (stored, as_of) {
        return Ok(loaders.load_one(AssessmentById(id)).await?.map(Into::into));
    }
    // An account so new that none is stored yet is answered as of now.
    let day = as_of.map(|Date(day)| day);
    Ok(loaders.load_one(AssessedOn(account, day)).await?.map(Into::into))
}

/// Reading risk.
#[derive(Default)]
pub struct RiskQuery;

#[Object]
impl RiskQuery {
    /// What the accounts that the caller sees come to, by band of risk. Those that were lost are not among them.
    async fn risk_summary(&self, gql: &Context<'_>) -> Result<Option<RiskSummary>> {
        let sums = service::risk_summary(cx(gql)).await?;
        RiskSummary::new(&sums, &cx(gql).tenant()?.currency).map(Some)
    }

    /// The stored assessments of an account, the newest first: what was believed when, and why.
    async fn assessments(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The account.")] account_id: AccountId,
        #[graphql(desc = "Rows from the start or after `after`, 1–100; 20 when nothing is said.")] first: Option<i32>,
        #[graphql(desc = "Rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the end or before `before`, 1–100.")] last: Option<i32>,
        #[graphql(desc = "Rows in front of this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<Assessment>>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        let page = service::assessment_list(cx(gql), account_id.0, &args).await?;
        let total = Total::new(move |ctx| async move { service::assessment_count(&ctx, account_id.0).await });
        Ok(Some(connection(page, total, Assessment::from)))
    }
}
