//! The bucket of points: what operations cost, when it runs dry, and when it has filled again.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Client, Socket, TestApp, on_both};

/// Status, `Retry-After` and body.
async fn ask(client: &Client, accept: &str, query: &str) -> (u16, Option<u64>, Value) {
    let request = client.http(Method::POST, "/graphql").header("accept", accept);
    let response = request.json(&json!({ "query": query })).send().await.unwrap();
    let retry_after = response.headers().get("retry-after");
    let retry_after = retry_after.map(|value| value.to_str().unwrap().parse().unwrap());
    (response.status().as_u16(), retry_after, response.json().await.unwrap())
}

const JSON: &str = "application/json";

/// Small buckets that hardly fill by themselves.
async fn miserly(app: &TestApp) -> TestApp {
    TestApp::start_with(app.db, |config| {
        config.cost_limit = 50;
        config.cost_bucket = 60;
        config.cost_restored_per_second = 1;
    })
    .await
}

on_both! {
    async fn a_bucket_runs_dry_for_one_client_and_fills_again(app) {
        let app = miserly(&app).await;
        let admin = app.a.client(&app, &app.a.admin).await;
        let rep = app.a.client(&app, &app.a.rep).await;
        let neighbour = app.b.client(&app, &app.b.admin).await;
        let forty = format!("{{ nodes(ids: {}) {{ id }} }}", json!(vec![app.a.account_id(); 40]));
        let (status, retry_after, body) = ask(&admin, JSON, &forty).await;
        assert_eq!((status, retry_after, body["data"]["nodes"].as_array().map(Vec::len)), (200, None, Some(40)));
        assert_eq!(body["extensions"]["cost"]["actualQueryCost"], 40);

        for accept in [JSON, "application/graphql-response+json", "text/event-stream"] {
            let (status, retry_after, body) = ask(&admin, accept, &forty).await;
            assert_eq!(status, 429);
            assert_eq!(body["errors"][0]["extensions"]["code"], "RATE_LIMITED");
            assert_eq!(body.get("data"), None);
            // 20 are there, 40 are wanted, one comes each second; and the test itself takes a moment.
            assert!(retry_after.is_some_and(|seconds| (15..=20).contains(&seconds)), "{retry_after:?}");
        }
        let mut socket = Socket::open(&app.base, admin.token.as_deref()).await;
        socket.subscribe("1", &forty, json!({})).await;
        let heard = socket.hear().await.unwrap();
        assert_eq!((&heard["type"], &heard["payload"][0]["extensions"]["code"]), (&json!("error"), &json!("RATE_LIMITED")));

        // A colleague and another company have buckets of their own.
        assert_eq!(ask(&rep, JSON, &forty).await.0, 200);
        assert_eq!(ask(&neighbour, JSON, &forty).await.0, 200);
        // What costs less than is left still passes.
        assert_eq!(ask(&admin, JSON, "{ __typename }").await.0, 200);

        app.app.clock.advance(TimeDelta::seconds(10));
        assert_eq!(ask(&admin, JSON, &forty).await.0, 429);
        app.app.clock.advance(TimeDelta::seconds(11));
        assert_eq!(ask(&admin, JSON, &forty).await.0, 200);
        // It never holds more than it is large.
        app.app.clock.advance(TimeDelta::seconds(300));
        let (_, _, body) = ask(&admin, JSON, &forty).await;
        assert_eq!(body["extensions"]["cost"]["throttleStatus"], json!({ "maximumAvailable": 60, "currentlyAvailable": 20, "restoreRate": 1 }));
        app.stop().await;
    }

    async fn those_who_did_not_sign_in_share_the_bucket_of_their_address(app) {
        let app = miserly(&app).await;
        let ids = json!(vec![app.a.account_id(); 50]);
        let fifty = format!("{{ nodes(ids: {ids}) {{ id }} a: viewer {{ user {{ id }} }} }}");
        // More than one operation may cost at all.
        let (status, _, body) = ask(&app.anonymous(), "application/graphql-response+json", &fifty).await;
        assert_eq!((status, &body["errors"][0]["extensions"]["code"]), (400, &json!("BAD_USER_INPUT")));
        let admin = app.a.client(&app, &app.a.admin).await;
        // 22 points were taken for signing in, and 10 of them given back.
        let (_, _, body) = ask(&app.anonymous(), JSON, "{ __typename }").await;
        assert_eq!(body["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"], 60 - 12 - 1);
        let (_, _, body) = ask(&admin, JSON, "{ __typename }").await;
        assert_eq!(body["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"], 60 - 1);
        app.stop().await;
    }

    async fn what_was_not_needed_is_given_back(app) {
        let app = miserly(&app).await;
        let admin = app.a.client(&app, &app.a.admin).await;
        // 41 of 60 each time, if it were kept.
        for n in 1..=10 {
            let (status, _, body) = ask(&admin, JSON, "{ accounts(first: 40) { nodes { id } } }").await;
            assert_eq!(status, 200, "{n}: {body:#}");
            let cost = &body["extensions"]["cost"];
            assert_eq!((&cost["requestedQueryCost"], &cost["actualQueryCost"]), (&json!(41), &json!(2)));
        }
        app.stop().await;
    }
}
