//! A JSON column that is handed on as text.

use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

/// JSON as the database has it: its reader parses it once, into what it wants of it, without a tree in between.
#[derive(Clone, Debug, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct JsonText(Box<RawValue>);

impl JsonText {
    /// The JSON of a value.
    ///
    /// # Errors
    ///
    /// When it is none, as a map whose keys are no texts.
    pub fn of(value: &impl Serialize) -> Result<Self, serde_json::Error> {
        to_raw_value(value).map(Self)
    }

    /// The value that it is the JSON of.
    ///
    /// # Errors
    ///
    /// When it is the JSON of something else.
    pub fn read<'text, T: Deserialize<'text>>(&'text self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.0.get())
    }
}

impl PartialEq for JsonText {
    /// The same text.
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}
