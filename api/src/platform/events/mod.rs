//! The one log of what happened.
//!
//! Every mutation writes its events in the same transaction as its data, numbered without gaps and ordered by commit
//! within the tenant. Subscriptions, sync, webhooks and the audit trail are readers of this log: nothing is announced
//! that was not committed, nothing committed goes unannounced.

mod announcer;
pub mod reader;

use chrono::{DateTime, Utc};
use entity::event;
use sea_orm::Set;
use serde_json::{Value, json};
use uuid::Uuid;

pub use announcer::Announcer;

/// Something that happened, not yet numbered.
#[derive(Clone, Debug)]
pub struct NewEvent {
    kind: &'static str,
    subject: (&'static str, Uuid),
    account: Option<Uuid>,
    payload: Value,
    /// Who did it and when, if not the transaction's.
    by: Option<(Who, DateTime<Utc>)>,
}

/// An actor in the log: what kind, and his id.
pub type Who = (&'static str, Option<Uuid>);

impl NewEvent {
    /// `kind` such as `handover.completed`; the subject by its id prefix (`hand`) and id.
    pub fn new(kind: &'static str, subject_kind: &'static str, subject: Uuid) -> Self {
        Self {
            kind,
            subject: (subject_kind, subject),
            account: None,
            payload: json!({}),
            by: None,
        }
    }

    /// Not of whoever began the transaction, but of one whose change goes with his.
    #[must_use]
    pub const fn by(mut self, who: Who, now: DateTime<Utc>) -> Self {
        self.by = Some((who, now));
        self
    }

    /// The account that the event concerns: who may see the account may read the event.
    #[must_use]
    pub fn on_account(mut self, account: Uuid) -> Self {
        self.account = Some(account);
        self
    }

    /// Ids, codes and names of changed fields. Never personal data: the log outlives the erasure of a person.
    #[must_use]
    pub fn with(mut self, payload: Value) -> Self {
        self.payload = payload;
        self
    }

    /// The row of the log, in a transaction of this actor's.
    pub fn into_row(self, tenant: Uuid, seq: i64, who: Who, now: DateTime<Utc>) -> event::ActiveModel {
        let ((actor_kind, actor_id), now) = self.by.unwrap_or((who, now));
        event::ActiveModel {
            tenant_id: Set(tenant),
            seq: Set(seq),
            id: Set(Uuid::now_v7()),
            r#type: Set(self.kind.to_owned()),
            subject_kind: Set(self.subject.0.to_owned()),
            subject_id: Set(self.subject.1),
            account_id: Set(self.account),
            actor_kind: Set(actor_kind.to_owned()),
            actor_id: Set(actor_id),
            payload: Set(self.payload),
            occurred_at: Set(now),
        }
    }
}
