//! What a change writes last, in one statement: the company's clock is moved, and its events numbered by it, together with
//! the rows that waited for them.
//!
//! Rows of one table are one parameter, a list in JSON, so that the statement, and with it its plan, is the same for any number
//! of them.

use entity::{event, tenant_clock};
use sea_orm::sea_query::{
    CommonTableExpression, Expr, ExprTrait, Func, FunctionCall, InsertStatement, Query, SubQueryStatement, TableRef,
    Value, WithClause, WithQuery,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityName, EntityTrait, IdenStatic, Iterable, QueryFilter, QueryTrait, Set,
    UpdateMany,
};
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use uuid::Uuid;

/// One statement of PostgreSQL for all of it, while which alone the clock's row is locked: other writers wait that much less.
/// `rows` are given the next numbers, and each answers its own; without any there is only what waited.
///
/// What waited is done in no order, and none of it sees the others: foreign keys are looked at when all is done.
pub fn statement(
    tenant: Uuid,
    mut rows: Vec<event::ActiveModel>,
    waiting: Vec<SubQueryStatement>,
) -> Result<WithQuery, DbErr> {
    let mut with = WithClause::new();
    for (place, statement) in waiting.into_iter().enumerate() {
        with.cte(named(format!("waiting_{place}"), statement));
    }
    if rows.is_empty() {
        return Ok(Query::select().expr(Expr::val(1)).to_owned().with(with));
    }
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let clock = Query::update()
        .table(tenant_clock::Entity)
        .value(
            tenant_clock::Column::Seq,
            Expr::col(tenant_clock::Column::Seq).add(count),
        )
        .and_where(tenant_clock::Column::TenantId.eq(tenant))
        .returning_col(tenant_clock::Column::Seq)
        .to_owned();
    with.cte(named("clock".to_owned(), clock));
    // The last one has the clock's number, those before it the numbers before.
    for (behind, row) in (1 - count..).zip(&mut rows) {
        row.seq = Set(behind);
    }
    let number = Expr::cust("SELECT seq FROM clock").add(Expr::col(event::Column::Seq));
    let mut insert = insert_with(&rows, |column| match column {
        event::Column::Seq => number.clone(),
        other => Expr::col(other),
    })?;
    insert.returning_col(event::Column::Seq);
    Ok(insert.with(with))
}

/// Inserts rows that all have the same columns.
pub fn insert<A: ActiveModelTrait>(rows: &[A]) -> Result<InsertStatement, DbErr> {
    insert_with(rows, Expr::col)
}

fn insert_with<A: ActiveModelTrait>(rows: &[A], value: impl Fn(Column<A>) -> Expr) -> Result<InsertStatement, DbErr> {
    let table = A::Entity::default();
    let columns: Vec<_> = Column::<A>::iter()
        .filter(|column| rows.iter().any(|row| !row.is_not_set(*column)))
        .collect();
    if rows
        .iter()
        .any(|row| columns.iter().any(|column| row.is_not_set(*column)))
    {
        return Err(DbErr::Custom("rows that go together have the same columns".into()));
    }
    let mut select = Query::select();
    select
        .exprs(columns.iter().map(|column| value(*column)))
        .from_function(rows_of(rows)?, table.table_name());
    Query::insert()
        .into_table(table.table_ref())
        .columns(columns)
        .select_from(select)
        .map(|insert| insert.to_owned())
        .map_err(|error| DbErr::Custom(error.to_string()))
}

/// Raises a column to what each of these has for its id, unless it is as high. Each id stands there once.
pub fn raise<E: EntityTrait>(
    id: E::Column,
    column: E::Column,
    values: Vec<(Uuid, Value)>,
) -> Result<UpdateMany<E>, DbErr> {
    let ids: Vec<Uuid> = values.iter().map(|(row, _)| *row).collect();
    let rows = values.into_iter().map(|(row, value)| {
        let mut model = E::ActiveModel::default();
        model.set(id, row.into());
        model.set(column, value);
        model
    });
    let rows = rows_of(&rows.collect::<Vec<_>>())?;
    let to = |column: E::Column| Expr::col((RAISED, column));
    let mut raise = E::update_many()
        .col_expr(column, to(column))
        // Nobody knows how many rows the parameter has: taken for many, the whole table would be read for them.
        .filter(id.eq_any(ids))
        .filter(Expr::col(id.as_column_ref()).eq(to(id)))
        .filter(Expr::col(column.as_column_ref()).lt(to(column)));
    QueryTrait::query(&mut raise).from(TableRef::FunctionCall(rows, RAISED.into()));
    Ok(raise)
}

/// What rows are raised to.
const RAISED: &str = "raised";

type Column<A> = <<A as ActiveModelTrait>::Entity as EntityTrait>::Column;

/// The rows, with NULL in the columns that are not set.
fn rows_of<A: ActiveModelTrait>(rows: &[A]) -> Result<FunctionCall, DbErr> {
    // As text: a statement is copied several times on its way, and a tree would be with it.
    let text = serde_json::to_string(&rows.iter().map(Row).collect::<Vec<_>>());
    let text = Expr::val(text.map_err(|error| DbErr::Custom(error.to_string()))?);
    let row_type = Expr::cust(format!("NULL::\"{}\"", A::Entity::default().table_name()));
    Ok(Func::cust("jsonb_populate_recordset").args([row_type, text.cast_as("jsonb")]))
}

