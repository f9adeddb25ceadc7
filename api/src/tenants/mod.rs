//! Tenants: the companies that use the service, each seeing nothing but its own.
//!
//! * A tenant is born with its first ADMIN and always has one.
//! * Its days begin in its time zone, its sums are in its currency; the currency never changes.
//! * Its row belongs to no tenant (signing in reads it before one is chosen), so the API shows the caller's own only.

mod changes;
mod loaders;
mod queries;
pub mod schema;
pub mod service;

pub use loaders::TenantById;
pub use schema::{Tenant, TenantMutation, TenantQuery};

use crate::platform::graphql::{Gid, IdKind};

/// Names tenants.
pub struct TenantKind;

impl IdKind for TenantKind {
    const PREFIX: &'static str = "tnt";
    const NOUN: &'static str = "a tenant";
}

/// The id of a tenant.
pub type TenantId = Gid<TenantKind>;
