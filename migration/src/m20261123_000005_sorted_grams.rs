//! The pieces of names in the order of the names: a search by a common one reads no further than its page.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::table::{Table, tenant_owned};

/// Makes one table anew, with a column more in its key; taken back, without it.
#[derive(DeriveMigrationName)]
pub struct Migration;

const SORTED: &[&str] = &["tenant_id", "gram", "sort_key", "account_id"];
const UNSORTED: &[&str] = &["tenant_id", "gram", "account_id"];

fn table(key: &[&'static str]) -> Table {
    let table = tenant_owned("account_gram").sorted_text("gram");
    let table = if key.contains(&"sort_key") {
        table.sorted_text("sort_key")
    } else {
        table
    };
    table
        .uuid("account_id")
        .key(key)
        .all_key()
        .refers("account_id", "account")
        .index(&["tenant_id", "account_id"])
}

/// The owner reads and writes rows of all companies here, which row-level security otherwise keeps even him from.
async fn force(manager: &SchemaManager<'_>, table: &str, word: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() == DbBackend::Postgres {
        let sql = format!("ALTER TABLE {table} {word} ROW LEVEL SECURITY");
        manager.get_connection().execute_unprepared(&sql).await?;
    }
    Ok(())
}

async fn rebuild(manager: &SchemaManager<'_>, key: &[&'static str]) -> Result<(), DbErr> {
    let db = manager.get_connection();
    for table in ["account", "account_gram"] {
        force(manager, table, "NO FORCE").await?;
    }
    db.execute_unprepared("CREATE TABLE account_gram_before AS SELECT tenant_id, gram, account_id FROM account_gram")
        .await?;
    db.execute_unprepared("DROP TABLE account_gram").await?;
    table(key).create(manager).await?;
    force(manager, "account_gram", "NO FORCE").await?;
    let columns = key.join(", ");
    let filled = format!(
        "INSERT INTO account_gram ({columns}) SELECT {} FROM account_gram_before AS g \
         JOIN account AS a ON a.tenant_id = g.tenant_id AND a.id = g.account_id",
        columns
            .replace("tenant_id", "g.tenant_id")
            .replace("gram,", "g.gram,")
            .replace("sort_key", "a.sort_key")
            .replace("account_id", "g.account_id")
    );
    db.execute_unprepared(&filled).await?;
    db.execute_unprepared("DROP TABLE account_gram_before").await?;
    for table in ["account", "account_gram"] {
        force(manager, table, "FORCE").await?;
    }
    Ok(())
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        rebuild(manager, SORTED).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        rebuild(manager, UNSORTED).await
    }
}
