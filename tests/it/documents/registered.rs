//! Documents that are known by their hash.

use chrono::{DateTime, Duration, TimeZone, Utc};
use tests::{Db, Socket, TestApp};

use super::*;

on_both! {
    async fn a_document_is_known_by_its_hash_once_it_was_executed(app) {
        let client = app.anonymous();
        let text = "query A { __typename }";
        let unknown = send(&client, &by_hash(text)).await;
        assert_eq!((unknown.0, code(&unknown)), (200, Some("PERSISTED_QUERY_NOT_FOUND")));
        assert_eq!(unknown.1["errors"][0]["message"], "PersistedQueryNotFound");
        assert!(unknown.1.get("data").is_none());
        let other_type = client.http(Method::POST, "/graphql").header("accept", "application/graphql-response+json");
        let unknown = answered(other_type.header("accept-language", "ja").json(&by_hash(text))).await;
        assert_eq!((unknown.0, &unknown.1["errors"][0]["message"]), (400, &json!("PersistedQueryNotFound")));
        assert_eq!(registered(&app.app).await.len(), 0);

        // Sent twice: kept once.
        for _ in 0..2 {
            let sent = send(&client, &registration(text)).await;
            assert_eq!((sent.0, &sent.1["data"]), (200, &json!({ "__typename": "Query" })));
        }
        let rows = registered(&app.app).await;
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].hash.as_slice(), rows[0].document.as_str(), rows[0].bytes), (&hash(text)[..], text, 22 + 256));

        let hex = hex(&hash(text));
        let extensions = persisted(&hex).to_string();
        let prefixed = format!("sha256:{hex}");
        for answer in [
            send(&client, &by_hash(text)).await,
            send(&client, &json!({ "documentId": prefixed })).await,
            send(&client, &json!({ "documentId": hex, "operationName": "A" })).await,
            get(&client, &[("extensions", &extensions)]).await,
            get(&client, &[("documentId", &prefixed), ("operationName", "A")]).await,
        ] {
            assert_eq!((answer.0, &answer.1["data"]), (200, &json!({ "__typename": "Query" })));
        }
        let mut socket = Socket::open(&app.base, None).await;
        socket.say(json!({ "id": "1", "type": "subscribe", "payload": by_hash(text) })).await;
        assert_eq!(socket.hear().await.unwrap()["payload"]["data"], json!({ "__typename": "Query" }));
        // Signed in or not: what is known is known to all.
        let rep = app.a.client(&app, &app.a.rep).await;
        assert_eq!(send(&rep, &by_hash(text)).await.1["data"], json!({ "__typename": "Query" }));
        assert_eq!(code(&send(&rep, &by_hash("{ viewer { __typename } }")).await), Some("PERSISTED_QUERY_NOT_FOUND"));
    }

    async fn a_mutation_that_is_known_is_still_refused_over_get(app) {
        let client = app.anonymous();
        let text = "mutation($input: SessionRefreshInput!) { sessionRefresh(input: $input) { userErrors { code } } }";
        let variables = json!({ "input": { "refreshToken": "never given out" } });
        let mut body = registration(text);
        body["variables"] = variables.clone();
        let rejected = json!({ "sessionRefresh": { "userErrors": [{ "code": "REJECTED" }] } });
        assert_eq!(send(&client, &body).await.1["data"], rejected);
        let variables = variables.to_string();
        let answer = get(&client, &[("documentId", &hex(&hash(text))), ("variables", &variables)]).await;
        assert_eq!((answer.0, code(&answer)), (405, Some("BAD_USER_INPUT")));
    }

    async fn what_was_refused_is_never_kept(app) {
        let client = app.anonymous();
        let good = "query B { __typename }";
        let other = hex(&hash("query C { __typename }"));
        for body in [
            json!({ "query": good, "extensions": persisted(&other) }),
            json!({ "query": good, "documentId": format!("sha256:{other}") }),
            json!({ "query": good, "doc_id": "names" }),
            json!({ "query": good, "extensions": { "persistedQuery": { "version": 2, "sha256Hash": hex(&hash(good)) } } }),
            json!({ "query": good, "extensions": { "persistedQuery": { "version": 1 } } }),
            json!({ "extensions": { "persistedQuery": "x" } }),
            json!({ "documentId": "a b" }),
        ] {
            let answer = send(&client, &body).await;
            assert_eq!(code(&answer), Some("BAD_USER_INPUT"), "{body}");
            assert!(answer.1.get("data").is_none(), "{body}");
        }
        let deep = format!("{{ account(id: {}1{}) {{ id }} }}", "[".repeat(1400), "]".repeat(1400));
        let costly = "{ accounts(first: 100) { nodes { contacts(first: 100) { id } } } }";
        for text in [
            "",
            "{",
            "{ nosuch }",
            "query($id: ID!) { account(id: $id) { nosuch } }",
            costly,
            &deep,
            &format!("{{ __typename }} #{}", "x".repeat(32 * 1024)),
        ] {
            let answer = send(&client, &registration(text)).await;
            assert_eq!(code(&answer), Some("BAD_USER_INPUT"), "{text:.60}");
        }
        let mutation = "mutation { __typename }";
        let refused = get(&client, &[("query", mutation), ("extensions", &persisted(&hex(&hash(mutation))).to_string())]).await;
        assert_eq!(refused.0, 405);
        assert_eq!(registered(&app.app).await.len(), 0);
        // What was refused to this caller was executed all the same: it is kept.
        let executed = send(&client, &registration("{ accounts { totalCount } }")).await;
        assert_eq!((code(&executed), &executed.1["data"]), (Some("UNAUTHENTICATED"), &json!({ "accounts": null })));
        assert_eq!(registered(&app.app).await.len(), 1);
    }

    async fn two_processes_know_the_same_documents(app) {
        let second = app.replica().await;
        let (here, there) = (app.anonymous(), Client::new(&second.base, None));
        send(&here, &registration("query D { __typename }")).await;
        assert_eq!(send(&there, &by_hash("query D { __typename }")).await.1["data"], json!({ "__typename": "Query" }));
        // At once, and again and again: each is kept once.
        let mut sent = Vec::new();
        for n in 0..10 {
            let body = registration(&format!("query E{n} {{ __typename }}"));
            sent.extend([&here, &there].map(|client| {
                let (client, body) = (client.clone(), body.clone());
                async move { send(&client, &body).await }
            }));
        }
        for answer in futures::future::join_all(sent).await {
            assert_eq!(answer.1["data"], json!({ "__typename": "Query" }));
        }
        assert_eq!(registered(&app.app).await.len(), 11);
        second.stop().await;
    }

    async fn the_table_is_bounded_and_the_one_used_longest_ago_goes_first(app) {
        let day = |day| Utc.with_ymd_and_hms(2026, 1, day, 0, 0, 0).unwrap();
        let statements = std::sync::Arc::default();
        for (text, bytes, used_at) in [("a", 10 * MIB, day(2)), ("b", MIB, day(1)), ("c", 21 * MIB - 300, day(3))] {
            let row = persisted_query::ActiveModel {
                hash: Set(hash(text).to_vec()),
                document: Set(text.into()),
                bytes: Set(bytes),
                used_at: Set(used_at),
            };
            app.app.database.global(&statements).insert(row).await.unwrap();
        }
        let kept = async || -> Vec<String> { registered(&app.app).await.into_iter().map(|row| row.document).collect() };
        // 300 bytes are left: a document of 44 bytes fits exactly.
        let fits = format!("{{ __typename }}{}", " ".repeat(30));
        assert_eq!(fits.len(), 44);
        send(&app.anonymous(), &registration(&fits)).await;
        assert_eq!(kept().await, ["b", "a", "c", &fits]);
        let last = "query Last { __typename }";
        send(&app.anonymous(), &registration(last)).await;
        assert_eq!(kept().await, ["a", "c", &fits, last]);
    }

    async fn the_last_use_is_written_once_a_day(app) {
        let client = app.anonymous();
        let text = "query F { __typename }";
        let used_at = async || -> DateTime<Utc> { registered(&app.app).await[0].used_at };
        send(&client, &registration(text)).await;
        let first = used_at().await;
        app.app.clock.advance(Duration::hours(23));
        assert!(send(&client, &by_hash(text)).await.1.get("errors").is_none());
        assert_eq!(used_at().await, first);
        app.app.clock.advance(Duration::hours(2));
        assert!(send(&client, &by_hash(text)).await.1.get("errors").is_none());
        let second = used_at().await;
        assert!(second >= first + Duration::hours(25) && second < first + Duration::hours(26), "{second}");
        assert!(send(&client, &by_hash(text)).await.1.get("errors").is_none());
        assert_eq!(used_at().await, second);
        // Forgotten by the table: for a day the process still knows it.
        let statements = std::sync::Arc::default();
        app.app.database.global(&statements).delete(persisted_query::Entity::delete_many()).await.unwrap();
        assert!(send(&client, &by_hash(text)).await.1.get("errors").is_none());
        app.app.clock.advance(Duration::hours(25));
        assert_eq!(code(&send(&client, &by_hash(text)).await), Some("PERSISTED_QUERY_NOT_FOUND"));
    }
}

/// Whoever registers too much at once is answered all the same; it is kept when he sends it later.
#[test]
fn registering_costs_points() {
    actix_web::rt::System::new().block_on(async {
        let app = TestApp::start_with(Db::Sqlite, |config| {
            config.cost_bucket = 120;
            config.cost_limit = 100;
            config.cost_restored_per_second = 1;
        })
        .await;
        let client = app.anonymous();
        for n in 0..3 {
            let answer = send(&client, &registration(&format!("query I{n} {{ __typename }}"))).await;
            assert_eq!(answer.1["data"], json!({ "__typename": "Query" }));
        }
        assert_eq!(registered(&app.app).await.len(), 2);
        app.app.clock.advance(Duration::minutes(1));
        send(&client, &registration("query I2 { __typename }")).await;
        assert_eq!(registered(&app.app).await.len(), 3);
        app.stop().await;
    });
}
