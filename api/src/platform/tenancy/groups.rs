//! The first rows of each of many groups, such as the newest order of each account of a page.

use entity::TenantOwned;
use sea_orm::sea_query::{Alias, ArrayType, Condition, Expr, ExprTrait, Func, Order, WindowStatement};
use sea_orm::{ColumnTrait, DbBackend, JoinType, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select, Value};
use uuid::Uuid;

use super::TenantDb;

/// A column that a row's place in its group is in.
const PLACE: &str = "place";
/// A group.
const GROUP: &str = "of_group";

/// Condition: the column is one of these ids. On PostgreSQL one list is one parameter, so that the statement is the same
/// however many there are.
pub fn among(db: &TenantDb, column: impl ColumnTrait, ids: &[Uuid]) -> Expr {
    match db.backend() {
        DbBackend::Postgres => column.eq_any(ids.iter().copied()),
        _ => column.is_in(ids.iter().copied()),
    }
}

/// Of each of these groups the first `most` rows that `select` finds, in this order, in one statement.
pub fn first_of_each<E: TenantOwned>(
    db: &TenantDb,
    select: Select<E>,
    (group, ids): (E::Column, &[Uuid]),
    order: &[(E::Column, Order)],
    most: i32,
) -> Select<E> {
    match db.backend() {
        DbBackend::Postgres => found_one_by_one(db.tenant(), select, (group, ids), order, most),
        _ => numbered(db.tenant(), select.filter(among(db, group, ids)), group, order, most),
    }
}

/// Each group's rows are looked up in its index, and no more of them than are wanted. One list of ids is one parameter, so
/// that the statement is the same however many there are.
fn found_one_by_one<E: TenantOwned>(
    tenant: Uuid,
    select: Select<E>,
    (group, ids): (E::Column, &[Uuid]),
    order: &[(E::Column, Order)],
    most: i32,
) -> Select<E> {
    let mut of_group = select
        .filter(<E as TenantOwned>::tenant_column().eq(tenant))
        .filter(Expr::col(group.as_column_ref()).eq(Expr::col((Alias::new(GROUP), Alias::new(GROUP)))))
        .limit(u64::try_from(most).unwrap_or_default());
    let mut first = E::find();
    for (column, direction) in order {
        of_group = of_group.order_by(*column, direction.clone());
        first = first.order_by(*column, direction.clone());
    }
    let ids = ids.iter().map(|id| Value::from(*id)).collect();
    let groups = Func::cust("unnest").arg(Value::Array(ArrayType::Uuid, Some(Box::new(ids))));
    QuerySelect::query(&mut first)
        .from_clear()
        .from_function(groups, GROUP)
        .join_lateral(
            JoinType::InnerJoin,
            of_group.into_query(),
            Alias::new(E::default().table_name()),
            Condition::all(),
        );
    first
}

/// Of each group the first `most` rows that `select` finds. The table is read once: what is numbered stands in its place,
/// under its name.
pub fn numbered<E: TenantOwned>(
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
