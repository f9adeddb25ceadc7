//! A tenant's own steps of a handover, and what it calls them.

use sea_orm_migration::prelude::*;

use crate::table::tenant_owned;

/// Makes a table and a column; taken back, drops them.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        tenant_owned("handover_template")
            .small("notice_days")
            .json("steps")
            .int("version")
            .uuid_or_null("changed_by_id")
            .instant("changed_at")
            .key(&["tenant_id"])
            .refers("changed_by_id", "member")
            .create(manager)
            .await?;
        let db = manager.get_connection();
        db.execute_unprepared("ALTER TABLE handover_step ADD COLUMN title text")
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        db.execute_unprepared("ALTER TABLE handover_step DROP COLUMN title")
            .await?;
        db.execute_unprepared("DROP TABLE handover_template").await?;
        Ok(())
    }
}
