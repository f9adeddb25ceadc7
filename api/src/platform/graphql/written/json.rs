//! Writing rows as the JSON that resolving their fields would give.

use actix_web::web::Bytes;
use async_graphql::Value;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use serde::Serialize;
use std::io::Write;
use type_safe_id::TypeSafeId;
use uuid::Uuid;

use super::Shape;
use super::shape::Form;
use crate::error::{Error, Result};
use crate::platform::graphql::Date;
use crate::platform::tenancy::{Elements, Sent, Values};

/// How many objects the text has stands in front of it.
const COUNT: usize = size_of::<u64>();

/// A list of rows, to stand in an answer.
pub fn rows<'a>(shape: &Shape, rows: impl Iterator<Item = &'a Sent>) -> Result<Value> {
    let mut text = Writer {
        out: vec![0; COUNT],
        objects: 0,
    };
    text.out.push(b'[');
    for (place, row) in rows.enumerate() {
        if place > 0 {
            text.out.push(b',');
        }
        text.object(shape, row.values()?)?;
    }
    text.out.push(b']');
    let Writer { mut out, objects } = text;
    out[..COUNT].copy_from_slice(&objects.to_le_bytes());
    Ok(Value::Binary(Bytes::from(out)))
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

impl Writer {
    fn object(&mut self, shape: &Shape, mut values: Values<'_>) -> Result<()> {
        self.objects += 1;
        self.out.push(b'{');
        for (place, field) in shape.fields.iter().enumerate() {
            if place > 0 {
                self.out.push(b',');
            }
            // A name has letters, digits and underscores only.
            self.out.push(b'"');
            self.out.extend_from_slice(field.key.as_bytes());
            self.out.extend_from_slice(b"\":");
            match &field.form {
                Form::TypeName(name) => self.json(name)?,
                form => match values.take()? {
                    Some(value) => self.value(form, value)?,
                    None => self.out.extend_from_slice(b"null"),
                },
            }
        }
        self.out.push(b'}');
        Ok(())
    }

    fn value(&mut self, form: &Form, value: &[u8]) -> Result<()> {
        match form {
            Form::TypeName(name) => self.json(name),
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
            Form::One(shape) => self.object(shape, Values::of_record(value)?),
            Form::Many(shape) => {
                let (mut elements, mut is_first) = (Elements::of(value)?, true);
                self.out.push(b'[');
                while let Some(record) = elements.take()? {
                    if !std::mem::take(&mut is_first) {
                        self.out.push(b',');
                    }
                    self.object(shape, Values::of_record(record)?)?;
                }
                self.out.push(b']');
                Ok(())
            }
        }
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
