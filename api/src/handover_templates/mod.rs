//! Templates of handovers: which steps a company's handovers have, and when. Without its own the built-in one holds
//! (`domain::handover::Template`). A handover keeps the steps that it was planned with.

pub mod schema;
pub mod service;

pub use schema::{HandoverTemplateMutation, HandoverTemplateQuery};
