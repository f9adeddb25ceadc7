//! Losses: what is recorded, what it keeps, the ways back, and what a report makes of it.

mod report;
mod ways_back;

use chrono::Duration;
use serde_json::{Value, json};
use tests::{Client, Person, TestApp, on_both};

const LOSS: &str = "loss { id version lostOn learned competitor winBackOn wonBackOn archivedAt sales { amount currencyCode } \
    causes { cause percent controllable sales { amount } } followUp { id status dueOn reason talkedAbout member { id } } \
    wonBackOrder { id } wonBackActivity { id } recordedBy { id } account { id lifecycle } }";

/// The day at the company, which is in Tokyo, so many days from now.
fn day(app: &TestApp, days: i64) -> String {
    let there = app.app.clock.now() + Duration::hours(9) + Duration::days(days);
    there.date_naive().to_string()
}

async fn account(admin: &Client, owner: &Person, name: &str, channel: Option<&str>) -> Value {
    let input = json!({ "name": name, "ownerId": owner.id(), "lifecycle": "CUSTOMER", "acquisitionChannel": channel });
    let made = admin
        .change("accountCreate", "AccountCreateInput", input, "account { id }")
        .await;
    made["account"]["id"].clone()
}

/// An order of an account, placed so many days ago at noon in Tokyo; its id.
async fn order(app: &TestApp, admin: &Client, account: &Value, days_ago: i64, amount: i64) -> Value {
    let at = format!("{}T03:00:00Z", day(app, -days_ago));
    let input = json!({ "accountId": account, "placedAt": at, "amount": { "amount": amount.to_string(), "currencyCode": "JPY" } });
    let made = admin
        .change("orderCreate", "OrderCreateInput", input, "order { id }")
        .await;
    made["order"]["id"].clone()
}

fn lost(app: &TestApp, account: &Value, days_ago: i64) -> Value {
    json!({ "accountId": account, "lostOn": day(app, -days_ago), "learned": "Nobody called for a year",
        "causes": [{ "cause": "COMPETITOR", "percent": 40 }, { "cause": "NEGLECT", "percent": 60 }] })
}

