//! The schema that is committed is the schema that is built.

use std::path::Path;

#[test]
fn schema_graphql_is_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema.graphql");
    let committed = std::fs::read_to_string(file).unwrap();
    assert!(
        committed == api::schema::sdl(),
        "schema.graphql is stale: cargo run -- schema > schema.graphql"
    );
}
