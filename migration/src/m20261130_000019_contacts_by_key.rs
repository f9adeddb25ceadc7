//! The contacts of an account in the order in which they are shown with it: the key ones first.

use sea_orm_migration::prelude::*;

/// Makes an index; taken back, drops it.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = "CREATE INDEX ix_contact_is_key ON contact (tenant_id, account_id, is_key DESC, sort_key, id)";
        manager.get_connection().execute_unprepared(sql).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        db.execute_unprepared("DROP INDEX ix_contact_is_key").await?;
        Ok(())
    }
}
