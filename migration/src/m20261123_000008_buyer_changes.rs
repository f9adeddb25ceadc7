//! Contacts who leave their posts, those who take them, and where the first go.

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
        tenant_owned("buyer_change")
            .uuid("id")
            .uuid("account_id")
            .uuid("leaving_id")
            .uuid_or_null("arriving_id")
            .uuid_or_null("moved_to_id")
            .text("kind")
            .day("occurred_on")
            .text_or_null("note")
            .uuid_or_null("recorded_by_id")
            .instant("recorded_at")
            .instant_or_null("established_at")
            .int("version")
            .instant("created_at")
            .key(&["tenant_id", "id"])
            .refers("account_id", "account")
            .refers("leaving_id", "contact")
            .refers("arriving_id", "contact")
            .refers("moved_to_id", "contact")
            .refers("recorded_by_id", "member")
            .index(&["tenant_id", "account_id", "occurred_on", "id"])
            .index(&["tenant_id", "occurred_on", "id"])
            // A post is left once, and a move leads somewhere once.
            .unique(&["tenant_id", "leaving_id"])
            .unique_where(&["tenant_id", "moved_to_id"], "moved_to_id IS NOT NULL")
            .create(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        db.execute_unprepared("DROP TABLE buyer_change").await?;
        Ok(())
    }
}
