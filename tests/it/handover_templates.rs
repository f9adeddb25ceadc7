//! A company's own steps of a handover, and what fulfils them.

use chrono::Duration;
use serde_json::{Value, json};
use tests::{Client, TestApp, on_both};

fn day(app: &TestApp, days: i64) -> String {
    let there = app.app.clock.now() + Duration::hours(9) + Duration::days(days);
    there.date_naive().to_string()
}

const TEMPLATE: &str = "template { isDefault noticeDays version steps { kind title afterDays } }";

async fn set(client: &Client, version: i64, template: Value) -> Value {
    let input = json!({ "version": version, "template": template });
    client
        .try_change("handoverTemplateSet", "HandoverTemplateSetInput", input, TEMPLATE)
        .await
}

async fn shown(client: &Client) -> Value {
    let query = "{ handoverTemplate { isDefault noticeDays version steps { kind title afterDays fulfilledWhen } } }";
    client.ok(query, json!({})).await["handoverTemplate"].clone()
}

/// A key contact of the account.
async fn key_contact(app: &TestApp, client: &Client) -> Value {
    let input =
        json!({ "accountId": app.a.account_id(), "familyName": "Sato", "givenName": "Mio", "say": 80, "isKey": true });
    client
        .change("contactCreate", "ContactCreateInput", input, "contact { id }")
        .await["contact"]["id"]
        .clone()
}

async fn plan(app: &TestApp, client: &Client, days: i64) -> Value {
    let input = json!({ "accountId": app.a.account_id(), "toMemberId": app.a.other_rep.id(), "lastDay": day(app, days), "reason": "x" });
    client
        .change(
            "handoverPlan",
            "HandoverPlanInput",
            input,
            "handover { id steps { kind title dueOn dropped } }",
        )
        .await["handover"]
        .clone()
}

