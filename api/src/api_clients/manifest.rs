//! The manifests in which clients' tools write down their documents.

use domain::lang::Text;
use serde::Deserialize;
use serde_json::Value;

/// What Apollo's tool writes as `format`.
const APOLLO: &str = "apollo-persisted-query-manifest";

/// A document as a tool wrote it down.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct Listed {
    /// The id by which the client will name it.
    pub id: String,
    /// Its text.
    #[serde(rename = "body")]
    pub text: String,
}

#[derive(Deserialize)]
struct Apollo {
    version: u64,
    operations: Vec<Listed>,
}

/// Reads a manifest: that of Apollo's `generate-persisted-query-manifest`, or an object of texts by their ids, as
/// graphql-codegen (`persisted-documents.json`) and the Relay compiler (`persistConfig.file`) write it.
pub fn read(text: &str) -> Result<Vec<Listed>, Text> {
    let unknown = |_| {
        Text::fixed(
            "This is not a manifest: give the file that graphql-codegen, the Relay compiler or Apollo's generate-persisted-query-manifest wrote.",
            "マニフェストの形式ではありません（graphql-codegen、Relayコンパイラ、Apolloのgenerate-persisted-query-manifestが出力したファイルを指定してください）。",
        )
    };
    let manifest: Value = serde_json::from_str(text).map_err(unknown)?;
    if manifest.get("format").and_then(Value::as_str) != Some(APOLLO) {
        let documents: serde_json::Map<String, Value> = serde_json::from_value(manifest).map_err(unknown)?;
        return documents
            .into_iter()
            .map(|(id, text)| {
                let text = serde_json::from_value(text).map_err(unknown)?;
                Ok(Listed { id, text })
            })
            .collect();
    }
    let Apollo { version, operations } = serde_json::from_value(manifest).map_err(unknown)?;
    if version != 1 {
        return Err(Text::new(
            format!("Version {version} of Apollo's manifest is not known; 1 is."),
            format!("Apolloマニフェストのバージョン{version}には対応していません（対応しているのは1です）。"),
        ));
    }
    Ok(operations)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn listed(id: &str, text: &str) -> Listed {
        Listed {
            id: id.into(),
            text: text.into(),
        }
    }

    #[test]
    fn the_forms_of_three_tools_are_read() {
        assert_eq!(read("{}").unwrap(), []);
        assert_eq!(
            read(r#"{"a":"{ x }","format":"{ y }"}"#).unwrap(),
            [listed("a", "{ x }"), listed("format", "{ y }")]
        );
        let apollo = r#"{"format":"apollo-persisted-query-manifest","version":1,
            "operations":[{"id":"a","name":"A","type":"query","body":"query A { x }"}]}"#;
        assert_eq!(read(apollo).unwrap(), [listed("a", "query A { x }")]);
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "[]",
            "\"x\"",
            r#"{"a":1}"#,
            r#"{"a":{"b":"c"}}"#,
            r#"{"format":"apollo-persisted-query-manifest"}"#,
            r#"{"format":"apollo-persisted-query-manifest","version":2,"operations":[]}"#,
            r#"{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id":"a"}]}"#,
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
