//! The first rows of each of many groups, such as the newest order of each account of a page.

use entity::TenantOwned;
use sea_orm::sea_query::{Alias, ArrayType, Condition, Expr, ExprTrait, Func, Order, WindowStatement};
use sea_orm::{
    ColumnTrait, DbBackend, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select, Value,
};
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

/// The first rows of any one group.
pub struct Firsts<E: EntityTrait> {
    select: Select<E>,
    group: E::Column,
    order: Vec<(E::Column, Order)>,
    most: i32,
}

impl<E: TenantOwned> Firsts<E> {
    /// What `select` finds, in this order, of each group at most `most`; whose a row is says its column `group`.
    pub fn new(select: Select<E>, group: E::Column, order: Vec<(E::Column, Order)>, most: i32) -> Self {
        Self {
            select,
            group,
            order,
            most,
        }
    }

    /// Those of each of these groups, in their order, in one statement.
    pub fn of_each(self, db: &TenantDb, ids: &[Uuid]) -> Select<E> {
        if db.backend() == DbBackend::Postgres {
            return self.found_one_by_one(db.tenant(), ids);
        }
        let select = self.select.filter(among(db, self.group, ids));
        numbered(db.tenant(), select, self.group, &self.order, self.most)
    }

    /// Each group's rows are looked up in its index, and no more of them than are wanted. One list of ids is one parameter, so
    /// that the statement is the same however many there are.
    fn found_one_by_one(self, tenant: Uuid, ids: &[Uuid]) -> Select<E> {
        let here = Expr::col((Alias::new(GROUP), Alias::new(GROUP)));
        let most = u64::try_from(self.most).unwrap_or_default();
        let mut of_group = of_group(tenant, self.select, self.group, here).limit(most);
        let mut first = E::find();
        for (column, direction) in self.order {
            of_group = of_group.order_by(column, direction.clone());
            first = first.order_by(column, direction);
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

    /// Of the group that a row of another select names in `outer`, the first as a record of what is selected of it, to stand in that
    /// select. On PostgreSQL.
    pub fn one_beside(self, tenant: Uuid, outer: impl ColumnTrait, selected: Vec<Expr>) -> Expr {
        Expr::cust_with_exprs("($1 LIMIT 1)", [self.records(tenant, outer, selected)])
    }

    /// The same of all, as an array of records.
    pub fn many_beside(self, tenant: Uuid, outer: impl ColumnTrait, selected: Vec<Expr>) -> Expr {
        // As a parameter the number would be one of any size to PostgreSQL, which then reads and sorts all.
        let most = self.most;
        Expr::cust_with_exprs(
            format!("ARRAY($1 LIMIT {most})"),
            [self.records(tenant, outer, selected)],
        )
    }

    fn records(self, tenant: Uuid, outer: impl ColumnTrait, selected: Vec<Expr>) -> Expr {
        let named = Expr::col(outer.as_column_ref());
        let mut rows = of_group(tenant, self.select, self.group, named).select_only();
        for (column, direction) in self.order {
            rows = rows.order_by(column, direction);
        }
        let mut rows = rows.into_query();
        rows.expr(Func::cust("ROW").args(selected));
        Expr::SubQuery(None, Box::new(rows.into()))
    }
}

/// The rows of a group that a row around them names.
fn of_group<E: TenantOwned>(tenant: Uuid, select: Select<E>, group: E::Column, named: Expr) -> Select<E> {
    select
        .filter(<E as TenantOwned>::tenant_column().eq(tenant))
        .filter(Expr::col(group.as_column_ref()).eq(named))
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
