//! The way in: what is refused, and how.

use reqwest::Method;
use serde_json::{Value, json};
use tests::on_both;

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
        assert_eq!(broken.code(), Some("INTERNAL"));
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
}
