//! Words of an import run: what a file holds, and how far its import has come.

use crate::names::text_enum;

text_enum! {
    /// What the rows of an imported file are.
    pub enum ImportKind {
        /// Orders, with the accounts they name.
        Orders = "ORDERS",
        /// Accounts.
        Accounts = "ACCOUNTS",
    }
}

text_enum! {
    /// How far an import run has come.
    pub enum ImportStatus {
        /// Waits for a worker.
        Pending = "PENDING",
        /// Every row is being checked; nothing is written yet.
        Validating = "VALIDATING",
        /// Rows were bad; nothing was written.
        Rejected = "REJECTED",
        /// Chunks are being written; resumes here after a crash.
        Running = "RUNNING",
        /// All rows are in (or, in a dry run, would be).
        Done = "DONE",
        /// Gave up for a reason that is not in the file.
        Failed = "FAILED",
    }
}

impl ImportStatus {
    /// Whether nothing more will happen to the run.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Rejected | Self::Done | Self::Failed)
    }
}
