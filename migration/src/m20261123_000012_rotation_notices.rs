//! Contacts of whom it was told that they may be moved on, so that it is told once.

use sea_orm_migration::prelude::*;

use crate::table::tenant_owned;

/// Makes a table; taken back, drops it.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        tenant_owned("rotation_notice")
            .uuid("contact_id")
            .day("started_on")
            .instant("told_at")
            .key(&["tenant_id", "contact_id", "started_on"])
            .refers("contact_id", "contact")
            .create(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        db.execute_unprepared("DROP TABLE rotation_notice").await?;
        Ok(())
    }
}
