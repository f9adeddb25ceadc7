//! Connections: opening them, and refusing to serve with too much power.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::Connection as _;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, SqliteTransactionMode, Statement,
};
use uuid::Uuid;

use super::pools::{IDLE_BEFORE_TEST, ThreadPools, within};
use super::transaction::{Begin, Reading, Transaction};
use super::turns::Turns;
use super::{GlobalDb, GlobalTx, Tally, TenantDb};

/// Why a connection is too powerful to serve with.
#[derive(Debug, thiserror::Error)]
pub enum SafetyError {
    /// Row-level security would not hold for this role.
    #[error(
        "the database role \"{role}\" {why}, so row-level security would not hold. \
         Give DATABASE_URL the application's role and keep the owner's URL in DATABASE_OWNER_URL for `hikitsugi migrate`"
    )]
    TooPowerful {
        /// The role that was used to sign in.
        role: String,
        /// What makes it too powerful.
        why: &'static str,
    },
    /// The check itself failed.
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// How a pool of connections stands at this moment.
#[derive(Clone, Copy, Debug)]
pub struct PoolState {
    /// What it is for.
    pub name: &'static str,
    /// Open connections.
    pub size: u32,
    /// Those of them that nobody uses.
    pub idle: u32,
    /// As many as there may be.
    pub max: u32,
}

impl PoolState {
    fn new(name: &'static str, size: u32, idle: usize, max: u32) -> Self {
        Self {
            name,
            size,
            idle: u32::try_from(idle).unwrap_or(u32::MAX),
            max,
        }
    }
}

/// The one writer of SQLite is waited for so long: whoever writes stands in a line, and it moves.
const TURN_TIMEOUT: Duration = Duration::from_secs(30);
/// A connection is waited for so long: of SQLite for reading, of PostgreSQL outside of transactions.
const ACQUIRE_TIMEOUT: Duration = Duration::from_millis(1_500);

/// The pools of one process: on SQLite one writer and several readers; on PostgreSQL those that transactions run on, and a
/// small one for what runs outside of them.
#[derive(Clone, Debug)]
pub struct Database {
    read: DatabaseConnection,
    write: DatabaseConnection,
    transactions: Transactions,
}

/// Where transactions begin.
#[derive(Clone, Debug)]
enum Transactions {
    Postgres(Box<ThreadPools>),
    /// On the pools of everything else, by turns of the companies.
    Sqlite {
        reading: Turns,
        writing: Turns,
    },
}

impl Database {
    /// Opens `url` (`sqlite://…` or `postgres://…`) with at most `max_connections` connections.
    pub async fn connect(url: &str, max_connections: u32) -> Result<Self, DbErr> {
        Self::connect_for(url, max_connections, 0).await
    }

    /// The same for so many threads that serve requests: see [`Database::serve_here`].
    pub async fn connect_for(url: &str, max_connections: u32, threads: usize) -> Result<Self, DbErr> {
        if url.starts_with("sqlite:") {
            let write = sea_orm::Database::connect(sqlite_options(url, 1, TURN_TIMEOUT)).await?;
            let read = sea_orm::Database::connect(sqlite_options(url, max_connections, ACQUIRE_TIMEOUT)).await?;
            let readers = usize::try_from(max_connections).unwrap_or(usize::MAX);
            let prompt = Arc::default();
            return Ok(Self {
                read,
                write,
                transactions: Transactions::Sqlite {
                    reading: Turns::new(readers, Arc::clone(&prompt)),
                    writing: Turns::new(1, prompt),
                },
            });
        }
        // Requests and jobs run in transactions; what is read and written outside of them is little.
        let outside = max_connections.div_ceil(8);
        let mut options = ConnectOptions::new(url);
        options
            .max_connections(outside)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire_if_idle_for(IDLE_BEFORE_TEST)
            .sqlx_logging(false);
        let pool = sea_orm::Database::connect(options).await?;
        let options = pool.get_postgres_connection_pool().connect_options();
        let inside = max_connections.saturating_sub(outside).max(1);
        let pools = ThreadPools::new(options.as_ref().clone(), inside, threads)?;
        Ok(Self {
            read: pool.clone(),
            write: pool,
            transactions: Transactions::Postgres(Box::new(pools)),
        })
    }

