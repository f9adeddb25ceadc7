//! Numbers in Prometheus' text format. What each means is in `docs/operating.md`.
//!
//! Labels take values that we made: names of the schema, of jobs, of codes. Nothing that a client can invent becomes a
//! series.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use metrics::{
    Counter, Gauge, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
    with_local_recorder,
};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use metrics_process::Collector;
use parking_lot::RwLock;

use crate::platform::tenancy::PoolState;

/// Borders of the buckets of durations, in seconds: from a read by key to what is given up after 30 s.
const SECONDS: [f64; 14] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];
/// The same for how far readers of the event log are behind: they are woken, or look every half second or two.
const LAG_SECONDS: [f64; 10] = [0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 600.0];

/// The numbers of one process.
pub struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    process: Collector,
    in_flight: Gauge,
    subscriptions: Gauge,
    fields: RwLock<HashMap<(&'static str, String), Arc<OfField>>>,
}

/// The numbers of one root field.
pub struct OfField {
    /// Time to the answer when it had no errors, in seconds.
    pub answered: Histogram,
    /// Time to the answer when it had some.
    pub failed: Histogram,
    /// Points by estimate.
    pub requested: Counter,
    /// Points in the end.
    pub actual: Counter,
    /// SQL statements.
    pub statements: Counter,
    /// Rows that they gave.
    pub rows: Counter,
}

/// Counts something for as long as it is there.
pub struct Shown(Gauge);

impl Drop for Shown {
    fn drop(&mut self) {
        self.0.decrement(1);
    }
}

fn shown(gauge: &Gauge) -> Shown {
    gauge.increment(1);
    Shown(gauge.clone())
}

impl Metrics {
    /// Counts from zero.
    ///
    /// # Errors
    ///
    /// When the buckets make no histogram.
    pub fn new() -> Result<Self, BuildError> {
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_lag_seconds".into()), &LAG_SECONDS)?
            .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS)?
            .build_recorder();
        let process = Collector::default();
        let (in_flight, subscriptions) = with_local_recorder(&recorder, || {
            describe();
            process.describe();
            gauge!("hikitsugi_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1);
            (
                gauge!("hikitsugi_operations_in_flight"),
                gauge!("hikitsugi_subscriptions"),
            )
        });
        Ok(Self {
            handle: recorder.handle(),
            recorder,
            process,
            in_flight,
            subscriptions,
            fields: RwLock::default(),
        })
    }

    /// An operation that is being executed.
    pub fn in_flight(&self) -> Shown {
        shown(&self.in_flight)
    }

    /// A subscription that is followed.
    pub fn subscription(&self) -> Shown {
        shown(&self.subscriptions)
    }

