//! The API's own grammar: ids, cursors, pages, payloads, scalars, and the request's context inside resolvers.

pub mod cursor;
mod delivery;
mod directives;
mod found;
mod ids;
pub mod input;
mod page;
mod payload;
mod root;
mod scalars;
mod wanted;
mod written;

use std::sync::Arc;
use std::time::Duration;

use async_graphql::dataloader::DataLoader;
use async_graphql::runtime::{TokioSpawner, TokioTimer};
use async_graphql::{Context, Request};

pub use cursor::CursorKey;
pub use delivery::{Deliveries, Delivery, Interest, check_start, delivered};
pub use directives::{cost, list_size};
pub use found::{Found, fetch_one_asked};
pub use ids::{Gid, IdKind, any_id, parse_any};
pub use page::{Connection, Page, PageArgs, Paged, Sorted, Total, connection, fetch_page, fetch_page_asked};
pub use payload::UserErrorView;
pub(crate) use payload::payload;
pub(crate) use root::root;
pub use root::{Parts, Root};
pub use scalars::{BigInt, Date, Decimal, MoneyInput, MoneyView};
pub use wanted::{Computed, wanted_at, wanted_here};
pub use written::{Asked, MayWrite, Related, Selected, Writable, json_of, objects_of};

use super::Ctx;

/// The batch loader of a request. Each slice implements `Loader<Key>` for it in its `loaders.rs`; one per request, so
/// keys of two tenants never meet in a batch.
pub struct Loaders {
    /// The request.
    pub ctx: Arc<Ctx>,
}

/// Gives an operation its context and loaders.
pub fn prepared(request: Request, ctx: &Arc<Ctx>) -> Request {
    let loaders = Loaders { ctx: Arc::clone(ctx) };
    // No waiting for a batch to fill: resolvers of one level all ask before the spawned batch runs.
    let loaders = DataLoader::new(loaders, TokioSpawner::current(), TokioTimer::default()).delay(Duration::ZERO);
    request.data(Arc::clone(ctx)).data(loaders)
}

/// The request's context, inside a resolver.
pub fn cx<'a>(gql: &Context<'a>) -> &'a Arc<Ctx> {
    gql.data_unchecked::<Arc<Ctx>>()
}

/// The request's loaders, inside a resolver.
pub fn loaders<'a>(gql: &Context<'a>) -> &'a DataLoader<Loaders> {
    gql.data_unchecked::<DataLoader<Loaders>>()
}
