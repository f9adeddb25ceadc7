//! The event log: gapless, ordered by commit, complete.

use std::sync::Arc;
use std::time::Duration;

use api::platform::events::reader;
use api::platform::tenancy::Database;
use futures::future::join_all;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Value, json};
use tests::{Db, TestApp, on_both};

on_both! {
    async fn concurrent_writers_leave_no_gap_and_one_event_a_change(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        app.drain().await;
        let sequence = async || -> i64 {
            admin.ok("{ eventSequence }", json!({})).await["eventSequence"].as_str().unwrap().parse().unwrap()
        };
        let before = sequence().await;
        let writers = (0..8).map(|writer| {
            let admin = admin.clone();
            async move {
                for n in 0..5 {
                    let input = json!({ "code": format!("P-{writer}-{n}"), "name": "Pump" });
                    admin.change("productCreate", "ProductCreateInput", input, "product { id }").await;
                }
            }
        });
        join_all(writers).await;
        assert_eq!(sequence().await, before + 40);
        let mut after = before;
        let mut seen = Vec::new();
        loop {
            let query = "query($after: BigInt) { events(afterSequence: $after, first: 7) { nodes { sequence type } } }";
            let data = admin.ok(query, json!({ "after": after.to_string() })).await;
            let page = data["events"]["nodes"].as_array().unwrap().clone();
            let Some(last) = page.last() else { break };
            after = last["sequence"].as_str().unwrap().parse().unwrap();
            seen.extend(page);
        }
        let numbers: Vec<i64> = seen.iter().map(|event| event["sequence"].as_str().unwrap().parse().unwrap()).collect();
        assert_eq!(numbers, (before + 1..=before + 40).collect::<Vec<_>>());
        assert!(seen.iter().all(|event| event["type"] == "product.created"));
    }

    async fn a_refused_change_leaves_no_event(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        app.drain().await;
        let before = admin.ok("{ eventSequence }", json!({})).await;
        let input = json!({ "code": "P", "name": " " });
        let refused = admin.try_change("productCreate", "ProductCreateInput", input, "product { id }").await;
        assert_eq!(refused["product"], Value::Null);
        assert_eq!(admin.ok("{ eventSequence }", json!({})).await, before);
    }

    async fn a_rep_reads_what_concerns_the_accounts_he_sees(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let tenant = admin.ok("{ tenant { version } }", json!({})).await["tenant"]["version"].clone();
        let team = json!({ "version": tenant, "accountVisibility": "TEAM" });
        admin.change("tenantUpdate", "TenantUpdateInput", team, "tenant { id }").await;
        admin.change("accountCreate", "AccountCreateInput", json!({ "name": "Of the admin" }), "account { id }").await;
        let query = "{ events(first: 100) { nodes { accountId } } }";
        let rep = app.a.client(&app, &app.a.rep).await.ok(query, json!({})).await;
        let accounts: Vec<&Value> = rep["events"]["nodes"].as_array().unwrap().iter().map(|event| &event["accountId"]).collect();
        assert!(!accounts.is_empty());
        assert!(accounts.iter().all(|account| **account == json!(app.a.account_id())), "{accounts:?}");
        let other = app.a.client(&app, &app.a.other_rep).await.ok(query, json!({})).await;
        assert_eq!(other["events"]["nodes"], json!([]));
    }
}

/// The plan that is best for a page of rows, and kept, would read the whole table from then on.
#[test]
fn the_log_is_read_by_its_index_however_fast_it_grows() {
    tests::run(Db::Postgres, async |app: TestApp| {
        app.drain().await;
        let outside = sea_orm::Database::connect(app.urls.superuser.as_ref().unwrap());
        let outside = outside.await.unwrap();
        outside.execute_unprepared("VACUUM ANALYZE event").await.unwrap();
        let url = format!("{}?application_name=follows", app.urls.app);
        let database = Database::connect(&url, 2).await.unwrap();
        let tally = Arc::default();
        let read = async |after: i64| -> usize {
            let db = database.tenant_read(app.a.id, &tally).await.unwrap();
            let events = reader::after_planned_anew(&db, after).await.unwrap();
            db.end().await.unwrap();
            events.len()
        };
        // After five times PostgreSQL takes one plan for all values.
        for _ in 0..8 {
            assert!(read(0).await > 0);
        }
        let more = "INSERT INTO event (tenant_id, seq, id, type, subject_kind, subject_id, actor_kind, payload, occurred_at) \
            SELECT tenant_id, 100000 + n, gen_random_uuid(), type, subject_kind, subject_id, actor_kind, payload, occurred_at \
            FROM (SELECT * FROM event LIMIT 1) AS one, generate_series(1, 5000) AS n";
        outside.execute_unprepared(more).await.unwrap();
        for _ in 0..8 {
            assert_eq!(read(104_990).await, 10);
        }
        // Counted when the connections have ended.
        database.close().await;
        let count = async |sql: &str| -> i64 {
            let row = outside
                .query_one_raw(Statement::from_string(DbBackend::Postgres, sql))
                .await;
            row.unwrap().unwrap().try_get_by_index(0).unwrap()
        };
        let open = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'follows'";
        for _ in 0..500 {
            if count(open).await == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let by_index = count("SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'event_pkey'").await;
        assert!(by_index > 0);
        let read = count("SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'event'").await;
        assert!(read < 5_000, "{read} rows");
        app
    });
}
