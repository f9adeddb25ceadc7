//! The jobs of this server: what they are called, and which slice does the work.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::app::App;
use crate::error::Result;
use crate::platform::events::reader;
use crate::platform::idempotency;
use crate::platform::jobs::{self, Job, Running};
use crate::{departures, handovers, housekeeping, imports, risk, rotations};

/// The followers of the event log.
const HANDOVERS: &str = "handovers";
const RISK: &str = "risk";
/// How often it is measured what waits for them.
const MEASURE: Duration = Duration::from_secs(15);
/// How often interrupted imports are taken up again.
const RESUME_IMPORTS: Duration = Duration::from_secs(5);
/// How often it is looked whether another process wrote what somebody here watches.
const LOOK_AT_LOGS: Duration = Duration::from_millis(500);
/// How often keys are looked after and what has expired is deleted.
const HOUR: Duration = Duration::from_secs(60 * 60);

/// Every job. Daily ones run in this order, so that risk sees who owns what.
pub fn all() -> Vec<Job> {
    vec![
        Job::Follower {
            name: HANDOVERS,
            run: |ctx, events| Box::pin(handovers::jobs::follow(ctx, events)),
        },
        Job::Follower {
            name: RISK,
            run: |ctx, events| Box::pin(risk::jobs::follow(ctx, events)),
        },
        Job::Daily {
            name: "handovers.day",
            run: |ctx, _| Box::pin(whole(handovers::jobs::run_day(ctx))),
        },
        Job::Daily {
            name: "departures.day",
            run: |ctx, _| Box::pin(whole(departures::jobs::run_day(ctx))),
        },
        Job::Daily {
            name: "rotations.day",
            run: |ctx, _| Box::pin(whole(rotations::jobs::run_day(ctx))),
        },
        Job::Daily {
            name: risk::jobs::DAY,
            run: |ctx, after| Box::pin(risk::jobs::run_day(ctx, after)),
        },
        Job::Daily {
            name: "uploads.day",
            run: |ctx, _| Box::pin(whole(housekeeping::uploads_forget(ctx))),
        },
        Job::Daily {
            name: "idempotency.day",
            run: |ctx, _| Box::pin(whole(idempotency::forget(ctx))),
        },
        Job::Periodic {
            name: "events.look",
            every: LOOK_AT_LOGS,
            run: |app| Box::pin(reader::look(app)),
        },
        Job::Periodic {
            name: "metrics",
            every: MEASURE,
            run: |app| Box::pin(jobs::measure(app, &[HANDOVERS, RISK])),
        },
        Job::Periodic {
            name: "imports.resume",
            every: RESUME_IMPORTS,
            run: |app| Box::pin(imports::resume_due(app)),
        },
        Job::Periodic {
            name: "keys",
            every: HOUR,
            run: |app| Box::pin(housekeeping::keys_maintain(app)),
        },
        Job::Periodic {
            name: "statistics",
            every: HOUR,
            run: |app| Box::pin(housekeeping::statistics_refresh(app)),
        },
        Job::Periodic {
            name: "tokens",
            every: HOUR,
            run: |app| Box::pin(housekeeping::tokens_forget(app)),
        },
    ]
}

/// The day's work of a tenant, in one part.
async fn whole(work: impl Future<Output = Result<()>>) -> Result<Option<Uuid>> {
    work.await.map(|()| None)
}

/// Starts them; they stop when the last clone of what is returned is dropped.
pub fn start(app: &Arc<App>) -> Running {
    jobs::start(app, all())
}

/// Runs them until there is nothing left to do: for tests, and after sample data were made.
pub async fn drain(app: &Arc<App>) -> Result<()> {
    jobs::drain(app, all()).await
}
