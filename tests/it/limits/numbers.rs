//! Numbers that are no page sizes.

use serde_json::json;
use tests::on_both;

use super::siege::{Ask, Siege};

const NUMBERS: [&str; 14] = [
    "101",
    "5000",
    "0",
    "-1",
    "2147483647",
    "2147483648",
    "-2147483649",
    "4294967297",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551617",
    "1e400",
    "1.5",
];

on_both! {
    async fn page_sizes_are_from_1_to_100_however_they_are_said(app) {
        let siege = Siege::begin(&app).await;
        let account = app.a.account_id();
        for n in NUMBERS {
            for side in ["first", "last"] {
                let list = |of: &str| format!("accounts({side}: {of}) {{ nodes {{ id }} }}");
                let below = |of: &str| format!("node(id: \"{account}\") {{ ... on Account {{ contacts({side}: {of}) {{ nodes {{ id }} }} }} }}");
                for (name, query) in [
                    ("a literal", format!("{{ {} }}", list(n))),
                    ("an alias", format!("{{ a: {} }}", list(n))),
                    ("a fragment", format!("{{ ...f }} fragment f on Query {{ {} }}", list(n))),
                    ("an inline fragment", format!("{{ ... on Query {{ {} }} }}", list(n))),
                    ("a default value", format!("query($n: Int = {n}) {{ {} }}", list("$n"))),
                    ("an interface", format!("{{ {} }}", below(n))),
                    ("a fragment on an interface", format!("{{ node(id: \"{account}\") {{ ...f }} }} fragment f on Node {{ ... on Account {{ contacts({side}: {n}) {{ nodes {{ id }} }} }} }}")),
                    ("a default value on an interface", format!("query($n: Int = {n}) {{ {} }}", below("$n"))),
                ] {
                    siege.refused(&format!("{side}: {n} in {name}"), &Ask::new(query)).await;
                }
                let variables = format!("{{\"n\": {n}}}");
                for query in [format!("query($n: Int) {{ {} }}", list("$n")), format!("query($n: Int = 3) {{ {} }}", below("$n"))] {
                    siege.refused(&format!("{side}: {n} as a variable"), &Ask::with(query, variables.clone())).await;
                }
            }
        }
        siege.end().await;
    }

    async fn ids_are_at_most_100_however_they_are_said(app) {
        let siege = Siege::begin(&app).await;
        let account = app.a.account_id();
        for count in [101, 400] {
            let ids = json!(vec![&account; count]).to_string();
            for (name, ask) in [
                ("literals", Ask::new(format!("{{ nodes(ids: {ids}) {{ id }} }}"))),
                ("a default value", Ask::new(format!("query($ids: [ID!]! = {ids}) {{ nodes(ids: $ids) {{ id }} }}"))),
                ("a variable", Ask::with("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", format!("{{\"ids\": {ids}}}"))),
                ("a fragment", Ask::with("query($ids: [ID!]!) { ...f } fragment f on Query { a: nodes(ids: $ids) { id } }", format!("{{\"ids\": {ids}}}"))),
            ] {
                siege.refused(&format!("{count} ids in {name}"), &ask).await;
            }
        }
        siege.end().await;
    }

    async fn a_version_beyond_32_bits_is_refused(app) {
        let siege = Siege::begin(&app).await;
        let (account, last) = (app.a.account_id(), i64::MAX);
        let change = "accountUpdate(input: { id: \"ACCOUNT\", version: VERSION, name: \"x\" }) { account { id } }";
        let change = change.replace("ACCOUNT", &account);
        let literal = format!("mutation {{ {} }}", change.replace("VERSION", &last.to_string()));
        siege.refused("a version as a literal", &Ask::new(literal)).await;
        let variable = format!("mutation($v: Int!) {{ {} }}", change.replace("VERSION", "$v"));
        siege.refused("a version as a variable", &Ask::with(variable, json!({ "v": last }).to_string())).await;
        siege.end().await;
    }
}
