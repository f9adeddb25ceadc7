//! Ids as clients see them: TypeIDs (`acct_01h…`), a UUIDv7 with a prefix that says what it names.

use std::borrow::Cow;
use std::marker::PhantomData;

use async_graphql::registry::Registry;
use async_graphql::{
    ContextSelectionSet, ID, InputType, InputValueError, InputValueResult, OutputType, Positioned, ServerResult, Value,
    parser::types::Field,
};
use type_safe_id::{DynamicType, TypeSafeId};
use uuid::Uuid;

/// What an id names. Each slice declares its own.
pub trait IdKind: Send + Sync + 'static {
    /// The TypeID prefix.
    const PREFIX: &'static str;
    /// What a message calls it.
    const NOUN: &'static str;
}

/// An id of one kind, `ID` in the schema. One of another kind does not parse.
pub struct Gid<K>(pub Uuid, PhantomData<K>);

impl<K> Gid<K> {
    /// Of a database key.
    pub fn new(id: Uuid) -> Self {
        Self(id, PhantomData)
    }
}

impl<K> Clone for Gid<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Gid<K> {}

impl<K: IdKind> std::fmt::Debug for Gid<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text())
    }
}

impl<K> From<Uuid> for Gid<K> {
    fn from(id: Uuid) -> Self {
        Self::new(id)
    }
}

impl<K> From<Gid<K>> for Uuid {
    fn from(id: Gid<K>) -> Self {
        id.0
    }
}

impl<K: IdKind> std::fmt::Display for Gid<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text())
    }
}

impl<K: IdKind> Gid<K> {
    /// As clients see it.
    pub fn text(&self) -> String {
        any_id(K::PREFIX, self.0)
    }
}

/// The text of an id whose kind is known by its prefix.
pub fn any_id(prefix: &str, id: Uuid) -> String {
    match DynamicType::new(prefix) {
        Ok(kind) => TypeSafeId::from_type_and_uuid(kind, id).to_string(),
        Err(_) => id.to_string(),
    }
}

/// Prefix and key of any id, or nothing when it is malformed.
pub fn parse_any(text: &str) -> Option<(String, Uuid)> {
    // The library cuts a long prefix at a byte, and panics within a character.
    if !text.is_ascii() {
        return None;
    }
    let id: TypeSafeId<DynamicType> = text.parse().ok()?;
    Some((id.type_prefix().to_owned(), id.uuid()))
}

impl<K: IdKind> InputType for Gid<K> {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        <ID as InputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <ID as InputType>::create_type_info(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let refuse = || {
            InputValueError::custom(format!(
                "expected the id of {}, which begins with \"{}_\"",
                K::NOUN,
                K::PREFIX
            ))
        };
        let Some(Value::String(text)) = value else {
            return Err(refuse());
        };
        match parse_any(&text) {
            Some((prefix, id)) if prefix == K::PREFIX => Ok(Self::new(id)),
            _ => Err(refuse()),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.text())
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

impl<K: IdKind> OutputType for Gid<K> {
    fn type_name() -> Cow<'static, str> {
        <ID as OutputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <ID as OutputType>::create_type_info(registry)
    }

    async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        Ok(Value::String(self.text()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_no_id_is_none() {
        let long = format!("{}ɯ{}_01h455vb4pex5vsknk084sn02q", "a".repeat(62), "a".repeat(40));
        let uuid = "01h455vb4pex5vsknk084sn02q";
        for text in [
            "",
            "_",
            "acct_",
            &long,
            &"a".repeat(200),
            &format!("{}_{uuid}", "a".repeat(64)),
            &format!("担当_{uuid}"),
        ] {
            assert_eq!(parse_any(text), None, "{text}");
        }
        assert!(parse_any(&format!("acct_{uuid}")).is_some_and(|(prefix, _)| prefix == "acct"));
    }
}
