//! Imports that are under way, found without asking every company for its own.

use sea_orm_migration::prelude::{Table as Statement, *};

use crate::table::{Table, global};

/// Creates one table; taken back, drops it.
#[derive(DeriveMigrationName)]
pub struct Migration;

fn table() -> Table {
    global("import_queue")
        .uuid("run_id")
        .uuid("tenant_id")
        .key(&["run_id"])
        .refers_globally("tenant_id", "tenant")
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table().create(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Statement::drop().table("import_queue").to_owned())
            .await
    }
}
