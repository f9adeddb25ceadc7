//! Connections to PostgreSQL that transactions run on: a pool for each thread that serves requests, and one for all other
//! threads. The answer to a statement then wakes the thread that waits for it and no other.
//!
//! sqlx's own pool asks a connection whether it lives each time it comes back, which is a round trip for each request. Here
//! one is asked when it is taken and has lain for a while.
//!
//! The message that ends a transaction begins the next of the same kind and tenant, ahead of whoever asks for it: a read
//! then costs no round trip but its own. Such a transaction has no snapshot and holds nothing, and is ended when nobody
//! asks for a while. Where one statement was all that was read, the transaction itself serves the next such read, and no message is
//! needed; whoever reads more ends it.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use deadpool::Runtime;
use deadpool::managed::{self, Metrics, Object, PoolError, QueueMode, RecycleError, RecycleResult, WeakPool};
use futures::FutureExt;
use parking_lot::{Mutex, RwLock};
use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::{self, AssertSqlSafe, Connection, Executor, PgConnection};
use sea_orm::{ConnAcquireErr, DbErr};
use uuid::Uuid;

use super::transaction::{Begin, Reading, driver};
use super::turns::{Prompt, Turn, Turns};

/// Fewer connections than this make no pool of their own: one slow statement would hold up its whole thread.
const FEWEST: u32 = 4;
/// A connection is waited for so long, until it is there and answers: then the service says that it is busy.
const WAIT: Duration = Duration::from_millis(1_500);
/// A statement that nobody waits for any more ends within so long, or its connection is given up.
const ANSWER: Duration = Duration::from_secs(5);
/// A connection that lay for longer is asked whether it lives before it is used, so that a restart of the database is not
/// felt once for each connection.
pub const IDLE_BEFORE_TEST: Duration = Duration::from_secs(1);
/// What was begun ahead ends when nobody has asked for so long, or twice that; and a transaction that has served glances for so long
/// is left to no other.
const AHEAD: Duration = Duration::from_millis(250);
/// A connection is used for no longer, so that what the server keeps for it does not grow for ever.
const OLDEST: Duration = Duration::from_secs(30 * 60);

/// A connection, and what is known of it.
#[derive(Debug)]
pub struct Link {
    /// The connection.
    pub connection: PgConnection,
    /// Something was sent on it, and its answer has not been read.
    pub is_busy: bool,
    /// What is open on it, as far as is known.
    pub open: Option<Open>,
    left: Instant,
}

/// A transaction that is open on a connection.
#[derive(Clone, Copy, Debug)]
pub struct Open {
    /// What it was begun for.
    pub begin: Begin,
    since: Instant,
}

/// A connection as it lies in the pool.
#[derive(Debug)]
pub struct Lying(Mutex<Link>);

impl Lying {
    /// Ends what was begun ahead and nobody asked for. False when it is not known what is open on the connection: it must not
    /// be used again.
    fn rest(&self) -> bool {
        let mut link = self.0.lock();
        if link.open.is_none() || link.left.elapsed() <= AHEAD {
            return true;
        }
        match link.send("ROLLBACK".to_owned()) {
            Sent::All => link.open = None,
            Sent::Nothing => {}
            Sent::Part | Sent::Failed => return false,
        }
        true
    }
}

/// A connection that was taken from a pool, and goes back to it.
pub struct Taken {
    link: Object<Opener>,
    /// The company's turn ends when the connection is back.
    _turn: Option<Box<Turn>>,
}

impl Taken {
    /// The connection.
    pub fn link(&mut self) -> &mut Link {
        self.link.0.get_mut()
    }

    /// Must not be used again.
    fn discard(self) {
        drop(Object::take(self.link));
    }
}

/// Opens connections.
#[derive(Debug)]
pub struct Opener {
    options: PgConnectOptions,
    planning: Planning,
}

/// How PostgreSQL plans statements that it has prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Planning {
    /// Once each, whatever the values. Requests send the same few statements again and again, and planning one anew takes
    /// longer than most take to run.
    Once,
    /// As it sees fit: jobs read much at a time, and values tell how much.
    AsItSeesFit,
}

