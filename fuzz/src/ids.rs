//! Ids, cursors and scalars: whatever clients give back to us as text.

use std::sync::LazyLock;

use api::accounts::AccountId;
use api::platform::auth::Secret;
use api::platform::graphql::cursor::{Binding, CursorKey, decode, encode};
use api::platform::graphql::{BigInt, Date, Decimal, any_id, parse_any};
use async_graphql::{InputType, ScalarType, Value};
use chrono::{DateTime, Days, NaiveDate};
use uuid::Uuid;

static SECRET: LazyLock<Secret> = LazyLock::new(|| Secret::new("a secret of the fuzzer, long enough").unwrap());

/// Takes the bytes for the text of each of them, and for what a cursor is made of.
pub fn run(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        id(text);
        cursor(text);
        scalar::<Date>(text);
        scalar::<Decimal>(text);
        scalar::<BigInt>(text);
    }
    if let Some(key) = key(bytes) {
        made(&key);
    }
}

fn id(text: &str) {
    let any = parse_any(text);
    if let Some((prefix, id)) = &any {
        assert_eq!(any_id(prefix, *id), text, "an id has one text");
    }
    let typed = <AccountId as InputType>::parse(Some(Value::String(text.to_owned()))).ok();
    let expected = any.filter(|(prefix, _)| prefix == "acct");
    assert_eq!(typed.map(Uuid::from), expected.map(|(_, id)| id));
}

fn binding(list: &str) -> Binding<'_> {
    Binding {
        secret: &SECRET,
        tenant: Uuid::nil(),
        list,
    }
}

/// Nobody but us makes a cursor.
fn cursor(text: &str) {
    assert!(decode(binding("fuzz"), text).is_err());
}

fn key(bytes: &[u8]) -> Option<CursorKey> {
    let (kind, rest) = bytes.split_first()?;
    let number = || Some(i64::from_le_bytes(*rest.first_chunk()?));
    match kind % 5 {
        0 => Some(CursorKey::Text(std::str::from_utf8(rest).ok()?.to_owned())),
        1 => Some(CursorKey::Int(number()?)),
        // A column of a database has no other numbers.
        2 => Some(f64::from_le_bytes(*rest.first_chunk()?))
            .filter(|number| number.is_finite())
            .map(CursorKey::Float),
        3 => Some(CursorKey::Time(DateTime::from_timestamp_micros(number()?)?)),
        _ => {
            let days = u64::from(u32::from_le_bytes(*rest.first_chunk()?));
            Some(CursorKey::Day(NaiveDate::MIN.checked_add_days(Days::new(days))?))
        }
    }
}

/// A cursor says what it was made of, and says nothing when a letter of it is another.
fn made(key: &CursorKey) {
    let id = Uuid::from_u128(7);
    let cursor = encode(binding("fuzz"), key, id).unwrap();
    assert_eq!(decode(binding("fuzz"), &cursor).unwrap(), (key.clone(), id));
    assert!(decode(binding("other"), &cursor).is_err());
    let place = cursor.len() / 2;
    let other = if cursor.as_bytes()[place] == b'A' { "B" } else { "A" };
    assert!(
        decode(
            binding("fuzz"),
            &format!("{}{other}{}", &cursor[..place], &cursor[place + 1..])
        )
        .is_err()
    );
}

/// What a scalar is read as is written so that it is read as the same.
fn scalar<S: ScalarType + std::fmt::Debug>(text: &str) {
    if let Ok(read) = S::parse(Value::String(text.to_owned())) {
        let written = read.to_value();
        assert_eq!(S::parse(written.clone()).unwrap().to_value(), written);
    }
}
