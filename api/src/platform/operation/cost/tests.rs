#![allow(clippy::unwrap_used)]
use async_graphql::parser::parse_query;
use serde_json::{Value as Json, json};

use super::*;

const SCHEMA: &str = "
    interface Node { id: ID! }
    type Query { node(id: ID!): Node nodes(ids: [ID!]!): [Node] person(id: ID!): Person \
        people(first: Int, after: String, last: Int, before: String): PersonConnection }
    type Mutation { personCreate(name: String!): PersonPayload }
    type PersonPayload { person: Person }
    type PersonConnection { edges: [PersonEdge!]! nodes: [Person!]! pageInfo: PageInfo! totalCount: Int! @cost(weight: \"5\") }
    type PersonEdge { node: Person! cursor: String! }
    type PageInfo { hasNextPage: Boolean! }
    type Person implements Node { id: ID! name: String! boss: Person \
        reports: [Person!]! @listSize(assumedSize: 10) friends(first: Int! = 10): [Person!]! tags: [String!]! \
        past(asOf: String @cost(weight: \"200\")): Person }
";

#[test]
fn one_thing_is_an_object_or_a_page_with_nothing_beside_it() {
    let is_one = |query: &str| plan(query, json!({})).is_one_thing();
    for one in [
        "{ person(id: 1) { id name tags } }",
        "{ person(id: 1) { ...F } } fragment F on Person { id }",
        "{ people(first: 9) { nodes { id name } pageInfo { hasNextPage } } }",
        "{ people { edges { cursor node { id } } } }",
    ] {
        assert!(is_one(one), "{one}");
    }
    for more in [
        "{ person(id: 1) { id } other: person(id: 2) { id } }",
        "{ ...F } fragment F on Query { person(id: 1) { id } other: person(id: 2) { id } }",
        "{ person(id: 1) { boss { id } } }",
        "{ people { nodes { id boss { id } } } }",
        "{ people { edges { node { reports { id } } } } }",
        "{ people { nodes { id } totalCount } }",
        "{ nodes(ids: [1]) { id } }",
    ] {
        assert!(!is_one(more), "{more}");
    }
}

fn plan(query: &str, variables: Json) -> Plan {
    let table = CostTable::of_schema(SCHEMA).unwrap();
    let document = parse_query(query).unwrap();
    let (_, operation) = document.operations.iter().next().unwrap();
    table.plan(&document, &operation.node, &Variables::from_json(variables))
}

fn estimate(query: &str) -> u64 {
    plan(query, json!({})).estimate()
}

#[test]
fn what_is_skipped_or_not_included_costs_nothing() {
    let points = |directive: &str, variables: Json| {
        let query = |part: &str| format!("query($b: Boolean! = true) {{ person(id: 1) {{ {part} }} }}");
        let field = plan(&query(&format!("boss {directive} {{ id }}")), variables.clone()).estimate();
        let fragment = plan(&query(&format!("... {directive} {{ boss {{ id }} }}")), variables).estimate();
        assert_eq!(field, fragment, "{directive}");
        field
    };
    assert_eq!(points("@skip(if: true)", json!({})), 1);
    assert_eq!(points("@skip(if: false)", json!({})), 2);
    assert_eq!(points("@include(if: false)", json!({})), 1);
    assert_eq!(points("@include(if: true)", json!({})), 2);
    assert_eq!(points("@include(if: true) @skip(if: true)", json!({})), 1);
    assert_eq!(points("@skip(if: $b)", json!({ "b": true })), 1);
    assert_eq!(points("@include(if: $b)", json!({ "b": true })), 2);
    assert_eq!(points("@include(if: $b)", json!({ "b": false })), 1);
    // What the engine takes an absent one for.
    assert_eq!(points("@include(if: $b)", json!({})), 1);
    assert_eq!(points("@skip(if: $b)", json!({})), 2);
}

#[test]
fn objects_cost_one_and_leaves_nothing() {
    assert_eq!(estimate("{ __typename }"), 1);
    assert_eq!(estimate("{ person(id: 1) { id name tags } }"), 1);
    assert_eq!(estimate("{ person(id: 1) { boss { boss { name } } } }"), 3);
    assert_eq!(estimate("{ a: person(id: 1) { id } b: person(id: 2) { id } }"), 2);
    assert_eq!(estimate("mutation { personCreate(name: \"x\") { person { id } } }"), 12);
}

#[test]
fn pages_multiply_what_is_below_them() {
    assert_eq!(
        estimate("{ people(first: 50) { nodes { id boss { id } } } }"),
        1 + 50 * 2
    );
    assert_eq!(
        estimate("{ people(last: 5) { edges { cursor node { id } } pageInfo { hasNextPage } totalCount } }"),
        1 + 5 + 5
    );
    assert_eq!(estimate("{ people { nodes { id } } }"), 1 + 20);
    assert_eq!(
        estimate("{ people(first: 2) { nodes { reports { id } friends(first: 3) { id } friends { id } } } }"),
        1 + 2 * (1 + 10 + 3 + 10)
    );
    assert_eq!(estimate("{ nodes(ids: [1, 2, 3]) { id } }"), 3);
}

#[test]
fn what_an_argument_adds_counts_when_it_is_given() {
    assert_eq!(estimate("{ person(id: 1) { past { id } } }"), 2);
    assert_eq!(estimate("{ person(id: 1) { past(asOf: \"2026\") { id } } }"), 202);
}

#[test]
fn variables_defaults_fragments_and_interfaces_hide_nothing() {
    let through = |variables| plan("query($n: Int = 90) { people(first: $n) { nodes { id } } }", variables).estimate();
    assert_eq!((through(json!({})), through(json!({ "n": 7 }))), (91, 8));
    assert_eq!(
        estimate(
            "{ ...f } fragment f on Query { people(first: 50) { ... on PersonConnection { nodes { ...g } } } } fragment g on Person { boss { id } }"
        ),
        1 + 50 * 2
    );
    assert_eq!(
        estimate("{ node(id: 1) { ... on Person { friends(first: 5000) { id } } } }"),
        5001
    );
    assert_eq!(
        plan(
            "query($ids: [ID!]!) { nodes(ids: $ids) { id } }",
            json!({ "ids": ["a", "b"] })
        )
        .estimate(),
        2
    );
}

#[test]
fn nothing_wraps_around() {
    let deep = (0..12).fold("id".to_owned(), |inner, _| {
        format!("friends(first: 9000000000000000000) {{ {inner} }}")
    });
    assert_eq!(estimate(&format!("{{ person(id: 1) {{ {deep} }} }}")), u64::MAX);
    assert_eq!(estimate("{ people(first: -1) { nodes { id } } }"), 21);
}

#[test]
fn integers_have_32_bits_wherever_they_stand() {
    let wrong = |query, variables| plan(query, variables).no_integer().map(str::to_owned);
    let below = "query($n: Int) { person(id: 1) { boss { friends(first: $n) { id } } } }";
    assert_eq!(wrong(below, json!({ "n": 2_147_483_647 })), None);
    assert_eq!(
        wrong(below, json!({ "n": 2_147_483_648_i64 })),
        Some("first".to_owned())
    );
    assert_eq!(
        wrong(below, json!({ "n": -2_147_483_649_i64 })),
        Some("first".to_owned())
    );
    assert_eq!(wrong(below, json!({ "n": 1.5 })), Some("first".to_owned()));
    assert_eq!(
        wrong("{ people(last: 9223372036854775808) { nodes { id } } }", json!({})),
        Some("last".to_owned())
    );
}

#[test]
fn introspection_is_counted_by_what_it_answers() {
    assert_eq!(estimate("{ __schema { queryType { name } } }"), 1);
    let deep = (0..6).fold("name".to_owned(), |inner, _| format!("fields {{ type {{ {inner} }} }}"));
    assert!(estimate(&format!("{{ __schema {{ types {{ {deep} }} }} }}")) > 5_000);
}

#[test]
fn the_answer_says_what_it_did_cost() {
    let plan = plan(
        "{ people(first: 50) { nodes { id boss { id } } totalCount } other: person(id: 1) { id } }",
        json!({}),
    );
    let answer = json!({ "people": { "nodes": [{ "id": 1, "boss": null }, { "id": 2, "boss": { "id": 1 } }], "totalCount": 2 }, "other": null });
    assert_eq!(plan.estimate(), 1 + 100 + 5 + 1);
    assert_eq!(plan.actual(&Answered::from_json(answer).unwrap()), 1 + 3 + 5);
    assert_eq!(plan.actual(&Answered::Null), 1);
}
