//! Touches that should happen: their life, and where they go when their account or their member does.

use chrono::Duration;
use serde_json::{Value, json};
use tests::{Client, Person, TestApp, on_both};

/// The day at the company, which is in Tokyo, so many days from now.
fn day(app: &TestApp, days: i64) -> String {
    let there = app.app.clock.now() + Duration::hours(9) + Duration::days(days);
    there.date_naive().to_string()
}

async fn create(client: &Client, input: Value) -> Value {
    let selection = "followUp { id version status dueOn member { id } contact { id } createdBy { id } }";
    client
        .try_change("followUpCreate", "FollowUpCreateInput", input, selection)
        .await
}

/// A follow-up with the company's account, of this member; its id.
async fn made(app: &TestApp, admin: &Client, member: &Person, days: i64) -> String {
    let input = json!({ "accountId": app.a.account_id(), "memberId": member.id(), "dueOn": day(app, days), "reason": "Ask again" });
    let made = create(admin, input).await;
    made["followUp"]["id"]
        .as_str()
        .unwrap_or_else(|| panic!("{made}"))
        .to_owned()
}

/// Whose a follow-up is.
async fn whose(admin: &Client, id: &str) -> Value {
    let query = "query($id: ID!) { followUp(id: $id) { status member { id } } }";
    admin.ok(query, json!({ "id": id })).await["followUp"].clone()
}

fn open_of(person: &Person) -> Value {
    json!({ "status": "OPEN", "member": { "id": person.id() } })
}

async fn refused(client: &Client, field: &str, input_type: &str, input: Value) -> (String, String) {
    let payload = client.try_change(field, input_type, input, "followUp { id }").await;
    assert!(payload["followUp"].is_null(), "{payload}");
    let error = &payload["userErrors"][0];
    let field = error["field"]
        .as_array()
        .unwrap()
        .last()
        .map(|field| field.as_str().unwrap().to_owned());
    (field.unwrap(), error["code"].as_str().unwrap().to_owned())
}

