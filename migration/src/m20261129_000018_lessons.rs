//! What a company's model may teach others, where the company agreed to it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// Adds columns; taken back, drops them.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let json = match manager.get_database_backend() {
            DbBackend::Sqlite => "json_text",
            _ => "jsonb",
        };
        for column in [
            "shares_model boolean NOT NULL DEFAULT FALSE".to_owned(),
            format!("lesson {json}"),
        ] {
            let sql = format!("ALTER TABLE tenant ADD COLUMN {column}");
            manager.get_connection().execute_unprepared(&sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in ["shares_model", "lesson"] {
            let sql = format!("ALTER TABLE tenant DROP COLUMN {column}");
            manager.get_connection().execute_unprepared(&sql).await?;
        }
        Ok(())
    }
}
