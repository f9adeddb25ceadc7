//! What is asked of a connection.

use std::marker::PhantomData;

use async_graphql::Context;
use async_graphql::parser::types::Selection;
use sea_orm::DbBackend;

use super::super::wanted::wanted_at;
use super::{Selected, Shape, Writable};
use crate::error::Result;
use crate::platform::Ctx;
use crate::platform::tenancy::Columns;

/// Given to the engine with a request whose answer is written by [`Answer`](crate::platform::operation::Answer), which knows what
/// is written already.
pub struct MayWrite;

/// What is asked of the rows of a connection.
pub struct Asked<'a, E> {
    gql: &'a Context<'a>,
    entity: PhantomData<fn() -> E>,
}

impl<'a, E: Writable> Asked<'a, E> {
    /// Of the connection that a field of the root gives.
    pub fn of_rows(gql: &'a Context<'a>) -> Self {
        Self {
            gql,
            entity: PhantomData,
        }
    }

    /// The columns that its rows need.
    pub(in crate::platform::graphql) fn columns(&self) -> Columns<E> {
        wanted_at(self.gql, &["nodes"], E::COMPUTED).and(wanted_at(self.gql, &["edges", "node"], E::COMPUTED))
    }

    /// How its rows can be written, if they can.
    pub(in crate::platform::graphql) fn listing(&self, ctx: &Ctx) -> Result<Option<Listing>> {
        let may = self.gql.data_opt::<MayWrite>().is_some() && is_alone(self.gql);
        if !may || ctx.app.database.backend() != DbBackend::Postgres {
            return Ok(None);
        }
        let Some(fields) = Selected::here(self.gql).fields(&format!("{}Connection", E::OBJECT)) else {
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

/// Whether the operation asks for this field of the root in one place only: what is written cannot be merged.
fn is_alone(gql: &Context<'_>) -> bool {
    let here = &gql.item.node.response_key().node;
    let roots = &gql.query_env.operation.node.selection_set.node.items;
    let mut fields = roots.iter().map(|root| match &root.node {
        Selection::Field(field) => Some(&field.node.response_key().node),
        Selection::InlineFragment(_) | Selection::FragmentSpread(_) => None,
    });
    let is_at_root = gql.path_node.is_some_and(|path| path.parent.is_none());
    is_at_root
        && fields.clone().all(|key| key.is_some())
        && fields.by_ref().filter(|key| *key == Some(here)).count() == 1
}
