//! Writing rows as the JSON that resolving their fields would give.

use actix_web::web::Bytes;
use async_graphql::Value;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use serde::Serialize;
use std::io::Write;
use type_safe_id::TypeSafeId;
use uuid::Uuid;

use super::asked::{EdgePart, Listing};
use super::shape::{Form, Shape, Source};
use crate::error::{Error, Result};
use crate::platform::graphql::Date;
use crate::platform::graphql::cursor::Cursor;
use crate::platform::tenancy::{Elements, Sent, SentRow, record};

/// How many objects the text has stands in front of it.
const COUNT: usize = size_of::<u64>();

/// A row, to stand in an answer.
pub fn one(shape: &Shape, row: &SentRow) -> Result<Value> {
    let mut text = Writer::default();
    text.object(shape, &row.values()?)?;
    Ok(text.value_of())
}

/// A list of rows, each with its cursor, to stand in an answer.
pub fn list<'a>(listing: &Listing, rows: impl Iterator<Item = (&'a Cursor, &'a SentRow)>) -> Result<Value> {
    let mut text = Writer::default();
    text.out.push(b'[');
    for (place, (cursor, row)) in rows.enumerate() {
        text.separate(place);
        match &listing.edge {
            None => text.object(&listing.shape, &row.values()?)?,
            Some(edge) => {
                text.out.push(b'{');
                for (place, (key, part)) in edge.iter().enumerate() {
                    text.separate(place);
                    text.key(key);
                    match part {
                        EdgePart::TypeName(name) => text.json(name)?,
                        EdgePart::Cursor => text.json(&cursor.text()?)?,
                        EdgePart::Node => text.object(&listing.shape, &row.values()?)?,
                    }
                }
                text.out.push(b'}');
            }
        }
    }
    text.out.push(b']');
    Ok(text.value_of())
}

/// The text of what was written.
pub fn json_of(written: &Bytes) -> &[u8] {
    written.get(COUNT..).unwrap_or_default()
}

/// How many objects what was written has.
pub fn objects_of(written: &Bytes) -> u64 {
    written.first_chunk().copied().map_or(0, u64::from_le_bytes)
}

struct Writer {
    out: Vec<u8>,
    objects: u64,
}

impl Default for Writer {
    fn default() -> Self {
        Self {
            out: vec![0; COUNT],
            objects: 0,
        }
    }
}

impl Writer {
    fn value_of(mut self) -> Value {
        self.out[..COUNT].copy_from_slice(&self.objects.to_le_bytes());
        Value::Binary(Bytes::from(self.out))
    }

    fn object(&mut self, shape: &Shape, values: &[Sent<'_>]) -> Result<()> {
        self.objects += 1;
        self.out.push(b'{');
        for (place, field) in shape.fields.iter().enumerate() {
            self.separate(place);
            self.key(&field.key);
            match &field.source {
                Source::TypeName(name) => self.json(name)?,
                Source::Sent(form, place) => match values.get(*place) {
                    Some(Some(value)) => self.value(form, value)?,
                    Some(None) => self.out.extend_from_slice(b"null"),
                    None => return Err(Error::internal("the database sent fewer values than were selected")),
                },
            }
        }
        self.out.push(b'}');
        Ok(())
    }

    fn value(&mut self, form: &Form, value: &[u8]) -> Result<()> {
        match form {
            Form::Id(kind) => {
                let id = TypeSafeId::from_type_and_uuid(kind.clone(), Uuid::from_bytes(exactly(value)?));
                write!(self.out, "\"{id}\"").map_err(Error::internal)
            }
            Form::Text => self.json(std::str::from_utf8(value).map_err(Error::internal)?),
            Form::Boolean => self.json(&(exactly(value)? != [0])),
            Form::SmallInt => self.json(&i16::from_be_bytes(exactly(value)?)),
            Form::BigInt => self.json(&i64::from_be_bytes(exactly(value)?)),
            Form::Instant => self.json(&instant(exactly(value)?)?.to_rfc3339()),
            Form::Day => self.json(&async_graphql::ScalarType::to_value(&Date(day(exactly(value)?)?))),
            Form::One(shape) => self.object(shape, &record(value)?),
            Form::Many(shape) => {
                let (mut elements, mut place) = (Elements::of(value)?, 0);
                self.out.push(b'[');
                while let Some(element) = elements.take()? {
                    self.separate(place);
                    place += 1;
                    self.object(shape, &record(element)?)?;
                }
                self.out.push(b']');
                Ok(())
            }
        }
    }

    /// In front of what is not the first.
    fn separate(&mut self, place: usize) {
        if place > 0 {
            self.out.push(b',');
        }
    }

    /// A name of the answer, which has letters, digits and underscores only.
    fn key(&mut self, name: &str) {
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    fn json(&mut self, value: &(impl Serialize + ?Sized)) -> Result<()> {
        serde_json::to_writer(&mut self.out, value).map_err(Error::internal)
    }
}

/// PostgreSQL counts time from the first day of 2000.
fn instant(micros: [u8; 8]) -> Result<DateTime<Utc>> {
    let start = DateTime::from_timestamp(946_684_800, 0);
    let since = Duration::microseconds(i64::from_be_bytes(micros));
    start
        .and_then(|start| start.checked_add_signed(since))
        .ok_or_else(out_of_range)
}

fn day(days: [u8; 4]) -> Result<NaiveDate> {
    let start = NaiveDate::from_ymd_opt(2000, 1, 1);
    let since = Duration::days(i32::from_be_bytes(days).into());
    start
        .and_then(|start| start.checked_add_signed(since))
        .ok_or_else(out_of_range)
}

fn out_of_range() -> Error {
    Error::internal("the database has a time that cannot be shown")
}

fn exactly<const N: usize>(value: &[u8]) -> Result<[u8; N]> {
    value
        .try_into()
        .map_err(|_| Error::internal("the database sent a value of another length"))
}
