//! The lines of the log.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Db, PASSWORD, Process, World};

use super::SERVER;

/// The lines with this message, as JSON.
fn lines(process: &Process, message: &str) -> Vec<Value> {
    let log = process.log();
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).expect(line));
    lines.filter(|line| line["fields"]["message"] == message).collect()
}

async fn every_operation_is_a_line_with_what_it_did(db: Db) {
    let mut world = World::new(db, SERVER).await;
    world.settings = vec![
        ("HIKITSUGI_LOG_FORMAT", "json".into()),
        ("HIKITSUGI_SLOW_OPERATION_MILLIS", "5".into()),
    ];
    let process = world.start().await;
    let admin = world.found("Lines").await;
    admin
        .change(
            "accountCreate",
            "AccountCreateInput",
            json!({ "name": "One" }),
            "account { id }",
        )
        .await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let answer = admin
        .http(Method::POST, "/graphql")
        .header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"))
        .json(&json!({ "query": "query Book { accounts(first: 5) { nodes { id } } }", "operationName": "Book" }))
        .send()
        .await
        .unwrap();
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    // Nobody collects traces here.
    assert!(answer.headers().get("traceresponse").is_none());
    let answered = lines(&process, "answered");
    let book = &answered.iter().find(|line| line["span"]["request_id"] == *id).unwrap()["span"];
    assert_eq!(
        (&book["kind"], &book["field"], &book["operation"], &book["actor"]),
        (&json!("query"), &json!("accounts"), &json!("Book"), &json!("MEMBER"))
    );
    assert_eq!(
        (
            &book["statements"],
            &book["rows"],
            &book["errors"],
            &book["cost"],
            &book["status"]
        ),
        (&json!(1), &json!(1), &json!(0), &json!(2), &json!(200))
    );
    assert_eq!(book["trace_id"], trace);
    assert!(book["micros"].as_u64().unwrap() > 0 && book["tenant"].is_string());

    // Refused ones have a line too, with their code.
    admin.send("{ accounts(first: 5) { nodes { id }", json!({})).await;
    let refused = lines(&process, "refused");
    let last = &refused.last().unwrap()["span"];
    assert_eq!(
        (&last["code"], &last["status"]),
        (&json!("BAD_USER_INPUT"), &json!(400))
    );

    // Hashing a password takes longer than any setting of this kind in use.
    let query = "mutation Slow($input: SessionCreateInput!) { sessionCreate(input: $input) { userErrors { code } } }";
    let input = json!({ "email": "admin@lines.example", "password": PASSWORD });
    admin.ok(query, json!({ "input": input })).await;
    let slow = lines(&process, "slow operation");
    let hash = api::platform::documents::hex(&api::platform::documents::hash(query));
    let told = slow.iter().find(|line| line["fields"]["document"] == *hash).unwrap();
    assert_eq!(
        (&told["level"], &told["fields"]["field"]),
        (&json!("WARN"), &json!("sessionCreate"))
    );
    assert!(told["fields"]["micros"].as_u64().unwrap() >= 5_000);
    assert!(!told.to_string().contains("lines.example"), "{told}");
}

#[test]
fn every_operation_is_a_line_with_what_it_did_on_sqlite() {
    actix_web::rt::System::new().block_on(every_operation_is_a_line_with_what_it_did(Db::Sqlite));
}

#[test]
fn every_operation_is_a_line_with_what_it_did_on_postgres() {
    actix_web::rt::System::new().block_on(every_operation_is_a_line_with_what_it_did(Db::Postgres));
}