/// Session-wide, and so not of one transaction: behind a pooler it may stay with a connection that a job uses next, for
/// which it is right as well, if not best.
const PLAN_ONCE: &str = "SET plan_cache_mode = force_generic_plan";

impl managed::Manager for Opener {
    type Type = Lying;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<Lying, sqlx::Error> {
        // Boxed: opening one is rare, and its room would be part of every request's.
        let mut connection = Box::pin(PgConnection::connect_with(&self.options)).await?;
        if self.planning == Planning::Once {
            Box::pin(connection.execute(PLAN_ONCE)).await?;
        }
        Ok(Lying(Mutex::new(Link {
            connection,
            is_busy: false,
            open: None,
            left: Instant::now(),
        })))
    }

    async fn recycle(&self, lying: &mut Lying, metrics: &Metrics) -> RecycleResult<sqlx::Error> {
        let link = lying.0.get_mut();
        if metrics.age() > OLDEST {
            return Err(RecycleError::message("it is old"));
        }
        // Whoever was to end what is open on it was given up himself.
        if link.is_busy {
            return Err(RecycleError::message("it was left in the middle of a statement"));
        }
        if link.left.elapsed() > IDLE_BEFORE_TEST {
            Box::pin(link.connection.ping()).await?;
        }
        Ok(())
    }
}

/// What became of a message for whose answer nobody waits.
#[derive(PartialEq, Eq)]
enum Sent {
    All,
    /// The database has not answered what was sent before.
    Nothing,
    /// The database does not take more at this moment: what is left goes before what is sent next.
    Part,
    /// The connection is of no use any more.
    Failed,
}

impl Link {
    /// This was begun on it.
    pub fn begun(&mut self, begin: Begin) {
        let since = Instant::now();
        self.open = Some(Open { begin, since });
    }

    /// Whether what is open, and was used, does for the next of this as well.
    fn goes_on(&self, next: Begin) -> bool {
        let is_glance = matches!(next, Begin::Read(Reading::Glance, _));
        is_glance
            && self
                .open
                .is_some_and(|open| open.begin == next && open.since.elapsed() < AHEAD)
    }

    /// Sends statements, and does not wait for the answer.
    fn send(&mut self, sql: String) -> Sent {
        // As long as an answer to what was sent before has not come, nothing would be.
        match self.connection.flush().now_or_never() {
            Some(Ok(())) => {}
            Some(Err(_)) => return Sent::Failed,
            None => return Sent::Nothing,
        }
        match self.connection.execute(AssertSqlSafe(sql)).now_or_never() {
            Some(Ok(_)) => Sent::All,
            Some(Err(_)) => Sent::Failed,
            None if self.connection.should_flush() => Sent::Part,
            None => Sent::All,
        }
    }
}

/// Gives a connection back. The transaction on it, if one was used, is rolled back, and the next like this begun.
/// Nobody waits for that: whoever takes the connection next finds the answer there.
pub fn give_back(mut taken: Taken, used: Option<Begin>) {
    let link = taken.link();
    link.left = Instant::now();
    if !link.is_busy {
        let Some(next) = used else { return };
        if link.goes_on(next) {
            return;
        }
        match link.send(format!("ROLLBACK; {}", next.sql())) {
            Sent::All => return link.begun(next),
            Sent::Failed => return taken.discard(),
            Sent::Nothing | Sent::Part => {}
        }
    }
    // In the middle of a statement, or the database does not take what is sent.
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) => {
            runtime.spawn(async move {
                // One that cannot even do this must not be used again.
                let link = taken.link();
                match tokio::time::timeout(ANSWER, link.connection.execute("ROLLBACK")).await {
                    Ok(Ok(_)) => {
                        link.is_busy = false;
                        link.open = None;
                    }
                    _ => taken.discard(),
                }
            });
        }
        Err(_) => taken.discard(),
    }
}

type Pool = managed::Pool<Opener>;

/// Ends what was begun ahead and nobody asked for, until the pool is closed.
async fn let_rest(pool: WeakPool<Opener>) {
    loop {
        tokio::time::sleep(AHEAD).await;
        match pool.upgrade() {
            Some(pool) if !pool.is_closed() => pool.retain(|lying, _| lying.rest()),
            _ => return,
        };
    }
}

