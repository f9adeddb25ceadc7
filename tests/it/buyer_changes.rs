//! A contact leaves his post and another takes it.

use chrono::Duration;
use serde_json::{Value, json};
use tests::{Client, TestApp, on_both};

/// A contact of the account that every company of the tests has.
async fn contact(app: &TestApp, admin: &Client, name: &str, more: Value) -> Value {
    let mut input = json!({ "accountId": app.a.account_id(), "familyName": name, "givenName": "X" });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    admin
        .change("contactCreate", "ContactCreateInput", input, "contact { id }")
        .await["contact"]["id"]
        .clone()
}

fn day(app: &TestApp, days: i64) -> String {
    (app.app.clock.now() + Duration::hours(9) + Duration::days(days))
        .date_naive()
        .to_string()
}

async fn record(admin: &Client, input: Value) -> Value {
    let selection = "buyerChange { id kind establishedAt leaving { id leftOn movedTo { id account { id } movedFrom { id } } } \
        arriving { id isKey reportsTo { id } reports { id } } movedTo { id familyName phone startedOn } }";
    admin
        .try_change("buyerChangeRecord", "BuyerChangeRecordInput", input, selection)
        .await
}

on_both! {
    async fn who_comes_takes_the_place_of_who_leaves_and_proves_the_relation(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let boss = contact(&app, &admin, "Boss", json!({})).await;
        let leaves = contact(&app, &admin, "Leaves", json!({ "isKey": true, "reportsToId": boss, "phone": "03-1" })).await;
        let user = contact(&app, &admin, "User", json!({ "reportsToId": leaves })).await;
        let comes = contact(&app, &admin, "Comes", json!({ "reportsToId": leaves })).await;
        let other = admin.change("accountCreate", "AccountCreateInput", json!({ "name": "Other client" }), "account { id }").await;
        let other = &other["account"]["id"];
        let change = json!({ "leavingContactId": leaves, "arrivingContactId": comes, "kind": "ROTATED", "occurredOn": day(&app, -3),
            "movedToAccountId": other });
        let made = record(&admin, change.clone()).await["buyerChange"].clone();
        assert_eq!(made["leaving"]["leftOn"], json!(day(&app, -3)));
        assert_eq!((&made["arriving"]["isKey"], &made["arriving"]["reportsTo"]["id"]), (&json!(true), &boss));
        assert_eq!(made["arriving"]["reports"], json!([{ "id": user }]));
        // The same person, at the account he went to, with his history.
        assert_eq!((&made["movedTo"]["familyName"], &made["movedTo"]["phone"]), (&json!("Leaves"), &json!("03-1")));
        assert_eq!(made["movedTo"]["startedOn"], json!(day(&app, -3)));
        assert_eq!(made["leaving"]["movedTo"], json!({ "id": made["movedTo"]["id"], "account": { "id": other }, "movedFrom": { "id": leaves } }));
        let shown = async || {
            let query = "query($id: ID!, $account: ID!) { buyerChange(id: $id) { establishedAt continuity { score threshold missing introduced { id } } } \
                account(id: $account) { assessment { factors { kind evidence { kind id } } } } }";
            app.drain().await;
            admin.ok(query, json!({ "id": made["id"], "account": app.a.account_id() })).await
        };
        let reasons = |shown: &Value| shown["account"]["assessment"]["factors"].clone();
        let begun = shown().await;
        assert_eq!(reasons(&begun), json!([{ "kind": "KEY_CONTACT_LEFT", "evidence": [
            { "kind": "BUYER_CHANGE", "id": made["id"] }, { "kind": "CONTACT", "id": leaves }] }]));
        assert_eq!(begun["buyerChange"]["continuity"], json!({ "score": 0, "threshold": 70, "introduced": null,
            "missing": ["INTRODUCTION", "MET_ALONE", "REACHED_OUT"] }));
        let touch = async |kind: &str, contacts: Vec<&Value>, days: i64| {
            let input = json!({ "accountId": app.a.account_id(), "kind": kind, "occurredAt": app.app.clock.now() - Duration::days(days),
                "summary": "Talked.", "contactIds": contacts });
            admin.change("activityRecord", "ActivityRecordInput", input, "activity { id }").await["activity"]["id"].clone()
        };
        let introduced = touch("MEETING", vec![&leaves, &comes], 4).await;
        let half = shown().await;
        assert_eq!((&half["buyerChange"]["continuity"]["score"], &half["buyerChange"]["establishedAt"]), (&json!(40), &Value::Null));
        assert_eq!(half["buyerChange"]["continuity"]["introduced"]["id"], introduced);
        touch("CALL", vec![&comes], 0).await;
        let done = shown().await;
        assert_eq!(done["buyerChange"]["continuity"]["score"], 70);
        assert!(done["buyerChange"]["establishedAt"].is_string());
        assert_eq!(reasons(&done), json!([]));
        let events = admin.ok("{ events(last: 50, types: [\"buyer.changed\", \"buyer.established\"]) { nodes { type subjectId } } }", json!({})).await;
        assert_eq!(events["events"]["nodes"], json!([{ "type": "buyer.changed", "subjectId": made["id"] }, { "type": "buyer.established", "subjectId": made["id"] }]));
        let again = record(&admin, change).await;
        assert_eq!(again["userErrors"][0]["code"], "CONFLICT", "{again}");
    }

    async fn who_is_known_already_is_established_at_once(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let leaves = contact(&app, &admin, "Leaves", json!({ "isKey": true })).await;
        let comes = contact(&app, &admin, "Comes", json!({})).await;
        for (kind, contacts) in [("MEETING", json!([leaves, comes])), ("CALL", json!([comes]))] {
            let touch = json!({ "accountId": app.a.account_id(), "kind": kind, "occurredAt": app.app.clock.now() - Duration::days(2),
                "summary": "Talked.", "contactIds": contacts });
            admin.change("activityRecord", "ActivityRecordInput", touch, "activity { id }").await;
        }
        let change = json!({ "leavingContactId": leaves, "arrivingContactId": comes, "kind": "ROTATED", "occurredOn": day(&app, 0) });
        let made = record(&admin, change).await["buyerChange"].clone();
        assert!(made["establishedAt"].is_string(), "{made}");
    }

    async fn one_person_is_one_through_all_his_posts(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let account = async |name: &str| {
            let made = admin.change("accountCreate", "AccountCreateInput", json!({ "name": name, "ownerId": app.a.manager.id() }), "account { id }").await;
            made["account"]["id"].clone()
        };
        let (second, third) = (account("Second").await, account("Third").await);
        let touch = async |account: &Value, contact: &Value, summary: &str, days: i64| {
            let input = json!({ "accountId": account, "kind": "MEETING", "occurredAt": app.app.clock.now() - Duration::days(days),
                "contactIds": [contact], "summary": summary });
            admin.change("activityRecord", "ActivityRecordInput", input, "activity { id }").await;
        };
        let moves = async |contact: &Value, to: &Value, days: i64| {
            let change = json!({ "leavingContactId": contact, "kind": "QUIT", "occurredOn": day(&app, days), "movedToAccountId": to });
            record(&admin, change).await["buyerChange"]["movedTo"]["id"].clone()
        };
        let first = contact(&app, &admin, "Mover", json!({})).await;
        touch(&json!(app.a.account_id()), &first, "At the first", 300).await;
        let at_second = moves(&first, &second, -200).await;
        touch(&second, &at_second, "At the second", 150).await;
        let at_third = moves(&at_second, &third, -100).await;
        touch(&third, &at_third, "At the third", 50).await;
        let stranger = contact(&app, &admin, "Stranger", json!({})).await;
        touch(&json!(app.a.account_id()), &stranger, "With somebody else", 20).await;
        let query = "query($id: ID!) { contact(id: $id) { posts { id account { name } } } \
            whole: activities(filter: { contactId: $id, inAllPosts: true }) { nodes { summary } totalCount } \
            here: activities(filter: { contactId: $id }) { totalCount } }";
        for id in [&first, &at_second, &at_third] {
            let shown = admin.ok(query, json!({ "id": id })).await;
            let posts: Vec<&Value> = shown["contact"]["posts"].as_array().unwrap().iter().map(|post| &post["id"]).collect();
            assert_eq!(posts, [&first, &at_second, &at_third]);
            assert_eq!(shown["whole"], json!({ "totalCount": 3,
                "nodes": [{ "summary": "At the third" }, { "summary": "At the second" }, { "summary": "At the first" }] }));
            assert_eq!(shown["here"]["totalCount"], 1);
        }
        let alone = admin.ok(query, json!({ "id": stranger })).await;
        assert_eq!((&alone["contact"]["posts"][0]["id"], &alone["whole"]["totalCount"]), (&stranger, &json!(1)));
        // Who does not see an account does not see the person there.
        admin.change("tenantUpdate", "TenantUpdateInput", json!({ "version": 1, "accountVisibility": "TEAM" }), "tenant { id }").await;
        let rep = app.a.client(&app, &app.a.rep).await;
        let his = rep.ok(query, json!({ "id": first })).await;
        assert_eq!(his["contact"]["posts"], json!([{ "id": first, "account": { "name": "Aoba Client" } }]));
        assert_eq!(his["whole"]["nodes"], json!([{ "summary": "At the first" }]));
        let list = |first: u32| format!("{{ activities(first: {first}) {{ nodes {{ contacts {{ posts {{ familyName }} }} }} }} }}");
        let few = app.statements(&app.a.admin, &list(1)).await;
        let many = app.statements(&app.a.admin, &list(4)).await;
        assert!(many <= few + 4, "two statements for each move, however many rows: {few} {many}");
    }

    async fn each_kind_is_a_signal_of_its_own(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        for (kind, signal) in [("QUIT", "KEY_CONTACT_LEFT"), ("REPLACED_FROM_ABOVE", "OVERRIDDEN_FROM_ABOVE"), ("PURCHASING_CENTRALISED", "PURCHASING_CENTRALISED")] {
            let leaves = contact(&app, &admin, kind, json!({})).await;
            let made = record(&admin, json!({ "leavingContactId": leaves, "kind": kind, "occurredOn": day(&app, 0) })).await;
            assert_eq!(made["buyerChange"]["arriving"], Value::Null, "{made}");
            app.drain().await;
            let query = "query($account: ID!) { account(id: $account) { assessment { factors { kind evidence { id } } } } }";
            let shown = admin.ok(query, json!({ "account": app.a.account_id() })).await;
            let factors = shown["account"]["assessment"]["factors"].as_array().unwrap().clone();
            let factor = factors.iter().find(|factor| factor["kind"] == signal).unwrap();
            assert_eq!(factor["evidence"][0]["id"], made["buyerChange"]["id"], "{signal}");
        }
    }

    async fn what_cannot_be_is_refused_and_changes_nothing(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let leaves = contact(&app, &admin, "Leaves", json!({})).await;
        let comes = contact(&app, &admin, "Comes", json!({})).await;
        let other = admin.change("accountCreate", "AccountCreateInput", json!({ "name": "Other client" }), "account { id }").await;
        let elsewhere = json!({ "accountId": other["account"]["id"], "familyName": "Else", "givenName": "X" });
        let elsewhere = admin.change("contactCreate", "ContactCreateInput", elsewhere, "contact { id }").await["contact"]["id"].clone();
        let b = app.b.client(&app, &app.b.admin).await;
        let foreign = json!({ "accountId": app.b.account_id(), "familyName": "B", "givenName": "X" });
        let foreign = b.change("contactCreate", "ContactCreateInput", foreign, "contact { id }").await["contact"]["id"].clone();
        app.drain().await;
        let before = tests::snapshot(&app, &app.a).await;
        for (change, field, code) in [
            (json!({ "leavingContactId": foreign }), "leavingContactId", "NOT_FOUND"),
            (json!({ "arrivingContactId": foreign }), "arrivingContactId", "NOT_FOUND"),
            (json!({ "arrivingContactId": elsewhere }), "arrivingContactId", "INVALID"),
            (json!({ "arrivingContactId": leaves }), "arrivingContactId", "INVALID"),
            (json!({ "movedToAccountId": app.b.account_id() }), "movedToAccountId", "NOT_FOUND"),
            (json!({ "movedToAccountId": app.a.account_id() }), "movedToAccountId", "INVALID"),
            (json!({ "occurredOn": day(&app, 500) }), "occurredOn", "INVALID"),
        ] {
            let mut input = json!({ "leavingContactId": leaves, "arrivingContactId": comes, "kind": "QUIT", "occurredOn": day(&app, 0) });
            input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            let told = record(&admin, input).await;
            assert_eq!((&told["userErrors"][0]["field"][0], &told["userErrors"][0]["code"]), (&json!(field), &json!(code)), "{change}");
        }
        assert_eq!(tests::snapshot(&app, &app.a).await, before);
        let observer = app.a.client(&app, &app.a.observer).await;
        let query = "mutation($input: BuyerChangeRecordInput!) { buyerChangeRecord(input: $input) { userErrors { code } } }";
        let input = json!({ "leavingContactId": leaves, "kind": "QUIT", "occurredOn": day(&app, 0) });
        assert_eq!(observer.send(query, json!({ "input": input })).await.code(), Some("FORBIDDEN"));
        assert_eq!(tests::snapshot(&app, &app.a).await, before);
    }

    async fn many_changes_take_as_many_statements_as_one(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        for n in 0..6 {
            let leaves = contact(&app, &admin, &format!("Leaves {n}"), json!({})).await;
            record(&admin, json!({ "leavingContactId": leaves, "kind": "QUIT", "occurredOn": day(&app, 0) })).await;
        }
        let query = |first: u8| format!("{{ buyerChanges(first: {first}) {{ nodes {{ leaving {{ familyName movedTo {{ id }} }} continuity {{ score }} account {{ name }} }} }} }}");
        let few = app.statements(&app.a.admin, &query(2)).await;
        assert_eq!(app.statements(&app.a.admin, &query(6)).await, few);
        assert!(few <= 8, "{few} statements");
    }
}
