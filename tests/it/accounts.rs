//! Accounts: made, changed, merged, found.

use serde_json::{Value, json};
use tests::{Client, TestApp, on_both};

async fn create(client: &Client, name: &str, kana: Option<&str>) -> Value {
    let input = json!({ "name": name, "nameKana": kana });
    client
        .change(
            "accountCreate",
            "AccountCreateInput",
            input,
            "account { id name version }",
        )
        .await["account"]
        .clone()
}

async fn names(client: &Client, text: &str) -> Vec<String> {
    let query = "query($text: String!) { accounts(filter: { text: $text }) { nodes { name } totalCount } }";
    let data = client.ok(query, json!({ "text": text })).await;
    let nodes = data["accounts"]["nodes"].as_array().unwrap();
    assert_eq!(data["accounts"]["totalCount"], nodes.len());
    nodes
        .iter()
        .map(|node| node["name"].as_str().unwrap().to_owned())
        .collect()
}

async fn admin(app: &TestApp) -> Client {
    app.a.client(app, &app.a.admin).await
}

on_both! {
    async fn a_name_is_found_in_every_script(app) {
        let admin = admin(&app).await;
        create(&admin, "田中商事", Some("たなかしょうじ")).await;
        create(&admin, "田村電機", Some("タムラデンキ")).await;
        create(&admin, "Tanaka GmbH & Co. KG", None).await;
        create(&admin, "髙田製作所", Some("たかだせいさくしょ")).await;
        for text in ["田中", "たなか", "タナカ", "ﾀﾅｶ"] {
            assert_eq!(names(&admin, text).await, ["田中商事"], "{text}");
        }
        assert_eq!(names(&admin, "TANAKA").await, ["Tanaka GmbH & Co. KG", "田中商事"]);
        assert_eq!(names(&admin, "tanaka gmbh").await, ["Tanaka GmbH & Co. KG"]);
        assert_eq!(names(&admin, "高田").await, ["髙田製作所"]);
        assert_eq!(names(&admin, "田").await, ["髙田製作所", "田中商事", "田村電機"]);
        assert_eq!(names(&admin, "商田").await, Vec::<String>::new());
        assert_eq!(names(&admin, "%").await.len(), names(&admin, " ").await.len());
    }

    async fn a_renamed_account_is_found_by_its_new_name_only(app) {
        let admin = admin(&app).await;
        let made = create(&admin, "Northwind", None).await;
        let input = json!({ "id": made["id"], "version": 1, "name": "Southwind" });
        admin.change("accountUpdate", "AccountUpdateInput", input, "account { version }").await;
        assert_eq!(names(&admin, "northwind").await, Vec::<String>::new());
        assert_eq!(names(&admin, "southwind").await, ["Southwind"]);
    }

    async fn a_stale_version_is_a_conflict_that_says_what_changed(app) {
        let admin = admin(&app).await;
        let id = create(&admin, "Fresh", None).await["id"].clone();
        let first = json!({ "id": id, "version": 1, "industry": "Tea", "note": "n" });
        let after = admin.change("accountUpdate", "AccountUpdateInput", first, "account { version industry }").await;
        assert_eq!(after["account"], json!({ "version": 2, "industry": "Tea" }));
        let stale = json!({ "id": id, "version": 1, "name": "Late" });
        let answer = admin.try_change("accountUpdate", "AccountUpdateInput", stale, "account { id }").await;
        assert_eq!(answer["account"], Value::Null);
        assert_eq!(answer["userErrors"][0]["code"], "CONFLICT");
        let message = answer["userErrors"][0]["message"].as_str().unwrap();
        assert!(message.contains("industry, note"), "{message}");
        // Saying again what is so already changes nothing.
        let same = json!({ "id": id, "version": 2, "industry": "Tea" });
        let after = admin.change("accountUpdate", "AccountUpdateInput", same, "account { version name }").await;
        assert_eq!(after["account"], json!({ "version": 2, "name": "Fresh" }));
    }

    async fn bad_input_is_told_all_at_once_in_both_languages(app) {
        let admin = admin(&app).await;
        let input = json!({ "name": "  ", "country": "Japan", "fiscalYearEndMonth": 13, "note": "x".repeat(4001) });
        let query = "mutation($input: AccountCreateInput!) { accountCreate(input: $input) \
            { account { id } userErrors { field code message } } }";
        let english = admin.send("mutation { __typename }", json!({})).await;
        assert_eq!(english.status, 200);
        let answer = admin.send_in("ja", query, json!({ "input": input })).await;
        let errors = answer.body["data"]["accountCreate"]["userErrors"].as_array().unwrap().clone();
        let told: Vec<(&str, &str)> =
            errors.iter().map(|error| (error["field"][0].as_str().unwrap(), error["code"].as_str().unwrap())).collect();
        assert_eq!(
            told,
            [("name", "REQUIRED"), ("country", "INVALID"), ("fiscalYearEndMonth", "INVALID"), ("note", "TOO_LARGE")]
        );
        assert_eq!(errors[0]["message"], "入力してください。");
        let answer = admin.send("{ account(id: \"mem_x\") { id } }", json!({})).await;
        assert_eq!(answer.code(), Some("BAD_USER_INPUT"));
    }

    async fn pages_are_complete_in_both_directions_and_cursors_are_bound(app) {
        let admin = admin(&app).await;
        for n in 0..7 {
            create(&admin, &format!("Page {n}"), None).await;
        }
        let page = async |arguments: &str| -> Value {
            let query = format!(
                "{{ accounts(filter: {{ text: \"page\" }}, {arguments}) {{ nodes {{ name }} \
                 pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
            );
            admin.ok(&query, json!({})).await["accounts"].clone()
        };
        let mut seen = Vec::new();
        let mut after = String::new();
        loop {
            let found = page(&format!("first: 3{after}")).await;
            seen.extend(found["nodes"].as_array().unwrap().iter().map(|node| node["name"].clone()));
            if found["pageInfo"]["hasNextPage"] == json!(false) {
                break;
            }
            after = format!(", after: {}", found["pageInfo"]["endCursor"]);
        }
        let all: Vec<Value> = (0..7).map(|n| json!(format!("Page {n}"))).collect();
        assert_eq!(seen, all);
        let last = page("last: 2").await;
        assert_eq!(last["nodes"], json!([{ "name": "Page 5" }, { "name": "Page 6" }]));
        assert_eq!((&last["pageInfo"]["hasPreviousPage"], &last["pageInfo"]["hasNextPage"]), (&json!(true), &json!(false)));
        let before = page(&format!("last: 2, before: {}", last["pageInfo"]["startCursor"])).await;
        assert_eq!(before["nodes"], json!([{ "name": "Page 3" }, { "name": "Page 4" }]));
        let cursor = last["pageInfo"]["endCursor"].clone();
        let of_other_list = format!("{{ accounts(first: 1, after: {cursor}) {{ nodes {{ name }} }} }}");
        assert_eq!(admin.send(&of_other_list, json!({})).await.code(), Some("BAD_USER_INPUT"));
        let other_company = app.b.client(&app, &app.b.admin).await;
        let same_list = format!("{{ accounts(filter: {{ text: \"page\" }}, first: 1, after: {cursor}) {{ nodes {{ name }} }} }}");
        assert_eq!(other_company.send(&same_list, json!({})).await.code(), Some("BAD_USER_INPUT"));
        for wrong in ["first: 0", "first: -1", "first: 101", "first: 1, last: 1", "after: \"zzz\""] {
            let answer = admin.send(&format!("{{ accounts({wrong}) {{ nodes {{ name }} }} }}"), json!({})).await;
            assert_eq!(answer.code(), Some("BAD_USER_INPUT"), "{wrong}");
        }
    }

    async fn merging_moves_everything_and_archives_the_other(app) {
        let admin = admin(&app).await;
        let kept = create(&admin, "Kept", None).await["id"].clone();
        let gone = create(&admin, "Gone", None).await["id"].clone();
        let contact = json!({ "accountId": gone, "familyName": "Ito", "givenName": "Ken" });
        admin.change("contactCreate", "ContactCreateInput", contact, "contact { id }").await;
        let input = json!({ "intoId": kept, "intoVersion": 1, "fromId": gone, "fromVersion": 1 });
        admin.change("accountMerge", "AccountMergeInput", input.clone(), "account { id }").await;
        let query = "query($kept: ID!, $gone: ID!) { kept: account(id: $kept) { version archivedAt } \
            gone: account(id: $gone) { archivedAt mergedInto { name } ownerships { endsAt } } \
            contacts(filter: { accountId: $kept }) { nodes { familyName } } }";
        let data = admin.ok(query, json!({ "kept": kept, "gone": gone })).await;
        assert_eq!(data["kept"], json!({ "version": 2, "archivedAt": null }));
        assert_eq!(data["gone"]["mergedInto"]["name"], "Kept");
        assert!(data["gone"]["archivedAt"].is_string() && data["gone"]["ownerships"][0]["endsAt"].is_string());
        assert_eq!(data["contacts"]["nodes"], json!([{ "familyName": "Ito" }]));
        let again = admin.try_change("accountMerge", "AccountMergeInput", input, "account { id }").await;
        assert_eq!(again["userErrors"][0]["code"], "CONFLICT");
        let itself = json!({ "intoId": kept, "intoVersion": 2, "fromId": kept, "fromVersion": 2 });
        let itself = admin.try_change("accountMerge", "AccountMergeInput", itself, "account { id }").await;
        assert_eq!(itself["userErrors"][0]["code"], "INVALID");
    }

    async fn a_new_owner_begins_a_new_span(app) {
        let admin = admin(&app).await;
        let input = json!({ "accountId": app.a.account_id(), "version": 1, "memberId": app.a.other_rep.id() });
        let selection = "account { version owner { id } ownerships { reason endsAt member { id } } }";
        let account = admin.change("accountAssign", "AccountAssignInput", input, selection).await["account"].clone();
        assert_eq!(account["owner"]["id"], json!(app.a.other_rep.id()));
        let spans = account["ownerships"].as_array().unwrap();
        assert_eq!(spans.len(), 2);
        assert_eq!((&spans[0]["reason"], &spans[0]["endsAt"]), (&json!("ASSIGNED"), &Value::Null));
        assert_eq!(spans[1]["member"]["id"], json!(app.a.rep.id()));
        assert!(spans[1]["endsAt"].is_string());
    }

    async fn under_team_visibility_a_rep_sees_his_own_and_the_rest_does_not_exist(app) {
        let admin = admin(&app).await;
        let other = create(&admin, "Of the admin", None).await["id"].clone();
        let rep = app.a.client(&app, &app.a.rep).await;
        let read = "query($id: ID!) { account(id: $id) { name } accounts { totalCount } }";
        // EVERYONE: seen, but not his to change.
        assert_eq!(rep.ok(read, json!({ "id": other })).await["accounts"]["totalCount"], 2);
        let rename = "mutation($id: ID!) { accountUpdate(input: { id: $id, version: 1, name: \"Mine\" }) { userErrors { code } } }";
        assert_eq!(rep.send(rename, json!({ "id": other })).await.code(), Some("FORBIDDEN"));
        let tenant = admin.ok("{ tenant { version } }", json!({})).await["tenant"]["version"].clone();
        let team = json!({ "version": tenant, "accountVisibility": "TEAM" });
        admin.change("tenantUpdate", "TenantUpdateInput", team, "tenant { id }").await;
        let data = rep.ok(read, json!({ "id": other })).await;
        assert_eq!((&data["account"], &data["accounts"]["totalCount"]), (&Value::Null, &json!(1)));
        let answer = rep.send(rename, json!({ "id": other })).await;
        assert_eq!(answer.body["data"]["accountUpdate"]["userErrors"], json!([{ "code": "NOT_FOUND" }]));
        // The manager above him sees his accounts, a rep beside him does not; an observer sees all.
        let count = async |person| -> Value {
            app.a.client(&app, person).await.ok("{ accounts { totalCount } }", json!({})).await["accounts"]["totalCount"].clone()
        };
        assert_eq!(count(&app.a.manager).await, 1);
        assert_eq!(count(&app.a.other_rep).await, 0);
        assert_eq!(count(&app.a.observer).await, 2);
        // On the team he sees it, and may change it.
        let join = json!({ "accountId": other, "memberId": app.a.rep.id() });
        admin.change("accountTeamAdd", "AccountTeamInput", join, "account { team { member { id } } }").await;
        assert_eq!(rep.ok(read, json!({ "id": other })).await["account"]["name"], "Of the admin");
        assert_eq!(rep.ok(rename, json!({ "id": other })).await["accountUpdate"]["userErrors"], json!([]));
    }

    async fn the_number_of_statements_does_not_grow_with_the_page(app) {
        let admin = admin(&app).await;
        for n in 0..12 {
            create(&admin, &format!("Many {n}"), None).await;
        }
        app.drain().await;
        let query = |first: u32| format!(
            "{{ accounts(first: {first}) {{ nodes {{ name owner {{ familyName }} team {{ since }} ownerships {{ reason }} \
             contacts {{ familyName }} lastActivity {{ summary }} assessment {{ band }} }} }} }}"
        );
        let one = app.statements(&app.a.admin, &query(1)).await;
        let many = app.statements(&app.a.admin, &query(12)).await;
        assert_eq!(one, many);
        assert_eq!(many, 7);
    }

    async fn a_search_reads_one_of_its_pieces_by_index_in_the_order_of_names(app) {
        use sea_orm::{ConnectionTrait, QueryOrder, QuerySelect, QueryTrait, Statement};
        let url = app.urls.superuser.as_ref().unwrap_or(&app.urls.app);
        let db = sea_orm::Database::connect(url).await.unwrap();
        let backend = db.get_database_backend();
        let reading = app.app.database.tenant_read(app.a.id, &std::sync::Arc::default()).await.unwrap();
        let list = api::accounts::queries::list(sea_orm::Condition::all());
        let found = api::accounts::queries::matching(&reading, list, "田中商事").await.unwrap().unwrap();
        let found = found.column(entity::account::Column::Name);
        let (name, id) = api::accounts::queries::match_order();
        let col = sea_orm::sea_query::Expr::col;
        let sql = found.order_by_asc(col(name)).order_by_asc(col(id)).limit(21).build(backend).to_string();
        reading.end().await.unwrap();
        let (explain, by_index) = match app.db {
            tests::Db::Sqlite => ("EXPLAIN QUERY PLAN", "(tenant_id=? AND gram=?"),
            tests::Db::Postgres => ("EXPLAIN", "account_gram_pkey"),
        };
        let tx = sea_orm::TransactionTrait::begin(&db).await.unwrap();
        if app.db == tests::Db::Postgres {
            // Three rows are read faster without an index: it is asked what would be used if there were many.
            tx.execute_unprepared("SET LOCAL enable_seqscan = off").await.unwrap();
        }
        let rows = tx.query_all_raw(Statement::from_string(backend, format!("{explain} {sql}"))).await.unwrap();
        let plan: String = rows
            .iter()
            .map(|row| row.try_get::<String>("", "detail").or_else(|_| row.try_get_by_index(0)).unwrap() + "\n")
            .collect();
        assert_eq!(plan.matches(by_index).count(), 1, "{plan}");
        assert!(!plan.contains("Sort") && !plan.contains("TEMP B-TREE"), "{plan}");
        tx.rollback().await.unwrap();
        db.close().await.unwrap();
    }
}
