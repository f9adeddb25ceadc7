//! Documents that are published for an API client.

use entity::trusted_document;
use tests::{Company, Socket, TestApp};

use super::*;

const CODEGEN: &str = include_str!("../fixtures/manifests/graphql-codegen.json");
const RELAY: &str = include_str!("../fixtures/manifests/relay.json");
const APOLLO: &str = include_str!("../fixtures/manifests/apollo.json");
/// Published for the clients of these tests under the id `names`.
const NAMES: &str = "query Names { accounts(first: 1) { nodes { name } } }";

/// An API client: its id and a client with its token.
async fn partner(app: &TestApp, company: &Company) -> (String, Client) {
    let admin = company.client(app, &company.admin).await;
    let scopes = ["ACCOUNTS_READ", "ACTIVITIES_WRITE", "EVENTS_READ", "MEMBERS_READ"];
    let made = admin
        .change(
            "apiClientCreate",
            "ApiClientCreateInput",
            json!({ "name": "Partner", "scopes": scopes }),
            "apiClient { id documentMode version } secret",
        )
        .await;
    assert_eq!(
        (&made["apiClient"]["documentMode"], &made["apiClient"]["version"]),
        (&json!("OFF"), &json!(1))
    );
    let id = made["apiClient"]["id"].as_str().unwrap().to_owned();
    (id, app.anonymous().partner(&made).await)
}

async fn publish(admin: &Client, client: &str, manifest: &str) -> Value {
    admin
        .try_change(
            "apiClientDocumentsPublish",
            "ApiClientDocumentsPublishInput",
            json!({ "apiClientId": client, "manifest": manifest }),
            "addedCount documentCount",
        )
        .await
}

/// What a publication came to: added and total, or the first error's code.
async fn published(admin: &Client, client: &str, manifest: &str) -> Result<(i64, i64), String> {
    let payload = publish(admin, client, manifest).await;
    match payload["userErrors"][0]["code"].as_str() {
        Some(code) => Err(code.to_owned()),
        None => Ok((
            payload["addedCount"].as_i64().unwrap(),
            payload["documentCount"].as_i64().unwrap(),
        )),
    }
}

async fn delete(admin: &Client, client: &str, ids: &[&str]) -> (i64, i64) {
    let payload = admin
        .change(
            "apiClientDocumentsDelete",
            "ApiClientDocumentsDeleteInput",
            json!({ "apiClientId": client, "documentIds": ids }),
            "deletedCount documentCount",
        )
        .await;
    (
        payload["deletedCount"].as_i64().unwrap(),
        payload["documentCount"].as_i64().unwrap(),
    )
}

async fn set_mode(admin: &Client, client: &str, version: i64, mode: &str) {
    let input = json!({ "id": client, "version": version, "documentMode": mode });
    let payload = admin
        .change(
            "apiClientUpdate",
            "ApiClientUpdateInput",
            input,
            "apiClient { documentMode }",
        )
        .await;
    assert_eq!(payload["apiClient"]["documentMode"], mode);
}

/// The types of the company's events about API clients, with what they say.
async fn events(admin: &Client) -> Vec<(String, Value)> {
    let data = admin
        .ok("{ events(last: 100) { nodes { type payload } } }", json!({}))
        .await;
    let nodes = data["events"]["nodes"].as_array().unwrap();
    nodes
        .iter()
        .filter(|event| event["type"].as_str().unwrap().starts_with("api_client."))
        .map(|event| (event["type"].as_str().unwrap().to_owned(), event["payload"].clone()))
        .collect()
}

/// Id and text of the manifest's document of a kind.
fn document_of(manifest: &str, kind: &str) -> (String, String) {
    let manifest: Value = serde_json::from_str(manifest).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let all: Vec<(String, String)> = match manifest["operations"].as_array() {
        Some(operations) => operations
            .iter()
            .map(|one| (text(&one["id"]), text(&one["body"])))
            .collect(),
        None => manifest
            .as_object()
            .unwrap()
            .iter()
            .map(|(id, body)| (id.clone(), text(body)))
            .collect(),
    };
    let mut of_kind = all.into_iter().filter(|(_, body)| body.contains(&format!("{kind} ")));
    let found = of_kind.next().unwrap();
    assert_eq!(of_kind.next(), None);
    found
}

