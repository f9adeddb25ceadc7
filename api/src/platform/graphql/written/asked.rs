//! What is asked of a connection.

use std::marker::PhantomData;

use async_graphql::parser::types::Selection;
use async_graphql::{Context, SelectionField};
use sea_orm::DbBackend;

use super::super::wanted::wanted;
use super::{Shape, Written};
use crate::error::Result;
use crate::platform::Ctx;
use crate::platform::tenancy::Columns;

/// What is asked of the rows of a connection.
pub struct Asked<'a, E> {
    connection: SelectionField<'a>,
    /// Nobody else answers under its name.
    is_alone: bool,
    entity: PhantomData<fn() -> E>,
}

impl<'a, E: Written> Asked<'a, E> {
    /// Of the connection that a field of the root gives.
    pub fn of_rows(gql: &'a Context<'_>) -> Self {
        Self {
            connection: gql.field(),
            is_alone: is_alone(gql),
            entity: PhantomData,
        }
    }

    /// The columns that its rows need.
    pub(in crate::platform::graphql) fn columns(&self) -> Columns<E> {
        let below = |of: &SelectionField<'a>, name: &'static str| {
            let fields = of.selection_set().filter(move |field| field.name() == name);
            fields.collect::<Vec<_>>()
        };
        let mut rows = below(&self.connection, "nodes");
        for edge in below(&self.connection, "edges") {
            rows.extend(below(&edge, "node"));
        }
        wanted(&rows, E::COMPUTED)
    }

    /// The shape in which its nodes can be written, if they can.
    pub(in crate::platform::graphql) fn shape(&self, ctx: &Ctx) -> Result<Option<Shape>> {
        if !self.is_alone || ctx.app.database.backend() != DbBackend::Postgres {
            return Ok(None);
        }
        let mut nodes = None;
        for field in self.connection.selection_set() {
            match field.name() {
                "edges" => return Ok(None),
                // Two would each be written from the same rows.
                "nodes" if nodes.is_some() => return Ok(None),
                "nodes" => nodes = Some(field),
                _ => {}
            }
        }
        nodes.map_or(Ok(None), |nodes| Shape::of::<E>(ctx, &nodes))
    }
}

/// What is written cannot be merged: whether the operation asks for this field of the root in one place only.
fn is_alone(gql: &Context<'_>) -> bool {
    let here = gql.item.node.response_key();
    let roots = &gql.query_env.operation.node.selection_set.node.items;
    let is_other = |root: &Selection| match root {
        Selection::Field(field) => field.node.response_key().node != here.node,
        Selection::InlineFragment(_) | Selection::FragmentSpread(_) => false,
    };
    gql.path_node.is_some_and(|path| path.parent.is_none())
        && roots.iter().filter(|root| !is_other(&root.node)).count() == 1
        && roots.iter().all(|root| matches!(root.node, Selection::Field(_)))
}
