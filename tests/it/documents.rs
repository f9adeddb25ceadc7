//! Persisted operations: what is known by its hash, what is published for an API client, and who is held to it.

mod published;
mod registered;

use api::app::App;
use api::platform::documents::{hash, hex};
use entity::persisted_query;
use reqwest::Method;
use sea_orm::{EntityTrait, QueryOrder, Set};
use serde_json::{Value, json};
use tests::{Client, on_both};

const MIB: i64 = 1024 * 1024;

/// An answer: status and body.
type Answered = (u16, Value);

async fn answered(request: reqwest::RequestBuilder) -> Answered {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

/// Sends a body as clients do by default: errors of the document answer 200.
async fn send(client: &Client, body: &Value) -> Answered {
    answered(client.http(Method::POST, "/graphql").json(body)).await
}

/// Sends the parameters in the URL.
async fn get(client: &Client, parameters: &[(&str, &str)]) -> Answered {
    let url = reqwest::Url::parse_with_params("http://server/graphql", parameters).unwrap();
    let path = format!("/graphql?{}", url.query().unwrap());
    answered(client.http(Method::GET, &path)).await
}

fn code((_, body): &Answered) -> Option<&str> {
    body["errors"][0]["extensions"]["code"].as_str()
}

fn persisted(hash: &str) -> Value {
    json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } })
}

/// What a client sends to register a text.
fn registration(text: &str) -> Value {
    json!({ "query": text, "extensions": persisted(&hex(&hash(text))) })
}

/// What it sends from then on.
fn by_hash(text: &str) -> Value {
    json!({ "extensions": persisted(&hex(&hash(text))) })
}

async fn registered(app: &App) -> Vec<persisted_query::Model> {
    let statements = std::sync::Arc::default();
    let db = app.database.global(&statements);
    db.all(persisted_query::Entity::find().order_by_asc(persisted_query::Column::UsedAt))
        .await
        .unwrap()
}
