//! The way in: what is refused, and how.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Db, Socket, TestApp, on_both};

on_both! {
    async fn nothing_internal_shows_and_codes_are_stable(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let wrong = admin.send("{ accounts(first: 1) { nodes { nosuch } } }", json!({})).await;
        assert_eq!((wrong.status, wrong.code()), (400, Some("BAD_USER_INPUT")));
        let nobody = app.anonymous().send("{ accounts(first: 1) { nodes { name } } }", json!({})).await;
        assert_eq!((nobody.status, nobody.code()), (200, Some("UNAUTHENTICATED")));
        // The database is gone: a code and a request id, no cause.
        app.app.database.close().await;
        let broken = admin.send("{ accounts(first: 1) { nodes { name } } }", json!({})).await;
        assert_eq!((broken.status, broken.code()), (503, Some("UNAVAILABLE")));
        let text = broken.body.to_string().to_lowercase();
        for leak in ["sql", "pool", "select", "connection", "sqlite", "postgres"] {
            assert!(!text.contains(leak), "{text}");
        }
        let ready = app.anonymous().http(Method::GET, "/readyz").send().await.unwrap();
        assert_eq!(ready.status().as_u16(), 503);
        let live = app.anonymous().http(Method::GET, "/livez").send().await.unwrap();
        assert_eq!(live.status().as_u16(), 200);
    }

    async fn graphiql_is_served_without_foreign_hosts(app) {
        let page = app.anonymous().http(Method::GET, "/").send().await.unwrap();
        let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("default-src 'self'"), "{policy}");
        let html = page.text().await.unwrap();
        let links: Vec<&str> = html.split(['"', '\'']).filter(|part| part.starts_with("/assets/") || part.starts_with("assets/")).collect();
        assert!(links.len() >= 4, "{links:?}");
        assert!(!html.contains("https://") && !html.contains("//cdn"), "{html}");
        for link in links {
            let path = format!("/{}", link.trim_start_matches('/'));
            let asset = app.anonymous().http(Method::GET, &path).send().await.unwrap();
            assert_eq!(asset.status().as_u16(), 200, "{path}");
        }
    }

    async fn the_examples_of_graphiql_are_valid(app) {
        let text = include_str!("../../api/assets/graphiql/examples.js");
        let examples: Vec<&str> = text.split("query: `").skip(1).map(|rest| rest.split('`').next().unwrap()).collect();
        assert!(examples.len() >= 5);
        let admin = app.a.client(&app, &app.a.admin).await;
        for example in examples {
            let answer = admin.send(example, json!({})).await;
            let errors = answer.body["errors"].as_array().cloned().unwrap_or_default();
            let invalid: Vec<&Value> = errors.iter().filter(|error| error["path"].is_null()).collect();
            let about_variables = |error: &Value| error["message"].as_str().unwrap().contains("Variable");
            assert!(invalid.iter().all(|error| about_variables(error)), "{example}\n{:#}", answer.body);
        }
    }

    async fn a_root_field_that_fails_leaves_its_neighbours_answered(app) {
        let answer = app.anonymous().send("{ __typename accounts { totalCount } viewer { user { id } } }", json!({})).await;
        assert_eq!((answer.status, answer.code()), (200, Some("UNAUTHENTICATED")));
        assert_eq!(answer.body["errors"].as_array().unwrap().len(), 1);
        assert_eq!(answer.body["errors"][0]["path"], json!(["accounts"]));
        assert_eq!(answer.body["data"], json!({ "__typename": "Query", "accounts": null, "viewer": null }));
    }

    async fn whatever_is_refused_is_json_with_a_request_id(app) {
        let client = app.anonymous();
        let json = |request: reqwest::RequestBuilder| request.header("content-type", "application/json");
        for (status, request) in [
            (404, client.http(Method::GET, "/nothing")),
            (405, client.http(Method::PUT, "/graphql")),
            (405, client.http(Method::GET, "/graphql?query=mutation{__typename}")),
            (406, json(client.http(Method::POST, "/graphql").header("accept", "image/png"))),
            (415, client.http(Method::POST, "/graphql").body("{}")),
            (400, json(client.http(Method::POST, "/graphql").body("{}"))),
            (401, client.http(Method::POST, "/uploads").body("a")),
        ] {
            let response = request.send().await.unwrap();
            assert_eq!(response.status().as_u16(), status);
            let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
            let (id, options, cache) = (header("x-request-id"), header("x-content-type-options"), header("cache-control"));
            assert_eq!((options.as_str(), cache.as_str()), ("nosniff", "no-store"));
            let body: Value = response.json().await.unwrap();
            assert_eq!(body["extensions"]["requestId"], id);
            assert!(body["errors"][0]["message"].is_string() && body.get("data").is_none(), "{body}");
        }
    }

    async fn long_answers_are_compressed_for_those_who_accept_it(app) {
        let client = app.anonymous();
        let long = json!({ "query": include_str!("limits/all_options.graphql") });
        let short = json!({ "query": "{ __typename }" });
        let encoding = async |accepts: &str, body: &Value| {
            let request = client.http(Method::POST, "/graphql").header("accept-encoding", accepts).json(body);
            let response = request.send().await.unwrap();
            let encoding = response.headers().get("content-encoding").map(|value| value.to_str().unwrap().to_owned());
            (encoding, response.bytes().await.unwrap().len())
        };
        let (none, plain) = encoding("identity", &long).await;
        let (gzip, smaller) = encoding("gzip", &long).await;
        let (br, smallest) = encoding("gzip, br", &long).await;
        assert_eq!((none.as_deref(), gzip.as_deref(), br.as_deref()), (None, Some("gzip"), Some("br")));
        assert!(smaller * 4 < plain && smallest * 4 < plain, "{plain} {smaller} {smallest}");
        assert_eq!(encoding("gzip, br", &short).await.0, None);
    }

    async fn pages_of_named_origins_may_call_and_no_others(app) {
        let preflight = |origin: &str| {
            app.anonymous()
                .http(Method::OPTIONS, "/graphql")
                .header("origin", origin.to_owned())
                .header("access-control-request-method", "POST")
                .header("access-control-request-headers", "content-type, authorization")
        };
        let refused = preflight("https://evil.example").send().await.unwrap();
        assert_eq!(refused.headers().get("access-control-allow-origin"), None);
        assert!(!refused.status().is_success());
    }
}