    /// From here on this thread serves requests, and has connections of its own if there are enough.
    pub fn serve_here(&self) {
        if let Transactions::Postgres(threads) = &self.transactions {
            threads.join();
        }
    }

    /// The kind of database behind this.
    pub fn backend(&self) -> DbBackend {
        self.read.get_database_backend()
    }

    /// The connection that migrations run on.
    pub fn for_migration(&self) -> &DatabaseConnection {
        &self.write
    }

    /// How many migrations the database still lacks.
    pub async fn missing_migrations(&self) -> Result<usize, DbErr> {
        use migration::{Migrator, MigratorTrait};
        Ok(Migrator::get_pending_migrations_read_only(&self.read).await?.len())
    }

    /// Lets SQLite look at how the tables have grown, so that it chooses indexes by their use; PostgreSQL does it itself.
    pub async fn refresh_statistics(&self) -> Result<(), DbErr> {
        if self.backend() == DbBackend::Sqlite {
            // 0x10002: every table that changed much, at most so many rows of each.
            self.write.execute_unprepared("PRAGMA optimize = 0x10002").await?;
        }
        Ok(())
    }

    /// How the pools stand.
    pub fn pools(&self) -> Vec<PoolState> {
        match &self.transactions {
            Transactions::Postgres(threads) => {
                let outside = self.read.get_postgres_connection_pool();
                let pools = threads.all();
                let stand = || pools.iter().map(deadpool::managed::Pool::status);
                let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
                let size = outside.size() + count(stand().map(|pool| pool.size).sum());
                let idle = outside.num_idle() + stand().map(|pool| pool.available).sum::<usize>();
                let max = outside.options().get_max_connections() + count(stand().map(|pool| pool.max_size).sum());
                vec![PoolState::new("shared", size, idle, max)]
            }
            Transactions::Sqlite { .. } => [("read", &self.read), ("write", &self.write)]
                .into_iter()
                .map(|(name, connection)| {
                    let pool = connection.get_sqlite_connection_pool();
                    PoolState::new(name, pool.size(), pool.num_idle(), pool.options().get_max_connections())
                })
                .collect(),
        }
    }

    /// Closes every connection.
    pub async fn close(&self) {
        if let Transactions::Postgres(threads) = &self.transactions {
            threads.all().iter().for_each(deadpool::managed::Pool::close);
        }
        for pool in [&self.read, &self.write] {
            if let Err(error) = pool.close_by_ref().await {
                tracing::warn!(%error, "closing a connection pool failed");
            }
        }
    }

    /// Refuses a PostgreSQL role for which row-level security would not hold: a superuser, one with BYPASSRLS, or the
    /// owner of the tables.
    pub async fn check_role(&self) -> Result<(), SafetyError> {
        if self.backend() != DbBackend::Postgres {
            return Ok(());
        }
        let row = self
            .read
            .query_one_raw(Statement::from_string(
                DbBackend::Postgres,
                "SELECT current_user::text AS role, rolsuper, rolbypassrls, \
                 EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                         WHERE n.nspname = current_schema() AND c.relkind = 'r' \
                           AND pg_has_role(current_user, c.relowner, 'MEMBER')) AS owns \
                 FROM pg_roles WHERE rolname = current_user",
            ))
            .await?
            .ok_or_else(|| DbErr::RecordNotFound("the current role".into()))?;
        let role: String = row.try_get("", "role")?;
        let why = if row.try_get("", "rolsuper")? {
            "is a superuser"
        } else if row.try_get("", "rolbypassrls")? {
            "has BYPASSRLS"
        } else if row.try_get("", "owns")? {
            "owns the tables"
        } else {
            return Ok(());
        };
        Err(SafetyError::TooPowerful { role, why })
    }

