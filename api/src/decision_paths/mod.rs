//! Decision paths: who reports to whom at a client, up to headquarters, and which of us has met each.
//!
//! * Laid out by `domain::decision_path` from the contacts who are there and the two-way touches with them; nothing of it
//!   is stored.

mod loaders;
pub mod schema;
pub mod service;

pub use schema::{DecisionPath, of_account};
