//! Changes of losses as the API takes them.

use async_graphql::{Context, InputObject, MaybeUndefined, Object};
use domain::loss::Share;

use super::LossId;
use super::schema::Loss;
use super::service::{self, LossChanges, LossDraft, Return};
use crate::accounts::AccountId;
use crate::activities::ActivityId;
use crate::error::Result;
use crate::orders::OrderId;
use crate::platform::graphql::{Date, cx, payload};
use crate::signals::Cause;

payload! {
    /// Result of `lossRecord`.
    LossRecordPayload {
        /// The new loss.
        loss: Loss
    }
}
payload! {
    /// Result of `lossUpdate`.
    LossUpdatePayload {
        /// The loss after the change.
        loss: Loss
    }
}
payload! {
    /// Result of `lossWinBack`.
    LossWinBackPayload {
        /// The loss, from which the account came back.
        loss: Loss
    }
}
payload! {
    /// Result of `lossArchive`.
    LossArchivePayload {
        /// The archived loss.
        loss: Loss
    }
}

/// A cause of a loss and its share in it.
#[derive(InputObject)]
pub struct LossCauseInput {
    /// The cause.
    pub cause: Cause,
    /// Its share in whole percent, 1–100.
    pub percent: i32,
    /// Whether our own conduct could have changed it. When nothing is said: true for QUALITY_SLIPPED, DELIVERY_INCONSISTENT,
    /// REP_CHANGED, CHEMISTRY, NEGLECT and SERVICE_INCIDENT, else false.
    pub controllable: Option<bool>,
}

impl From<LossCauseInput> for Share {
    fn from(input: LossCauseInput) -> Self {
        let cause: domain::risk::Cause = input.cause.into();
        Self {
            cause,
            // What does not fit is refused as what is too much.
            percent: u8::try_from(input.percent).unwrap_or_default(),
            controllable: input.controllable.unwrap_or(cause.controllable()),
        }
    }
}

fn shares(causes: Vec<LossCauseInput>) -> Vec<Share> {
    causes.into_iter().map(Into::into).collect()
}

/// An account that was lost.
#[derive(InputObject)]
pub struct LossRecordInput {
    /// The account.
    pub account_id: AccountId,
    /// The day on which it was lost, in the tenant's time zone; today or earlier, and not before its last order.
    pub lost_on: Date,
    /// Why: at least one cause, none twice, their shares adding up to 100 percent.
    pub causes: Vec<LossCauseInput>,
    /// What was learned, 1–4000 characters.
    pub learned: String,
    /// Whom the client went to, at most 200 characters.
    pub competitor: Option<String>,
    /// The day on which to try to win it back, today or later and at most five years ahead: a follow-up of the account's owner.
    pub win_back_on: Option<Date>,
}

impl From<LossRecordInput> for LossDraft {
    fn from(input: LossRecordInput) -> Self {
        Self {
            account: input.account_id.0,
            lost_on: input.lost_on.0,
            causes: shares(input.causes),
            learned: input.learned,
            competitor: input.competitor,
            win_back_on: input.win_back_on.map(|day| day.0),
        }
    }
}

/// A correction of a loss. What is left out stays; null clears.
#[derive(InputObject)]
pub struct LossUpdateInput {
    /// The loss.
    pub id: LossId,
    /// The version that the caller saw.
    pub version: i32,
    /// The day on which the account was lost. What it was worth is reckoned anew for another day.
    pub lost_on: Option<Date>,
    /// Why, in place of all that was said before.
    pub causes: Option<Vec<LossCauseInput>>,
    /// What was learned, 1–4000 characters.
    pub learned: Option<String>,
    /// Whom the client went to, at most 200 characters.
    pub competitor: MaybeUndefined<String>,
    /// The day on which to try to win it back. Another day moves the follow-up, or makes a new one when that has ended; null
    /// cancels it.
    pub win_back_on: MaybeUndefined<Date>,
}

impl From<LossUpdateInput> for LossChanges {
    fn from(input: LossUpdateInput) -> Self {
        Self {
            lost_on: input.lost_on.map(|day| day.0),
            causes: input.causes.map(shares),
            learned: input.learned,
            competitor: input.competitor,
            win_back_on: input.win_back_on.map_value(|day| day.0),
        }
    }
}

/// An account that came back.
#[derive(InputObject)]
pub struct LossWinBackInput {
    /// The loss.
    pub id: LossId,
    /// The version that the caller saw.
    pub version: i32,
    /// The day on which it came back: from the day of the loss until today.
    pub won_back_on: Date,
    /// The order with which it came back, of the same account.
    pub order_id: Option<OrderId>,
    /// The touch with which it came back, of the same account.
    pub activity_id: Option<ActivityId>,
}

/// A loss that was recorded by mistake.
#[derive(InputObject)]
pub struct LossArchiveInput {
    /// The loss.
    pub id: LossId,
    /// The version that the caller saw.
    pub version: i32,
}

/// Changing losses.
#[derive(Default)]
pub struct LossMutation;

#[Object]
impl LossMutation {
    /// Records that an account was lost: when, why, and what was learned. Its lifecycle is LOST from then on, a handover that is
    /// BONDING fails, and lists by risk have it apart. Refused with CONFLICT while the account is lost already.
    async fn loss_record(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Who was lost, when and why.")] input: LossRecordInput,
    ) -> Result<Option<LossRecordPayload>> {
        let result = service::loss_record(cx(gql), input.into()).await;
        LossRecordPayload::of(result.map(Loss::from)).map(Some)
    }

    /// Corrects a loss.
    async fn loss_update(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The loss and what changes.")] input: LossUpdateInput,
    ) -> Result<Option<LossUpdatePayload>> {
        let (id, version) = (input.id.0, input.version.into());
        let result = service::loss_update(cx(gql), id, version, input.into()).await;
        LossUpdatePayload::of(result.map(Loss::from)).map(Some)
    }

    /// Says that a lost account came back: its lifecycle is what it was before, and the reminder is done. An order of a later day
    /// than that of the loss does this by itself. Saying the same again changes nothing.
    async fn loss_win_back(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The loss, and when the account came back.")] input: LossWinBackInput,
    ) -> Result<Option<LossWinBackPayload>> {
        let came = Return {
            on: input.won_back_on.0,
            order: input.order_id.map(Into::into),
            activity: input.activity_id.map(Into::into),
        };
        let result = service::loss_win_back(cx(gql), input.id.0, input.version.into(), came).await;
        LossWinBackPayload::of(result.map(Loss::from)).map(Some)
    }

    /// Archives a loss that was recorded by mistake: lists and reports leave it out, and an account that has not come back is
    /// what it was before. Doing it twice changes nothing.
    async fn loss_archive(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The loss.")] input: LossArchiveInput,
    ) -> Result<Option<LossArchivePayload>> {
        let result = service::loss_archive(cx(gql), input.id.0, input.version.into()).await;
        LossArchivePayload::of(result.map(Loss::from)).map(Some)
    }
}