on_both! {
    async fn a_follow_up_is_done_by_the_touch_that_names_it(app) {
        let rep = app.a.client(&app, &app.a.rep).await;
        let contact = json!({ "accountId": app.a.account_id(), "familyName": "Sato", "givenName": "Mio" });
        let contact = rep.change("contactCreate", "ContactCreateInput", contact, "contact { id }").await["contact"]["id"].clone();
        let input = json!({ "accountId": app.a.account_id(), "contactId": contact, "dueOn": day(&app, 3), "reason": "Ask about the trial",
            "talkedAbout": "She wants to see it run", "promised": "A week's trial" });
        let made = create(&rep, input).await["followUp"].clone();
        assert_eq!(made, json!({ "id": made["id"], "version": 1, "status": "OPEN", "dueOn": day(&app, 3), "contact": { "id": contact },
            "member": { "id": app.a.rep.id() }, "createdBy": { "id": app.a.rep.id() } }));
        let later = json!({ "id": made["id"], "version": 1, "dueOn": day(&app, 5), "promised": null });
        let changed = rep.change("followUpUpdate", "FollowUpUpdateInput", later, "followUp { version dueOn promised talkedAbout }").await;
        assert_eq!(changed["followUp"], json!({ "version": 2, "dueOn": day(&app, 5), "promised": null, "talkedAbout": "She wants to see it run" }));
        let shown = async || {
            let query = "query($id: ID!) { account(id: $id) { followUps { id status } } }";
            rep.ok(query, json!({ "id": app.a.account_id() })).await["account"]["followUps"].clone()
        };
        assert_eq!(shown().await, json!([{ "id": made["id"], "status": "OPEN" }]));
        let touch = json!({ "accountId": app.a.account_id(), "kind": "CALL", "occurredAt": app.app.clock.now(), "summary": "She tries it",
            "contactIds": [contact], "followUpId": made["id"] });
        let touch = rep.change("activityRecord", "ActivityRecordInput", touch, "activity { id }").await["activity"]["id"].clone();
        assert_eq!(shown().await, json!([]));
        let done = rep.ok("query($id: ID!) { followUp(id: $id) { status version endedAt doneBy { id } } }", json!({ "id": made["id"] })).await;
        assert_eq!((&done["followUp"]["status"], &done["followUp"]["doneBy"]["id"], &done["followUp"]["version"]), (&json!("DONE"), &touch, &json!(3)));
        assert!(done["followUp"]["endedAt"].is_string());
        // What is done stays so.
        for (field, input) in [
            ("followUpUpdate", json!({ "id": made["id"], "version": 3, "reason": "x" })),
            ("followUpCancel", json!({ "id": made["id"], "version": 3, "reason": "x" })),
        ] {
            let input_type = format!("{}Input", field.replacen('f', "F", 1));
            assert_eq!(refused(&rep, field, &input_type, input).await, ("id".into(), "CONFLICT".into()), "{field}");
        }
        let again = json!({ "id": made["id"], "version": 2, "activityId": touch });
        let again = rep.change("followUpComplete", "FollowUpCompleteInput", again, "followUp { version }").await;
        assert_eq!(again["followUp"]["version"], 3, "completing it again by the same touch changes nothing");
        let admin = app.a.client(&app, &app.a.admin).await;
        let events = admin.ok("{ events(last: 100, types: [\"follow_up.created\", \"follow_up.updated\", \"follow_up.completed\"]) { nodes { type } } }", json!({})).await;
        let events: Vec<&str> = events["events"]["nodes"].as_array().unwrap().iter().map(|node| node["type"].as_str().unwrap()).collect();
        assert_eq!(events, ["follow_up.created", "follow_up.updated", "follow_up.completed"]);
    }

    async fn lists_say_what_is_due_and_whose_it_is(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let far = made(&app, &admin, &app.a.rep, 9).await;
        let near = made(&app, &admin, &app.a.rep, 1).await;
        let others = made(&app, &admin, &app.a.other_rep, 2).await;
        let cancelled = made(&app, &admin, &app.a.rep, 0).await;
        let cancel = json!({ "id": cancelled, "version": 1, "reason": "The plant is closed" });
        let cancel = admin.change("followUpCancel", "FollowUpCancelInput", cancel, "followUp { status endReason }").await;
        assert_eq!(cancel["followUp"], json!({ "status": "CANCELLED", "endReason": "The plant is closed" }));
        let list = async |filter: Value| -> (Vec<String>, Value) {
            let query = "query($filter: FollowUpFilterInput) { followUps(filter: $filter) { nodes { id } totalCount } }";
            let admin = app.a.client(&app, &app.a.admin).await;
            let found = admin.ok(query, json!({ "filter": filter })).await["followUps"].clone();
            let ids = found["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap().to_owned());
            (ids.collect(), found["totalCount"].clone())
        };
        assert_eq!(list(json!({})).await, (vec![cancelled.clone(), near.clone(), others.clone(), far.clone()], json!(4)));
        let mine = json!({ "memberId": app.a.rep.id(), "statuses": ["OPEN"] });
        assert_eq!(list(mine).await, (vec![near.clone(), far.clone()], json!(2)));
        app.app.clock.advance(Duration::days(3));
        let overdue = json!({ "statuses": ["OPEN"], "dueUntil": day(&app, -1), "accountId": app.a.account_id() });
        assert_eq!(list(overdue).await, (vec![near, others], json!(2)));
        let few = app.statements(&app.a.admin, &query(1)).await;
        assert_eq!(app.statements(&app.a.admin, &query(4)).await, few);
        assert!(few <= 8, "{few} statements");
    }

    async fn what_cannot_be_is_told_clearly_and_changes_nothing(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let id = made(&app, &admin, &app.a.rep, 1).await;
        let other = admin.change("accountCreate", "AccountCreateInput", json!({ "name": "Other client" }), "account { id }").await["account"]["id"].clone();
        let contact = json!({ "accountId": other, "familyName": "Ono", "givenName": "Ken" });
        let contact = admin.change("contactCreate", "ContactCreateInput", contact, "contact { id }").await["contact"]["id"].clone();
        let touch = json!({ "accountId": other, "kind": "CALL", "occurredAt": app.app.clock.now(), "summary": "x" });
        let touch = admin.change("activityRecord", "ActivityRecordInput", touch, "activity { id }").await["activity"]["id"].clone();
        let theirs = app.b.client(&app, &app.b.admin).await;
        let their_account = json!({ "accountId": app.b.account_id(), "dueOn": day(&app, 1), "reason": "x" });
        let their_id = create(&theirs, their_account).await["followUp"]["id"].clone();
        app.drain().await;
        let before = tests::snapshot(&app, &app.a).await;
        for (more, expected) in [
            (json!({ "reason": " " }), ("reason", "REQUIRED")),
            (json!({ "reason": "x".repeat(201) }), ("reason", "TOO_LARGE")),
            (json!({ "dueOn": day(&app, -1) }), ("dueOn", "INVALID")),
            (json!({ "dueOn": day(&app, 1_900) }), ("dueOn", "INVALID")),
            (json!({ "memberId": app.a.observer.id() }), ("memberId", "INVALID")),
            (json!({ "memberId": app.b.rep.id() }), ("memberId", "NOT_FOUND")),
            (json!({ "accountId": app.b.account_id() }), ("accountId", "NOT_FOUND")),
            (json!({ "contactId": contact }), ("contactId", "INVALID")),
        ] {
            let mut input = json!({ "accountId": app.a.account_id(), "dueOn": day(&app, 1), "reason": "x" });
            input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let (field, code) = refused(&admin, "followUpCreate", "FollowUpCreateInput", input).await;
            assert_eq!((field.as_str(), code.as_str()), expected, "{more}");
        }
        for (field, input, expected) in [
            ("followUpUpdate", json!({ "id": their_id, "version": 1, "reason": "x" }), ("id", "NOT_FOUND")),
            ("followUpUpdate", json!({ "id": id, "version": 7, "reason": "x" }), ("version", "CONFLICT")),
            ("followUpUpdate", json!({ "id": id, "version": 1, "dueOn": day(&app, -1) }), ("dueOn", "INVALID")),
            ("followUpComplete", json!({ "id": id, "version": 1, "activityId": touch }), ("activityId", "INVALID")),
            ("followUpComplete", json!({ "id": their_id, "version": 1 }), ("id", "NOT_FOUND")),
            ("followUpCancel", json!({ "id": id, "version": 1, "reason": "" }), ("reason", "REQUIRED")),
        ] {
            let input_type = format!("{}Input", field.replacen('f', "F", 1));
            let (at, code) = refused(&admin, field, &input_type, input.clone()).await;
            assert_eq!((at.as_str(), code.as_str()), expected, "{field} {input}");
        }
        for (follow_up, code) in [(json!(id), "INVALID"), (their_id, "NOT_FOUND")] {
            let input = json!({ "accountId": other, "kind": "CALL", "occurredAt": app.app.clock.now(), "summary": "x", "followUpId": follow_up });
            let payload = admin.try_change("activityRecord", "ActivityRecordInput", input, "activity { id }").await;
            assert_eq!((&payload["userErrors"][0]["field"], &payload["userErrors"][0]["code"]), (&json!(["followUpId"]), &json!(code)));
        }
        app.drain().await;
        assert_eq!(tests::snapshot(&app, &app.a).await, before);
        // Whoever is to do it must see the account.
        admin.change("tenantUpdate", "TenantUpdateInput", json!({ "version": 1, "accountVisibility": "TEAM" }), "tenant { id }").await;
        let input = json!({ "accountId": app.a.account_id(), "memberId": app.a.other_rep.id(), "dueOn": day(&app, 1), "reason": "x" });
        assert_eq!(refused(&admin, "followUpCreate", "FollowUpCreateInput", input.clone()).await, ("memberId".into(), "INVALID".into()));
        for may in [&app.a.manager, &app.a.rep, &app.a.admin] {
            let mut input = input.clone();
            input["memberId"] = json!(may.id());
            assert!(create(&admin, input).await["followUp"]["id"].is_string(), "{}", may.role);
        }
    }

    async fn what_is_due_passes_on_with_the_account(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let moves = [(true, false), (false, false), (true, true), (false, true)];
        let mut expected = Vec::new();
        for (own, others) in moves {
            let account = admin.change("accountCreate", "AccountCreateInput",
                json!({ "name": format!("{own} {others}"), "ownerId": app.a.rep.id() }), "account { id }").await["account"]["id"].clone();
            let of = async |person: &Person| {
                let input = json!({ "accountId": account, "memberId": person.id(), "dueOn": day(&app, 40), "reason": "Ask again" });
                create(&admin, input).await["followUp"]["id"].as_str().unwrap().to_owned()
            };
            let (leaver, manager) = (of(&app.a.rep).await, of(&app.a.manager).await);
            let input = json!({ "accountId": account, "toMemberId": app.a.other_rep.id(), "lastDay": day(&app, 2), "reason": "x",
                "movesFollowUps": own, "movesOthersFollowUps": others });
            let planned = admin.change("handoverPlan", "HandoverPlanInput", input, "handover { id movesFollowUps movesOthersFollowUps }").await;
            assert_eq!((&planned["handover"]["movesFollowUps"], &planned["handover"]["movesOthersFollowUps"]), (&json!(own), &json!(others)));
            expected.push((leaver, if own { &app.a.other_rep } else { &app.a.rep }));
            expected.push((manager, if others { &app.a.other_rep } else { &app.a.manager }));
        }
        app.drain().await;
        for (n, (id, _)) in expected.iter().enumerate() {
            let so_far = if n % 2 == 0 { &app.a.rep } else { &app.a.manager };
            assert_eq!(whose(&admin, id).await, open_of(so_far), "nothing moves before the switch");
        }
        app.app.clock.advance(Duration::days(3));
        app.drain().await;
        let admin = app.a.client(&app, &app.a.admin).await;
        for (n, (id, person)) in expected.iter().enumerate() {
            assert_eq!(whose(&admin, id).await, open_of(person), "{n}");
        }
        let moved = admin.ok("{ events(last: 100, types: [\"follow_up.moved\"]) { nodes { payload } } }", json!({})).await;
        assert_eq!(moved["events"]["nodes"].as_array().unwrap().len(), 4);
    }

    async fn nothing_keeps_arriving_at_one_who_has_left(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        // On his own account, and on one of another's.
        let own = made(&app, &admin, &app.a.rep, 60).await;
        let other = admin.change("accountCreate", "AccountCreateInput",
            json!({ "name": "Other client", "ownerId": app.a.manager.id() }), "account { id }").await["account"]["id"].clone();
        admin.change("accountTeamAdd", "AccountTeamInput", json!({ "accountId": other, "memberId": app.a.rep.id() }), "account { id }").await;
        let input = json!({ "accountId": other, "memberId": app.a.rep.id(), "dueOn": day(&app, 60), "reason": "Ask again" });
        let on_team = create(&admin, input).await["followUp"]["id"].as_str().unwrap().to_owned();
        let departure = |kind: &str| json!({ "memberId": app.a.rep.id(), "kind": kind, "lastDay": day(&app, 3), "reason": "x", "movesFollowUps": false });
        let refused = admin.try_change("departurePlan", "DeparturePlanInput", departure("LEAVING"), "departure { id }").await;
        assert_eq!((&refused["userErrors"][0]["field"], &refused["userErrors"][0]["code"]), (&json!(["movesFollowUps"]), &json!("INVALID")));
        let query = "query($input: DeparturePreviewInput!) { departurePreview(input: $input) { followUpCount othersFollowUpCount teamPlaceCount } }";
        let by_manager = made(&app, &admin, &app.a.manager, 50).await;
        let preview = admin.ok(query, json!({ "input": { "memberId": app.a.rep.id(), "lastDay": day(&app, 3) } })).await;
        assert_eq!(preview["departurePreview"], json!({ "followUpCount": 2, "othersFollowUpCount": 1, "teamPlaceCount": 1 }));
        // One who rotates may keep what he promised, but not where he is no longer on the team.
        let rotating = admin.change("departurePlan", "DeparturePlanInput", departure("ROTATING"), "departure { handovers { nodes { to { id } } } }").await;
        let to = rotating["departure"]["handovers"]["nodes"][0]["to"]["id"].clone();
        app.app.clock.advance(Duration::days(4));
        app.drain().await;
        let admin = app.a.client(&app, &app.a.admin).await;
        assert_eq!(whose(&admin, &own).await, open_of(&app.a.rep));
        assert_eq!(whose(&admin, &on_team).await, open_of(&app.a.manager));
        assert_eq!(whose(&admin, &by_manager).await, open_of(&app.a.manager));
        // Then he leaves, and nothing stays.
        let leaving = json!({ "memberId": app.a.rep.id(), "lastDay": day(&app, 3), "reason": "x" });
        admin.change("departurePlan", "DeparturePlanInput", leaving, "departure { id }").await;
        app.app.clock.advance(Duration::days(4));
        app.drain().await;
        let admin = app.a.client(&app, &app.a.admin).await;
        assert_eq!(whose(&admin, &own).await["member"]["id"], to);
        let late = json!({ "accountId": app.a.account_id(), "memberId": app.a.rep.id(), "dueOn": day(&app, 60), "reason": "x" });
        assert_eq!(create(&admin, late).await["userErrors"][0]["code"], "INVALID");
    }

    async fn who_is_given_an_account_or_removed_takes_or_leaves_what_is_due(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let id = made(&app, &admin, &app.a.rep, 9).await;
        let account = admin.ok("query($id: ID!) { account(id: $id) { version } }", json!({ "id": app.a.account_id() })).await;
        let assign = json!({ "accountId": app.a.account_id(), "version": account["account"]["version"], "memberId": app.a.other_rep.id() });
        admin.change("accountAssign", "AccountAssignInput", assign, "account { id }").await;
        assert_eq!(whose(&admin, &id).await, open_of(&app.a.other_rep));
        let kept = made(&app, &admin, &app.a.rep, 9).await;
        let version = admin.ok("query($id: ID!) { member(id: $id) { version } }", json!({ "id": app.a.rep.id() })).await["member"]["version"].clone();
        admin.change("memberRemove", "MemberRemoveInput", json!({ "id": app.a.rep.id(), "version": version }), "member { id }").await;
        assert_eq!(whose(&admin, &kept).await, open_of(&app.a.other_rep));
        // A merge takes what is due along.
        let into = admin.change("accountCreate", "AccountCreateInput", json!({ "name": "The same client" }), "account { id version }").await["account"].clone();
        let from = admin.ok("query($id: ID!) { account(id: $id) { version } }", json!({ "id": app.a.account_id() })).await["account"]["version"].clone();
        let merge = json!({ "intoId": into["id"], "intoVersion": into["version"], "fromId": app.a.account_id(), "fromVersion": from });
        let merged = admin.change("accountMerge", "AccountMergeInput", merge, "account { followUps { id } }").await;
        assert_eq!(merged["account"]["followUps"], json!([{ "id": id }, { "id": kept }]));
    }
}

fn query(first: u32) -> String {
    format!(
        "{{ followUps(first: {first}) {{ nodes {{ reason account {{ name followUps {{ id }} }} member {{ givenName }} contact {{ familyName }} \
        doneBy {{ summary }} createdBy {{ givenName }} }} }} }}"
    )
}
