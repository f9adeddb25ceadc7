//! Following handovers over the API.

use async_graphql::{ComplexObject, Context, Object, SimpleObject};
use entity::event;
use uuid::Uuid;

use super::loaders::HandoverById;
use super::types::Handover;
use super::{HandoverId, HandoverKind};
use crate::accounts::AccountId;
use crate::error::Result;
use crate::events::{self, Event};
use crate::platform::graphql::{BigInt, IdKind, Interest, check_start, cx, delivered, loaders};

/// Something that happened to a handover, and the handover now.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct HandoverChange {
    /// What happened.
    pub event: Event,
    #[graphql(skip)]
    handover: Uuid,
}

#[ComplexObject]
impl HandoverChange {
    /// The handover as it is at the moment of delivery.
    async fn handover(&self, gql: &Context<'_>) -> Result<Option<Handover>> {
        let found = loaders(gql).load_one(HandoverById(self.handover)).await?;
        found.map(Handover::of).transpose()
    }
}

/// The handover that an event concerns: its subject, or the one that its step belongs to.
fn handover_of(event: &event::Model) -> Option<Uuid> {
    if event.subject_kind == HandoverKind::PREFIX {
        return Some(event.subject_id);
    }
    let is_of_handover = event.r#type.starts_with("handover.");
    let named = event.payload.get("handover").and_then(|id| id.as_str());
    named.filter(|_| is_of_handover).and_then(|id| id.parse().ok())
}

/// Following handovers.
#[derive(Default)]
pub struct HandoverSubscription;

#[Object]
impl HandoverSubscription {
    /// Whatever happens to handovers of accounts that the caller sees at that moment: planned, steps fulfilled, ownership
    /// switched, stalled, completed. To come back without missing anything, name the last `event { sequence }` that arrived.
    async fn handover_changed(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Only this handover.")] handover_id: Option<HandoverId>,
        #[graphql(desc = "Only the handovers of this account.")] account_id: Option<AccountId>,
        #[graphql(desc = "Begin behind this number instead of now.")] after_sequence: Option<BigInt>,
    ) -> Result<Option<HandoverChange>> {
        events::service::event_follow_authorize(cx(gql), None)?;
        let after = check_start(gql, after_sequence.as_ref()).await?;
        let interest = || Interest {
            after,
            most: 1,
            matches: Box::new(move |event| {
                handover_of(event).is_some_and(|handover| {
                    handover_id.as_ref().is_none_or(|id| id.0 == handover)
                        && account_id.as_ref().is_none_or(|id| Some(id.0) == event.account_id)
                })
            }),
        };
        let Some(happened) = delivered(gql, interest) else {
            return Ok(None);
        };
        let seen = events::service::event_seen(cx(gql), happened).await?;
        Ok(seen.into_iter().next().and_then(|event| {
            let handover = handover_of(&event)?;
            Some(HandoverChange {
                event: event.into(),
                handover,
            })
        }))
    }
}
