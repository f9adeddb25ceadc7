//! A handover from the plan to the proof.

use chrono::Duration;
use serde_json::{Value, json};
use tests::{Client, TestApp, on_both};

struct Story {
    admin: Client,
    account: String,
    contact: Value,
}

async fn begin(app: &TestApp) -> Story {
    let admin = app.a.client(app, &app.a.admin).await;
    let account = app.a.account_id();
    let contact = json!({ "accountId": account, "familyName": "Mori", "givenName": "Ichiro", "say": 70, "isKey": true,
        "decisionRole": "DECIDER" });
    let contact = admin
        .change("contactCreate", "ContactCreateInput", contact, "contact { id }")
        .await;
    Story {
        admin,
        account,
        contact: contact["contact"]["id"].clone(),
    }
}

fn day(app: &TestApp, days: i64) -> String {
    // The company is in Tokyo.
    (app.app.clock.now() + Duration::hours(9) + Duration::days(days))
        .date_naive()
        .to_string()
}

impl Story {
    fn plan_input(&self, app: &TestApp, days: i64) -> Value {
        json!({ "accountId": self.account, "toMemberId": app.a.other_rep.id(), "lastDay": day(app, days), "reason": "DEPARTURE" })
    }

    async fn plan(&self, app: &TestApp) -> Value {
        self.admin
            .change(
                "handoverPlan",
                "HandoverPlanInput",
                self.plan_input(app, 30),
                "handover { id status version steps { kind dueOn } }",
            )
            .await["handover"]
            .clone()
    }

    async fn touch(&self, app: &TestApp, kind: &str, by: &str, with: &[String], started_by: &str) -> Value {
        let input = json!({ "accountId": self.account, "kind": kind, "occurredAt": app.app.clock.now(), "memberId": by,
            "withMemberIds": with, "contactIds": [self.contact], "startedBy": started_by, "summary": "Talked." });
        self.admin
            .change("activityRecord", "ActivityRecordInput", input, "activity { id }")
            .await["activity"]["id"]
            .clone()
    }

    async fn handover(&self, id: &Value) -> Value {
        let query = "query($id: ID!) { handover(id: $id) { status version switchedAt overridden \
            continuity { score threshold contacts { points introduced { id } metAlone { id } reachedOut { id } } } \
            steps { kind fulfilledAt } account { owner { id } ownerships { reason } } } }";
        self.admin.ok(query, json!({ "id": id })).await["handover"].clone()
    }

    async fn complete(&self, id: &Value, version: &Value, reason: Option<&str>) -> Value {
        let input = json!({ "id": id, "version": version, "overrideReason": reason });
        self.admin
            .try_change(
                "handoverComplete",
                "HandoverCompleteInput",
                input,
                "handover { status overridden }",
            )
            .await
    }
}

