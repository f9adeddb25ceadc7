//! Words of a follow-up: a touch that should happen.

use crate::names::text_enum;

text_enum! {
    /// Where a follow-up stands.
    pub enum FollowUpStatus {
        /// It is to happen.
        Open = "OPEN",
        /// It has happened.
        Done = "DONE",
        /// It is not to happen any more.
        Cancelled = "CANCELLED",
    }
}
