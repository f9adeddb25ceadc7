//! A transaction. On PostgreSQL it begins with its mode and its tenant in one round trip, where sea-orm's own takes two,
//! and ends by itself without anybody waiting. On SQLite it is sea-orm's.
//!
//! A client that leaves drops its request at any await. Whatever was under way then on the connection, it goes back to
//! the pool behind a ROLLBACK only, so that nobody else's statements run inside what was left open; but for a glance that has its answer
//! ([`Reading::Glance`]), behind which the next may follow.

use sea_orm::sea_query::{Value, Values};
use sea_orm::sqlx::{self, AssertSqlSafe, Executor as _, PgConnection, Postgres};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr,
    SqliteTransactionMode, Statement, StatementBuilder, TransactionOptions, TransactionTrait,
};
use sea_query_sqlx::SqlxValues;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::pools::{Taken, give_back};
use super::turns::Turn;

/// How rows are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// All at one moment, that of the first statement: REPEATABLE READ.
    Snapshot,
    /// What one statement finds, which sees one moment by itself: READ COMMITTED. Such a transaction holds nothing between two
    /// statements but locks that only a change of tables waits for, so it need not end for the next to begin.
    Glance,
}

/// What a transaction on PostgreSQL is begun for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// Reading one tenant's rows.
    Read(Reading, Uuid),
    /// Changing one tenant's rows.
    Write(Uuid),
    /// Changing what belongs to no tenant.
    Global,
}

impl Begin {
    /// The statements, in one message: its mode, and the tenant that row-level security compares with. `LOCAL`, so that it
    /// cannot leak to the next user of the connection.
    pub fn sql(self) -> String {
        let (mode, tenant) = match self {
            Self::Read(Reading::Snapshot, tenant) => ("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", tenant),
            Self::Read(Reading::Glance, tenant) => ("BEGIN ISOLATION LEVEL READ COMMITTED, READ ONLY", tenant),
            Self::Write(tenant) => ("BEGIN", tenant),
            Self::Global => return "BEGIN".to_owned(),
        };
        // A Uuid prints as hex digits and hyphens only, so it needs no escaping.
        format!("{mode}; SET LOCAL hikitsugi.tenant_id = '{tenant}'")
    }

    /// Whether what was begun for this, and not used, does for the other.
    fn does_for(self, other: Self) -> bool {
        match (self, other) {
            (Self::Read(Reading::Snapshot, tenant), Self::Read(Reading::Glance, also)) => tenant == also,
            _ => self == other,
        }
    }
}

/// One, on either database. Dropped without [`commit`](Self::commit), nothing happened.
pub enum Transaction {
    /// Ours.
    Postgres(PostgresTransaction),
    /// sea-orm's, and the company's turn at it.
    Sqlite(DatabaseTransaction, Option<Box<Turn>>),
}

impl Transaction {
    /// Begins one on PostgreSQL.
    pub async fn begin_postgres(taken: Taken, begin: Begin) -> Result<Self, DbErr> {
        Ok(Self::Postgres(PostgresTransaction::begin(taken, begin).await?))
    }

    /// Begins one on SQLite, in a task that is not given up with the request: dropped between BEGIN and its answer, the
    /// driver gives the connection back with the transaction open. The turn lasts as long, whoever has gone.
    pub async fn begin_sqlite(
        pool: &DatabaseConnection,
        turn: Option<Box<Turn>>,
        mode: SqliteTransactionMode,
    ) -> Result<Self, DbErr> {
        let pool = pool.clone();
        let beginning = tokio::spawn(async move {
            let options = TransactionOptions {
                isolation_level: None,
                access_mode: None,
                sqlite_transaction_mode: Some(mode),
            };
            Ok(Self::Sqlite(pool.begin_with_options(options).await?, turn))
        });
        beginning
            .await
            .unwrap_or_else(|error| Err(DbErr::Custom(error.to_string())))
    }

    /// All rows of a statement that PostgreSQL plans anew, and keeps no plan for; SQLite plans so little that it need not.
    pub async fn query_all_planned_anew(&self, statement: &impl StatementBuilder) -> Result<Vec<QueryResult>, DbErr> {
        let statement = self.get_database_backend().build(statement);
        match self {
            Self::Postgres(transaction) => transaction.query_all(query(statement).persistent(false)).await,
            Self::Sqlite(transaction, _) => transaction.query_all_raw(statement).await,
        }
    }

    /// Makes it durable.
    pub async fn commit(self) -> Result<(), DbErr> {
        match self {
            Self::Postgres(transaction) => transaction.commit().await,
            Self::Sqlite(transaction, _turn) => transaction.commit().await,
        }
    }