on_both! {
    async fn manifests_of_three_tools_are_published_and_their_ids_answer(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let accounts = "query";
        let variables = json!({ "first": 1 });
        let url_variables = variables.to_string();
        for (manifest, name) in [(CODEGEN, "documentId"), (RELAY, "doc_id"), (APOLLO, "extensions")] {
            let (id, client) = partner(&app, &app.a).await;
            assert_eq!(published(&admin, &id, manifest).await, Ok((3, 3)), "{name}");
            set_mode(&admin, &id, 1, "ENFORCE").await;
            let of = |kind: &str| document_of(manifest, kind);
            let named = |kind: &str| match name {
                "extensions" => persisted(&of(kind).0),
                _ => json!(of(kind).0),
            };
            let answer = send(&client, &json!({ name: named(accounts), "variables": variables })).await;
            assert_eq!(answer.1["data"]["accounts"]["nodes"][0]["name"], "Aoba Client", "{name}: {answer:?}");
            let parameter = match named(accounts) {
                Value::String(id) => id,
                extensions => extensions.to_string(),
            };
            let answer = get(&client, &[(name, &parameter), ("variables", &url_variables)]).await;
            assert_eq!(answer.1["data"]["accounts"]["nodes"][0]["name"], "Aoba Client", "{name}: {answer:?}");
            let input = json!({ "accountId": app.a.account_id(), "kind": "CALL", "occurredAt": "2026-01-05T01:00:00Z",
                "summary": "x", "memberId": app.a.rep.id() });
            let answer = send(&client, &json!({ name: named("mutation"), "variables": { "input": input } })).await;
            assert_eq!(answer.1["data"]["activityRecord"]["activity"]["kind"], "CALL", "{name}: {answer:?}");
            let stream = client.http(Method::POST, "/graphql").header("accept", "text/event-stream");
            let stream = stream.json(&json!({ name: named("subscription") })).send().await.unwrap();
            assert!(stream.headers()["content-type"].to_str().unwrap().starts_with("text/event-stream"), "{name}");
            // The text itself is the same document.
            let answer = send(&client, &json!({ "query": of(accounts).1, "variables": variables })).await;
            assert_eq!(answer.1["data"]["accounts"]["nodes"][0]["name"], "Aoba Client", "{name}: {answer:?}");
            // So is its hash, whatever id the tool gave.
            let hashed = json!({ "documentId": format!("sha256:{}", hex(&hash(&of(accounts).1))), "variables": variables });
            assert_eq!(send(&client, &hashed).await.1["data"]["accounts"]["nodes"][0]["name"], "Aoba Client");
        }
        assert_eq!(registered(&app.app).await.len(), 0);
    }

    async fn publishing_is_all_or_nothing_and_tells_what_is_wrong(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let (id, client) = partner(&app, &app.a).await;
        let long = format!("{{ __typename }} #{}", "x".repeat(32 * 1024));
        let manifest = json!({
            "a": NAMES,
            "b": "query {",
            "c": "query C { accounts { nosuch } }",
            "d/e": "{ __typename }",
            format!("sha256:{}", "f".repeat(64)): "{ __typename }",
            "g": "{ a: __typename b: \"\u{0}\" }",
            "h": long,
            "i": "query($x: Boolean!) { accounts @include(if: $x) { nosuch } }",
            "j": "subscription { nosuch }",
            "k": "query K { __typename } mutation L { nosuch }",
        });
        let payload = publish(&admin, &id, &manifest.to_string()).await;
        let errors = payload["userErrors"].as_array().unwrap();
        let found: Vec<(&str, &str)> =
            errors.iter().map(|error| (error["field"][1].as_str().unwrap(), error["code"].as_str().unwrap())).collect();
        let sha256 = format!("sha256:{}", "f".repeat(64));
        let bad = ["b", "c", "d/e", "g", "h", "i", "j", "k", &sha256];
        assert_eq!(found, bad.map(|id| (id, "INVALID")));
        assert!(errors.iter().all(|error| error["field"][0] == "manifest" && error["field"].as_array().unwrap().len() == 2));
        assert_eq!(errors[1]["message"], "Document c: Unknown field \"nosuch\" on type \"AccountConnection\". (1:22)");
        assert_eq!((&payload["addedCount"], &payload["documentCount"]), (&Value::Null, &Value::Null));
        assert_eq!(code(&send(&client, &json!({ "documentId": "a" })).await), Some("PERSISTED_QUERY_NOT_FOUND"));
        for manifest in ["", "[]", "{\"a\": 1}"] {
            assert_eq!(published(&admin, &id, manifest).await, Err("INVALID".into()), "{manifest}");
        }
        assert_eq!(events(&admin).await.len(), 1);
        assert_eq!(published(&admin, &id, "{}").await, Ok((0, 0)));
        assert_eq!(events(&admin).await.len(), 1);
    }

    async fn publishing_is_additive_and_can_be_repeated(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let (id, client) = partner(&app, &app.a).await;
        assert_eq!(published(&admin, &id, CODEGEN).await, Ok((3, 3)));
        assert_eq!(published(&admin, &id, CODEGEN).await, Ok((0, 3)));
        let names = json!({ "names": NAMES, "sha256:".to_owned() + &hex(&hash(NAMES)): NAMES });
        assert_eq!(published(&admin, &id, &names.to_string()).await, Ok((2, 5)));
        // Another text for an id: nothing of that manifest is published.
        let other = json!({ "names": "query Names { accounts(first: 2) { nodes { name } } }", "new": NAMES });
        let payload = publish(&admin, &id, &other.to_string()).await;
        assert_eq!(payload["userErrors"].as_array().unwrap().len(), 1);
        assert_eq!(payload["userErrors"][0]["field"], json!(["manifest", "names"]));
        assert_eq!(payload["userErrors"][0]["code"], "CONFLICT");
        let twice = json!({ "a": "{ __typename }", "sha256:a": "{ __typename }" });
        assert_eq!(published(&admin, &id, &twice.to_string()).await, Err("INVALID".into()));
        assert_eq!(code(&send(&client, &json!({ "documentId": "new" })).await), Some("PERSISTED_QUERY_NOT_FOUND"));
        let names = send(&client, &json!({ "documentId": "names" })).await;
        assert_eq!(names.1["data"]["accounts"]["nodes"].as_array().unwrap().len(), 1);
        assert_eq!(delete(&admin, &id, &["new", "nosuch", "a b"]).await, (0, 5));
        assert_eq!(delete(&admin, &id, &["names", "names", &format!("sha256:{}", hex(&hash(NAMES)))]).await, (2, 3));
        assert_eq!(delete(&admin, &id, &["names"]).await, (0, 3));
        let told: Vec<_> = events(&admin).await.into_iter().skip(1).collect();
        assert_eq!(
            told,
            [
                ("api_client.documents_published".to_owned(), json!({ "added": 3, "documents": 3 })),
                ("api_client.documents_published".to_owned(), json!({ "added": 2, "documents": 5 })),
                ("api_client.documents_deleted".to_owned(), json!({ "deleted": 2, "documents": 3 })),
            ]
        );
        // A revoked client gets no more.
        admin.change("apiClientRevoke", "ApiClientRevokeInput", json!({ "id": id }), "apiClient { id }").await;
        assert_eq!(published(&admin, &id, CODEGEN).await, Err("CONFLICT".into()));
    }

    async fn a_client_has_so_many_documents_of_so_many_bytes(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let (id, _) = partner(&app, &app.a).await;
        let manifest = |ids: std::ops::Range<usize>| {
            let documents = ids.map(|n| (format!("d{n}"), json!("{ __typename }")));
            Value::Object(documents.collect()).to_string()
        };
        assert_eq!(published(&admin, &id, &manifest(0..2_001)).await, Err("TOO_LARGE".into()));
        assert_eq!(published(&admin, &id, &manifest(0..1_999)).await, Ok((1_999, 1_999)));
        assert_eq!(published(&admin, &id, &manifest(1_998..2_001)).await, Err("TOO_LARGE".into()));
        assert_eq!(published(&admin, &id, &manifest(1_998..2_000)).await, Ok((1, 2_000)));
        // Of another client most of the bytes are taken.
        let (id, _) = partner(&app, &app.a).await;
        let (_, client) = api::platform::graphql::parse_any(&async_graphql::ID(id.clone())).unwrap();
        let ctx = app.a.system(&app.app).await;
        let tx = ctx.write().await.unwrap();
        let taken = trusted_document::ActiveModel {
            api_client_id: Set(client),
            document_id: Set("large".into()),
            sha256: Set(hash("large").to_vec()),
            document: Set("large".into()),
            bytes: Set(4 * MIB - 14),
            created_at: Set(ctx.now),
            ..Default::default()
        };
        tx.insert(taken).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(published(&admin, &id, r#"{"a":"{ __typename  }"}"#).await, Err("TOO_LARGE".into()));
        assert_eq!(published(&admin, &id, r#"{"a":"{ __typename }"}"#).await, Ok((1, 2)));
    }

    async fn two_publications_at_once_come_one_after_the_other(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let (id, _) = partner(&app, &app.a).await;
        let all = (0..6).map(|_| published(&admin, &id, CODEGEN));
        let mut results = futures::future::join_all(all).await;
        results.sort();
        assert_eq!(results, [Ok((0, 3)), Ok((0, 3)), Ok((0, 3)), Ok((0, 3)), Ok((0, 3)), Ok((3, 3))]);
    }

    async fn a_client_is_held_to_its_documents_as_its_mode_says(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let (id, client) = partner(&app, &app.a).await;
        let (other_id, other) = partner(&app, &app.a).await;
        assert_eq!(published(&admin, &id, &json!({ "names": NAMES }).to_string()).await, Ok((1, 1)));
        assert_eq!(published(&admin, &other_id, &json!({ "others": "{ __typename }" }).to_string()).await, Ok((1, 1)));
        let known = "query Known { __typename }";
        send(&app.anonymous(), &registration(known)).await;
        let inline = json!({ "query": "query Inline { __typename }" });
        for (version, mode) in [(1, "LOG"), (2, "OFF"), (3, "LOG")] {
            set_mode(&admin, &id, version, mode).await;
            for body in [&inline, &by_hash(known), &json!({ "documentId": "names" }), &json!({ "query": NAMES })] {
                let answer = send(&client, body).await;
                assert!(answer.1.get("errors").is_none(), "{mode} {body}: {answer:?}");
            }
            assert_eq!(code(&send(&client, &json!({ "documentId": "others" })).await), Some("PERSISTED_QUERY_NOT_FOUND"));
        }
        let sent = send(&client, &registration("query G { __typename }")).await;
        assert!(sent.1.get("errors").is_none());
        assert_eq!(registered(&app.app).await.len(), 2);

        set_mode(&admin, &id, 4, "ENFORCE").await;
        for body in [
            &inline,
            &by_hash(known),
            &json!({ "documentId": "others" }),
            &json!({ "doc_id": "nosuch" }),
            &json!({ "query": format!("{NAMES} ") }),
            &json!({ "query": "{ __schema { queryType { name } } }" }),
            &json!({ "query": "{" }),
            &registration("query H { __typename }"),
        ] {
            let answer = send(&client, body).await;
            assert_eq!((answer.0, code(&answer)), (200, Some("FORBIDDEN")), "{body}");
            assert_eq!(answer.1["errors"][0]["message"], "This API client may send only documents that were published for it.");
            assert!(answer.1.get("data").is_none(), "{body}");
        }
        for body in [&json!({ "documentId": "names" }), &json!({ "query": NAMES }), &registration(NAMES), &by_hash(NAMES)] {
            let answer = send(&client, body).await;
            assert_eq!(answer.1["data"]["accounts"]["nodes"][0]["name"], "Aoba Client", "{body}: {answer:?}");
        }
        let mut socket = Socket::open(&app.base, client.token.as_deref()).await;
        socket.say(json!({ "id": "1", "type": "subscribe", "payload": inline })).await;
        let refused = socket.hear().await.unwrap();
        assert_eq!((&refused["type"], &refused["payload"][0]["extensions"]["code"]), (&json!("error"), &json!("FORBIDDEN")));
        socket.say(json!({ "id": "2", "type": "subscribe", "payload": { "documentId": "names" } })).await;
        assert_eq!(socket.hear().await.unwrap()["payload"]["data"]["accounts"]["nodes"][0]["name"], "Aoba Client");
        // Nobody else is held to it, and what is enforced is not registered for all.
        for free in [&admin, &app.anonymous(), &other] {
            assert!(send(free, &inline).await.1.get("errors").is_none());
        }
        assert_eq!(registered(&app.app).await.len(), 2);
        assert_eq!(code(&send(&admin, &json!({ "documentId": "names" })).await), Some("PERSISTED_QUERY_NOT_FOUND"));
    }

    async fn a_deletion_and_a_mode_count_at_once_on_every_replica(app) {
        let second = app.replica().await;
        let admin = app.a.client(&app, &app.a.admin).await;
        let (id, here) = partner(&app, &app.a).await;
        let there = Client::new(&second.base, here.token.clone());
        published(&admin, &id, &json!({ "names": NAMES }).to_string()).await.unwrap();
        let body = json!({ "documentId": "names" });
        // Twice, so that both remember the text.
        for client in [&here, &there, &here, &there] {
            assert!(send(client, &body).await.1.get("errors").is_none());
        }
        set_mode(&admin, &id, 1, "ENFORCE").await;
        for client in [&here, &there] {
            assert!(send(client, &json!({ "query": NAMES })).await.1.get("errors").is_none());
            assert_eq!(code(&send(client, &json!({ "query": "{ __typename }" })).await), Some("FORBIDDEN"));
        }
        assert_eq!(delete(&admin, &id, &["names"]).await, (1, 0));
        for client in [&here, &there] {
            assert_eq!(code(&send(client, &body).await), Some("FORBIDDEN"));
            assert_eq!(code(&send(client, &json!({ "query": NAMES })).await), Some("FORBIDDEN"));
        }
        second.stop().await;
    }

    async fn one_companys_documents_are_unknown_to_another(app) {
        let admin_a = app.a.client(&app, &app.a.admin).await;
        let admin_b = app.b.client(&app, &app.b.admin).await;
        let (id_a, client_a) = partner(&app, &app.a).await;
        let (id_b, client_b) = partner(&app, &app.b).await;
        published(&admin_a, &id_a, &json!({ "names": NAMES }).to_string()).await.unwrap();
        let by_id = json!({ "documentId": "names" });
        assert!(send(&client_a, &by_id).await.1.get("errors").is_none());
        for body in [&by_id, &by_hash(NAMES)] {
            assert_eq!(code(&send(&client_b, body).await), Some("PERSISTED_QUERY_NOT_FOUND"));
        }
        set_mode(&admin_b, &id_b, 1, "ENFORCE").await;
        for body in [&by_id, &by_hash(NAMES), &json!({ "query": NAMES })] {
            assert_eq!(code(&send(&client_b, body).await), Some("FORBIDDEN"));
        }
        // Its own document of the same id is another.
        published(&admin_b, &id_b, &json!({ "names": "query Names { accounts(first: 2) { totalCount } }" }).to_string()).await.unwrap();
        assert_eq!(send(&client_b, &by_id).await.1["data"], json!({ "accounts": { "totalCount": 1 } }));
        assert_eq!(send(&client_a, &by_id).await.1["data"]["accounts"]["nodes"][0]["name"], "Aoba Client");
        assert_eq!(published(&admin_b, &id_a, "{}").await, Err("NOT_FOUND".into()));
    }

    async fn a_client_is_changed_at_the_version_that_was_seen(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let (id, _) = partner(&app, &app.a).await;
        let change = async |input: Value| admin.try_change("apiClientUpdate", "ApiClientUpdateInput", input, "apiClient { name documentMode version }").await;
        let made = change(json!({ "id": id, "version": 1, "name": " Sync ", "documentMode": "LOG" })).await;
        assert_eq!(made["apiClient"], json!({ "name": "Sync", "documentMode": "LOG", "version": 2 }));
        let same = change(json!({ "id": id, "version": 2, "documentMode": "LOG" })).await;
        assert_eq!(same["apiClient"]["version"], 2);
        let stale = change(json!({ "id": id, "version": 1, "documentMode": "ENFORCE" })).await;
        assert_eq!(stale["userErrors"][0]["code"], "CONFLICT");
        assert_eq!(stale["userErrors"][0]["message"], "Changed since version 1 (now 2): name, documentMode. Read it again and repeat your change.");
        assert_eq!(change(json!({ "id": id, "version": 2, "name": "" })).await["userErrors"][0]["code"], "REQUIRED");
        admin.change("apiClientRevoke", "ApiClientRevokeInput", json!({ "id": id }), "apiClient { id }").await;
        assert_eq!(change(json!({ "id": id, "version": 2, "name": "x" })).await["userErrors"][0]["code"], "CONFLICT");
        let told: Vec<String> = events(&admin).await.into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(told, ["api_client.created", "api_client.updated", "api_client.revoked"]);
    }
}
