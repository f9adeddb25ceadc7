//! Files of orders and accounts.

use std::sync::Arc;

use api::imports::service::{ImportFile, ImportRequest, open_run};
use api::platform::graphql::{any_id, parse_any};
use domain::import::ImportKind;
use serde_json::{Value, json};
use tests::{Client, TestApp, on_both};

async fn upload(admin: &Client, csv: &str) -> Value {
    let answer = admin
        .http(reqwest::Method::POST, "/uploads?name=orders.csv")
        .body(csv.to_owned())
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status().as_u16(), 201);
    answer.json::<Value>().await.unwrap()["uploadId"].clone()
}

/// Imports a text and waits for the end.
async fn import(app: &TestApp, admin: &Client, csv: &str, more: Value) -> Value {
    let mut input = json!({ "uploadId": upload(admin, csv).await, "kind": "ORDERS" });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let started = admin
        .change("importStart", "ImportStartInput", input, "import { id }")
        .await;
    ended(app, admin, &started["import"]["id"]).await
}

/// The import when it is over.
async fn ended(app: &TestApp, admin: &Client, id: &Value) -> Value {
    let query = "query($id: ID!) { import(id: $id) { status totalRows doneRows createdRows updatedRows unchangedRows \
        problems { line column reason } } }";
    for _ in 0..200 {
        let run = admin.ok(query, json!({ "id": id })).await["import"].clone();
        if !matches!(run["status"].as_str().unwrap(), "PENDING" | "VALIDATING" | "RUNNING") {
            app.drain().await;
            return run;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the import does not end");
}

fn orders(rows: usize) -> String {
    let mut csv = String::from("customer_id,invoice_no,ts,amount\n");
    for n in 0..rows {
        csv.push_str(&format!(
            "C{},I{n},2025-{:02}-10 10:00:00,{}\n",
            n % 40,
            n % 12 + 1,
            100 + n
        ));
    }
    csv
}

async fn count(admin: &Client) -> Value {
    admin
        .ok("{ orders { totalCount } accounts { totalCount } }", json!({}))
        .await
}

on_both! {
    async fn the_same_file_twice_changes_nothing(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let csv = orders(1201);
        let first = import(&app, &admin, &csv, json!({})).await;
        assert_eq!((&first["status"], &first["createdRows"], &first["doneRows"]), (&json!("DONE"), &json!(1201), &json!(1201)), "{first}");
        let after = count(&admin).await;
        assert_eq!((&after["orders"]["totalCount"], &after["accounts"]["totalCount"]), (&json!(1201), &json!(41)));
        let second = import(&app, &admin, &csv, json!({})).await;
        assert_eq!((&second["createdRows"], &second["updatedRows"], &second["unchangedRows"]), (&json!(0), &json!(0), &json!(1201)));
        assert_eq!(count(&admin).await, after);
        let changed = csv.replace(",I7,2025-08-10 10:00:00,107", ",I7,2025-08-10 10:00:00,999");
        let third = import(&app, &admin, &changed, json!({})).await;
        assert_eq!((&third["updatedRows"], &third["unchangedRows"]), (&json!(1), &json!(1200)));
    }

    async fn one_bad_row_refuses_the_whole_file_and_says_where(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let csv = "customer_id,invoice_no,ts,amount\nC1,I1,2025-01-10 10:00:00,100\nC1,I2,2025-13-10 10:00:00,100\nC2,I3,2025-01-10 10:00:00,1e5\n";
        let run = import(&app, &admin, csv, json!({})).await;
        assert_eq!(run["status"], "REJECTED");
        let problems: Vec<(i64, &str)> = run["problems"]
            .as_array()
            .unwrap()
            .iter()
            .map(|problem| (problem["line"].as_i64().unwrap(), problem["column"].as_str().unwrap()))
            .collect();
        assert_eq!(problems, [(3, "ts"), (4, "amount")]);
        assert_eq!(count(&admin).await["orders"]["totalCount"], 0);
    }

    async fn a_dry_run_shows_and_writes_nothing(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let run = import(&app, &admin, &orders(30), json!({ "dryRun": true })).await;
        assert_eq!((&run["status"], &run["createdRows"]), (&json!("DONE"), &json!(30)));
        assert_eq!(count(&admin).await["orders"]["totalCount"], 0);
    }

    async fn a_foreign_currency_needs_a_rate(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let query = "mutation($input: ImportStartInput!) { importStart(input: $input) { import { id } userErrors { code } } }";
        let input = json!({ "uploadId": upload(&admin, &orders(3)).await, "kind": "ORDERS", "currency": "GBP" });
        let answer = admin.ok(query, json!({ "input": input })).await["importStart"].clone();
        if answer["userErrors"] == json!([]) {
            let run = import(&app, &admin, &orders(3), json!({ "currency": "GBP" })).await;
            assert_eq!(run["status"], "REJECTED");
        }
        assert_eq!(count(&admin).await["orders"]["totalCount"], 0);
    }

    async fn an_observer_is_no_owner_in_a_file(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let csv = |owner: &str| format!("account_id,name,owner\nA1,One,{owner}\n");
        let accounts = json!({ "kind": "ACCOUNTS" });
        let refused = import(&app, &admin, &csv(&app.a.observer.email), accounts.clone()).await;
        assert_eq!((&refused["status"], &refused["problems"][0]["column"]), (&json!("REJECTED"), &json!("owner")), "{refused}");
        let done = import(&app, &admin, &csv(&app.a.other_rep.email), accounts).await;
        assert_eq!((&done["status"], &done["createdRows"]), (&json!("DONE"), &json!(1)), "{done}");
    }

    async fn an_import_gives_nothing_to_one_who_has_left_since_it_began(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let before = count(&admin).await;
        let csv = "account_id,name\nA1,One\nA2,Two\n";
        let ctx = app.a.system(&app.app).await;
        let (_, uploaded) = parse_any(upload(&admin, csv).await.as_str().unwrap()).unwrap();
        // Begun, and not yet driven.
        let request = ImportRequest { owner: Some(app.a.other_rep.member), ..ImportRequest::of(ImportKind::Accounts) };
        let file = ImportFile { name: "a.csv", bytes: csv.as_bytes(), sha256: b"its digest", upload: Some(uploaded) };
        let tx = ctx.write().await.unwrap();
        let (run, _) = open_run(&ctx, &tx, file, &request).await.unwrap();
        tx.commit().await.unwrap();
        let remove = json!({ "id": app.a.other_rep.id(), "version": 1 });
        admin.change("memberRemove", "MemberRemoveInput", remove, "member { id }").await;
        app.app.clock.advance(chrono::Duration::minutes(1));
        api::imports::resume_due(&app.app).await.unwrap();
        let failed = ended(&app, &admin, &json!(any_id("imp", run))).await;
        assert_eq!((&failed["status"], &failed["createdRows"]), (&json!("FAILED"), &json!(0)), "{failed}");
        let reason = "Whoever was to own new accounts has left, or is an OBSERVER now.";
        assert_eq!(failed["problems"], json!([{ "line": 1, "column": null, "reason": reason }]));
        assert_eq!(count(&admin).await, before);
    }

    async fn imports_wait_for_their_turn_and_ten_may(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let all_room = Arc::clone(&app.app.imports).acquire_many_owned(2).await.unwrap();
        let mut waiting = Vec::new();
        for n in 0..11 {
            let upload = upload(&admin, &format!("account_id,name\nW{n},Waits\n")).await;
            let input = json!({ "uploadId": upload, "kind": "ACCOUNTS" });
            let started = admin.try_change("importStart", "ImportStartInput", input, "import { id status }").await;
            if n < 10 {
                assert_eq!(started["import"]["status"], "PENDING", "{started}");
                waiting.push(started["import"]["id"].clone());
            } else {
                assert_eq!(started["userErrors"][0]["code"], "CONFLICT", "{started}");
            }
        }
        drop(all_room);
        // Whoever has room comes for them.
        for _ in 0..50 {
            app.app.clock.advance(chrono::Duration::seconds(4));
            api::imports::resume_due(&app.app).await.unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        for id in waiting {
            assert_eq!(ended(&app, &admin, &id).await["status"], "DONE");
        }
    }

    async fn uploaded_files_are_bounded_one_and_all(app) {
        let small = TestApp::start_with(app.db, |config| {
            config.max_upload_bytes = 1_000;
            (config.cost_bucket, config.cost_restored_per_second) = (5_000, 1);
        })
        .await;
        let admin = small.a.client(&small, &small.a.admin).await;
        let send = async |bytes: usize| {
            let sent = admin.http(reqwest::Method::POST, "/uploads").body("x".repeat(bytes)).send().await.unwrap();
            let status = sent.status().as_u16();
            (status, sent.json::<Value>().await.unwrap())
        };
        let (status, refused) = send(1_001).await;
        assert_eq!((status, &refused["errors"][0]["message"]), (413, &json!("The file is longer than 1000 bytes.")));
        for _ in 0..16 {
            assert_eq!(send(1_000).await.0, 201);
        }
        let (status, refused) = send(1_000).await;
        assert_eq!((status, &refused["errors"][0]["extensions"]["code"]), (400, &json!("BAD_USER_INPUT")));
        // An upload costs points, kept or not.
        let mut statuses = Vec::new();
        for _ in 0..1_000 {
            statuses.push(send(1_000).await.0);
            if statuses.last() == Some(&429) {
                break;
            }
        }
        assert_eq!(statuses.last(), Some(&429));
        small.stop().await;
    }
}
