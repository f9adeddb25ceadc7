//! Following the event log for a caller: what every transport streams.
//!
//! The log is the buffer. Nothing is kept for a reader that is slow: it reads on from its number when it is ready, and
//! one that comes back names the last number it saw.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationType, Selection, SelectionSet};
use async_graphql::{Name, Request, Value, Variables};
use chrono::{DateTime, Utc};
use entity::event;
use parking_lot::Mutex;
use tokio::sync::watch;
use uuid::Uuid;

use super::answer::{Answer, Cost, Refusal};
use super::observe::Observed;
use super::{Operation, cost, present_executed, request};
use crate::app::App;
use crate::error::Error;
use crate::platform::Ctx;
use crate::platform::auth::{Actor, authenticate_anew};
use crate::platform::ctx::RequestInfo;
use crate::platform::documents;
use crate::platform::events::reader;
use crate::platform::graphql::{Delivery, Interest, prepared};
use crate::platform::telemetry::Shown;

/// Events read from the log at a time.
const BATCH: u64 = 100;
/// How often it is looked whether the caller is still who he was: a stream ends at most so long after his token, his
/// session or his role.
const RECHECK: Duration = Duration::from_secs(3);
/// A log that could not be read is tried again after so long.
const RETRY: Duration = Duration::from_secs(2);

/// Who a stream is for: known by his token, looked up again and again.
#[derive(Clone)]
pub struct Caller {
    app: Arc<App>,
    bearer: Option<String>,
    info: RequestInfo,
    actor: Actor,
}

impl Caller {
    /// The one whose request made `ctx`.
    pub fn new(ctx: &Ctx, bearer: Option<String>) -> Self {
        Self {
            app: Arc::clone(&ctx.app),
            bearer,
            info: ctx.request.clone(),
            actor: ctx.actor.clone(),
        }
    }

    /// Somebody who did not sign in.
    pub fn is_stranger(&self) -> bool {
        matches!(self.actor, Actor::Anonymous { .. })
    }

    /// A context for one more piece of work, if the caller is still who he was.
    async fn ctx(&self) -> Result<Arc<Ctx>, Error> {
        let info = RequestInfo {
            id: Uuid::now_v7(),
            received: Instant::now(),
            ..self.info.clone()
        };
        let ctx = authenticate_anew(&self.app, self.bearer.as_deref(), info).await?;
        if ctx.actor == self.actor {
            return Ok(ctx);
        }
        Err(match &ctx.actor {
            Actor::Anonymous { .. } => ctx.actor.refusal(),
            _ => Error::Unauthenticated(domain::lang::Text::fixed(
                "Your role or your access changed: connect again.",
                "権限が変更されました。再接続してください。",
            )),
        })
    }

    /// Waits until the caller is no longer who he was, and says why.
    pub async fn ended(&self) -> Error {
        loop {
            tokio::time::sleep(RECHECK).await;
            match self.ctx().await {
                // The database is away: that says nothing about him.
                Ok(_) => {}
                Err(error) if error.is_ours() => {}
                Err(why) => return why,
            }
        }
    }
}

/// A running subscription.
pub struct Subscription {
    caller: Caller,
    tenant: Uuid,
    started: DateTime<Utc>,
    field: String,
    interest: Interest,
    document: ExecutableDocument,
    text: Arc<str>,
    operation_name: Option<String>,
    variables: Variables,
    plan: cost::Plan,
    position: i64,
    known: watch::Receiver<i64>,
    waiting: VecDeque<event::Model>,
    has_ended: bool,
    _shown: Shown,
}

