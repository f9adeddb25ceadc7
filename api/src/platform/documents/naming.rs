//! How a request names a document: `documentId` (GraphQL over HTTP, appendix A), `extensions.persistedQuery` (Apollo)
//! or `doc_id` (Relay's examples).

use std::fmt::Write;

use domain::lang::Text;
use serde_json::Value;

use super::Hash;
use crate::platform::operation::Incoming;

/// Longest id of a document, in characters.
const ID_CHARS: usize = 200;
/// The prefix of an id that is the SHA-256 of the text (appendix A). Tools leave it out.
const SHA256_PREFIX: &str = "sha256:";

/// The name of a document.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// As it was published, without the prefix of a hash.
    pub id: String,
    /// The hash that it is, if it is one.
    pub sha256: Option<Hash>,
}

impl Name {
    /// The name in a request, if there is one.
    pub fn of(incoming: &Incoming) -> Result<Option<Self>, Text> {
        let persisted = incoming.extensions.as_ref().and_then(|all| all.get("persistedQuery"));
        let id = match (&incoming.document_id, persisted) {
            (Some(id), _) => id,
            (None, None | Some(Value::Null)) => match &incoming.doc_id {
                Some(id) => id,
                None => return Ok(None),
            },
            (None, Some(persisted)) => {
                let version = persisted.get("version").and_then(Value::as_u64);
                match persisted.get("sha256Hash") {
                    Some(Value::String(hash)) if version == Some(1) => hash,
                    _ => return Err(unsupported()),
                }
            }
        };
        let id = document_id(id).ok_or_else(malformed)?;
        Ok(Some(Self {
            sha256: from_hex(id),
            id: id.to_owned(),
        }))
    }
}

/// The id of a document as it is kept: without the prefix of a hash. `None` when it is none: 1–200 letters, digits and
/// `-._~:` (appendix A).
pub fn document_id(id: &str) -> Option<&str> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte);
    let id = id.strip_prefix(SHA256_PREFIX).unwrap_or(id);
    (1..=ID_CHARS).contains(&id.len()).then_some(id)?;
    id.bytes().all(is_allowed).then_some(id)
}

/// A hash as its ids spell it: 64 hexadecimal digits in lower case.
pub fn hex(hash: &Hash) -> String {
    hash.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn from_hex(text: &str) -> Option<Hash> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut hash = Hash::default();
    let pairs = text.as_bytes().chunks_exact(2);
    if text.len() != 2 * hash.len() {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(pairs) {
        let [high, low] = pair else { return None };
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(hash)
}

fn unsupported() -> Text {
    Text::fixed(
        "extensions.persistedQuery is { \"version\": 1, \"sha256Hash\": \"…\" }.",
        "extensions.persistedQueryは{ \"version\": 1, \"sha256Hash\": \"…\" }の形式で指定してください。",
    )
}

fn malformed() -> Text {
    Text::new(
        format!("The id of a document is 1–{ID_CHARS} letters, digits and -._~: characters."),
        format!("ドキュメントIDは英数字と-._~:からなる1〜{ID_CHARS}文字で指定してください。"),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::super::hash;
    use super::*;

    fn name(request: Value) -> Result<Option<Name>, Text> {
        Name::of(&Incoming::from_json(request.to_string().as_bytes()).unwrap())
    }

    #[test]
    fn a_document_is_named_in_three_ways_over_both_methods() {
        let text = "{ a }";
        let hex = hex(&hash(text));
        let hashed = Name {
            id: hex.clone(),
            sha256: Some(hash(text)),
        };
        let md5 = Name {
            id: "0cc175b9c0f1b6a831c399e269772661".into(),
            sha256: None,
        };
        let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": hex } });
        for (request, expected) in [
            (json!({ "documentId": hex }), &hashed),
            (json!({ "documentId": format!("sha256:{hex}") }), &hashed),
            (json!({ "extensions": extensions }), &hashed),
            (json!({ "doc_id": md5.id }), &md5),
            (json!({ "documentId": md5.id, "doc_id": "other" }), &md5),
        ] {
            assert_eq!(name(request).unwrap().as_ref(), Some(expected));
        }
        let url = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("extensions", &extensions.to_string())
            .finish();
        for (url, expected) in [
            (format!("documentId=sha256%3A{hex}"), &hashed),
            (url, &hashed),
            (format!("doc_id={}", md5.id), &md5),
        ] {
            assert_eq!(
                Name::of(&Incoming::from_url(&url).unwrap()).unwrap().as_ref(),
                Some(expected)
            );
        }
    }

    #[test]
    fn a_request_without_a_name_has_none() {
        for request in [
            json!({ "query": "{ a }" }),
            json!({ "extensions": { "other": 1 } }),
            json!({ "extensions": { "persistedQuery": null } }),
        ] {
            assert_eq!(name(request), Ok(None));
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for request in [
            json!({ "documentId": "" }),
            json!({ "documentId": "sha256:" }),
            json!({ "documentId": "a\u{0}b" }),
            json!({ "doc_id": "名" }),
            json!({ "documentId": "x".repeat(201) }),
            json!({ "extensions": { "persistedQuery": "x" } }),
            json!({ "extensions": { "persistedQuery": { "version": 2, "sha256Hash": "a" } } }),
            json!({ "extensions": { "persistedQuery": { "sha256Hash": "a" } } }),
            json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": 1 } } }),
            json!({ "extensions": { "persistedQuery": { "version": 1 } } }),
        ] {
            assert!(name(request.clone()).is_err(), "{request}");
        }
    }

    #[test]
    fn only_64_digits_in_lower_case_are_a_hash() {
        let hash = hash("{ a }");
        assert_eq!(from_hex(&hex(&hash)), Some(hash));
        for other in [
            "",
            "ab",
            &hex(&hash).to_uppercase(),
            &"g".repeat(64),
            &"a".repeat(63),
            &"あ".repeat(22),
        ] {
            assert_eq!(from_hex(other), None, "{other}");
        }
    }
}
