//! What cannot be is told, and changes nothing.

use serde_json::{Value, json};
use tests::on_both;

use super::{book, day, plan, plan_input};

/// The path and the code of what is wrong.
fn told(answer: &Value) -> (String, String) {
    assert_eq!(answer["departure"], Value::Null, "{answer}");
    let error = &answer["userErrors"][0];
    let path: Vec<&str> = error["field"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part.as_str().unwrap())
        .collect();
    (path.join("."), error["code"].as_str().unwrap().to_owned())
}

fn expected(path: &str, code: &str) -> (String, String) {
    (path.to_owned(), code.to_owned())
}

on_both! {
    async fn a_departure_that_cannot_be_is_refused_and_changes_nothing(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        book(&app, &app.a.rep, 2, &["Hotels"]).await;
        let of_admin = admin.change("accountCreate", "AccountCreateInput", json!({ "name": "Of the admin" }), "account { id }").await;
        let handed = admin.change("accountCreate", "AccountCreateInput",
            json!({ "name": "Handed over", "ownerId": app.a.rep.id() }), "account { id }").await;
        let handover = json!({ "accountId": handed["account"]["id"], "toMemberId": app.a.manager.id(), "lastDay": day(&app, 5), "reason": "x" });
        admin.change("handoverPlan", "HandoverPlanInput", handover, "handover { id }").await;
        // The other rep leaves before.
        let leaves = json!({ "memberId": app.a.other_rep.id(), "lastDay": day(&app, 10), "reason": "x" });
        assert!(plan(&admin, leaves).await["departure"].is_object());
        app.drain().await;
        let before = tests::snapshot(&app, &app.a).await;
        let account = app.a.account_id();
        let to = |account: &Value, member: String| json!({ "successors": [{ "accountId": account, "toMemberId": member }] });
        let (account, manager) = (json!(account), app.a.manager.id());
        let cases = [
            (json!({ "lastDay": day(&app, -1) }), "lastDay", "INVALID"),
            (json!({ "lastDay": day(&app, 800) }), "lastDay", "INVALID"),
            (json!({ "reason": "  " }), "reason", "REQUIRED"),
            (json!({ "memberId": app.b.rep.id() }), "memberId", "NOT_FOUND"),
            (json!({ "memberId": app.a.other_rep.id() }), "memberId", "CONFLICT"),
            (json!({ "memberId": app.a.admin.id() }), "memberId", "CONFLICT"),
            (json!({ "workloadLimit": 0 }), "workloadLimit", "INVALID"),
            (json!({ "candidateIds": [manager, app.b.rep.id()] }), "candidateIds.1", "NOT_FOUND"),
            (json!({ "filter": { "accountIds": [app.b.account_id()] } }), "filter.accountIds.0", "NOT_FOUND"),
            (json!({ "filter": { "accountIds": [of_admin["account"]["id"]] } }), "filter.accountIds.0", "CONFLICT"),
            (json!({ "filter": { "accountIds": [account, handed["account"]["id"]] } }), "filter.accountIds.1", "CONFLICT"),
            (to(&account, app.a.rep.id()), "successors.0.toMemberId", "INVALID"),
            (to(&account, app.a.other_rep.id()), "successors.0.toMemberId", "INVALID"),
            (to(&account, app.a.observer.id()), "successors.0.toMemberId", "INVALID"),
            (to(&account, app.b.rep.id()), "successors.0.toMemberId", "NOT_FOUND"),
            (to(&json!(app.b.account_id()), manager.clone()), "successors.0.accountId", "NOT_FOUND"),
            (to(&handed["account"]["id"], manager.clone()), "successors.0.accountId", "CONFLICT"),
        ];
        for (change, path, code) in cases {
            let mut input = plan_input(&app, 30);
            for (key, value) in change.as_object().unwrap() {
                input[key] = value.clone();
            }
            assert_eq!(told(&plan(&admin, input).await), expected(path, code), "{change}");
        }
        assert_eq!(tests::snapshot(&app, &app.a).await, before);
    }

    async fn who_does_not_lead_a_member_cannot_plan_his_departure(app) {
        app.drain().await;
        let before = tests::snapshot(&app, &app.a).await;
        let asks = |member: &str| (
            "mutation($input: DeparturePlanInput!) { departurePlan(input: $input) { departure { id } userErrors { code } } }",
            json!({ "input": { "memberId": member, "lastDay": day(&app, 30), "reason": "x" } }),
        );
        for (person, member) in [(&app.a.rep, &app.a.rep), (&app.a.observer, &app.a.rep), (&app.a.manager, &app.a.admin)] {
            let client = app.a.client(&app, person).await;
            let (query, variables) = asks(&member.id());
            assert_eq!(client.send(query, variables).await.code(), Some("FORBIDDEN"), "{}", person.role);
        }
        assert_eq!(tests::snapshot(&app, &app.a).await, before);
        // The manager leads the rep; of what he planned the other people see nothing.
        let manager = app.a.client(&app, &app.a.manager).await;
        let planned = plan(&manager, plan_input(&app, 30)).await["departure"].clone();
        assert_eq!(planned["handovers"]["totalCount"], 1);
        let rep = app.a.client(&app, &app.a.rep).await;
        assert_eq!(rep.send("{ departures { nodes { id } } }", json!({})).await.code(), Some("FORBIDDEN"));
    }

    async fn the_same_departure_at_once_is_one(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        book(&app, &app.a.rep, 3, &["Hotels"]).await;
        let plans = (0..6).map(|_| plan(&admin, plan_input(&app, 30)));
        let answers = futures::future::join_all(plans).await;
        let made = answers.iter().filter(|answer| answer["departure"].is_object()).count();
        let conflicts = answers.iter().filter(|answer| answer["userErrors"][0]["code"] == "CONFLICT").count();
        assert_eq!((made, conflicts), (1, 5), "{answers:#?}");
        let there = admin.ok("{ departures { totalCount } handovers { totalCount } }", json!({})).await;
        assert_eq!(there, json!({ "departures": { "totalCount": 1 }, "handovers": { "totalCount": 4 } }));
    }
}
