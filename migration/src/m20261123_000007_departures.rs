//! Members who leave or rotate, and the handovers that were opened for it.

use sea_orm_migration::prelude::*;

use crate::table::{Table, tenant_owned};

/// Makes two tables; taken back, drops them.
#[derive(DeriveMigrationName)]
pub struct Migration;

fn tables() -> [Table; 2] {
    [
        tenant_owned("departure")
            .uuid("id")
            .uuid("member_id")
            .text("kind")
            .text("status")
            .text("reason")
            .text_or_null("note")
            .day("last_day")
            .flag("ends_team_places")
            .uuid_or_null("planned_by_id")
            .instant("planned_at")
            .instant_or_null("ended_at")
            .text_or_null("undo_reason")
            .int("version")
            .instant("created_at")
            .one_of("kind", &["LEAVING", "ROTATING"])
            .one_of("status", &["PLANNED", "ENDED", "UNDONE"])
            .key(&["tenant_id", "id"])
            .refers("member_id", "member")
            .refers("planned_by_id", "member")
            .index(&["tenant_id", "planned_at", "id"])
            .index(&["tenant_id", "status", "last_day"])
            .index(&["tenant_id", "member_id"])
            // One departure ahead a member.
            .unique_where(&["tenant_id", "member_id"], "status = 'PLANNED'"),
        tenant_owned("departure_handover")
            .uuid("handover_id")
            .uuid("departure_id")
            .key(&["tenant_id", "handover_id"])
            .refers("handover_id", "handover")
            .refers("departure_id", "departure")
            .index(&["tenant_id", "departure_id", "handover_id"]),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            table.create(manager).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        for table in ["departure_handover", "departure"] {
            db.execute_unprepared(&format!("DROP TABLE {table}")).await?;
        }
        Ok(())
    }
}
