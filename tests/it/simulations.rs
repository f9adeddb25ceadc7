//! What if: what is supposed is what comes of it when it is done, and supposing changes nothing.

use chrono::{Days, NaiveDate};
use serde_json::{Value, json};
use tests::{Client, TestApp, on_both, snapshot};

const SIMULATE: &str = "query($account: ID!, $suppose: AssessmentSupposeInput!) { assessmentSimulate(accountId: $account, suppose: $suppose) { \
    asOf probabilityChange revenueAtRiskChange { amount } changes { kind title before after points } \
    before { id probability baselineLogOdds factors { kind logOdds } } \
    after { id probability factors { kind logOdds evidence { kind id } } } } }";

/// Seven orders of the account, every three weeks; the last ten days ago. Today.
async fn orders(app: &TestApp, admin: &Client) -> NaiveDate {
    let today = app.a.system(&app.app).await.today().unwrap();
    for back in 0..7 {
        let day = today - Days::new(10 + 21 * back);
        let input = json!({ "accountId": app.a.account_id(), "placedAt": format!("{day}T01:00:00Z"),
            "amount": { "amount": "120000", "currencyCode": "JPY" } });
        admin
            .change("orderCreate", "OrderCreateInput", input, "order { id }")
            .await;
    }
    app.drain().await;
    today
}

async fn simulate(app: &TestApp, client: &Client, suppose: Value) -> Value {
    let variables = json!({ "account": app.a.account_id(), "suppose": suppose });
    client.ok(SIMULATE, variables).await["assessmentSimulate"].clone()
}