impl Subscription {
    /// Starts one: its field says whether the caller may follow, and what.
    pub async fn start(ctx: &Arc<Ctx>, bearer: Option<String>, operation: Operation) -> Result<Self, Answer> {
        let refuse = |error| Answer::refused(&Refusal::of_document(error), ctx.request.lang, ctx.request.id);
        let Operation {
            field,
            document,
            text,
            operation_name,
            variables,
            plan,
            after,
            ..
        } = operation;
        if plan.root_count() != 1 {
            return Err(refuse(Error::bad_input(
                "A subscription asks for one field.",
                "サブスクリプションで指定できるフィールドは1つです。",
            )));
        }
        let tenant = match ctx.tenant() {
            Ok(tenant) => tenant.id,
            Err(error) => return Err(refuse(error)),
        };
        let document = as_query(Arc::unwrap_or_clone(document), operation_name.as_deref());
        // Finding its document may have begun a read; the log is read on a connection of its own.
        if let Err(error) = ctx.end_read().await {
            return Err(refuse(error.into()));
        }
        // Before the log's end is read, so that no growth is missed in between.
        let known = ctx.app.announcer.watch(tenant);
        let end = match reader::end(&ctx.app, tenant).await {
            Ok(end) => end,
            Err(error) => return Err(refuse(error)),
        };
        ctx.app.announcer.found(tenant, end);
        let delivery = Arc::new(Delivery::Start(Mutex::new(None)));
        let request = request(document.clone(), operation_name.clone(), variables.clone());
        let answer = deliver(ctx, request, &delivery).await;
        if answer.error_count() > 0 {
            return Err(answer.without_data());
        }
        let interest = match delivery.as_ref() {
            Delivery::Start(slot) => slot.lock().take(),
            Delivery::Events(_) => None,
        };
        // Only `@skip` leaves the one field out.
        let Some(interest) = interest else {
            return Err(refuse(Error::bad_input(
                "The subscription follows nothing.",
                "サブスクリプションの対象がありません。",
            )));
        };
        documents::settle(ctx, after).await;
        tracing::info!("subscribed");
        Ok(Self {
            caller: Caller::new(ctx, bearer),
            tenant,
            started: ctx.now,
            field,
            _shown: ctx.app.metrics.subscription(),
            position: interest.after.unwrap_or(end),
            interest,
            document,
            text,
            operation_name,
            variables,
            plan,
            known,
            waiting: VecDeque::new(),
            has_ended: false,
        })
    }

    /// The next delivery; `None` when there will be no more. The last one before that says why, when it was not the
    /// caller's wish.
    pub async fn next(&mut self) -> Option<Answer> {
        while !self.has_ended {
            if self.waiting.is_empty() {
                self.read_on().await;
                continue;
            }
            let ctx = match self.caller.ctx().await {
                Ok(ctx) => ctx,
                Err(error) if error.is_ours() => {
                    tokio::time::sleep(RETRY).await;
                    continue;
                }
                Err(why) => return Some(self.end(why)),
            };
            let taken = self.plan.estimate();
            if let Err(Error::RateLimited { retry_after_seconds }) = ctx.app.buckets.take(&ctx, taken) {
                tokio::time::sleep(Duration::from_secs(retry_after_seconds)).await;
                continue;
            }
            let observed = Observed::begin(
                &ctx,
                OperationType::Subscription,
                &self.field,
                &self.text,
                Instant::now(),
            );
            let most = self.interest.most.min(self.waiting.len());
            let events: Vec<event::Model> = self.waiting.drain(..most).collect();
            let happened: Vec<DateTime<Utc>> = events.iter().map(|event| event.occurred_at).collect();
            let delivery = Arc::new(Delivery::Events(events));
            let request = request(
                self.document.clone(),
                self.operation_name.clone(),
                self.variables.clone(),
            );
            let answer = deliver(&ctx, request, &delivery).await;
            let actual = self.plan.actual(answer.data().unwrap_or(&Value::Null));
            let throttle = ctx.app.buckets.settle(&ctx, taken, actual);
            observed.answered(&ctx, &answer, taken, actual);
            if answer.error_count() == 0 && is_empty(answer.data()) {
                continue;
            }
            tracing::debug!(events = happened.len(), "delivered");
            self.tell_lag(&happened);
            return Some(answer.costing(Cost {
                requested: taken,
                actual: Some(actual),
                throttle,
            }));
        }
        None
    }

    /// What happened before it was started was not late: the client was away.
    fn tell_lag(&self, happened: &[DateTime<Utc>]) {
        let now = self.caller.app.clock.now();
        for at in happened.iter().filter(|at| **at >= self.started) {
            let lag = (now - *at).to_std().unwrap_or_default();
            self.caller.app.metrics.event_lag("subscription", lag);
        }
    }

