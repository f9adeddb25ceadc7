//! What was answered under an idempotency key.

use sea_orm_migration::prelude::{Table as Statement, *};

use crate::table::tenant_owned;

/// Creates the table; taken back, drops it.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        tenant_owned("idempotency_key")
            .uuid("actor_id")
            .text("key")
            .bytes("request_hash")
            .bytes_or_null("sealed_answer")
            .instant("created_at")
            .key(&["tenant_id", "actor_id", "key"])
            .index(&["tenant_id", "created_at"])
            .create(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Statement::drop().table("idempotency_key").to_owned())
            .await
    }
}
