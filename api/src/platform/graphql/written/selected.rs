//! A field of a document with what is selected of the object that it gives.

use async_graphql::parser::types::{Field, Selection, SelectionSet};
use async_graphql::{Context, Value};

use crate::platform::operation::argument;

/// The interface that objects with an id have.
const NODE: &str = "Node";

/// A field as a document has it.
#[derive(Clone, Copy)]
pub struct Selected<'a> {
    field: &'a Field,
    gql: &'a Context<'a>,
}

impl<'a> Selected<'a> {
    pub(super) fn here(gql: &'a Context<'a>) -> Self {
        Self {
            field: &gql.item.node,
            gql,
        }
    }

    /// Its name in the schema.
    pub fn name(&self) -> &'a str {
        self.field.name.node.as_str()
    }

    /// What one of its arguments is; nothing when the document does not give it, null when it is a variable without a value.
    pub fn argument(&self, name: &str) -> Option<Value> {
        let query = self.gql.query_env;
        self.field.get_argument(name)?;
        let given = argument(&query.operation.node, &query.variables, self.field, name);
        Some(given.unwrap_or(Value::Null))
    }

    /// Its name in the answer.
    pub(super) fn key(&self) -> &'a str {
        self.field.response_key().node.as_str()
    }

    /// What is selected of it, which is an object of this type; nothing when it has a fragment of which that does not say whether
    /// it is of the object. The engine's own list has the fields of all fragments, whatever they are on.
    pub(super) fn fields(&self, object: &str) -> Option<Vec<Self>> {
        let mut fields = Vec::with_capacity(self.field.selection_set.node.items.len());
        self.add(&self.field.selection_set.node, object, &mut fields)?;
        Some(fields)
    }

    fn add(&self, set: &'a SelectionSet, object: &str, fields: &mut Vec<Self>) -> Option<()> {
        for item in &set.items {
            let (on, below) = match &item.node {
                Selection::Field(field) => {
                    fields.push(Self {
                        field: &field.node,
                        gql: self.gql,
                    });
                    continue;
                }
                Selection::InlineFragment(fragment) => {
                    let on = fragment.node.type_condition.as_ref();
                    (on.map(|on| &on.node), &fragment.node.selection_set.node)
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = &self.gql.query_env.fragments.get(&spread.node.fragment_name.node)?.node;
                    (Some(&fragment.type_condition.node), &fragment.selection_set.node)
                }
            };
            match on.map(|on| on.on.node.as_str()) {
                Some(on) if on != object && on != NODE => return None,
                _ => self.add(below, object, fields)?,
            }
        }
        Some(())
    }
}
