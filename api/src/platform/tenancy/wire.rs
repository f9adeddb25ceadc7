//! Values as PostgreSQL sends them, for whoever writes them on without a type of ours in between.
//!
//! The binary forms of an array and of a record are those that `array_send` (`src/backend/utils/adt/arrayfuncs.c`) and
//! `record_send` (`rowtypes.c`) of PostgreSQL write. The driver reads records into types that are known when it is compiled;
//! here what is selected is known only when it is asked for.

use sea_orm::sqlx::{Row as _, ValueRef as _};
use sea_orm::{DbErr, QueryResult};

/// A value; nothing where it is NULL.
pub type Sent<'a> = Option<&'a [u8]>;

/// What was selected of a row behind the columns that were read.
pub struct SentRow {
    row: QueryResult,
    from: usize,
}

impl SentRow {
    pub(super) fn behind(row: QueryResult, from: usize) -> Self {
        Self { row, from }
    }

    /// Its values, in the order in which they were selected.
    ///
    /// # Errors
    ///
    /// When another database sent it.
    pub fn values(&self) -> Result<Vec<Sent<'_>>, DbErr> {
        let row = self.row.try_as_pg_row().ok_or_else(malformed)?;
        let values = (self.from..row.len()).map(|place| {
            let value = row.try_get_raw(place).map_err(|_| malformed())?;
            match value.is_null() {
                true => Ok(None),
                false => value.as_bytes().map(Some).map_err(|_| malformed()),
            }
        });
        values.collect()
    }
}

/// The values of a record, in the order in which they were selected.
///
/// # Errors
///
/// When it is none.
pub fn record(mut record: &[u8]) -> Result<Vec<Sent<'_>>, DbErr> {
    let values = (0..number(&mut record)?).map(|_| {
        let _type = number(&mut record)?;
        sized(&mut record)
    });
    values.collect()
}

/// The elements of an array of one dimension.
pub struct Elements<'a> {
    rest: &'a [u8],
    left: i32,
}

impl<'a> Elements<'a> {
    /// Those of an array.
    ///
    /// # Errors
    ///
    /// When it is none.
    pub fn of(mut array: &'a [u8]) -> Result<Self, DbErr> {
        let dimensions = number(&mut array)?;
        let (_has_nulls, _type) = (number(&mut array)?, number(&mut array)?);
        // One without elements has no dimension either.
        let left = if dimensions == 0 { 0 } else { number(&mut array)? };
        if dimensions != 0 {
            let _lower_bound = number(&mut array)?;
        }
        Ok(Self { rest: array, left })
    }

    /// The next, while there are any.
    ///
    /// # Errors
    ///
    /// When it is NULL, or cut off.
    pub fn take(&mut self) -> Result<Option<&'a [u8]>, DbErr> {
        if self.left <= 0 {
            return Ok(None);
        }
        self.left -= 1;
        sized(&mut self.rest)?.ok_or_else(malformed).map(Some)
    }
}

/// What has its length in front; −1 is that of NULL.
fn sized<'a>(rest: &mut &'a [u8]) -> Result<Option<&'a [u8]>, DbErr> {
    match usize::try_from(number(rest)?) {
        Err(_) => Ok(None),
        Ok(length) => {
            let (value, behind) = rest.split_at_checked(length).ok_or_else(malformed)?;
            *rest = behind;
            Ok(Some(value))
        }
    }
}

fn number(rest: &mut &[u8]) -> Result<i32, DbErr> {
    let (number, behind) = rest.split_first_chunk().ok_or_else(malformed)?;
    *rest = behind;
    Ok(i32::from_be_bytes(*number))
}

/// What came is not what was selected.
fn malformed() -> DbErr {
    DbErr::Type("the database sent a value in a form that is not known".to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn numbers(numbers: &[i32]) -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
    }

    #[test]
    fn a_record_has_its_values() {
        assert_eq!(
            record(&numbers(&[2, 23, 4, 7, 25, -1])).unwrap(),
            [Some([0, 0, 0, 7].as_slice()), None]
        );
        assert_eq!(record(&numbers(&[0])).unwrap(), []);
    }

    #[test]
    fn an_array_has_its_elements() {
        let array = numbers(&[1, 0, 23, 2, 1, 4, 7, 4, 8]);
        let mut elements = Elements::of(&array).unwrap();
        assert_eq!(elements.take().unwrap(), Some([0, 0, 0, 7].as_slice()));
        assert_eq!(elements.take().unwrap(), Some([0, 0, 0, 8].as_slice()));
        assert_eq!(elements.take().unwrap(), None);
        let none = numbers(&[0, 0, 23]);
        assert_eq!(Elements::of(&none).unwrap().take().unwrap(), None);
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        let array = numbers(&[1, 0, 23, 2, 1, 4, 7, 4, 8]);
        for length in 0..array.len() {
            let mut found = Elements::of(&array[..length]);
            let read = loop {
                match found.as_mut().map(Elements::take) {
                    Ok(Ok(Some(_))) => {}
                    Ok(Ok(None)) => break Ok(()),
                    _ => break Err(()),
                }
            };
            assert_eq!(read, Err(()), "{length}");
        }
        let whole = numbers(&[1, 23, 4, 7]);
        for length in 0..whole.len() {
            assert!(record(&whole[..length]).is_err(), "{length}");
        }
    }
}
