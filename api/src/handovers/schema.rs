//! Reading and changing handovers over the API.

use async_graphql::{Context, InputObject, Object};

use super::HandoverId;
use super::service::{self, HandoverDraft, HandoverFilter};
use super::types::{Handover, HandoverStatus};
use crate::accounts::AccountId;
use crate::departures::DepartureId;
use crate::error::Result;
use crate::follow_ups::service::Moves;
use crate::members::MemberId;
use crate::platform::graphql::{Connection, Date, PageArgs, Total, connection, cx, payload};

/// How a list of handovers is narrowed. All given conditions must hold.
#[derive(InputObject, Default)]
pub struct HandoverFilterInput {
    /// Only those of this account.
    pub account_id: Option<AccountId>,
    /// Only those from or to this member.
    pub member_id: Option<MemberId>,
    /// Only those in one of these states.
    pub statuses: Option<Vec<HandoverStatus>>,
    /// Only those that have not ended.
    #[graphql(default)]
    pub open_only: bool,
    /// Only those that were opened for this departure.
    pub departure_id: Option<DepartureId>,
}

impl From<HandoverFilterInput> for HandoverFilter {
    fn from(input: HandoverFilterInput) -> Self {
        Self {
            account: input.account_id.map(Into::into),
            member: input.member_id.map(Into::into),
            statuses: input
                .statuses
                .map(|statuses| statuses.into_iter().map(Into::into).collect()),
            open_only: input.open_only,
            departure: input.departure_id.map(Into::into),
        }
    }
}

/// Reading handovers.
#[derive(Default)]
pub struct HandoverQuery;

#[Object]
impl HandoverQuery {
    /// One handover; null when there is none that the caller may see.
    async fn handover(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Its id.")] id: HandoverId,
    ) -> Result<Option<Handover>> {
        let found = service::handover_find(cx(gql), id.0).await?;
        found.map(Handover::of).transpose()
    }

    /// The handovers of accounts that the caller may see, newest plan first.
    async fn handovers(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Narrows the list.")] filter: Option<HandoverFilterInput>,
        #[graphql(desc = "Rows from the start or after `after`, 1–100; 20 when nothing is said.")] first: Option<i32>,
        #[graphql(desc = "Rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the end or before `before`, 1–100.")] last: Option<i32>,
        #[graphql(desc = "Rows in front of this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<Handover>>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        handover_page(gql, filter.unwrap_or_default().into(), &args)
            .await
            .map(Some)
    }
}

/// A page of handovers as the API shows them.
pub async fn handover_page(gql: &Context<'_>, filter: HandoverFilter, args: &PageArgs) -> Result<Connection<Handover>> {
    let page = service::handover_list(cx(gql), &filter, args).await?;
    let page = page.try_map(Handover::of)?;
    let total = Total::new(move |ctx| {
        let filter = filter.clone();
        async move { service::handover_count(&ctx, &filter).await }
    });
    Ok(connection(page, total, |handover| handover))
}

/// An account to be handed over by its owner.
#[derive(InputObject)]
pub struct HandoverPlanInput {
    /// The account; its owner is the one who leaves.
    pub account_id: AccountId,
    /// Who takes it over.
    pub to_member_id: MemberId,
    /// The owner's last day, today or later and at most two years ahead; ownership switches when it is over.
    pub last_day: Date,
    /// Why, 1–200 characters.
    pub reason: String,
    /// Anything else worth knowing.
    pub note: Option<String>,
    /// Whether the owner's open follow-ups on the account pass on when ownership switches.
    #[graphql(default = true)]
    pub moves_follow_ups: bool,
    /// Whether the open follow-ups of others on the account pass on then.
    #[graphql(default)]
    pub moves_others_follow_ups: bool,
}

impl From<HandoverPlanInput> for HandoverDraft {
    fn from(input: HandoverPlanInput) -> Self {
        Self {
            account: input.account_id.0,
            to: input.to_member_id.0,
            last_day: input.last_day.0,
            reason: input.reason,
            note: input.note,
            moves: Moves {
                own: input.moves_follow_ups,
                others: input.moves_others_follow_ups,
            },
        }
    }
}

/// A handover that is to be completed.
#[derive(InputObject)]
pub struct HandoverCompleteInput {
    /// The handover.
    pub id: HandoverId,
    /// The version that the caller saw.
    pub version: i32,
    /// Why it is complete although continuity is below the threshold; only a manager may give one.
    pub override_reason: Option<String>,
}

/// A handover that is to be called off.
#[derive(InputObject)]
pub struct HandoverCancelInput {
    /// The handover.
    pub id: HandoverId,
    /// The version that the caller saw.
    pub version: i32,
    /// Why, 1–4,000 characters.
    pub reason: String,
}

/// A handover that did not work.
#[derive(InputObject)]
pub struct HandoverFailInput {
    /// The handover.
    pub id: HandoverId,
    /// The version that the caller saw.
    pub version: i32,
    /// Why, 1–4,000 characters.
    pub reason: String,
}

/// Changing handovers.
#[derive(Default)]
pub struct HandoverMutation;

#[Object]
impl HandoverMutation {
    /// Opens a handover of an account from its owner to a successor and lays out its steps.
    async fn handover_plan(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Account, successor and last day.")] input: HandoverPlanInput,
    ) -> Result<Option<HandoverPlanPayload>> {
        let result = service::handover_plan(cx(gql), input.into()).await;
        HandoverPlanPayload::of(result.and_then(Handover::of)).map(Some)
    }

    /// Completes a handover in BONDING whose continuity reaches the tenant's threshold; below it INCOMPLETE says what
    /// is missing, and a manager may give a reason instead.
    async fn handover_complete(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The handover.")] input: HandoverCompleteInput,
    ) -> Result<Option<HandoverCompletePayload>> {
        let result = service::handover_complete(cx(gql), input.id.0, input.version.into(), input.override_reason).await;
        HandoverCompletePayload::of(result.and_then(Handover::of)).map(Some)
    }

    /// Calls off a handover in PLANNED or INTRODUCING: the account stays with its owner.
    async fn handover_cancel(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Handover and reason.")] input: HandoverCancelInput,
    ) -> Result<Option<HandoverCancelPayload>> {
        let result = service::handover_cancel(cx(gql), input.id.0, input.version.into(), input.reason).await;
        HandoverCancelPayload::of(result.and_then(Handover::of)).map(Some)
    }

    /// Declares that the relation of a handover in BONDING did not pass over. For managers.
    async fn handover_fail(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Handover and reason.")] input: HandoverFailInput,
    ) -> Result<Option<HandoverFailPayload>> {
        let result = service::handover_fail(cx(gql), input.id.0, input.version.into(), input.reason).await;
        HandoverFailPayload::of(result.and_then(Handover::of)).map(Some)
    }
}

payload! {
    /// Result of `handoverPlan`.
    HandoverPlanPayload {
        /// The new handover.
        handover: Handover
    }
}
payload! {
    /// Result of `handoverComplete`.
    HandoverCompletePayload {
        /// The completed handover.
        handover: Handover
    }
}
payload! {
    /// Result of `handoverCancel`.
    HandoverCancelPayload {
        /// The cancelled handover.
        handover: Handover
    }
}
payload! {
    /// Result of `handoverFail`.
    HandoverFailPayload {
        /// The failed handover.
        handover: Handover
    }
}
