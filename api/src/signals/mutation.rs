//! Changes of signals as the API takes them.

use async_graphql::{Context, InputObject, MaybeUndefined, Object};

use super::schema::Signal;
use super::service::{self, SignalChanges, SignalDraft};
use super::{Cause, FactorKind, SignalId};
use crate::accounts::AccountId;
use crate::activities::ActivityId;
use crate::contacts::ContactId;
use crate::error::Result;
use crate::platform::graphql::{Date, cx, payload};

payload! {
    /// Result of `signalRecord`.
    SignalRecordPayload {
        /// The new signal.
        signal: Signal
    }
}
payload! {
    /// Result of `signalUpdate`.
    SignalUpdatePayload {
        /// The signal after the change.
        signal: Signal
    }
}
payload! {
    /// Result of `signalConfirm`.
    SignalConfirmPayload {
        /// The confirmed signal.
        signal: Signal
    }
}
payload! {
    /// Result of `signalSettle`.
    SignalSettlePayload {
        /// The settled signal.
        signal: Signal
    }
}

/// A fact that somebody reports.
#[derive(InputObject)]
pub struct SignalRecordInput {
    /// The account that it is about.
    pub account_id: AccountId,
    /// What was seen. SILENCE, FREQUENCY, ORDER_SIZE, ORDER_TREND and SINGLE_CONTACT_LEFT are measured and not recorded.
    pub kind: FactorKind,
    /// Its cause, when it is known to be another than the kind names.
    pub cause: Option<Cause>,
    /// True when our own conduct can change it; as usual for the kind when nothing is said.
    pub controllable: Option<bool>,
    /// Day on which it happened; not in the future.
    pub occurred_on: Date,
    /// What was seen, in words, 1–4,000 characters.
    pub note: String,
    /// The contact it is about, of the same account.
    pub contact_id: Option<ContactId>,
    /// The touch in which it was learnt, of the same account.
    pub activity_id: Option<ActivityId>,
}

impl From<SignalRecordInput> for SignalDraft {
    fn from(input: SignalRecordInput) -> Self {
        Self {
            account: input.account_id.0,
            kind: input.kind.into(),
            cause: input.cause.map(Into::into),
            controllable: input.controllable,
            occurred_on: input.occurred_on.0,
            note: input.note,
            contact: input.contact_id.map(Into::into),
            activity: input.activity_id.map(Into::into),
        }
    }
}

/// A correction of a signal. What is left out stays; null clears.
#[derive(InputObject)]
pub struct SignalUpdateInput {
    /// The signal.
    pub id: SignalId,
    /// The version that the caller saw.
    pub version: i32,
    /// What was seen; `controllable` follows unless somebody has said otherwise.
    pub kind: Option<FactorKind>,
    /// Its cause; null leaves it to the kind.
    pub cause: MaybeUndefined<Cause>,
    /// True when our own conduct can change it.
    pub controllable: Option<bool>,
    /// Day on which it happened; not in the future.
    pub occurred_on: Option<Date>,
    /// What was seen, in words, 1–4,000 characters.
    pub note: Option<String>,
    /// The contact it is about, of the same account.
    pub contact_id: MaybeUndefined<ContactId>,
    /// The touch in which it was learnt, of the same account.
    pub activity_id: MaybeUndefined<ActivityId>,
}

impl From<SignalUpdateInput> for SignalChanges {
    fn from(input: SignalUpdateInput) -> Self {
        Self {
            kind: input.kind.map(Into::into),
            cause: input.cause.map_value(Into::into),
            controllable: input.controllable,
            occurred_on: input.occurred_on.map(|day| day.0),
            note: input.note,
            contact: input.contact_id.map_value(Into::into),
            activity: input.activity_id.map_value(Into::into),
        }
    }
}

/// A signal that a person confirms.
#[derive(InputObject)]
pub struct SignalConfirmInput {
    /// The signal.
    pub id: SignalId,
    /// The version that the caller saw.
    pub version: i32,
}

/// The end of a signal.
#[derive(InputObject)]
pub struct SignalSettleInput {
    /// The signal.
    pub id: SignalId,
    /// The version that the caller saw.
    pub version: i32,
    /// Day on which it ended; neither before it happened nor in the future.
    pub resolved_on: Date,
    /// What was done about it; stands beneath the note so far, together at most 4,000 characters.
    pub note: Option<String>,
}

/// Recording signals.
#[derive(Default)]
pub struct SignalMutation;

#[Object]
impl SignalMutation {
    /// Records a signal; the account's risk is judged anew soon after.
    async fn signal_record(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The signal.")] input: SignalRecordInput,
    ) -> Result<Option<SignalRecordPayload>> {
        let result = service::signal_record(cx(gql), input.into()).await;
        SignalRecordPayload::of(result.map(Signal::from)).map(Some)
    }

    /// Corrects a signal; a stale version is a CONFLICT that says what changed.
    async fn signal_update(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The correction.")] input: SignalUpdateInput,
    ) -> Result<Option<SignalUpdatePayload>> {
        let result = service::signal_update(cx(gql), input.id.0, input.version.into(), input.into()).await;
        SignalUpdatePayload::of(result.map(Signal::from)).map(Some)
    }

    /// Confirms a signal: the caller, a person, says that it is so. Its weight stays; confirming it again changes nothing.
    async fn signal_confirm(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The signal.")] input: SignalConfirmInput,
    ) -> Result<Option<SignalConfirmPayload>> {
        let result = service::signal_confirm(cx(gql), input.id.0, input.version.into()).await;
        SignalConfirmPayload::of(result.map(Signal::from)).map(Some)
    }

    /// Settles a signal: what it told of has ended.
    async fn signal_settle(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Its end.")] input: SignalSettleInput,
    ) -> Result<Option<SignalSettlePayload>> {
        let SignalSettleInput {
            id,
            version,
            resolved_on,
            note,
        } = input;
        let result = service::signal_settle(cx(gql), id.0, version.into(), resolved_on.0, note).await;
        SignalSettlePayload::of(result.map(Signal::from)).map(Some)
    }
}
