//! A GraphQL client as an app team would write it: JSON over HTTP.

use std::time::Duration;

use serde_json::{Value, json};

/// A stream that says nothing for so long is taken to have said all.
const QUIET: Duration = Duration::from_millis(250);

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

    /// Signs in the API client that this payload made: its `apiClient { id }` and `secret`.
    pub async fn partner(&self, made: &Value) -> Self {
        let credentials = json!({ "clientId": made["apiClient"]["id"], "clientSecret": made["secret"] });
        let token = self
            .change(
                "apiClientTokenCreate",
                "ApiClientTokenCreateInput",
                credentials,
                "accessToken",
            )
            .await;
        Self::new(&self.base, Some(token["accessToken"].as_str().unwrap().to_owned()))
    }

    /// The same client with connections of its own: they belong to the runtime on which they were opened.
    pub fn reconnected(&self) -> Self {
        Self::new(&self.base, self.token.clone())
    }

    /// Sends an operation, whatever comes of it.
    pub async fn send(&self, query: &str, variables: Value) -> Answer {
        self.send_in("en", query, variables).await
    }

    /// As [`send`](Self::send), in a language.
    pub async fn send_in(&self, lang: &str, query: &str, variables: Value) -> Answer {
        if query.starts_with("subscription") {
            return self.deliveries(query, variables, usize::MAX).await;
        }
        let response = self
            .http(reqwest::Method::POST, "/graphql")
            .header("Accept", "application/graphql-response+json")
            .header("Accept-Language", lang)
            .json(&json!({ "query": query, "variables": variables }))
            .send()
            .await
            .unwrap();
        let status = response.status().as_u16();
        let shown = response
            .headers()
            .get("x-request-id")
            .map(|id| id.to_str().unwrap().to_owned());
        let mut body: Value = response.json().await.unwrap();
        cleared(&mut body, shown.as_deref());
        Answer { status, body }
    }

    /// Follows a subscription until it has delivered `most` times or is quiet: the answers are under `deliveries`.
    pub async fn deliveries(&self, query: &str, variables: Value, most: usize) -> Answer {
        match self.follow(query, variables).await {
            Ok(mut stream) => {
                let mut deliveries = Vec::new();
                while deliveries.len() < most
                    && let Some(delivery) = stream.next(QUIET).await
                {
                    deliveries.push(delivery);
                }
                Answer {
                    status: 200,
                    body: json!({ "deliveries": deliveries }),
                }
            }
            Err(refused) => refused,
        }
    }

    /// Opens a subscription as server-sent events.
    pub async fn follow(&self, query: &str, variables: Value) -> Result<EventStream, Answer> {
        let response = self
            .http(reqwest::Method::POST, "/graphql")
            .header("Accept", "text/event-stream, application/graphql-response+json")
            .json(&json!({ "query": query, "variables": variables }))
            .send()
            .await
            .unwrap();
        let status = response.status().as_u16();
        let media_type = response.headers()["content-type"].to_str().unwrap().to_owned();
        if media_type.starts_with("text/event-stream") {
            return Ok(EventStream {
                response,
                bytes: Vec::new(),
            });
        }
        let mut body: Value = response.json().await.unwrap();
        cleared(&mut body, None);
        Err(Answer { status, body })
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

/// Every answer carries the request id, in the header and in the body, and what is left in the caller's bucket: they
/// differ from call to call and are taken out, so that answers compare.
fn cleared(body: &mut Value, shown: Option<&str>) {
    let extensions = body["extensions"].as_object_mut().unwrap();
    let id = extensions.remove("requestId").unwrap();
    if let Some(shown) = shown {
        assert_eq!(id, shown);
    }
    extensions.remove("cost");
}

/// A subscription over server-sent events.
pub struct EventStream {
    response: reqwest::Response,
    bytes: Vec<u8>,
}

impl EventStream {
    /// The next answer; `None` when it is quiet for so long or has ended.
    pub async fn next(&mut self, within: Duration) -> Option<Value> {
        loop {
            while let Some(end) = self.bytes.windows(2).position(|pair| pair == b"\n\n") {
                let message: Vec<u8> = self.bytes.drain(..end + 2).collect();
                let message = String::from_utf8(message).unwrap();
                if let Some(data) = message.strip_prefix("event: next\ndata: ") {
                    let mut body = serde_json::from_str(data).unwrap();
                    cleared(&mut body, None);
                    return Some(body);
                }
                if message.starts_with("event: complete") {
                    return None;
                }
            }
            let chunk = tokio::time::timeout(within, self.response.chunk())
                .await
                .ok()?
                .unwrap()?;
            self.bytes.extend_from_slice(&chunk);
        }
    }

    /// Waits for the end; what came before it.
    pub async fn end(mut self, within: Duration) -> Vec<Value> {
        let mut all = Vec::new();
        let ended = tokio::time::timeout(within, async {
            while let Some(answer) = self.next(within).await {
                all.push(answer);
            }
        });
        ended.await.expect("the stream has not ended");
        all
    }
}
