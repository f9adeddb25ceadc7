//! What is written of each row, from what is selected of it.

use async_graphql::SelectionField;
use entity::TenantOwned;
use sea_orm::sea_query::{ColumnType, Expr, Func};
use sea_orm::{ColumnTrait, IdenStatic, Iterable, QuerySelect, QueryTrait};
use type_safe_id::DynamicType;

use super::super::wanted::{Computed, is_same};
use crate::error::Result;
use crate::platform::Ctx;
use crate::platform::tenancy::Firsts;

/// A table whose rows are objects of the API that can be written from them: a field that is not computed is the column of its
/// name, as the column's type is written.
pub trait Written: TenantOwned {
    /// The name of the object's type.
    const OBJECT: &'static str;
    /// What its ids begin with.
    const PREFIX: &'static str;
    /// The fields that are not their column.
    const COMPUTED: &'static [Computed<Self::Column>];

    /// What is read beside a row for one of the computed fields; nothing where that cannot be. No relation leads to a table that
    /// stands further out in the statement: the two would have one name.
    ///
    /// # Errors
    ///
    /// When the caller may not read it; it is then refused where it is resolved.
    fn related(_: &Ctx, _: &SelectionField<'_>) -> Result<Option<Related>> {
        Ok(None)
    }
}

/// The fields of an object, in the order in which they are written, and what is selected for them.
#[derive(Default)]
pub struct Shape {
    pub(super) fields: Vec<Field>,
    /// What the row is asked for, in the order of the fields that need it.
    pub(in crate::platform::graphql) selected: Vec<Expr>,
}

/// A field under its name in the answer.
pub(super) struct Field {
    pub key: String,
    pub form: Form,
}

/// How a value is written.
pub(super) enum Form {
    /// The name of the type itself: nothing is read for it.
    TypeName(&'static str),
    /// A UUID, as an id with this prefix.
    Id(DynamicType),
    /// Text; or the name of a value of an enum, which is stored as it is shown.
    Text,
    /// True or false.
    Boolean,
    /// Of 16 bits.
    SmallInt,
    /// Of 64 bits.
    BigInt,
    /// An instant.
    Instant,
    /// A day.
    Day,
    /// A record.
    One(Shape),
    /// An array of records.
    Many(Shape),
}

impl Shape {
    /// Of the rows that are selected as this field; nothing when one of its fields has to be resolved.
    pub fn of<E: Written>(ctx: &Ctx, object: &SelectionField<'_>) -> Result<Option<Self>> {
        let mut shape = Self::default();
        for field in object.selection_set() {
            let (name, key) = (field.name(), field.alias().unwrap_or(field.name()));
            if let Some(same) = shape.fields.iter().find(|same| same.key == key) {
                // Documents with two fields under one name are refused. What is selected of an object twice is merged.
                match same.form {
                    Form::One(_) | Form::Many(_) => return Ok(None),
                    _ => continue,
                }
            }
            let form = if name == "__typename" {
                Form::TypeName(E::OBJECT)
            } else if E::COMPUTED.iter().any(|(computed, _)| *computed == name) {
                let Some(Related { form, selected }) = E::related(ctx, &field)? else {
                    return Ok(None);
                };
                shape.selected.push(selected);
                form
            } else {
                let column = E::Column::iter().find(|column| is_same(name, column.as_str()));
                let Some((column, form)) = column.and_then(|column| Some((column, plain::<E>(column)?))) else {
                    return Ok(None);
                };
                shape.selected.push(Expr::col(column.as_column_ref()));
                form
            };
            shape.fields.push(Field {
                key: key.to_owned(),
                form,
            });
        }
        Ok(Some(shape))
    }
}

/// How a column is written; nothing when that is for its object to say.
fn plain<E: Written>(column: E::Column) -> Option<Form> {
    Some(match column.def().get_column_type() {
        ColumnType::Uuid if column.as_str() == "id" => Form::Id(DynamicType::new(E::PREFIX).ok()?),
        ColumnType::String(_) | ColumnType::Text => Form::Text,
        ColumnType::Boolean => Form::Boolean,
        ColumnType::SmallInteger => Form::SmallInt,
        ColumnType::BigInteger => Form::BigInt,
        ColumnType::TimestampWithTimeZone => Form::Instant,
        ColumnType::Date => Form::Day,
        _ => return None,
    })
}

/// What is read beside a row and written in it.
pub struct Related {
    form: Form,
    selected: Expr,
}

impl Related {
    /// The first of those that the row names in `outer`; null when there is none.
    pub fn one<E: Written>(
        ctx: &Ctx,
        field: &SelectionField<'_>,
        firsts: Option<Firsts<E>>,
        outer: impl ColumnTrait,
    ) -> Result<Option<Self>> {
        let found = beside(ctx, field, firsts, outer)?;
        Ok(found.map(|(shape, rows, _)| Self {
            form: Form::One(shape),
            selected: Expr::cust_with_exprs("($1 LIMIT 1)", [rows]),
        }))
    }

    /// All that the row names in `outer`.
    pub fn many<E: Written>(
        ctx: &Ctx,
        field: &SelectionField<'_>,
        firsts: Option<Firsts<E>>,
        outer: impl ColumnTrait,
    ) -> Result<Option<Self>> {
        let found = beside(ctx, field, firsts, outer)?;
        Ok(found.map(|(shape, rows, most)| Self {
            form: Form::Many(shape),
            // As a parameter the number would be one of any size to PostgreSQL, which then reads and sorts all.
            selected: Expr::cust_with_exprs(format!("ARRAY($1 LIMIT {most})"), [rows]),
        }))
    }
}

fn beside<E: Written>(
    ctx: &Ctx,
    field: &SelectionField<'_>,
    firsts: Option<Firsts<E>>,
    outer: impl ColumnTrait,
) -> Result<Option<(Shape, Expr, i32)>> {
    let (Some(firsts), Some(mut shape)) = (firsts, Shape::of::<E>(ctx, field)?) else {
        return Ok(None);
    };
    let most = firsts.most;
    let mut rows = firsts.beside(ctx.tenant()?.id, outer).select_only().into_query();
    rows.expr(Func::cust("ROW").args(std::mem::take(&mut shape.selected)));
    Ok(Some((shape, Expr::SubQuery(None, Box::new(rows.into())), most)))
}
