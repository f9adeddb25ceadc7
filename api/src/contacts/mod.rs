//! Contacts: the people on the client's side, what each is in the decision to buy, and who reports to whom.
//!
//! * Whoever sees the account sees its contacts. A contact never moves to another account by a change of the contact; a
//!   merge of accounts moves it.
//! * Who reports to whom makes a tree within one account; it has no cycles.
//! * A key contact is one whose relation must pass over in a handover; one who left or is archived is none.
//! * A contact who leaves stays on record with the day: what happened with him still proves what it proved.

mod changes;
mod checks;
mod loaders;
pub mod mutation;
mod queries;
pub mod schema;
pub mod service;

pub use loaders::ContactById;
pub use mutation::ContactMutation;
pub use schema::{Contact, ContactQuery, of_account, wanted_below};

use crate::platform::graphql::{Gid, IdKind};

/// Names contacts.
pub struct ContactKind;

impl IdKind for ContactKind {
    const PREFIX: &'static str = "cont";
    const NOUN: &'static str = "a contact";
}

/// The id of a contact.
pub type ContactId = Gid<ContactKind>;
