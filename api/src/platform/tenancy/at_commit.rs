//! What a change writes last, in one statement: the company's clock is moved, and its events numbered by it, together with
//! the rows that waited for them.

use entity::{event, tenant_clock};
use sea_orm::sea_query::{CommonTableExpression, Expr, ExprTrait, Query, SubQueryStatement, WithClause, WithQuery};
use sea_orm::{ActiveModelTrait, ColumnTrait, DbErr, Iterable};
use uuid::Uuid;

/// One statement of PostgreSQL for all of it, while which alone the clock's row is locked: other writers wait that much less.
/// `rows` are given the next numbers, and each answers its own; without any there is only what waited.
///
/// What waited is done in no order, and none of it sees the others: foreign keys are looked at when all is done.
pub fn statement(
    tenant: Uuid,
    rows: Vec<event::ActiveModel>,
    waiting: Vec<SubQueryStatement>,
) -> Result<WithQuery, DbErr> {
    let mut with = WithClause::new();
    for (place, statement) in waiting.into_iter().enumerate() {
        with.cte(named(format!("waiting_{place}"), statement));
    }
    if rows.is_empty() {
        return Ok(Query::select().expr(Expr::val(1)).to_owned().with(with));
    }
    let count = rows.len();
    let by = i64::try_from(count).unwrap_or(i64::MAX);
    let clock = Query::update()
        .table(tenant_clock::Entity)
        .value(tenant_clock::Column::Seq, Expr::col(tenant_clock::Column::Seq).add(by))
        .and_where(tenant_clock::Column::TenantId.eq(tenant))
        .returning_col(tenant_clock::Column::Seq)
        .to_owned();
    with.cte(named("clock".to_owned(), clock));
    let mut insert = Query::insert();
    insert
        .into_table(event::Entity)
        .columns(event::Column::iter())
        .returning_col(event::Column::Seq);
    for (place, row) in rows.into_iter().enumerate() {
        let after = count - 1 - place;
        let values = event::Column::iter().map(|column| match (column, row.get(column).into_value()) {
            (event::Column::Seq, _) => Expr::cust(format!("(SELECT seq FROM clock) - {after}")),
            (_, Some(value)) => Expr::value(value),
            (_, None) => Expr::cust("DEFAULT"),
        });
        insert
            .values(values)
            .map_err(|error| DbErr::Custom(error.to_string()))?;
    }
    Ok(insert.with(with))
}

fn named(name: String, statement: impl Into<SubQueryStatement>) -> CommonTableExpression {
    CommonTableExpression::new()
        .table_name(name)
        .query(statement)
        .to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use entity::activity_contact;
    use sea_orm::sea_query::PostgresQueryBuilder;
    use sea_orm::{EntityTrait, QueryTrait, Set};
    use serde_json::json;

    use super::*;
    use crate::platform::events::NewEvent;

    #[test]
    fn one_statement_moves_the_clock_and_writes_what_waited() {
        let contact = activity_contact::Entity::insert(activity_contact::ActiveModel {
            tenant_id: Set(Uuid::nil()),
            activity_id: Set(Uuid::nil()),
            contact_id: Set(Uuid::nil()),
        });
        let told = |kind| {
            let event = NewEvent::new(kind, "act", Uuid::nil()).with(json!({}));
            event.into_row(Uuid::nil(), 0, ("SYSTEM", None), Default::default())
        };
        let waiting = vec![contact.into_query().into()];
        let rows = vec![told("activity.recorded"), told("activity.updated")];
        let (sql, values) = statement(Uuid::nil(), rows, waiting.clone())
            .unwrap()
            .build(PostgresQueryBuilder);
        assert!(sql.starts_with(
            r#"WITH "waiting_0" AS (INSERT INTO "activity_contact" ("tenant_id", "activity_id", "contact_id") VALUES ($1, $2, $3)) , "#
        ), "{sql}");
        assert!(
            sql.contains(r#""clock" AS (UPDATE "tenant_clock" SET "seq" = "seq" + $4 WHERE "#),
            "{sql}"
        );
        // The first of two has the number before the last.
        let [first, last] =
            ["(SELECT seq FROM clock) - 1", "(SELECT seq FROM clock) - 0"].map(|seq| sql.find(seq).unwrap());
        assert!(first < last && sql.ends_with(r#"RETURNING "seq""#), "{sql}");
        assert_eq!(values.0.len(), 3 + 2 + 2 * (event::Column::iter().count() - 1));
        // Without events the clock stays.
        let (sql, _) = statement(Uuid::nil(), Vec::new(), waiting)
            .unwrap()
            .build(PostgresQueryBuilder);
        assert!(sql.ends_with(" SELECT $4") && !sql.contains("clock"), "{sql}");
    }
}
