//! A member leaves: who takes his accounts over, what moves, and what cannot be.

mod histories;
mod refusals;

use api::accounts::bulk;
use api::accounts::service::AccountDraft;
use chrono::Duration;
use domain::account::Lifecycle;
use serde_json::{Value, json};
use tests::{Client, Person, TestApp, on_both};

/// The day at the company, which is in Tokyo, so many days from now.
pub(super) fn day(app: &TestApp, days: i64) -> String {
    let there = app.app.clock.now() + Duration::hours(9) + Duration::days(days);
    there.date_naive().to_string()
}

/// More accounts of the first rep's, of these industries in turn; their ids in the order of the names.
pub(super) async fn book(app: &TestApp, owner: &Person, count: usize, industries: &[&str]) {
    let ctx = app.a.system(&app.app).await;
    let tx = ctx.write().await.unwrap();
    let models = (0..count).map(|n| {
        let draft = AccountDraft {
            name: format!("Book {n:04}"),
            name_kana: None,
            lifecycle: Lifecycle::Customer,
            industry: industries.get(n % industries.len().max(1)).map(|&name| name.to_owned()),
            segment: None,
            country: None,
            website: None,
            external_id: None,
            owner: Some(owner.member),
            acquisition_channel: None,
            fiscal_year_end_month: None,
            touch_cadence_days: None,
            note: None,
        };
        bulk::new_account(&ctx, &tx, draft, owner.member).unwrap()
    });
    let models: Vec<_> = models.collect();
    bulk::insert(&ctx, &tx, models).await.unwrap();
    tx.commit().await.unwrap();
}

pub(super) fn plan_input(app: &TestApp, days: i64) -> Value {
    json!({ "memberId": app.a.rep.id(), "lastDay": day(app, days), "reason": "Moves to another company" })
}

pub(super) async fn plan(client: &Client, input: Value) -> Value {
    let selection = "departure { id version status handovers(first: 100) { totalCount nodes { id status to { id } account { id name } } } }";
    client
        .try_change("departurePlan", "DeparturePlanInput", input, selection)
        .await
}

async fn preview(client: &Client, input: &Value) -> Value {
    let query = "query($input: DeparturePreviewInput!) { departurePreview(input: $input) { accountCount handedOverCount awaitedCount \
        workloadLimit teamPlaceCount isShortNotice value { amount } revenueAtRisk { currencyCode } \
        proposals(first: 100) { account { id name } successor { id } kind points \
            shares { reason points most text } } } }";
    let mut input = input.clone();
    for field in ["reason", "kind"] {
        input.as_object_mut().unwrap().remove(field);
    }
    client.ok(query, json!({ "input": input })).await["departurePreview"].clone()
}

/// Everything is assessed when the day's jobs have run.
async fn assess(app: &TestApp) {
    app.app.clock.advance(Duration::days(1));
    app.drain().await;
}

/// Pairs of account and successor.
fn pairs(nodes: &Value, to: &str) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut pairs: Vec<_> = nodes
        .as_array()
        .unwrap()
        .iter()
        .map(|node| (text(&node["account"]["id"]), text(&node[to]["id"])))
        .collect();
    pairs.sort();
    pairs
}

