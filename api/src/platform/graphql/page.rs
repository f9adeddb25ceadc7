//! Keyset pages: no OFFSET, no unbounded list.

use std::borrow::Cow;
use std::sync::Arc;

use async_graphql::connection::PageInfo;
use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{Context, ContextSelectionSet, Object, OutputType, Positioned, ServerResult, TypeName};
use entity::{Sparse, TenantOwned};
use futures::future::BoxFuture;
use sea_orm::sea_query::{ColumnRef, Expr, ExprTrait, Order};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select, Value};
use uuid::Uuid;

use super::cursor::{Cursor, CursorKey, List, decode};
use super::written::{self, Asked, Writable};
use super::{cost, cx};
use crate::error::{Error, Result};
use crate::platform::Ctx;
use crate::platform::tenancy::{Columns, TenantDb};

/// A page has at most so many rows.
pub const MOST_ROWS: i32 = 100;
/// A page has so many rows when the caller does not say.
const USUAL_ROWS: i32 = 20;

/// The four arguments of a connection.
#[derive(Clone, Debug, Default)]
pub struct PageArgs {
    /// Rows from the start or after `after`.
    pub first: Option<i32>,
    /// Rows behind this cursor.
    pub after: Option<String>,
    /// Rows from the end or before `before`.
    pub last: Option<i32>,
    /// Rows in front of this cursor.
    pub before: Option<String>,
}

/// How a list is sorted: one column, then the id.
pub struct Sorted<E: EntityTrait> {
    /// Column of the sort value, which is never null.
    pub column: E::Column,
    /// Column of the id.
    pub id_column: E::Column,
    /// Largest first.
    pub descending: bool,
    /// The row's sort value and id.
    pub key: fn(&E::Model) -> (CursorKey, Uuid),
    /// Where the two stand in another table of the select, whose index has this order.
    pub place: Option<(ColumnRef, ColumnRef)>,
}

/// A page of rows, each with its cursor.
pub struct Page<M> {
    /// The rows, in order.
    pub rows: Vec<(Cursor, M)>,
    /// There are rows in front.
    pub has_previous: bool,
    /// There are rows behind.
    pub has_next: bool,
}

/// A page of rows, or what it answers.
pub enum Paged<M> {
    /// Its rows, of which the fields are resolved.
    Rows(Page<M>),
    /// Its nodes or edges, whichever are asked for, as they are answered.
    Written {
        /// The list of them.
        list: async_graphql::Value,
        /// Where the first stands.
        first: Option<Cursor>,
        /// Where the last stands.
        last: Option<Cursor>,
        /// There are rows in front.
        has_previous: bool,
        /// There are rows behind.
        has_next: bool,
    },
}

impl<M> From<Page<M>> for Paged<M> {
    fn from(page: Page<M>) -> Self {
        Self::Rows(page)
    }
}

/// Fetches one page of `select`. `list` names connection, order and filter: cursors are bound to it.
pub async fn fetch_page<E: TenantOwned>(
    ctx: &Ctx,
    db: &TenantDb,
    select: Select<E>,
    sorted: &Sorted<E>,
    list: String,
    args: &PageArgs,
) -> Result<Page<E::Model>> {
    let fetch = async |select| db.all(select).await;
    page_of(ctx, db.tenant(), select, sorted, list, args, fetch, |row| row).await
}

