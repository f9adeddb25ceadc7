//! Requests that are no requests.

use reqwest::Method;
use serde_json::json;
use tests::on_both;

use super::siege::Siege;

on_both! {
    async fn what_is_no_request_is_refused(app) {
        let siege = Siege::begin(&app).await;
        let one = r#"{"query":"{ __typename }"}"#;
        for (name, body) in [
            ("a batch", format!("[{one}]")),
            ("an empty batch", "[]".into()),
            ("a batch of a thousand", format!("[{}]", vec![one; 1_000].join(","))),
            ("fields in their order", r#"["{ __typename }", null, {}, {}]"#.into()),
            ("nothing", String::new()),
            ("null", "null".into()),
            ("a string", "\"{ __typename }\"".into()),
            ("no query", "{}".into()),
            ("a query that is a list", r#"{"query":["{ __typename }"]}"#.into()),
            ("a query that is an object", r#"{"query":{"query":"{ __typename }"}}"#.into()),
            ("two queries", r#"{"query":"{ __typename }","query":"{ viewer { user { id } } }"}"#.into()),
            ("two variables", r#"{"query":"{ __typename }","variables":{},"variables":{"a":1}}"#.into()),
            ("two names", r#"{"query":"query A{__typename} query B{__typename}","operationName":"A","operationName":"B"}"#.into()),
            ("JSON that goes on", format!("{one}{one}")),
            ("JSON that stops", r#"{"query":"{ __typename }""#.into()),
            ("depth", "[".repeat(100_000)),
            ("depth of objects", r#"{"a":"#.repeat(40_000)),
            ("depth in extensions", format!(r#"{{"query":"{{ __typename }}","extensions":{}1{}}}"#, r#"{"a":"#.repeat(10_000), "}".repeat(10_000))),
            ("a lone surrogate", r#"{"query":"{ account(id: \"\ud800\") { id } }"}"#.into()),
            ("NUL", "{\"query\":\"{ __typename \0}\"}".into()),
            ("an escaped NUL", r#"{"query":"{ __typename \u0000}"}"#.into()),
        ] {
            siege.refused_raw(name, body.as_bytes()).await;
        }
        siege.refused_raw("bytes that are no UTF-8", b"{\"query\":\"{ __typename \xff }\"}").await;
        siege.refused_raw("an overlong slash", b"{\"query\":\"{ __typename \xc0\xaf }\"}").await;
        siege.refused_raw("a UTF-16 text", b"\xff\xfe{\0}\0").await;
        siege.end().await;
    }

    async fn bodies_of_64_megabytes_are_refused(app) {
        let siege = Siege::begin(&app).await;
        let json = format!(r#"{{"query":"{{ __typename }}","variables":{{"a":"{}"}}}}"#, "x".repeat(64 * 1024 * 1024));
        siege.refused_raw("JSON", json.as_bytes()).await;
        siege.refused_raw("spaces", " ".repeat(64 * 1024 * 1024).as_bytes()).await;
        siege.end().await;
    }

    async fn only_json_over_post_and_within_limits(app) {
        let siege = Siege::begin(&app).await;
        let client = app.anonymous();
        let status = async |request: reqwest::RequestBuilder| request.send().await.unwrap().status().as_u16();
        let body = json!({ "query": "{ __typename }" }).to_string();
        let post = || client.http(Method::POST, "/graphql");
        assert_eq!(status(post().header("content-type", "application/json; charset=utf-8").body(body.clone())).await, 200);
        assert_eq!(status(post().header("content-type", "text/plain").body(body.clone())).await, 415);
        assert_eq!(status(post().header("content-type", "application/x-www-form-urlencoded").body("query={__typename}")).await, 415);
        assert_eq!(status(post().header("content-type", "multipart/form-data; boundary=x").body("--x--")).await, 415);
        assert_eq!(status(post().header("content-type", "application/graphql").body("{__typename}")).await, 415);
        assert_eq!(status(post().body(body.clone())).await, 415);
        assert_eq!(status(client.http(Method::GET, "/graphql?query={__typename}")).await, 200);
        assert_eq!(status(client.http(Method::GET, "/graphql?query=mutation{__typename}")).await, 405);
        assert_eq!(status(client.http(Method::GET, "/graphql?query={__typename}&query={__typename}")).await, 400);
        let judged = client.http(Method::GET, "/graphql?query=%ff%00").header("accept", "application/graphql-response+json");
        assert_eq!(status(judged).await, 400);
        assert_eq!(status(client.http(Method::DELETE, "/graphql")).await, 405);
        assert_eq!(status(post().header("accept", "text/html").header("content-type", "application/json").body(body.clone())).await, 406);
        assert_eq!(status(post().header("content-type", "application/json").body("{")).await, 400);
        assert_eq!(status(post().header("content-type", "application/json").body("x".repeat(300 * 1024))).await, 413);
        assert_eq!(status(post().header("content-type", "application/json").body(format!("[{body}]"))).await, 400);
        siege.end().await;
    }

    async fn a_mutation_over_get_changes_nothing(app) {
        let siege = Siege::begin(&app).await;
        let names = async || siege.client.ok("{ accounts { nodes { name } } }", json!({})).await;
        let before = names().await;
        for query in [
            "mutation { accountCreate(input: { name: \"x\" }) { account { id } } }",
            "mutation { ...f } fragment f on Mutation { a: accountCreate(input: { name: \"x\" }) { account { id } } }",
            "query A { __typename } mutation B { accountCreate(input: { name: \"x\" }) { account { id } } }&operationName=B",
        ] {
            let url = format!("/graphql?query={}", query.replace(' ', "%20").replace('"', "%22"));
            let response = siege.client.http(Method::GET, &url).send().await.unwrap();
            assert_eq!((response.status().as_u16(), response.headers()["allow"].to_str().unwrap()), (405, "POST"));
        }
        assert_eq!(names().await, before);
        siege.end().await;
    }
}
