//! `/livez` and `/readyz`.

use std::time::Duration;

use reqwest::Method;
use sea_orm::{ConnectionTrait, Database};
use serde_json::{Value, json};
use tests::{Db, TestApp, on_both};

async fn ready(app: &TestApp) -> (u16, Value) {
    let answer = app.anonymous().http(Method::GET, "/readyz").send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// Changes the database as its owner; row-level security does not hold for these tables.
async fn change(app: &TestApp, sql: &str) {
    let owner = Database::connect(&app.urls.owner).await.unwrap();
    owner.execute_unprepared(sql).await.unwrap();
    owner.close().await.unwrap();
}

on_both! {
    async fn a_server_that_is_well_says_so_check_by_check(app) {
        let well = json!({ "status": "ok", "process": "ok", "database": "ok", "migrations": "ok", "jobs": { "ended": [], "failing": [] } });
        assert_eq!(ready(&app).await, (200, well));
    }

    async fn a_server_that_stops_wants_no_more_requests(app) {
        app.app.closing.begin();
        let (status, body) = ready(&app).await;
        assert_eq!((status, &body["status"], &body["process"]), (503, &json!("unavailable"), &json!("stopping")));
        let live = app.anonymous().http(Method::GET, "/livez").send().await.unwrap();
        assert_eq!(live.status().as_u16(), 200);
    }

    async fn a_database_without_the_newest_tables_is_not_ready(app) {
        let newest = "(SELECT max(version) FROM seaql_migrations)";
        change(&app, &format!("CREATE TABLE kept AS SELECT * FROM seaql_migrations WHERE version = {newest}")).await;
        change(&app, &format!("DELETE FROM seaql_migrations WHERE version = {newest}")).await;
        let (status, body) = ready(&app).await;
        assert_eq!((status, &body["database"], &body["migrations"]), (503, &json!("ok"), &json!("missing")));
        change(&app, "INSERT INTO seaql_migrations SELECT * FROM kept").await;
        assert_eq!(ready(&app).await.0, 200);
    }

    async fn a_database_that_is_gone_is_not_ready(app) {
        app.app.database.close().await;
        let (status, body) = ready(&app).await;
        assert_eq!((status, &body["database"], &body["migrations"]), (503, &json!("unavailable"), &json!("unknown")));
    }

    async fn jobs_that_fail_are_named_and_keep_no_requests_away(app) {
        // PostgreSQL plans renamed tables of prepared statements by their number, so there it is a right that goes.
        let (role, rights) = ("hikitsugi_app", "SELECT, INSERT, UPDATE, DELETE");
        let (spoil, mend) = match app.db {
            Db::Sqlite => ("ALTER TABLE log_reader RENAME TO elsewhere".to_owned(), "ALTER TABLE elsewhere RENAME TO log_reader".to_owned()),
            Db::Postgres => (format!("REVOKE {rights} ON log_reader FROM {role}"), format!("GRANT {rights} ON log_reader TO {role}")),
        };
        change(&app, &spoil).await;
        let failing = async |wanted: &[&str]| {
            for _ in 0..200 {
                let (status, body) = ready(&app).await;
                assert_eq!(status, 200);
                if body["jobs"]["failing"] == json!(wanted) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            panic!("{:?}", ready(&app).await);
        };
        failing(&["departures.day", "handovers", "handovers.day", "idempotency.day", "risk", "risk.day", "rotations.day", "uploads.day"]).await;
        change(&app, &mend).await;
        failing(&[]).await;
    }
}
