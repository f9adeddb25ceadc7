//! The event log: gapless, ordered by commit, complete.

use futures::future::join_all;
use serde_json::{Value, json};
use tests::on_both;

on_both! {
    async fn concurrent_writers_leave_no_gap_and_one_event_a_change(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        app.drain().await;
        let sequence = async || -> i64 {
            admin.ok("{ eventSequence }", json!({})).await["eventSequence"].as_str().unwrap().parse().unwrap()
        };
        let before = sequence().await;
        let writers = (0..8).map(|writer| {
            let admin = admin.clone();
            async move {
                for n in 0..5 {
                    let input = json!({ "code": format!("P-{writer}-{n}"), "name": "Pump" });
                    admin.change("productCreate", "ProductCreateInput", input, "product { id }").await;
                }
            }
        });
        join_all(writers).await;
        assert_eq!(sequence().await, before + 40);
        let mut after = before;
        let mut seen = Vec::new();
        loop {
            let query = "query($after: BigInt) { events(afterSequence: $after, first: 7) { nodes { sequence type } } }";
            let data = admin.ok(query, json!({ "after": after.to_string() })).await;
            let page = data["events"]["nodes"].as_array().unwrap().clone();
            let Some(last) = page.last() else { break };
            after = last["sequence"].as_str().unwrap().parse().unwrap();
            seen.extend(page);
        }
        let numbers: Vec<i64> = seen.iter().map(|event| event["sequence"].as_str().unwrap().parse().unwrap()).collect();
        assert_eq!(numbers, (before + 1..=before + 40).collect::<Vec<_>>());
        assert!(seen.iter().all(|event| event["type"] == "product.created"));
    }

    async fn a_refused_change_leaves_no_event(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        app.drain().await;
        let before = admin.ok("{ eventSequence }", json!({})).await;
        let input = json!({ "code": "P", "name": " " });
        let refused = admin.try_change("productCreate", "ProductCreateInput", input, "product { id }").await;
        assert_eq!(refused["product"], Value::Null);
        assert_eq!(admin.ok("{ eventSequence }", json!({})).await, before);
    }

    async fn a_rep_reads_what_concerns_the_accounts_he_sees(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let tenant = admin.ok("{ tenant { version } }", json!({})).await["tenant"]["version"].clone();
        let team = json!({ "version": tenant, "accountVisibility": "TEAM" });
        admin.change("tenantUpdate", "TenantUpdateInput", team, "tenant { id }").await;
        admin.change("accountCreate", "AccountCreateInput", json!({ "name": "Of the admin" }), "account { id }").await;
        let query = "{ events(first: 100) { nodes { accountId } } }";
        let rep = app.a.client(&app, &app.a.rep).await.ok(query, json!({})).await;
        let accounts: Vec<&Value> = rep["events"]["nodes"].as_array().unwrap().iter().map(|event| &event["accountId"]).collect();
        assert!(!accounts.is_empty());
        assert!(accounts.iter().all(|account| **account == json!(app.a.account_id())), "{accounts:?}");
        let other = app.a.client(&app, &app.a.other_rep).await.ok(query, json!({})).await;
        assert_eq!(other["events"]["nodes"], json!([]));
    }
}
