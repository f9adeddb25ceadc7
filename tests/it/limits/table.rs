//! `docs/limits.md` says what every field costs. The table is made of the schema, so that it stays true.

use std::fmt::Write;
use std::path::Path;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, ConstDirective, FieldDefinition, ServiceDocument, TypeKind, TypeSystemDefinition,
};
use async_graphql::{Positioned, Value};

/// What stands around the table.
const MARKS: [&str; 2] = ["<!-- costs: made of the schema -->\n", "<!-- end of costs -->\n"];
/// As `platform::graphql::page` has it.
const USUAL_PAGE: &str = "20";

fn said(directives: &[Positioned<ConstDirective>], name: &str, argument: &str) -> Option<String> {
    let directive = directives.iter().find(|one| one.node.name.node == name)?;
    Some(match &directive.node.get_argument(argument)?.node {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    })
}

/// Objects and interfaces with their fields, in the order of the schema.
fn types(schema: &ServiceDocument) -> Vec<(String, Vec<&FieldDefinition>)> {
    let definitions = schema.definitions.iter().filter_map(|definition| match definition {
        TypeSystemDefinition::Type(definition) => Some(&definition.node),
        _ => None,
    });
    definitions
        .filter_map(|definition| {
            let fields = match &definition.kind {
                TypeKind::Object(object) => &object.fields,
                TypeKind::Interface(interface) => &interface.fields,
                _ => return None,
            };
            let fields = fields.iter().map(|field| &field.node).collect();
            Some((definition.name.node.to_string(), fields))
        })
        .collect()
}

/// Name of the type, and whether there is a list of it.
fn named(field: &FieldDefinition) -> (String, bool) {
    let (mut base, mut is_list) = (&field.ty.node.base, false);
    loop {
        match base {
            BaseType::Named(name) => return (name.to_string(), is_list),
            BaseType::List(inner) => (base, is_list) = (&inner.base, true),
        }
    }
}

/// How many objects a field counts as: as text, and `None` for one or none.
fn rows(owner: &str, field: &FieldDefinition, is_object: impl Fn(&str) -> bool) -> Option<String> {
    let argument = |name: &str| field.arguments.iter().find(|argument| argument.node.name.node == name);
    let (name, is_list) = named(field);
    // A page has the rows that were asked of the connection; refusals are told in the text.
    if !is_object(&name) || owner.ends_with("Connection") || field.name.node == "userErrors" {
        return None;
    }
    let assumed = said(&field.directives, "listSize", "assumedSize");
    if name.ends_with("Connection") {
        let usual = assumed.as_deref().unwrap_or(USUAL_PAGE);
        return Some(format!("a page: `first` or `last`, else {usual}"));
    }
    if !is_list {
        return None;
    }
    if argument("ids").is_some() {
        return Some("as many as `ids`".to_owned());
    }
    if let Some(first) = argument("first") {
        let usual = first.node.default_value.as_ref().map(|value| value.node.to_string());
        return Some(format!("`first`, else {}", usual.as_deref().unwrap_or(USUAL_PAGE)));
    }
    Some(assumed.unwrap_or_else(|| panic!("{owner}.{}: a list without a size", field.name.node)))
}

fn table(sdl: &str) -> String {
    let schema = parse_schema(sdl).unwrap();
    let types = types(&schema);
    let is_object = |name: &str| types.iter().any(|(known, _)| known == name) || name == "SearchResult";
    let mut table = String::from("| field | points of its own | objects |\n| --- | --- | --- |\n");
    for (owner, fields) in &types {
        for field in fields {
            let mut points: Vec<String> = said(&field.directives, "cost", "weight").into_iter().collect();
            for argument in &field.arguments {
                if let Some(weight) = said(&argument.node.directives, "cost", "weight") {
                    points.push(format!("{weight} with `{}`", argument.node.name.node));
                }
            }
            let rows = rows(owner, field, is_object);
            if !points.is_empty() || rows.is_some() {
                let (points, rows) = (points.join(", "), rows.unwrap_or_default());
                writeln!(table, "| `{owner}.{}` | {points} | {rows} |", field.name.node).unwrap();
            }
        }
    }
    table
}

#[test]
fn the_table_of_costs_is_that_of_the_schema() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/limits.md");
    let text = std::fs::read_to_string(&file).unwrap();
    let (before, rest) = text.split_once(MARKS[0]).unwrap();
    let (committed, after) = rest.split_once(MARKS[1]).unwrap();
    let current = table(&api::schema::sdl());
    if std::env::var_os("UPDATE_LIMITS").is_some() {
        std::fs::write(&file, [before, MARKS[0], &current, MARKS[1], after].concat()).unwrap();
        return;
    }
    assert!(
        committed == current,
        "docs/limits.md is stale: UPDATE_LIMITS=1 cargo test -p tests the_table_of_costs\n{current}"
    );
}
