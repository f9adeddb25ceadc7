//! The application's role on PostgreSQL: it signs in, reads and writes rows, and owns nothing, so that row-level
//! security holds for it.

use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};

/// Creates `role` if it is missing (with `password`, if one is given) and grants what the application needs on the
/// tables of the current schema, those of later migrations included. A role that is there keeps its password. Run it as
/// the owner, after the migrations.
///
/// # Errors
///
/// When the owner may not create roles, or any statement fails; then nothing is granted.
pub async fn grant_application_role(db: &DatabaseConnection, role: &str, password: Option<&str>) -> Result<(), DbErr> {
    let row = db
        .query_one_raw(Statement::from_sql_and_values(
            DbBackend::Postgres,
            // Quoted by the server: it knows its own rules.
            "SELECT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = $1) AS there, quote_ident($1) AS role, \
             quote_literal($2) AS password, quote_ident(current_schema()) AS schema, \
             quote_ident(current_database()) AS database",
            [role.into(), password.into()],
        ))
        .await?
        .ok_or_else(|| DbErr::RecordNotFound("the current database".into()))?;
    let text = |column: &str| row.try_get::<String>("", column);
    let (role, schema, database) = (text("role")?, text("schema")?, text("database")?);
    let mut statements = Vec::new();
    if !row.try_get::<bool>("", "there")? {
        let password = row
            .try_get::<Option<String>>("", "password")?
            .map(|password| format!(" PASSWORD {password}"))
            .unwrap_or_default();
        statements.push(format!(
            "CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS{password}"
        ));
    }
    const ROWS: &str = "SELECT, INSERT, UPDATE, DELETE";
    statements.extend([
        format!("GRANT CONNECT ON DATABASE {database} TO {role}"),
        format!("GRANT USAGE ON SCHEMA {schema} TO {role}"),
        format!("GRANT {ROWS} ON ALL TABLES IN SCHEMA {schema} TO {role}"),
        format!("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}"),
        format!("ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT {ROWS} ON TABLES TO {role}"),
        format!("ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE, SELECT ON SEQUENCES TO {role}"),
        // Which migrations ran is the owner's to say.
        format!("REVOKE INSERT, UPDATE, DELETE ON {schema}.seaql_migrations FROM {role}"),
        // What happened is never rewritten; only what is old is deleted.
        format!("REVOKE UPDATE ON {schema}.event FROM {role}"),
    ]);
    // Sent as one, which makes it one transaction: at no moment does a running server hold what is revoked again.
    db.execute_unprepared(&statements.join("; ")).await?;
    Ok(())
}
