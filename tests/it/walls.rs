//! The second and third wall, tried from outside the server: composite keys on both databases, row-level security on
//! PostgreSQL.

use api::platform::tenancy::Database;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use tests::{Db, TestApp, on_both, run};

async fn rows(db: &impl ConnectionTrait, sql: &str) -> Result<Vec<String>, sea_orm::DbErr> {
    let found = db
        .query_all_raw(Statement::from_string(db.get_database_backend(), sql))
        .await?;
    found.into_iter().map(|row| row.try_get_by_index::<String>(0)).collect()
}

/// A connection that no policy holds back, with foreign keys checked.
async fn unrestrained(app: &TestApp) -> DatabaseConnection {
    let url = app.urls.superuser.as_ref().unwrap_or(&app.urls.app);
    let db = sea_orm::Database::connect(url).await.unwrap();
    if app.db == Db::Sqlite {
        db.execute_unprepared("PRAGMA foreign_keys = ON").await.unwrap();
    }
    db
}

fn literal(db: &DatabaseConnection, id: uuid::Uuid) -> String {
    match db.get_database_backend() {
        DbBackend::Sqlite => format!("x'{}'", id.simple()),
        _ => format!("'{id}'"),
    }
}

on_both! {
    async fn a_row_cannot_point_into_another_tenant(app) {
        let db = unrestrained(&app).await;
        let (tenant_b, account_a) = (literal(&db, app.b.id), literal(&db, app.a.account));
        let id = literal(&db, uuid::Uuid::now_v7());
        let grams = |tenant: &str| format!("INSERT INTO account_gram (tenant_id, gram, sort_key, account_id) VALUES ({tenant}, 'zz', '', {account_a})");
        let refused = db.execute_unprepared(&grams(&tenant_b)).await.unwrap_err().to_string().to_lowercase();
        assert!(refused.contains("foreign key"), "{refused}");
        let member_b = literal(&db, app.b.admin.member);
        let team = format!(
            "INSERT INTO account_team (tenant_id, id, account_id, member_id, since, created_at) \
             VALUES ({tenant_b}, {id}, {account_a}, {member_b}, '2026-01-01 00:00:00+00:00', '2026-01-01 00:00:00+00:00')"
        );
        let refused = db.execute_unprepared(&team).await.unwrap_err().to_string().to_lowercase();
        assert!(refused.contains("foreign key"), "{refused}");
        // The same rows within one tenant are welcome: it is the tenant that was refused.
        let tenant_a = literal(&db, app.a.id);
        db.execute_unprepared(&grams(&tenant_a)).await.unwrap();
        db.close().await.unwrap();
    }
}

/// Tenant tables that row-level security does not hold.
async fn unprotected(db: &impl ConnectionTrait) -> Vec<String> {
    let globals: Vec<String> = entity::GLOBAL_TABLES.iter().map(|table| format!("'{table}'")).collect();
    rows(
        db,
        &format!(
            "SELECT c.relname::text FROM pg_class c \
             JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public' \
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped \
             WHERE c.relkind = 'r' AND c.relname NOT IN ({}) \
               AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS ( \
                 SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive \
                   AND pg_get_expr(p.polqual, p.polrelid) LIKE '%hikitsugi.tenant_id%' \
                   AND pg_get_expr(p.polwithcheck, p.polrelid) LIKE '%hikitsugi.tenant_id%')) \
             ORDER BY 1",
            globals.join(", ")
        ),
    )
    .await
    .unwrap()
}

#[test]
fn every_tenant_table_has_row_security_and_the_check_notices_a_missing_policy() {
    run(Db::Postgres, |app| async move {
        let db = sea_orm::Database::connect(app.urls.superuser.as_ref().unwrap())
            .await
            .unwrap();
        assert_eq!(unprotected(&db).await, Vec::<String>::new());
        let listed = rows(
            &db,
            "SELECT relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE n.nspname = 'public' AND c.relkind = 'r' AND c.relname <> 'seaql_migrations' ORDER BY 1",
        )
        .await
        .unwrap();
        let mut known: Vec<&str> = entity::TENANT_TABLES
            .iter()
            .chain(entity::GLOBAL_TABLES)
            .copied()
            .collect();
        known.sort_unstable();
        assert_eq!(listed, known, "every table is in one of the two lists");
        // One at a time: who locks two tables may wait for a job, and the job for him.
        for table in ["account", "event"] {
            let tx = sea_orm::TransactionTrait::begin(&db).await.unwrap();
            tx.execute_unprepared(&format!("DROP POLICY tenant_isolation ON {table}"))
                .await
                .unwrap();
            assert_eq!(unprotected(&tx).await, [table]);
            tx.rollback().await.unwrap();
        }
        db.close().await.unwrap();
        app
    });
}

#[test]
fn the_application_role_sees_one_tenant_or_an_error() {
    run(Db::Postgres, |app| async move {
        let db = sea_orm::Database::connect(&app.urls.app).await.unwrap();
        for table in entity::TENANT_TABLES {
            let refused = rows(&db, &format!("SELECT tenant_id::text FROM {table}")).await;
            assert!(refused.is_err(), "{table} answers without a tenant");
        }
        let tx = sea_orm::TransactionTrait::begin(&db).await.unwrap();
        tx.execute_unprepared(&format!("SET LOCAL hikitsugi.tenant_id = '{}'", app.b.id))
            .await
            .unwrap();
        let seen = tx
            .query_all_raw(Statement::from_string(
                DbBackend::Postgres,
                "SELECT DISTINCT tenant_id::text FROM account",
            ))
            .await
            .unwrap();
        let seen: Vec<String> = seen.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
        assert_eq!(seen, [app.b.id.to_string()]);
        let changed = tx
            .execute_unprepared(&format!(
                "UPDATE account SET note = 'x' WHERE tenant_id = '{}'",
                app.a.id
            ))
            .await
            .unwrap();
        assert_eq!(changed.rows_affected(), 0);
        let forged = tx
            .execute_unprepared(&format!(
                "INSERT INTO account_gram (tenant_id, gram, sort_key, account_id) VALUES ('{}', 'zz', '', '{}')",
                app.a.id, app.a.account
            ))
            .await
            .unwrap_err();
        assert!(forged.to_string().contains("row-level security"), "{forged}");
        tx.rollback().await.unwrap();
        // What one transaction set does not reach the next on the same connection.
        assert!(rows(&db, "SELECT tenant_id::text FROM account").await.is_err());
        db.close().await.unwrap();
        app
    });
}

#[test]
fn the_server_refuses_a_role_that_policies_do_not_hold() {
    run(Db::Postgres, |app| async move {
        let superuser = Database::connect(app.urls.superuser.as_ref().unwrap(), 2)
            .await
            .unwrap();
        let refused = superuser.check_role().await.unwrap_err().to_string();
        assert!(refused.contains("is a superuser"), "{refused}");
        superuser
            .for_migration()
            .execute_unprepared("CREATE ROLE too_free LOGIN BYPASSRLS")
            .await
            .unwrap();
        let owner = Database::connect(&app.urls.owner, 2).await.unwrap();
        let refused = owner.check_role().await.unwrap_err().to_string();
        assert!(refused.contains("owns the tables"), "{refused}");
        let url = app.urls.app.replace("hikitsugi_app", "too_free");
        let bypass = Database::connect(&url, 2).await.unwrap();
        let refused = bypass.check_role().await.unwrap_err().to_string();
        assert!(refused.contains("has BYPASSRLS"), "{refused}");
        for database in [superuser, owner, bypass] {
            database.close().await;
        }
        app
    });
}
