//! The rotation calendar: when buyers may be moved on, so that somebody meets whoever comes before he comes.
//!
//! * The rule is `domain::rotation`: tenures of the tenant's own posts that ended, once there are thirty, else a prior that
//!   says that it is one. Of a window that opens it is told once, by the event
//!   `buyer.rotation_window_open`.

pub mod jobs;
mod queries;
pub mod schema;
pub mod service;

pub use schema::RotationQuery;
