//! Traces: to a collector, and on from whoever calls.

use std::time::Duration;

use opentelemetry_proto::tonic::trace::v1::Span;
use reqwest::Method;
use serde_json::json;
use tests::{Collector, Db, World};

use super::SERVER;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn attribute(span: &Span, name: &str) -> String {
    let found = span.attributes.iter().find(|attribute| attribute.key == name);
    format!("{:?}", found.and_then(|attribute| attribute.value.clone()))
}

#[test]
fn a_trace_goes_on_through_the_server_to_the_collector() {
    actix_web::rt::System::new().block_on(async {
        let collector = Collector::start();
        let mut world = World::new(Db::Sqlite, SERVER).await;
        world.settings = vec![("HIKITSUGI_OTLP_ENDPOINT", collector.endpoint.clone())];
        let mut process = world.start().await;
        let admin = world.found("Traced").await;
        let (trace, caller) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
        let answer = admin
            .http(Method::POST, "/graphql")
            .header("traceparent", format!("00-{trace}-{caller}-01"))
            .json(&json!({ "query": "{ accounts(first: 5) { nodes { id } } }" }))
            .send()
            .await
            .unwrap();
        let told = answer.headers()["traceresponse"].to_str().unwrap().to_owned();
        // One whose caller asks for no trace, and one without a caller.
        let unwanted = "11111111111111111111111111111111";
        admin
            .http(Method::POST, "/graphql")
            .header("traceparent", format!("00-{unwanted}-{caller}-00"))
            .json(&json!({ "query": "{ __typename }" }))
            .send()
            .await
            .unwrap();
        // What has not been sent is sent at the end.
        process.terminate();
        assert!(process.ended().await.0.success());
        let spans = collector.spans();
        let ours: Vec<_> = spans.iter().filter(|(_, span)| hex(&span.trace_id) == trace).collect();
        let [(resource, span)] = ours.as_slice() else {
            panic!("{ours:?}")
        };
        assert_eq!(span.name, "query accounts");
        assert_eq!(hex(&span.parent_span_id), caller);
        assert_eq!(told, format!("00-{trace}-{}-01", hex(&span.span_id)));
        assert!(resource.contains("\"hikitsugi\"") && resource.contains("service.version"));
        for (name, value) in [
            ("field", "\"accounts\""),
            ("statements", "IntValue(1)"),
            ("status", "IntValue(200)"),
        ] {
            assert!(
                attribute(span, name).contains(value),
                "{name}: {}",
                attribute(span, name)
            );
        }
        assert!(spans.iter().all(|(_, span)| hex(&span.trace_id) != unwanted));
        // Those without a caller begin a trace of their own.
        assert!(
            spans
                .iter()
                .any(|(_, span)| span.parent_span_id.is_empty() && span.name == "mutation tenantCreate")
        );
        collector.stop().await;
    });
}

#[test]
fn a_collector_that_is_away_is_not_felt() {
    actix_web::rt::System::new().block_on(async {
        let mut world = World::new(Db::Sqlite, SERVER).await;
        // Nothing listens there.
        world.settings = vec![("HIKITSUGI_OTLP_ENDPOINT", "http://127.0.0.1:9".into())];
        let mut process = world.start().await;
        let admin = world.found("Untraced").await;
        for _ in 0..20 {
            admin.ok("{ accounts(first: 5) { nodes { id } } }", json!({})).await;
        }
        process.terminate();
        let (status, took) = process.ended().await;
        assert!(
            status.success() && took < Duration::from_secs(10),
            "{status} after {took:?}"
        );
    });
}
