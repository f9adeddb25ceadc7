//! A request for an operation, as every transport brings it: the parameters of GraphQL over HTTP.

use async_graphql::Variables;
use domain::lang::Text;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Longest operation name, in characters.
const NAME_CHARS: usize = 200;

/// What a client asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
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
        let value = serde_json::from_slice(bytes)
            .map_err(|_| Text::fixed("The body is not JSON.", "リクエスト本文がJSONではありません。"))?;
        Self::from_value(value)
    }

    /// Reads the parameters of a URL; variables and extensions are JSON in them.
    pub fn from_url(query_string: &str) -> Result<Self, Text> {
        let mut incoming = Self::default();
        for (name, value) in url::form_urlencoded::parse(query_string.as_bytes()) {
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

    /// Reads the payload of a message that holds the same.
    pub fn from_value(value: Value) -> Result<Self, Text> {
        // An array would be taken for the fields in their order.
        if !value.is_object() {
            return Err(not_a_request());
        }
        serde_json::from_value::<Self>(value)
            .map_err(|_| not_a_request())?
            .checked()
    }

    fn checked(self) -> Result<Self, Text> {
        match &self.operation_name {
            Some(name) if name.chars().count() > NAME_CHARS => Err(Text::new(
                format!("operationName is longer than {NAME_CHARS} characters."),
                format!("operationNameが{NAME_CHARS}文字を超えています。"),
            )),
            _ => Ok(self),
        }
    }

    /// The variables as the engine takes them.
    pub(super) fn take_variables(&mut self) -> Variables {
        Variables::from_json(self.variables.take().map(Value::Object).unwrap_or_default())
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
        ] {
            assert!(Incoming::from_json(body.as_bytes()).is_err(), "{body}");
        }
        assert!(
            Incoming::from_json(br#"{"query":null,"variables":null,"operationName":null,"extensions":null}"#).is_ok()
        );
        assert!(Incoming::from_url("variables=%5B%5D").is_err());
        assert!(Incoming::from_json(format!("{{\"operationName\":\"{}\"}}", "x".repeat(201)).as_bytes()).is_err());
    }
}
