//! What accounts are worth by the model, and the settings that lifetime values are reckoned with.

use sea_orm_migration::prelude::*;

/// Adds columns; taken back, drops them.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// Tables, columns and their types. Assessments of before lack them; accounts get theirs when they are assessed next.
const COLUMNS: [(&str, &str, &str); 7] = [
    ("tenant", "gross_margin", "double precision NOT NULL DEFAULT 1"),
    ("tenant", "discount_rate", "double precision NOT NULL DEFAULT 0.1"),
    ("account", "expected_value_minor", "bigint NOT NULL DEFAULT 0"),
    ("assessment", "sales_minor", "bigint"),
    ("assessment", "lifetime_value_minor", "bigint"),
    ("assessment", "gross_margin", "double precision"),
    ("assessment", "discount_rate", "double precision"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column, kind) in COLUMNS {
            let sql = format!("ALTER TABLE {table} ADD COLUMN {column} {kind}");
            manager.get_connection().execute_unprepared(&sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column, _) in COLUMNS {
            let sql = format!("ALTER TABLE {table} DROP COLUMN {column}");
            manager.get_connection().execute_unprepared(&sql).await?;
        }
        Ok(())
    }
}
