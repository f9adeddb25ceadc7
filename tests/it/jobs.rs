//! What holds of every job: a failure is that of one company, and work that takes long is done once.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use api::platform::Ctx;
use api::platform::jobs::{self, Job};
use parking_lot::Mutex;
use serde_json::json;
use tests::on_both;
use uuid::Uuid;

/// How often a job ran, by its name and tenant.
static RUNS: Mutex<Option<HashMap<(&str, Uuid), u32>>> = Mutex::new(None);

/// Tenants whose work takes long.
static SLOW: Mutex<Vec<Uuid>> = Mutex::new(Vec::new());

/// Counts a run; how many there were before.
fn count(job: &'static str, ctx: &Ctx) -> u32 {
    let tenant = ctx.tenant().unwrap().id;
    let mut runs = RUNS.lock();
    let runs = runs.get_or_insert_default().entry((job, tenant)).or_default();
    *runs += 1;
    *runs - 1
}

fn runs(job: &'static str, tenant: Uuid) -> u32 {
    RUNS.lock()
        .get_or_insert_default()
        .get(&(job, tenant))
        .copied()
        .unwrap_or(0)
}

/// A job that panics when it first runs.
async fn panic_first(job: &'static str, ctx: &Ctx) -> api::error::Result<()> {
    assert!(count(job, ctx) > 0, "as the test wants it");
    Ok(())
}

/// A job that takes longer than a lease lasts in the first of the companies, and lives.
async fn take_long(job: &'static str, ctx: &Ctx) -> api::error::Result<()> {
    count(job, ctx);
    if SLOW.lock().contains(&ctx.tenant().unwrap().id) {
        for _ in 0..2 {
            ctx.app.clock.advance(chrono::Duration::seconds(50));
            tokio::time::sleep(Duration::from_secs(4)).await;
        }
    }
    Ok(())
}

/// The day's work in one part.
async fn whole(work: impl Future<Output = api::error::Result<()>>) -> api::error::Result<Option<Uuid>> {
    work.await.map(|()| None)
}

/// Which parts were begun, of which tenant, and after what.
static PARTS: Mutex<Vec<(Uuid, Option<u128>)>> = Mutex::new(Vec::new());

/// Four parts where work takes long, else one. The third fails when it is first begun, and the first when it is begun for the
/// third time.
async fn in_parts(ctx: &Ctx, after: Option<Uuid>) -> api::error::Result<Option<Uuid>> {
    let tenant = ctx.tenant()?.id;
    let done = after.map(|after| after.as_u128());
    let before = PARTS.lock().iter().filter(|part| **part == (tenant, done)).count();
    PARTS.lock().push((tenant, done));
    if (done, before) == (Some(2), 0) || (done, before) == (None, 2) {
        return Err(api::error::Error::internal("as the test wants it"));
    }
    let next = done.unwrap_or(0) + 1;
    let is_last = next == 4 || !SLOW.lock().contains(&tenant);
    Ok((!is_last).then(|| Uuid::from_u128(next)))
}

/// Four parts where work takes long; elsewhere it always fails.
async fn in_parts_or_never(ctx: &Ctx, after: Option<Uuid>) -> api::error::Result<Option<Uuid>> {
    let tenant = ctx.tenant()?.id;
    if !SLOW.lock().contains(&tenant) {
        return Err(api::error::Error::internal("as the test wants it"));
    }
    let done = after.map(|after| after.as_u128());
    PARTS.lock().push((tenant, done));
    Ok(Some(done.unwrap_or(0) + 1)
        .filter(|next| *next < 4)
        .map(Uuid::from_u128))
}

/// Both kinds that keep a lease.
fn follower_and_day(follower: (&'static str, jobs::Follow), day: (&'static str, jobs::Day)) -> Vec<Job> {
    vec![
        Job::Follower {
            name: follower.0,
            run: follower.1,
        },
        Job::Daily {
            name: day.0,
            run: day.1,
        },
    ]
}

