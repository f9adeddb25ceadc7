//! Changes that are safe to repeat.

use chrono::Duration;
use entity::idempotency_key;
use futures::future::join_all;
use reqwest::Method;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use tests::{Client, Socket, TestApp, on_both};

const CREATE: &str = "mutation($input: AccountCreateInput!) { accountCreate(input: $input) { account { id name } userErrors { code } } }";

/// Sends a change with the header; the answer without its extensions, and whether it was given again.
async fn with_key(client: &Client, key: &str, query: &str, variables: &Value) -> (u16, Value, bool) {
    let request = client.http(Method::POST, "/graphql").header("Idempotency-Key", key);
    let request = request.header("Accept", "application/graphql-response+json");
    let response = request
        .json(&json!({ "query": query, "variables": variables }))
        .send()
        .await
        .unwrap();
    let replayed = response.headers().contains_key("idempotency-replayed");
    let status = response.status().as_u16();
    let mut body: Value = response.json().await.unwrap();
    body.as_object_mut().unwrap().remove("extensions");
    (status, body, replayed)
}

fn named(name: &str) -> Value {
    json!({ "input": { "name": name } })
}

async fn sequence(client: &Client) -> i64 {
    let data = client.ok("{ eventSequence }", json!({})).await;
    data["eventSequence"].as_str().unwrap().parse().unwrap()
}

async fn accounts_named(client: &Client, name: &str) -> i64 {
    let data = client
        .ok(
            "query($t: String) { accounts(filter: { text: $t }) { totalCount } }",
            json!({ "t": name }),
        )
        .await;
    data["accounts"]["totalCount"].as_i64().unwrap()
}

async fn kept(app: &TestApp) -> Vec<idempotency_key::Model> {
    let ctx = app.a.system(&app.app).await;
    let db = ctx.read().await.unwrap();
    let rows = db.all(idempotency_key::Entity::find()).await.unwrap();
    drop(db);
    ctx.end_read().await.unwrap();
    rows
}

