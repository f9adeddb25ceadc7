//! Work that is done every so often in each process.

use std::sync::Arc;
use std::time::Duration;

use super::{Stop, Tick};
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
        if let Err(error) = (job.run)(&app).await {
            tracing::error!(job = job.name, %error, "a periodic job failed; it tries again");
        }
        tokio::select! {
            () = stop.asked() => return,
            () = tokio::time::sleep(job.every) => {}
        }
    }
}