#[test]
fn a_page_of_a_named_origin_may_call() {
    const ORIGIN: &str = "https://app.example.com";
    actix_web::rt::System::new().block_on(async {
        let app = TestApp::start_with(Db::Sqlite, |config| config.cors_origins = vec![ORIGIN.into()]).await;
        let preflight = app.anonymous().http(Method::OPTIONS, "/graphql");
        let preflight = preflight
            .header("origin", ORIGIN)
            .header("access-control-request-method", "POST")
            .header(
                "access-control-request-headers",
                "content-type, authorization, idempotency-key",
            )
            .send()
            .await
            .unwrap();
        assert_eq!(
            (
                preflight.status().as_u16(),
                &preflight.headers()["access-control-allow-origin"]
            ),
            (200, &ORIGIN.parse().unwrap())
        );
        let call = app.anonymous().http(Method::POST, "/graphql");
        let call = call
            .header("origin", ORIGIN)
            .json(&json!({ "query": "{ __typename }" }))
            .send()
            .await
            .unwrap();
        assert_eq!(call.headers()["access-control-allow-origin"], ORIGIN);
        assert!(Socket::connect(&app.base, Some(ORIGIN)).await.is_ok());
        app.stop().await;
    });
}

on_both! {
    async fn a_fragment_that_contains_itself_is_refused_at_once(app) {
        for query in [
            "{ ...a } fragment a on Query { ...a ...a }",
            "{ __schema { ...a } } fragment a on __Schema { types { ...b } } fragment b on __Type { ofType { ...b ...b } }",
        ] {
            let answer = app.anonymous().send(query, json!({})).await;
            assert_eq!((answer.status, answer.code()), (400, Some("BAD_USER_INPUT")));
        }
    }

    async fn a_search_of_a_thousand_words_is_answered(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let words: String = (0..10_000).map(|n| format!("w{n} ")).collect();
        let query = "query($t: String!, $a: ID!) { accounts(filter: { text: $t }) { totalCount } products(filter: { text: $t }) { totalCount } \
                     members(filter: { text: $t }) { totalCount } contacts(filter: { text: $t, accountId: $a }) { totalCount } }";
        let data = admin.ok(query, json!({ "t": words, "a": app.a.account_id() })).await;
        assert_eq!(data["accounts"]["totalCount"], 0);
    }

    async fn lists_inside_lists_are_priced_by_what_they_may_hold(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let query = "query($id: ID!) { account(id: $id) { contacts { account { contacts { account { contacts { id } } } } } } }";
        let answer = admin.send(query, json!({ "id": app.a.account_id() })).await;
        assert_eq!((answer.status, answer.code()), (400, Some("BAD_USER_INPUT")));
    }

    async fn an_integer_beyond_32_bits_is_refused_before_anything_is_reckoned_with_it(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let query = "mutation($v: Int!, $id: ID!) { accountUpdate(input: { id: $id, version: $v, name: \"X\" }) { userErrors { code } } }";
        for version in [i64::MAX, i64::MIN, 2_147_483_648] {
            let answer = admin.send(query, json!({ "v": version, "id": app.a.account_id() })).await;
            assert_eq!((answer.status, answer.code()), (400, Some("BAD_USER_INPUT")), "{version}");
        }
        let inline = format!("{{ accounts(first: {}) {{ totalCount }} }}", i64::MAX);
        assert_eq!(admin.send(&inline, json!({})).await.code(), Some("BAD_USER_INPUT"));
    }

    async fn memberships_are_read_over_one_connection_at_a_time(app) {
        // More people at once than there are connections, each with a company to be asked about.
        let people = [&app.a.admin, &app.a.manager, &app.a.rep, &app.a.other_rep, &app.a.observer];
        let mut clients = Vec::new();
        for person in people {
            let input = json!({ "name": "Second", "country": "JP", "timeZone": "Asia/Tokyo", "currency": "JPY" });
            let client = app.a.client(&app, person).await;
            client.change("tenantCreate", "TenantCreateInput", input, "tenant { id }").await;
            clients.extend([client.clone(), client]);
        }
        let asking = clients.iter().map(|client| client.ok("{ viewer { memberships { tenantName } } }", json!({})));
        for answer in futures::future::join_all(asking).await {
            assert_eq!(answer["viewer"]["memberships"].as_array().unwrap().len(), 2);
        }
    }
}
