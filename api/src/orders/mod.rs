//! Orders: what an account bought, when, and for how much.
//!
//! * An order keeps its own currency and, at the rate of its day, the tenant's: sums and risk use the latter.
//! * A credit note is an order with a negative amount.
//! * Whoever sees the account sees its orders. An order never moves to another account by a change of the order; a
//!   merge of accounts moves it.
//! * The first order of a prospect makes it a customer, in the same transaction.

pub mod amounts;
pub mod bulk;
mod changes;
mod lines;
mod loaders;
pub mod queries;
pub mod schema;
pub mod service;

pub use loaders::OrderById;
pub use schema::{Order, OrderMutation, OrderQuery, latest_of};

use crate::platform::graphql::{Gid, IdKind};

/// Names orders.
pub struct OrderKind;

impl IdKind for OrderKind {
    const PREFIX: &'static str = "ord";
    const NOUN: &'static str = "an order";
}

/// The id of an order.
pub type OrderId = Gid<OrderKind>;