on_both! {
    async fn a_panic_is_a_failure_of_one_company_that_is_tried_again(app) {
        let all = follower_and_day(
            ("panics", |ctx, _| Box::pin(panic_first("panics", ctx))),
            ("panics.day", |ctx, _| Box::pin(whole(panic_first("panics.day", ctx)))),
        );
        for job in all {
            let failed = jobs::drain(&app.app, vec![job]).await;
            assert!(failed.is_err());
            app.app.clock.advance(chrono::Duration::seconds(11));
            jobs::drain(&app.app, vec![job]).await.unwrap();
        }
        for name in ["panics", "panics.day"] {
            assert!(runs(name, app.a.id) >= 2 && runs(name, app.b.id) >= 2);
        }
    }

    async fn work_that_outlasts_a_lease_is_done_once(app) {
        SLOW.lock().push(app.a.id);
        let all = follower_and_day(
            ("long", |ctx, _| Box::pin(take_long("long", ctx))),
            ("long.day", |ctx, _| Box::pin(whole(take_long("long.day", ctx)))),
        );
        for job in all {
            let (one, other) = tokio::join!(jobs::drain(&app.app, vec![job]), jobs::drain(&app.app, vec![job]));
            one.unwrap();
            other.unwrap();
        }
        for name in ["long", "long.day"] {
            assert_eq!((runs(name, app.a.id), runs(name, app.b.id)), (1, 1), "{name}");
        }
    }

    async fn the_work_of_a_day_takes_turns_and_goes_on_where_it_was(app) {
        SLOW.lock().push(app.a.id);
        let job = Job::Daily { name: "parts.day", run: |ctx, after| Box::pin(in_parts(ctx, after)) };
        let of = |tenant: Uuid| -> Vec<Option<u128>> {
            PARTS.lock().iter().filter(|(of, _)| *of == tenant).map(|(_, after)| *after).collect()
        };
        assert!(jobs::drain(&app.app, vec![job]).await.is_err());
        // Where it failed is not where it began; and the small one had its turn before the large one was through.
        assert_eq!(of(app.a.id), [None, Some(1), Some(2)]);
        let order: Vec<Uuid> = PARTS.lock().iter().map(|(of, _)| *of).filter(|of| [app.a.id, app.b.id].contains(of)).collect();
        assert!(order.iter().position(|of| *of == app.b.id).unwrap() < 2, "{order:?}");
        app.app.clock.advance(chrono::Duration::seconds(11));
        jobs::drain(&app.app, vec![job]).await.unwrap();
        assert_eq!(of(app.a.id), [None, Some(1), Some(2), Some(2), Some(3)]);
        assert_eq!(of(app.b.id), [None]);
        // Done is done, until somebody wants it once more.
        jobs::drain(&app.app, vec![job]).await.unwrap();
        assert_eq!(of(app.a.id).len(), 5);
        jobs::once_more(&app.app, "parts.day", app.b.id).await.unwrap();
        jobs::drain(&app.app, vec![job]).await.unwrap();
        assert_eq!((of(app.a.id).len(), of(app.b.id)), (5, vec![None, None]));
        // Then all parts of it, not the first alone.
        jobs::once_more(&app.app, "parts.day", app.a.id).await.unwrap();
        jobs::drain(&app.app, vec![job]).await.unwrap();
        assert_eq!(of(app.a.id)[5..], [None, Some(1), Some(2), Some(3)]);
        // It stays wanted when its first part fails.
        jobs::once_more(&app.app, "parts.day", app.a.id).await.unwrap();
        assert!(jobs::drain(&app.app, vec![job]).await.is_err());
        app.app.clock.advance(chrono::Duration::seconds(11));
        jobs::drain(&app.app, vec![job]).await.unwrap();
        assert_eq!(of(app.a.id)[9..], [None, None, Some(1), Some(2), Some(3)]);
    }

    async fn who_always_fails_makes_nobody_wait(app) {
        app.drain().await;
        SLOW.lock().push(app.a.id);
        let job = Job::Daily { name: "held.day", run: |ctx, after| Box::pin(in_parts_or_never(ctx, after)) };
        let running = jobs::start(&app.app, vec![job]);
        let (began, parts) = (Instant::now(), || PARTS.lock().iter().filter(|(of, _)| *of == app.a.id).count());
        while parts() < 4 {
            // Each part would wait for the next look, ten seconds later.
            assert!(began.elapsed() < Duration::from_secs(15), "{} parts", parts());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        drop(running);
    }

    async fn who_failed_is_tried_again_however_busy_the_others_are(app) {
        app.drain().await;
        let job = Job::Follower {
            name: "busy",
            run: |ctx, _| Box::pin(panic_first("busy", ctx)),
        };
        let running = jobs::start(&app.app, vec![job]);
        let admin = app.b.client(&app, &app.b.admin).await;
        let began = Instant::now();
        while runs("busy", app.a.id) < 2 {
            assert!(began.elapsed() < Duration::from_secs(20), "nobody came back to the one that failed");
            if runs("busy", app.a.id) == 1 {
                app.app.clock.advance(chrono::Duration::seconds(1));
            }
            let input = json!({ "name": "Busy", "code": Uuid::new_v4() });
            admin.change("productCreate", "ProductCreateInput", input, "product { id }").await;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        assert!(runs("busy", app.b.id) > 1);
        drop(running);
    }
}
