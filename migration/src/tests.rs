//! The tables on SQLite. What holds on PostgreSQL only is tried in `tests/it/walls.rs`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use domain::account::Lifecycle;
use domain::activity::StartedBy;
use domain::handover::Status;
use domain::policy::{DocumentMode, Visibility};
use sea_orm_migration::sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};

use super::*;

const NOW: &str = "'2026-01-01 00:00:00+00:00'";
const DAY: &str = "'2026-01-01'";

/// Two tenants, `a` and `b`, each with a member and an account of these names.
async fn database() -> DatabaseConnection {
    let db = Database::connect("sqlite::memory:").await.unwrap();
    db.execute_unprepared("PRAGMA foreign_keys = ON").await.unwrap();
    Migrator::up(&db, None).await.unwrap();
    for id in ["'a'", "'b'"] {
        add(&db, "app_user", &[("id", id), ("email", id)]).await.unwrap();
        add(&db, "tenant", &[("id", id)]).await.unwrap();
        let member = [("tenant_id", id), ("id", id), ("user_id", id)];
        add(&db, "member", &member).await.unwrap();
        let account = [("tenant_id", id), ("id", id), ("owner_id", id)];
        add(&db, "account", &account).await.unwrap();
    }
    db
}

/// Adds a row: the columns given, and something harmless in the others that must not be empty.
async fn add(db: &DatabaseConnection, table: &str, given: &[(&str, &str)]) -> Result<(), String> {
    let info = format!("SELECT name, type FROM pragma_table_info('{table}') WHERE \"notnull\" = 1");
    let mut row: Vec<(String, String)> = Vec::new();
    for column in rows(db, &info).await {
        let (name, kind): (String, String) = (column.try_get_by_index(0).unwrap(), column.try_get_by_index(1).unwrap());
        let value = match (name.as_str(), kind.to_lowercase()) {
            ("lifecycle", _) => "'PROSPECT'",
            ("account_visibility", _) => "'EVERYONE'",
            ("started_by", _) => "'US'",
            ("status", _) => "'PLANNED'",
            (_, kind) if kind.contains("int") => "1",
            (_, kind) if kind.contains("time") => NOW,
            (_, kind) if kind.contains("date") => DAY,
            (_, kind) if kind.contains("json") => "'{}'",
            (_, kind) if kind.contains("bool") => "0",
            _ => "''",
        };
        row.push((name, value.to_owned()));
    }
    row.retain(|(name, _)| !given.iter().any(|(column, _)| column == name));
    row.extend(
        given
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    let (names, values): (Vec<_>, Vec<_>) = row.into_iter().unzip();
    let insert = format!(
        "INSERT INTO {table} ({}) VALUES ({})",
        names.join(", "),
        values.join(", ")
    );
    db.execute_unprepared(&insert)
        .await
        .map(drop)
        .map_err(|error| error.to_string())
}

async fn rows(db: &DatabaseConnection, sql: &str) -> Vec<sea_orm_migration::sea_orm::QueryResult> {
    db.query_all_raw(Statement::from_string(DbBackend::Sqlite, sql))
        .await
        .unwrap()
}

async fn texts(db: &DatabaseConnection, sql: &str) -> Vec<String> {
    rows(db, sql)
        .await
        .iter()
        .map(|row| row.try_get_by_index(0).unwrap())
        .collect()
}

async fn tables(db: &DatabaseConnection) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
               AND name <> 'seaql_migrations' ORDER BY name";
    texts(db, sql).await
}

fn listed() -> Vec<&'static str> {
    let mut listed: Vec<&str> = entity::TENANT_TABLES.to_vec();
    listed.extend(entity::GLOBAL_TABLES);
    listed.sort_unstable();
    listed
}

fn refused(result: Result<(), String>, why: &str) {
    let error = result.unwrap_err();
    assert!(error.contains(why), "{error}");
}

#[tokio::test]
async fn every_table_is_listed_and_goes_away_again_with_its_rows() {
    let db = database().await;
    assert_eq!(tables(&db).await, listed());
    // Rows that refer to rows of their own table.
    db.execute_unprepared("UPDATE member SET manager_id = id; UPDATE account SET merged_into_id = id")
        .await
        .unwrap();
    Migrator::down(&db, None).await.unwrap();
    assert_eq!(tables(&db).await, Vec::<String>::new());
    Migrator::up(&db, None).await.unwrap();
    assert_eq!(tables(&db).await, listed());
}

