//! Variables that are huge, deep or not what they should be.

use serde_json::json;
use tests::on_both;

use super::siege::{Ask, Path, Siege};

/// As many uses of a variable as a document can hold.
fn uses(field: &str) -> String {
    format!("{{ {} }}", field.repeat(31_000 / field.len()))
}

on_both! {
    async fn deep_and_huge_variables_are_refused(app) {
        let siege = Siege::begin(&app).await;
        let list = "query($v: [ID!]!) { nodes(ids: $v) { id } }";
        let object = "query($v: AccountFilterInput) { accounts(filter: $v) { totalCount } }";
        let numbers = format!("[{}]", vec!["1"; 1_000_000].join(","));
        let string = json!("x".repeat(10_000_000)).to_string();
        for (name, value) in [
            ("a deep list", format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000))),
            ("a deep object", format!("{}1{}", "{\"a\":".repeat(20_000), "}".repeat(20_000))),
            ("a list of 120", format!("{}1{}", "[".repeat(120), "]".repeat(120))),
            ("an object of 120", format!("{}1{}", "{\"a\":".repeat(120), "}".repeat(120))),
            ("a million numbers", numbers),
            ("a string of 10 MB", string),
            ("a lone surrogate", r#""\ud800""#.into()),
            ("two surrogates in the wrong order", r#"["\udc00\ud800"]"#.into()),
            ("a number too large for anything", "[1e999]".into()),
        ] {
            for query in [list, object] {
                siege.refused(name, &Ask::with(query, format!("{{\"v\": {value}}}"))).await;
            }
        }
        for value in ["\"x\"", "[]", "[{\"v\": 1}]", "1", "true"] {
            siege.refused(&format!("variables that are {value}"), &Ask::with("{ __typename }", value)).await;
        }
        siege.end().await;
    }

    async fn a_large_variable_that_is_used_often_is_refused(app) {
        let siege = Siege::begin(&app).await;
        // Each use copies it: in the estimate, in validation, in execution.
        let numbers = format!("{{\"v\": [{}]}}", vec!["1"; 100_000].join(","));
        let objects = format!("{{\"v\": [{}]}}", vec!["{}"; 60_000].join(","));
        for variables in [numbers, objects] {
            for (name, query) in [
                ("as a page size", format!("query($v: Int) {}", uses("accounts(first:$v){totalCount} "))),
                ("as ids", format!("query($v: [ID!]!) {}", uses("nodes(ids:$v){id} "))),
                ("in a list", format!("query($v: ID!) {}", uses("nodes(ids:[$v]){id} "))),
                ("in a directive", format!("query($v: Boolean!) {}", uses("__typename @skip(if:$v) "))),
                ("in a filter", format!("query($v: String) {}", uses("accounts(filter:{text:$v}){totalCount} "))),
                ("in fragments", format!("query($v: [ID!]!) {{ {} }} fragment f on Query {{ {} }}", "...f ".repeat(60), "nodes(ids:$v){id} ".repeat(60))),
            ] {
                siege.refused(name, &Ask::with(query, variables.clone())).await;
            }
        }
        siege.end().await;
    }

    async fn what_a_database_cannot_hold_is_refused_or_found_nowhere(app) {
        let siege = Siege::begin(&app).await;
        let texts = ["\\u0000", "a\\u0000b", "\\ufffe\\uffff", "\\u0001", "\\ud83d\\ude00", "%_\\\\"];
        for text in texts {
            for (query, variable) in [
                ("query($v: String) { accounts(filter: { text: $v }) { totalCount } }", "v"),
                ("query($v: String) { accounts(after: $v) { nodes { id } } }", "v"),
                ("query($v: ID!) { node(id: $v) { id } }", "v"),
                ("query($v: ID!) { account(id: $v) { id } }", "v"),
                ("query($v: [String!]) { events(types: $v) { nodes { id } } }", "v"),
            ] {
                let ask = Ask::with(query, format!("{{\"{variable}\": \"{text}\"}}"));
                for path in Path::ALL {
                    let outcome = siege.outcome(text, path, &ask).await;
                    let is_fine = outcome.is_answered() || outcome.is_refused();
                    assert!(is_fine, "{text} in {query} by {path:?}: {outcome:?}");
                }
            }
        }
        let account = app.a.account_id();
        for (query, value) in [
            ("query($v: DateTime) { orders(filter: { from: $v }) { totalCount } }", "-262143-01-01T00:00:00Z"),
            ("query($v: DateTime) { orders(filter: { to: $v }) { totalCount } }", "+262142-12-31T00:00:00Z"),
            ("query($v: DateTime) { accounts(filter: { lastTouchBefore: $v }) { totalCount } }", "-4800-01-01T00:00:00Z"),
            ("query($v: Date) { account(id: \"ACCOUNT\") { assessment(asOf: $v) { probability } } }", "-4800-01-01"),
            ("query($v: Date) { account(id: \"ACCOUNT\") { assessment(asOf: $v) { probability } } }", "0000-12-31"),
            ("query($v: Date) { account(id: \"ACCOUNT\") { assessment(asOf: $v) { probability } } }", "+12026-01-01"),
        ] {
            let ask = Ask::with(query.replace("ACCOUNT", &account), json!({ "v": value }).to_string());
            for path in Path::ALL {
                let outcome = siege.outcome(value, path, &ask).await;
                let is_fine = outcome.is_answered() || outcome.is_refused();
                assert!(is_fine, "{value} in {query} by {path:?}: {outcome:?}");
            }
        }
        siege.end().await;
    }
}
