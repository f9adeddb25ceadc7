//! Cursors: opaque, versioned, authenticated, and bound to tenant, connection, order and filter. A cursor of another
//! list, or one that somebody made up, does not decode.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::Value;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::app::App;
use crate::error::Error;
use crate::platform::auth::Secret;

/// The first byte of a cursor.
const VERSION: u8 = 1;
const TAG_LENGTH: usize = 16;

/// The value a row is sorted by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum CursorKey {
    /// Folded text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A fraction.
    Float(f64),
    /// An instant.
    Time(DateTime<Utc>),
    /// A day.
    Day(NaiveDate),
}

impl From<CursorKey> for Value {
    fn from(key: CursorKey) -> Self {
        match key {
            CursorKey::Text(text) => text.into(),
            CursorKey::Int(number) => number.into(),
            CursorKey::Float(number) => number.into(),
            CursorKey::Time(instant) => instant.into(),
            CursorKey::Day(day) => day.into(),
        }
    }
}

/// What a cursor is bound to.
#[derive(Clone, Copy, Debug)]
pub struct Binding<'a> {
    /// Makes the tags.
    pub secret: &'a Secret,
    /// Whose rows the list has.
    pub tenant: Uuid,
    /// Connection, order and filter.
    pub list: &'a str,
}

/// A list that cursors are bound to.
pub struct List {
    /// The process, for its secret.
    pub app: Arc<App>,
    /// Whose rows the list has.
    pub tenant: Uuid,
    /// Connection, order and filter.
    pub name: String,
}

impl List {
    /// What its cursors are bound to.
    pub fn binding(&self) -> Binding<'_> {
        Binding {
            secret: &self.app.secret,
            tenant: self.tenant,
            list: &self.name,
        }
    }
}

/// Where a row stands in its list. Its text is made when somebody asks for it: most never do.
#[derive(Clone)]
pub struct Cursor {
    /// The list.
    pub list: Arc<List>,
    /// The row's sort value.
    pub key: CursorKey,
    /// The row's id.
    pub id: Uuid,
}

impl Cursor {
    /// As clients have it.
    pub fn text(&self) -> Result<String, Error> {
        encode(self.list.binding(), &self.key, self.id)
    }
}

/// The cursor of the row with this sort value and id.
pub fn encode(binding: Binding<'_>, key: &CursorKey, id: Uuid) -> Result<String, Error> {
    let body = serde_json::to_vec(&(key, id)).map_err(Error::internal)?;
    let tag = tag(binding, &body);
    Ok(URL_SAFE_NO_PAD.encode([&[VERSION], tag.as_slice(), &body].concat()))
}

/// The sort value and id of a cursor that [`encode`] made for the same list.
pub fn decode(binding: Binding<'_>, text: &str) -> Result<(CursorKey, Uuid), Error> {
    let refuse = || {
        Error::bad_input(
            "This cursor does not belong to this list: use one that the same query gave you.",
            "このカーソルはこの一覧のものではありません。同じクエリで取得したカーソルを指定してください。",
        )
    };
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| refuse())?;
    let (version, rest) = bytes.split_first().ok_or_else(refuse)?;
    let (shown, body) = rest.split_at_checked(TAG_LENGTH).ok_or_else(refuse)?;
    let expected = tag(binding, body);
    let same = aws_lc_rs::constant_time::verify_slices_are_equal(shown, &expected).is_ok();
    if *version != VERSION || !same {
        return Err(refuse());
    }
    serde_json::from_slice(body).map_err(|_| refuse())
}

fn tag(binding: Binding<'_>, body: &[u8]) -> [u8; TAG_LENGTH] {
    binding
        .secret
        .cursor_tag(&[&[VERSION], binding.tenant.as_bytes(), binding.list.as_bytes(), body])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_cursor_is_good_for_its_own_list_only() {
        let secret = Secret::new("a secret of the tests, long enough").unwrap();
        let (tenant, id) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let binding = Binding {
            secret: &secret,
            tenant,
            list: "accounts NAME",
        };
        let cursor = encode(binding, &CursorKey::Int(7), id).unwrap();
        assert_eq!(decode(binding, &cursor).unwrap(), (CursorKey::Int(7), id));

        let other_tenant = Binding {
            tenant: Uuid::from_u128(3),
            ..binding
        };
        let other_list = Binding {
            list: "accounts RISK",
            ..binding
        };
        assert!(decode(other_tenant, &cursor).is_err());
        assert!(decode(other_list, &cursor).is_err());
        let mut forged = cursor.into_bytes();
        forged[30] ^= 1;
        assert!(decode(binding, std::str::from_utf8(&forged).unwrap_or("")).is_err());
        assert!(decode(binding, "").is_err());
        assert!(decode(binding, "AAAA").is_err());
    }

    #[test]
    fn fractions_survive_to_the_last_bit() {
        let secret = Secret::new("a secret of the tests, long enough").unwrap();
        let binding = Binding {
            secret: &secret,
            tenant: Uuid::nil(),
            list: "",
        };
        for number in [0.1 + 0.2, 1.0 / 3.0, -1.0, f64::MIN_POSITIVE, 0.123_456_789_012_345_67] {
            let cursor = encode(binding, &CursorKey::Float(number), Uuid::nil()).unwrap();
            assert_eq!(decode(binding, &cursor).unwrap().0, CursorKey::Float(number));
        }
    }
}
