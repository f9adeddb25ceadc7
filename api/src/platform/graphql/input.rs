//! Checking input and turning it into changes.
//!
//! Written by hand because messages come in two languages and name the input field: see
//! `docs/decisions/0004-input-checks.md`.

use async_graphql::MaybeUndefined;
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use domain::lang::Text;
use sea_orm::{ActiveValue, Set, Value};

use crate::error::{Error, Result, UserError, UserErrorCode};

/// Most characters of a name or title.
pub const NAME_CHARS: usize = 200;
/// Most characters of a note or summary.
pub const NOTE_CHARS: usize = 4_000;

/// Collects what is wrong with an input, so that the caller hears all of it at once.
#[derive(Default)]
pub struct Checks(Vec<UserError>);

impl Checks {
    /// A text that must be there: trimmed, not empty, at most `most` characters.
    pub fn text(&mut self, field: &str, value: String, most: usize) -> String {
        let trimmed = value.trim();
        if trimmed.is_empty() {
            self.refuse(
                field,
                UserErrorCode::Required,
                Text::fixed("This must not be empty.", "入力してください。"),
            );
        }
        self.at_most(field, trimmed, most);
        trimmed.to_owned()
    }

    /// A text that may be missing; an empty one counts as missing.
    pub fn optional(&mut self, field: &str, value: Option<String>, most: usize) -> Option<String> {
        let value = value?;
        let trimmed = value.trim();
        self.at_most(field, trimmed, most);
        (!trimmed.is_empty()).then(|| trimmed.to_owned())
    }

    /// A text that a change may leave alone (`None`), but not empty.
    pub fn changed_text(&mut self, field: &str, value: Option<String>, most: usize) -> Option<String> {
        value.map(|value| self.text(field, value, most))
    }

    /// A text that a change may leave alone (outer `None`), clear (inner `None`) or set.
    pub fn changed_optional(
        &mut self,
        field: &str,
        value: MaybeUndefined<String>,
        most: usize,
    ) -> Option<Option<String>> {
        match value {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => Some(None),
            MaybeUndefined::Value(value) => Some(self.optional(field, Some(value), most)),
        }
    }

    /// A country code, ISO 3166-1 alpha-2.
    pub fn country(&mut self, field: &str, value: &str) -> String {
        if value.len() != 2 || !value.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            self.refuse(
                field,
                UserErrorCode::Invalid,
                Text::fixed(
                    "Give a country as two letters, such as JP.",
                    "国はJPのような2文字のコードで指定してください。",
                ),
            );
        }
        value.to_ascii_uppercase()
    }

    /// Anything else that must hold.
    pub fn require(&mut self, holds: bool, field: &str, code: UserErrorCode, message: Text) {
        if !holds {
            self.refuse(field, code, message);
        }
    }

    /// Adds a problem.
    pub fn refuse(&mut self, field: &str, code: UserErrorCode, message: Text) {
        self.0.push(UserError::new(&[field], code, message));
    }

    /// All is well, or everything that is not.
    pub fn done(self) -> Result<()> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Error::User(self.0))
        }
    }

    fn at_most(&mut self, field: &str, value: &str, most: usize) {
        // A byte count is enough to be sure, and spares counting the characters of a huge text.
        if value.len() > most && (value.len() > most * 4 || value.chars().count() > most) {
            self.refuse(
                field,
                UserErrorCode::TooLarge,
                Text::new(
                    format!("At most {most} characters."),
                    format!("{most}文字以内で入力してください。"),
                ),
            );
        }
        if value.contains('\0') {
            self.refuse(
                field,
                UserErrorCode::Invalid,
                Text::fixed("The character U+0000 is not allowed.", "U+0000の文字は使用できません。"),
            );
        }
    }
}

/// Turns the given fields of a change into column values and remembers which ones differ.
#[derive(Default)]
pub struct Patch {
    fields: Vec<&'static str>,
}

impl Patch {
    /// Sets `slot` when a value is given and differs from the old one. `name` is the field's name in the schema.
    pub fn set<T>(&mut self, name: &'static str, slot: &mut ActiveValue<T>, old: &T, new: Option<T>)
    where
        T: PartialEq + Into<Value>,
    {
        if let Some(new) = new.filter(|new| new != old) {
            *slot = Set(new);
            self.fields.push(name);
        }
    }

    /// Names of the fields that change.
    pub fn fields(&self) -> &[&'static str] {
        &self.fields
    }

    /// True when nothing differs: there is nothing to write and nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

/// A nullable change: outer `None` leaves it alone, inner `None` clears it.
pub fn changed<T, U>(value: MaybeUndefined<T>, convert: impl FnOnce(T) -> U) -> Option<Option<U>> {
    match value {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(None),
        MaybeUndefined::Value(value) => Some(Some(convert(value))),
    }
}

/// An instant as both databases keep it: in whole microseconds.
pub fn instant(value: DateTime<Utc>) -> DateTime<Utc> {
    value.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(value)
}
