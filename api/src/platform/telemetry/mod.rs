//! What the process tells its operator: lines of the log, metrics, traces.
//!
//! Nothing that a client sent is ever told but names that the schema knows: no document, no variable, no header.

mod log;
mod metrics;
mod trace;

pub use log::Telemetry;
pub use metrics::{Metrics, OfField, Shown};
pub use trace::{Parent, continue_from, rename, response};
