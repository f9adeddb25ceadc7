//! Following the event log: what is delivered, to whom, from where on, and when it ends.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::{Value, json};
use tests::{Client, EventStream, Socket, on_both};

const SOON: Duration = Duration::from_secs(5);
const QUIET: Duration = Duration::from_millis(400);

async fn record(client: &Client, account: &str, summary: &str) {
    let input =
        json!({ "accountId": account, "kind": "CALL", "occurredAt": "2026-01-05T01:00:00Z", "summary": summary });
    client
        .change("activityRecord", "ActivityRecordInput", input, "activity { id }")
        .await;
}

async fn follow(client: &Client, query: &str) -> EventStream {
    client
        .follow(query, json!({}))
        .await
        .unwrap_or_else(|refused| panic!("{refused:?}"))
}

/// Sequence numbers of a delivery of `eventsAdded`.
fn sequences(answer: &Value) -> Vec<i64> {
    let events = answer["data"]["eventsAdded"]
        .as_array()
        .unwrap_or_else(|| panic!("{answer:#}"));
    events
        .iter()
        .map(|event| event["sequence"].as_str().unwrap().parse().unwrap())
        .collect()
}

on_both! {
    async fn a_change_is_delivered_over_both_transports_with_what_is_asked_for(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let query = "subscription { accountChanged { event { type actorKind } account { name owner { email } } } }";
        let mut stream = follow(&admin, query).await;
        let mut socket = Socket::open(&app.base, admin.token.as_deref()).await;
        socket.subscribe("1", query, json!({})).await;
        assert_eq!(socket.hear_within(QUIET).await, None);
        let input = json!({ "id": app.a.account_id(), "version": 1, "name": "Renamed" });
        admin.change("accountUpdate", "AccountUpdateInput", input, "account { id }").await;
        let expected = json!({ "accountChanged": {
            "event": { "type": "account.updated", "actorKind": "MEMBER" },
            "account": { "name": "Renamed", "owner": { "email": app.a.rep.email } },
        } });
        assert_eq!(stream.next(SOON).await.unwrap()["data"], expected);
        let heard = socket.hear().await.unwrap();
        assert_eq!((&heard["type"], &heard["id"], &heard["payload"]["data"]), (&json!("next"), &json!("1"), &expected));
        socket.say(json!({ "id": "1", "type": "complete" })).await;
        record(&admin, &app.a.account_id(), "After the end").await;
        assert_eq!(socket.hear_within(QUIET).await, None);
    }

    async fn a_handover_is_followed_through_its_steps(app) {
        let ids = app.a.furnish(&app).await;
        let admin = app.a.client(&app, &app.a.admin).await;
        let query = format!(
            "subscription {{ handoverChanged(handoverId: \"{}\", afterSequence: \"0\") {{ event {{ type }} handover {{ status }} }} }}",
            ids.get("hand")
        );
        let mut stream = follow(&admin, &query).await;
        let first = stream.next(SOON).await.unwrap();
        assert_eq!(first["data"]["handoverChanged"], json!({ "event": { "type": "handover.planned" }, "handover": { "status": "PLANNED" } }));
        let input = json!({ "id": ids.get("hand"), "version": 1, "reason": "The plan changed" });
        admin.change("handoverCancel", "HandoverCancelInput", input, "handover { id }").await;
        let next = stream.next(SOON).await.unwrap();
        assert_eq!(next["data"]["handoverChanged"], json!({ "event": { "type": "handover.cancelled" }, "handover": { "status": "CANCELLED" } }));
    }

    async fn nobody_gets_what_he_does_not_see_at_that_moment(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let input = json!({ "accountVisibility": "TEAM", "version": 1 });
        admin.change("tenantUpdate", "TenantUpdateInput", input, "tenant { id }").await;
        let query = "subscription { accountChanged { event { type payload } } }";
        let rep = app.a.client(&app, &app.a.rep).await;
        let other = app.a.client(&app, &app.a.other_rep).await;
        let foreign = app.b.client(&app, &app.b.admin).await;
        let mut of_rep = follow(&rep, query).await;
        let mut of_other = follow(&other, query).await;
        let mut of_foreign = follow(&foreign, query).await;
        record(&rep, &app.a.account_id(), "Before").await;
        assert_eq!(of_rep.next(SOON).await.unwrap()["data"]["accountChanged"]["event"]["type"], "activity.recorded");
        assert_eq!(of_other.next(QUIET).await, None);
        // The account passes to the other: from then on it is he who sees it.
        let input = json!({ "accountId": app.a.account_id(), "memberId": app.a.other_rep.id(), "version": 1 });
        admin.change("accountAssign", "AccountAssignInput", input, "account { id }").await;
        assert!(of_other.next(SOON).await.is_some());
        while of_other.next(QUIET).await.is_some() {}
        while of_rep.next(QUIET).await.is_some() {}
        record(&other, &app.a.account_id(), "After").await;
        assert_eq!(of_other.next(SOON).await.unwrap()["data"]["accountChanged"]["event"]["type"], "activity.recorded");
        assert_eq!(of_rep.next(QUIET).await, None);
        assert_eq!(of_foreign.next(QUIET).await, None);
    }

    async fn who_comes_back_with_the_last_number_misses_nothing(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let writing = {
            let (admin, account) = (admin.clone(), app.a.account_id());
            actix_web::rt::spawn(async move {
                for number in 0..60 {
                    record(&admin, &account, &format!("Call {number}")).await;
                }
            })
        };
        let (mut seen, mut last) = (Vec::new(), 0);
        for _ in 0..20 {
            let query = format!("subscription {{ eventsAdded(afterSequence: \"{last}\") {{ sequence }} }}");
            let mut stream = follow(&admin, &query).await;
            if let Some(answer) = stream.next(Duration::from_millis(50)).await {
                seen.extend(sequences(&answer));
            }
            last = seen.last().copied().unwrap_or(0);
        }
        writing.await.unwrap();
        let end: i64 = admin.ok("{ eventSequence }", json!({})).await["eventSequence"].as_str().unwrap().parse().unwrap();
        let query = format!("subscription {{ eventsAdded(afterSequence: \"{last}\") {{ sequence }} }}");
        let mut stream = follow(&admin, &query).await;
        while seen.last() != Some(&end) {
            seen.extend(sequences(&stream.next(SOON).await.unwrap()));
        }
        assert_eq!(seen, (1..=end).collect::<Vec<_>>());
    }

    async fn a_number_that_the_log_has_not_reached_is_refused(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        for number in ["-1", "999999"] {
            let query = format!("subscription {{ eventsAdded(afterSequence: \"{number}\") {{ sequence }} }}");
            let refused = admin.follow(&query, json!({})).await.err().unwrap();
            assert_eq!((refused.status, refused.code()), (400, Some("BAD_USER_INPUT")));
        }
    }

    async fn what_one_server_writes_the_subscribers_of_another_get(app) {
        let other = app.replica().await;
        let here = app.a.client(&app, &app.a.admin).await;
        let there = Client::new(&other.base, here.token.clone());
        let mut stream = follow(&there, "subscription { accountChanged { event { type } } }").await;
        record(&here, &app.a.account_id(), "Written here").await;
        let heard = stream.next(SOON).await.unwrap();
        assert_eq!(heard["data"]["accountChanged"]["event"]["type"], "activity.recorded");
        drop(stream);
        other.stop().await;
    }

    async fn a_stream_ends_with_the_token(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let query = "subscription { eventsAdded { sequence } }";
        let stream = follow(&admin, query).await;
        let mut socket = Socket::open(&app.base, admin.token.as_deref()).await;
        socket.subscribe("1", query, json!({})).await;
        app.app.clock.advance(TimeDelta::minutes(11));
        let (code, reason) = socket.end().await;
        assert_eq!((code, reason.contains("expired")), (4403, true), "{reason}");
        let last = stream.end(SOON).await.pop().unwrap();
        assert_eq!(last["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    }

    async fn a_stream_ends_with_the_session(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let stream = follow(&admin, "subscription { eventsAdded { sequence } }").await;
        let mut socket = Socket::open(&app.base, admin.token.as_deref()).await;
        admin.change("sessionEnd", "SessionEndInput", json!({}), "__typename").await;
        assert_eq!(socket.end().await.0, 4403);
        let last = stream.end(SOON).await.pop().unwrap();
        assert_eq!(last["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    }

    async fn a_stream_ends_when_the_role_changes(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let manager = app.a.client(&app, &app.a.manager).await;
        let stream = follow(&manager, "subscription { eventsAdded { sequence } }").await;
        let mut socket = Socket::open(&app.base, manager.token.as_deref()).await;
        let input = json!({ "id": app.a.manager.id(), "role": "OBSERVER", "version": 1 });
        let changed = admin.try_change("memberUpdate", "MemberUpdateInput", input, "member { id }").await;
        assert_eq!(changed["userErrors"], json!([]), "{changed:#}");
        let (code, reason) = socket.end().await;
        assert_eq!((code, reason.contains("access changed")), (4403, true), "{reason}");
        let last = stream.end(SOON).await.pop().unwrap();
        assert_eq!(last["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    }

    async fn a_reader_that_does_not_read_is_dropped(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        // Enough to fill what the kernel and the channel hold, many times over.
        for number in 0..160 {
            record(&admin, &app.a.account_id(), &format!("Call {number}")).await;
        }
        let before = app.app.streams.available_permits();
        let mut socket = Socket::open(&app.base, admin.token.as_deref()).await;
        let wide = (0..14).map(|n| format!("p{n}: payload s{n}: subjectId ")).collect::<String>();
        for id in 0..100 {
            let query = format!("subscription {{ eventsAdded(afterSequence: \"0\") {{ id type {wide} }} }}");
            socket.subscribe(&id.to_string(), &query, json!({})).await;
        }
        assert_eq!(app.app.streams.available_permits(), before - 1);
        let dropped = tokio::time::timeout(Duration::from_secs(60), async {
            while app.app.streams.available_permits() < before {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        assert!(dropped.await.is_ok(), "the socket is still open");
        // Others are served meanwhile and afterwards.
        admin.ok("{ eventSequence }", json!({})).await;
    }

    async fn a_socket_takes_no_more_than_its_limits(app) {
        use tokio_tungstenite::tungstenite::Message;
        let admin = app.a.client(&app, &app.a.admin).await;
        let token = admin.token.as_deref();
        let mut large = Socket::open(&app.base, token).await;
        large.send(Message::text("x".repeat(70_000))).await;
        assert_eq!(large.end().await.0, 4400);

        let mut many = Socket::open(&app.base, token).await;
        for id in 0..=100 {
            many.subscribe(&id.to_string(), "subscription { eventsAdded { sequence } }", json!({})).await;
        }
        assert_eq!(many.end().await.0, 4429);

        let mut binary = Socket::open(&app.base, token).await;
        binary.send(Message::binary(vec![1, 2, 3])).await;
        assert_eq!(binary.end().await.0, 4400);

        let mut named = Socket::open(&app.base, token).await;
        named.subscribe(&"n".repeat(129), "{ __typename }", json!({})).await;
        assert_eq!(named.end().await.0, 4400);
    }

    async fn a_page_of_another_origin_may_not_connect(app) {
        assert_eq!(Socket::connect(&app.base, Some("https://evil.example")).await.err(), Some(403));
        assert_eq!(Socket::connect(&app.base, Some("null")).await.err(), Some(403));
        assert!(Socket::connect(&app.base, Some(&app.base)).await.is_ok());
        assert!(Socket::connect(&app.base, None).await.is_ok());
    }

    async fn a_document_with_other_operations_is_followed_by_name(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let query = "query Q { ...q } subscription S($from: BigInt!) { eventsAdded(afterSequence: $from) { ...e } } \
                     fragment q on Query { __typename } fragment e on Event { sequence }";
        let body = json!({ "query": query, "operationName": "S", "variables": { "from": "0" } });
        let response = admin.http(reqwest::Method::POST, "/graphql").header("Accept", "text/event-stream").json(&body).send();
        let mut response = response.await.unwrap();
        let chunk = tokio::time::timeout(SOON, response.chunk()).await.unwrap().unwrap().unwrap();
        assert!(chunk.starts_with(b"event: next\ndata: {\"data\":{\"eventsAdded\":[{\"sequence\":\"1\"}"), "{chunk:?}");
        let two = admin.follow("subscription { eventsAdded { sequence } accountChanged { event { id } } }", json!({})).await;
        assert_eq!(two.err().unwrap().code(), Some("BAD_USER_INPUT"));
    }

    async fn a_subscription_without_a_stream_is_not_acceptable(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let response = admin
            .http(reqwest::Method::POST, "/graphql")
            .header("Accept", "application/json")
            .json(&json!({ "query": "subscription { eventsAdded { sequence } }" }))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status().as_u16(), 406);
    }
}