on_both! {
    async fn the_same_change_under_the_same_key_is_made_once(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let (status, first, replayed) = with_key(&admin, "k-1", CREATE, &named("Once")).await;
        assert_eq!((status, replayed), (200, false), "{first:#}");
        let after = sequence(&admin).await;
        let (status, again, replayed) = with_key(&admin, "k-1", CREATE, &named("Once")).await;
        assert_eq!((status, replayed), (200, true));
        assert_eq!(again, first);
        assert_eq!((sequence(&admin).await, accounts_named(&admin, "Once").await), (after, 1));
    }

    async fn a_key_in_the_input_does_the_same_and_goes_before_the_header(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let variables = json!({ "input": { "name": "Inside", "clientMutationId": "mine" } });
        let (_, first, _) = with_key(&admin, "header-1", CREATE, &variables).await;
        let (_, again, replayed) = with_key(&admin, "header-2", CREATE, &variables).await;
        assert_eq!((&again, replayed), (&first, true));
        let inline = "mutation { accountCreate(input: { name: \"Inline\", clientMutationId: \"inline\" }) { account { id } userErrors { code } } }";
        let made = admin.ok(inline, json!({})).await;
        assert_eq!(admin.ok(inline, json!({})).await, made);
        let mut socket = Socket::open(&app.base, admin.token.as_deref()).await;
        socket.subscribe("1", inline, json!({})).await;
        assert_eq!(socket.hear().await.unwrap()["payload"]["data"], made);
        assert_eq!(accounts_named(&admin, "In").await, 2);
    }

    async fn another_request_under_the_same_key_is_refused(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        with_key(&admin, "k-2", CREATE, &named("First")).await;
        let before = sequence(&admin).await;
        let (status, body, _) = with_key(&admin, "k-2", CREATE, &named("Second")).await;
        assert_eq!((status, &body["errors"][0]["extensions"]["code"]), (400, &json!("BAD_USER_INPUT")), "{body:#}");
        let other = CREATE.replace("id name", "id");
        let (status, _, _) = with_key(&admin, "k-2", &other, &named("First")).await;
        assert_eq!((status, sequence(&admin).await), (400, before));
    }

    async fn fifty_at_once_make_one(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let before = sequence(&admin).await;
        let one = named("Of fifty");
        let all = join_all((0..50).map(|_| with_key(&admin, "fifty", CREATE, &one))).await;
        let (status, first, _) = &all[0];
        assert_eq!(*status, 200, "{first:#}");
        assert!(first["data"]["accountCreate"]["account"]["id"].is_string(), "{first:#}");
        for (status, body, _) in &all {
            assert_eq!((*status, body), (200, first));
        }
        assert_eq!(all.iter().filter(|(_, _, replayed)| !replayed).count(), 1);
        assert_eq!(accounts_named(&admin, "fifty").await, 1);
        // One event of the account; what follows from it is the jobs'.
        let query = "query($s: BigInt) { events(afterSequence: $s, types: [\"account.created\"]) { totalCount } }";
        let events = admin.ok(query, json!({ "s": before.to_string() })).await;
        assert_eq!(events["events"]["totalCount"], 1);
    }

    async fn a_key_is_the_actors_own(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let manager = app.a.client(&app, &app.a.manager).await;
        let foreign = app.b.client(&app, &app.b.admin).await;
        for client in [&admin, &manager, &foreign] {
            let (status, body, replayed) = with_key(client, "shared", CREATE, &named("Shared key")).await;
            assert_eq!((status, replayed), (200, false), "{body:#}");
        }
        assert_eq!(accounts_named(&admin, "Shared").await, 2);
        assert_eq!(accounts_named(&foreign, "Shared").await, 1);
    }

    async fn after_a_day_the_key_is_free_again(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        with_key(&admin, "day", CREATE, &named("Daily")).await;
        app.app.clock.advance(Duration::hours(25));
        let admin = app.a.client(&app, &app.a.admin).await;
        let (_, _, replayed) = with_key(&admin, "day", CREATE, &named("Daily")).await;
        assert!(!replayed);
        assert_eq!(accounts_named(&admin, "Daily").await, 2);
        app.app.clock.advance(Duration::hours(25));
        app.drain().await;
        assert_eq!(kept(&app).await.len(), 0);
    }

    async fn what_the_caller_can_mend_is_kept_and_what_failed_is_not(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let (_, first, _) = with_key(&admin, "mend", CREATE, &named(" ")).await;
        assert_eq!(first["data"]["accountCreate"]["userErrors"][0]["code"], "REQUIRED");
        let (_, again, replayed) = with_key(&admin, "mend", CREATE, &named(" ")).await;
        assert_eq!((again, replayed), (first, true));

        let observer = app.a.client(&app, &app.a.observer).await;
        let (_, refused, _) = with_key(&observer, "no", CREATE, &named("Not his")).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
        let (_, refused, replayed) = with_key(&observer, "no", CREATE, &named("Not his")).await;
        assert_eq!((&refused["errors"][0]["extensions"]["code"], replayed), (&json!("FORBIDDEN"), false));

        // The change works and its answer does not: then there is no change.
        let broken = "mutation($input: AccountCreateInput!) { accountCreate(input: $input) { account { id activities(first: 99) { id } } } }";
        let before = sequence(&admin).await;
        let (_, body, _) = with_key(&admin, "broken", broken, &named("Half")).await;
        assert_eq!(body["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{body:#}");
        assert_eq!((sequence(&admin).await, accounts_named(&admin, "Half").await), (before, 0));
        assert_eq!(kept(&app).await.len(), 1);
    }

    async fn one_key_is_for_one_change(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let two = "mutation { a: accountCreate(input: { name: \"A\" }) { account { id } } ...b } \
                   fragment b on Mutation { b: accountCreate(input: { name: \"B\", clientMutationId: \"two\" }) { account { id } } }";
        assert_eq!(admin.send(two, json!({})).await.code(), Some("BAD_USER_INPUT"));
        let long = "x".repeat(201);
        for key in ["", "with space", long.as_str()] {
            let variables = json!({ "input": { "name": "Bad key", "clientMutationId": key } });
            assert_eq!(admin.send(CREATE, variables).await.code(), Some("BAD_USER_INPUT"), "{key:?}");
        }
        assert_eq!(kept(&app).await.len(), 0);
    }

    async fn secrets_in_answers_are_sealed(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let query = "mutation($input: ApiClientCreateInput!) { apiClientCreate(input: $input) { apiClient { id } secret userErrors { code } } }";
        let variables = json!({ "input": { "name": "Partner", "scopes": ["ACCOUNTS_READ"] } });
        let (_, first, _) = with_key(&admin, "secret", query, &variables).await;
        let secret = first["data"]["apiClientCreate"]["secret"].as_str().unwrap().to_owned();
        let (_, again, replayed) = with_key(&admin, "secret", query, &variables).await;
        assert_eq!((again, replayed), (first, true));
        let rows = kept(&app).await;
        let sealed = rows[0].sealed_answer.as_ref().unwrap();
        assert_eq!(rows.len(), 1);
        assert!(!sealed.windows(8).any(|part| secret.as_bytes().windows(8).any(|known| known == part)));
    }

    async fn an_import_under_a_key_is_started_once_and_done(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let upload = admin.http(Method::POST, "/uploads?name=orders.csv").body("customer_id,invoice_no,ts,amount\nC1,I1,2026-01-05 10:00:00,100\n");
        let upload: Value = upload.send().await.unwrap().json().await.unwrap();
        let query = "mutation($input: ImportStartInput!) { importStart(input: $input) { import { id } userErrors { code message } } }";
        let variables = json!({ "input": { "uploadId": upload["uploadId"], "kind": "ORDERS", "dryRun": false } });
        let (_, first, _) = with_key(&admin, "import", query, &variables).await;
        let (_, again, _) = with_key(&admin, "import", query, &variables).await;
        assert_eq!(again, first);
        app.drain().await;
        let id = first["data"]["importStart"]["import"]["id"].clone();
        let done = admin.ok("query($id: ID!) { import(id: $id) { status createdRows } }", json!({ "id": id })).await;
        assert_eq!(done["import"], json!({ "status": "DONE", "createdRows": 1 }));
    }

    async fn sessions_repeat_their_answers_too(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let other = app.a.client(&app, &app.a.admin).await;
        let sessions = admin.ok("{ viewer { sessions { id current } } }", json!({})).await;
        let list = sessions["viewer"]["sessions"].as_array().unwrap().clone();
        let id = &list.iter().find(|one| one["current"] == false).unwrap()["id"];
        let query = "mutation($input: SessionEndInput!) { sessionEnd(input: $input) { session { id } userErrors { code } } }";
        let variables = json!({ "input": { "sessionId": id } });
        let (_, first, _) = with_key(&admin, "end", query, &variables).await;
        let (_, again, replayed) = with_key(&admin, "end", query, &variables).await;
        assert_eq!((again, replayed), (first, true));
        assert_eq!(other.send("{ eventSequence }", json!({})).await.code(), Some("UNAUTHENTICATED"));
    }

    async fn a_stranger_has_nothing_that_a_key_could_be_bound_to(app) {
        let query = "mutation($input: SessionCreateInput!) { sessionCreate(input: $input) { tokens { accessToken } userErrors { code } } }";
        let variables = json!({ "input": { "email": app.a.admin.email, "password": tests::PASSWORD, "tenantId": app.a.tenant_id() } });
        let (_, first, _) = with_key(&app.anonymous(), "sign-in", query, &variables).await;
        let (_, again, replayed) = with_key(&app.anonymous(), "sign-in", query, &variables).await;
        assert!(!replayed && first["data"]["sessionCreate"]["tokens"] != again["data"]["sessionCreate"]["tokens"]);
        assert_eq!(kept(&app).await.len(), 0);
    }
}