fn kinds(of: &Value) -> Vec<&str> {
    of["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["kind"].as_str().unwrap())
        .collect()
}

fn log_odds(probability: &Value) -> f64 {
    let p = probability.as_f64().unwrap();
    (p / (1.0 - p)).ln()
}

async fn stored(app: &TestApp, client: &Client) -> Value {
    app.drain().await;
    let query = "query($id: ID!) { account(id: $id) { assessment { probability factors { kind logOdds } } } }";
    client.ok(query, json!({ "id": app.a.account_id() })).await["account"]["assessment"].clone()
}

on_both! {
    async fn what_is_supposed_is_what_comes_of_it_and_nothing_is_stored(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let today = orders(&app, &admin).await;
        let untouched = snapshot(&app, &app.a).await;
        let supposed = simulate(&app, &admin, json!({ "signals": [{ "kind": "COMPETITOR" }, { "kind": "UNRESOLVED_COMPLAINT" }] })).await;
        assert_eq!(snapshot(&app, &app.a).await, untouched);
        assert_eq!((&supposed["asOf"], kinds(&supposed)), (&json!(today), vec!["UNRESOLVED_COMPLAINT", "COMPETITOR"]));
        // The changes are the whole change.
        let sum: f64 = supposed["changes"].as_array().unwrap().iter().map(|one| one["after"].as_f64().unwrap() - one["before"].as_f64().unwrap()).sum();
        let whole = log_odds(&supposed["after"]["probability"]) - log_odds(&supposed["before"]["probability"]);
        assert!((sum - 1.0).abs() < 1e-9 && (whole - sum).abs() < 1e-6, "{supposed}");
        assert!(supposed["revenueAtRiskChange"]["amount"].as_str().unwrap().parse::<f64>().unwrap() > 0.0);
        // What has no row has no evidence.
        let told = supposed["after"]["factors"].as_array().unwrap().iter().find(|one| one["kind"] == "COMPETITOR").unwrap().clone();
        assert_eq!(told["evidence"], json!([]));
        assert_ne!(supposed["after"]["id"], supposed["before"]["id"]);

        let mut signals = Vec::new();
        for kind in ["COMPETITOR", "UNRESOLVED_COMPLAINT"] {
            let input = json!({ "accountId": app.a.account_id(), "kind": kind, "occurredOn": today, "note": "As supposed" });
            signals.push(admin.change("signalRecord", "SignalRecordInput", input, "signal { id version }").await["signal"].clone());
        }
        let done = stored(&app, &admin).await;
        assert!((done["probability"].as_f64().unwrap() - supposed["after"]["probability"].as_f64().unwrap()).abs() < 1e-9, "{done} {supposed}");

        let supposed = simulate(&app, &admin, json!({ "settledSignalIds": [signals[1]["id"]] })).await;
        assert_eq!(kinds(&supposed), ["UNRESOLVED_COMPLAINT", "RESOLVED_COMPLAINT"], "{supposed}");
        let input = json!({ "id": signals[1]["id"], "version": signals[1]["version"], "resolvedOn": today });
        admin.change("signalSettle", "SignalSettleInput", input, "signal { id }").await;
        let done = stored(&app, &admin).await;
        assert!((done["probability"].as_f64().unwrap() - supposed["after"]["probability"].as_f64().unwrap()).abs() < 1e-9, "{done} {supposed}");
    }

    async fn a_departure_weighs_as_far_as_the_relation_will_not_have_passed(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let today = orders(&app, &admin).await;
        let last_day = today + Days::new(30);
        let change = |of: &Value| log_odds(&of["after"]["probability"]) - log_odds(&of["before"]["probability"]);
        let factor = |of: &Value, kind: &str| of["after"]["factors"].as_array().unwrap().iter().find(|one| one["kind"] == kind).cloned();
        let leaves = simulate(&app, &admin, json!({ "departureOn": last_day })).await;
        // By itself: the account is not taken to stop buying until then.
        assert_eq!((&leaves["asOf"], kinds(&leaves)), (&json!(today), vec!["OWN_REP_CHANGED"]));
        assert!((change(&leaves) - 0.25).abs() < 1e-6, "{leaves}");
        // His successor has come to the company a moment ago.
        let successor = app.a.other_rep.id();
        let takes = simulate(&app, &admin, json!({ "departureOn": last_day, "successorId": successor })).await;
        assert!((change(&takes) - 0.4).abs() < 1e-6, "{takes}");
        assert_eq!(factor(&takes, "OWN_REP_CHANGED").unwrap()["evidence"], json!([{ "kind": "MEMBER", "id": successor }]));
        let halfway = simulate(&app, &admin, json!({ "departureOn": last_day, "successorId": successor, "continuity": 50 })).await;
        assert!((change(&halfway) - 0.2).abs() < 1e-6, "{halfway}");
        let proven = simulate(&app, &admin, json!({ "departureOn": last_day, "successorId": successor, "continuity": 100 })).await;
        assert!(change(&proven).abs() < 1e-9 && factor(&proven, "OWN_REP_CHANGED").is_none(), "{proven}");
        // On a day that is named it counts from its own day on, and silence goes on until then.
        let later = simulate(&app, &admin, json!({ "departureOn": last_day, "asOf": last_day + Days::new(1) })).await;
        assert!(kinds(&later).contains(&"SILENCE") && kinds(&later).contains(&"OWN_REP_CHANGED"), "{later}");
        let before = simulate(&app, &admin, json!({ "departureOn": last_day, "asOf": today })).await;
        assert_eq!((&before["changes"], &before["probabilityChange"]), (&json!([]), &json!(0.0)));
    }

    async fn silence_and_neglect_grow_until_a_later_day_unless_somebody_calls(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let today = orders(&app, &admin).await;
        let talk = json!({ "accountId": app.a.account_id(), "kind": "MEETING", "occurredAt": format!("{}T01:00:00Z", today - Days::new(5)), "summary": "Met" });
        admin.change("activityRecord", "ActivityRecordInput", talk, "activity { id }").await;
        let later = today + Days::new(100);
        let nothing = simulate(&app, &admin, json!({ "asOf": later })).await;
        assert!(kinds(&nothing).contains(&"SILENCE") && kinds(&nothing).contains(&"NEGLECT"), "{nothing}");
        assert!(nothing["probabilityChange"].as_f64().unwrap() > 0.1, "{nothing}");
        let called = simulate(&app, &admin, json!({ "asOf": later, "visitOn": today + Days::new(60) })).await;
        assert!(!kinds(&called).contains(&"NEGLECT"), "{called}");
        assert!(called["after"]["probability"].as_f64() < nothing["after"]["probability"].as_f64());
        // Who calls only afterwards has not called by then.
        let too_late = simulate(&app, &admin, json!({ "asOf": later, "visitOn": later + Days::new(30) })).await;
        assert_eq!(too_late["after"]["probability"], nothing["after"]["probability"], "{too_late}");
    }

    async fn what_cannot_be_supposed_is_refused_and_what_is_not_seen_is_not_there(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let today = orders(&app, &admin).await;
        let observer = app.a.observer.id();
        let elsewhere = app.b.rep.id();
        let many: Vec<Value> = (0..21).map(|_| json!({ "kind": "COMPETITOR" })).collect();
        for (suppose, why) in [
            (json!({}), "Suppose something"),
            (json!({ "asOf": today - Days::new(1) }), "at most 365 days ahead"),
            (json!({ "departureOn": today + Days::new(400) }), "at most 365 days ahead"),
            (json!({ "visitOn": "9999-12-31" }), "at most 365 days ahead"),
            (json!({ "signals": [{ "kind": "SILENCE" }] }), "measured"),
            (json!({ "signals": [{ "kind": "COMPETITOR", "occurredOn": "0001-01-01" }] }), "since 1900"),
            (json!({ "signals": many }), "At most 20"),
            (json!({ "settledSignalIds": ["sig_01h455vb4pex5vsknk084sn02q"] }), "not an open one"),
            (json!({ "successorId": observer }), "nobody who could"),
            (json!({ "successorId": elsewhere }), "nobody who could"),
            (json!({ "successorId": app.a.rep.id(), "continuity": 101 }), "0 to 100"),
            (json!({ "asOf": today, "continuity": 50 }), "change of owner"),
        ] {
            let answer = admin.send(SIMULATE, json!({ "account": app.a.account_id(), "suppose": suppose })).await;
            assert_eq!(answer.code(), Some("BAD_USER_INPUT"), "{suppose} {}", answer.body);
            assert!(answer.body["errors"][0]["message"].as_str().unwrap().contains(why), "{suppose} {}", answer.body);
        }
        let stranger = app.b.client(&app, &app.b.admin).await;
        assert_eq!(simulate(&app, &stranger, json!({ "asOf": today })).await, Value::Null);
    }
}
