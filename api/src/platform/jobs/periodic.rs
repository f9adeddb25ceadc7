//! Work that is done every so often in each process.

use std::sync::Arc;
use std::time::Duration;

use super::{Pass, Stop, Tick, caught, told};
use crate::app::App;

/// A periodic job.
pub struct Periodic {
    /// Its name in the log of the process.
    pub name: &'static str,
    /// The time between two runs.
    pub every: Duration,
    /// What it does.
    pub run: Tick,
}

/// Runs it now and then every so often, until it is asked to stop.
pub async fn serve(app: Arc<App>, job: Periodic, mut stop: Stop) {
    loop {
        let outcome = caught((job.run)(&app)).await.map(|()| Pass {
            worked: true,
            ..Pass::default()
        });
        told(&app, job.name, outcome);
        tokio::select! {
            () = stop.asked() => return,
            () = tokio::time::sleep(job.every) => {}
        }
    }
}
