//! How long a server may go by what it knows of a caller without asking again.
//!
//! Whoever changes who may do what is answered only when that time is over, so that no server goes by what was before:
//! for him the change counts at once, everywhere. The doors see to it themselves.

use std::time::Duration;

use sea_orm::EntityTrait;

/// So long. Counted from before the database was asked.
pub const LEASE: Duration = Duration::from_millis(50);
/// A little longer than that, for a timer that counts in milliseconds.
const AFTER: Duration = Duration::from_millis(52);
/// The tables by which callers are recognised: `platform/auth/authenticate.rs` reads no others.
const RECOGNISED_BY: [&str; 4] = ["session", "member", "tenant", "api_client"];

/// Whether a change of such rows may be one of who may do what.
pub(super) fn concerns<E: EntityTrait>() -> bool {
    RECOGNISED_BY.contains(&E::default().table_name())
}

/// Returns when no server goes by what was before.
pub(super) async fn is_over() {
    tokio::time::sleep(AFTER).await;
}
