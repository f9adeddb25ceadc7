//! What is asked of an object or a connection.

use std::marker::PhantomData;
use std::sync::Arc;

use async_graphql::parser::types::Selection;
use async_graphql::{Context, Positioned};
use sea_orm::DbBackend;

use super::super::wanted::wanted_at;
use super::{Selected, Shape, Writable};
use crate::error::Result;
use crate::platform::Ctx;
use crate::platform::tenancy::{Columns, TenantDb};

/// Given to the engine with a request whose answer is written by [`Answer`](crate::platform::operation::Answer), which knows what
/// is written already.
pub struct MayWrite;

/// What a field of the root is asked for: of an object, or of the rows of a connection.
pub struct Asked<'a, E> {
    gql: &'a Context<'a>,
    is_page: bool,
    entity: PhantomData<fn() -> E>,
}

impl<'a, E: Writable> Asked<'a, E> {
    /// Of the rows of the connection that it gives.
    pub fn of_rows(gql: &'a Context<'a>) -> Self {
        Self {
            gql,
            is_page: true,
            entity: PhantomData,
        }
    }

    /// Of the object that it gives.
    pub fn of_object(gql: &'a Context<'a>) -> Self {
        Self {
            is_page: false,
            ..Self::of_rows(gql)
        }
    }

    /// The request's read transaction, to find it by one statement and, where it is written, to need no more.
    pub async fn read(&self, ctx: &Ctx) -> Result<Arc<TenantDb>> {
        if !ctx.is_for_one_thing() && self.is_all() && self.is_written(ctx) {
            ctx.asks_one_thing();
        }
        ctx.glance().await
    }

    /// The columns that are needed.
    pub(in crate::platform::graphql) fn columns(&self) -> Columns<E> {
        let at = |path: &[&str]| wanted_at(self.gql, path, E::COMPUTED);
        match self.is_page {
            true => at(&["nodes"]).and(at(&["edges", "node"])),
            false => at(&[]),
        }
    }

    /// How the object can be written, if it can.
    pub(in crate::platform::graphql) fn shape(&self, ctx: &Ctx) -> Result<Option<Shape>> {
        match self.may_be(ctx) {
            true => Shape::of::<E>(ctx, &Selected::here(self.gql)),
            false => Ok(None),
        }
    }

    /// How the rows can be written, if they can.
    pub(in crate::platform::graphql) fn listing(&self, ctx: &Ctx) -> Result<Option<Listing>> {
        let fields = self.may_be(ctx).then(|| self.of_connection());
        let Some(fields) = fields.flatten() else {
            return Ok(None);
        };
        let mut lists = fields.iter().filter(|field| matches!(field.name(), "nodes" | "edges"));
        // Two would each be written from the same rows.
        let (Some(list), None) = (lists.next(), lists.next()) else {
            return Ok(None);
        };
        if list.name() == "nodes" {
            let shape = Shape::of::<E>(ctx, list)?;
            return Ok(shape.map(|shape| Listing { shape, edge: None }));
        }
        let edge_type = format!("{}Edge", E::OBJECT);
        let Some(fields) = list.fields(&edge_type) else {
            return Ok(None);
        };
        let mut nodes = fields.iter().filter(|field| field.name() == "node");
        let (Some(node), None) = (nodes.next(), nodes.next()) else {
            return Ok(None);
        };
        let mut edge: Vec<(String, EdgePart)> = Vec::with_capacity(fields.len());
        for field in &fields {
            let part = match field.name() {
                "node" => EdgePart::Node,
                "cursor" => EdgePart::Cursor,
                _ => EdgePart::TypeName(edge_type.clone()),
            };
            match edge.iter().find(|(key, _)| key == field.key()) {
                Some((_, same)) if *same == part => {}
                Some(_) => return Ok(None),
                None => edge.push((field.key().to_owned(), part)),
            }
        }
        let shape = Shape::of::<E>(ctx, node)?;
        Ok(shape.map(|shape| Listing {
            shape,
            edge: Some(edge),
        }))
    }

    fn may_be(&self, ctx: &Ctx) -> bool {
        let is_writer = self.gql.data_opt::<MayWrite>().is_some();
        is_writer && ctx.app.database.backend() == DbBackend::Postgres && is_alone(self.gql)
    }

    fn is_written(&self, ctx: &Ctx) -> bool {
        match self.is_page {
            true => matches!(self.listing(ctx), Ok(Some(_))),
            false => matches!(self.shape(ctx), Ok(Some(_))),
        }
    }

    /// Whether the operation asks for this and for nothing that is read beside it, as a total is.
    fn is_all(&self) -> bool {
        let is_of_rows = |field: &Selected<'_>| matches!(field.name(), "nodes" | "edges" | "pageInfo" | "__typename");
        let is_of_these = || self.of_connection().is_some_and(|fields| fields.iter().all(is_of_rows));
        roots(self.gql).len() == 1 && (!self.is_page || is_of_these())
    }

    fn of_connection(&self) -> Option<Vec<Selected<'a>>> {
        Selected::here(self.gql).fields(&format!("{}Connection", E::OBJECT))
    }
}

/// How the rows of a connection are written.
pub struct Listing {
    /// What of each row.
    pub(in crate::platform::graphql) shape: Shape,
    /// What stands around each, where its edges are asked for: names in the answer, and what is under them.
    pub(super) edge: Option<Vec<(String, EdgePart)>>,
}

/// What an edge has.
#[derive(PartialEq)]
pub(super) enum EdgePart {
    /// The name of its type.
    TypeName(String),
    /// The row.
    Node,
    /// Where it stands.
    Cursor,
}

fn roots<'a>(gql: &'a Context<'_>) -> &'a [Positioned<Selection>] {
    &gql.query_env.operation.node.selection_set.node.items
}

/// Whether the operation asks for this field of the root in one place only: what is written cannot be merged.
fn is_alone(gql: &Context<'_>) -> bool {
    let here = &gql.item.node.response_key().node;
    let key = |root: &'_ Positioned<Selection>| match &root.node {
        Selection::Field(field) => Some(field.node.response_key().node == *here),
        Selection::InlineFragment(_) | Selection::FragmentSpread(_) => None,
    };
    let are_here: Option<Vec<bool>> = roots(gql).iter().map(key).collect();
    let is_at_root = gql.path_node.is_some_and(|path| path.parent.is_none());
    is_at_root && are_here.is_some_and(|are_here| are_here.into_iter().filter(|is_here| *is_here).count() == 1)
}
