//! Words of a departure: what kind it is, and where it stands.

use crate::names::text_enum;

text_enum! {
    /// What becomes of the member.
    pub enum DepartureKind {
        /// He leaves the company: nothing can be given to him after his last day.
        Leaving = "LEAVING",
        /// He changes his post within the company.
        Rotating = "ROTATING",
    }
}

text_enum! {
    /// Where a departure stands.
    pub enum DepartureStatus {
        /// The last day is ahead, or has just passed.
        Planned = "PLANNED",
        /// The last day is over, and what he looked after has passed on.
        Ended = "ENDED",
        /// It was called off.
        Undone = "UNDONE",
    }
}