/// A pool, and whose turn it is at its connections.
#[derive(Clone, Debug)]
struct Shared {
    pool: Pool,
    turns: Turns,
}

impl Shared {
    fn new(
        options: &PgConnectOptions,
        connections: u32,
        planning: Planning,
        prompt: &Arc<Prompt>,
    ) -> Result<Self, DbErr> {
        let connections = usize::try_from(connections).unwrap_or(usize::MAX).max(1);
        let options = options.clone();
        let pool = Pool::builder(Opener { options, planning })
            .max_size(connections)
            // The last one given back: the next request is most often of the same company.
            .queue_mode(QueueMode::Lifo)
            .recycle_timeout(Some(WAIT))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| DbErr::Custom(error.to_string()))?;
        tokio::spawn(let_rest(pool.weak()));
        Ok(Self {
            pool,
            turns: Turns::new(connections, Arc::clone(prompt)),
        })
    }

    async fn take(&self, tenant: Option<Uuid>) -> Result<Taken, DbErr> {
        let turn = self.turns.take(tenant).await?;
        let link = self.pool.get().await.map_err(|error| match error {
            PoolError::Backend(error) => DbErr::Conn(driver(error)),
            PoolError::Closed => DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed),
            PoolError::Timeout(_) => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
            error => DbErr::Custom(error.to_string()),
        })?;
        Ok(Taken { link, _turn: turn })
    }
}

/// What is waited for no longer than this, or there was no connection in time.
pub async fn within<T>(most: Duration, connecting: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
    let connected = tokio::time::timeout(most, connecting).await;
    connected.unwrap_or(Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)))
}

/// The pools of one process.
#[derive(Clone, Debug)]
pub struct ThreadPools {
    options: PgConnectOptions,
    /// For every other thread.
    shared: Shared,
    own: Arc<RwLock<HashMap<ThreadId, Shared>>>,
    /// What requests of all threads go by. The pool of all others has its own: nobody waits for jobs.
    prompt: Arc<Prompt>,
    /// Connections of each thread that serves requests; none when all share all.
    each: u32,
}

/// How many connections each of so many threads, and all others together, may have.
fn share(connections: u32, threads: usize) -> u32 {
    let parts = u32::try_from(threads).unwrap_or(u32::MAX).saturating_add(1);
    let each = connections / parts;
    if each < FEWEST { connections } else { each }
}

impl ThreadPools {
    /// So many connections, divided among so many threads that serve requests and all others together.
    pub fn new(options: PgConnectOptions, connections: u32, threads: usize) -> Result<Self, DbErr> {
        let share = share(connections, threads);
        Ok(Self {
            shared: Shared::new(&options, share, Planning::AsItSeesFit, &Arc::default())?,
            options,
            own: Arc::default(),
            prompt: Arc::default(),
            each: if share < connections { share } else { 0 },
        })
    }

    /// Gives the current thread a pool of its own.
    pub fn join(&self) {
        if self.each > 0
            && let Ok(pool) = Shared::new(&self.options, self.each, Planning::Once, &self.prompt)
        {
            self.own.write().insert(thread::current().id(), pool);
        }
    }

    fn here(&self) -> Shared {
        let own = self.own.read().get(&thread::current().id()).cloned();
        own.unwrap_or_else(|| self.shared.clone())
    }

    /// A connection of the current thread's, when it is this company's turn.
    pub async fn take(&self, tenant: Option<Uuid>) -> Result<Taken, DbErr> {
        within(WAIT, self.here().take(tenant)).await
    }

    /// The turns at the current thread's.
    pub fn turns(&self) -> Turns {
        self.here().turns
    }

    /// All of them.
    pub fn all(&self) -> Vec<Pool> {
        let own = self.own.read();
        own.values()
            .chain([&self.shared])
            .map(|shared| shared.pool.clone())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn connections_are_divided_when_each_gets_enough() {
        assert_eq!(share(16, 2), 5);
        assert_eq!(share(20, 4), 4);
        // Not enough for each: all share all.
        assert_eq!(share(16, 8), 16);
        assert_eq!(share(4, 1), 4);
        assert_eq!(share(2, 0), 2);
        assert_eq!(share(16, usize::MAX), 16);
    }
}
