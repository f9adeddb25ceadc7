//! The queries that common tools ask for the schema with pass; deeper ones do not.

use async_graphql::parser::types::TypeSystemDefinition;
use serde_json::json;
use tests::on_both;

use super::siege::{Ask, Siege};

/// `graphql-js` 16 `getIntrospectionQuery` as GraphiQL 4 asks it, with all its options (as Apollo's and Relay's tools
/// do), and with none.
const STANDARD: [(&str, &str); 3] = [
    ("GraphiQL", include_str!("graphiql.graphql")),
    ("all options", include_str!("all_options.graphql")),
    ("no options", include_str!("no_options.graphql")),
];

on_both! {
    async fn the_standard_introspection_queries_pass(app) {
        let siege = Siege::begin(&app).await;
        for (name, query) in STANDARD {
            let answer = app.anonymous().send(query, json!({})).await;
            let types = answer.body["data"]["__schema"]["types"].as_array().map(Vec::len);
            assert_eq!((answer.status, types), (200, Some(api_types())), "{name}: {}", answer.body["errors"]);
            siege.answered(name, &Ask::new(query)).await;
        }
        siege.end().await;
    }

    async fn deeper_introspection_is_refused(app) {
        let siege = Siege::begin(&app).await;
        for levels in [6, 8, 11] {
            let deep = (0..levels).fold("name".to_owned(), |inner, _| format!("fields {{ type {{ {inner} }} }}"));
            for (name, query) in [
                ("plain", format!("{{ __schema {{ types {{ {deep} }} }} }}")),
                ("through a fragment", format!("{{ __schema {{ ...f }} }} fragment f on __Schema {{ types {{ {deep} }} }}")),
                ("aliased", format!("{{ a: __schema {{ b: types {{ {deep} }} }} }}")),
                ("inline", format!("{{ ... {{ __schema {{ ... on __Schema {{ types {{ {deep} }} }} }} }} }}")),
            ] {
                siege.refused(&format!("{levels} levels, {name}"), &Ask::new(query)).await;
            }
        }
        siege.end().await;
    }
}

/// Ours, five scalars and the eight types of introspection itself.
fn api_types() -> usize {
    let definitions = async_graphql::parser::parse_schema(api::schema::sdl())
        .unwrap()
        .definitions;
    let is_type = |one: &&TypeSystemDefinition| matches!(one, TypeSystemDefinition::Type(_));
    definitions.iter().filter(is_type).count() + 5 + 8
}
