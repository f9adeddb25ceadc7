//! `/metrics`.

use std::time::Duration;

use chrono::Utc;
use entity::log_reader;
use reqwest::Method;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use tests::{Db, TestApp, on_both};

async fn metrics(app: &TestApp) -> String {
    let answer = app.anonymous().http(Method::GET, "/metrics").send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    let media_type = answer.headers()["content-type"].to_str().unwrap();
    assert_eq!(media_type, "text/plain; version=0.0.4; charset=utf-8");
    answer.text().await.unwrap()
}

/// The value of a series: its labels may stand in any order.
fn value(text: &str, name: &str, labels: &[&str]) -> Option<f64> {
    let mut lines = text.lines().filter(|line| {
        let head = line.split([' ', '{']).next().unwrap();
        head == name && labels.iter().all(|label| line.contains(label))
    });
    let line = lines.next()?;
    assert!(lines.next().is_none(), "{name} {labels:?} are several");
    Some(line.rsplit(' ').next().unwrap().parse().unwrap())
}

const ACCOUNTS: [&str; 2] = ["kind=\"query\"", "field=\"accounts\""];

on_both! {
    async fn operations_are_counted_by_root_field_and_outcome(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        for _ in 0..3 {
            admin.ok("query Mine { accounts(first: 2) { nodes { id } } }", json!({})).await;
        }
        app.anonymous().send("{ accounts(first: 2) { nodes { id } } }", json!({})).await;
        let text = metrics(&app).await;
        let of = |name: &str, more: &[&str]| value(&text, name, &[&ACCOUNTS[..], more].concat());
        assert_eq!(of("hikitsugi_operation_duration_seconds_count", &["outcome=\"ok\""]), Some(3.0));
        assert_eq!(of("hikitsugi_operation_duration_seconds_count", &["outcome=\"error\""]), Some(1.0));
        assert_eq!(of("hikitsugi_operation_duration_seconds_bucket", &["outcome=\"ok\"", "le=\"+Inf\""]), Some(3.0));
        // A page of two for each of four; one account for each of three.
        assert_eq!(of("hikitsugi_operation_requested_points_total", &[]), Some(12.0));
        assert_eq!(of("hikitsugi_operation_actual_points_total", &[]), Some(7.0));
        assert_eq!(of("hikitsugi_operation_statements_total", &[]), Some(3.0));
        assert_eq!(of("hikitsugi_operation_rows_total", &[]), Some(3.0));
        assert_eq!(value(&text, "hikitsugi_errors_total", &["code=\"UNAUTHENTICATED\""]), Some(1.0));
        assert_eq!(value(&text, "hikitsugi_operations_in_flight", &[]), Some(0.0));
        assert!(value(&text, "process_resident_memory_bytes", &[]).unwrap() > 1e6);
        let version = format!("version=\"{}\"", env!("CARGO_PKG_VERSION"));
        assert_eq!(value(&text, "hikitsugi_build_info", &[&version]), Some(1.0));
    }

    async fn a_client_cannot_invent_a_series(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        // What the jobs tell of their work is told before.
        app.drain().await;
        let before = metrics(&app).await.lines().count();
        for n in 0..20 {
            admin.send(&format!("query Invented{n} {{ invented{n}: invented{n} }}"), json!({})).await;
            admin.send(&format!("query Invented{n} {{ ... on Query {{ invented{n} }} }}"), json!({})).await;
            admin.send(&format!("{{ invented{n}"), json!({})).await;
            admin.http(Method::GET, &format!("/invented{n}")).send().await.unwrap();
        }
        let text = metrics(&app).await;
        assert!(!text.contains("nvented"), "{text}");
        assert_eq!(value(&text, "hikitsugi_operation_duration_seconds_count", &["field=\"unknown\"", "outcome=\"error\""]), Some(20.0));
        assert_eq!(value(&text, "hikitsugi_errors_total", &["code=\"BAD_USER_INPUT\""]), Some(60.0));
        // Two histograms with their counters, and a code.
        let more = metrics(&app).await.lines().count() - before;
        assert!(more <= 100, "{more} lines more");
    }

    async fn pools_streams_and_deliveries_are_shown(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let mut stream = admin.follow("subscription { eventsAdded { sequence } }", json!({})).await.unwrap();
        admin.change("accountCreate", "AccountCreateInput", json!({ "name": "Seen" }), "account { id }").await;
        assert!(stream.next(Duration::from_secs(10)).await.is_some());
        let text = metrics(&app).await;
        assert_eq!(value(&text, "hikitsugi_streams_open", &[]), Some(1.0));
        assert_eq!(value(&text, "hikitsugi_subscriptions", &[]), Some(1.0));
        assert!(value(&text, "hikitsugi_event_lag_seconds_count", &["reader=\"subscription\""]).unwrap() >= 1.0);
        let delivered = ["kind=\"subscription\"", "field=\"eventsAdded\"", "outcome=\"ok\""];
        assert!(value(&text, "hikitsugi_operation_duration_seconds_count", &delivered).unwrap() >= 1.0);
        let most = f64::from(app.app.config.database_connections);
        let pools: &[(&str, f64)] = match app.db {
            Db::Postgres => &[("shared", most)],
            Db::Sqlite => &[("read", most), ("write", 1.0)],
        };
        for (pool, most) in pools {
            let label = format!("pool=\"{pool}\"");
            assert_eq!(value(&text, "hikitsugi_database_connections_max", &[&label]), Some(*most));
            let count = |state| value(&text, "hikitsugi_database_connections", &[&label, state]).unwrap();
            assert!(count("state=\"used\"") + count("state=\"idle\"") <= *most);
        }
        drop(stream);
        // That a client has gone is noticed when it is written to.
        for n in 0..100 {
            let input = json!({ "name": format!("Unseen {n}") });
            admin.change("accountCreate", "AccountCreateInput", input, "account { id }").await;
            if value(&metrics(&app).await, "hikitsugi_subscriptions", &[]) == Some(0.0) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let text = metrics(&app).await;
        assert_eq!(value(&text, "hikitsugi_subscriptions", &[]), Some(0.0));
        assert_eq!(value(&text, "hikitsugi_streams_open", &[]), Some(0.0));
    }

    async fn a_queue_shows_how_much_waits_and_for_how_long(app) {
        app.drain().await;
        let measured = async || {
            api::platform::jobs::measure(&app.app, &["risk"]).await.unwrap();
            let text = metrics(&app).await;
            let of = |name| value(&text, name, &["job=\"risk\""]).unwrap();
            (of("hikitsugi_queue_events"), of("hikitsugi_queue_age_seconds"))
        };
        assert_eq!(measured().await, (0.0, 0.0));
        // As if another process had taken company A's log, and died with three events left.
        let until = async |until| {
            let statements = std::sync::Arc::default();
            let taking = log_reader::Entity::update_many()
                .col_expr(log_reader::Column::UpdatedAt, Expr::value(until))
                .filter(log_reader::Column::TenantId.eq(app.a.id));
            app.app.database.global(&statements).update(taking).await.unwrap();
        };
        until(Utc::now() + chrono::Duration::days(1)).await;
        let admin = app.a.client(&app, &app.a.admin).await;
        for n in 0..3 {
            admin.change("productCreate", "ProductCreateInput", json!({ "code": format!("Q{n}"), "name": "Queued" }), "product { id }").await;
        }
        app.app.clock.advance(chrono::Duration::minutes(5));
        let (events, age) = measured().await;
        assert_eq!(events, 3.0);
        assert!((300.0..360.0).contains(&age), "{age}");
        until(Utc::now() - chrono::Duration::days(1)).await;
        app.drain().await;
        assert_eq!(measured().await, (0.0, 0.0));
    }
}

/// Without `/metrics` there is nothing here for whoever may not ask.
async fn status(app: &TestApp, token: Option<&str>) -> u16 {
    let mut client = app.anonymous();
    client.token = token.map(str::to_owned);
    client
        .http(Method::GET, "/metrics")
        .send()
        .await
        .unwrap()
        .status()
        .as_u16()
}

#[test]
fn only_who_may_is_shown_metrics() {
    actix_web::rt::System::new().block_on(async {
        let token = "a token for who watches";
        let app = TestApp::start_with(Db::Sqlite, |config| config.metrics_token = Some(token.into())).await;
        let admin = app.a.client(&app, &app.a.admin).await;
        assert_eq!(status(&app, Some(token)).await, 200);
        for other in [None, Some("another"), Some(""), admin.token.as_deref()] {
            assert_eq!(status(&app, other).await, 404, "{other:?}");
        }
        app.stop().await;
        // Behind a proxy everybody comes from this machine.
        let app = TestApp::start_with(Db::Sqlite, |config| config.trusted_proxies = 1).await;
        assert_eq!(status(&app, None).await, 404);
        app.stop().await;
    });
}