#[tokio::test]
async fn every_key_of_a_tenant_table_carries_the_tenant() {
    let db = database().await;
    for table in entity::TENANT_TABLES {
        let key = format!("SELECT name FROM pragma_table_info('{table}') WHERE pk = 1");
        assert_eq!(texts(&db, &key).await, ["tenant_id"], "{table}");
        // One row a reference, with its columns; those to global tables have one column.
        let references = format!(
            "SELECT \"table\" || ' ' || group_concat(\"from\" || '=' || \"to\") || ' ' || on_delete || ' ' || count(*) \
             FROM pragma_foreign_key_list('{table}') GROUP BY id"
        );
        let references = texts(&db, &references).await;
        assert!(!references.is_empty(), "{table}");
        for reference in references {
            let (target, rest) = reference.split_once(' ').unwrap();
            assert!(rest.contains(" RESTRICT "), "{table}: {reference}");
            let is_global = entity::GLOBAL_TABLES.contains(&target);
            assert_eq!(rest.contains("tenant_id=tenant_id"), !is_global, "{table}: {reference}");
            assert!(
                rest.ends_with(if is_global { " 1" } else { " 2" }),
                "{table}: {reference}"
            );
        }
        let indexes = format!(
            "SELECT i.name FROM pragma_index_list('{table}') i JOIN pragma_index_info(i.name) c ON c.seqno = 0 \
             WHERE c.name <> 'tenant_id'"
        );
        assert_eq!(texts(&db, &indexes).await, Vec::<String>::new(), "{table}");
    }
}

#[tokio::test]
async fn a_row_cannot_refer_to_another_tenants() {
    let db = database().await;
    let gram = |tenant| {
        [
            ("tenant_id", tenant),
            ("gram", "'x'"),
            ("sort_key", "'x'"),
            ("account_id", "'a'"),
        ]
    };
    refused(add(&db, "account_gram", &gram("'b'")).await, "FOREIGN KEY");
    add(&db, "account_gram", &gram("'a'")).await.unwrap();
    let team = |tenant, member| {
        [
            ("tenant_id", tenant),
            ("id", "'t'"),
            ("account_id", "'a'"),
            ("member_id", member),
        ]
    };
    refused(add(&db, "account_team", &team("'b'", "'b'")).await, "FOREIGN KEY");
    refused(add(&db, "account_team", &team("'a'", "'b'")).await, "FOREIGN KEY");
    add(&db, "account_team", &team("'a'", "'a'")).await.unwrap();
    let moved = db.execute_unprepared("UPDATE account_team SET tenant_id = 'b'").await;
    refused(moved.map(drop).map_err(|error| error.to_string()), "FOREIGN KEY");
    let deleted = db.execute_unprepared("DELETE FROM account WHERE id = 'a'").await;
    refused(deleted.map(drop).map_err(|error| error.to_string()), "FOREIGN KEY");
}

#[tokio::test]
async fn an_account_has_one_owner_and_one_open_handover() {
    let db = database().await;
    let ownership = |id, ends_at| {
        [
            ("tenant_id", "'a'"),
            ("id", id),
            ("account_id", "'a'"),
            ("member_id", "'a'"),
            ("ends_at", ends_at),
        ]
    };
    add(&db, "ownership", &ownership("'1'", NOW)).await.unwrap();
    add(&db, "ownership", &ownership("'2'", NOW)).await.unwrap();
    add(&db, "ownership", &ownership("'3'", "NULL")).await.unwrap();
    refused(add(&db, "ownership", &ownership("'4'", "NULL")).await, "UNIQUE");
    let handover = async |id: usize, status: Status| {
        let (id, status) = (format!("'{id}'"), format!("'{status}'"));
        let row = [
            ("tenant_id", "'a'"),
            ("id", id.as_str()),
            ("account_id", "'a'"),
            ("from_member_id", "'a'"),
            ("to_member_id", "'a'"),
            ("status", status.as_str()),
        ];
        add(&db, "handover", &row).await
    };
    handover(0, Status::Planned).await.unwrap();
    for (id, status) in (1..).zip(Status::ALL) {
        let added = handover(id, *status).await;
        if status.is_final() {
            added.unwrap();
        } else {
            refused(added, "UNIQUE");
        }
    }
}

/// A variant that is added to one of these enums needs a migration that widens the check.
#[tokio::test]
async fn checks_allow_what_the_domain_knows() {
    fn names<T: Copy + ToString>(all: &[T]) -> String {
        all.iter()
            .map(|name| format!("'{}'", name.to_string()))
            .collect::<Vec<_>>()
            .join(", ")
    }
    let db = database().await;
    for (table, column, allowed) in [
        ("account", "lifecycle", names(Lifecycle::ALL)),
        ("activity", "started_by", names(StartedBy::ALL)),
        ("api_client", "document_mode", names(DocumentMode::ALL)),
        ("handover", "status", names(Status::ALL)),
        ("tenant", "account_visibility", names(Visibility::ALL)),
    ] {
        let sql = texts(&db, &format!("SELECT sql FROM sqlite_master WHERE name = '{table}'")).await;
        let check = format!("{column} IN ({allowed})");
        assert!(sql[0].contains(&check), "{table}: {check}");
    }
    let contact = |say| [("tenant_id", "'a'"), ("id", say), ("account_id", "'a'"), ("say", say)];
    for (say, fits) in [("-1", false), ("0", true), ("100", true), ("101", false)] {
        assert_eq!(add(&db, "contact", &contact(say)).await.is_ok(), fits, "{say}");
    }
    refused(
        add(
            &db,
            "account",
            &[
                ("tenant_id", "'a'"),
                ("id", "'c'"),
                ("owner_id", "'a'"),
                ("lifecycle", "'ODD'"),
            ],
        )
        .await,
        "CHECK",
    );
}