    /// A handle on the global tables, outside any transaction.
    pub fn global(&self, tally: &Arc<Tally>) -> GlobalDb<'_> {
        GlobalDb::pooled(&self.read, &self.write, Arc::clone(tally))
    }

    /// A write transaction on the global tables alone.
    pub async fn global_tx(&self, tally: &Arc<Tally>) -> Result<GlobalTx, DbErr> {
        Ok(GlobalTx::new(self.begin_write(None).await?, Arc::clone(tally)))
    }

    /// A read transaction scoped to one tenant: one snapshot for everything that is read through it.
    pub async fn tenant_read(&self, tenant: Uuid, tally: &Arc<Tally>) -> Result<TenantDb, DbErr> {
        self.tenant_read_as(Reading::Snapshot, tenant, tally).await
    }

    /// A read transaction scoped to one tenant. On SQLite it always has a snapshot.
    pub async fn tenant_read_as(&self, reading: Reading, tenant: Uuid, tally: &Arc<Tally>) -> Result<TenantDb, DbErr> {
        let tx = match &self.transactions {
            Transactions::Postgres(threads) => {
                let begin = Begin::Read(reading, tenant);
                Transaction::begin_postgres(threads.take(Some(tenant)).await?, begin).await?
            }
            Transactions::Sqlite { reading, .. } => {
                let begin = begin_sqlite(&self.read, SqliteTransactionMode::Deferred, reading, Some(tenant));
                within(ACQUIRE_TIMEOUT, begin).await?
            }
        };
        Ok(TenantDb::new(tenant, tx, Arc::clone(tally)))
    }

    /// Lets other companies go first: for what of this one has stood in a line of another kind before it begins. Whether one of
    /// them has asked for something just now.
    pub async fn let_others_go(&self, tenant: Uuid) -> bool {
        match &self.transactions {
            Transactions::Postgres(threads) => threads.turns().let_others_go(tenant).await,
            Transactions::Sqlite { writing, .. } => writing.let_others_go(tenant).await,
        }
    }

    /// A write transaction scoped to one tenant. What was read through `reading` is done with, and its connection is
    /// used where that spares a round trip.
    pub(super) async fn tenant_write(
        &self,
        tenant: Uuid,
        tally: &Arc<Tally>,
        reading: Option<TenantDb>,
    ) -> Result<TenantDb, DbErr> {
        let tx = match reading.map(|db| db.tx) {
            Some(Transaction::Postgres(mut tx)) => {
                tx.go_on("ROLLBACK", Begin::Write(tenant)).await?;
                Transaction::Postgres(tx)
            }
            reading => {
                if let Some(reading) = reading {
                    reading.end().await?;
                }
                self.begin_write(Some(tenant)).await?
            }
        };
        Ok(TenantDb::new(tenant, tx, Arc::clone(tally)))
    }

    async fn begin_write(&self, tenant: Option<Uuid>) -> Result<Transaction, DbErr> {
        match &self.transactions {
            Transactions::Postgres(threads) => {
                let begin = tenant.map_or(Begin::Global, Begin::Write);
                Transaction::begin_postgres(threads.take(tenant).await?, begin).await
            }
            // A deferred transaction that reads and then writes is refused under concurrency.
            Transactions::Sqlite { writing, .. } => {
                let begin = begin_sqlite(&self.write, SqliteTransactionMode::Immediate, writing, tenant);
                within(TURN_TIMEOUT, begin).await
            }
        }
    }
}

async fn begin_sqlite(
    pool: &DatabaseConnection,
    mode: SqliteTransactionMode,
    turns: &Turns,
    tenant: Option<Uuid>,
) -> Result<Transaction, DbErr> {
    Transaction::begin_sqlite(pool, turns.take(tenant).await?, mode).await
}

fn sqlite_options(url: &str, max_connections: u32, acquire_timeout: Duration) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(max_connections)
        .acquire_timeout(acquire_timeout)
        .test_before_acquire(false)
        // On a full disk SQLite rolls back by itself, and the driver, which cannot do so again, believes for good that a
        // transaction is open: what is written through this connection afterwards would never be committed.
        .map_sqlx_sqlite_before_acquire(|connection, _| Box::pin(async { Ok(!connection.is_in_transaction()) }))
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(|options| {
            options
                .create_if_missing(true)
                .foreign_keys(true)
                .journal_mode(SqliteJournalMode::Wal)
                // FULL: what is acknowledged survives a power cut, not only a crash of the process.
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(Duration::from_secs(30))
        });
    options
}
