//! What is recorded at the same moment in one company goes together, and nobody notices.

use std::time::Duration;

use entity::activity;
use sea_orm::{ColumnTrait, ConnectionTrait, Database, DbBackend, EntityTrait, QueryFilter, Statement};
use serde_json::{Value, json};
use tests::{Client, Db, Hold, TestApp, on_both, run};
use tokio::task::JoinHandle;

const SHOWN: &str = "activity { id summary member { id } contacts { familyName } account { id lastTouchAt } } \
    userErrors { field code }";

fn call(account: &str, summary: &str) -> Value {
    json!({ "accountId": account, "kind": "CALL", "occurredAt": "2026-01-05T01:00:00Z", "summary": summary })
}

async fn made(client: &Client, field: &'static str, ty: &str, input: Value, noun: &str) -> String {
    let made = client.change(field, ty, input, &format!("{noun} {{ id }}")).await;
    made[noun]["id"].as_str().unwrap().to_owned()
}

async fn account(client: &Client, name: &str) -> String {
    made(
        client,
        "accountCreate",
        "AccountCreateInput",
        json!({ "name": name }),
        "account",
    )
    .await
}

async fn contact(client: &Client, account: &str) -> String {
    let input = json!({ "accountId": account, "familyName": "Sato", "givenName": "Mio" });
    made(client, "contactCreate", "ContactCreateInput", input, "contact").await
}

/// Records all of them at the same moment: each comes back with its answer, in their order.
async fn at_once(app: &TestApp, all: Vec<(&Client, Value)>) -> Vec<Value> {
    let all = all.into_iter().map(|(client, input)| (client, input, SHOWN));
    at_once_shown(app, all.collect()).await
}

