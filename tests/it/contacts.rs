//! Contacts: made, changed, found, and who reports to whom.

use serde_json::{Value, json};
use tests::{Client, on_both};

async fn create(client: &Client, input: Value) -> Value {
    let selection = "contact { id version familyName decisionRole say isKey reportsTo { id } account { id } }";
    client
        .change("contactCreate", "ContactCreateInput", input, selection)
        .await["contact"]
        .clone()
}

async fn update(client: &Client, input: Value) -> Value {
    let selection = "contact { version leftOn email reportsTo { familyName } } userErrors { field code message }";
    client
        .try_change("contactUpdate", "ContactUpdateInput", input, selection)
        .await
}

async fn names(client: &Client, filter: Value) -> Vec<String> {
    let query = "query($filter: ContactFilterInput) { contacts(filter: $filter) { nodes { familyName } totalCount } }";
    let data = client.ok(query, json!({ "filter": filter })).await;
    let nodes = data["contacts"]["nodes"].as_array().unwrap();
    assert_eq!(data["contacts"]["totalCount"], nodes.len());
    nodes
        .iter()
        .map(|node| node["familyName"].as_str().unwrap().to_owned())
        .collect()
}

fn person(account: &str, family: &str, given: &str) -> Value {
    json!({ "accountId": account, "familyName": family, "givenName": given })
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
    async fn contacts_are_listed_by_reading_and_found_in_every_script(app) {
        let rep = app.a.client(&app, &app.a.rep).await;
        let account = app.a.account_id();
        let mut mori = person(&account, "森", "一郎");
        mori["familyKana"] = json!("もり");
        mori["givenKana"] = json!("いちろう");
        mori["title"] = json!("購買部長");
        let made = create(&rep, mori).await;
        assert_eq!(made["decisionRole"], "USER");
        assert_eq!((&made["say"], &made["isKey"]), (&json!(50), &json!(false)));
        let mut hara = person(&account, "髙原", "由美");
        hara["familyKana"] = json!("タカハラ");
        create(&rep, hara).await;
        create(&rep, person(&account, "Vogel", "Anke")).await;
        assert_eq!(names(&rep, json!({ "accountId": account })).await, ["Vogel", "髙原", "森"]);
        for (text, found) in [("もり", "森"), ("MORI", "森"), ("森一郎", "森"), ("森　一郎", "森"), ("購買", "森"), ("高原", "髙原"), ("anke", "Vogel")] {
            assert_eq!(names(&rep, json!({ "accountId": account, "text": text })).await, [found], "{text}");
        }
        assert_eq!(names(&rep, json!({ "accountId": account, "text": "%" })).await.len(), 3);
        assert_eq!(names(&rep, json!({ "accountId": account, "text": "nobody" })).await, Vec::<String>::new());
        let alone = rep.send("{ contacts(filter: { text: \"森\" }) { nodes { id } } }", json!({})).await;
        assert_eq!(alone.code(), Some("BAD_USER_INPUT"));
        let data = rep.ok("{ contacts(first: 2) { nodes { familyName } pageInfo { endCursor } } }", json!({})).await;
        let after = &data["contacts"]["pageInfo"]["endCursor"];
        let rest = rep.ok("query($after: String) { contacts(first: 2, after: $after) { nodes { familyName } } }", json!({ "after": after })).await;
        assert_eq!(rest["contacts"]["nodes"], json!([{ "familyName": "森" }]));
    }

    async fn nobody_is_his_own_superior(app) {
        let rep = app.a.client(&app, &app.a.rep).await;
        let account = app.a.account_id();
        let boss = create(&rep, person(&account, "Boss", "A")).await;
        let mut second = person(&account, "Second", "B");
        second["reportsToId"] = boss["id"].clone();
        let second = create(&rep, second).await;
        assert_eq!(second["reportsTo"]["id"], boss["id"]);
        let mut third = person(&account, "Third", "C");
        third["reportsToId"] = second["id"].clone();
        let third = create(&rep, third).await;
        for superior in [&boss, &second, &third] {
            let payload = update(&rep, json!({ "id": boss["id"], "version": 1, "reportsToId": superior["id"] })).await;
            assert_eq!(payload["userErrors"][0]["code"], "INVALID", "{payload}");
            assert_eq!(payload["userErrors"][0]["field"], json!(["reportsToId"]));
        }
        let other = other_account(&rep).await;
        let stranger = create(&rep, person(&other, "Far", "D")).await;
        let payload = update(&rep, json!({ "id": boss["id"], "version": 1, "reportsToId": stranger["id"] })).await;
        assert_eq!(payload["userErrors"][0]["code"], "INVALID", "{payload}");
        let unknown = api::platform::graphql::any_id("cont", uuid::Uuid::now_v7());
        let payload = update(&rep, json!({ "id": boss["id"], "version": 1, "reportsToId": unknown })).await;
        assert_eq!(payload["userErrors"][0]["code"], "NOT_FOUND", "{payload}");
        let query = "query($id: ID!) { contact(id: $id) { version reports { familyName reports { familyName } } } node(id: $id) { __typename } }";
        let data = rep.ok(query, json!({ "id": boss["id"] })).await;
        assert_eq!(data["contact"]["version"], 1);
        assert_eq!(data["contact"]["reports"], json!([{ "familyName": "Second", "reports": [{ "familyName": "Third" }] }]));
        assert_eq!(data["node"]["__typename"], "Contact");
    }

    async fn who_left_or_is_archived_is_left_out_and_repeats_change_nothing(app) {
        let rep = app.a.client(&app, &app.a.rep).await;
        let account = app.a.account_id();
        let mut input = person(&account, "Endo", "A");
        input["isKey"] = json!(true);
        let endo = create(&rep, input).await;
        create(&rep, person(&account, "Mori", "B")).await;
        assert_eq!(names(&rep, json!({ "accountId": account, "keyOnly": true })).await, ["Endo"]);
        let left = json!({ "id": endo["id"], "version": 1, "leftOn": "2026-01-31", "email": " Endo@Example.COM " });
        let payload = update(&rep, left.clone()).await;
        assert_eq!(payload["contact"], json!({ "version": 2, "leftOn": "2026-01-31", "email": "endo@example.com", "reportsTo": null }));
        // Said again with the version seen before: there is nothing left to change, so nothing conflicts.
        assert_eq!(update(&rep, left).await["contact"]["version"], 2);
        let stale = update(&rep, json!({ "id": endo["id"], "version": 1, "say": 10 })).await;
        assert_eq!(stale["userErrors"][0]["code"], "CONFLICT");
        assert!(stale["userErrors"][0]["message"].as_str().unwrap().contains("leftOn"), "{stale}");
        let wrong = update(&rep, json!({ "id": endo["id"], "version": 2, "say": 101, "startedOn": "2026-03-01", "email": "nowhere", "givenName": " " })).await;
        assert_eq!(wrong["userErrors"].as_array().unwrap().len(), 4, "{wrong}");
        assert_eq!(names(&rep, json!({ "accountId": account })).await, ["Mori"]);
        assert_eq!(names(&rep, json!({ "accountId": account, "includeLeft": true })).await, ["Endo", "Mori"]);
        let version = json!({ "id": endo["id"], "version": 2 });
        for _ in 0..2 {
            let archived = rep.change("contactArchive", "ContactVersionInput", version.clone(), "contact { version }").await;
            assert_eq!(archived["contact"]["version"], 3);
        }
        assert_eq!(names(&rep, json!({ "accountId": account, "includeLeft": true })).await, ["Mori"]);
        assert_eq!(names(&rep, json!({ "accountId": account, "includeLeft": true, "includeArchived": true })).await, ["Endo", "Mori"]);
        let version = json!({ "id": endo["id"], "version": 3 });
        let restored = rep.change("contactRestore", "ContactVersionInput", version, "contact { version archivedAt }").await;
        assert_eq!(restored["contact"], json!({ "version": 4, "archivedAt": null }));
        let other = app.a.client(&app, &app.a.other_rep).await;
        let query = "mutation($input: ContactVersionInput!) { contactArchive(input: $input) { userErrors { code } } }";
        let answer = other.send(query, json!({ "input": { "id": endo["id"], "version": 4 } })).await;
        assert_eq!(answer.code(), Some("FORBIDDEN"));
    }
}
