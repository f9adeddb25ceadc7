//! The first rows of each of many groups, such as the newest order of each account of a page.

use entity::TenantOwned;
use sea_orm::sea_query::{Expr, ExprTrait, Order, WindowStatement};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select};
use uuid::Uuid;

/// A column that a row's place in its group is in.
const PLACE: &str = "place";

/// Of each group the first `most` rows that `select` finds, in this order, in one statement. The table is read once: what
/// is numbered stands in its place, under its name.
pub fn first_of_each<E: TenantOwned>(
    tenant: Uuid,
    select: Select<E>,
    group: E::Column,
    order: &[(E::Column, Order)],
    most: i32,
) -> Select<E> {
    let mut window = WindowStatement::partition_by(group);
    let mut first = E::find().filter(Expr::col(PLACE).lte(most));
    for (column, direction) in order {
        window.order_by(*column, direction.clone());
        first = first.order_by(*column, direction.clone());
    }
    let mut numbered = select
        .filter(<E as TenantOwned>::tenant_column().eq(tenant))
        .into_query();
    numbered.expr_window_as(Expr::cust("ROW_NUMBER()"), window, PLACE);
    QuerySelect::query(&mut first)
        .from_clear()
        .from_subquery(numbered, E::default().table_name().to_owned());
    first
}
