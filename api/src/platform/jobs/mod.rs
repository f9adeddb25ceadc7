//! Work beside the requests.
//!
//! * A *follower* reads the event log of every tenant in order and does what follows from it. The log is the queue:
//!   see `docs/decisions/0003-log-followers.md`.
//! * A *daily* job runs once on each day of each tenant, soon after midnight in the tenant's time zone: in parts, taking turns
//!   with other tenants, and from where it was when a process died.
//! * A *periodic* job runs every so often, once a process.
//!
//! Every job is safe to run twice: a process that dies in the middle leaves its work to the next. Which jobs there are
//! is not known here; the caller hands them in.

mod daily;
mod follower;
mod health;
mod lease;
mod periodic;
mod queue;

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use entity::event;
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::watch;
use uuid::Uuid;

pub use daily::once_more;
pub use health::{Health, Troubled};
pub use queue::measure;

use crate::app::App;
use crate::error::{Error, Result};
use crate::platform::Ctx;

/// What a follower does with events of one tenant, in their order.
pub type Follow = for<'a> fn(&'a Ctx, &'a [event::Model]) -> BoxFuture<'a, Result<()>>;
/// What a daily job does in one tenant: a part of its work, after where the last part ended; where this one ended, or nothing
/// when the day's work is done. A part takes a second or so, so that no tenant waits long for another.
pub type Day = for<'a> fn(&'a Ctx, Option<Uuid>) -> BoxFuture<'a, Result<Option<Uuid>>>;
/// What a periodic job does.
pub type Tick = for<'a> fn(&'a Arc<App>) -> BoxFuture<'a, Result<()>>;

/// One job. Its name keys what the database remembers of it, so it never changes.
#[derive(Clone, Copy)]
pub enum Job {
    /// Reads the event log.
    Follower {
        /// Its name in `log_reader`.
        name: &'static str,
        /// Does the work. At least once for each event; a failed batch comes again.
        run: Follow,
    },
    /// Runs once on each day of a tenant.
    Daily {
        /// Its name in `log_reader`.
        name: &'static str,
        /// Does the work, a part at a time; a part that fails is tried again.
        run: Day,
    },
    /// Runs at the start of the process and then every so often.
    Periodic {
        /// Its name in the log of the process.
        name: &'static str,
        /// The time between two runs.
        every: Duration,
        /// Does the work.
        run: Tick,
    },
}

/// How long [`drain`] waits for jobs that do not come to rest.
const DRAIN_WITHIN: Duration = Duration::from_secs(300);
/// How long it waits for work that somebody else is doing.
const DRAIN_PAUSE: Duration = Duration::from_millis(20);

/// Keeps the jobs of a server running; they stop when the last clone is dropped.
#[derive(Clone)]
pub struct Running {
    _alive: Arc<watch::Sender<()>>,
}

/// Tells a job that it is to stop.
#[derive(Clone)]
struct Stop(watch::Receiver<()>);

impl Stop {
    fn is_asked(&self) -> bool {
        self.0.has_changed().is_err()
    }

    /// Returns when it is asked.
    async fn asked(&mut self) {
        while self.0.changed().await.is_ok() {}
    }
}

/// What one look for work found.
#[derive(Clone, Copy, Debug, Default)]
struct Pass {
    /// Something was done.
    worked: bool,
    /// Something is to be done that another is at, or that failed a moment ago.
    waiting: bool,
    /// Something was left for the next look, so that others have their turn.
    more: bool,
}

impl Pass {
    fn and(self, other: Self) -> Self {
        Self {
            worked: self.worked || other.worked,
            waiting: self.waiting || other.waiting,
            more: self.more || other.more,
        }
    }
}

/// What a look over many tenants found, and the first failure among them.
type Found = (Pass, Option<Error>);

/// The look as one run: it failed when it failed in one tenant.
fn outcome((pass, failure): Found) -> Result<Pass> {
    failure.map_or(Ok(pass), Err)
}

/// Makes of a panic a failure: what is wrong with one tenant's rows must not end the work for all.
async fn caught<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    AssertUnwindSafe(work)
        .catch_unwind()
        .await
        .unwrap_or_else(|_panic| Err(Error::internal("a job panicked")))
}

/// Says how a run went.
fn told(app: &App, job: &'static str, outcome: Result<Pass>) {
    match outcome {
        Ok(Pass { worked, .. }) => {
            app.jobs.ran(job, true);
            if worked {
                app.metrics.job_ran(job, "ok");
            }
        }
        Err(error) => {
            tracing::error!(job, %error, "a job failed; it tries again");
            app.jobs.ran(job, false);
            app.metrics.job_ran(job, "error");
        }
    }
}

/// Starts the jobs on the current runtime.
pub fn start(app: &Arc<App>, jobs: Vec<Job>) -> Running {
    let (alive, receiver) = watch::channel(());
    let stop = Stop(receiver);
    let mut days = Vec::new();
    let start = |jobs: Vec<&'static str>, serving: BoxFuture<'static, ()>| {
        let (app, stop) = (Arc::clone(app), stop.clone());
        tokio::spawn(async move {
            // A panic outside of the work ends it too. A process that ends drops this where it stands.
            let _panic = AssertUnwindSafe(serving).catch_unwind().await;
            if !stop.is_asked() {
                for job in &jobs {
                    tracing::error!(job, "a job has ended though nobody asked it to");
                    app.jobs.ended(job);
                }
            }
        });
    };
    for job in jobs {
        let (app, stop) = (Arc::clone(app), stop.clone());
        match job {
            Job::Follower { name, run } => {
                let follower = follower::Follower { name, run };
                start(vec![name], Box::pin(follower::serve(app, follower, stop)));
            }
            Job::Daily { name, run } => days.push(daily::Daily { name, run }),
            Job::Periodic { name, every, run } => {
                let periodic = periodic::Periodic { name, every, run };
                start(vec![name], Box::pin(periodic::serve(app, periodic, stop)));
            }
        }
    }
    // One after the other, in the order given: what the first changes, the next finds changed.
    let names = days.iter().map(|day| day.name).collect();
    start(names, Box::pin(daily::serve(Arc::clone(app), days, stop.clone())));
    Running {
        _alive: Arc::new(alive),
    }
}

/// Runs all jobs until there is nothing left to do: periodic ones once, then followers and due daily work, also what
/// other processes have begun. The first failure ends it.
pub async fn drain(app: &Arc<App>, jobs: Vec<Job>) -> Result<()> {
    let (_alive, receiver) = watch::channel(());
    let stop = Stop(receiver);
    let deadline = Instant::now() + DRAIN_WITHIN;
    for job in &jobs {
        if let Job::Periodic { run, .. } = *job {
            run(app).await?;
        }
    }
    loop {
        let mut pass = Pass::default();
        for job in &jobs {
            pass = pass.and(match *job {
                Job::Follower { name, run } => {
                    follower::pass(app, &follower::Follower { name, run }, None, &stop).await?
                }
                Job::Daily { name, run } => daily::pass(app, &daily::Daily { name, run }, &stop).await?,
                Job::Periodic { .. } => Pass::default(),
            });
        }
        if !pass.worked && !pass.waiting {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(Error::internal("the jobs do not come to rest"));
        }
        if !pass.worked {
            tokio::time::sleep(DRAIN_PAUSE).await;
        }
    }
}