    /// Ends one that only read: nothing is lost with it, so nobody waits.
    pub async fn end(self) -> Result<(), DbErr> {
        match self {
            Self::Postgres(transaction) => {
                drop(transaction);
                Ok(())
            }
            Self::Sqlite(transaction, _turn) => transaction.rollback().await,
        }
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Transaction {
    fn get_database_backend(&self) -> DbBackend {
        match self {
            Self::Postgres(_) => DbBackend::Postgres,
            Self::Sqlite(..) => DbBackend::Sqlite,
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match self {
            Self::Postgres(transaction) => {
                let done = transaction
                    .on(async |connection| connection.execute(query(statement)).await)
                    .await;
                done.map(Into::into).map_err(|error| DbErr::Exec(driver(error)))
            }
            Self::Sqlite(transaction, _) => transaction.execute_raw(statement).await,
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match self {
            Self::Postgres(transaction) => transaction.run(sql.to_owned()).await,
            Self::Sqlite(transaction, _) => transaction.execute_unprepared(sql).await,
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match self {
            Self::Postgres(transaction) => {
                let row = transaction
                    .on(async |connection| connection.fetch_optional(query(statement)).await)
                    .await;
                row.map(|row| row.map(Into::into))
                    .map_err(|error| DbErr::Query(driver(error)))
            }
            Self::Sqlite(transaction, _) => transaction.query_one_raw(statement).await,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match self {
            Self::Postgres(transaction) => transaction.query_all(query(statement)).await,
            Self::Sqlite(transaction, _) => transaction.query_all_raw(statement).await,
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
    link: Option<Mutex<Taken>>,
    /// What it was begun for when its connection was taken.
    first: Begin,
    /// What is open on the connection was begun for whoever takes it next.
    is_done: bool,
}

impl PostgresTransaction {
    async fn begin(mut taken: Taken, begin: Begin) -> Result<Self, DbErr> {
        let open = taken.link().open.map(|open| open.begin);
        let mut transaction = Self {
            link: Some(Mutex::new(taken)),
            first: begin,
            is_done: false,
        };
        match open {
            Some(open) if open.does_for(begin) => {}
            Some(_) => transaction.go_on("ROLLBACK", begin).await?,
            None => transaction.send_begin(begin.sql(), begin).await?,
        }
        Ok(transaction)
    }

    /// With the next like it begun ahead.
    async fn commit(mut self) -> Result<(), DbErr> {
        self.go_on("COMMIT", self.first).await?;
        self.is_done = true;
        Ok(())
    }

    /// Ends what is open by this statement and begins the next on the same connection: one round trip.
    pub async fn go_on(&mut self, end: &str, begin: Begin) -> Result<(), DbErr> {
        self.send_begin(format!("{end}; {}", begin.sql()), begin).await
    }

    /// Sends statements of which the last begins this.
    async fn send_begin(&mut self, sql: String, begin: Begin) -> Result<(), DbErr> {
        self.run(sql).await?;
        if let Some(link) = &mut self.link {
            link.get_mut().link().begun(begin);
        }
        Ok(())
    }

    async fn run(&self, sql: String) -> Result<ExecResult, DbErr> {
        let done = self
            .on(async |connection: &mut PgConnection| connection.execute(AssertSqlSafe(sql)).await)
            .await;
        done.map(Into::into).map_err(|error| DbErr::Exec(driver(error)))
    }

    async fn query_all(
        &self,
        query: sqlx::query::Query<'static, Postgres, SqlxValues>,
    ) -> Result<Vec<QueryResult>, DbErr> {
        let rows = self.on(async |connection| connection.fetch_all(query).await).await;
        rows.map(|rows| rows.into_iter().map(Into::into).collect())
            .map_err(|error| DbErr::Query(driver(error)))
    }

    /// Does this on the connection, which is busy until it is done: given up in the middle, it stays so, and after an error,
    /// because the database says that it is ready for the next statement only later.
    async fn on<T>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, sqlx::Error> {
        let link = self.link.as_ref().ok_or(sqlx::Error::PoolClosed)?;
        let mut taken = link.lock().await;
        let link = taken.link();
        link.is_busy = true;
        let done = work(&mut link.connection).await;
        link.is_busy = done.is_err();
        done
    }
}

impl Drop for PostgresTransaction {
    fn drop(&mut self) {
        if let Some(link) = self.link.take() {
            // What is asked next is most often what was asked last.
            give_back(link.into_inner(), (!self.is_done).then_some(self.first));
        }
    }
}

fn query(statement: Statement) -> sqlx::query::Query<'static, Postgres, SqlxValues> {
    let mut sql = statement.sql;
    let mut values = statement.values.unwrap_or_else(|| Values(Vec::new()));
    write_limit(&mut sql, &mut values);
    sqlx::query_with(AssertSqlSafe(sql), SqlxValues(values))
}

/// Writes the limit at the end of a statement as a number. A plan for any parameter is one for a tenth of the table: read
/// otherwise than a page is, and planned anew each time where PostgreSQL may choose.
fn write_limit(sql: &mut String, values: &mut Values) {
    let Some(Value::BigUnsigned(Some(limit))) = values.0.last() else {
        return;
    };
    let limit = limit.to_string();
    if let Some(rest) = sql.strip_suffix(&format!("LIMIT ${}", values.0.len())) {
        sql.truncate(rest.len());
        sql.push_str("LIMIT ");
        sql.push_str(&limit);
        values.0.pop();
    }
}

pub(super) fn driver(error: sqlx::Error) -> RuntimeErr {
    RuntimeErr::SqlxError(error.into())
}

#[cfg(test)]
mod tests {
    use sea_orm::sea_query::Values;

    use super::write_limit;

    #[test]
    fn a_limit_at_the_end_is_written_out_and_nothing_else() {
        let written = |sql: &str, values: Vec<sea_orm::Value>| {
            let (mut sql, mut values) = (sql.to_owned(), Values(values));
            write_limit(&mut sql, &mut values);
            (sql, values.0.len())
        };
        let limit = || vec![7_i64.into(), 51_u64.into()];
        assert_eq!(written("… = $1 LIMIT $2", limit()), ("… = $1 LIMIT 51".to_owned(), 1));
        for other in ["… = $1 AND b = $2", "… LIMIT $2 FOR UPDATE", "… LIMIT $12"] {
            assert_eq!(written(other, limit()), (other.to_owned(), 2));
        }
        assert_eq!(written("… LIMIT $1", vec![7_i64.into()]).1, 1);
    }
}
