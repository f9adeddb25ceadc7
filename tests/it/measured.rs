//! What the rows prove by themselves: nobody raises it, nobody settles it, and it was not known before it was recorded.

use std::collections::BTreeMap;

use chrono::Duration;
use serde_json::{Value, json};
use tests::{Client, TestApp, on_both};

fn day(app: &TestApp, days: i64) -> String {
    // The company is in Tokyo.
    (app.app.clock.now() + Duration::hours(9) + Duration::days(days))
        .date_naive()
        .to_string()
}

fn ago(app: &TestApp, days: i64) -> Value {
    json!(app.app.clock.now() - Duration::days(days))
}

/// The reasons of the account's risk by kind, as they stand after all jobs, or as of a day.
async fn reasons(app: &TestApp, client: &Client, as_of: Option<&str>) -> BTreeMap<String, Value> {
    app.drain().await;
    let query = "query($id: ID!, $day: Date) { account(id: $id) { assessment(asOf: $day) { factors { kind value unit weight \
        logOdds since ageDays halfLifeDays cause evidence { kind id } } } } }";
    let data = client
        .ok(query, json!({ "id": app.a.account_id(), "day": as_of }))
        .await;
    let factors = data["account"]["assessment"]["factors"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let found = factors
        .into_iter()
        .map(|factor| (factor["kind"].as_str().unwrap().to_owned(), factor));
    found.collect()
}

fn kinds(reasons: &BTreeMap<String, Value>) -> Vec<&str> {
    reasons.keys().map(String::as_str).collect()
}

async fn contact(app: &TestApp, client: &Client, name: &str, more: Value) -> Value {
    let mut input =
        json!({ "accountId": app.a.account_id(), "familyName": name, "givenName": "X", "say": 50, "isKey": true });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    client
        .change("contactCreate", "ContactCreateInput", input, "contact { id version }")
        .await["contact"]
        .clone()
}

async fn left(app: &TestApp, client: &Client, contact: &Value, days: i64) {
    let input = json!({ "id": contact["id"], "version": contact["version"], "leftOn": day(app, days) });
    client
        .change("contactUpdate", "ContactUpdateInput", input, "contact { id }")
        .await;
}

async fn touch(app: &TestApp, client: &Client, days: i64, more: Value) -> Value {
    let mut input =
        json!({ "accountId": app.a.account_id(), "kind": "CALL", "occurredAt": ago(app, days), "summary": "Talked." });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    client
        .change(
            "activityRecord",
            "ActivityRecordInput",
            input,
            "activity { id version satisfaction }",
        )
        .await["activity"]
        .clone()
}

async fn order(app: &TestApp, client: &Client, days: i64, amount: &str) -> Value {
    let input = json!({ "accountId": app.a.account_id(), "placedAt": ago(app, days),
        "amount": { "amount": amount, "currencyCode": "JPY" } });
    client
        .change("orderCreate", "OrderCreateInput", input, "order { id }")
        .await["order"]["id"]
        .clone()
}

async fn tenant(client: &Client, more: Value) -> Value {
    let version = client.ok("{ tenant { version } }", json!({})).await["tenant"]["version"].clone();
    let mut input = json!({ "version": version });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    client
        .try_change(
            "tenantUpdate",
            "TenantUpdateInput",
            input,
            "tenant { touchCadenceDays complaintTargetDays }",
        )
        .await
}

/// The field and the code of what the caller can mend.
fn problem(answer: &Value) -> (&str, &str) {
    let error = &answer["userErrors"][0];
    (
        error["field"][0].as_str().unwrap_or_default(),
        error["code"].as_str().unwrap_or_default(),
    )
}

fn row(kind: &str, id: &Value) -> Value {
    json!({ "kind": kind, "id": id })
}

on_both! {
    async fn credit_notes_above_a_tenth_of_the_sales_are_a_reason(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        order(&app, &admin, 80, "1000").await;
        let first = order(&app, &admin, 30, "-100").await;
        assert!(!reasons(&app, &admin, None).await.contains_key("CREDIT_NOTES"), "a tenth is not above a tenth");
        let second = order(&app, &admin, 9, "-1").await;
        let reason = reasons(&app, &admin, None).await["CREDIT_NOTES"].clone();
        assert_eq!(reason["evidence"], json!([row("ORDER", &second), row("ORDER", &first)]));
        assert_eq!((&reason["unit"], &reason["ageDays"], &reason["halfLifeDays"]), (&json!("RATIO"), &json!(9), &json!(90)));
        assert!((reason["value"].as_f64().unwrap() - 0.101).abs() < 1e-9 && reason["weight"] == 0.6, "{reason}");
        order(&app, &admin, 1, "20").await;
        assert!(!reasons(&app, &admin, None).await.contains_key("CREDIT_NOTES"));
    }

    async fn a_single_thread_is_a_reason_and_more_so_when_a_key_contact_has_left(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        assert_eq!(kinds(&reasons(&app, &admin, None).await), Vec::<&str>::new(), "nobody is on record");
        let mori = contact(&app, &admin, "Mori", json!({})).await;
        let single = reasons(&app, &admin, None).await;
        assert_eq!(single["SINGLE_CONTACT"]["evidence"], json!([row("CONTACT", &mori["id"])]));
        let sato = contact(&app, &admin, "Sato", json!({})).await;
        assert_eq!(kinds(&reasons(&app, &admin, None).await), Vec::<&str>::new());
        left(&app, &admin, &mori, -3).await;
        let cut = reasons(&app, &admin, None).await;
        assert_eq!(kinds(&cut), ["KEY_CONTACT_LEFT", "SINGLE_CONTACT", "SINGLE_CONTACT_LEFT"]);
        assert_eq!((&cut["KEY_CONTACT_LEFT"]["since"], &cut["KEY_CONTACT_LEFT"]["evidence"]),
            (&json!(day(&app, -3)), &json!([row("CONTACT", &mori["id"])])));
        assert_eq!(cut["SINGLE_CONTACT_LEFT"]["evidence"], json!([row("CONTACT", &mori["id"]), row("CONTACT", &sato["id"])]));
        let input = json!({ "id": mori["id"], "version": 2, "isKey": false });
        admin.change("contactUpdate", "ContactUpdateInput", input, "contact { id }").await;
        assert_eq!(kinds(&reasons(&app, &admin, None).await), ["SINGLE_CONTACT"], "he was no key contact after all");
    }

    async fn a_buyer_change_is_one_reason_until_the_relation_is_proven(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let leaves = contact(&app, &admin, "Leaves", json!({})).await["id"].clone();
        let comes = contact(&app, &admin, "Comes", json!({})).await["id"].clone();
        contact(&app, &admin, "Third", json!({ "isKey": false })).await;
        let input = json!({ "leavingContactId": leaves, "arrivingContactId": comes, "kind": "REPLACED_FROM_ABOVE", "occurredOn": day(&app, -1) });
        let change = admin.change("buyerChangeRecord", "BuyerChangeRecordInput", input, "buyerChange { id }").await["buyerChange"]["id"].clone();
        let overridden = reasons(&app, &admin, None).await;
        assert_eq!(kinds(&overridden), ["OVERRIDDEN_FROM_ABOVE"], "and not a key contact who left as well");
        assert_eq!(overridden["OVERRIDDEN_FROM_ABOVE"]["evidence"], json!([row("BUYER_CHANGE", &change), row("CONTACT", &leaves)]));
        touch(&app, &admin, 2, json!({ "kind": "MEETING", "contactIds": [leaves, comes] })).await;
        touch(&app, &admin, 0, json!({ "contactIds": [comes] })).await;
        assert_eq!(kinds(&reasons(&app, &admin, None).await), Vec::<&str>::new());
        let seen = admin.ok("{ signals { totalCount } }", json!({})).await;
        assert_eq!(seen["signals"]["totalCount"], 0, "nothing was raised, so nothing is left to settle");
    }

    async fn a_low_mark_holds_until_a_high_one_and_marks_are_one_to_five(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        for mark in [0, 6, -1] {
            let input = json!({ "accountId": app.a.account_id(), "kind": "CALL", "occurredAt": ago(&app, 0), "summary": "x", "satisfaction": mark });
            let refused = admin.try_change("activityRecord", "ActivityRecordInput", input, "activity { id }").await;
            assert_eq!(problem(&refused), ("satisfaction", "INVALID"), "{mark}");
        }
        let low = touch(&app, &admin, 8, json!({ "satisfaction": 2 })).await;
        assert_eq!(low["satisfaction"], 2);
        let reason = reasons(&app, &admin, None).await["LOW_SATISFACTION"].clone();
        assert_eq!((&reason["evidence"], &reason["value"], &reason["unit"]), (&json!([row("ACTIVITY", &low["id"])]), &json!(2.0), &json!("MARK")));
        touch(&app, &admin, 6, json!({ "satisfaction": 3 })).await;
        assert!(reasons(&app, &admin, None).await.contains_key("LOW_SATISFACTION"), "three neither worries nor reassures");
        let high = touch(&app, &admin, 4, json!({ "satisfaction": 4 })).await;
        assert!(!reasons(&app, &admin, None).await.contains_key("LOW_SATISFACTION"));
        let input = json!({ "id": high["id"], "version": 1 });
        admin.change("activityArchive", "ActivityVersionInput", input, "activity { id }").await;
        assert!(reasons(&app, &admin, None).await.contains_key("LOW_SATISFACTION"), "an archived mark proves nothing");
        let input = json!({ "id": low["id"], "version": 1, "satisfaction": null });
        let cleared = admin.change("activityUpdate", "ActivityUpdateInput", input, "activity { satisfaction version }").await;
        assert_eq!(cleared["activity"], json!({ "satisfaction": null, "version": 2 }));
        assert!(!reasons(&app, &admin, None).await.contains_key("LOW_SATISFACTION"));
    }

    async fn neglect_is_against_the_cadence_and_ends_with_a_talk(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let visit = touch(&app, &admin, 100, json!({ "kind": "MEETING" })).await;
        // What a touch may end, a plain touch has assessed anew; this one begins it, and the night would.
        tenant(&admin, json!({ "touchCadenceDays": 60 })).await;
        let reason = reasons(&app, &admin, None).await["NEGLECT"].clone();
        assert_eq!((&reason["evidence"], &reason["value"], &reason["unit"]), (&json!([row("ACTIVITY", &visit["id"])]), &json!(100.0), &json!("DAYS")));
        assert_eq!((&reason["since"], &reason["halfLifeDays"], &reason["cause"]), (&json!(day(&app, -40)), &Value::Null, &json!("NEGLECT")));
        touch(&app, &admin, 1, json!({ "kind": "EMAIL" })).await;
        assert!(reasons(&app, &admin, None).await.contains_key("NEGLECT"), "a mail of ours is no talk");
        let own = async |days: Value, version: i64| {
            let input = json!({ "id": app.a.account_id(), "version": version, "touchCadenceDays": days });
            admin.try_change("accountUpdate", "AccountUpdateInput", input, "account { touchCadenceDays }").await
        };
        for days in [6, 731] {
            assert_eq!(problem(&own(json!(days), 1).await), ("touchCadenceDays", "INVALID"), "{days}");
        }
        assert_eq!(own(json!(120), 1).await["account"]["touchCadenceDays"], 120);
        assert!(!reasons(&app, &admin, None).await.contains_key("NEGLECT"), "this one wants to be left in peace");
        own(Value::Null, 2).await;
        assert!(reasons(&app, &admin, None).await.contains_key("NEGLECT"));
        touch(&app, &admin, 0, json!({})).await;
        assert!(!reasons(&app, &admin, None).await.contains_key("NEGLECT"));
        for (field, days) in [("touchCadenceDays", 6), ("touchCadenceDays", 731), ("complaintTargetDays", 0), ("complaintTargetDays", 366)] {
            let refused = tenant(&admin, json!({ field: days })).await;
            assert_eq!(problem(&refused), (field, "INVALID"), "{days}");
        }
    }

    async fn a_new_owner_is_a_reason_as_far_as_the_handover_is_not_proven(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let mori = contact(&app, &admin, "Mori", json!({})).await["id"].clone();
        contact(&app, &admin, "Sato", json!({ "isKey": false })).await;
        let input = json!({ "accountId": app.a.account_id(), "toMemberId": app.a.other_rep.id(), "lastDay": day(&app, 20), "reason": "DEPARTURE" });
        let handover = admin.change("handoverPlan", "HandoverPlanInput", input, "handover { id }").await["handover"]["id"].clone();
        assert_eq!(kinds(&reasons(&app, &admin, None).await), Vec::<&str>::new());
        let joint = touch(&app, &admin, 0, json!({ "kind": "JOINT_MEETING", "memberId": app.a.rep.id(),
            "withMemberIds": [app.a.other_rep.id()], "contactIds": [mori] })).await["id"].clone();
        app.app.clock.advance(Duration::days(22));
        app.drain().await;
        let admin = app.a.client(&app, &app.a.admin).await;
        let changed = reasons(&app, &admin, None).await;
        assert_eq!(kinds(&changed), ["OWN_REP_CHANGED", "SUCCESSOR_NEW_HIRE"]);
        let reason = &changed["OWN_REP_CHANGED"];
        // He was introduced: 40 of 100. The job runs some time after midnight, so the weight has not faded by a day more than two.
        assert!((reason["value"].as_f64().unwrap() - 0.6).abs() < 1e-9 && (reason["weight"].as_f64().unwrap() - 0.15).abs() < 1e-9, "{reason}");
        assert_eq!(reason["evidence"], json!([row("HANDOVER", &handover), row("ACTIVITY", &joint)]));
        let version = admin.ok("query($id: ID!) { handover(id: $id) { version } }", json!({ "id": handover })).await["handover"]["version"].clone();
        let own = json!({ "memberId": app.a.other_rep.id(), "contactIds": [mori] });
        touch(&app, &admin, 0, own.clone()).await;
        assert!((reasons(&app, &admin, None).await["OWN_REP_CHANGED"]["value"].as_f64().unwrap() - 0.3).abs() < 1e-9);
        let mut reached = own;
        reached["startedBy"] = json!("CONTACT");
        touch(&app, &admin, 0, reached).await;
        assert_eq!(kinds(&reasons(&app, &admin, None).await), Vec::<&str>::new(), "proven is proven");
        let _ = version;
    }

    async fn without_a_handover_the_new_owner_himself_is_the_proof(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let assign = async |member: String, version: i64| {
            let input = json!({ "accountId": app.a.account_id(), "version": version, "memberId": member });
            let admin = app.a.client(&app, &app.a.admin).await;
            admin.change("accountAssign", "AccountAssignInput", input, "account { version }").await["account"]["version"].as_i64().unwrap()
        };
        let version = assign(app.a.other_rep.id(), 1).await;
        assert_eq!(kinds(&reasons(&app, &admin, None).await), Vec::<&str>::new(), "who had it for an hour was nobody's representative");
        app.app.clock.advance(Duration::days(200));
        app.drain().await;
        assign(app.a.rep.id(), version).await;
        let admin = app.a.client(&app, &app.a.admin).await;
        let changed = reasons(&app, &admin, None).await;
        assert_eq!(kinds(&changed), ["OWN_REP_CHANGED"], "he has been here for 200 days");
        assert_eq!(changed["OWN_REP_CHANGED"]["evidence"], json!([row("MEMBER", &json!(app.a.rep.id()))]));
        assert_eq!(changed["OWN_REP_CHANGED"]["value"], 1.0);
        // Whoever had it for an hour in between takes nothing from that.
        app.app.clock.advance(Duration::days(100));
        app.drain().await;
        let admin = app.a.client(&app, &app.a.admin).await;
        let input = json!({ "accountId": app.a.account_id(), "version": version + 1, "memberId": app.a.manager.id() });
        let version = admin.change("accountAssign", "AccountAssignInput", input, "account { version }").await["account"]["version"].as_i64().unwrap();
        assign(app.a.other_rep.id(), version).await;
        let changed = reasons(&app, &admin, None).await;
        assert_eq!(changed["OWN_REP_CHANGED"]["evidence"], json!([row("MEMBER", &json!(app.a.other_rep.id()))]));
    }

    async fn what_is_dated_a_moment_ahead_counts_at_once(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let soon = app.app.clock.now() + Duration::seconds(20);
        let input = json!({ "accountId": app.a.account_id(), "placedAt": soon, "amount": { "amount": "100", "currencyCode": "JPY" } });
        admin.change("orderCreate", "OrderCreateInput", input, "order { id }").await;
        app.drain().await;
        let query = "query($id: ID!) { account(id: $id) { assessment { probability unknownReason { code } sales { amount } } } }";
        let stored = admin.ok(query, json!({ "id": app.a.account_id() })).await["account"]["assessment"].clone();
        assert_eq!((&stored["unknownReason"], &stored["sales"]["amount"]), (&Value::Null, &json!("100")), "{stored}");
    }

    async fn what_was_recorded_later_was_not_known_then(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        order(&app, &admin, 40, "1000").await;
        let mori = contact(&app, &admin, "Mori", json!({})).await;
        let second = contact(&app, &admin, "Sato", json!({ "isKey": false })).await;
        let talk = touch(&app, &admin, 95, json!({})).await;
        app.app.clock.advance(Duration::days(10));
        app.drain().await;
        let admin = app.a.client(&app, &app.a.admin).await;
        let then = day(&app, -5);
        let known = reasons(&app, &admin, Some(&then)).await;
        assert!(known.contains_key("NEGLECT") && !known.contains_key("SINGLE_CONTACT"), "{:?}", kinds(&known));
        // All of it is entered now, for days before.
        left(&app, &admin, &mori, -8).await;
        let input = json!({ "id": second["id"], "version": second["version"], "isKey": true });
        admin.change("contactUpdate", "ContactUpdateInput", input, "contact { id }").await;
        left(&app, &admin, &json!({ "id": second["id"], "version": 2 }), -8).await;
        contact(&app, &admin, "Late", json!({ "startedOn": day(&app, -300) })).await;
        touch(&app, &admin, 7, json!({ "satisfaction": 1 })).await;
        let marked = json!({ "id": talk["id"], "version": talk["version"], "satisfaction": 1 });
        admin.change("activityUpdate", "ActivityUpdateInput", marked, "activity { id }").await;
        order(&app, &admin, 6, "-900").await;
        let today = day(&app, 0);
        let now = reasons(&app, &admin, Some(&today)).await;
        for kind in ["KEY_CONTACT_LEFT", "SINGLE_CONTACT", "LOW_SATISFACTION", "CREDIT_NOTES"] {
            assert!(now.contains_key(kind), "{kind}: {:?}", kinds(&now));
        }
        assert!(!now.contains_key("NEGLECT"));
        assert_eq!(now["KEY_CONTACT_LEFT"]["evidence"].as_array().unwrap().len(), 2);
        assert_eq!(reasons(&app, &admin, Some(&then)).await, known);
    }

    async fn a_handover_proves_only_what_was_recorded_by_then(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let mori = contact(&app, &admin, "Mori", json!({})).await["id"].clone();
        contact(&app, &admin, "Sato", json!({ "isKey": false })).await;
        let input = json!({ "accountId": app.a.account_id(), "toMemberId": app.a.other_rep.id(), "lastDay": day(&app, 0), "reason": "DEPARTURE" });
        let hopeless = admin.change("handoverPlan", "HandoverPlanInput", input, "handover { id noTime }").await["handover"].clone();
        assert_eq!(hopeless["noTime"], true);
        let told = reasons(&app, &admin, None).await;
        assert_eq!(told["OWN_REP_CHANGED"]["evidence"], json!([row("HANDOVER", &hopeless["id"])]), "nobody can be introduced any more");
        app.app.clock.advance(Duration::days(10));
        app.drain().await;
        let admin = app.a.client(&app, &app.a.admin).await;
        let then = day(&app, -5);
        let known = reasons(&app, &admin, Some(&then)).await;
        assert_eq!(known["OWN_REP_CHANGED"]["value"], 1.0);
        touch(&app, &admin, 7, json!({ "memberId": app.a.other_rep.id(), "contactIds": [mori] })).await;
        let today = day(&app, 0);
        assert!((reasons(&app, &admin, Some(&today)).await["OWN_REP_CHANGED"]["value"].as_f64().unwrap() - 0.7).abs() < 1e-9);
        assert_eq!(reasons(&app, &admin, Some(&then)).await, known);
    }

    async fn a_complaint_resolved_too_late_keeps_its_weight_and_fades_from_then(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let input = json!({ "accountId": app.a.account_id(), "kind": "UNRESOLVED_COMPLAINT", "occurredOn": day(&app, -40), "note": "Late again" });
        let signal = admin.change("signalRecord", "SignalRecordInput", input, "signal { id }").await["signal"]["id"].clone();
        // It is known, and then settled: that it fades from now on moves the risk by less than a point.
        assert_eq!(reasons(&app, &admin, None).await["UNRESOLVED_COMPLAINT"]["halfLifeDays"], json!(null));
        let correct = json!({ "id": signal, "version": 1, "occurredOn": day(&app, -39) });
        admin.change("signalUpdate", "SignalUpdateInput", correct, "signal { id }").await;
        assert_eq!(reasons(&app, &admin, None).await["UNRESOLVED_COMPLAINT"]["since"], json!(day(&app, -39)));
        let settle = json!({ "id": signal, "version": 2, "resolvedOn": day(&app, -10) });
        admin.change("signalSettle", "SignalSettleInput", settle, "signal { id }").await;
        let late = reasons(&app, &admin, None).await;
        assert_eq!(kinds(&late), ["UNRESOLVED_COMPLAINT"]);
        assert_eq!((&late["UNRESOLVED_COMPLAINT"]["ageDays"], &late["UNRESOLVED_COMPLAINT"]["halfLifeDays"]), (&json!(10), &json!(90)));
        tenant(&admin, json!({ "complaintTargetDays": 30 })).await;
        assert_eq!(kinds(&reasons(&app, &admin, None).await), ["RESOLVED_COMPLAINT"]);
        let input = json!({ "accountId": app.a.account_id(), "kind": "UNRESOLVED_COMPLAINT", "occurredOn": day(&app, -1), "note": "And again" });
        admin.change("signalRecord", "SignalRecordInput", input, "signal { id }").await;
        assert_eq!(kinds(&reasons(&app, &admin, None).await), ["REPEATED_COMPLAINT", "RESOLVED_COMPLAINT", "UNRESOLVED_COMPLAINT"]);
    }

    async fn what_a_person_tells_and_what_the_rows_prove_is_one_reason(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let low = touch(&app, &admin, 3, json!({ "satisfaction": 1 })).await["id"].clone();
        let alone = reasons(&app, &admin, None).await["LOW_SATISFACTION"]["logOdds"].clone();
        let input = json!({ "accountId": app.a.account_id(), "kind": "LOW_SATISFACTION", "occurredOn": day(&app, -3), "note": "They grumbled" });
        let signal = admin.change("signalRecord", "SignalRecordInput", input, "signal { id }").await["signal"]["id"].clone();
        let both = reasons(&app, &admin, None).await["LOW_SATISFACTION"].clone();
        assert_eq!(both["logOdds"], alone);
        let mut evidence = both["evidence"].as_array().unwrap().clone();
        evidence.sort_by_key(ToString::to_string);
        assert_eq!(evidence, [row("ACTIVITY", &low), row("SIGNAL", &signal)]);
    }

    async fn many_accounts_are_assessed_in_as_many_statements_as_one(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        app.a.furnish(&app).await;
        for n in 0..6 {
            let made = admin.change("accountCreate", "AccountCreateInput", json!({ "name": format!("Client {n}"), "ownerId": app.a.rep.id() }), "account { id }").await;
            let account = &made["account"]["id"];
            let person = json!({ "accountId": account, "familyName": "Key", "givenName": "X", "isKey": true });
            let person = admin.change("contactCreate", "ContactCreateInput", person, "contact { id }").await["contact"]["id"].clone();
            let input = json!({ "accountId": account, "toMemberId": app.a.other_rep.id(), "lastDay": day(&app, 0), "reason": "DEPARTURE" });
            admin.change("handoverPlan", "HandoverPlanInput", input, "handover { id }").await;
            let call = json!({ "accountId": account, "kind": "CALL", "occurredAt": ago(&app, 0), "summary": "x", "contactIds": [person], "satisfaction": 1 });
            admin.change("activityRecord", "ActivityRecordInput", call, "activity { id }").await;
        }
        app.drain().await;
        let query = |first: u32| format!("{{ accounts(first: {first}, orderBy: NAME) {{ nodes {{ assessment(asOf: \"{}\") {{ factors {{ kind }} }} }} }} }}", day(&app, 0));
        app.statements(&app.a.admin, &query(4)).await;
        let (few, many) = (app.statements(&app.a.admin, &query(4)).await, app.statements(&app.a.admin, &query(8)).await);
        assert_eq!(few, many);
    }
}
