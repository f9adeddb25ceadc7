//! What a selection needs to be read of a row.

use async_graphql::{Context, SelectionField};
use sea_orm::EntityTrait;

use crate::platform::tenancy::Columns;

/// A field of an object whose value comes from other columns than the one of its name, and which.
pub type Computed<C> = (&'static str, &'static [C]);

/// The columns that the fields selected of an object need. A field has the column of its name, or those that `computed`
/// gives; one that neither names may need any, so then all are read.
pub fn wanted<E: EntityTrait>(fields: &[SelectionField<'_>], computed: &[Computed<E::Column>]) -> Columns<E> {
    let mut columns = Columns::none();
    for field in fields.iter().flat_map(SelectionField::selection_set) {
        let name = field.name();
        columns = match computed.iter().find(|(known, _)| *known == name) {
            Some((_, of)) => of.iter().fold(columns, |columns, column| columns.with(*column)),
            None if name == "__typename" => columns,
            None => match columns.with_where(|column| is_same(name, column)) {
                Some(columns) => columns,
                None => return Columns::all(),
            },
        };
    }
    columns
}

/// Of the object that a field gives.
pub fn wanted_here<E: EntityTrait>(gql: &Context<'_>, computed: &[Computed<E::Column>]) -> Columns<E> {
    wanted(&[gql.field()], computed)
}

/// Of the objects below the object that a field gives, by the fields that lead to them.
pub fn wanted_at<E: EntityTrait>(gql: &Context<'_>, path: &[&str], computed: &[Computed<E::Column>]) -> Columns<E> {
    let object = path.iter().fold(gql.look_ahead(), |object, field| object.field(field));
    wanted(&object.selection_fields(), computed)
}

/// `familyName` is `family_name`.
pub(super) fn is_same(field: &str, column: &str) -> bool {
    let mut letters = column.chars();
    let matches = field.chars().all(|letter| {
        let mut next = letters.next();
        if letter.is_ascii_uppercase() && next == Some('_') {
            next = letters.next();
            return next == Some(letter.to_ascii_lowercase());
        }
        next == Some(letter)
    });
    matches && letters.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::is_same;

    #[test]
    fn a_field_has_the_column_of_its_name() {
        assert!(is_same("id", "id") && is_same("familyName", "family_name"));
        assert!(is_same("fiscalYearEndMonth", "fiscal_year_end_month"));
        for (field, column) in [
            ("name", "name_kana"),
            ("nameKana", "name"),
            ("owner", "owner_id"),
            ("familyname", "family_name"),
            ("", "id"),
        ] {
            assert!(!is_same(field, column), "{field} {column}");
        }
    }
}
