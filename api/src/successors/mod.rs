//! Successors: who should take an account over, with reasons.
//!
//! * The rule is `domain::succession`; here its input is gathered, in as many statements for two thousand accounts as for
//!   one.
//! * It advises. Nobody becomes a successor but by a handover.

mod gather;
mod queries;
pub mod schema;
pub mod service;

pub use schema::{SuccessionShare, SuccessorQuery};
