//! A GraphQL client as an app team would write it: JSON over HTTP.

use serde_json::{Value, json};

/// Calls the API with one token.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    pub token: Option<String>,
}

/// An answer, with its status.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Answer {
    /// The code of the first top-level error.
    pub fn code(&self) -> Option<&str> {
        self.body["errors"][0]["extensions"]["code"].as_str()
    }
}

impl Client {
    pub fn new(base: &str, token: Option<String>) -> Self {
        Self {
            http: reqwest::Client::new(),
            base: base.to_owned(),
            token,
        }
    }

    /// Sends an operation, whatever comes of it.
    pub async fn send(&self, query: &str, variables: Value) -> Answer {
        self.send_in("en", query, variables).await
    }

    /// As [`send`](Self::send), in a language.
    pub async fn send_in(&self, lang: &str, query: &str, variables: Value) -> Answer {
        let mut request = self
            .http
            .post(format!("{}/graphql", self.base))
            .header("Accept", "application/graphql-response+json")
            .header("Accept-Language", lang)
            .json(&json!({ "query": query, "variables": variables }));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let shown = response
            .headers()
            .get("x-request-id")
            .map(|id| id.to_str().unwrap().to_owned());
        let mut body: Value = response.json().await.unwrap();
        // Every answer carries the request id, in the header and in the body; it is taken out so that answers compare.
        let id = body["extensions"].as_object_mut().unwrap().remove("requestId").unwrap();
        assert_eq!(id.as_str(), shown.as_deref());
        // What is left in the caller's bucket differs from call to call.
        body["extensions"].as_object_mut().unwrap().remove("cost");
        Answer { status, body }
    }

    /// Sends an operation that must succeed without top-level errors; gives `data`.
    pub async fn ok(&self, query: &str, variables: Value) -> Value {
        let answer = self.send(query, variables).await;
        assert!(answer.body.get("errors").is_none(), "{query}\n{:#}", answer.body);
        answer.body["data"].clone()
    }

    /// A mutation that must succeed: no errors of either kind; gives the payload.
    pub async fn change(&self, field: &str, input_type: &str, input: Value, selection: &str) -> Value {
        let payload = self.try_change(field, input_type, input, selection).await;
        assert_eq!(payload["userErrors"], json!([]), "{field}: {payload:#}");
        payload
    }

    /// A mutation without top-level errors; gives the payload with its `userErrors`.
    pub async fn try_change(&self, field: &str, input_type: &str, input: Value, selection: &str) -> Value {
        let query = format!(
            "mutation($input: {input_type}!) {{ {field}(input: $input) {{ {selection} userErrors {{ field code message }} }} }}"
        );
        self.ok(&query, json!({ "input": input })).await[field].clone()
    }

    /// A plain HTTP request to the same server.
    pub fn http(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }
}
