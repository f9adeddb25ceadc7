//! Daily work in parts: where the last part ended, so that a run goes on there after whatever interrupts it.

use sea_orm_migration::prelude::*;

/// Adds columns; taken back, drops them.
#[derive(DeriveMigrationName)]
pub struct Migration;

const COLUMNS: [(&str, &str); 3] = [
    ("began_on", "date"),
    ("after_id", "uuid"),
    ("again", "boolean NOT NULL DEFAULT FALSE"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (column, kind) in COLUMNS {
            let sql = format!("ALTER TABLE log_reader ADD COLUMN {column} {kind}");
            manager.get_connection().execute_unprepared(&sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (column, _) in COLUMNS {
            let sql = format!("ALTER TABLE log_reader DROP COLUMN {column}");
            manager.get_connection().execute_unprepared(&sql).await?;
        }
        Ok(())
    }
}