fn with(mut input: Value, more: Value) -> Value {
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

async fn record(client: &Client, input: Value) -> Value {
    client.change("lossRecord", "LossRecordInput", input, LOSS).await["loss"].clone()
}

async fn update(client: &Client, input: Value) -> Value {
    client.change("lossUpdate", "LossUpdateInput", input, LOSS).await["loss"].clone()
}

async fn loss(client: &Client, id: &Value) -> Value {
    let query = format!(
        "query($id: ID!) {{ {} }}",
        LOSS.replacen("loss {", "loss(id: $id) {", 1)
    );
    client.ok(&query, json!({ "id": id })).await["loss"].clone()
}

async fn lifecycle(client: &Client, account: &Value) -> Value {
    let query = "query($id: ID!) { account(id: $id) { lifecycle } }";
    client.ok(query, json!({ "id": account })).await["account"]["lifecycle"].clone()
}

/// The field and code of the first thing that the caller can mend.
async fn refused(client: &Client, field: &str, input: Value) -> (String, String) {
    let (head, tail) = field.split_at(1);
    let input_type = format!("{}{tail}Input", head.to_uppercase());
    let payload = client.try_change(field, &input_type, input, "__typename").await;
    let error = &payload["userErrors"][0];
    let path = error["field"].as_array().unwrap_or_else(|| panic!("{payload}"));
    let path: Vec<&str> = path.iter().map(|part| part.as_str().unwrap()).collect();
    (path.join("."), error["code"].as_str().unwrap().to_owned())
}

async fn events(admin: &Client, kinds: &str) -> Vec<(String, Value)> {
    let query = format!("{{ events(last: 100, types: [{kinds}]) {{ nodes {{ type payload }} }} }}");
    let found = admin.ok(&query, json!({})).await["events"]["nodes"].clone();
    let nodes = found.as_array().unwrap().iter();
    nodes
        .map(|node| (node["type"].as_str().unwrap().to_owned(), node["payload"].clone()))
        .collect()
}

on_both! {
    async fn a_loss_keeps_why_it_was_and_what_the_account_was_worth(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let rep = app.a.client(&app, &app.a.rep).await;
        let account = account(&admin, &app.a.rep, "Gone client", None).await;
        for (days_ago, amount) in [(500, 7_000), (200, 1_000), (100, 2_001), (90, -500)] {
            order(&app, &admin, &account, days_ago, amount).await;
        }
        let input = with(lost(&app, &account, 30), json!({ "competitor": "Rival", "winBackOn": day(&app, 60) }));
        let recorded = record(&rep, input).await;
        let follow_up = recorded["followUp"]["id"].clone();
        assert_eq!(recorded, json!({
            "id": recorded["id"], "version": 1, "lostOn": day(&app, -30), "learned": "Nobody called for a year", "competitor": "Rival",
            "winBackOn": day(&app, 60), "wonBackOn": null, "archivedAt": null,
            "sales": { "amount": "2501", "currencyCode": "JPY" },
            "causes": [
                { "cause": "NEGLECT", "percent": 60, "controllable": true, "sales": { "amount": "1501" } },
                { "cause": "COMPETITOR", "percent": 40, "controllable": false, "sales": { "amount": "1000" } },
            ],
            "followUp": { "id": follow_up, "status": "OPEN", "dueOn": day(&app, 60), "reason": "Win back: Nobody called for a year",
                "talkedAbout": "Nobody called for a year", "member": { "id": app.a.rep.id() } },
            "wonBackOrder": null, "wonBackActivity": null, "recordedBy": { "id": app.a.rep.id() },
            "account": { "id": account, "lifecycle": "LOST" },
        }));
        assert_eq!(loss(&rep, &recorded["id"]).await, recorded);
        let query = "query($id: ID!, $loss: ID!) { account(id: $id) { losses { id causes { cause } } followUps { id } } node(id: $loss) { id __typename } }";
        let seen = rep.ok(query, json!({ "id": account, "loss": recorded["id"] })).await;
        assert_eq!(seen["account"], json!({ "losses": [{ "id": recorded["id"], "causes": [{ "cause": "NEGLECT" }, { "cause": "COMPETITOR" }] }],
            "followUps": [{ "id": follow_up }] }));
        assert_eq!(seen["node"], json!({ "id": recorded["id"], "__typename": "Loss" }));
        // Orders of before that come later do not change what was lost.
        order(&app, &admin, &account, 60, 9_000).await;
        assert_eq!(loss(&rep, &recorded["id"]).await["sales"]["amount"], "2501");
        let told = events(&admin, "\"loss.recorded\", \"loss.won_back\"").await;
        assert_eq!(told, [("loss.recorded".to_owned(), json!({ "version": 1, "causes": ["COMPETITOR", "NEGLECT"] }))]);
        app.drain().await;
    }

    async fn what_cannot_be_is_told_clearly_and_changes_nothing(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let bought = account(&admin, &app.a.rep, "Bought lately", None).await;
        order(&app, &admin, &bought, 10, 100).await;
        let gone = account(&admin, &app.a.rep, "Gone", None).await;
        let recorded = record(&admin, lost(&app, &gone, 30)).await;
        let archived = account(&admin, &app.a.rep, "Archived", None).await;
        admin.change("accountArchive", "AccountVersionInput", json!({ "id": archived, "version": 1 }), "account { id }").await;
        let (of_bought, activity) = (order(&app, &admin, &bought, 20, 100).await,
            json!({ "accountId": bought, "kind": "CALL", "occurredAt": app.app.clock.now(), "summary": "x" }));
        let activity = admin.change("activityRecord", "ActivityRecordInput", activity, "activity { id }").await["activity"]["id"].clone();
        let theirs = app.b.client(&app, &app.b.admin).await;
        let their_loss = record(&theirs, lost(&app, &json!(app.b.account_id()), 1)).await["id"].clone();
        app.drain().await;
        let before = tests::snapshot(&app, &app.a).await;
        let fine = || lost(&app, &json!(app.a.account_id()), 1);
        let causes = |causes: Value| json!({ "causes": causes });
        for (more, expected) in [
            (json!({ "learned": " " }), ("learned", "REQUIRED")),
            (json!({ "learned": "x".repeat(4_001) }), ("learned", "TOO_LARGE")),
            (json!({ "competitor": "x".repeat(201) }), ("competitor", "TOO_LARGE")),
            (json!({ "lostOn": day(&app, 1) }), ("lostOn", "INVALID")),
            (json!({ "lostOn": "1800-01-01" }), ("lostOn", "INVALID")),
            (json!({ "winBackOn": day(&app, -1) }), ("winBackOn", "INVALID")),
            (json!({ "winBackOn": day(&app, 2_000) }), ("winBackOn", "INVALID")),
            (causes(json!([])), ("causes", "INVALID")),
            (causes(json!([{ "cause": "NEGLECT", "percent": 99 }])), ("causes", "INVALID")),
            (causes(json!([{ "cause": "NEGLECT", "percent": 356 }])), ("causes.0", "INVALID")),
            (causes(json!([{ "cause": "NEGLECT", "percent": 100 }, { "cause": "UNKNOWN", "percent": -5 }])), ("causes.1", "INVALID")),
            (causes(json!([{ "cause": "NEGLECT", "percent": 50 }, { "cause": "NEGLECT", "percent": 50 }])), ("causes.1", "INVALID")),
            (json!({ "accountId": app.b.account_id() }), ("accountId", "NOT_FOUND")),
            (json!({ "accountId": archived }), ("accountId", "CONFLICT")),
            (json!({ "accountId": gone, "lostOn": day(&app, -30) }), ("accountId", "CONFLICT")),
            (json!({ "accountId": bought, "lostOn": day(&app, -11) }), ("lostOn", "INVALID")),
        ] {
            let (field, code) = refused(&admin, "lossRecord", with(fine(), more.clone())).await;
            assert_eq!((field.as_str(), code.as_str()), expected, "{more}");
        }
        let id = &recorded["id"];
        for (field, input, expected) in [
            ("lossUpdate", json!({ "id": their_loss, "version": 1, "learned": "x" }), ("id", "NOT_FOUND")),
            ("lossUpdate", json!({ "id": id, "version": 7, "learned": "x" }), ("version", "CONFLICT")),
            ("lossUpdate", json!({ "id": id, "version": 1, "lostOn": day(&app, 1) }), ("lostOn", "INVALID")),
            ("lossUpdate", json!({ "id": id, "version": 1, "winBackOn": day(&app, -1) }), ("winBackOn", "INVALID")),
            ("lossUpdate", json!({ "id": id, "version": 1, "causes": [] }), ("causes", "INVALID")),
            ("lossWinBack", json!({ "id": their_loss, "version": 1, "wonBackOn": day(&app, 0) }), ("id", "NOT_FOUND")),
            ("lossWinBack", json!({ "id": id, "version": 7, "wonBackOn": day(&app, 0) }), ("version", "CONFLICT")),
            ("lossWinBack", json!({ "id": id, "version": 1, "wonBackOn": day(&app, -31) }), ("wonBackOn", "INVALID")),
            ("lossWinBack", json!({ "id": id, "version": 1, "wonBackOn": day(&app, 1) }), ("wonBackOn", "INVALID")),
            ("lossWinBack", json!({ "id": id, "version": 1, "wonBackOn": day(&app, 0), "orderId": of_bought }), ("orderId", "INVALID")),
            ("lossWinBack", json!({ "id": id, "version": 1, "wonBackOn": day(&app, 0), "activityId": activity }), ("activityId", "INVALID")),
            ("lossArchive", json!({ "id": id, "version": 7 }), ("version", "CONFLICT")),
            ("lossArchive", json!({ "id": their_loss, "version": 1 }), ("id", "NOT_FOUND")),
        ] {
            let (at, code) = refused(&admin, field, input.clone()).await;
            assert_eq!((at.as_str(), code.as_str()), expected, "{field} {input}");
        }
        // Saying the same again is no change.
        let same = json!({ "id": id, "version": 1, "learned": "Nobody called for a year", "lostOn": day(&app, -30), "winBackOn": null,
            "causes": [{ "cause": "NEGLECT", "percent": 60 }, { "cause": "COMPETITOR", "percent": 40 }] });
        assert_eq!(update(&admin, same).await["version"], 1);
        app.drain().await;
        assert_eq!(tests::snapshot(&app, &app.a).await, before);
    }

    async fn a_correction_changes_what_was_wrong_and_moves_the_reminder(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let account = account(&admin, &app.a.rep, "Gone", None).await;
        order(&app, &admin, &account, 300, 1_000).await;
        let id = record(&admin, with(lost(&app, &account, 10), json!({ "winBackOn": day(&app, 40) }))).await["id"].clone();
        let changed = update(&admin, json!({ "id": id, "version": 1, "winBackOn": day(&app, 50), "learned": "They moved", "competitor": "Rival" })).await;
        let first = changed["followUp"]["id"].clone();
        assert_eq!((&changed["version"], &changed["winBackOn"], &changed["competitor"]), (&json!(2), &json!(day(&app, 50)), &json!("Rival")));
        assert_eq!(changed["followUp"], json!({ "id": first, "status": "OPEN", "dueOn": day(&app, 50), "reason": "Win back: They moved",
            "talkedAbout": "They moved", "member": { "id": app.a.rep.id() } }));
        // Causes said anew stand in place of those before, and share what was lost.
        let causes = json!([{ "cause": "SERVICE_INCIDENT", "percent": 70, "controllable": false }, { "cause": "COMPETITOR", "percent": 30, "controllable": true }]);
        let changed = update(&admin, json!({ "id": id, "version": 2, "causes": causes })).await;
        assert_eq!(changed["causes"], json!([
            { "cause": "SERVICE_INCIDENT", "percent": 70, "controllable": false, "sales": { "amount": "700" } },
            { "cause": "COMPETITOR", "percent": 30, "controllable": true, "sales": { "amount": "300" } }]));
        // Another day is another twelve months.
        order(&app, &admin, &account, 380, 500).await;
        let changed = update(&admin, json!({ "id": id, "version": 3, "lostOn": day(&app, -20) })).await;
        assert_eq!((&changed["sales"]["amount"], &changed["causes"][0]["sales"]["amount"]), (&json!("1500"), &json!("1050")));
        assert_eq!(refused(&admin, "lossUpdate", json!({ "id": id, "version": 4, "lostOn": day(&app, -301) })).await, ("lostOn".into(), "INVALID".into()));
        // A reminder that somebody has cancelled stays so until another day is named.
        let cancel = json!({ "id": first, "version": 2, "reason": "Too early" });
        admin.change("followUpCancel", "FollowUpCancelInput", cancel, "followUp { id }").await;
        let changed = update(&admin, json!({ "id": id, "version": 4, "learned": "They moved away" })).await;
        assert_eq!((&changed["followUp"]["id"], &changed["followUp"]["status"]), (&first, &json!("CANCELLED")));
        let changed = update(&admin, json!({ "id": id, "version": 5, "winBackOn": day(&app, 70) })).await;
        let second = changed["followUp"].clone();
        assert_ne!(second["id"], first);
        assert_eq!((&second["status"], &second["dueOn"]), (&json!("OPEN"), &json!(day(&app, 70))));
        // It goes where the account goes.
        let assign = json!({ "accountId": account, "version": 2, "memberId": app.a.other_rep.id() });
        admin.change("accountAssign", "AccountAssignInput", assign, "account { id }").await;
        assert_eq!(loss(&admin, &id).await["followUp"]["member"]["id"], json!(app.a.other_rep.id()));
        let changed = update(&admin, json!({ "id": id, "version": 6, "winBackOn": null })).await;
        assert_eq!((&changed["winBackOn"], &changed["followUp"]), (&json!(null), &json!(null)));
        let query = "query($id: ID!) { followUp(id: $id) { status } }";
        assert_eq!(admin.ok(query, json!({ "id": second["id"] })).await["followUp"]["status"], "CANCELLED");
        let told: Vec<Value> = events(&admin, "\"loss.updated\"").await.into_iter().map(|(_, payload)| payload["fields"].clone()).collect();
        assert_eq!(told, [json!(["learned", "competitor", "winBackOn"]), json!(["causes"]), json!(["lostOn"]), json!(["learned"]), json!(["winBackOn"]), json!(["winBackOn"])]);
        app.drain().await;
    }

    async fn lists_are_narrowed_and_cost_the_same_for_few_and_for_many(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let mut ids = Vec::new();
        for n in 0..4_i64 {
            let account = account(&admin, &app.a.rep, &format!("Gone {n}"), None).await;
            let causes = if n % 2 == 0 { json!([{ "cause": "NEGLECT", "percent": 100 }]) } else { json!([{ "cause": "COMPETITOR", "percent": 100 }]) };
            ids.push(record(&admin, with(lost(&app, &account, 10 + n), json!({ "causes": causes, "winBackOn": day(&app, 9) }))).await["id"].clone());
        }
        admin.change("lossWinBack", "LossWinBackInput", json!({ "id": ids[3], "version": 1, "wonBackOn": day(&app, 0) }), "loss { id }").await;
        admin.change("lossArchive", "LossArchiveInput", json!({ "id": ids[2], "version": 1 }), "loss { id }").await;
        let list = async |filter: Value| -> Vec<usize> {
            let query = "query($filter: LossFilterInput) { losses(filter: $filter) { nodes { id } totalCount } }";
            let found = admin.ok(query, json!({ "filter": filter })).await["losses"].clone();
            let nodes = found["nodes"].as_array().unwrap();
            assert_eq!(found["totalCount"], nodes.len());
            nodes.iter().map(|node| ids.iter().position(|id| *id == node["id"]).unwrap()).collect()
        };
        assert_eq!(list(json!({})).await, [0, 1, 3]);
        assert_eq!(list(json!({ "includeArchived": true })).await, [0, 1, 2, 3]);
        assert_eq!(list(json!({ "causes": ["COMPETITOR", "UNKNOWN"] })).await, [1, 3]);
        assert_eq!(list(json!({ "controllable": true })).await, [0]);
        assert_eq!(list(json!({ "controllable": true, "causes": ["COMPETITOR"] })).await, Vec::<usize>::new());
        assert_eq!(list(json!({ "wonBack": true })).await, [3]);
        assert_eq!(list(json!({ "wonBack": false, "from": day(&app, -11), "to": day(&app, -11) })).await, [1]);
        let of_one = loss(&admin, &ids[1]).await["account"]["id"].clone();
        assert_eq!(list(json!({ "accountId": of_one })).await, [1]);
        let page = admin.ok("{ losses(first: 2) { nodes { lostOn } pageInfo { hasNextPage endCursor } } }", json!({})).await["losses"].clone();
        assert_eq!((&page["nodes"], &page["pageInfo"]["hasNextPage"]), (&json!([{ "lostOn": day(&app, -10) }, { "lostOn": day(&app, -11) }]), &json!(true)));
        let query = |first: u32| format!(
            "{{ losses(first: {first}) {{ nodes {{ learned sales {{ amount }} causes {{ cause }} account {{ name losses {{ id causes {{ cause }} }} }} followUp {{ reason }} \
            wonBackOrder {{ id }} wonBackActivity {{ id }} recordedBy {{ givenName }} }} }} }}");
        let few = app.statements(&app.a.rep, &query(1)).await;
        assert_eq!(app.statements(&app.a.rep, &query(3)).await, few);
        assert!(few <= 8, "{few} statements");
        app.drain().await;
    }

    async fn who_may_is_who_may_write_on_the_account(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let id = record(&app.a.client(&app, &app.a.rep).await, lost(&app, &json!(app.a.account_id()), 1)).await["id"].clone();
        let other = account(&admin, &app.a.rep, "Other", None).await;
        app.drain().await;
        let before = tests::snapshot(&app, &app.a).await;
        let code = async |person: &Person, field: &str, input: Value| {
            let (head, tail) = field.split_at(1);
            let query = format!("mutation($input: {}{tail}Input!) {{ {field}(input: $input) {{ userErrors {{ code }} }} }}", head.to_uppercase());
            let answer = app.a.client(&app, person).await.send(&query, json!({ "input": input })).await;
            let code = answer.code().map(str::to_owned);
            code.or_else(|| answer.body["data"][field]["userErrors"][0]["code"].as_str().map(str::to_owned))
        };
        for person in [&app.a.other_rep, &app.a.observer] {
            for (field, input) in [
                ("lossRecord", lost(&app, &other, 1)),
                ("lossUpdate", json!({ "id": id, "version": 1, "learned": "x" })),
                ("lossWinBack", json!({ "id": id, "version": 1, "wonBackOn": day(&app, 0) })),
                ("lossArchive", json!({ "id": id, "version": 1 })),
                ("acquisitionCostSet", json!({ "channel": "Fair" })),
            ] {
                assert_eq!(code(person, field, input).await.as_deref(), Some("FORBIDDEN"), "{field} by {}", person.email);
            }
        }
        assert_eq!(code(&app.a.rep, "acquisitionCostSet", json!({ "channel": "Fair" })).await.as_deref(), Some("FORBIDDEN"));
        assert_eq!(tests::snapshot(&app, &app.a).await, before);
        admin.change("tenantUpdate", "TenantUpdateInput", json!({ "version": 1, "accountVisibility": "TEAM" }), "tenant { id }").await;
        assert_eq!(code(&app.a.other_rep, "lossUpdate", json!({ "id": id, "version": 1, "learned": "x" })).await.as_deref(), Some("NOT_FOUND"));
        for (person, seen) in [(&app.a.other_rep, 0), (&app.a.rep, 1), (&app.a.manager, 1), (&app.a.observer, 1)] {
            let query = "query($id: ID!) { loss(id: $id) { causes { cause } } losses { totalCount } lossReport { lossCount causes { cause } channels { channel } } }";
            let found = app.a.client(&app, person).await.ok(query, json!({ "id": id })).await;
            let channels = if seen == 1 { json!([{ "channel": null }]) } else { json!([]) };
            assert_eq!((found["loss"].is_null(), &found["losses"]["totalCount"]), (seen == 0, &json!(seen)), "{}", person.email);
            assert_eq!((&found["lossReport"]["lossCount"], &found["lossReport"]["channels"]), (&json!(seen), &channels), "{}", person.email);
        }
        app.drain().await;
    }

    async fn of_two_who_record_the_same_loss_one_is_told(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let account = account(&admin, &app.a.rep, "Gone", None).await;
        let query = "mutation($input: LossRecordInput!) { lossRecord(input: $input) { loss { id } userErrors { field code } } }";
        let both = (0..4).map(|_| admin.send(query, json!({ "input": lost(&app, &account, 1) })));
        let answers = futures::future::join_all(both).await;
        let made = answers.iter().filter(|answer| answer.body["data"]["lossRecord"]["loss"]["id"].is_string()).count();
        let told = answers.iter().filter(|answer| answer.body["data"]["lossRecord"]["userErrors"] == json!([{ "field": ["accountId"], "code": "CONFLICT" }])).count();
        assert_eq!((made, told), (1, 3), "{answers:?}");
        assert_eq!(admin.ok("{ losses { totalCount } }", json!({})).await["losses"]["totalCount"], 1);
        app.drain().await;
    }
}
