//! The forecast: sales at stake by month, because accounts change hands or buyers may be moved on, and what of them may be
//! lost (`domain::forecast`).

mod queries;
pub mod schema;
pub mod service;

pub use schema::ForecastQuery;
