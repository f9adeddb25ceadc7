//! Losses with their causes, and what it costs to win accounts.

use sea_orm_migration::prelude::*;

use crate::table::tenant_owned;

/// Makes three tables; taken back, drops them.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        tenant_owned("loss")
            .uuid("id")
            .uuid("account_id")
            .day("lost_on")
            .text("learned")
            .text_or_null("competitor")
            .day_or_null("win_back_on")
            .uuid_or_null("follow_up_id")
            .int("sales_minor")
            .text("currency")
            .text("lifecycle_before")
            .day_or_null("won_back_on")
            .uuid_or_null("won_back_order_id")
            .uuid_or_null("won_back_activity_id")
            .uuid_or_null("recorded_by_id")
            .instant("recorded_at")
            .instant_or_null("archived_at")
            .int("version")
            .key(&["tenant_id", "id"])
            .refers("account_id", "account")
            .refers("follow_up_id", "follow_up")
            .refers("won_back_order_id", "sales_order")
            .refers("won_back_activity_id", "activity")
            .refers("recorded_by_id", "member")
            // An account is lost once at a time.
            .unique_where(
                &["tenant_id", "account_id"],
                "won_back_on IS NULL AND archived_at IS NULL",
            )
            .index(&["tenant_id", "lost_on", "id"])
            .index(&["tenant_id", "account_id", "lost_on", "id"])
            .create(manager)
            .await?;
        tenant_owned("loss_cause")
            .uuid("loss_id")
            .text("cause")
            .small("percent")
            .flag("controllable")
            .int("sales_minor")
            .between("percent", 1, 100)
            .key(&["tenant_id", "loss_id", "cause"])
            .all_key()
            .refers("loss_id", "loss")
            .index(&["tenant_id", "cause", "loss_id"])
            .create(manager)
            .await?;
        tenant_owned("acquisition_cost")
            .text("channel")
            .int("amount_minor")
            .uuid_or_null("changed_by_id")
            .instant("changed_at")
            .key(&["tenant_id", "channel"])
            .refers("changed_by_id", "member")
            .create(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["acquisition_cost", "loss_cause", "loss"] {
            let drop = format!("DROP TABLE {table}");
            manager.get_connection().execute_unprepared(&drop).await?;
        }
        Ok(())
    }
}
