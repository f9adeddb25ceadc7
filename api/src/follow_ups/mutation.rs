//! Changes of follow-ups as the API takes them.

use async_graphql::{Context, InputObject, MaybeUndefined, Object};

use super::FollowUpId;
use super::schema::FollowUp;
use super::service::{self, FollowUpChanges, FollowUpDraft};
use crate::accounts::AccountId;
use crate::activities::ActivityId;
use crate::contacts::ContactId;
use crate::error::Result;
use crate::members::MemberId;
use crate::platform::graphql::{Date, cx, payload};

payload! {
    /// Result of `followUpCreate`.
    FollowUpCreatePayload {
        /// The new follow-up.
        follow_up: FollowUp
    }
}
payload! {
    /// Result of `followUpUpdate`.
    FollowUpUpdatePayload {
        /// The follow-up after the change.
        follow_up: FollowUp
    }
}
payload! {
    /// Result of `followUpComplete`.
    FollowUpCompletePayload {
        /// The completed follow-up.
        follow_up: FollowUp
    }
}
payload! {
    /// Result of `followUpCancel`.
    FollowUpCancelPayload {
        /// The cancelled follow-up.
        follow_up: FollowUp
    }
}

/// A touch that should happen.
#[derive(InputObject)]
pub struct FollowUpCreateInput {
    /// The account.
    pub account_id: AccountId,
    /// The member who is to do it, who must see the account; the caller when nothing is said.
    pub member_id: Option<MemberId>,
    /// The contact it is with, of the same account.
    pub contact_id: Option<ContactId>,
    /// The day by which it is to happen, today or later and at most five years ahead.
    pub due_on: Date,
    /// Why, 1–200 characters.
    pub reason: String,
    /// What was last talked about.
    pub talked_about: Option<String>,
    /// What was promised.
    pub promised: Option<String>,
}

impl From<FollowUpCreateInput> for FollowUpDraft {
    fn from(input: FollowUpCreateInput) -> Self {
        Self {
            account: input.account_id.0,
            member: input.member_id.map(Into::into),
            contact: input.contact_id.map(Into::into),
            due_on: input.due_on.0,
            reason: input.reason,
            talked_about: input.talked_about,
            promised: input.promised,
        }
    }
}

/// A change of a follow-up that is open. What is left out stays; null clears.
#[derive(InputObject)]
pub struct FollowUpUpdateInput {
    /// The follow-up.
    pub id: FollowUpId,
    /// The version that the caller saw.
    pub version: i32,
    /// The member who is to do it, who must see the account.
    pub member_id: Option<MemberId>,
    /// The contact it is with, of the same account.
    pub contact_id: MaybeUndefined<ContactId>,
    /// The day by which it is to happen, today or later and at most five years ahead.
    pub due_on: Option<Date>,
    /// Why, 1–200 characters.
    pub reason: Option<String>,
    /// What was last talked about.
    pub talked_about: MaybeUndefined<String>,
    /// What was promised.
    pub promised: MaybeUndefined<String>,
}

impl From<FollowUpUpdateInput> for FollowUpChanges {
    fn from(input: FollowUpUpdateInput) -> Self {
        Self {
            member: input.member_id.map(Into::into),
            contact: input.contact_id.map_value(Into::into),
            due_on: input.due_on.map(|day| day.0),
            reason: input.reason,
            talked_about: input.talked_about,
            promised: input.promised,
        }
    }
}

/// The end of a follow-up that has happened.
#[derive(InputObject)]
pub struct FollowUpCompleteInput {
    /// The follow-up.
    pub id: FollowUpId,
    /// The version that the caller saw.
    pub version: i32,
    /// The touch that did it, of the same account, when one is on record. To record it and complete the follow-up at once, give
    /// the follow-up to `activityRecord`.
    pub activity_id: Option<ActivityId>,
}

/// The end of a follow-up that is not to happen.
#[derive(InputObject)]
pub struct FollowUpCancelInput {
    /// The follow-up.
    pub id: FollowUpId,
    /// The version that the caller saw.
    pub version: i32,
    /// Why, 1–4,000 characters.
    pub reason: String,
}

/// Changing follow-ups.
#[derive(Default)]
pub struct FollowUpMutation;

#[Object]
impl FollowUpMutation {
    /// Makes a follow-up.
    async fn follow_up_create(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The follow-up.")] input: FollowUpCreateInput,
    ) -> Result<Option<FollowUpCreatePayload>> {
        let result = service::follow_up_create(cx(gql), input.into()).await;
        FollowUpCreatePayload::of(result.and_then(FollowUp::of)).map(Some)
    }

    /// Changes a follow-up that is open; a stale version is a CONFLICT that says what changed.
    async fn follow_up_update(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The change.")] input: FollowUpUpdateInput,
    ) -> Result<Option<FollowUpUpdatePayload>> {
        let result = service::follow_up_update(cx(gql), input.id.0, input.version.into(), input.into()).await;
        FollowUpUpdatePayload::of(result.and_then(FollowUp::of)).map(Some)
    }

    /// Completes a follow-up: it has happened.
    async fn follow_up_complete(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The follow-up, and the touch that did it.")] input: FollowUpCompleteInput,
    ) -> Result<Option<FollowUpCompletePayload>> {
        let activity = input.activity_id.map(Into::into);
        let result = service::follow_up_complete(cx(gql), input.id.0, input.version.into(), activity).await;
        FollowUpCompletePayload::of(result.and_then(FollowUp::of)).map(Some)
    }

    /// Cancels a follow-up: it is not to happen any more.
    async fn follow_up_cancel(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The follow-up and the reason.")] input: FollowUpCancelInput,
    ) -> Result<Option<FollowUpCancelPayload>> {
        let result = service::follow_up_cancel(cx(gql), input.id.0, input.version.into(), input.reason).await;
        FollowUpCancelPayload::of(result.and_then(FollowUp::of)).map(Some)
    }
}
