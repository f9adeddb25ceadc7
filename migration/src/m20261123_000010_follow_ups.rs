//! Touches that should happen, and what of them passes on with a handover.

use sea_orm_migration::prelude::*;

use crate::table::tenant_owned;

/// Makes a table and two columns; taken back, drops them.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// What a handover moves, and what it did before there was a choice.
const MOVES: [(&str, &str); 2] = [("moves_follow_ups", "true"), ("moves_others_follow_ups", "false")];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        tenant_owned("follow_up")
            .uuid("id")
            .uuid("account_id")
            .uuid("member_id")
            .uuid_or_null("contact_id")
            .day("due_on")
            .text("reason")
            .text_or_null("talked_about")
            .text_or_null("promised")
            .text("status")
            .uuid_or_null("done_by_id")
            .instant_or_null("ended_at")
            .text_or_null("end_reason")
            .uuid_or_null("created_by_id")
            .int("version")
            .instant("created_at")
            .one_of("status", &["OPEN", "DONE", "CANCELLED"])
            .key(&["tenant_id", "id"])
            .refers("account_id", "account")
            .refers("member_id", "member")
            .refers("contact_id", "contact")
            .refers("done_by_id", "activity")
            .refers("created_by_id", "member")
            .index(&["tenant_id", "due_on", "id"])
            .index(&["tenant_id", "account_id", "due_on", "id"])
            .index(&["tenant_id", "member_id", "due_on", "id"])
            .create(manager)
            .await?;
        let db = manager.get_connection();
        for (column, default) in MOVES {
            let sql = format!("ALTER TABLE handover ADD COLUMN {column} boolean NOT NULL DEFAULT {default}");
            db.execute_unprepared(&sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        for (column, _) in MOVES {
            db.execute_unprepared(&format!("ALTER TABLE handover DROP COLUMN {column}"))
                .await?;
        }
        db.execute_unprepared("DROP TABLE follow_up").await?;
        Ok(())
    }
}
