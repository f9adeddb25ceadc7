//! Products: what the tenant sells, so that orders can say what was bought.
//!
//! * A product's code is the tenant's own and unique.
//! * Products belong to no account: who may read them reads all of them.
//! * An archived product stays on its orders and is offered for no new ones.

mod loaders;
pub mod queries;
pub mod schema;
pub mod service;

pub use loaders::ProductById;
pub use schema::{Product, ProductMutation, ProductQuery};

use crate::platform::graphql::{Gid, IdKind};

/// Names products.
pub struct ProductKind;

impl IdKind for ProductKind {
    const PREFIX: &'static str = "prod";
    const NOUN: &'static str = "a product";
}

/// The id of a product.
pub type ProductId = Gid<ProductKind>;
