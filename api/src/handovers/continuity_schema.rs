//! Continuity as the API shows it: what has been proven, by which touches, and what is missing next.

use async_graphql::{ComplexObject, Context, Enum, SimpleObject};
use chrono::NaiveDate;
use domain::handover::{MissingProof, NextProof, StepFacts, next, next_of};
use uuid::Uuid;

use super::continuity::{Evidence, Proof};
use super::loaders::StepsOf;
use super::progress::step_facts;
use super::types;
use crate::activities::{self, Activity};
use crate::contacts::{self, Contact};
use crate::error::Result;
use crate::platform::graphql::{Date, cx, list_size, loaders};

/// A proof of continuity that a contact still lacks.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::handover::MissingProof")]
pub enum ContinuityProof {
    /// A meeting of both members with the contact; 40 points.
    Introduction,
    /// A two-way touch that the successor began, without the one who leaves; 30 points.
    MetAlone,
    /// A touch that the contact began with the successor; 30 points.
    ReachedOut,
}

/// How far a relation has passed over from one member to the next.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct Continuity {
    /// 0–100, weighted by each contact's say; 0 when the account has no key contact.
    pub score: u8,
    /// The score from which the handover may complete without an override, 0–100.
    pub threshold: u8,
    /// Each key contact of the account.
    #[graphql(directive = list_size::apply(100))]
    pub contacts: Vec<ContactContinuity>,
    #[graphql(skip)]
    proven: domain::handover::Continuity,
    #[graphql(skip)]
    plan: Plan,
}

/// The handover whose continuity it is, as far as what comes next asks.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    pub handover: Uuid,
    pub last_day: NaiveDate,
    pub is_open: bool,
}

impl Plan {
    /// Its steps; none when it has ended, for then nothing comes next.
    async fn steps(self, gql: &Context<'_>) -> Result<Option<Vec<StepFacts>>> {
        if !self.is_open {
            return Ok(None);
        }
        let steps = loaders(gql).load_one(StepsOf(self.handover)).await?.unwrap_or_default();
        steps.iter().map(step_facts).collect::<Result<_>>().map(Some)
    }
}

/// A proof that is missing, and by when it is due.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct ContinuityNext {
    /// What is missing.
    pub proof: ContinuityProof,
    /// The day by which it is due, in the tenant's time zone: that of its step, or as the plan would have it; past when it is
    /// overdue.
    pub due_on: Date,
    #[graphql(skip)]
    contact: Uuid,
}

impl From<NextProof> for ContinuityNext {
    fn from(next: NextProof) -> Self {
        Self {
            proof: next.proof.into(),
            due_on: Date(next.due_on),
            contact: next.contact,
        }
    }
}

#[ComplexObject]
impl ContinuityNext {
    /// Of whom.
    async fn contact(&self, gql: &Context<'_>) -> Result<Option<Contact>> {
        types::contact(gql, self.contact).await
    }

    /// What is to happen, in the language of the request.
    async fn text(&self, gql: &Context<'_>) -> String {
        let text = MissingProof::from(self.proof).text();
        text.get(cx(gql).request.lang).to_owned()
    }
}

#[ComplexObject]
impl Continuity {
    /// What is missing next and by when: of all contacts what is due first. Null when nothing is missing, no key contact is
    /// known, or it has ended.
    async fn next(&self, gql: &Context<'_>) -> Result<Option<ContinuityNext>> {
        let Some(steps) = self.plan.steps(gql).await? else {
            return Ok(None);
        };
        Ok(next(&self.proven, &steps, self.plan.last_day).map(Into::into))
    }
}

impl Continuity {
    pub(super) fn of(
        Proof {
            continuity: proven,
            evidence,
        }: Proof,
        threshold: u8,
        plan: Plan,
    ) -> Self {
        let contacts = proven.contacts.iter().cloned();
        let contacts = contacts.map(|contact| ContactContinuity::of(contact, evidence.clone(), plan));
        Self {
            score: proven.score,
            threshold,
            contacts: contacts.collect(),
            proven,
            plan,
        }
    }
}

/// How far the relation to one contact has passed over.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct ContactContinuity {
    /// The contact's say in the client's decisions, 0–100.
    pub weight: u8,
    /// 0–100: 40 for the introduction, 30 for meeting alone, 30 for reaching out.
    pub points: u8,
    /// What is lacking to 100.
    pub missing: Vec<ContinuityProof>,
    #[graphql(skip)]
    proven: domain::handover::ContactContinuity,
    #[graphql(skip)]
    evidence: Evidence,
    #[graphql(skip)]
    plan: Plan,
}

impl ContactContinuity {
    fn of(proven: domain::handover::ContactContinuity, evidence: Evidence, plan: Plan) -> Self {
        Self {
            weight: proven.weight,
            points: proven.points,
            missing: proven.missing.iter().copied().map(Into::into).collect(),
            proven,
            evidence,
            plan,
        }
    }

    /// Activities that were evidence. What is wanted of them was mostly read when they were.
    async fn shown(&self, gql: &Context<'_>, ids: &[Uuid]) -> Result<Vec<Activity>> {
        match self.evidence.activities(ids, activities::wanted(gql)) {
            Some(rows) => Ok(rows.into_iter().map(Activity::from).collect()),
            None => types::activities(gql, ids).await,
        }
    }
}

/// Most activities shown as proof of one thing; the first ones count as well as all.
const MOST_PROOFS: usize = 20;

#[ComplexObject]
impl ContactContinuity {
    /// The contact.
    async fn contact(&self, gql: &Context<'_>) -> Result<Option<Contact>> {
        let id = self.proven.contact;
        match self.evidence.contact(id, contacts::wanted_below(gql, &[])) {
            Some(row) => Ok(Some(Contact::from(row))),
            None => types::contact(gql, id).await,
        }
    }

    /// What he lacks next and by when; null when nothing is missing, or the handover has ended.
    async fn next(&self, gql: &Context<'_>) -> Result<Option<ContinuityNext>> {
        let Some(steps) = self.plan.steps(gql).await? else {
            return Ok(None);
        };
        Ok(next_of(&self.proven, &steps, self.plan.last_day).map(Into::into))
    }

    /// The first touch in which the one who leaves introduced the successor; null while there is none.
    async fn introduced(&self, gql: &Context<'_>) -> Result<Option<Activity>> {
        Ok(self.shown(gql, self.proven.introduced.as_slice()).await?.pop())
    }

    /// The two-way touches of the successor without the one who leaves, oldest first; at most 20.
    #[graphql(directive = list_size::apply(20))]
    async fn met_alone(&self, gql: &Context<'_>) -> Result<Vec<Activity>> {
        let shown = self.proven.met_alone.iter().copied().take(MOST_PROOFS);
        self.shown(gql, &shown.collect::<Vec<_>>()).await
    }

    /// The touches that the contact began with the successor, oldest first; at most 20.
    #[graphql(directive = list_size::apply(20))]
    async fn reached_out(&self, gql: &Context<'_>) -> Result<Vec<Activity>> {
        let shown = self.proven.reached_out.iter().copied().take(MOST_PROOFS);
        self.shown(gql, &shown.collect::<Vec<_>>()).await
    }
}
