//! The process: one [`App`], built the same way by `main` and by the tests.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{HttpServer, web};
use chrono::{DateTime, Duration, DurationRound, NaiveDate, Utc};
use socket2::SockRef;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Semaphore, watch};

use crate::activities::Recordings;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::platform::auth::{Courier, KeyRing, Leases, Passwords, Secret, Throttle, Tokens};
use crate::platform::documents::Documents;
use crate::platform::events::Announcer;
use crate::platform::http::{self, SignedPages, UploadSink};
use crate::platform::jobs::Health;
use crate::platform::operation::{Buckets, CostTable, Engine, Parsed};
use crate::platform::telemetry::Metrics;
use crate::platform::tenancy::Database;
use crate::{briefings, imports, jobs, schema};

/// What all requests of a process share.
pub struct App {
    /// Settings, checked.
    pub config: Config,
    /// The pools.
    pub database: Database,
    /// What time it is.
    pub clock: Clock,
    /// Keys derived from the operator's secret.
    pub secret: Secret,
    /// The live signing keys.
    pub keys: KeyRing,
    /// Signs and verifies access tokens.
    pub tokens: Tokens,
    /// Callers that were looked up a moment ago.
    pub leases: Leases,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// Slows guessing.
    pub throttle: Throttle,
    /// Takes links to people.
    pub courier: Courier,
    /// Wakes the readers of the event log.
    pub announcer: Announcer,
    /// The texts of persisted operations.
    pub documents: Documents,
    /// Documents that were read before.
    pub parsed: Parsed,
    /// The schema.
    pub engine: Box<dyn Engine>,
    /// What its fields cost.
    pub costs: CostTable,
    /// How much each client may ask for.
    pub buckets: Buckets,
    /// One permit for each open socket or stream.
    pub streams: Arc<Semaphore>,
    /// One permit for each import that this process drives.
    pub imports: Arc<Semaphore>,
    /// Activities that are recorded at the same moment.
    pub recordings: Recordings,
    /// Whether the process is about to stop.
    pub closing: Closing,
    /// Keeps uploaded files.
    pub uploads: Box<dyn UploadSink>,
    /// Opens signed links.
    pub pages: Box<dyn SignedPages>,
    /// What is counted and timed.
    pub metrics: Metrics,
    /// How the jobs do.
    pub jobs: Health,
}

impl App {
    /// Builds the process's parts over an open, migrated database.
    pub async fn build(config: Config, database: Database, courier: Courier) -> Result<Arc<Self>> {
        let secret = Secret::new(&config.secret)?;
        let clock = Clock::new(config.as_of);
        let keys = KeyRing::default();
        keys.maintain(&database.global(&Arc::default()), &secret, clock.now())
            .await?;
        let engine = schema::Executor::build();
        Ok(Arc::new(Self {
            tokens: Tokens::new(&config.public_url, keys.clone()),
            leases: Leases::default(),
            passwords: Passwords::new()?,
            throttle: Throttle::new(),
            announcer: Announcer::new(),
            costs: CostTable::of_schema(&engine.sdl()).map_err(Error::internal)?,
            buckets: Buckets::new(config.cost_bucket, config.cost_restored_per_second),
            documents: Documents::new(),
            parsed: Parsed::default(),
            engine: Box::new(engine),
            streams: Arc::new(Semaphore::new(config.max_streams)),
            imports: Arc::new(Semaphore::new(IMPORTS)),
            recordings: Recordings::default(),
            closing: Closing::default(),
            uploads: Box::new(imports::Uploads),
            pages: Box::new(briefings::BriefingPages),
            metrics: Metrics::new().map_err(Error::internal)?,
            jobs: Health::default(),
            config,
            database,
            clock,
            secret,
            keys,
            courier,
        }))
    }

    /// Serves on `listener` until the server is stopped, with the jobs beside it until then.
    pub fn serve(self: &Arc<Self>, listener: TcpListener) -> std::io::Result<Server> {
        let app = Arc::clone(self);
        let workers = self.config.http_threads();
        let running = jobs::start(self);
        let server = HttpServer::new(move || {
            // The server drops this closure when it has stopped, and the jobs stop with it.
            let _ = &running;
            app.database.serve_here();
            actix_web::App::new()
                .wrap(from_fn(http::last_answers))
                .wrap(http::cors(&app.config.cors_origins))
                .app_data(web::Data::from(Arc::clone(&app)))
                .configure(http::configure)
        })
        .workers(workers)
        // A head must have come by then; bodies and operations have times of their own.
        .client_request_timeout(HEAD_TIMEOUT)
        .keep_alive(KEEP_ALIVE)
        .max_connections(self.config.max_connections.div_ceil(workers))
        .on_connect(give_up_on_the_silent)
        .shutdown_timeout(8)
        // Sockets and streams must hear of it first: see [`Self::serve_until_asked`].
        .disable_signals()
        .listen(listener)?
        .run();
        Ok(server)
    }

