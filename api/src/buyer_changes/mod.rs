//! Buyer changes: a contact leaves his post at a client and another takes it.
//!
//! * The proof that the relation passed over is that of a handover the other way round (`domain::buyer_change`), computed
//!   when it is asked for. When it reaches the tenant's threshold, the change is established and its signal settled.
//! * A contact who moves to another account is there as another contact; the change joins the two, so that his history is
//!   one.

mod continuity;
mod loaders;
mod posts;
mod queries;
mod record;
pub mod schema;
pub mod service;

pub use loaders::BuyerChangeById;
pub use schema::{BuyerChange, BuyerChangeMutation, BuyerChangeQuery, moved_from, moved_to, posts};

use crate::platform::graphql::{Gid, IdKind};

/// Names buyer changes.
pub struct BuyerChangeIdKind;

impl IdKind for BuyerChangeIdKind {
    const PREFIX: &'static str = "bchg";
    const NOUN: &'static str = "a buyer change";
}

/// The id of a buyer change.
pub type BuyerChangeId = Gid<BuyerChangeIdKind>;
