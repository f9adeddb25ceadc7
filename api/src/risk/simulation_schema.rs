//! What if, as the API takes and shows it.

use async_graphql::{ComplexObject, Context, InputObject, Object, SimpleObject};
use domain::risk::{Moved, moved};

use super::schema::{Assessment, spoken};
use super::simulation::{Simulation, SupposedSignal, Supposition, assessment_simulate};
use crate::accounts::AccountId;
use crate::error::Result;
use crate::members::MemberId;
use crate::platform::graphql::{Date, MoneyView, cost, cx, list_size};
use crate::signals::{Cause, FactorKind, SignalId};

/// What is supposed of an account; at least one thing. Everything else stays as it is.
#[derive(InputObject)]
pub struct AssessmentSupposeInput {
    /// The day that is looked at, today or at most 365 days ahead: what if nobody orders or calls until then. Left out, the account buys as
    /// it does today, and what is supposed is taken as if it were so already: what it does by itself.
    pub as_of: Option<Date>,
    /// The owner leaves: his last day, today or at most 365 days ahead. The account passes on the day after.
    pub departure_on: Option<Date>,
    /// Who takes the account over: on the day after `departureOn`, else today. Left out with a departure, somebody whose time with the company
    /// is not looked at.
    pub successor_id: Option<MemberId>,
    /// How far the relation will have been proven to pass to him, 0–100; 0 when left out.
    pub continuity: Option<i32>,
    /// Signals that would be recorded, at most 20.
    #[graphql(default)]
    pub signals: Vec<SupposedSignalInput>,
    /// Open signals of the account that would be settled today, at most 20.
    #[graphql(default)]
    pub settled_signal_ids: Vec<SignalId>,
    /// Somebody talks with the client on this day, today or at most 365 days ahead.
    pub visit_on: Option<Date>,
}

/// A signal that is supposed.
#[derive(InputObject)]
pub struct SupposedSignalInput {
    /// What would be seen; no kind that is measured.
    pub kind: FactorKind,
    /// Its cause; that of the kind when left out.
    pub cause: Option<Cause>,
    /// Since which day; the day looked at when left out.
    pub occurred_on: Option<Date>,
}

impl From<AssessmentSupposeInput> for Supposition {
    fn from(input: AssessmentSupposeInput) -> Self {
        let AssessmentSupposeInput {
            as_of,
            departure_on,
            successor_id,
            continuity,
            signals,
            settled_signal_ids,
            visit_on,
        } = input;
        let day = |date: Option<Date>| date.map(|Date(day)| day);
        Self {
            as_of: day(as_of),
            last_day: day(departure_on),
            successor: successor_id.map(|id| id.0),
            continuity,
            recorded: signals
                .into_iter()
                .map(|one| SupposedSignal {
                    kind: one.kind.into(),
                    cause: one.cause.map(Into::into),
                    occurred_on: day(one.occurred_on),
                })
                .collect(),
            settled: settled_signal_ids.into_iter().map(|id| id.0).collect(),
            visited_on: day(visit_on),
        }
    }
}

/// An account's assessment as it is, and as it would be. Nothing of it is stored.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct AssessmentSimulation {
    /// The day that was looked at.
    pub as_of: Date,
    /// As things are now.
    pub before: Assessment,
    /// As they would be on that day. A factor of what is supposed has no evidence.
    pub after: Assessment,
    /// How far the probability would rise, −1 to 1; null where one of the two is unknown.
    pub probability_change: Option<f64>,
    #[graphql(skip)]
    simulation: Simulation,
}

/// How one factor would change.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct FactorChange {
    /// The factor.
    pub kind: FactorKind,
    /// Its contribution now, in log-odds; 0 where there is none.
    pub before: f64,
    /// Its contribution then, in log-odds; 0 where there would be none.
    pub after: f64,
    /// The difference in points: +20 doubles the odds.
    pub points: f64,
    #[graphql(skip)]
    measured: domain::risk::FactorKind,
}

#[ComplexObject]
impl FactorChange {
    /// What to call it, in the language of the request's Accept-Language (English or Japanese).
    async fn title(&self, gql: &Context<'_>) -> String {
        spoken(gql, &self.measured.title())
    }
}

#[ComplexObject]
impl AssessmentSimulation {
    /// How far the revenue at risk would rise, in the tenant's currency; null where one of the two is unknown.
    async fn revenue_at_risk_change(&self) -> Result<Option<MoneyView>> {
        let Simulation { before, after, .. } = &self.simulation;
        let change = after.revenue_at_risk_minor.zip(before.revenue_at_risk_minor);
        change
            .map(|(after, before)| {
                MoneyView::from_minor(after.saturating_sub(before), &self.simulation.before.currency)
            })
            .transpose()
    }

    /// The factors that would change, the weightiest change first. Together they are the whole change of the log-odds.
    #[graphql(directive = list_size::apply(10))]
    async fn changes(&self) -> Vec<FactorChange> {
        moved(&self.simulation.before.factors, &self.simulation.after.factors)
            .into_iter()
            .map(Into::into)
            .collect()
    }
}

impl From<Moved> for FactorChange {
    fn from(moved: Moved) -> Self {
        Self {
            kind: moved.kind.into(),
            before: moved.before,
            after: moved.after,
            points: moved.points,
            measured: moved.kind,
        }
    }
}

impl From<Simulation> for AssessmentSimulation {
    fn from(simulation: Simulation) -> Self {
        let (before, after) = (&simulation.before, &simulation.after);
        Self {
            as_of: Date(simulation.day),
            probability_change: after
                .probability
                .zip(before.probability)
                .map(|(after, before)| after - before),
            before: Assessment::from(before.clone()),
            after: Assessment::supposed(after.clone()),
            simulation,
        }
    }
}

/// Asking what if.
#[derive(Default)]
pub struct SimulationQuery;

#[Object]
impl SimulationQuery {
    /// What if: the account's assessment as it is beside what it would be under a departure, a successor, a signal more or less, a visit, or
    /// nothing at all until a later day. Null for an account that the caller does not see.
    #[graphql(directive = cost::apply("30".to_owned()))]
    async fn assessment_simulate(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The account.")] account_id: AccountId,
        #[graphql(desc = "What is supposed of it.")] suppose: AssessmentSupposeInput,
    ) -> Result<Option<AssessmentSimulation>> {
        let found = assessment_simulate(cx(gql), account_id.0, &suppose.into()).await?;
        Ok(found.map(Into::into))
    }
}