on_both! {
    async fn a_handover_is_proven_by_touches_and_not_by_a_tick(app) {
        let story = begin(&app).await;
        let planned = story.plan(&app).await;
        assert_eq!(planned["status"], "PLANNED");
        let kinds: Vec<&str> = planned["steps"].as_array().unwrap().iter().map(|step| step["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["BRIEFING", "INTRODUCTION", "SOLO_MEETING", "CHECK_30", "CHECK_60", "CHECK_90"]);
        // A call by the one who leaves introduces nobody.
        story.touch(&app, "CALL", &app.a.rep.id(), &[], "US").await;
        assert_eq!(story.handover(&planned["id"]).await["status"], "PLANNED");
        let joint = story.touch(&app, "JOINT_MEETING", &app.a.rep.id(), &[app.a.other_rep.id()], "US").await;
        let met = story.handover(&planned["id"]).await;
        assert_eq!((&met["status"], &met["continuity"]["score"]), (&json!("INTRODUCING"), &json!(40)));
        assert_eq!(met["continuity"]["contacts"][0]["introduced"]["id"], joint);
        let step = met["steps"].as_array().unwrap().iter().find(|step| step["kind"] == "INTRODUCTION").unwrap();
        assert!(step["fulfilledAt"].is_string());
        // Ownership switches after the last day, whatever the state.
        assert_eq!(met["account"]["owner"]["id"], json!(app.a.rep.id()));
        app.app.clock.advance(Duration::days(32));
        app.drain().await;
        let story = Story { admin: app.a.client(&app, &app.a.admin).await, ..story };
        let bonding = story.handover(&planned["id"]).await;
        assert_eq!((&bonding["status"], &bonding["account"]["owner"]["id"]), (&json!("BONDING"), &json!(app.a.other_rep.id())));
        assert_eq!(bonding["account"]["ownerships"], json!([{ "reason": "HANDOVER" }, { "reason": "CREATED" }]));
        // 40 of 100 do not reach the threshold of 70.
        let early = story.complete(&planned["id"], &bonding["version"], None).await;
        assert_eq!(early["userErrors"][0]["code"], "INCOMPLETE");
        story.touch(&app, "MEETING", &app.a.other_rep.id(), &[], "US").await;
        let now = story.handover(&planned["id"]).await;
        assert_eq!(now["continuity"]["score"], 70);
        let done = story.complete(&planned["id"], &now["version"], None).await;
        assert_eq!(done["handover"], json!({ "status": "COMPLETED", "overridden": false }), "{done}");
        let again = story.complete(&planned["id"], &now["version"], None).await;
        assert_eq!(again["userErrors"][0]["code"], "CONFLICT");
    }

    async fn what_is_on_record_counts_as_soon_as_he_is_a_key_contact(app) {
        let story = begin(&app).await;
        let input = json!({ "accountId": story.account, "familyName": "Ono", "givenName": "Jiro" });
        let made = story.admin.change("contactCreate", "ContactCreateInput", input, "contact { id }").await;
        let story = Story { contact: made["contact"]["id"].clone(), ..story };
        let planned = story.plan(&app).await;
        let joint = story.touch(&app, "JOINT_MEETING", &app.a.rep.id(), &[app.a.other_rep.id()], "US").await;
        assert_eq!(story.handover(&planned["id"]).await["status"], "PLANNED");
        let key = json!({ "id": story.contact, "version": 1, "isKey": true });
        story.admin.change("contactUpdate", "ContactUpdateInput", key, "contact { isKey }").await;
        let now = story.handover(&planned["id"]).await;
        assert_eq!(now["status"], "INTRODUCING");
        let contacts = now["continuity"]["contacts"].as_array().unwrap();
        assert!(contacts.iter().any(|contact| contact["introduced"]["id"] == joint), "{now}");
    }

    async fn what_was_on_record_at_an_account_that_is_merged_counts(app) {
        let story = begin(&app).await;
        let planned = story.plan(&app).await;
        let other = json!({ "name": "The same", "ownerId": app.a.rep.id() });
        let other = story.admin.change("accountCreate", "AccountCreateInput", other, "account { id }").await["account"]["id"].clone();
        let contact = json!({ "accountId": other, "familyName": "Ono", "givenName": "Jiro", "isKey": true });
        let contact = story.admin.change("contactCreate", "ContactCreateInput", contact, "contact { id }").await["contact"]["id"].clone();
        let there = Story { account: other.as_str().unwrap().to_owned(), contact, ..story };
        let joint = there.touch(&app, "JOINT_MEETING", &app.a.rep.id(), &[app.a.other_rep.id()], "US").await;
        assert_eq!(there.handover(&planned["id"]).await["status"], "PLANNED");
        let query = "query($into: ID!, $from: ID!) { into: account(id: $into) { version } from: account(id: $from) { version } }";
        let seen = there.admin.ok(query, json!({ "into": app.a.account_id(), "from": other })).await;
        let merge = json!({ "intoId": app.a.account_id(), "intoVersion": seen["into"]["version"], "fromId": other,
            "fromVersion": seen["from"]["version"] });
        there.admin.change("accountMerge", "AccountMergeInput", merge, "account { id }").await;
        let now = there.handover(&planned["id"]).await;
        assert_eq!(now["status"], "INTRODUCING");
        let contacts = now["continuity"]["contacts"].as_array().unwrap();
        assert!(contacts.iter().any(|contact| contact["introduced"]["id"] == joint), "{now}");
    }

    async fn below_the_threshold_a_reason_completes_and_is_remembered(app) {
        let story = begin(&app).await;
        let planned = story.plan(&app).await;
        let early = story.complete(&planned["id"], &planned["version"], Some("In a hurry")).await;
        assert_ne!(early["userErrors"], json!([]), "not before ownership has switched");
        app.app.clock.advance(Duration::days(32));
        app.drain().await;
        let story = Story { admin: app.a.client(&app, &app.a.admin).await, ..story };
        let bonding = story.handover(&planned["id"]).await;
        let blank = story.complete(&planned["id"], &bonding["version"], Some("  ")).await;
        assert_ne!(blank["userErrors"], json!([]));
        let done = story.complete(&planned["id"], &bonding["version"], Some("The client moved abroad")).await;
        assert_eq!(done["handover"], json!({ "status": "COMPLETED", "overridden": true }), "{done}");
        let events = story.admin.ok("{ events(last: 100, types: [\"handover.overridden\"]) { nodes { type } } }", json!({})).await;
        assert_eq!(events["events"]["nodes"].as_array().unwrap().len(), 1);
    }

    async fn a_plan_that_cannot_be_is_refused_and_changes_nothing(app) {
        let story = begin(&app).await;
        app.drain().await;
        let before = tests::snapshot(&app, &app.a).await;
        let plan = async |change: Value| -> (String, String) {
            let mut input = story.plan_input(&app, 30);
            for (key, value) in change.as_object().unwrap() {
                input[key] = value.clone();
            }
            let answer = story.admin.try_change("handoverPlan", "HandoverPlanInput", input, "handover { id }").await;
            assert_eq!(answer["handover"], Value::Null);
            let error = &answer["userErrors"][0];
            (error["field"][0].as_str().unwrap_or("").to_owned(), error["code"].as_str().unwrap_or("").to_owned())
        };
        let told = |field: &str, code: &str| (field.to_owned(), code.to_owned());
        assert_eq!(plan(json!({ "lastDay": day(&app, -1) })).await, told("lastDay", "INVALID"));
        assert_eq!(plan(json!({ "toMemberId": app.a.rep.id() })).await, told("toMemberId", "INVALID"));
        assert_eq!(plan(json!({ "toMemberId": app.a.observer.id() })).await, told("toMemberId", "INVALID"));
        assert_eq!(plan(json!({ "toMemberId": app.b.rep.id() })).await, told("toMemberId", "NOT_FOUND"));
        assert_eq!(plan(json!({ "accountId": app.b.account_id() })).await, told("accountId", "NOT_FOUND"));
        assert_eq!(tests::snapshot(&app, &app.a).await, before);
        story.plan(&app).await;
        assert_eq!(plan(json!({})).await, told("accountId", "CONFLICT"));
    }

    async fn the_same_plan_at_once_makes_one_handover(app) {
        let story = begin(&app).await;
        let plans = (0..6).map(|_| {
            let input = story.plan_input(&app, 30);
            story.admin.try_change("handoverPlan", "HandoverPlanInput", input, "handover { id }")
        });
        let answers = futures::future::join_all(plans).await;
        let made = answers.iter().filter(|answer| answer["handover"].is_object()).count();
        let conflicts = answers.iter().filter(|answer| answer["userErrors"][0]["code"] == "CONFLICT").count();
        assert_eq!((made, conflicts), (1, 5), "{answers:#?}");
    }

    async fn nobody_is_introduced_on_a_public_holiday(app) {
        let story = begin(&app).await;
        for n in 0..25 {
            let contact = json!({ "accountId": story.account, "familyName": format!("Key {n}"), "givenName": "K", "say": 50,
                "isKey": true, "decisionRole": "INFLUENCER" });
            story.admin.change("contactCreate", "ContactCreateInput", contact, "contact { id }").await;
        }
        // Golden week lies within the notice; the company is in Japan.
        let mut input = story.plan_input(&app, 0);
        input["lastDay"] = json!("2027-05-14");
        let planned = story.admin.change("handoverPlan", "HandoverPlanInput", input,
            "handover { steps { kind dueOn dropped } }").await;
        let steps = planned["handover"]["steps"].as_array().unwrap();
        let introductions = |dropped: &Value| steps.iter()
            .filter(|step| step["kind"] == "INTRODUCTION" && step["dropped"] == *dropped).collect::<Vec<_>>();
        let days: Vec<&str> = introductions(&Value::Null).iter().map(|step| step["dueOn"].as_str().unwrap()).collect();
        // The working days from 14 April to 13 May, without 29 April and 3 to 5 May.
        let expected = ["04-14", "04-15", "04-16", "04-19", "04-20", "04-21", "04-22", "04-23", "04-26", "04-27", "04-28",
            "04-30", "05-06", "05-07", "05-10", "05-11", "05-12", "05-13"].map(|day| format!("2027-{day}"));
        assert_eq!(days, expected);
        assert_eq!(introductions(&json!("TOO_FEW_DAYS")).len(), 26 - expected.len());
    }

    async fn a_new_owner_is_a_risk_whatever_a_manager_says(app) {
        let story = begin(&app).await;
        let planned = story.plan(&app).await;
        let reasons = async |client: &Client| {
            app.drain().await;
            let query = "query($id: ID!) { account(id: $id) { assessment { factors { kind } } } signals(filter: { accountId: $id }) { totalCount } }";
            let data = client.ok(query, json!({ "id": story.account })).await;
            assert_eq!(data["signals"]["totalCount"], 0, "what a handover proves, nobody raises");
            let factors = data["account"]["assessment"]["factors"].as_array().unwrap().clone();
            let mut kinds: Vec<String> = factors.iter().map(|factor| factor["kind"].as_str().unwrap().to_owned())
                .filter(|kind| kind != "SINGLE_CONTACT").collect();
            kinds.sort();
            kinds
        };
        assert_eq!(reasons(&story.admin).await, Vec::<String>::new());
        app.app.clock.advance(Duration::days(32));
        app.drain().await;
        let admin = app.a.client(&app, &app.a.admin).await;
        // The members of the tests joined on the first day.
        assert_eq!(reasons(&admin).await, ["OWN_REP_CHANGED", "SUCCESSOR_NEW_HIRE"]);
        let bonding = admin.ok("query($id: ID!) { handover(id: $id) { version } }", json!({ "id": planned["id"] })).await;
        let complete = json!({ "id": planned["id"], "version": bonding["handover"]["version"], "overrideReason": "They know each other" });
        admin.change("handoverComplete", "HandoverCompleteInput", complete, "handover { status }").await;
        assert_eq!(reasons(&admin).await, ["OWN_REP_CHANGED", "SUCCESSOR_NEW_HIRE"], "nothing was proven");
    }

    async fn without_a_day_for_introductions_the_risk_is_told_until_it_is_called_off(app) {
        let story = begin(&app).await;
        let planned = story.admin.change("handoverPlan", "HandoverPlanInput", story.plan_input(&app, 0), "handover { id noTime }").await;
        assert_eq!(planned["handover"]["noTime"], true);
        let told = async || {
            app.drain().await;
            let query = "query($id: ID!) { account(id: $id) { assessment { factors { kind } } } }";
            let data = story.admin.ok(query, json!({ "id": story.account })).await;
            data["account"]["assessment"]["factors"].as_array().unwrap().iter().any(|factor| factor["kind"] == "OWN_REP_CHANGED")
        };
        assert!(told().await);
        let cancel = json!({ "id": planned["handover"]["id"], "version": 1, "reason": "He stays" });
        story.admin.change("handoverCancel", "HandoverCancelInput", cancel, "handover { id }").await;
        assert!(!told().await);
    }
}
