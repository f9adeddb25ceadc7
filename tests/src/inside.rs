//! Operations executed within this process: what the transports do, without HTTP.

use std::sync::Arc;

use api::platform::Ctx;
use api::platform::operation::{self, Answer, Incoming};
use serde_json::{Value, json};

/// Answers an operation that must not be refused.
pub async fn execute(ctx: &Arc<Ctx>, query: &str, variables: &Value) -> Answer {
    let body = json!({ "query": query, "variables": variables }).to_string();
    let incoming = Incoming::from_json(body.as_bytes()).unwrap();
    let prepared = operation::prepare(ctx, incoming, |_| Ok(())).await;
    let prepared = prepared.unwrap_or_else(|refusal| panic!("{query}: {refusal:?}"));
    operation::execute(ctx, prepared).await
}