/// The same of what is asked for: as it is answered where that can be, else of the columns that are needed.
pub async fn fetch_page_asked<E: TenantOwned + Sparse + Writable>(
    ctx: &Ctx,
    db: &TenantDb,
    (select, asked): (Select<E>, &Asked<'_, E>),
    sorted: &Sorted<E>,
    list: String,
    args: &PageArgs,
) -> Result<Paged<E::Model>> {
    let place = Columns::none().with(sorted.column).with(sorted.id_column);
    // What the caller may not read is refused where it is resolved.
    let Ok(Some(mut listing)) = asked.listing(ctx) else {
        let columns = asked.columns().and(place);
        let fetch = async |select| db.all_with(select, columns).await;
        let page = page_of(ctx, db.tenant(), select, sorted, list, args, fetch, |row| row).await?;
        return Ok(page.into());
    };
    let selected = std::mem::take(&mut listing.shape.selected);
    let fetch = async |select| db.all_and(select, place, selected).await;
    let page = page_of(ctx, db.tenant(), select, sorted, list, args, fetch, |(row, _)| row).await?;
    Ok(Paged::Written {
        list: written::list(&listing, page.rows.iter().map(|(cursor, (_, sent))| (cursor, sent)))?,
        first: page.rows.first().map(|(cursor, _)| cursor.clone()),
        last: page.rows.last().map(|(cursor, _)| cursor.clone()),
        has_previous: page.has_previous,
        has_next: page.has_next,
    })
}

#[expect(
    clippy::too_many_arguments,
    reason = "a page, how its rows are read, and which of what is read is the row"
)]
async fn page_of<E: TenantOwned, R>(
    ctx: &Ctx,
    tenant: Uuid,
    select: Select<E>,
    sorted: &Sorted<E>,
    list: String,
    args: &PageArgs,
    fetch: impl AsyncFnOnce(Select<E>) -> std::result::Result<Vec<R>, DbErr>,
    model: impl Fn(&R) -> &E::Model,
) -> Result<Page<R>> {
    let list = Arc::new(List {
        app: Arc::clone(&ctx.app),
        tenant,
        name: list,
    });
    let (limit, backward) = limit(args)?;
    let here = || {
        (
            sorted.column.as_column_ref().into(),
            sorted.id_column.as_column_ref().into(),
        )
    };
    let (column, id_column): (ColumnRef, ColumnRef) = sorted.place.clone().unwrap_or_else(here);
    let mut select = select;
    for (cursor, wants_greater) in [(&args.after, true), (&args.before, false)] {
        if let Some(cursor) = cursor {
            let (key, id) = decode(list.binding(), cursor)?;
            let row = Expr::tuple([Expr::col(column.clone()), Expr::col(id_column.clone())]);
            let edge = Expr::tuple([Expr::val(Value::from(key)), Expr::val(id)]);
            // Behind the cursor means greater when ascending, smaller when descending.
            select = select.filter(if wants_greater != sorted.descending {
                row.gt(edge)
            } else {
                row.lt(edge)
            });
        }
    }
    let order = if sorted.descending != backward {
        Order::Desc
    } else {
        Order::Asc
    };
    let select = select
        .order_by(Expr::col(column), order.clone())
        .order_by(Expr::col(id_column), order)
        .limit(limit + 1);
    let mut rows = fetch(select).await?;
    let more = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    if more {
        rows.pop();
    }
    if backward {
        rows.reverse();
    }
    let rows = rows
        .into_iter()
        .map(|row| {
            let (key, id) = (sorted.key)(model(&row));
            let list = Arc::clone(&list);
            (Cursor { list, key, id }, row)
        })
        .collect();
    Ok(Page {
        rows,
        has_previous: if backward { more } else { args.after.is_some() },
        has_next: if backward { args.before.is_some() } else { more },
    })
}

impl<M> Page<M> {
    /// The same page of something else, if every row can be that.
    pub fn try_map<N>(self, each: impl Fn(M) -> Result<N>) -> Result<Page<N>> {
        let rows = self.rows.into_iter().map(|(cursor, row)| Ok((cursor, each(row)?)));
        Ok(Page {
            rows: rows.collect::<Result<_>>()?,
            has_previous: self.has_previous,
            has_next: self.has_next,
        })
    }
}

fn limit(args: &PageArgs) -> Result<(u64, bool)> {
    let (rows, backward) = match (args.first, args.last) {
        (Some(_), Some(_)) => {
            return Err(Error::bad_input(
                "Give first or last, not both.",
                "first と last は同時に指定できません。",
            ));
        }
        (None, Some(last)) => (last, true),
        (first, None) => (first.unwrap_or(USUAL_ROWS), false),
    };
    match u64::try_from(rows) {
        Ok(limit) if (1..=MOST_ROWS).contains(&rows) => Ok((limit, backward)),
        _ => Err(Error::bad_input(
            format!("A page has 1 to {MOST_ROWS} rows."),
            format!("1ページの件数は1〜{MOST_ROWS}件です。"),
        )),
    }
}

type Counting = dyn Fn(Arc<Ctx>) -> BoxFuture<'static, Result<i64>> + Send + Sync;

/// The total of a connection, counted only when it is asked for.
pub struct Total(Box<Counting>);

impl Total {
    /// Counts with this when asked.
    pub fn new<F, R>(count: F) -> Self
    where
        F: Fn(Arc<Ctx>) -> R + Send + Sync + 'static,
        R: Future<Output = Result<i64>> + Send + 'static,
    {
        Self(Box::new(move |ctx| Box::pin(count(ctx))))
    }
}

