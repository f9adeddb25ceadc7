//! A transaction. On PostgreSQL it begins with its mode and its tenant in one round trip, where sea-orm's own takes two,
//! and ends by itself without anybody waiting. On SQLite it is sea-orm's.
//!
//! A client that leaves drops its request at any await. Whatever was under way then on the connection, it goes back to
//! the pool behind a ROLLBACK only, so that nobody else's statements run inside what was left open.

use sea_orm::sea_query::Values;
use sea_orm::sqlx::pool::PoolConnection;
use sea_orm::sqlx::{self, AssertSqlSafe, Executor as _, PgPool, Postgres};
use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult,
    QueryResult, RuntimeErr, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use sea_query_sqlx::SqlxValues;
use tokio::sync::Mutex;

/// One, on either database. Dropped without [`commit`](Self::commit), nothing happened.
pub enum Transaction {
    /// Ours.
    Postgres(PostgresTransaction),
    /// sea-orm's.
    Sqlite(DatabaseTransaction),
}

impl Transaction {
    /// Begins one on PostgreSQL by these statements, BEGIN among them.
    pub async fn begin_postgres(pool: &PgPool, statements: String) -> Result<Self, DbErr> {
        Ok(Self::Postgres(PostgresTransaction::begin(pool, statements).await?))
    }

    /// Begins one on SQLite, in a task that is not given up with the request: dropped between BEGIN and its answer, the
    /// driver gives the connection back with the transaction open.
    pub async fn begin_sqlite(pool: &DatabaseConnection, mode: SqliteTransactionMode) -> Result<Self, DbErr> {
        let pool = pool.clone();
        let beginning = tokio::spawn(async move {
            pool.begin_with_options(TransactionOptions {
                isolation_level: None,
                access_mode: None,
                sqlite_transaction_mode: Some(mode),
            })
            .await
        });
        match beginning.await {
            Ok(begun) => Ok(Self::Sqlite(begun?)),
            Err(error) => Err(DbErr::Custom(error.to_string())),
        }
    }

    /// Makes it durable.
    pub async fn commit(self) -> Result<(), DbErr> {
        match self {
            Self::Postgres(transaction) => transaction.commit().await,
            Self::Sqlite(transaction) => transaction.commit().await,
        }
    }

    /// Ends one that only read: nothing is lost with it, so nobody waits.
    pub async fn end(self) -> Result<(), DbErr> {
        match self {
            Self::Postgres(transaction) => {
                drop(transaction);
                Ok(())
            }
            Self::Sqlite(transaction) => transaction.rollback().await,
        }
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Transaction {
    fn get_database_backend(&self) -> DbBackend {
        match self {
            Self::Postgres(_) => DbBackend::Postgres,
            Self::Sqlite(_) => DbBackend::Sqlite,
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match self {
            Self::Postgres(transaction) => {
                let mut connection = transaction.connection()?.lock().await;
                let done = connection.execute(query(statement)).await;
                done.map(Into::into).map_err(|error| DbErr::Exec(driver(error)))
            }
            Self::Sqlite(transaction) => transaction.execute_raw(statement).await,
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match self {
            Self::Postgres(transaction) => transaction.run(sql.to_owned()).await,
            Self::Sqlite(transaction) => transaction.execute_unprepared(sql).await,
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match self {
            Self::Postgres(transaction) => {
                let mut connection = transaction.connection()?.lock().await;
                let row = connection.fetch_optional(query(statement)).await;
                row.map(|row| row.map(Into::into))
                    .map_err(|error| DbErr::Query(driver(error)))
            }
            Self::Sqlite(transaction) => transaction.query_one_raw(statement).await,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match self {
            Self::Postgres(transaction) => {
                let mut connection = transaction.connection()?.lock().await;
                let rows = connection.fetch_all(query(statement)).await;
                rows.map(|rows| rows.into_iter().map(Into::into).collect())
                    .map_err(|error| DbErr::Query(driver(error)))
            }
            Self::Sqlite(transaction) => transaction.query_all_raw(statement).await,
        }
    }
}

/// Where a statement goes: straight to a pool, or into a transaction.
pub enum Executor<'a> {
    /// Its own transaction.
    Pool(&'a DatabaseConnection),
    /// Inside this one.
    Transaction(&'a Transaction),
}

#[async_trait::async_trait]
impl ConnectionTrait for Executor<'_> {
    fn get_database_backend(&self) -> DbBackend {
        match self {
            Self::Pool(pool) => pool.get_database_backend(),
            Self::Transaction(transaction) => transaction.get_database_backend(),
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match self {
            Self::Pool(pool) => pool.execute_raw(statement).await,
            Self::Transaction(transaction) => transaction.execute_raw(statement).await,
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match self {
            Self::Pool(pool) => pool.execute_unprepared(sql).await,
            Self::Transaction(transaction) => transaction.execute_unprepared(sql).await,
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match self {
            Self::Pool(pool) => pool.query_one_raw(statement).await,
            Self::Transaction(transaction) => transaction.query_one_raw(statement).await,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match self {
            Self::Pool(pool) => pool.query_all_raw(statement).await,
            Self::Transaction(transaction) => transaction.query_all_raw(statement).await,
        }
    }
}

/// One on PostgreSQL.
pub struct PostgresTransaction {
    /// Until it is dropped.
    connection: Option<Mutex<PoolConnection<Postgres>>>,
    is_open: bool,
}

impl PostgresTransaction {
    async fn begin(pool: &PgPool, statements: String) -> Result<Self, DbErr> {
        let connection = pool.acquire().await.map_err(|error| match error {
            sqlx::Error::PoolTimedOut => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
            sqlx::Error::PoolClosed => DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed),
            error => DbErr::Conn(driver(error)),
        })?;
        let transaction = Self {
            connection: Some(Mutex::new(connection)),
            is_open: true,
        };
        transaction.run(statements).await?;
        Ok(transaction)
    }

    async fn commit(mut self) -> Result<(), DbErr> {
        self.run("COMMIT".to_owned()).await?;
        self.is_open = false;
        Ok(())
    }

    async fn run(&self, statements: String) -> Result<ExecResult, DbErr> {
        let mut connection = self.connection()?.lock().await;
        let done = connection.execute(AssertSqlSafe(statements)).await;
        done.map(Into::into).map_err(|error| DbErr::Exec(driver(error)))
    }

    fn connection(&self) -> Result<&Mutex<PoolConnection<Postgres>>, DbErr> {
        let ended = || DbErr::Custom("the transaction has ended".into());
        self.connection.as_ref().ok_or_else(ended)
    }
}

impl Drop for PostgresTransaction {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take().filter(|_| self.is_open) else {
            return;
        };
        let mut connection = connection.into_inner();
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => {
                runtime.spawn(async move {
                    // A connection that cannot even do this must not be used again.
                    if connection.execute("ROLLBACK").await.is_err() {
                        connection.close_on_drop();
                    }
                });
            }
            Err(_) => connection.close_on_drop(),
        }
    }
}

fn query(statement: Statement) -> sqlx::query::Query<'static, Postgres, SqlxValues> {
    let values = statement.values.unwrap_or_else(|| Values(Vec::new()));
    sqlx::query_with(AssertSqlSafe(statement.sql), SqlxValues(values))
}

fn driver(error: sqlx::Error) -> RuntimeErr {
    RuntimeErr::SqlxError(error.into())
}