on_both! {
    async fn handovers_are_planned_with_the_companys_own_steps(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        key_contact(&app, &admin).await;
        let built_in = shown(&admin).await;
        assert_eq!((&built_in["isDefault"], &built_in["noticeDays"], &built_in["version"]), (&json!(true), &json!(30), &json!(0)));
        let kinds: Vec<&str> = built_in["steps"].as_array().unwrap().iter().map(|step| step["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["BRIEFING", "INTRODUCTION", "SOLO_MEETING", "CHECK_30", "CHECK_60", "CHECK_90"]);
        assert!(built_in["steps"][0]["fulfilledWhen"].as_str().unwrap().contains("both members"));
        let own = json!({ "noticeDays": 20, "steps": [
            { "kind": "INTRODUCTION" }, { "kind": "BRIEFING", "title": "Keys and samples" },
            { "kind": "CHECK", "title": "First look", "afterDays": 10 }, { "kind": "SOLO_MEETING", "afterDays": 5 },
        ] });
        let made = set(&admin, 0, own.clone()).await["template"].clone();
        assert_eq!((&made["isDefault"], &made["noticeDays"], &made["version"]), (&json!(false), &json!(20), &json!(1)));
        assert_eq!(made["steps"], json!([
            { "kind": "INTRODUCTION", "title": null, "afterDays": null },
            { "kind": "BRIEFING", "title": "Keys and samples", "afterDays": null },
            { "kind": "CHECK", "title": "First look", "afterDays": 10 },
            { "kind": "SOLO_MEETING", "title": null, "afterDays": 5 },
        ]));
        let planned = plan(&app, &admin, 40).await;
        let steps: Vec<(&str, Option<&str>)> = planned["steps"].as_array().unwrap().iter()
            .map(|step| (step["kind"].as_str().unwrap(), step["title"].as_str())).collect();
        assert_eq!(steps, [("INTRODUCTION", None), ("BRIEFING", Some("Keys and samples")), ("SOLO_MEETING", None), ("CHECK", Some("First look"))]);
        // Who saw an older one is told, and the built-in one comes back.
        let stale = set(&admin, 0, own).await;
        assert_eq!((&stale["userErrors"][0]["code"], &stale["template"]), (&json!("CONFLICT"), &json!(null)), "{stale}");
        let back = set(&admin, 1, json!(null)).await["template"].clone();
        assert_eq!((&back["isDefault"], &back["noticeDays"], &back["version"]), (&json!(true), &json!(30), &json!(2)));
        // What was planned keeps its steps; another company never had them.
        let kept = admin.ok("query($id: ID!) { handover(id: $id) { steps { kind title dueOn dropped } } }", json!({ "id": planned["id"] })).await;
        assert_eq!(kept["handover"]["steps"], planned["steps"]);
        let other = app.b.client(&app, &app.b.admin).await;
        assert_eq!(shown(&other).await["version"], 0);
    }

    async fn a_template_that_cannot_be_planned_from_is_refused_where_it_is_wrong(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        app.drain().await;
        let before = tests::snapshot(&app, &app.a).await;
        let briefing = json!({ "kind": "BRIEFING" });
        for (template, path, code) in [
            (json!({ "noticeDays": 0, "steps": [briefing] }), json!(["template", "noticeDays"]), "INVALID"),
            (json!({ "noticeDays": -3, "steps": [briefing] }), json!(["template", "noticeDays"]), "INVALID"),
            (json!({ "noticeDays": 181, "steps": [briefing] }), json!(["template", "noticeDays"]), "INVALID"),
            (json!({ "noticeDays": 30, "steps": [] }), json!(["template", "steps"]), "INVALID"),
            (json!({ "noticeDays": 30, "steps": vec![briefing.clone(); 21] }), json!(["template", "steps"]), "INVALID"),
            (json!({ "noticeDays": 30, "steps": [briefing, { "kind": "CHECK" }] }), json!(["template", "steps", "1"]), "INVALID"),
            (json!({ "noticeDays": 30, "steps": [{ "kind": "BRIEFING", "title": "x".repeat(201) }] }), json!(["template", "steps", "0", "title"]), "TOO_LARGE"),
        ] {
            let refused = set(&admin, 0, template.clone()).await;
            assert_eq!((&refused["userErrors"][0]["field"], &refused["userErrors"][0]["code"]), (&path, &json!(code)), "{template} {refused}");
        }
        assert_eq!(tests::snapshot(&app, &app.a).await, before);
    }

    async fn every_step_is_fulfilled_by_what_is_recorded(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let contact = key_contact(&app, &admin).await;
        let handover = plan(&app, &admin, 40).await["id"].clone();
        let touch = async |admin: &Client, more: Value| {
            let mut input = json!({ "accountId": app.a.account_id(), "kind": "MEETING", "occurredAt": app.app.clock.now(), "summary": "x",
                "memberId": app.a.other_rep.id() });
            input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            admin.change("activityRecord", "ActivityRecordInput", input, "activity { id }").await["activity"]["id"].clone()
        };
        let now = async |admin: &Client| {
            let query = "query($id: ID!) { handover(id: $id) { status stalledSince steps { kind dueOn fulfilledBy { id } fulfilledWhen } \
                continuity { score next { proof dueOn text contact { id } } contacts { next { proof dueOn } } } } }";
            admin.ok(query, json!({ "id": handover })).await["handover"].clone()
        };
        let begun = now(&admin).await;
        let due = |place: usize| begun["steps"][place]["dueOn"].clone();
        let step = |shown: &Value, place: usize| shown["steps"][place]["fulfilledBy"]["id"].clone();
        assert_eq!(begun["continuity"]["next"], json!({ "proof": "INTRODUCTION", "dueOn": due(1), "contact": { "id": contact },
            "text": "The one who leaves introduces the successor in a joint meeting." }));
        assert_eq!(begun["continuity"]["contacts"], json!([{ "next": { "proof": "INTRODUCTION", "dueOn": due(1) } }]));
        assert!(begun["steps"].as_array().unwrap().iter().all(|step| step["fulfilledWhen"].as_str().unwrap().contains("on record")));
        // The day of the briefing passes without one, and it is said so until it is on record.
        app.app.clock.advance(Duration::days(30));
        app.drain().await;
        let admin = app.a.client(&app, &app.a.admin).await;
        assert!(now(&admin).await["stalledSince"].is_string());
        let briefing = touch(&admin, json!({ "withMemberIds": [app.a.rep.id()] })).await;
        assert_eq!(step(&now(&admin).await, 0), briefing);
        let introduction = touch(&admin, json!({ "withMemberIds": [app.a.rep.id()], "contactIds": [contact] })).await;
        let introduced = now(&admin).await;
        assert_eq!((step(&introduced, 0), step(&introduced, 1)), (briefing, introduction));
        assert_eq!(introduced["stalledSince"], json!(null));
        assert_eq!(introduced["continuity"]["next"]["proof"], "MET_ALONE");
        assert_eq!(introduced["continuity"]["next"]["dueOn"], due(2));
        // After the last day, alone; then a check after a month, which the first meeting is not.
        app.app.clock.advance(Duration::days(13));
        app.drain().await;
        let admin = app.a.client(&app, &app.a.admin).await;
        let alone = touch(&admin, json!({ "contactIds": [contact] })).await;
        let met = now(&admin).await;
        assert_eq!((step(&met, 2), step(&met, 3)), (alone, json!(null)));
        assert_eq!(met["continuity"]["next"], json!({ "proof": "REACHED_OUT", "dueOn": due(5), "contact": { "id": contact },
            "text": "The contact gets in touch with the successor himself." }));
        app.app.clock.advance(Duration::days(26));
        app.drain().await;
        let admin = app.a.client(&app, &app.a.admin).await;
        let check = touch(&admin, json!({ "contactIds": [contact], "kind": "CALL", "startedBy": "CONTACT" })).await;
        let checked = now(&admin).await;
        assert_eq!((step(&checked, 3), step(&checked, 4)), (check, json!(null)));
        assert_eq!((&checked["continuity"]["score"], &checked["continuity"]["next"]), (&json!(100), &json!(null)));
        assert_eq!(checked["status"], "BONDING");
    }
}
