//! Signals: recorded, corrected, settled.

use serde_json::{Value, json};
use tests::{Client, on_both};

const SHOWN: &str = "signal { id version kind cause controllable occurredOn note resolvedOn settledAt \
    recordedBy { id } settledBy { id } contact { id } activity { id } account { id } } userErrors { field code message }";

async fn record(client: &Client, input: Value) -> Value {
    client
        .try_change("signalRecord", "SignalRecordInput", input, SHOWN)
        .await
}

fn seen(account: &str, kind: &str, day: &str) -> Value {
    json!({ "accountId": account, "kind": kind, "occurredOn": day, "note": "Seen" })
}

/// Another account of the same rep.
async fn other_account(client: &Client) -> String {
    let made = client
        .change(
            "accountCreate",
            "AccountCreateInput",
            json!({ "name": "Other" }),
            "account { id }",
        )
        .await;
    made["account"]["id"].as_str().unwrap().to_owned()
}

on_both! {
    async fn a_signal_has_the_cause_of_its_kind_unless_somebody_says_otherwise(app) {
        let rep = app.a.client(&app, &app.a.rep).await;
        let account = app.a.account_id();
        let made = record(&rep, seen(&account, "COMPETITOR", "2026-01-07")).await["signal"].clone();
        assert_eq!((&made["cause"], &made["controllable"]), (&json!("COMPETITOR"), &json!(false)));
        assert_eq!(made["recordedBy"]["id"], app.a.rep.id());
        let change = json!({ "id": made["id"], "version": 1, "kind": "NEGLECT" });
        let changed = rep.change("signalUpdate", "SignalUpdateInput", change, SHOWN).await["signal"].clone();
        assert_eq!((&changed["cause"], &changed["controllable"]), (&json!("NEGLECT"), &json!(true)));
        let change = json!({ "id": made["id"], "version": 2, "cause": "CHEMISTRY", "controllable": false });
        let changed = rep.change("signalUpdate", "SignalUpdateInput", change.clone(), SHOWN).await["signal"].clone();
        assert_eq!((&changed["cause"], &changed["controllable"], &changed["version"]), (&json!("CHEMISTRY"), &json!(false), &json!(3)));
        let repeated = rep.change("signalUpdate", "SignalUpdateInput", change, SHOWN).await;
        assert_eq!(repeated["signal"]["version"], 3);
        let low = record(&rep, seen(&account, "LOW_SATISFACTION", "2026-01-08")).await["signal"].clone();
        assert_eq!(low["cause"], Value::Null);
    }

    async fn signals_come_newest_first_in_pages(app) {
        let rep = app.a.client(&app, &app.a.rep).await;
        let account = app.a.account_id();
        for day in ["2026-01-07", "2026-01-09", "2026-01-08", "2026-01-09"] {
            record(&rep, seen(&account, "COMPETITOR", day)).await;
        }
        let query = "query($after: String, $account: ID!) { signals(filter: { accountId: $account, kinds: [COMPETITOR], openOnly: true }, first: 3, after: $after) \
            { nodes { occurredOn } totalCount pageInfo { endCursor hasNextPage } } }";
        let first = rep.ok(query, json!({ "account": account })).await["signals"].clone();
        let days = |page: &Value| -> Vec<String> {
            page["nodes"].as_array().unwrap().iter().map(|node| node["occurredOn"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(days(&first), ["2026-01-09", "2026-01-09", "2026-01-08"]);
        assert_eq!(first["totalCount"], 4);
        let second = rep.ok(query, json!({ "account": account, "after": first["pageInfo"]["endCursor"] })).await["signals"].clone();
        assert_eq!(days(&second), ["2026-01-07"]);
    }

    async fn a_settled_signal_has_ended_and_settling_twice_changes_nothing(app) {
        let rep = app.a.client(&app, &app.a.rep).await;
        let account = app.a.account_id();
        let made = record(&rep, seen(&account, "UNRESOLVED_COMPLAINT", "2026-01-07")).await["signal"].clone();
        let settle = |version: u8, day: &str, note: Value| {
            let input = json!({ "id": made["id"], "version": version, "resolvedOn": day, "note": note });
            let rep = rep.clone();
            async move { rep.try_change("signalSettle", "SignalSettleInput", input, SHOWN).await }
        };
        for day in ["2026-01-06", "2099-01-01"] {
            assert_eq!(settle(1, day, Value::Null).await["userErrors"][0]["field"], json!(["resolvedOn"]), "{day}");
        }
        let settled = settle(1, "2026-01-10", json!("Replaced the valves")).await["signal"].clone();
        assert_eq!((&settled["note"], &settled["resolvedOn"]), (&json!("Seen\nReplaced the valves"), &json!("2026-01-10")));
        assert_eq!(settled["settledBy"]["id"], app.a.rep.id());
        assert_eq!(settle(1, "2026-01-10", json!("Replaced the valves")).await["signal"], settled);
        assert_eq!(settle(1, "2026-01-11", Value::Null).await["userErrors"][0]["code"], "CONFLICT");
        assert_eq!(settle(2, "2026-01-11", Value::Null).await["signal"]["resolvedOn"], "2026-01-11");
        let open = rep.ok("{ signals(filter: { openOnly: true }) { totalCount } }", json!({})).await;
        assert_eq!(open["signals"]["totalCount"], 0);
    }

    async fn a_person_confirms_what_others_noticed_and_confirming_twice_changes_nothing(app) {
        let rep = app.a.client(&app, &app.a.rep).await;
        let made = record(&rep, seen(&app.a.account_id(), "COMPETITOR", "2026-01-07")).await["signal"].clone();
        let shown = "signal { version noticedBy confirmedAt confirmedBy { id } } userErrors { field code }";
        let confirm = |version: i64| {
            let (id, rep) = (made["id"].clone(), rep.clone());
            async move { rep.try_change("signalConfirm", "SignalConfirmInput", json!({ "id": id, "version": version }), shown).await }
        };
        assert_eq!(confirm(7).await["userErrors"][0]["code"], "CONFLICT");
        let confirmed = confirm(1).await["signal"].clone();
        assert_eq!((&confirmed["noticedBy"], &confirmed["version"]), (&json!("PERSON"), &json!(2)));
        assert_eq!(confirmed["confirmedBy"]["id"], app.a.rep.id());
        let manager = app.a.client(&app, &app.a.manager).await;
        let again = manager.change("signalConfirm", "SignalConfirmInput", json!({ "id": made["id"], "version": 2 }), shown).await;
        assert_eq!(again["signal"], confirmed);
        let events = app.a.client(&app, &app.a.admin).await
            .ok("{ events(last: 9, types: [\"signal.confirmed\"]) { nodes { subjectId } } }", json!({})).await;
        assert_eq!(events["events"]["nodes"], json!([{ "subjectId": made["id"] }]));
    }

    async fn what_is_measured_or_of_another_account_is_refused(app) {
        let rep = app.a.client(&app, &app.a.rep).await;
        let account = app.a.account_id();
        let other = other_account(&rep).await;
        let person = json!({ "accountId": other, "familyName": "Far", "givenName": "X" });
        let contact = rep.change("contactCreate", "ContactCreateInput", person, "contact { id }").await["contact"]["id"].clone();
        let call = json!({ "accountId": other, "kind": "CALL", "occurredAt": "2026-01-05T01:00:00Z", "summary": "Talked" });
        let activity = rep.change("activityRecord", "ActivityRecordInput", call, "activity { id }").await["activity"]["id"].clone();
        let unknown = api::platform::graphql::any_id("act", uuid::Uuid::now_v7());
        for (change, field, code) in [
            (json!({ "kind": "SILENCE" }), "kind", "INVALID"),
            (json!({ "occurredOn": "2099-01-01" }), "occurredOn", "INVALID"),
            (json!({ "note": "" }), "note", "REQUIRED"),
            (json!({ "contactId": contact }), "contactId", "INVALID"),
            (json!({ "activityId": activity }), "activityId", "INVALID"),
            (json!({ "activityId": unknown }), "activityId", "NOT_FOUND"),
        ] {
            let mut input = seen(&account, "COMPETITOR", "2026-01-07");
            input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            let payload = record(&rep, input).await;
            assert_eq!(payload["userErrors"][0], json!({ "field": [field], "code": code, "message": payload["userErrors"][0]["message"] }), "{payload}");
        }
        let mut input = seen(&other, "KEY_CONTACT_LEFT", "2026-01-07");
        input["contactId"] = contact.clone();
        input["activityId"] = activity.clone();
        let made = record(&rep, input).await["signal"].clone();
        assert_eq!((&made["contact"]["id"], &made["activity"]["id"]), (&contact, &activity));
        let data = rep.ok("query($id: ID!) { node(id: $id) { __typename } }", json!({ "id": made["id"] })).await;
        assert_eq!(data["node"]["__typename"], "Signal");
    }
}
