//! Activities: the touches that happened with a client — who met or wrote to whom, who began it, what came of it.
//!
//! * Whoever sees the account sees its activities. They prove what passed over in a handover, so one at which its
//!   successor was present settles the account's open handover in the same transaction; so does correcting any.
//! * What is recorded at the same moment in one company is recorded together.
//! * An activity is never deleted; an archived one proves nothing.
//! * `account.last_touch_sort` repeats the latest touch of each account, so that lists need no join; it is no change of
//!   the account, whose version stays.
//! * An activity with an external id may be recorded again: the repeat gives the first one, unchanged.

mod changes;
mod hanging;
mod last_touch;
mod links;
mod loaders;
pub mod mutation;
mod queries;
mod record;
pub mod schema;
pub mod service;
mod together;
mod touches;

pub use loaders::ActivityById;
pub use mutation::ActivityMutation;
pub use schema::{Activity, ActivityQuery, USUAL_OF_ACCOUNT, beside_account, last_of_account, of_account, wanted};
pub use together::Recordings;

use crate::platform::graphql::{Gid, IdKind};

/// Names activities.
pub struct ActivityIdKind;

impl IdKind for ActivityIdKind {
    const PREFIX: &'static str = "act";
    const NOUN: &'static str = "an activity";
}

/// The id of an activity.
pub type ActivityId = Gid<ActivityIdKind>;
