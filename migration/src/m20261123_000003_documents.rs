//! Persisted operations: documents that anybody registered by their hash, and those published for an API client.

use sea_orm_migration::prelude::{Table as Statement, *};

use crate::table::{Table, global, tenant_owned};

/// Creates two tables and adds columns to `api_client`; taken back, drops them.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// The columns added to `api_client`. One statement each: SQLite takes no more.
fn columns() -> [ColumnDef; 3] {
    let modes = Expr::cust("document_mode IN ('OFF', 'LOG', 'ENFORCE')");
    let mut mode = ColumnDef::new("document_mode");
    mode.text().not_null().default("OFF").check(modes);
    let mut changed = ColumnDef::new("documents_changed_at");
    changed.timestamp_with_time_zone().null();
    let mut version = ColumnDef::new("version");
    version.big_integer().not_null().default(1);
    [mode, changed, version]
}

fn tables() -> [Table; 2] {
    [
        global("persisted_query")
            .bytes("hash")
            .text("document")
            .int("bytes")
            .instant("used_at")
            .key(&["hash"])
            // Covers the search for the ones used longest ago.
            .index(&["used_at", "bytes", "hash"]),
        tenant_owned("trusted_document")
            .uuid("api_client_id")
            .text("document_id")
            .bytes("sha256")
            .text("document")
            .int("bytes")
            .instant("created_at")
            .key(&["tenant_id", "api_client_id", "document_id"])
            .refers("api_client_id", "api_client")
            .index(&["tenant_id", "api_client_id", "sha256"]),
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
        for column in columns() {
            let alter = Statement::alter().table("api_client").add_column(column).to_owned();
            manager.alter_table(alter).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["trusted_document", "persisted_query"] {
            manager.drop_table(Statement::drop().table(table).to_owned()).await?;
        }
        for column in columns() {
            let alter = Statement::alter()
                .table("api_client")
                .drop_column(column.get_column_name())
                .to_owned();
            manager.alter_table(alter).await?;
        }
        Ok(())
    }
}