    /// The numbers of a root field: `field` is a name of the schema.
    pub fn of_field(&self, kind: &'static str, field: &str) -> Arc<OfField> {
        let key = (kind, field.to_owned());
        if let Some(known) = self.fields.read().get(&key) {
            return Arc::clone(known);
        }
        let made = with_local_recorder(&self.recorder, || {
            let labels = [("kind", kind.to_owned()), ("field", field.to_owned())];
            let duration = |outcome: &'static str| {
                histogram!("hikitsugi_operation_duration_seconds",
                    "kind" => kind, "field" => field.to_owned(), "outcome" => outcome)
            };
            Arc::new(OfField {
                answered: duration("ok"),
                failed: duration("error"),
                requested: counter!("hikitsugi_operation_requested_points_total", &labels),
                actual: counter!("hikitsugi_operation_actual_points_total", &labels),
                statements: counter!("hikitsugi_operation_statements_total", &labels),
                rows: counter!("hikitsugi_operation_rows_total", &labels),
            })
        });
        Arc::clone(self.fields.write().entry(key).or_insert(made))
    }

    /// An answer or a refusal had a top-level error with this code.
    pub fn error(&self, code: &str) {
        with_local_recorder(&self.recorder, || {
            counter!("hikitsugi_errors_total", "code" => code.to_owned()).increment(1);
        });
    }

    /// An event came to a reader of the log so long after it happened.
    pub fn event_lag(&self, reader: &'static str, lag: Duration) {
        with_local_recorder(&self.recorder, || {
            histogram!("hikitsugi_event_lag_seconds", "reader" => reader).record(lag);
        });
    }

    /// A job has run.
    pub fn job_ran(&self, job: &'static str, outcome: &'static str) {
        with_local_recorder(&self.recorder, || {
            counter!("hikitsugi_job_runs_total", "job" => job, "outcome" => outcome).increment(1);
        });
    }

    /// What waits for a follower of the log: events, and how long the oldest of them has waited.
    pub fn queue(&self, job: &'static str, events: u64, age: Duration) {
        with_local_recorder(&self.recorder, || {
            gauge!("hikitsugi_queue_events", "job" => job).set(as_f64(events));
            gauge!("hikitsugi_queue_age_seconds", "job" => job).set(age.as_secs_f64());
        });
    }

    /// Moves what was recorded into its buckets: to be called every now and then, for nobody may ever ask.
    pub fn upkeep(&self) {
        self.handle.run_upkeep();
    }

    /// Everything, with how the pools and the open streams stand now.
    pub fn render(&self, pools: &[PoolState], open_streams: usize) -> String {
        with_local_recorder(&self.recorder, || {
            for pool in pools {
                let connections = |state: &'static str, count: u32| {
                    gauge!("hikitsugi_database_connections", "pool" => pool.name, "state" => state).set(count);
                };
                connections("used", pool.size.saturating_sub(pool.idle));
                connections("idle", pool.idle);
                gauge!("hikitsugi_database_connections_max", "pool" => pool.name).set(pool.max);
            }
            gauge!("hikitsugi_streams_open").set(as_f64(u64::try_from(open_streams).unwrap_or(u64::MAX)));
            self.process.collect();
        });
        self.handle.render()
    }
}

/// Gauges are floating point; above 2^53 they are rounded.
#[expect(clippy::cast_precision_loss, reason = "a gauge has no more precision")]
fn as_f64(count: u64) -> f64 {
    count as f64
}

fn describe() {
    describe_histogram!(
        "hikitsugi_operation_duration_seconds",
        Unit::Seconds,
        "From the arrival of an operation, or the beginning of a delivery, to its answer."
    );
    describe_counter!("hikitsugi_operation_requested_points_total", "Cost by estimate.");
    describe_counter!("hikitsugi_operation_actual_points_total", "Cost by what was answered.");
    describe_counter!(
        "hikitsugi_operation_statements_total",
        "SQL statements, without those that recognise the caller and begin and end transactions."
    );
    describe_counter!("hikitsugi_operation_rows_total", "Rows that statements gave.");
    describe_gauge!("hikitsugi_operations_in_flight", "Operations being executed.");
    describe_gauge!("hikitsugi_subscriptions", "Subscriptions being followed.");
    describe_gauge!("hikitsugi_streams_open", "Open sockets and event streams.");
    describe_counter!(
        "hikitsugi_errors_total",
        "Answers by the code of their first top-level error."
    );
    describe_gauge!("hikitsugi_database_connections", "Connections to the database.");
    describe_gauge!(
        "hikitsugi_database_connections_max",
        "Most connections to the database."
    );
    describe_gauge!(
        "hikitsugi_queue_events",
        "Events that a follower of the log has not worked through."
    );
    describe_gauge!(
        "hikitsugi_queue_age_seconds",
        Unit::Seconds,
        "How long the oldest of them has waited."
    );
    describe_histogram!(
        "hikitsugi_event_lag_seconds",
        Unit::Seconds,
        "From an event to its delivery to a reader of the log."
    );
    describe_counter!("hikitsugi_job_runs_total", "Runs of jobs that had something to do.");
    describe_gauge!("hikitsugi_build_info", "Always 1; the version is its label.");
}