    /// Serves until SIGTERM or SIGINT. Then no connection is taken any more; open sockets and streams are closed, so that
    /// their clients go elsewhere; whoever was let in is answered.
    pub async fn serve_until_asked(self: &Arc<Self>, listener: TcpListener) -> std::io::Result<()> {
        let door = listener.try_clone()?;
        let server = self.serve(listener)?;
        let (app, handle) = (Arc::clone(self), server.handle());
        actix_web::rt::spawn(async move {
            if let Err(error) = asked_to_stop().await {
                tracing::error!(%error, "cannot hear signals");
                return;
            }
            tracing::info!("stopping");
            app.closing.begin();
            // Not yet by stopping: that drops a connection whose request has arrived and was not read.
            if let Err(error) = http::let_nobody_in(&door) {
                tracing::warn!(%error, "the last clients to come may not be answered");
            }
            tokio::time::sleep(LAST_REQUESTS).await;
            handle.stop(true).await;
        });
        server.await
    }
}

/// Imports driven at once: each holds a file in memory.
const IMPORTS: usize = 2;
/// The head of a request must have come within so long.
const HEAD_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);
/// A connection without a request is kept so long: longer than load balancers keep theirs, so that they close first.
const KEEP_ALIVE: std::time::Duration = std::time::Duration::from_secs(75);
/// Whoever was let in has sent his request within so long, or will not be answered.
const LAST_REQUESTS: std::time::Duration = std::time::Duration::from_millis(500);
/// What was sent and not taken for so long is given up, and the connection with it.
const UNREAD_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(30);

/// Lets the kernel end a connection whose client does not take what it is sent (RFC 5482): neither the server nor the
/// handler hears of such a client.
fn give_up_on_the_silent(connection: &dyn std::any::Any, _: &mut actix_web::dev::Extensions) {
    if let Some(stream) = connection.downcast_ref::<actix_web::rt::net::TcpStream>()
        && let Err(error) = SockRef::from(stream).set_tcp_user_timeout(Some(UNREAD_TIMEOUT))
    {
        tracing::debug!(%error, "a connection keeps the system's own timeout");
    }
}

/// Returns when the process is asked to stop.
async fn asked_to_stop() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        asked = tokio::signal::ctrl_c() => asked,
    }
}

/// Tells whoever keeps a connection open that the process is about to stop.
#[derive(Debug, Default)]
pub struct Closing(watch::Sender<bool>);

impl Closing {
    /// It stops now.
    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    /// Whether it does.
    pub fn has_begun(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it does.
    pub async fn begun(&self) {
        // The sender is ours, so there is no error.
        let _ = self.0.subscribe().wait_for(|begun| *begun).await;
    }
}

/// What time it is. The only place that reads the system's clock.
#[derive(Debug)]
pub struct Clock {
    offset_micros: AtomicI64,
    as_of: Option<NaiveDate>,
}

impl Clock {
    /// The system's clock; `as_of` pins the day that risk takes for today.
    pub fn new(as_of: Option<NaiveDate>) -> Self {
        Self {
            offset_micros: AtomicI64::new(0),
            as_of,
        }
    }

    /// Now, in whole microseconds: PostgreSQL keeps no more, so both databases give back what was stored.
    #[expect(clippy::disallowed_methods, reason = "this is the one that reads the clock")]
    pub fn now(&self) -> DateTime<Utc> {
        let now = Utc::now() + Duration::microseconds(self.offset_micros.load(Ordering::Relaxed));
        now.duration_trunc(Duration::microseconds(1)).unwrap_or(now)
    }

    /// The day that risk takes for today, when the process was told one.
    pub fn pinned_day(&self) -> Option<NaiveDate> {
        self.as_of
    }

    /// Moves this process's clock forward: what a test does instead of waiting.
    pub fn advance(&self, by: Duration) {
        let micros = by.num_microseconds().unwrap_or(0);
        self.offset_micros.fetch_add(micros, Ordering::Relaxed);
    }
}
