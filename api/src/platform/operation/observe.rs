//! What is told of each operation: one line of the log and its numbers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_graphql::parser::types::OperationType;
use tracing::{Span, field};

use super::{Answer, Operation, Refusal};
use crate::app::App;
use crate::platform::Ctx;
use crate::platform::ctx::RequestInfo;
use crate::platform::documents;
use crate::platform::telemetry::{OfField, Shown, continue_from, rename};

/// The span of an operation, to be filled while it is worked on.
pub fn span(info: &RequestInfo) -> Span {
    let span = tracing::info_span!(
        "operation",
        request_id = %info.id,
        trace_id = field::Empty,
        kind = field::Empty,
        operation = field::Empty,
        field = field::Empty,
        actor = field::Empty,
        tenant = field::Empty,
        cost = field::Empty,
        statements = field::Empty,
        rows = field::Empty,
        errors = field::Empty,
        code = field::Empty,
        status = field::Empty,
        micros = field::Empty,
    );
    if let Some(parent) = &info.parent {
        span.record("trace_id", parent.trace_id());
        continue_from(&span, parent);
    }
    span
}

/// The span has its caller.
pub(super) fn identified(ctx: &Ctx) {
    let span = Span::current();
    span.record("actor", ctx.actor.kind_and_id().0);
    if let Some(tenant) = ctx.tenant_id() {
        span.record("tenant", field::display(tenant));
    }
}

/// The span has its operation.
pub(super) fn named(kind: OperationType, field: &str, operation: Option<&str>) {
    let span = Span::current();
    span.record("kind", kind_name(kind));
    span.record("field", field);
    rename(&span, kind_name(kind), field);
    if let Some(operation) = operation {
        span.record("operation", operation);
    }
}

/// The answer to a request that was refused before anything was executed.
pub fn refused(app: &App, refusal: &Refusal, info: &RequestInfo) -> Answer {
    app.metrics.error(refusal.error.code());
    let answer = Answer::refused(refusal, info.lang, info.id);
    told(&answer, info.received.elapsed());
    tracing::info!("refused");
    answer
}

/// An operation, or one delivery of a subscription, that is being worked on.
pub(super) struct Observed {
    begun: Instant,
    kind: OperationType,
    field: String,
    text: Arc<str>,
    numbers: Arc<OfField>,
    _in_flight: Shown,
}

impl Observed {
    /// Begins with what has arrived.
    pub fn operation(ctx: &Ctx, operation: &Operation) -> Self {
        Self::begin(
            ctx,
            operation.kind,
            &operation.field,
            &operation.text,
            ctx.request.received,
        )
    }

    /// Begins at `begun`.
    pub fn begin(ctx: &Ctx, kind: OperationType, field: &str, text: &Arc<str>, begun: Instant) -> Self {
        Self {
            begun,
            kind,
            field: field.to_owned(),
            text: Arc::clone(text),
            numbers: ctx.app.metrics.of_field(kind_name(kind), field),
            _in_flight: ctx.app.metrics.in_flight(),
        }
    }

    /// It is answered: counts it, fills the span, and says when it took long.
    pub fn answered(self, ctx: &Ctx, answer: &Answer, requested: u64, actual: u64) {
        let took = self.begun.elapsed();
        let (statements, rows) = (ctx.tally().statements(), ctx.tally().rows());
        let duration = match answer.error_count() {
            0 => &self.numbers.answered,
            _ => &self.numbers.failed,
        };
        duration.record(took);
        self.numbers.requested.increment(requested);
        self.numbers.actual.increment(actual);
        self.numbers.statements.increment(statements);
        self.numbers.rows.increment(rows);
        if let Some(code) = answer.error_code() {
            ctx.app.metrics.error(&code);
        }
        let span = Span::current();
        span.record("cost", number(actual));
        span.record("statements", number(statements));
        span.record("rows", number(rows));
        told(answer, took);
        let slow = Duration::from_millis(ctx.app.config.slow_operation_millis);
        if !slow.is_zero() && took >= slow {
            // By its hash, as documents are registered: the text may hold literals, the variables personal data.
            tracing::warn!(
                document = documents::hex(&documents::hash(&self.text)),
                kind = kind_name(self.kind),
                field = self.field,
                cost = number(actual),
                statements = number(statements),
                rows = number(rows),
                micros = micros(took),
                "slow operation"
            );
        }
    }
}

fn told(answer: &Answer, took: Duration) {
    let span = Span::current();
    span.record("errors", number(answer.error_count()));
    if let Some(code) = answer.error_code() {
        span.record("code", code);
    }
    span.record("status", i64::from(answer.status.as_u16()));
    span.record("micros", micros(took));
}

fn micros(duration: Duration) -> i64 {
    number(duration.as_micros())
}

/// A number as traces have them: unsigned ones are exported as text.
fn number(count: impl TryInto<i64>) -> i64 {
    count.try_into().unwrap_or(i64::MAX)
}

fn kind_name(kind: OperationType) -> &'static str {
    match kind {
        OperationType::Query => "query",
        OperationType::Mutation => "mutation",
        OperationType::Subscription => "subscription",
    }
}
