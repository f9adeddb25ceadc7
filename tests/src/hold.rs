//! Holding a company's log, so that changes stand still just before they commit: interleavings that do not rest on luck.

#![allow(clippy::disallowed_methods, reason = "what is held is held from outside the server")]

use std::time::Duration;

use api::platform::graphql::parse_any;
use sea_orm::{
    ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, Statement, TransactionTrait,
};
use serde_json::Value;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::app::TestApp;
use crate::client::Client;
use crate::company::Company;

/// How often it is looked whether somebody waits, and how many times.
const LOOKS: (Duration, u32) = (Duration::from_millis(10), 1_000);

/// A company whose changes wait before they commit (PostgreSQL).
pub struct Hold {
    outside: DatabaseConnection,
    held: DatabaseTransaction,
}

impl Hold {
    /// Holds the log of a company: the last thing that a change locks.
    pub async fn log_of(app: &TestApp, company: &Company) -> Self {
        Self::row(app, "tenant_clock", "tenant_id", company.id).await
    }

    /// Holds one account.
    pub async fn account(app: &TestApp, id: &Value) -> Self {
        let (_, id) = parse_any(id.as_str().unwrap()).unwrap();
        Self::row(app, "account", "id", id).await
    }

    /// All jobs are done first, so that none waits too.
    async fn row(app: &TestApp, table: &str, column: &str, id: Uuid) -> Self {
        app.drain().await;
        let outside = Database::connect(app.urls.superuser.as_deref().unwrap()).await.unwrap();
        let held = outside.begin().await.unwrap();
        let lock = format!("SELECT 1 FROM {table} WHERE {column} = '{id}' FOR UPDATE");
        held.execute_unprepared(&lock).await.unwrap();
        Self { outside, held }
    }

    /// Begins a change and comes back when so many wait, it among them.
    pub async fn begin(
        &self,
        waiting: i64,
        client: &Client,
        (field, input_type): (&'static str, &'static str),
        input: Value,
        selection: &'static str,
    ) -> JoinHandle<Value> {
        let client = client.clone();
        let change = tokio::spawn(async move { client.try_change(field, input_type, input, selection).await });
        self.waiting(waiting).await;
        change
    }

    /// Comes back when so many connections wait for a lock.
    pub async fn waiting(&self, count: i64) {
        let look = "SELECT count(*) AS waiting FROM pg_stat_activity \
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let mut waiting = 0;
        for _ in 0..LOOKS.1 {
            let row = self
                .outside
                .query_one_raw(Statement::from_string(DbBackend::Postgres, look))
                .await
                .unwrap();
            waiting = row.unwrap().try_get::<i64>("", "waiting").unwrap();
            if waiting == count {
                return;
            }
            tokio::time::sleep(LOOKS.0).await;
        }
        panic!("{waiting} wait and not {count}");
    }

    /// Changes something first, and then lets them all go on.
    pub async fn change(self, sql: &str) {
        self.held.execute_unprepared(sql).await.unwrap();
        self.held.commit().await.unwrap();
        self.outside.close().await.unwrap();
    }

    /// Lets them all go on.
    pub async fn release(self) {
        self.held.rollback().await.unwrap();
        self.outside.close().await.unwrap();
    }
}
