//! Everything that the built schema can be asked has a row that says who may ask it. A field without a row fails.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::surface;

const TYPES: &str = "{ __schema { queryType { name } mutationType { name } subscriptionType { name } types { kind name fields { name \
    type { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } }";

const ROOTS: [&str; 3] = ["Query", "Mutation", "Subscription"];

async fn types() -> Vec<Value> {
    let schema = api::schema::build();
    let answer = schema.execute(TYPES).await.data.into_json().unwrap();
    assert_eq!(
        (
            &answer["__schema"]["queryType"]["name"],
            &answer["__schema"]["mutationType"]["name"],
            &answer["__schema"]["subscriptionType"]["name"]
        ),
        (&json!("Query"), &json!("Mutation"), &json!("Subscription"))
    );
    answer["__schema"]["types"].as_array().unwrap().clone()
}

fn fields(of: &Value) -> Vec<&Value> {
    of["fields"]
        .as_array()
        .map(|fields| fields.iter().collect())
        .unwrap_or_default()
}

#[test]
fn every_root_field_has_a_row_and_every_row_a_root_field() {
    actix_web::rt::System::new().block_on(async {
        let types = types().await;
        let roots: BTreeSet<String> = types
            .iter()
            .filter(|one| one["name"].as_str().is_some_and(|name| ROOTS.contains(&name)))
            .flat_map(|root| {
                fields(root)
                    .into_iter()
                    .map(|field| field["name"].as_str().unwrap().to_owned())
            })
            .collect();
        let rows = surface::rows();
        let known: BTreeSet<String> = rows.iter().map(|row| row.field.to_owned()).collect();
        assert_eq!(known.len(), rows.len(), "a field has two rows");
        assert_eq!(
            roots.difference(&known).collect::<Vec<_>>(),
            Vec::<&String>::new(),
            "root fields without a row"
        );
        assert_eq!(
            known.difference(&roots).collect::<Vec<_>>(),
            Vec::<&String>::new(),
            "rows without a root field"
        );
    });
}

/// Fields below the roots that give a list, a page or a count, with what the caller must be allowed to do.
#[test]
fn every_list_below_the_roots_is_listed() {
    actix_web::rt::System::new().block_on(async {
        let types = types().await;
        let mut found = BTreeSet::new();
        for one in types.iter().filter(|one| one["kind"] == "OBJECT") {
            let name = one["name"].as_str().unwrap();
            let helper = ["Payload", "Connection", "Edge"]
                .iter()
                .any(|ending| name.ends_with(ending));
            if name.starts_with("__") || helper || name == "UserError" || ROOTS.contains(&name) {
                continue;
            }
            for field in fields(one) {
                let text = field["type"].to_string();
                if text.contains("\"LIST\"") || text.contains("Connection\"") {
                    found.insert(format!("{name}.{}", field["name"].as_str().unwrap()));
                }
            }
        }
        let known: BTreeSet<String> = surface::LISTS.iter().map(|(field, _)| (*field).to_owned()).collect();
        assert_eq!(found, known);
    });
}

/// A list of objects says how long it may be, in one of the ways that its price is reckoned by: an estimate that is too
/// low lets an operation through that answers without end.
#[test]
fn every_list_of_objects_has_a_size() {
    use async_graphql::parser::parse_schema;
    use async_graphql::parser::types::{BaseType, TypeKind, TypeSystemDefinition};

    let document = parse_schema(api::schema::sdl()).unwrap();
    let types = || {
        document.definitions.iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(one) => match &one.node.kind {
                TypeKind::Object(object) => Some((one.node.name.node.as_str(), &object.fields)),
                _ => None,
            },
            _ => None,
        })
    };
    let objects: BTreeSet<&str> = types().map(|(name, _)| name).collect();
    let mut unsized_lists = Vec::new();
    for (name, fields) in types() {
        for field in fields.iter().map(|field| &field.node) {
            let mut ty = &field.ty.node.base;
            let mut is_list = false;
            while let BaseType::List(inner) = ty {
                (ty, is_list) = (&inner.base, true);
            }
            let BaseType::Named(of) = ty else { continue };
            let takes = |name: &str| field.arguments.iter().any(|argument| argument.node.name.node == name);
            let says = field
                .directives
                .iter()
                .any(|directive| directive.node.name.node == "listSize");
            let is_sized = says || takes("first") || takes("ids") || name.ends_with("Connection");
            // What the caller can mend is no rows.
            if is_list && objects.contains(of.as_str()) && !is_sized && of != "UserError" {
                unsized_lists.push(format!("{name}.{}", field.name.node));
            }
        }
    }
    assert_eq!(unsized_lists, Vec::<String>::new());
}
