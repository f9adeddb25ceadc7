//! Operations, from bytes of a body or a URL to the point where they would be executed.

use std::sync::LazyLock;

use api::platform::operation::{CostTable, Engine, Incoming, guard, read};
use api::schema::Executor;
use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use async_graphql::{Value, Variables};

static ENGINE: LazyLock<Executor> = LazyLock::new(Executor::build);
static COSTS: LazyLock<CostTable> = LazyLock::new(|| CostTable::of_schema(&ENGINE.sdl()).unwrap());

/// Takes the bytes for a JSON body, for the parameters of a URL, and for a document.
pub fn run(bytes: &[u8]) {
    let mut requests = vec![Incoming::from_json(bytes)];
    if let Ok(text) = std::str::from_utf8(bytes) {
        requests.push(Incoming::from_url(text));
        document(text, &Variables::default());
    }
    for mut incoming in requests.into_iter().flatten() {
        let variables = incoming.take_variables();
        document(&incoming.query.unwrap_or_default(), &variables);
    }
}

fn document(text: &str, variables: &Variables) {
    let Ok(document) = read(text) else { return };
    if guard::check_variables(&document, variables).is_err() {
        return;
    }
    for (_, operation) in document.operations.iter() {
        let plan = COSTS.plan(&document, &operation.node, variables);
        assert!(plan.estimate() >= 1);
        assert!(plan.actual(&Value::Null) >= 1);
        assert!(plan.actual(&answer(&document, &operation.node.selection_set.node)) >= 1);
        assert!(!COSTS.root_field(&operation.node).is_empty());
    }
    futures::executor::block_on(ENGINE.validate(document));
}

/// An answer with an object of one list for all that has a selection. The guard has seen to it that this ends.
fn answer(document: &ExecutableDocument, set: &SelectionSet) -> Value {
    let mut object = Default::default();
    fill(&mut object, document, set);
    Value::List(vec![Value::Object(object)])
}

fn fill(
    object: &mut async_graphql::indexmap::IndexMap<async_graphql::Name, Value>,
    document: &ExecutableDocument,
    set: &SelectionSet,
) {
    for item in &set.items {
        match &item.node {
            Selection::Field(field) => {
                let key = field.node.response_key().node.clone();
                object.insert(key, answer(document, &field.node.selection_set.node));
            }
            Selection::InlineFragment(fragment) => fill(object, document, &fragment.node.selection_set.node),
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                    fill(object, document, &fragment.node.selection_set.node);
                }
            }
        }
    }
}
