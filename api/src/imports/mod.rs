//! Imports: orders and accounts from CSV files, from the command line and over the API by the same engine.
//!
//! * The whole file is checked first; when any row is bad, nothing is written and the bad rows come back with line,
//!   column and reason.
//! * Then at most 500 rows at a time, each chunk one transaction with its events and its progress: an import that was
//!   killed goes on at the next row, and never half-writes one.
//! * Rows are recognised by the tenant's own numbers (external ids), so the same file twice changes nothing.
//! * Whoever drives a run claims it by comparing and setting `updated_at`; two drivers cannot write the same chunk.

mod apply_accounts;
mod apply_orders;
mod cells;
pub mod cli;
mod columns;
mod countries;
mod drive;
mod file_orders;
mod options;
mod problems;
mod queries;
mod rows;
pub mod schema;
pub mod service;
mod sheet;
mod uploads;

pub use cells::is_date_format;
pub use columns::ImportColumn;
pub use drive::resume_due;
pub use file_orders::{FileClient, FileOrders, file_orders};
pub use options::{ImportOptions, ImportRequest};
pub use rows::{Checked, Rules, check};
pub use schema::{Import, ImportById, ImportMutation, ImportQuery};
pub use uploads::Uploads;

use crate::platform::graphql::{Gid, IdKind};

/// Names imports.
pub struct ImportRunKind;

impl IdKind for ImportRunKind {
    const PREFIX: &'static str = "imp";
    const NOUN: &'static str = "an import";
}

/// The id of an import.
pub type ImportId = Gid<ImportRunKind>;

/// Names uploaded files.
pub struct UploadKind;

impl IdKind for UploadKind {
    const PREFIX: &'static str = "upl";
    const NOUN: &'static str = "an uploaded file";
}

/// The id of an uploaded file.
pub type UploadId = Gid<UploadKind>;
