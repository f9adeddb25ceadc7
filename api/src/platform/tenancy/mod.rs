//! The one door to the rows.
//!
//! Nothing outside this folder begins a transaction or executes a statement (clippy's `disallowed-methods` sees to it).
//! [`TenantDb`] adds the tenant's condition when it executes, however the select was built; [`GlobalDb`] reaches the
//! few tables that belong to no tenant. On PostgreSQL row-level security stands behind the door as a wall of its own.
#![expect(clippy::disallowed_methods, reason = "this is the door that the ban protects")]

mod at_commit;
mod columns;
mod database;
mod door;
mod global;
mod groups;
mod lease;
mod pools;
mod tally;
mod transaction;
mod turns;
mod wire;
mod write;

pub use columns::Columns;
pub use database::{Database, PoolState, SafetyError};
pub use door::TenantDb;
pub use global::{GlobalDb, GlobalTable, GlobalTx};
pub use groups::{Firsts, among, numbered};
pub use lease::LEASE;
pub use tally::Tally;
pub use transaction::Reading;
pub use wire::{Elements, Sent, SentRow, record};
pub use write::{When, WriteTx};
