//! One object by its id.

use std::borrow::Cow;

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{ContextSelectionSet, OutputType, Positioned, ServerResult, Value};
use entity::{Sparse, TenantOwned};
use sea_orm::Select;

use super::written::{self, Asked, Writable};
use crate::error::Result;
use crate::platform::Ctx;
use crate::platform::tenancy::{Columns, TenantDb};

/// An object, or what it answers.
pub enum Found<T> {
    /// It, of which the fields are resolved.
    Resolved(T),
    /// As it is answered.
    Written(Value),
}

impl<T> Found<T> {
    /// The same of what this makes of the object.
    pub fn map<U>(self, of: impl FnOnce(T) -> U) -> Found<U> {
        match self {
            Self::Resolved(object) => Found::Resolved(of(object)),
            Self::Written(value) => Found::Written(value),
        }
    }
}

impl<N: OutputType> OutputType for Found<N> {
    fn type_name() -> Cow<'static, str> {
        N::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        N::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        match self {
            Self::Resolved(object) => object.resolve(ctx, field).await,
            Self::Written(value) => Ok(value.clone()),
        }
    }
}

/// The one row of `select`, if there is one, as what is asked for: as it is answered where that can be, else with the columns that are
/// needed.
pub async fn fetch_one_asked<E: TenantOwned + Sparse + Writable>(
    ctx: &Ctx,
    db: &TenantDb,
    select: Select<E>,
    asked: &Asked<'_, E>,
) -> Result<Option<Found<E::Model>>> {
    // Of `__typename` alone no column would be left to read.
    let least = Columns::none().with(<E as TenantOwned>::tenant_column());
    // What the caller may not read is refused where it is resolved.
    let Ok(Some(mut shape)) = asked.shape(ctx) else {
        let rows = db.all_with(select, asked.columns().and(least)).await?;
        return Ok(rows.into_iter().next().map(Found::Resolved));
    };
    let selected = std::mem::take(&mut shape.selected);
    let rows = db.all_and(select, least, selected).await?;
    let written = rows.first().map(|(_, sent)| written::one(&shape, sent));
    Ok(written.transpose()?.map(Found::Written))
}
