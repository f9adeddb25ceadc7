//! Traces that began elsewhere and go on here: W3C Trace Context (<https://www.w3.org/TR/trace-context/>).

use actix_web::http::header::HeaderMap;
use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The span of the caller that a request belongs to.
#[derive(Clone, Debug)]
pub struct Parent(SpanContext);

impl Parent {
    /// What `traceparent` and `tracestate` say; nothing when they are missing or malformed.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        // Reading them costs a little, and most requests have none.
        headers.get("traceparent")?;
        let context = TraceContextPropagator::new().extract(&Headers(headers));
        let parent = context.span().span_context().clone();
        parent.is_valid().then_some(Self(parent))
    }

    /// The trace's id, as 32 hex digits.
    pub fn trace_id(&self) -> String {
        self.0.trace_id().to_string()
    }
}

/// Lets a span go on with the caller's trace.
pub fn continue_from(span: &Span, parent: &Parent) {
    // Without an exporter there is nothing to go on.
    let _ = span.set_parent(Context::new().with_remote_span_context(parent.0.clone()));
}

/// Gives a span, as it is exported, the name of what it does. Collectors group by it, so it is one of few.
pub fn rename(span: &Span, kind: &str, field: &str) {
    let context = span.context();
    let exported = context.span();
    if exported.span_context().is_valid() {
        exported.update_name(format!("{kind} {field}"));
    }
}

/// What the answer tells of its span (`traceresponse`, W3C Trace Context Level 2, draft): nothing when spans are not
/// exported.
pub fn response(span: &Span) -> Option<String> {
    let context = span.context();
    let ours = context.span().span_context().clone();
    ours.is_valid().then(|| {
        format!(
            "00-{}-{}-{:02x}",
            ours.trace_id(),
            ours.span_id(),
            ours.trace_flags().to_u8()
        )
    })
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(actix_web::http::header::HeaderName::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn parent(text: &'static str) -> Option<Parent> {
        let mut headers = HeaderMap::new();
        headers.insert(HeaderName::from_static("traceparent"), HeaderValue::from_static(text));
        Parent::of(&headers)
    }

    #[test]
    fn only_a_well_formed_parent_is_one() {
        let found = parent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").unwrap();
        assert_eq!(found.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        for wrong in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-nothex92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert!(parent(wrong).is_none(), "{wrong}");
        }
    }
}
