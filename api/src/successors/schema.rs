//! Advice on successors over the API.

use async_graphql::{Context, Enum, Object, SimpleObject};
use domain::succession::Suitability;

use super::service::{self, Advised};
use crate::accounts::AccountId;
use crate::error::{Error, Result};
use crate::members::Member;
use crate::platform::graphql::{cost, cx, list_size};

/// Most successors advised at once.
const MOST: i32 = 50;

/// Why a member suits an account.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::succession::SuccessionReason")]
pub enum SuccessionReason {
    /// He looks after accounts of the same industry, as the one who leaves does; up to 50 points.
    IndustryExperience,
    /// He has had two-way touches with the account's key contacts, weighted by their say; up to 30 points.
    Acquaintance,
    /// He has been with the company for a while, fully after 180 days; up to 20 points.
    ExistingStaff,
}

/// What one reason gives of the points.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct SuccessionShare {
    /// The reason.
    pub reason: SuccessionReason,
    /// What it gives.
    pub points: f64,
    /// The most that it can give.
    pub most: u8,
}

#[async_graphql::ComplexObject]
impl SuccessionShare {
    /// The reason in words, in the language of the request.
    async fn text(&self, gql: &Context<'_>) -> String {
        let reason = domain::succession::SuccessionReason::from(self.reason);
        reason.text().get(cx(gql).request.lang).to_owned()
    }
}

impl SuccessionShare {
    /// What each reason gives, weightiest reason first.
    pub fn all(suits: &Suitability) -> Vec<Self> {
        domain::succession::SuccessionReason::ALL
            .iter()
            .zip(suits.shares)
            .map(|(reason, points)| Self {
                reason: (*reason).into(),
                points,
                most: reason.weight(),
            })
            .collect()
    }
}

/// A member who could take an account over. The reasons and their order are from Shi, Sridhar, Grewal and Lilien, Journal
/// of Marketing 81 (2017), 25–44; the weights are our judgement. Star results count for nothing.
#[derive(SimpleObject)]
pub struct SuccessorAdvice {
    /// The member.
    pub member: Member,
    /// How well he suits the account, 0–100: the sum of the shares.
    pub points: f64,
    /// What each reason gives, weightiest reason first.
    #[graphql(directive = list_size::apply(3))]
    pub shares: Vec<SuccessionShare>,
    /// How many accounts he looks after already; of equals, who has least comes first.
    pub account_count: i32,
}

impl From<Advised> for SuccessorAdvice {
    fn from(advised: Advised) -> Self {
        let Advised { member, suits, owned } = advised;
        Self {
            member: member.into(),
            points: suits.points,
            shares: SuccessionShare::all(&suits),
            account_count: i32::try_from(owned).unwrap_or(i32::MAX),
        }
    }
}

/// Advice on successors.
#[derive(Default)]
pub struct SuccessorQuery;

#[Object]
impl SuccessorQuery {
    /// The members who would suit the account best if its owner left, best first, with the share that each reason has in
    /// it. Null when there is no account with this id that the caller may see. For those who may plan its handover.
    #[graphql(directive = cost::apply("20".to_owned()))]
    async fn successor_advice(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The account.")] account_id: AccountId,
        #[graphql(desc = "How many, 1–50; 10 when nothing is said.", default = 10)] first: i32,
    ) -> Result<Option<Vec<SuccessorAdvice>>> {
        let most = match usize::try_from(first) {
            Ok(most) if (1..=MOST).contains(&first) => most,
            _ => {
                return Err(Error::bad_input(
                    format!("first is 1 to {MOST}."),
                    format!("first は1〜{MOST}で指定してください。"),
                ));
            }
        };
        let advised = service::successor_advise(cx(gql), account_id.0, most).await?;
        Ok(advised.map(|advised| advised.into_iter().map(SuccessorAdvice::from).collect()))
    }
}