/// A row of a page. Ours, because the engine's keeps its cursor as text.
pub struct Edge<N: OutputType> {
    node: N,
    cursor: Cursor,
}

impl<N: OutputType> TypeName for Edge<N> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", <N as OutputType>::type_name()).into()
    }
}

/// An edge in a connection.
#[Object(name_type)]
impl<N: OutputType> Edge<N> {
    /// The item at the end of the edge
    async fn node(&self) -> &N {
        &self.node
    }

    /// A cursor for use in pagination
    async fn cursor(&self) -> Result<String> {
        self.cursor.text()
    }
}

/// The rows of a connection.
enum Rows<N: OutputType> {
    Resolved(Vec<Edge<N>>),
    Written {
        list: async_graphql::Value,
        first: Option<Cursor>,
        last: Option<Cursor>,
    },
}

/// The nodes or the edges of a connection: a list of them in the schema.
enum Listed<'a, T: OutputType> {
    Resolved(Vec<&'a T>),
    Written(&'a async_graphql::Value),
}

impl<N: OutputType> Rows<N> {
    fn listed<'a, T: OutputType>(&'a self, of_edge: impl Fn(&'a Edge<N>) -> &'a T) -> Listed<'a, T> {
        match self {
            Self::Resolved(edges) => Listed::Resolved(edges.iter().map(of_edge).collect()),
            Self::Written { list, .. } => Listed::Written(list),
        }
    }
}

impl<T: OutputType> OutputType for Listed<'_, T> {
    fn type_name() -> Cow<'static, str> {
        <Vec<&T> as OutputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <Vec<&T> as OutputType>::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> ServerResult<async_graphql::Value> {
        match self {
            Self::Resolved(items) => items.resolve(ctx, field).await,
            Self::Written(list) => Ok((*list).clone()),
        }
    }
}

/// A page of a list, as Relay's connections have it. Ours, because the engine's has no description and the linters want
/// one on every type.
pub struct Connection<N: OutputType> {
    rows: Rows<N>,
    has_previous: bool,
    has_next: bool,
    total: Total,
}

impl<N: OutputType> TypeName for Connection<N> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", <N as OutputType>::type_name()).into()
    }
}

/// A page of a list, and where in the list it is.
#[Object(name_type)]
impl<N: OutputType> Connection<N> {
    /// Where the page is in its list.
    async fn page_info(&self) -> Result<PageInfo> {
        let (first, last) = match &self.rows {
            Rows::Resolved(edges) => (
                edges.first().map(|edge| &edge.cursor),
                edges.last().map(|edge| &edge.cursor),
            ),
            Rows::Written { first, last, .. } => (first.as_ref(), last.as_ref()),
        };
        Ok(PageInfo {
            has_previous_page: self.has_previous,
            has_next_page: self.has_next,
            start_cursor: first.map(Cursor::text).transpose()?,
            end_cursor: last.map(Cursor::text).transpose()?,
        })
    }

    /// The rows of the page, each with its cursor.
    async fn edges(&self) -> Listed<'_, Edge<N>> {
        self.rows.listed(|edge| edge)
    }

    /// The rows of the page.
    async fn nodes(&self) -> Listed<'_, N> {
        self.rows.listed(|edge| &edge.node)
    }

    /// How many rows the whole list has. Counted only when asked for.
    #[graphql(directive = cost::apply("5".to_owned()))]
    async fn total_count(&self, gql: &Context<'_>) -> Result<i32> {
        let count = (self.total.0)(Arc::clone(cx(gql))).await?;
        Ok(i32::try_from(count).unwrap_or(i32::MAX))
    }
}

/// A page as a Relay connection.
pub fn connection<M, N: OutputType>(page: impl Into<Paged<M>>, total: Total, node: impl Fn(M) -> N) -> Connection<N> {
    let edge = |(cursor, model)| Edge {
        node: node(model),
        cursor,
    };
    match page.into() {
        Paged::Rows(page) => Connection {
            rows: Rows::Resolved(page.rows.into_iter().map(edge).collect()),
            has_previous: page.has_previous,
            has_next: page.has_next,
            total,
        },
        Paged::Written {
            list,
            first,
            last,
            has_previous,
            has_next,
        } => Connection {
            rows: Rows::Written { list, first, last },
            has_previous,
            has_next,
            total,
        },
    }
}