/// The same, of which each is asked this.
async fn at_once_shown(app: &TestApp, all: Vec<(&Client, Value, &str)>) -> Vec<Value> {
    let turn = app.app.recordings.begin(app.a.id).unwrap();
    let count = all.len();
    let recording: Vec<JoinHandle<Value>> = all
        .into_iter()
        .map(|(client, input, shown)| {
            let client = client.clone();
            let query =
                format!("mutation($input: ActivityRecordInput!) {{ activityRecord(input: $input) {{ {shown} }} }}");
            tokio::spawn(async move { client.send(&query, json!({ "input": input })).await.body })
        })
        .collect();
    for _ in 0..200 {
        if app.app.recordings.waiting(app.a.id) == count {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(app.app.recordings.waiting(app.a.id), count);
    drop(turn);
    let mut answers = Vec::new();
    for one in recording {
        answers.push(one.await.unwrap());
    }
    answers
}

/// The numbers of the log, and who did what is in it.
async fn log(client: &Client, after: &Value) -> Vec<(i64, Value)> {
    let query = "query($after: BigInt) { events(afterSequence: $after, first: 50) { nodes { sequence type subjectId actorKind actorId payload } } }";
    let data = client.ok(query, json!({ "after": after })).await;
    let nodes = data["events"]["nodes"].as_array().unwrap().clone();
    let number = |event: &Value| event["sequence"].as_str().unwrap().parse().unwrap();
    nodes.into_iter().map(|event| (number(&event), event)).collect()
}

on_both! {
    async fn what_is_recorded_at_once_is_on_record_as_if_alone(app) {
        let (admin, rep) = (app.a.client(&app, &app.a.admin).await, app.a.client(&app, &app.a.rep).await);
        let (one, other) = (app.a.account_id(), account(&rep, "Other").await);
        let contact = contact(&rep, &one).await;
        app.drain().await;
        let before = admin.ok("{ eventSequence }", json!({})).await["eventSequence"].clone();
        let mut with_contact = call(&one, "with a contact");
        with_contact["contactIds"] = json!([contact]);
        let mut later = call(&one, "later");
        later["occurredAt"] = json!("2026-01-06T01:00:00Z");
        let answers = at_once(&app, vec![
            (&admin, call(&one, "by the administrator")),
            (&rep, with_contact),
            (&rep, later),
            (&admin, call(&other, "at another account")),
        ]).await;
        let shown: Vec<&Value> = answers.iter().map(|answer| &answer["data"]["activityRecord"]["activity"]).collect();
        let (admin_id, rep_id) = (json!(app.a.admin.id()), json!(app.a.rep.id()));
        let facts = |shown: &Value| (shown["summary"].clone(), shown["member"]["id"].clone(), shown["account"]["id"].clone());
        assert_eq!(facts(shown[0]), (json!("by the administrator"), admin_id.clone(), json!(one)), "{answers:#?}");
        assert_eq!(facts(shown[1]), (json!("with a contact"), rep_id.clone(), json!(one)));
        assert_eq!(facts(shown[2]), (json!("later"), rep_id.clone(), json!(one)));
        assert_eq!(facts(shown[3]), (json!("at another account"), admin_id.clone(), json!(other)));
        assert_eq!(shown.iter().map(|shown| shown["contacts"].clone()).collect::<Vec<_>>(),
            [json!([]), json!([{ "familyName": "Sato" }]), json!([]), json!([])]);

        let touched = |shown: &Value| shown["account"]["lastTouchAt"].clone();
        assert_eq!((touched(shown[0]), touched(shown[2])), (json!("2026-01-06T01:00:00+00:00"), json!("2026-01-06T01:00:00+00:00")));

        // Each has its event, under its own name, without gaps.
        let events = log(&admin, &before).await;
        let first: i64 = before.as_str().unwrap().parse().unwrap();
        assert_eq!(events.iter().map(|(number, _)| *number).collect::<Vec<_>>(), (first + 1..=first + 4).collect::<Vec<_>>());
        for shown in &shown {
            let (_, event) = events.iter().find(|(_, event)| event["subjectId"] == shown["id"]).unwrap();
            assert_eq!((&event["type"], &event["actorId"]), (&json!("activity.recorded"), &shown["member"]["id"]));
        }
        let last = admin.ok("query($id: ID!) { account(id: $id) { lastTouchAt } }", json!({ "id": one })).await;
        assert_eq!(last["account"]["lastTouchAt"], "2026-01-06T01:00:00+00:00");
    }

    async fn each_is_answered_what_he_asks_of_the_account(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let input = json!({ "name": "Named", "note": "Noted", "country": "JP" });
        let account = made(&admin, "accountCreate", "AccountCreateInput", input, "account").await;
        app.drain().await;
        for (shown, expected) in [
            // All the same, and each something else.
            (["name", "name"], [json!({ "name": "Named" }), json!({ "name": "Named" })]),
            (["note", "country"], [json!({ "note": "Noted" }), json!({ "country": "JP" })]),
            (["id", "note"], [json!({ "id": account }), json!({ "note": "Noted" })]),
        ] {
            let shown = shown.map(|field| format!("activity {{ account {{ {field} }} }}"));
            let all = shown.iter().map(|shown| (&admin, call(&account, "called"), shown.as_str()));
            let answers = at_once_shown(&app, all.collect()).await;
            let given: Vec<&Value> = answers.iter().map(|answer| &answer["data"]["activityRecord"]["activity"]["account"]).collect();
            assert_eq!(given, expected.iter().collect::<Vec<_>>(), "{answers:#?}");
        }
    }

    async fn what_is_refused_among_others_is_refused_as_if_alone(app) {
        let (admin, rep) = (app.a.client(&app, &app.a.admin).await, app.a.client(&app, &app.a.rep).await);
        let observer = app.a.client(&app, &app.a.observer).await;
        let (one, gone) = (app.a.account_id(), account(&rep, "Gone").await);
        let of_gone = contact(&rep, &gone).await;
        let archive = json!({ "id": gone, "version": 1 });
        admin.change("accountArchive", "AccountVersionInput", archive, "account { id }").await;
        let unknown = api::platform::graphql::any_id("acct", uuid::Uuid::now_v7());
        let mut with_stranger = call(&one, "with a stranger");
        with_stranger["contactIds"] = json!([of_gone]);
        let inputs = [
            (&rep, call(&one, "first")),
            (&rep, call(&gone, "archived")),
            (&rep, call(&unknown, "unknown")),
            (&rep, with_stranger),
            (&observer, call(&one, "observed")),
            (&rep, call(&one, "last")),
        ];
        let mut alone = Vec::new();
        for (client, input) in inputs.clone() {
            let query = format!("mutation($input: ActivityRecordInput!) {{ activityRecord(input: $input) {{ {SHOWN} }} }}");
            alone.push(client.send(&query, json!({ "input": input })).await.body);
        }
        // Who may not record at all does not come so far.
        let can_wait = inputs.into_iter().filter(|(_, input)| input["summary"] != "observed").collect();
        let together = at_once(&app, can_wait).await;
        alone.remove(4);
        let outcome = |answer: &Value| {
            let payload = &answer["data"]["activityRecord"];
            (answer["errors"][0]["extensions"]["code"].clone(), payload["userErrors"].clone(), payload["activity"]["summary"].clone())
        };
        for (alone, together) in alone.iter().zip(&together) {
            assert_eq!(outcome(alone), outcome(together));
        }
        assert_eq!(together[0]["data"]["activityRecord"]["activity"]["summary"], "first");
        assert_eq!(together[4]["data"]["activityRecord"]["activity"]["summary"], "last");
        assert_eq!(outcome(&together[1]).1[0]["code"], "CONFLICT");
        let recorded = app.a.system(&app.app).await.read().await.unwrap()
            .count(activity::Entity::find().filter(activity::Column::Summary.is_in(["first", "last"]))).await.unwrap();
        assert_eq!(recorded, 4);
    }

    async fn a_touch_of_the_successor_among_others_moves_the_handover(app) {
        let (rep, other) = (app.a.client(&app, &app.a.rep).await, app.a.client(&app, &app.a.other_rep).await);
        let contact = {
            let input = json!({ "accountId": app.a.account_id(), "familyName": "Key", "givenName": "X", "isKey": true });
            made(&rep, "contactCreate", "ContactCreateInput", input, "contact").await
        };
        let last_day = (app.app.clock.now() + chrono::Duration::days(30)).date_naive();
        let plan = json!({ "accountId": app.a.account_id(), "toMemberId": app.a.other_rep.id(), "lastDay": last_day, "reason": "ROTATION" });
        let handover = made(&rep, "handoverPlan", "HandoverPlanInput", plan, "handover").await;
        let mut alone_with_him = call(&app.a.account_id(), "alone with him");
        alone_with_him["contactIds"] = json!([contact]);
        alone_with_him["occurredAt"] = json!(app.app.clock.now());
        let answers = at_once(&app, vec![(&rep, call(&app.a.account_id(), "by the one who leaves")), (&other, alone_with_him)]).await;
        for answer in &answers {
            assert_eq!(answer["data"]["activityRecord"]["userErrors"], json!([]), "{answer}");
        }
        let query = "query($id: ID!) { handover(id: $id) { steps { kind fulfilledBy { id } } continuity { score } } }";
        let found = rep.ok(query, json!({ "id": handover })).await["handover"].clone();
        assert_eq!(found["continuity"]["score"], 30, "{found}");
        let solo = found["steps"].as_array().unwrap().iter().find(|step| step["kind"] == "SOLO_MEETING").unwrap();
        assert_eq!(solo["fulfilledBy"]["id"], answers[1]["data"]["activityRecord"]["activity"]["id"]);
    }
}

#[test]
fn many_are_recorded_in_one_transaction_and_fewer_beside_others() {
    run(Db::Postgres, async |app| {
        let rep = app.a.client(&app, &app.a.rep).await;
        let accounts = [
            app.a.account_id(),
            account(&rep, "Two").await,
            account(&rep, "Three").await,
        ];
        let mut with_all = call(&accounts[0], "at once");
        let mut contacts = Vec::new();
        for _ in 0..50 {
            contacts.push(contact(&rep, &accounts[0]).await);
        }
        with_all["contactIds"] = json!(contacts);
        app.drain().await;
        // More rows than an insert elsewhere takes: here they are one parameter.
        let mut all = vec![with_all; 11];
        all.extend(accounts[1..].iter().map(|account| call(account, "at once")));
        let mut beside = all.clone();
        beside.iter_mut().for_each(|input| input["summary"] = json!("beside"));

        // What the jobs did for others is forgotten.
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        let answers = at_once(&app, all.into_iter().map(|input| (&rep, input)).collect()).await;
        let shown = answers
            .iter()
            .map(|answer| &answer["data"]["activityRecord"]["activity"]);
        assert!(shown.clone().all(|shown| shown["id"].is_string()), "{answers:#?}");
        let with_whom = shown.map(|shown| shown["contacts"].as_array().unwrap().len());
        assert_eq!(with_whom.sum::<usize>(), 11 * 50);
        assert_eq!(recorded(&app, "at once").await, (13, 1));

        // Beside another company a turn takes fewer.
        let other = app.b.client(&app, &app.b.rep).await;
        let asks = tokio::spawn(async move {
            loop {
                other.ok("{ accounts(first: 1) { nodes { id } } }", json!({})).await;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        tokio::time::sleep(Duration::from_millis(300)).await;
        at_once(&app, beside.into_iter().map(|input| (&rep, input)).collect()).await;
        asks.abort();
        assert_eq!(recorded(&app, "beside").await, (13, 2));
        app
    });
}

/// How many activities are on record with this summary, and in how many transactions.
async fn recorded(app: &TestApp, summary: &str) -> (i64, i64) {
    let outside = Database::connect(app.urls.superuser.as_deref().unwrap()).await.unwrap();
    let look = "SELECT count(*) AS rows, count(DISTINCT xmin::text) AS transactions FROM activity WHERE summary = $1";
    let look = Statement::from_sql_and_values(DbBackend::Postgres, look, [summary.into()]);
    let row = outside.query_one_raw(look).await.unwrap().unwrap();
    let count = |name| row.try_get::<i64>("", name).unwrap();
    (count("rows"), count("transactions"))
}

#[test]
fn who_waits_for_an_account_holds_up_nobody_else() {
    run(Db::Postgres, async |app| {
        let rep = app.a.client(&app, &app.a.rep).await;
        let other = account(&rep, "Other").await;
        let hold = Hold::account(&app, &json!(app.a.account_id())).await;
        let waits = {
            let (rep, input) = (rep.clone(), call(&app.a.account_id(), "waits"));
            tokio::spawn(async move { rep.change("activityRecord", "ActivityRecordInput", input, SHOWN).await })
        };
        hold.waiting(1).await;
        let free = rep
            .change("activityRecord", "ActivityRecordInput", call(&other, "is free"), SHOWN)
            .await;
        assert_eq!(free["activity"]["summary"], "is free");
        assert!(!waits.is_finished());
        hold.release().await;
        assert_eq!(waits.await.unwrap()["activity"]["summary"], "waits");
        app
    });
}
