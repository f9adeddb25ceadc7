//! Changes of activities as the API takes them.

use async_graphql::{Context, InputObject, MaybeUndefined, Object};
use chrono::{DateTime, Utc};

use super::ActivityId;
use super::schema::{Activity, ActivityKind, StartedBy};
use super::service::{self, ActivityChanges, ActivityDraft};
use crate::accounts::{self, AccountId};
use crate::contacts::ContactId;
use crate::error::Result;
use crate::follow_ups::FollowUpId;
use crate::members::MemberId;
use crate::platform::graphql::{cx, payload};

payload! {
    /// Result of `activityRecord`.
    ActivityRecordPayload {
        /// The activity that is on record.
        activity: Activity
    }
}
payload! {
    /// Result of `activityUpdate`.
    ActivityUpdatePayload {
        /// The activity after the change.
        activity: Activity
    }
}
payload! {
    /// Result of `activityArchive`.
    ActivityArchivePayload {
        /// The archived activity.
        activity: Activity
    }
}

/// A touch that happened.
#[derive(InputObject)]
pub struct ActivityRecordInput {
    /// The account that it was with.
    pub account_id: AccountId,
    /// What kind of touch it was.
    pub kind: ActivityKind,
    /// Instant at which it happened; not in the future.
    pub occurred_at: DateTime<Utc>,
    /// The member who did it; the caller when nothing is said.
    pub member_id: Option<MemberId>,
    /// Other members who were present; at most 50.
    #[graphql(default)]
    pub with_member_ids: Vec<MemberId>,
    /// Contacts of the account who took part; at most 50.
    #[graphql(default)]
    pub contact_ids: Vec<ContactId>,
    /// Who began it.
    #[graphql(default_with = "StartedBy::Us")]
    pub started_by: StartedBy,
    /// True when both sides said something. When nothing is said, true for meetings, calls, events, delivery reviews and
    /// e-mails that the contact began.
    pub two_way: Option<bool>,
    /// What was talked about and what came of it, 1–4,000 characters.
    pub summary: String,
    /// What is to be done next.
    pub next_step: Option<String>,
    /// The client's satisfaction as he told it, from 1 (very dissatisfied) to 5 (very satisfied).
    pub satisfaction: Option<i32>,
    /// Another system's id for it; unique. Recording it again at the same account gives the first one, unchanged.
    pub external_id: Option<String>,
    /// The open follow-up of the account that is done by it.
    pub follow_up_id: Option<FollowUpId>,
}

impl From<ActivityRecordInput> for ActivityDraft {
    fn from(input: ActivityRecordInput) -> Self {
        Self {
            account: input.account_id.0,
            kind: input.kind.into(),
            occurred_at: input.occurred_at,
            member: input.member_id.map(Into::into),
            with_members: input.with_member_ids.into_iter().map(Into::into).collect(),
            contacts: input.contact_ids.into_iter().map(Into::into).collect(),
            started_by: input.started_by.into(),
            two_way: input.two_way,
            summary: input.summary,
            next_step: input.next_step,
            satisfaction: input.satisfaction,
            external_id: input.external_id,
            follow_up: input.follow_up_id.map(Into::into),
        }
    }
}

/// A correction of an activity. What is left out stays; null clears.
#[derive(InputObject)]
pub struct ActivityUpdateInput {
    /// The activity.
    pub id: ActivityId,
    /// The version that the caller saw.
    pub version: i32,
    /// What kind of touch it was.
    pub kind: Option<ActivityKind>,
    /// Instant at which it happened; not in the future.
    pub occurred_at: Option<DateTime<Utc>>,
    /// Other members who were present, in place of those so far; at most 50.
    pub with_member_ids: Option<Vec<MemberId>>,
    /// Contacts of the account who took part, in place of those so far; at most 50.
    pub contact_ids: Option<Vec<ContactId>>,
    /// Who began it.
    pub started_by: Option<StartedBy>,
    /// True when both sides said something.
    pub two_way: Option<bool>,
    /// What was talked about and what came of it, 1–4,000 characters.
    pub summary: Option<String>,
    /// What is to be done next.
    pub next_step: MaybeUndefined<String>,
    /// The client's satisfaction as he told it, from 1 (very dissatisfied) to 5 (very satisfied).
    pub satisfaction: MaybeUndefined<i32>,
}

impl From<ActivityUpdateInput> for ActivityChanges {
    fn from(input: ActivityUpdateInput) -> Self {
        Self {
            kind: input.kind.map(Into::into),
            occurred_at: input.occurred_at,
            with_members: input
                .with_member_ids
                .map(|ids| ids.into_iter().map(Into::into).collect()),
            contacts: input.contact_ids.map(|ids| ids.into_iter().map(Into::into).collect()),
            started_by: input.started_by.map(Into::into),
            two_way: input.two_way,
            summary: input.summary,
            next_step: input.next_step,
            satisfaction: input.satisfaction,
        }
    }
}

/// An activity at the version that the caller saw.
#[derive(InputObject)]
pub struct ActivityVersionInput {
    /// The activity.
    pub id: ActivityId,
    /// The version that the caller saw.
    pub version: i32,
}

/// Recording activities.
#[derive(Default)]
pub struct ActivityMutation;

#[Object]
impl ActivityMutation {
    /// Records a touch that happened. It moves the account's open handover as far as it proves something.
    async fn activity_record(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The activity.")] input: ActivityRecordInput,
    ) -> Result<Option<ActivityRecordPayload>> {
        let of_account = accounts::wanted_below(gql, &["activity", "account"]);
        let result = service::activity_record(cx(gql), input.into(), of_account).await;
        ActivityRecordPayload::of(result.map(Activity::recorded)).map(Some)
    }

    /// Corrects an activity; a stale version is a CONFLICT that says what changed.
    async fn activity_update(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The correction.")] input: ActivityUpdateInput,
    ) -> Result<Option<ActivityUpdatePayload>> {
        let result = service::activity_update(cx(gql), input.id.0, input.version.into(), input.into()).await;
        ActivityUpdatePayload::of(result.map(Activity::from)).map(Some)
    }

    /// Archives an activity: lists leave it out, and it proves nothing any more.
    async fn activity_archive(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The activity.")] input: ActivityVersionInput,
    ) -> Result<Option<ActivityArchivePayload>> {
        let result = service::activity_archive(cx(gql), input.id.0, input.version.into()).await;
        ActivityArchivePayload::of(result.map(Activity::from)).map(Some)
    }
}