    /// Ends with the reason, as an answer.
    pub fn end(&mut self, why: Error) -> Answer {
        self.has_ended = true;
        let info = &self.caller.info;
        Answer::refused(&Refusal::from(why), info.lang, Uuid::now_v7())
    }

    /// Who it is for.
    pub fn caller(&self) -> Caller {
        self.caller.clone()
    }

    /// Waits until the log has grown, and takes what is followed.
    async fn read_on(&mut self) {
        let position = self.position;
        // The sender lives as long as the process's announcer.
        if self.known.wait_for(|known| *known > position).await.is_err() {
            self.has_ended = true;
            return;
        }
        match self.read().await {
            // The log was cut back: a backup was restored. There is nothing to follow until it has grown again.
            Ok(events) if events.is_empty() => tokio::time::sleep(RETRY).await,
            Ok(events) => {
                self.position = events.last().map_or(self.position, |event| event.seq);
                self.waiting = events
                    .into_iter()
                    .filter(|event| (self.interest.matches)(event))
                    .collect();
            }
            Err(error) => {
                tracing::warn!(%error, "reading the event log for a subscription failed; it tries again");
                tokio::time::sleep(RETRY).await;
            }
        }
    }

    async fn read(&self) -> Result<Vec<event::Model>, Error> {
        let statements = Arc::default();
        let db = self.caller.app.database.tenant_read(self.tenant, &statements).await?;
        let events = reader::after(&db, self.position, BATCH).await?;
        db.end().await?;
        Ok(events)
    }
}

/// Nothing to tell: the field found that the caller does not see what happened.
fn is_empty(data: Option<&Value>) -> bool {
    match data {
        Some(Value::Object(fields)) => fields.values().all(|value| match value {
            Value::Null => true,
            Value::List(values) => values.is_empty(),
            _ => false,
        }),
        _ => true,
    }
}

async fn deliver(ctx: &Arc<Ctx>, request: Request, delivery: &Arc<Delivery>) -> Answer {
    let request = prepared(request, ctx).data(Arc::clone(delivery));
    present_executed(ctx, ctx.app.engine.deliver(request)).await
}

/// The document with the subscription as a query, and without what it does not use: the other operations are of
/// another root.
fn as_query(document: ExecutableDocument, name: Option<&str>) -> ExecutableDocument {
    let ExecutableDocument {
        mut operations,
        mut fragments,
    } = document;
    if let DocumentOperations::Multiple(operations) = &mut operations {
        operations.retain(|key, operation| match name {
            Some(name) => key == name,
            None => operation.node.ty == OperationType::Subscription,
        });
    }
    match &mut operations {
        DocumentOperations::Single(operation) => operation.node.ty = OperationType::Query,
        DocumentOperations::Multiple(operations) => {
            for operation in operations.values_mut() {
                operation.node.ty = OperationType::Query;
            }
        }
    }
    let mut used = HashSet::new();
    for (_, operation) in operations.iter() {
        let mut sets = vec![&operation.node.selection_set.node];
        while let Some(set) = sets.pop() {
            add_used(set, &fragments, &mut used, &mut sets);
        }
    }
    fragments.retain(|name, _| used.contains(name));
    ExecutableDocument { operations, fragments }
}

type Fragments =
    std::collections::HashMap<Name, async_graphql::Positioned<async_graphql::parser::types::FragmentDefinition>>;

fn add_used<'a>(
    set: &'a SelectionSet,
    fragments: &'a Fragments,
    used: &mut HashSet<Name>,
    sets: &mut Vec<&'a SelectionSet>,
) {
    for item in &set.items {
        match &item.node {
            Selection::Field(field) => sets.push(&field.node.selection_set.node),
            Selection::InlineFragment(fragment) => sets.push(&fragment.node.selection_set.node),
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                // Fragments that are nowhere defined are left to validation.
                if used.insert(name.clone())
                    && let Some(fragment) = fragments.get(name)
                {
                    sets.push(&fragment.node.selection_set.node);
                }
            }
        }
    }
}
