//! Planning and undoing departures over the API.

use async_graphql::{ComplexObject, Context, InputObject, Object, SimpleObject};

use super::DepartureId;
use super::schema::{Departure, DepartureFilterInput, DepartureKind, DeparturePreviewInput, DepartureSuccessorInput};
use super::service::{self, DepartureDraft, Undone};
use crate::error::Result;
use crate::follow_ups::service::Moves;
use crate::handovers::Handover;
use crate::members::MemberId;
use crate::platform::graphql::{Date, cost, cx, list_size, payload};

/// A member who leaves or rotates.
#[derive(InputObject)]
pub struct DeparturePlanInput {
    /// Who leaves or rotates.
    pub member_id: MemberId,
    /// What becomes of him; LEAVING when nothing is said.
    pub kind: Option<DepartureKind>,
    /// His last day, today or later and at most two years ahead; ownership switches when it is over.
    pub last_day: Date,
    /// Why, 1–200 characters.
    pub reason: String,
    /// Anything else worth knowing.
    pub note: Option<String>,
    /// Which of his accounts; all of them when nothing is said.
    pub filter: Option<DepartureFilterInput>,
    /// Successors that you choose yourself; the others are one best assignment, as `departurePreview` shows it.
    pub successors: Option<Vec<DepartureSuccessorInput>>,
    /// Who may be proposed, at most 50; as in `departurePreview`.
    pub candidate_ids: Option<Vec<MemberId>>,
    /// How many accounts a member may own afterwards; as in `departurePreview`.
    pub workload_limit: Option<i32>,
    /// Whether his open follow-ups on the accounts pass on when ownership switches. Of one who LEAVES they always do.
    #[graphql(default = true)]
    pub moves_follow_ups: bool,
    /// Whether the open follow-ups of others on the accounts pass on then.
    #[graphql(default)]
    pub moves_others_follow_ups: bool,
    /// Whether his places on the teams of accounts end with the last day; his open follow-ups there go to the accounts' owners.
    #[graphql(default = true)]
    pub ends_team_places: bool,
}

impl From<DeparturePlanInput> for DepartureDraft {
    fn from(input: DeparturePlanInput) -> Self {
        let request = DeparturePreviewInput {
            member_id: input.member_id,
            last_day: input.last_day,
            filter: input.filter,
            successors: input.successors,
            candidate_ids: input.candidate_ids,
            workload_limit: input.workload_limit,
        };
        Self {
            request: request.into(),
            kind: input.kind.unwrap_or(DepartureKind::Leaving).into(),
            reason: input.reason,
            note: input.note,
            moves: Moves {
                own: input.moves_follow_ups,
                others: input.moves_others_follow_ups,
            },
            ends_team_places: input.ends_team_places,
        }
    }
}

/// A departure that is to be called off.
#[derive(InputObject)]
pub struct DepartureUndoInput {
    /// The departure.
    pub id: DepartureId,
    /// The version that the caller saw.
    pub version: i32,
    /// Why, 1–4,000 characters.
    pub reason: String,
}

/// A handover that goes on although its departure was called off.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct HandoverKept {
    /// The handover.
    pub handover: Handover,
    #[graphql(skip)]
    why: domain::lang::Text,
}

#[ComplexObject]
impl HandoverKept {
    /// Why it goes on, in the language of the request.
    async fn why(&self, gql: &Context<'_>) -> &str {
        self.why.get(cx(gql).request.lang)
    }
}

/// What became of the handovers of a departure that was called off.
pub struct DepartureUndone(Undone);

/// Most handovers shown that go on.
const MOST_KEPT: usize = 100;

/// What became of a departure that was called off, and of its handovers.
#[Object]
impl DepartureUndone {
    /// The departure.
    async fn departure(&self) -> Result<Departure> {
        Departure::of(self.0.departure.clone())
    }

    /// How many handovers were cancelled: those that were still PLANNED.
    async fn cancelled_count(&self) -> i32 {
        i32::try_from(self.0.cancelled).unwrap_or(i32::MAX)
    }

    /// How many go on.
    async fn kept_count(&self) -> i32 {
        i32::try_from(self.0.kept.len()).unwrap_or(i32::MAX)
    }

    /// Those that go on, with the reason; the first 100.
    #[graphql(directive = list_size::apply(100))]
    async fn kept(&self) -> Result<Vec<HandoverKept>> {
        let kept = self.0.kept.iter().take(MOST_KEPT).cloned();
        kept.map(|kept| {
            Ok(HandoverKept {
                handover: Handover::of(kept.handover)?,
                why: kept.why,
            })
        })
        .collect()
    }
}

/// Changing departures.
#[derive(Default)]
pub struct DepartureMutation;

#[Object]
impl DepartureMutation {
    /// Opens a handover of every account of a member who leaves or rotates, each with a successor and its steps: all of
    /// them, or none. Look at `departurePreview` before.
    #[graphql(directive = cost::apply("500".to_owned()))]
    async fn departure_plan(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Who leaves, when, and to whom his accounts pass.")] input: DeparturePlanInput,
    ) -> Result<Option<DeparturePlanPayload>> {
        let result = service::departure_plan(cx(gql), input.into()).await;
        DeparturePlanPayload::of(result.and_then(Departure::of)).map(Some)
    }

    /// Calls a departure off while its last day is not over: handovers still PLANNED are cancelled, the others go on and
    /// are told with the reason; who was to leave has no last day any more.
    async fn departure_undo(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Departure and reason.")] input: DepartureUndoInput,
    ) -> Result<Option<DepartureUndoPayload>> {
        let result = service::departure_undo(cx(gql), input.id.0, input.version.into(), input.reason).await;
        DepartureUndoPayload::of(result.map(DepartureUndone)).map(Some)
    }
}

payload! {
    /// Result of `departurePlan`.
    DeparturePlanPayload {
        /// The new departure.
        departure: Departure
    }
}
payload! {
    /// Result of `departureUndo`.
    DepartureUndoPayload {
        /// What became of the departure and its handovers.
        undone: DepartureUndone
    }
}
