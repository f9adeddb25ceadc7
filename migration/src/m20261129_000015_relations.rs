//! What risk reads from the rows themselves: marks for satisfaction, cadences, and since when it is known who left.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// Adds columns and an index; taken back, drops them.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// Tables and their new columns. Who confirmed a signal is a member, without a foreign key: SQLite adds none to a table.
fn columns() -> Vec<(&'static str, &'static str, ColumnDef)> {
    let small = |name| ColumnDef::new(name).small_integer().take();
    let instant = |name| ColumnDef::new(name).timestamp_with_time_zone().take();
    vec![
        (
            "tenant",
            "touch_cadence_days",
            small("touch_cadence_days").not_null().default(90).take(),
        ),
        (
            "tenant",
            "complaint_target_days",
            small("complaint_target_days").not_null().default(14).take(),
        ),
        ("account", "touch_cadence_days", small("touch_cadence_days")),
        ("contact", "left_recorded_at", instant("left_recorded_at")),
        ("contact", "key_recorded_at", instant("key_recorded_at")),
        ("activity", "satisfaction", small("satisfaction")),
        (
            "activity",
            "satisfaction_recorded_at",
            instant("satisfaction_recorded_at"),
        ),
        ("signal", "confirmed_at", instant("confirmed_at")),
        (
            "signal",
            "confirmed_by_id",
            ColumnDef::new("confirmed_by_id").uuid().take(),
        ),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, _, column) in columns() {
            let alter = Table::alter().table(table).add_column(column).to_owned();
            manager.alter_table(alter).await?;
        }
        // Of those who have left already nothing better is known. Rows of all companies: row-level security keeps even the
        // owner from them otherwise.
        let db = manager.get_connection();
        let is_postgres = manager.get_database_backend() == DbBackend::Postgres;
        if is_postgres {
            db.execute_unprepared("ALTER TABLE contact NO FORCE ROW LEVEL SECURITY")
                .await?;
        }
        db.execute_unprepared("UPDATE contact SET left_recorded_at = updated_at WHERE left_on IS NOT NULL")
            .await?;
        if is_postgres {
            db.execute_unprepared("ALTER TABLE contact FORCE ROW LEVEL SECURITY")
                .await?;
        }
        // Few touches have a mark, and the last one of an account is looked up.
        db.execute_unprepared(
            "CREATE INDEX ix_activity_satisfaction ON activity (tenant_id, account_id, occurred_at, id) \
             WHERE satisfaction IS NOT NULL",
        )
        .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        db.execute_unprepared("DROP INDEX ix_activity_satisfaction").await?;
        for (table, name, _) in columns() {
            db.execute_unprepared(&format!("ALTER TABLE {table} DROP COLUMN {name}"))
                .await?;
        }
        Ok(())
    }
}
