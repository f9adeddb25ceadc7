//! Events as the API shows them.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::event;
use serde_json::Value;
use uuid::Uuid;

use super::EventId;
use super::service::{self, EventFilter};
use crate::accounts::AccountId;
use crate::error::Result;
use crate::platform::graphql::{
    BigInt, Connection, Interest, PageArgs, Total, any_id, check_start, connection, cx, delivered, list_size,
};

/// Events of one delivery.
const EVENTS_AT_ONCE: usize = 100;

/// Who did something.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActorKind {
    /// A member of the tenant.
    Member,
    /// A partner's integration.
    Client,
    /// A person who was not (yet) a member.
    User,
    /// Somebody who had not signed in, for instance whoever accepted an invitation.
    Anonymous,
    /// The service itself, for instance the calendar.
    System,
}

/// Something that happened in the tenant.
#[derive(Clone, SimpleObject)]
pub struct Event {
    /// Id, `evt_…`.
    pub id: EventId,
    /// Its number in the tenant's log: from 1, without gaps, ordered by commit.
    pub sequence: BigInt,
    /// What happened, such as `handover.completed`.
    #[graphql(name = "type")]
    pub kind: String,
    /// Id of what it happened to; its prefix says what that is.
    pub subject_id: ID,
    /// Id of the account that it concerns; null when it concerns none.
    pub account_id: Option<AccountId>,
    /// What kind of actor did it.
    pub actor_kind: ActorKind,
    /// Id of the member, API client or person who did it; null for the service itself.
    pub actor_id: Option<ID>,
    /// Ids, codes and names of changed fields; never personal data.
    pub payload: Value,
    /// Instant at which it happened.
    pub occurred_at: DateTime<Utc>,
}

impl From<event::Model> for Event {
    fn from(model: event::Model) -> Self {
        let event::Model {
            tenant_id: _,
            seq,
            id,
            r#type,
            subject_kind,
            subject_id,
            account_id,
            actor_kind,
            actor_id,
            payload,
            occurred_at,
        } = model;
        let (actor_kind, actor_prefix) = match actor_kind.as_str() {
            "MEMBER" => (ActorKind::Member, "mem"),
            "CLIENT" => (ActorKind::Client, "acli"),
            "USER" => (ActorKind::User, "user"),
            "ANONYMOUS" => (ActorKind::Anonymous, "user"),
            _ => (ActorKind::System, "user"),
        };
        Self {
            id: id.into(),
            sequence: BigInt(seq),
            kind: r#type,
            subject_id: ID(any_id(&subject_kind, subject_id)),
            account_id: account_id.map(Into::into),
            actor_kind,
            actor_id: actor_id.map(|id| ID(any_id(actor_prefix, id))),
            payload: with_ids(payload),
            occurred_at,
        }
    }
}

/// The log holds keys; clients know ids with a prefix, which follows from the name they stand under.
fn with_ids(payload: Value) -> Value {
    let Value::Object(fields) = payload else {
        return payload;
    };
    let shown = fields.into_iter().map(|(name, value)| {
        let value = match prefix_under(&name) {
            Some(prefix) => with_prefix(prefix, value),
            None => value,
        };
        (name, value)
    });
    Value::Object(shown.collect())
}

fn prefix_under(name: &str) -> Option<&'static str> {
    Some(match name {
        "member" | "members" | "fromMember" | "toMember" | "owner" | "manager" => "mem",
        "account" | "accounts" | "into" | "from" => "acct",
        "contact" | "contacts" => "cont",
        "activity" | "activities" => "act",
        "order" => "ord",
        "product" => "prod",
        "handover" => "hand",
        "departure" => "dep",
        "signal" => "sig",
        "assessment" => "assm",
        "import" => "imp",
        "invitation" => "inv",
        _ => return None,
    })
}

fn with_prefix(prefix: &str, value: Value) -> Value {
    match value {
        Value::String(text) => match Uuid::try_parse(&text) {
            Ok(id) => Value::String(any_id(prefix, id)),
            Err(_) => Value::String(text),
        },
        Value::Array(values) => Value::Array(values.into_iter().map(|value| with_prefix(prefix, value)).collect()),
        other => other,
    }
}

/// Reading the event log.
#[derive(Default)]
pub struct EventQuery;

#[Object]
impl EventQuery {
    /// What happened in the tenant, oldest first. An ADMIN and API clients with `events:read` get every event without
    /// gaps; the others only those that concern accounts that they see.
    #[expect(
        clippy::too_many_arguments,
        reason = "the four arguments of a Relay connection and two that narrow it"
    )]
    #[graphql(directive = list_size::apply(100))]
    async fn events(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Only events with a greater number: where the caller stopped.")] after_sequence: Option<
            BigInt,
        >,
        #[graphql(desc = "Only events of these types, such as `handover.completed`; at most 50.")] types: Option<
            Vec<String>,
        >,
        #[graphql(desc = "Rows from the start or after `after`, 1–100; 100 when nothing is said.")] first: Option<i32>,
        #[graphql(desc = "Rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the end or before `before`, 1–100.")] last: Option<i32>,
        #[graphql(desc = "Rows in front of this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<Event>>> {
        let filter = EventFilter {
            after_sequence: after_sequence.map(|number| number.0),
            types,
        };
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        let page = service::event_list(cx(gql), &filter, args).await?;
        let total = Total::new(move |ctx| {
            let filter = filter.clone();
            async move { service::event_count(&ctx, &filter).await }
        });
        Ok(Some(connection(page, total, Event::from)))
    }

    /// The number of the last event that the caller may read, to begin reading `events` from; 0 when there is none.
    async fn event_sequence(&self, gql: &Context<'_>) -> Result<Option<BigInt>> {
        service::event_sequence(cx(gql)).await.map(BigInt).map(Some)
    }
}

/// Following the event log.
#[derive(Default)]
pub struct EventSubscription;

#[Object]
impl EventSubscription {
    /// What happens in the tenant, in order, as far as the caller may read it at that moment; up to 100 events at a time.
    /// To come back without missing anything, name the last `sequence` that arrived.
    #[graphql(directive = list_size::apply(100))]
    async fn events_added(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Only events of these types, such as `handover.completed`; at most 50.")] types: Option<
            Vec<String>,
        >,
        #[graphql(desc = "Begin behind this number instead of now.")] after_sequence: Option<BigInt>,
    ) -> Result<Option<Vec<Event>>> {
        service::event_follow_authorize(cx(gql), types.as_deref())?;
        let after = check_start(gql, after_sequence.as_ref()).await?;
        let interest = || Interest {
            after,
            most: EVENTS_AT_ONCE,
            matches: Box::new(move |event| types.as_ref().is_none_or(|types| types.contains(&event.r#type))),
        };
        let Some(events) = delivered(gql, interest) else {
            return Ok(None);
        };
        let seen = service::event_seen(cx(gql), events).await?;
        Ok(Some(seen.into_iter().map(Event::from).collect()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_in_a_payload_are_shown_as_ids() {
        let member = Uuid::from_u128(1);
        let shown = with_ids(json!({ "members": [member], "reason": "MERGED", "version": 2, "toMember": member }));
        let id = any_id("mem", member);
        assert_eq!(
            shown,
            json!({ "members": [id], "reason": "MERGED", "version": 2, "toMember": id })
        );
    }
}