on_both! {
    async fn every_account_of_a_leaver_gets_a_successor_with_reasons(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        // The other rep knows hotels, and the manager valves.
        book(&app, &app.a.other_rep, 2, &["Hotels"]).await;
        book(&app, &app.a.manager, 2, &["Valves"]).await;
        book(&app, &app.a.rep, 6, &["Hotels", "Valves"]).await;
        let input = plan_input(&app, 40);
        app.drain().await;
        let before = tests::snapshot(&app, &app.a).await;
        let shown = preview(&admin, &input).await;
        assert_eq!(tests::snapshot(&app, &app.a).await, before, "a preview changes nothing");
        assert_eq!((&shown["accountCount"], &shown["handedOverCount"]), (&json!(7), &json!(0)));
        // Seven that pass on and four that the two own, half as many again as an even share.
        assert_eq!((&shown["workloadLimit"], &shown["isShortNotice"]), (&json!(9), &json!(false)));
        for node in shown["proposals"].as_array().unwrap() {
            assert_eq!(node["kind"], "ASSIGNED");
            let shares = node["shares"].as_array().unwrap();
            let sum: f64 = shares.iter().map(|share| share["points"].as_f64().unwrap()).sum();
            assert!((sum - node["points"].as_f64().unwrap()).abs() < 1e-9);
            let n: Option<usize> = node["account"]["name"].as_str().unwrap().strip_prefix("Book ").map(|n| n.parse().unwrap());
            let Some(n) = n else { continue };
            let expert = if n % 2 == 0 { &app.a.other_rep } else { &app.a.manager };
            assert_eq!(node["successor"]["id"], json!(expert.id()), "{node}");
            // Two of the three that the leaver looks after.
            assert!((shares[0]["points"].as_f64().unwrap() - 50.0 * 2.0 / 3.0).abs() < 1e-9, "{node}");
        }
        let planned = plan(&admin, input).await["departure"].clone();
        assert_eq!((&planned["status"], &planned["handovers"]["totalCount"]), (&json!("PLANNED"), &json!(7)));
        assert_eq!(pairs(&planned["handovers"]["nodes"], "to"), pairs(&shown["proposals"], "successor"), "what was shown is done");
        let member = admin.ok("query($id: ID!) { member(id: $id) { lastDay } }", json!({ "id": app.a.rep.id() })).await;
        assert_eq!(member["member"]["lastDay"], json!(day(&app, 40)));
        let events = admin.ok("{ events(last: 100, types: [\"departure.planned\", \"handover.planned\"]) { nodes { type payload } } }", json!({})).await;
        let events = events["events"]["nodes"].as_array().unwrap();
        assert_eq!(events.len(), 8);
        assert_eq!(events.iter().find(|event| event["type"] == "departure.planned").unwrap()["payload"]["handovers"], 7);
    }

    async fn who_knows_the_contacts_comes_before_who_does_not(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let account = app.a.account_id();
        let contact = json!({ "accountId": account, "familyName": "Mori", "givenName": "I", "say": 70, "isKey": true });
        let contact = admin.change("contactCreate", "ContactCreateInput", contact, "contact { id }").await["contact"]["id"].clone();
        let advice = async || {
            let query = "query($id: ID!) { successorAdvice(accountId: $id) { member { id } points accountCount shares { reason points most } } }";
            admin.ok(query, json!({ "id": account })).await["successorAdvice"].clone()
        };
        assert_eq!(advice().await.as_array().unwrap().len(), 2, "the manager and the other rep");
        // He was there, though another did it.
        let touch = json!({ "accountId": account, "kind": "MEETING", "occurredAt": app.app.clock.now(), "summary": "Met",
            "memberId": app.a.rep.id(), "withMemberIds": [app.a.other_rep.id()], "contactIds": [contact] });
        admin.change("activityRecord", "ActivityRecordInput", touch, "activity { id }").await;
        let now = advice().await;
        assert_eq!(now[0]["member"]["id"], json!(app.a.other_rep.id()));
        assert_eq!(now[0]["shares"][1], json!({ "reason": "ACQUAINTANCE", "points": 30.0, "most": 30 }));
        assert_eq!(now[1]["shares"][1]["points"], json!(0.0));
        let foreign = admin.ok("query($id: ID!) { successorAdvice(accountId: $id) { points } }", json!({ "id": app.b.account_id() })).await;
        assert_eq!(foreign["successorAdvice"], Value::Null);
        let wrong = admin.send("query($id: ID!) { successorAdvice(accountId: $id, first: 0) { points } }", json!({ "id": account })).await;
        assert_eq!(wrong.code(), Some("BAD_USER_INPUT"));
    }

    async fn a_limit_to_the_workload_holds_and_the_rest_falls_to_the_manager(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        book(&app, &app.a.rep, 5, &["Hotels"]).await;
        let mut input = plan_input(&app, 40);
        input["candidateIds"] = json!([app.a.other_rep.id()]);
        input["workloadLimit"] = json!(2);
        let shown = preview(&admin, &input).await;
        let of = |kind: &str| shown["proposals"].as_array().unwrap().iter().filter(|node| node["kind"] == kind).count();
        assert_eq!((of("ASSIGNED"), of("FALLBACK")), (2, 4));
        let fallen = shown["proposals"].as_array().unwrap().iter().find(|node| node["kind"] == "FALLBACK").unwrap();
        assert_eq!(fallen["successor"]["id"], json!(app.a.manager.id()));
        // One that the caller chose counts.
        input["successors"] = json!([{ "accountId": app.a.account_id(), "toMemberId": app.a.other_rep.id() }]);
        let chosen = preview(&admin, &input).await;
        let of = |kind: &str| chosen["proposals"].as_array().unwrap().iter().filter(|node| node["kind"] == kind).count();
        assert_eq!((of("CHOSEN"), of("ASSIGNED"), of("FALLBACK")), (1, 1, 4));
    }

    async fn nobody_who_leaves_himself_is_proposed_and_what_awaits_him_is_told(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let planned = plan(&admin, {
            let mut input = plan_input(&app, 40);
            input["successors"] = json!([{ "accountId": app.a.account_id(), "toMemberId": app.a.other_rep.id() }]);
            input
        }).await;
        assert_eq!(planned["departure"]["handovers"]["totalCount"], 1);
        book(&app, &app.a.other_rep, 2, &["Hotels"]).await;
        // The first rep leaves later than the second, and is not proposed all the same.
        let shown = preview(&admin, &json!({ "memberId": app.a.other_rep.id(), "lastDay": day(&app, 10) })).await;
        assert_eq!((&shown["accountCount"], &shown["awaitedCount"]), (&json!(2), &json!(1)));
        for node in shown["proposals"].as_array().unwrap() {
            assert_eq!(node["successor"]["id"], json!(app.a.manager.id()));
        }
    }

    async fn when_the_last_day_is_over_everything_has_passed_on(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        book(&app, &app.a.rep, 3, &["Hotels"]).await;
        let other = admin.change("accountCreate", "AccountCreateInput", json!({ "name": "Of the admin" }), "account { id }").await;
        let other = other["account"]["id"].clone();
        let place = json!({ "accountId": other, "memberId": app.a.rep.id() });
        admin.change("accountTeamAdd", "AccountTeamInput", place, "account { id }").await;
        // Only one account is handed over; the others are forgotten.
        let mut input = plan_input(&app, 20);
        input["filter"] = json!({ "accountIds": [app.a.account_id()] });
        let planned = plan(&admin, input).await["departure"].clone();
        assert_eq!(planned["handovers"]["totalCount"], 1);
        app.app.clock.advance(Duration::days(20));
        app.drain().await;
        let owners = "{ accounts(first: 8) { nodes { name owner { id } team { member { id } } ownerships { reason } } } departures { nodes { status endedAt } } }";
        let admin = app.a.client(&app, &app.a.admin).await;
        let during = admin.ok(owners, json!({})).await;
        assert_eq!(during["departures"]["nodes"][0]["status"], "PLANNED", "on the last day itself he is still there");
        app.app.clock.advance(Duration::days(1));
        app.drain().await;
        let admin = app.a.client(&app, &app.a.admin).await;
        let after = admin.ok(owners, json!({})).await;
        assert_eq!(after["departures"]["nodes"][0]["status"], "ENDED");
        for account in after["accounts"]["nodes"].as_array().unwrap() {
            assert_ne!(account["owner"]["id"], json!(app.a.rep.id()), "{account}");
            assert_eq!(account["team"], json!([]), "{account}");
            if account["name"].as_str().unwrap().starts_with("Book") {
                assert_eq!(account["owner"]["id"], json!(app.a.manager.id()));
                assert_eq!(account["ownerships"][0]["reason"], "OWNER_LEFT");
            }
        }
        // Nothing can be given to him any more.
        let told = async |field: &str, kind: &str, input: Value| -> (String, String) {
            let answer = admin.try_change(field, kind, input, "account { id }").await;
            let error = &answer["userErrors"][0];
            (error["field"][0].as_str().unwrap_or("").to_owned(), error["code"].as_str().unwrap_or("").to_owned())
        };
        let refused = |field: &str| (field.to_owned(), "INVALID".to_owned());
        let leaver = app.a.rep.id();
        assert_eq!(told("accountCreate", "AccountCreateInput", json!({ "name": "New", "ownerId": leaver })).await, refused("ownerId"));
        assert_eq!(told("accountTeamAdd", "AccountTeamInput", json!({ "accountId": other, "memberId": leaver })).await, refused("memberId"));
        let assign = json!({ "accountId": other, "version": 1, "memberId": leaver });
        assert_eq!(told("accountAssign", "AccountAssignInput", assign).await, refused("memberId"));
        // Only now can he be removed; the day after, the same job finds nothing to do.
        let version = admin.ok("query($id: ID!) { member(id: $id) { version } }", json!({ "id": leaver })).await["member"]["version"].clone();
        admin.change("memberRemove", "MemberRemoveInput", json!({ "id": leaver, "version": version }), "member { endedAt }").await;
        let settled = tests::snapshot(&app, &app.a).await;
        app.drain().await;
        assert_eq!(tests::snapshot(&app, &app.a).await, settled);
    }

    async fn undone_what_is_still_planned_is_cancelled_and_the_rest_is_told(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let account = app.a.account_id();
        let contact = json!({ "accountId": account, "familyName": "Mori", "givenName": "I", "say": 70, "isKey": true });
        let contact = admin.change("contactCreate", "ContactCreateInput", contact, "contact { id }").await["contact"]["id"].clone();
        book(&app, &app.a.rep, 4, &["Hotels"]).await;
        let mut input = plan_input(&app, 40);
        input["successors"] = json!([{ "accountId": account, "toMemberId": app.a.other_rep.id() }]);
        let planned = plan(&admin, input.clone()).await["departure"].clone();
        let touch = json!({ "accountId": account, "kind": "JOINT_MEETING", "occurredAt": app.app.clock.now(), "summary": "Met",
            "memberId": app.a.rep.id(), "withMemberIds": [app.a.other_rep.id()], "contactIds": [contact] });
        admin.change("activityRecord", "ActivityRecordInput", touch, "activity { id }").await;
        let undo = async |id: &Value, version: i64| {
            let input = json!({ "id": id, "version": version, "reason": "She stays" });
            let selection = "undone { cancelledCount keptCount kept { why handover { status account { id } } } \
                departure { status undoReason member { lastDay } handovers(first: 50) { nodes { status endReason } } } }";
            admin.try_change("departureUndo", "DepartureUndoInput", input, selection).await
        };
        let stale = undo(&planned["id"], 7).await;
        assert_eq!(stale["userErrors"][0]["code"], "CONFLICT");
        let undone = undo(&planned["id"], 1).await["undone"].clone();
        assert_eq!((&undone["cancelledCount"], &undone["keptCount"]), (&json!(4), &json!(1)));
        assert_eq!(undone["kept"][0]["handover"], json!({ "status": "INTRODUCING", "account": { "id": account } }));
        assert!(undone["kept"][0]["why"].as_str().unwrap().starts_with("Contacts have met the successor"));
        assert_eq!(undone["departure"]["member"]["lastDay"], Value::Null);
        let cancelled = undone["departure"]["handovers"]["nodes"].as_array().unwrap().iter()
            .filter(|handover| **handover == json!({ "status": "CANCELLED", "endReason": "She stays" })).count();
        assert_eq!(cancelled, 4);
        assert_eq!(undo(&planned["id"], 2).await["userErrors"][0]["code"], "CONFLICT");
        // Planned again, the one that goes on is left out.
        input.as_object_mut().unwrap().remove("successors");
        let shown = preview(&admin, &input).await;
        assert_eq!((&shown["accountCount"], &shown["handedOverCount"]), (&json!(4), &json!(1)));
        assert_eq!(plan(&admin, input).await["departure"]["handovers"]["totalCount"], 4);
    }

    async fn the_proposals_of_a_preview_come_some_at_a_time(app) {
        book(&app, &app.a.rep, 6, &["Hotels"]).await;
        let admin = app.a.client(&app, &app.a.admin).await;
        let query = |args: String| format!(
            "{{ departurePreview(input: {{ memberId: \"{}\", lastDay: \"{}\" }}) {{ proposals({args}) {{ account {{ id }} }} }} }}",
            app.a.rep.id(), day(&app, 40)
        );
        let some = async |args: String| -> Vec<Value> {
            let shown = admin.ok(&query(args), json!({})).await["departurePreview"]["proposals"].clone();
            shown.as_array().unwrap().iter().map(|one| one["account"]["id"].clone()).collect()
        };
        let all = some("first: 100".into()).await;
        assert_eq!((all.len(), &some("first: 3".into()).await[..]), (7, &all[..3]));
        assert_eq!(some(format!("first: 3, afterAccountId: {}", all[2])).await, &all[3..6]);
        assert_eq!(some(format!("afterAccountId: {}", all[6])).await, Vec::<Value>::new());
        for wrong in ["first: 0".to_owned(), "first: 101".to_owned(), format!("afterAccountId: \"{}\"", app.b.account_id())] {
            assert_eq!(admin.send(&query(wrong), json!({})).await.code(), Some("BAD_USER_INPUT"));
        }
    }

    async fn the_preview_of_five_hundred_takes_as_many_statements_as_of_five(app) {
        let query = format!(
            "{{ departurePreview(input: {{ memberId: \"{}\", lastDay: \"{}\" }}) {{ accountCount value {{ amount }} proposals(first: 50) {{ \
               account {{ name assessment {{ probability }} }} successor {{ familyName }} shares {{ points }} }} }} }}",
            app.a.rep.id(), day(&app, 40)
        );
        book(&app, &app.a.rep, 4, &["Hotels"]).await;
        assess(&app).await;
        let few = app.statements(&app.a.admin, &query).await;
        book(&app, &app.a.rep, 495, &["Hotels", "Valves"]).await;
        assess(&app).await;
        assert_eq!(app.statements(&app.a.admin, &query).await, few);
        assert!(few <= 16, "{few} statements");
    }

    async fn two_thousand_accounts_pass_on_in_one_transaction_and_no_more_than_that(app) {
        book(&app, &app.a.rep, 1_999, &["Hotels", "Valves", "Schools"]).await;
        let admin = app.a.client(&app, &app.a.admin).await;
        // Enough room for everybody's best: `domain::succession` tries what comes when there is not.
        let mut input = plan_input(&app, 40);
        input["workloadLimit"] = json!(100_000);
        let planned = plan(&admin, input).await;
        assert_eq!(planned["departure"]["handovers"]["totalCount"], 2_000, "{planned}");
        let id = &planned["departure"]["id"];
        let undo = json!({ "id": id, "version": 1, "reason": "x" });
        let undone = admin.change("departureUndo", "DepartureUndoInput", undo, "undone { cancelledCount }").await;
        assert_eq!(undone["undone"]["cancelledCount"], 2_000);
        book(&app, &app.a.rep, 1, &["Hotels"]).await;
        app.drain().await;
        let before = tests::snapshot(&app, &app.a).await;
        let refused = plan(&admin, plan_input(&app, 40)).await;
        assert_eq!(refused["userErrors"][0]["code"], "TOO_LARGE", "{refused}");
        assert_eq!(tests::snapshot(&app, &app.a).await, before);
    }
}