/// What a row has in its columns, as PostgreSQL reads it from JSON. Where it has nothing, nothing is written.
struct Row<'a, A>(&'a A);

impl<A: ActiveModelTrait> Serialize for Row<'_, A> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(Column::<A>::iter().filter_map(|column| {
            let value = self.0.get(column).into_value()?;
            (value != value.as_null()).then(|| (column.as_str(), Cell(value)))
        }))
    }
}

/// A value of a row.
struct Cell(Value);

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Value::Bool(value) => value.serialize(serializer),
            Value::SmallInt(value) => value.serialize(serializer),
            Value::Int(value) => value.serialize(serializer),
            Value::BigInt(value) => value.serialize(serializer),
            Value::String(value) => value.serialize(serializer),
            Value::Uuid(value) => value.serialize(serializer),
            Value::Json(value) => value.serialize(serializer),
            Value::ChronoDate(value) => value.serialize(serializer),
            Value::ChronoDateTimeUtc(value) => value.serialize(serializer),
            // Nobody has written one so yet.
            other => Err(S::Error::custom(format!(
                "{:?} is not written at the commit",
                other.array_type()
            ))),
        }
    }
}

fn named(name: String, statement: impl Into<SubQueryStatement>) -> CommonTableExpression {
    CommonTableExpression::new()
        .table_name(name)
        .query(statement)
        .to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use chrono::{DateTime, Utc};
    use entity::{account, activity_contact};
    use sea_orm::sea_query::PostgresQueryBuilder;
    use serde_json::json;

    use super::*;
    use crate::platform::events::NewEvent;

    fn contact(id: u128) -> activity_contact::ActiveModel {
        activity_contact::ActiveModel {
            tenant_id: Set(Uuid::nil()),
            activity_id: Set(Uuid::nil()),
            contact_id: Set(Uuid::from_u128(id)),
        }
    }

    fn told(kind: &'static str) -> event::ActiveModel {
        let event = NewEvent::new(kind, "act", Uuid::nil()).with(json!({ "version": 1 }));
        event.into_row(Uuid::nil(), 0, ("SYSTEM", None), Default::default())
    }

    fn built(events: usize, contacts: u128) -> (String, Vec<Value>) {
        let contacts: Vec<_> = (0..contacts).map(contact).collect();
        let touched = vec![(Uuid::nil(), DateTime::<Utc>::UNIX_EPOCH.into())];
        let raise = raise::<account::Entity>(account::Column::Id, account::Column::LastTouchSort, touched).unwrap();
        let waiting = vec![insert(&contacts).unwrap().into(), raise.into_query().into()];
        let rows = (0..events).map(|_| told("activity.recorded")).collect();
        let (sql, values) = statement(Uuid::nil(), rows, waiting)
            .unwrap()
            .build(PostgresQueryBuilder);
        (sql, values.0)
    }

    #[test]
    fn one_statement_moves_the_clock_and_writes_what_waited() {
        let (sql, values) = built(2, 1);
        assert_eq!(
            sql,
            r#"WITH "waiting_0" AS (INSERT INTO "activity_contact" ("tenant_id", "activity_id", "contact_id") "#
                .to_owned()
                + r#"SELECT "tenant_id", "activity_id", "contact_id" "#
                + r#"FROM jsonb_populate_recordset(NULL::"activity_contact", CAST($1 AS jsonb)) AS "activity_contact") , "#
                + r#""waiting_1" AS (UPDATE "account" SET "last_touch_sort" = "raised"."last_touch_sort" "#
                + r#"FROM jsonb_populate_recordset(NULL::"account", CAST($2 AS jsonb)) AS "raised" WHERE "account"."id" = ANY($3) "#
                + r#"AND "account"."id" = "raised"."id" AND "account"."last_touch_sort" < "raised"."last_touch_sort") , "#
                + r#""clock" AS (UPDATE "tenant_clock" SET "seq" = "seq" + $4 WHERE "tenant_clock"."tenant_id" = $5 "#
                + r#"RETURNING "seq") INSERT INTO "event" ("tenant_id", "seq", "id", "type", "subject_kind", "subject_id", "#
                + r#""account_id", "actor_kind", "actor_id", "payload", "occurred_at") SELECT "tenant_id", "#
                + r#"(SELECT seq FROM clock) + "seq", "id", "type", "subject_kind", "subject_id", "account_id", "actor_kind", "#
                + r#""actor_id", "payload", "occurred_at" FROM jsonb_populate_recordset(NULL::"event", CAST($6 AS jsonb)) AS "event" "#
                + r#"RETURNING "seq""#
        );
        let Value::String(Some(events)) = &values[5] else {
            panic!("{values:?}")
        };
        let events: Vec<serde_json::Value> = serde_json::from_str(events).unwrap();
        // The first of two has the number before the last.
        assert_eq!([&events[0]["seq"], &events[1]["seq"]], [&json!(-1), &json!(0)]);
        assert_eq!(events[0]["occurred_at"], "1970-01-01T00:00:00Z");
        assert_eq!(events[0]["payload"], json!({ "version": 1 }));
        assert_eq!(events[0].get("account_id"), None);
    }

    #[test]
    fn the_statement_is_the_same_for_any_number_of_rows() {
        assert_eq!(built(1, 1).0, built(70, 20).0);
    }

    #[test]
    fn without_events_the_clock_stays() {
        let (sql, _) = built(0, 1);
        assert!(sql.ends_with(" SELECT $4") && !sql.contains("clock"), "{sql}");
    }
}
