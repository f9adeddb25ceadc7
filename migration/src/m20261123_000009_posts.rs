//! Contacts by the day they took their posts, and by the day they left: the rotation calendar reads both ends.

use sea_orm_migration::prelude::*;

/// Makes two indexes; taken back, drops them.
#[derive(DeriveMigrationName)]
pub struct Migration;

const INDEXES: [(&str, &str); 2] = [
    ("ix_contact_started_on", "tenant_id, started_on, id"),
    ("ix_contact_left_on", "tenant_id, left_on, id"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, columns) in INDEXES {
            let sql = format!("CREATE INDEX {name} ON contact ({columns})");
            manager.get_connection().execute_unprepared(&sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, _) in INDEXES {
            let sql = format!("DROP INDEX {name}");
            manager.get_connection().execute_unprepared(&sql).await?;
        }
        Ok(())
    }
}
