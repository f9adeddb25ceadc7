//! What is written of each row, from what is selected of it.

use sea_orm::sea_query::{ColumnType, Expr};
use sea_orm::{ColumnTrait, IdenStatic, Iterable};
use type_safe_id::DynamicType;

use entity::TenantOwned;

use super::super::wanted::{Computed, is_same};
use super::Selected;
use crate::error::Result;
use crate::platform::Ctx;
use crate::platform::tenancy::Firsts;

/// Most relations in one statement, those within others counted. With aliases there could be hundreds, and PostgreSQL would
/// plan them at once; resolved, they are read together.
const MOST_RELATIONS: usize = 8;

/// A table whose rows are objects of the API that can be written from them: a field that is not computed is the column of its
/// name, as the column's type is written, for whoever may see the object.
pub trait Writable: TenantOwned {
    /// The name of the object's type.
    const OBJECT: &'static str;
    /// What its ids begin with.
    const PREFIX: &'static str;
    /// The fields that are not their column.
    const COMPUTED: &'static [Computed<Self::Column>];

    /// What is read beside a row for one of the computed fields; nothing where that cannot be, as where a relation leads to the
    /// same table. Only what costs no points of its own.
    ///
    /// # Errors
    ///
    /// When the caller may not read it; it is then refused where it is resolved.
    fn related(_: &Ctx, _: &Selected<'_>) -> Result<Option<Related>> {
        Ok(None)
    }
}

/// The fields of an object, in the order in which they are written, and what is selected for them.
pub struct Shape {
    pub(super) fields: Vec<Field>,
    /// What the row is asked for: the columns in the table's order, so that one statement is for all orders of them, then the
    /// relations.
    pub(in crate::platform::graphql) selected: Vec<Expr>,
    relations: usize,
}

/// A field under its name in the answer.
pub(super) struct Field {
    pub key: String,
    name: String,
    pub source: Source,
}

/// Where what a field is comes from.
pub(super) enum Source {
    /// The name of the type itself: nothing is read for it.
    TypeName(&'static str),
    /// A value that is written so, and where it stands among what is selected.
    Sent(Form, usize),
}

impl Source {
    /// Whether it is one or several other objects.
    fn is_relation(&self) -> bool {
        matches!(self, Self::Sent(Form::One(_) | Form::Many(_), _))
    }
}

/// How a value is written.
pub(super) enum Form {
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
    ///
    /// # Errors
    ///
    /// When the caller may not read one of them.
    pub fn of<E: Writable>(ctx: &Ctx, object: &Selected<'_>) -> Result<Option<Self>> {
        let Some(selected) = object.fields(E::OBJECT) else {
            return Ok(None);
        };
        let columns: Vec<E::Column> = E::Column::iter()
            .filter(|column| selected.iter().any(|field| is_plain::<E>(field.name(), *column)))
            .collect();
        let mut shape = Self {
            fields: Vec::with_capacity(selected.len()),
            selected: columns.iter().map(|column| Expr::col(column.as_column_ref())).collect(),
            relations: 0,
        };
        for field in &selected {
            let name = field.name();
            if let Some(same) = shape.fields.iter().find(|same| same.key == field.key()) {
                // What is selected of an object in two places is merged.
                if same.name != name || same.source.is_relation() {
                    return Ok(None);
                }
                continue;
            }
            let source = if name == "__typename" {
                Source::TypeName(E::OBJECT)
            } else if let Some(place) = columns.iter().position(|column| is_plain::<E>(name, *column)) {
                match form_of::<E>(columns[place]) {
                    Some(form) => Source::Sent(form, place),
                    None => return Ok(None),
                }
            } else {
                let Some(related) = E::related(ctx, field)? else {
                    return Ok(None);
                };
                shape.relations += related.relations;
                shape.selected.push(related.selected);
                Source::Sent(related.form, shape.selected.len() - 1)
            };
            shape.fields.push(Field {
                key: field.key().to_owned(),
                name: name.to_owned(),
                source,
            });
        }
        Ok(Some(shape).filter(|shape| shape.relations <= MOST_RELATIONS))
    }
}

/// Whether the field is this column.
fn is_plain<E: Writable>(field: &str, column: E::Column) -> bool {
    is_same(field, column.as_str()) && !E::COMPUTED.iter().any(|(computed, _)| *computed == field)
}

/// How a column is written; nothing when that is for its object to say.
fn form_of<E: Writable>(column: E::Column) -> Option<Form> {
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
    /// How many relations it has, itself among them.
    relations: usize,
}

impl Related {
    /// The first of those that the row names in `outer`; null when there is none.
    ///
    /// # Errors
    ///
    /// As [`Shape::of`].
    pub fn one<E: Writable>(
        ctx: &Ctx,
        field: &Selected<'_>,
        firsts: Option<Firsts<E>>,
        outer: impl ColumnTrait,
    ) -> Result<Option<Self>> {
        let read = |firsts: Firsts<E>, tenant, selected| firsts.one_beside(tenant, outer, selected);
        Self::beside(ctx, field, firsts, outer, (Form::One, read))
    }

    /// All that the row names in `outer`.
    ///
    /// # Errors
    ///
    /// As [`Shape::of`].
    pub fn many<E: Writable>(
        ctx: &Ctx,
        field: &Selected<'_>,
        firsts: Option<Firsts<E>>,
        outer: impl ColumnTrait,
    ) -> Result<Option<Self>> {
        let read = |firsts: Firsts<E>, tenant, selected| firsts.many_beside(tenant, outer, selected);
        Self::beside(ctx, field, firsts, outer, (Form::Many, read))
    }

    fn beside<E: Writable>(
        ctx: &Ctx,
        field: &Selected<'_>,
        firsts: Option<Firsts<E>>,
        outer: impl ColumnTrait,
        (form, read): (fn(Shape) -> Form, impl FnOnce(Firsts<E>, uuid::Uuid, Vec<Expr>) -> Expr),
    ) -> Result<Option<Self>> {
        // A row and what is beside it would have one name.
        if outer.entity_name().to_string() == E::default().table_name() {
            return Ok(None);
        }
        let (Some(firsts), Some(mut shape)) = (firsts, Shape::of::<E>(ctx, field)?) else {
            return Ok(None);
        };
        let selected = std::mem::take(&mut shape.selected);
        Ok(Some(Self {
            selected: read(firsts, ctx.tenant()?.id, selected),
            relations: 1 + shape.relations,
            form: form(shape),
        }))
    }
}
