//! The door: whatever a service builds, it reaches its own tenant's rows and no others.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use api::platform::Ctx;
use api::platform::tenancy::{Database, Reading};
use chrono::{DateTime, Utc};
use entity::account;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseConnection, DbBackend, EntityTrait, FromQueryResult, QueryFilter,
    QueryResult, QuerySelect, Set, Statement,
};
use tests::{Db, TestApp, on_both};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

async fn contexts(app: &TestApp) -> (Ctx, Ctx) {
    (app.a.system(&app.app).await, app.b.system(&app.app).await)
}

async fn account_of(app: &TestApp, ctx: &Ctx) -> Uuid {
    let _ = app;
    let db = ctx.read().await.unwrap();
    let rows = db.all(account::Entity::find()).await.unwrap();
    assert_eq!(rows.len(), 1);
    rows[0].id
}

#[derive(Debug, PartialEq, FromQueryResult)]
struct OnlyId {
    id: Uuid,
}

/// Whether no connection is inside a transaction: those that began after they were given up end a moment later.
async fn is_quiet(outside: &DatabaseConnection) -> bool {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    for _ in 0..50 {
        let row = outside
            .query_one_raw(Statement::from_string(DbBackend::Postgres, sql))
            .await;
        if row.unwrap().unwrap().try_get_by_index::<i64>(0).unwrap() == 0 {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}

on_both! {
    async fn a_foreign_id_is_nothing(app) {
        let (a, b) = contexts(&app).await;
        let of_a = account_of(&app, &a).await;
        let db = b.read().await.unwrap();
        let found = db.one(account::Entity::find().filter(account::Column::Id.eq(of_a))).await.unwrap();
        assert_eq!(found, None);
        drop(db);
        b.end_read().await.unwrap();
        a.end_read().await.unwrap();
    }

    async fn an_or_does_not_widen_the_scope(app) {
        let (a, b) = contexts(&app).await;
        let of_b = account_of(&app, &b).await;
        let of_a = account_of(&app, &a).await;
        let db = b.read().await.unwrap();
        let wide = Condition::any()
            .add(account::Column::Id.eq(of_a))
            .add(account::Column::TenantId.is_not_null());
        let found = db.all(account::Entity::find().filter(wide)).await.unwrap();
        let ids: Vec<Uuid> = found.iter().map(|row| row.id).collect();
        assert_eq!(ids, [of_b]);
        assert_eq!(db.count(account::Entity::find()).await.unwrap(), 1);
        drop(db);
        b.end_read().await.unwrap();
        a.end_read().await.unwrap();
    }

    async fn two_selects_in_one_statement_are_narrowed_each(app) {
        let (a, b) = contexts(&app).await;
        let of_b = account_of(&app, &b).await;
        a.end_read().await.unwrap();
        let db = b.read().await.unwrap();
        let wide = || {
            account::Entity::find()
                .select_only()
                .column(account::Column::Id)
                .filter(Condition::any().add(account::Column::TenantId.is_not_null()))
        };
        let found: Vec<OnlyId> = db.rows_of_both(wide(), wide()).await.unwrap();
        assert_eq!(found, [OnlyId { id: of_b }, OnlyId { id: of_b }]);
        drop(db);
        b.end_read().await.unwrap();
    }

    async fn a_foreign_update_and_delete_touch_nothing(app) {
        let (a, b) = contexts(&app).await;
        let of_a = account_of(&app, &a).await;
        a.end_read().await.unwrap();
        let tx = b.write().await.unwrap();
        let renamed = account::ActiveModel { name: Set("stolen".into()), ..Default::default() };
        assert_eq!(tx.update(renamed, account::Column::Id.eq(of_a)).await.unwrap(), 0);
        let gone = tx
            .delete(entity::account_gram::Entity::delete_many().filter(entity::account_gram::Column::AccountId.eq(of_a)))
            .await
            .unwrap();
        assert_eq!(gone, 0);
        tx.commit().await.unwrap();
        let db = a.read().await.unwrap();
        let row = db.one(account::Entity::find()).await.unwrap().unwrap();
        assert_ne!(row.name, "stolen");
        assert!(db.count(entity::account_gram::Entity::find()).await.unwrap() > 0);
        drop(db);
        a.end_read().await.unwrap();
    }

    async fn a_forged_tenant_is_overwritten(app) {
        let (a, b) = contexts(&app).await;
        let of_b = account_of(&app, &b).await;
        b.end_read().await.unwrap();
        let product = Uuid::now_v7();
        let tx = b.write().await.unwrap();
        tx.insert(entity::product::ActiveModel {
            tenant_id: Set(app.a.id),
            id: Set(product),
            code: Set("P-1".into()),
            name: Set("Pump".into()),
            name_kana: Set(None),
            sort_key: Set("pump".into()),
            category: Set(None),
            archived_at: Set(None),
            version: Set(1),
            created_at: Set(b.now),
            updated_at: Set(b.now),
        })
        .await
        .unwrap();
        let moved = account::ActiveModel { tenant_id: Set(app.a.id), note: Set(Some("x".into())), ..Default::default() };
        assert_eq!(tx.update(moved, account::Column::Id.eq(of_b)).await.unwrap(), 1);
        tx.commit().await.unwrap();
        let (db_a, db_b) = (a.read().await.unwrap(), b.read().await.unwrap());
        assert_eq!(db_a.count(entity::product::Entity::find()).await.unwrap(), 0);
        assert_eq!(db_b.count(entity::product::Entity::find()).await.unwrap(), 1);
        assert_eq!(db_b.one(account::Entity::find()).await.unwrap().unwrap().note.as_deref(), Some("x"));
        drop((db_a, db_b));
        a.end_read().await.unwrap();
        b.end_read().await.unwrap();
    }

    async fn a_request_that_is_given_up_leaves_no_transaction_behind(app) {
        let outside = match &app.urls.superuser {
            Some(url) => Some(sea_orm::Database::connect(url).await.unwrap()),
            None => None,
        };
        for round in 0..30 {
            let statements = Arc::default();
            let mut begin = Box::pin(app.app.database.tenant_read(app.a.id, &statements));
            // Given up at another await each time.
            for _ in 0..=round % 3 {
                if futures::poll!(&mut begin).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
            drop(begin);
            if let Some(outside) = &outside {
                assert!(is_quiet(outside).await, "a transaction was left open in round {round}");
            }
        }
        // On SQLite an open one would keep the writer out.
        app.sign_in(&app.a.rep.email, &app.a.tenant_id()).await;
        if let Some(outside) = outside {
            outside.close().await.unwrap();
        }
    }
}

/// Of the transactions of this application that wait for their first statement: how many there are, and how many of them keep a
/// snapshot, a number, or a lock on a table.
async fn begun_ahead(outside: &DatabaseConnection, application: &str) -> (i64, i64) {
    let sql = format!(
        "SELECT count(*), count(*) FILTER (WHERE backend_xmin IS NOT NULL OR backend_xid IS NOT NULL \
           OR EXISTS (SELECT 1 FROM pg_locks WHERE pg_locks.pid = activity.pid AND relation IS NOT NULL)) \
         FROM pg_stat_activity AS activity \
         WHERE datname = current_database() AND application_name = '{application}' AND state = 'idle in transaction'"
    );
    let row = outside
        .query_one_raw(Statement::from_string(DbBackend::Postgres, sql))
        .await;
    let row = row.unwrap().unwrap();
    (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap())
}

#[test]
fn what_is_begun_ahead_holds_nothing_and_serves_whoever_comes() {
    tests::run(Db::Postgres, async |app: TestApp| {
        let outside = sea_orm::Database::connect(app.urls.superuser.as_ref().unwrap())
            .await
            .unwrap();
        // One connection for all transactions.
        let url = format!("{}?application_name=ahead", app.urls.app);
        let database = Database::connect(&url, 2).await.unwrap();
        let statements = Arc::default();
        let names = async |tenant: Uuid| -> Vec<String> {
            let db = database.tenant_read(tenant, &statements).await.unwrap();
            let rows = db.all(account::Entity::find()).await.unwrap();
            assert!(rows.iter().all(|row| row.tenant_id == tenant));
            rows.into_iter().map(|row| row.name).collect()
        };
        assert_ne!(names(app.a.id).await, ["Renamed"]);
        // Begun for the same company, and older than the change that it is to see.
        let mut found = (0, 0);
        for _ in 0..10 {
            found = begun_ahead(&outside, "ahead").await;
            if found.0 == 1 {
                break;
            }
        }
        assert_eq!(found, (1, 0));
        let rename = format!("UPDATE account SET name = 'Renamed' WHERE tenant_id = '{}'", app.a.id);
        outside.execute_unprepared(&rename).await.unwrap();
        assert_eq!(names(app.a.id).await, ["Renamed"]);
        // Begun for another company, or for reading.
        assert_eq!(names(app.b.id).await.len(), 1);
        assert_eq!(names(app.a.id).await, ["Renamed"]);
        let global = database.global_tx(&statements).await.unwrap();
        let seen = global
            .db()
            .one(entity::tenant::Entity::find_by_id(app.a.id))
            .await
            .unwrap();
        assert!(seen.is_some());
        global.commit().await.unwrap();
        names(app.a.id).await;
        assert!(is_quiet(&outside).await, "it ends when nobody comes");
        database.close().await;
        outside.close().await.unwrap();
        app
    });
}

/// Of the transactions of this application that wait for a statement: when each began, and whether it keeps a snapshot, a number, or a
/// lock that another reader or writer would wait for.
async fn left_open(outside: &DatabaseConnection, application: &str) -> Vec<(DateTime<Utc>, bool)> {
    let sql = format!(
        "SELECT xact_start, backend_xmin IS NOT NULL OR backend_xid IS NOT NULL \
           OR EXISTS (SELECT 1 FROM pg_locks WHERE pg_locks.pid = activity.pid AND relation IS NOT NULL AND mode <> 'AccessShareLock') \
         FROM pg_stat_activity AS activity \
         WHERE datname = current_database() AND application_name = '{application}' AND state = 'idle in transaction'"
    );
    let rows = outside
        .query_all_raw(Statement::from_string(DbBackend::Postgres, sql))
        .await
        .unwrap();
    let read = |row: &QueryResult| (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap());
    rows.iter().map(read).collect()
}

#[test]
fn a_glance_leaves_its_transaction_to_the_next_for_a_moment_and_holds_nobody_up() {
    tests::run(Db::Postgres, async |app: TestApp| {
        let outside = sea_orm::Database::connect(app.urls.superuser.as_ref().unwrap())
            .await
            .unwrap();
        let url = format!("{}?application_name=glances", app.urls.app);
        let database = Database::connect(&url, 2).await.unwrap();
        let statements = Arc::default();
        let names = async |reading: Reading, tenant: Uuid| -> Vec<String> {
            let db = database.tenant_read_as(reading, tenant, &statements).await.unwrap();
            let rows = db.all(account::Entity::find()).await.unwrap();
            assert!(rows.iter().all(|row| row.tenant_id == tenant));
            rows.into_iter().map(|row| row.name).collect()
        };
        let rename = async |name: &str| {
            let rename = format!("UPDATE account SET name = '{name}' WHERE tenant_id = '{}'", app.a.id);
            outside.execute_unprepared(&rename).await.unwrap();
        };
        // Until one has served two, and another has followed it.
        let mut begun: BTreeMap<DateTime<Utc>, usize> = BTreeMap::new();
        let since = Instant::now();
        while begun.len() < 2 || begun.values().all(|served| *served < 2) {
            assert!(since.elapsed() < Duration::from_secs(30), "{begun:?}");
            let name = format!("Renamed {}", begun.values().sum::<usize>());
            rename(&name).await;
            assert_eq!(names(Reading::Glance, app.a.id).await, [name]);
            let open = left_open(&outside, "glances").await;
            assert!(open.len() <= 1 && open.iter().all(|(_, holds)| !holds), "{open:?}");
            for (began, _) in open {
                *begun.entry(began).or_default() += 1;
            }
        }
        // Another company, a read of more than one statement, and again.
        rename("Last").await;
        assert_eq!(names(Reading::Glance, app.b.id).await.len(), 1);
        assert_eq!(names(Reading::Snapshot, app.a.id).await, ["Last"]);
        rename("Very last").await;
        assert_eq!(names(Reading::Glance, app.a.id).await, ["Very last"]);
        // Of many statements one sees what another wrote meanwhile, unless they have a snapshot.
        let db = database
            .tenant_read_as(Reading::Snapshot, app.a.id, &statements)
            .await
            .unwrap();
        let name = async || db.one(account::Entity::find()).await.unwrap().unwrap().name;
        assert_eq!(name().await, "Very last");
        rename("Too late").await;
        assert_eq!(name().await, "Very last");
        drop(db);
        assert!(is_quiet(&outside).await, "it ends when nobody comes");
        database.close().await;
        outside.close().await.unwrap();
        app
    });
}

/// PostgreSQL by way of a line on which it takes a moment, after an error, until it is ready for the next statement.
/// Answers the port.
async fn slow_after_an_error(database: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    actix_web::rt::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(("127.0.0.1", database)).await.unwrap();
            let (mut from_client, mut to_client) = client.into_split();
            let (mut from_server, mut to_server) = server.into_split();
            actix_web::rt::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
            actix_web::rt::spawn(async move {
                let mut has_failed = false;
                // A message is its kind, its length with the four bytes of the length, and so much.
                while let Ok(kind) = from_server.read_u8().await {
                    let length = from_server.read_u32().await.unwrap();
                    let mut message = vec![kind];
                    message.extend(length.to_be_bytes());
                    message.resize(usize::try_from(length).unwrap() + 1, 0);
                    from_server.read_exact(&mut message[5..]).await.unwrap();
                    if kind == b'Z' && std::mem::take(&mut has_failed) {
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                    has_failed |= kind == b'E';
                    if to_client.write_all(&message).await.is_err() {
                        break;
                    }
                }
            });
        }
    });
    port
}

#[test]
fn a_statement_that_fails_spoils_no_connection() {
    tests::run(Db::Postgres, async |app: TestApp| {
        let mut url: reqwest::Url = app.urls.app.parse().unwrap();
        let port = slow_after_an_error(url.port().unwrap()).await;
        url.set_port(Some(port)).unwrap();
        url.query_pairs_mut().append_pair("sslmode", "disable");
        // As few as there can be: the next transaction begins on the one that failed.
        let database = Database::connect(url.as_str(), 2).await.unwrap();
        let statements = Arc::default();
        let read = async |reading| database.tenant_read_as(reading, app.a.id, &statements).await.unwrap();
        for reading in [Reading::Snapshot, Reading::Glance, Reading::Snapshot, Reading::Glance] {
            let db = read(reading).await;
            assert_eq!(db.all(account::Entity::find()).await.unwrap().len(), 1);
            drop(db);
            let db = read(reading).await;
            // PostgreSQL keeps no U+0000.
            let named = account::Entity::find().filter(account::Column::Name.eq("a\u{0}b"));
            assert!(db.all(named).await.is_err());
            drop(db);
            let db = read(reading).await;
            assert_eq!(db.all(account::Entity::find()).await.unwrap().len(), 1);
            // Given up while it waits for the answer.
            let mut asking = Box::pin(db.all(account::Entity::find()));
            assert!(futures::poll!(&mut asking).is_pending());
            drop(asking);
            drop(db);
            let db = read(reading).await;
            assert_eq!(db.all(account::Entity::find()).await.unwrap().len(), 1);
        }
        database.close().await;
        app
    });
}
