//! A request for an operation, as every transport brings it: the parameters of GraphQL over HTTP.

use std::collections::HashSet;

use async_graphql::Variables;
use domain::lang::Text;
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;
use serde_json::{Map, Value};

/// Longest operation name, in characters.
const NAME_CHARS: usize = 200;
/// The parameters of a URL.
const OURS: [&str; 6] = [
    "query",
    "documentId",
    "doc_id",
    "operationName",
    "variables",
    "extensions",
];

/// What a client asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct Incoming {
    /// The document's text.
    #[serde(default)]
    pub query: Option<String>,
    /// The id of a document, instead of its text.
    #[serde(default)]
    pub document_id: Option<String>,
    /// The same, as examples of Relay name it.
    #[serde(default, rename = "doc_id")]
    pub doc_id: Option<String>,
    /// Which operation of the document.
    #[serde(default)]
    pub operation_name: Option<String>,
    /// Values of its variables.
    #[serde(default)]
    pub variables: Option<Map<String, Value>>,
    /// What goes beyond the specification.
    #[serde(default)]
    pub extensions: Option<Map<String, Value>>,
    /// The idempotency key that the transport brought beside it.
    #[serde(skip)]
    pub idempotency_key: Option<String>,
}

impl Incoming {
    /// Reads a JSON body.
    pub fn from_json(bytes: &[u8]) -> Result<Self, Text> {
        let incoming: Self = serde_json::from_slice(bytes).map_err(|error| match error.classify() {
            Category::Data => not_a_request(),
            _ => Text::fixed("The body is not JSON.", "リクエスト本文がJSONではありません。"),
        })?;
        incoming.checked()
    }

    /// Reads the parameters of a URL; variables and extensions are JSON in them.
    pub fn from_url(query_string: &str) -> Result<Self, Text> {
        let mut incoming = Self::default();
        let mut seen = HashSet::new();
        for (name, value) in url::form_urlencoded::parse(query_string.as_bytes()) {
            if OURS.contains(&name.as_ref()) && !seen.insert(name.clone()) {
                return Err(not_a_request());
            }
            match name.as_ref() {
                "query" => incoming.query = Some(value.into_owned()),
                "documentId" => incoming.document_id = Some(value.into_owned()),
                "doc_id" => incoming.doc_id = Some(value.into_owned()),
                "operationName" if value.is_empty() => {}
                "operationName" => incoming.operation_name = Some(value.into_owned()),
                "variables" if value.is_empty() => {}
                "variables" => incoming.variables = serde_json::from_str(&value).map_err(|_| not_a_request())?,
                "extensions" if value.is_empty() => {}
                "extensions" => incoming.extensions = serde_json::from_str(&value).map_err(|_| not_a_request())?,
                _ => {}
            }
        }
        incoming.checked()
    }

    /// Refuses what is well-formed and too large.
    pub fn checked(self) -> Result<Self, Text> {
        match &self.operation_name {
            Some(name) if name.chars().count() > NAME_CHARS => Err(Text::new(
                format!("operationName is longer than {NAME_CHARS} characters."),
                format!("operationNameが{NAME_CHARS}文字を超えています。"),
            )),
            _ => Ok(self),
        }
    }

    /// The variables as the engine takes them.
    pub fn take_variables(&mut self) -> Variables {
        Variables::from_json(self.variables.take().map(Value::Object).unwrap_or_default())
    }
}

/// Only from an object: serde would take an array for the fields in their order. A field that comes twice is refused,
/// because what stands in front of us may have read the other one.
impl<'de> Deserialize<'de> for Incoming {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OfObject)
    }
}

struct OfObject;

impl<'de> Visitor<'de> for OfObject {
    type Value = Incoming;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Incoming, A::Error> {
        Incoming::deserialize(MapAccessDeserializer::new(fields))
    }
}

fn not_a_request() -> Text {
    Text::fixed(
        "This is not a GraphQL request: send {\"query\": \"…\", \"variables\": {…}, \"operationName\": \"…\"}.",
        "GraphQLリクエストの形式ではありません（{\"query\": \"…\", \"variables\": {…}, \"operationName\": \"…\"}）。",
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_url_carries_what_a_body_does() {
        let of_url = Incoming::from_url("query=%7Ba%7D&variables=%7B%22x%22%3A1%7D&operationName=Q&other=1").unwrap();
        let of_body =
            Incoming::from_json(br#"{"query":"{a}","variables":{"x":1},"operationName":"Q","other":1}"#).unwrap();
        assert_eq!(format!("{of_url:?}"), format!("{of_body:?}"));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for body in [
            "",
            "[]",
            "1",
            "{\"query\":1}",
            "{\"query\":[]}",
            "{\"variables\":\"x\"}",
            "{\"extensions\":0}",
            "{\"operationName\":{}}",
            "[null,null,null,null]",
            "{\"query\":\"{a}\",\"query\":\"{b}\"}",
        ] {
            assert!(Incoming::from_json(body.as_bytes()).is_err(), "{body}");
        }
        assert!(
            Incoming::from_json(br#"{"query":null,"variables":null,"operationName":null,"extensions":null}"#).is_ok()
        );
        assert!(Incoming::from_url("variables=%5B%5D").is_err());
        assert!(Incoming::from_url("query=%7Ba%7D&query=%7Bb%7D").is_err());
        assert!(Incoming::from_json(format!("{{\"operationName\":\"{}\"}}", "x".repeat(201)).as_bytes()).is_err());
    }
}
