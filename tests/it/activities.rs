//! Activities: recorded, corrected, archived, and what follows from them.

use api::platform::tenancy::Columns;
use serde_json::{Value, json};
use tests::{Client, TestApp, on_both};

const SHOWN: &str = "activity { id version kind startedBy twoWay occurredAt summary archivedAt member { id } \
    withMembers { id } contacts { familyName } account { id lastTouchAt version } }";

async fn record(client: &Client, input: Value) -> Value {
    let selection = format!("{SHOWN} userErrors {{ field code message }}");
    client
        .try_change("activityRecord", "ActivityRecordInput", input, &selection)
        .await
}

async fn contact(client: &Client, account: &str, family: &str) -> String {
    let input = json!({ "accountId": account, "familyName": family, "givenName": "X", "isKey": true });
    let made = client
        .change("contactCreate", "ContactCreateInput", input, "contact { id }")
        .await;
    made["contact"]["id"].as_str().unwrap().to_owned()
}

fn call(account: &str, at: &str) -> Value {
    json!({ "accountId": account, "kind": "CALL", "occurredAt": at, "summary": "Talked" })
}

async fn last_touch(app: &TestApp, client: &Client) -> Value {
    let query = "query($id: ID!) { account(id: $id) { lastTouchAt version } }";
    client.ok(query, json!({ "id": app.a.account_id() })).await["account"].clone()
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

/// Every plain field of an account.
const ACCOUNT: &str = "id name nameKana industry segment country website externalId acquisitionChannel fiscalYearEndMonth note \
    lifecycle touchCadenceDays lastTouchAt archivedAt version createdAt updatedAt owner { id }";

on_both! {
    async fn what_is_recorded_comes_with_its_account_as_it_is(app) {
        let rep = app.a.client(&app, &app.a.rep).await;
        let account = app.a.account_id();
        let whole = format!("query($id: ID!) {{ account(id: $id) {{ {ACCOUNT} }} }}");
        let selection = format!("activity {{ account {{ {ACCOUNT} }} }}");
        for at in ["2026-01-05T01:00:00.123456789Z", "2026-01-04T01:00:00Z", "2026-01-06T01:00:00Z"] {
            let shown = rep.change("activityRecord", "ActivityRecordInput", call(&account, at), &selection).await;
            let read = rep.ok(&whole, json!({ "id": account })).await;
            assert_eq!(shown["activity"]["account"], read["account"]);
            assert!(read["account"]["lastTouchAt"].is_string());
        }
    }

    async fn a_client_that_may_not_read_accounts_is_not_shown_the_one_it_recorded_at(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let scopes = json!({ "name": "Telephone", "scopes": ["ACTIVITIES_WRITE"] });
        let made = admin.change("apiClientCreate", "ApiClientCreateInput", scopes, "apiClient { id } secret").await;
        let telephone = app.anonymous().partner(&made).await;
        let mut input = call(&app.a.account_id(), "2026-01-05T01:00:00Z");
        input["memberId"] = json!(app.a.rep.id());
        let query = "mutation($input: ActivityRecordInput!) { activityRecord(input: $input) { activity { id summary account { id } } } }";
        let answer = telephone.send(query, json!({ "input": input })).await;
        assert_eq!(answer.code(), Some("FORBIDDEN"));
        assert_eq!(answer.body["errors"][0]["path"], json!(["activityRecord", "activity", "account"]));
        let account = app.a.client(&app, &app.a.admin).await.ok("query($id: ID!) { account(id: $id) { lastActivity { summary } } }", json!({ "id": app.a.account_id() })).await;
        assert_eq!(account["account"]["lastActivity"]["summary"], "Talked");
    }

    async fn a_touch_is_recorded_with_who_took_part(app) {
        let rep = app.a.client(&app, &app.a.rep).await;
        let account = app.a.account_id();
        let (mori, hara) = (contact(&rep, &account, "Mori").await, contact(&rep, &account, "Hara").await);
        let mut input = call(&account, "2026-01-05T01:00:00.123456789Z");
        input["contactIds"] = json!([mori, hara, mori]);
        input["withMemberIds"] = json!([app.a.other_rep.id(), app.a.rep.id()]);
        let payload = record(&rep, input).await;
        let activity = &payload["activity"];
        assert_eq!(activity["contacts"], json!([{ "familyName": "Hara" }, { "familyName": "Mori" }]), "{payload}");
        assert_eq!(activity["member"]["id"], app.a.rep.id());
        assert_eq!(activity["withMembers"], json!([{ "id": app.a.other_rep.id() }]));
        assert_eq!((&activity["twoWay"], &activity["startedBy"]), (&json!(true), &json!("US")));
        assert_eq!(activity["occurredAt"], "2026-01-05T01:00:00.123456+00:00");
        assert_eq!(activity["account"]["lastTouchAt"], activity["occurredAt"]);
        assert_eq!(activity["account"]["version"], 1);
        let query = "query($id: ID!, $member: ID!, $contact: ID!) { node(id: $id) { __typename } \
            present: activities(filter: { memberId: $member }) { nodes { id } totalCount } \
            with: activities(filter: { contactId: $contact, kinds: [CALL, MEETING], from: \"2026-01-05T00:00:00Z\" }) { nodes { id } } \
            gifts: activities(filter: { kinds: [GIFT] }) { nodes { id } } \
            before: activities(filter: { to: \"2026-01-05T01:00:00Z\" }) { nodes { id } } }";
        let data = rep.ok(query, json!({ "id": activity["id"], "member": app.a.other_rep.id(), "contact": hara })).await;
        let one = json!([{ "id": activity["id"] }]);
        assert_eq!((&data["present"]["nodes"], &data["with"]["nodes"]), (&one, &one));
        assert_eq!((&data["gifts"]["nodes"], &data["before"]["nodes"]), (&json!([]), &json!([])));
        assert_eq!(data["node"]["__typename"], "Activity");
    }

    async fn what_cannot_be_is_refused_and_changes_nothing(app) {
        let rep = app.a.client(&app, &app.a.rep).await;
        let account = app.a.account_id();
        let unknown = |prefix| api::platform::graphql::any_id(prefix, uuid::Uuid::now_v7());
        let other = other_account(&rep).await;
        let stranger = contact(&rep, &other, "Far").await;
        app.drain().await;
        let before = tests::snapshot(&app, &app.a).await;
        let soon = app.app.clock.now() + chrono::Duration::minutes(6);
        for (change, field, code) in [
            (json!({ "occurredAt": soon }), json!(["occurredAt"]), "INVALID"),
            (json!({ "summary": " " }), json!(["summary"]), "REQUIRED"),
            (json!({ "memberId": unknown("mem") }), json!(["memberId"]), "NOT_FOUND"),
            (json!({ "withMemberIds": [app.a.admin.id(), unknown("mem")] }), json!(["withMemberIds", "1"]), "NOT_FOUND"),
            (json!({ "contactIds": [stranger] }), json!(["contactIds", "0"]), "INVALID"),
            (json!({ "contactIds": [unknown("cont")] }), json!(["contactIds", "0"]), "NOT_FOUND"),
            (json!({ "contactIds": vec![unknown("cont"); 51] }), json!(["contactIds"]), "TOO_LARGE"),
            (json!({ "accountId": unknown("acct") }), json!(["accountId"]), "NOT_FOUND"),
        ] {
            let mut input = call(&account, "2026-01-05T01:00:00Z");
            input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            let payload = record(&rep, input).await;
            assert_eq!(payload["userErrors"][0]["field"], field, "{payload}");
            assert_eq!(payload["userErrors"][0]["code"], code, "{payload}");
        }
        app.drain().await;
        assert_eq!(tests::snapshot(&app, &app.a).await, before);
    }

    async fn the_same_external_id_gives_the_same_activity(app) {
        let rep = app.a.client(&app, &app.a.rep).await;
        let mut input = call(&app.a.account_id(), "2026-01-05T01:00:00Z");
        input["externalId"] = json!("PBX-7");
        let first = record(&rep, input.clone()).await;
        app.drain().await;
        let before = tests::snapshot(&app, &app.a).await;
        let mut again = input.clone();
        again["summary"] = json!("Something else");
        assert_eq!(record(&rep, again).await["activity"], first["activity"]);
        app.drain().await;
        assert_eq!(tests::snapshot(&app, &app.a).await, before);
        let other = other_account(&rep).await;
        app.drain().await;
        let at_other = tests::snapshot(&app, &app.a).await;
        input["accountId"] = json!(other);
        let payload = record(&rep, input).await;
        assert_eq!(payload["userErrors"][0]["code"], "TAKEN", "{payload}");
        app.drain().await;
        assert_eq!(tests::snapshot(&app, &app.a).await, at_other);
    }

    async fn many_records_of_one_call_at_once_are_one_activity(app) {
        let rep = app.a.client(&app, &app.a.rep).await;
        let mut input = call(&app.a.account_id(), "2026-01-05T01:00:00Z");
        input["externalId"] = json!("PBX-8");
        let again = || record(&rep, input.clone());
        let (first, second, third, fourth) = tokio::join!(again(), again(), again(), again());
        let payloads = [first, second, third, fourth];
        for payload in &payloads {
            assert_eq!(payload["activity"]["id"], payloads[0]["activity"]["id"], "{payload}");
        }
        let data = rep.ok("{ activities { totalCount } }", json!({})).await;
        assert_eq!(data["activities"]["totalCount"], 1);
    }

    async fn the_last_touch_follows_corrections(app) {
        let rep = app.a.client(&app, &app.a.rep).await;
        let account = app.a.account_id();
        assert_eq!(last_touch(&app, &rep).await, json!({ "lastTouchAt": null, "version": 1 }));
        let late = record(&rep, call(&account, "2026-02-05T01:00:00Z")).await["activity"].clone();
        let early = record(&rep, call(&account, "2026-01-05T01:00:00Z")).await["activity"].clone();
        assert_eq!(early["account"]["lastTouchAt"], late["occurredAt"]);
        let moved = json!({ "id": late["id"], "version": 1, "occurredAt": "2025-12-01T00:00:00Z", "kind": "MEETING", "nextStep": "Send it" });
        let moved = rep.change("activityUpdate", "ActivityUpdateInput", moved, SHOWN).await["activity"].clone();
        assert_eq!((&moved["kind"], &moved["version"]), (&json!("MEETING"), &json!(2)));
        assert_eq!(last_touch(&app, &rep).await["lastTouchAt"], early["occurredAt"]);
        let archive = |activity: &Value, version: u8| {
            let input = json!({ "id": activity["id"], "version": version });
            let rep = rep.clone();
            async move { rep.change("activityArchive", "ActivityVersionInput", input, "activity { version archivedAt }").await }
        };
        archive(&early, 1).await;
        let again = archive(&early, 1).await;
        assert_eq!(again["activity"]["version"], 2);
        assert_eq!(last_touch(&app, &rep).await["lastTouchAt"], moved["occurredAt"]);
        archive(&moved, 2).await;
        assert_eq!(last_touch(&app, &rep).await, json!({ "lastTouchAt": null, "version": 1 }));
        let data = rep.ok("{ activities { totalCount } all: activities(filter: { includeArchived: true }) { totalCount } }", json!({})).await;
        assert_eq!((&data["activities"]["totalCount"], &data["all"]["totalCount"]), (&json!(0), &json!(2)));
    }

    async fn who_took_part_can_be_corrected(app) {
        let rep = app.a.client(&app, &app.a.rep).await;
        let account = app.a.account_id();
        let (mori, hara) = (contact(&rep, &account, "Mori").await, contact(&rep, &account, "Hara").await);
        let mut input = call(&account, "2026-01-05T01:00:00Z");
        input["contactIds"] = json!([mori]);
        let made = record(&rep, input).await["activity"].clone();
        let same = json!({ "id": made["id"], "version": 1, "contactIds": [mori], "withMemberIds": [] });
        let same = rep.change("activityUpdate", "ActivityUpdateInput", same, SHOWN).await;
        assert_eq!(same["activity"]["version"], 1);
        let change = json!({ "id": made["id"], "version": 1, "contactIds": [hara, mori], "withMemberIds": [app.a.admin.id()] });
        let changed = rep.change("activityUpdate", "ActivityUpdateInput", change.clone(), SHOWN).await["activity"].clone();
        assert_eq!(changed["contacts"], json!([{ "familyName": "Hara" }, { "familyName": "Mori" }]));
        assert_eq!(changed["withMembers"], json!([{ "id": app.a.admin.id() }]));
        let mut stale = change;
        stale["contactIds"] = json!([]);
        let payload = rep.try_change("activityUpdate", "ActivityUpdateInput", stale, "activity { id } userErrors { code message }").await;
        assert_eq!(payload["userErrors"][0]["code"], "CONFLICT");
        assert!(payload["userErrors"][0]["message"].as_str().unwrap().contains("withMembers"), "{payload}");
    }

    async fn an_introduction_moves_the_handover_and_its_archiving_takes_the_proof_back(app) {
        let rep = app.a.client(&app, &app.a.rep).await;
        let account = app.a.account_id();
        let mori = contact(&rep, &account, "Mori").await;
        let last_day = (app.app.clock.now() + chrono::Duration::days(30)).date_naive();
        let plan = json!({ "accountId": account, "toMemberId": app.a.other_rep.id(), "lastDay": last_day, "reason": "ROTATION" });
        let planned = rep.change("handoverPlan", "HandoverPlanInput", plan, "handover { id }").await;
        let handover = async || {
            let query = "query($id: ID!) { handover(id: $id) { status continuity { score contacts { introduced { id } } } steps { fulfilledBy { id } } } }";
            rep.ok(query, json!({ "id": planned["handover"]["id"] })).await["handover"].clone()
        };
        assert_eq!(handover().await["status"], "PLANNED");
        let mut meeting = call(&account, &app.app.clock.now().to_rfc3339());
        meeting["kind"] = json!("JOINT_MEETING");
        meeting["contactIds"] = json!([mori]);
        meeting["withMemberIds"] = json!([app.a.other_rep.id()]);
        let met = record(&rep, meeting).await["activity"].clone();
        let introduced = handover().await;
        assert_eq!((&introduced["status"], &introduced["continuity"]["score"]), (&json!("INTRODUCING"), &json!(40)), "{introduced}");
        assert_eq!(introduced["continuity"]["contacts"][0]["introduced"]["id"], met["id"]);
        let archive = json!({ "id": met["id"], "version": 1 });
        rep.change("activityArchive", "ActivityVersionInput", archive, "activity { id }").await;
        let after = handover().await;
        assert_eq!(after["continuity"]["score"], 0);
        assert!(after["steps"].as_array().unwrap().iter().all(|step| step["fulfilledBy"].is_null()), "{after}");
    }

    async fn the_number_of_statements_does_not_grow_with_the_page(app) {
        let rep = app.a.client(&app, &app.a.rep).await;
        let account = app.a.account_id();
        for day in 1..=6 {
            let mut input = call(&account, &format!("2026-01-0{day}T01:00:00Z"));
            input["contactIds"] = json!([contact(&rep, &account, &format!("C{day}")).await]);
            input["withMemberIds"] = json!([app.a.other_rep.id()]);
            record(&rep, input).await;
        }
        let activities = |first: u8| format!("{{ activities(first: {first}) {{ nodes {{ kind member {{ id }} account {{ name }} \
            withMembers {{ familyName }} contacts {{ familyName reports {{ id }} reportsTo {{ id }} account {{ name }} }} }} }} }}");
        let few = app.statements(&app.a.rep, &activities(2)).await;
        assert_eq!(app.statements(&app.a.rep, &activities(6)).await, few);
        assert!(few <= 10, "{few} statements");
    }

    async fn the_newest_of_each_account_cost_one_statement(app) {
        let rep = app.a.client(&app, &app.a.rep).await;
        let mut accounts = vec![app.a.account];
        for _ in 0..2 {
            let (_, other) = api::platform::graphql::parse_any(&other_account(&rep).await).unwrap();
            accounts.push(other);
        }
        for (index, account) in accounts.iter().enumerate() {
            for day in 1..=3 {
                let at = format!("2026-01-0{day}T0{index}:00:00Z");
                record(&rep, call(&api::platform::graphql::any_id("acct", *account), &at)).await;
            }
        }
        let ctx = app.a.system(&app.app).await;
        let before = ctx.statements();
        let rows = api::activities::service::activity_latest(&ctx, &accounts, 2, Columns::all()).await.unwrap();
        assert_eq!(ctx.statements() - before, 1);
        assert_eq!(rows.len(), 6);
        assert!(rows.is_sorted_by(|a, b| a.occurred_at >= b.occurred_at));
        let db = ctx.read().await.unwrap();
        let since = rows.last().unwrap().occurred_at;
        let touches = api::activities::service::touches_of(&ctx, &db, &[(accounts[0], since), (accounts[1], since)]).await.unwrap();
        assert_eq!(touches[&accounts[0]].len(), 2);
        drop(db);
        ctx.end_read().await.unwrap();
    }
}
