//! What an operator sees of the server: health, metrics, lines of the log, traces.

mod health;
mod lines;
mod metrics;
mod secrets;
mod traces;

pub const SERVER: &str = env!("CARGO_BIN_EXE_server");
