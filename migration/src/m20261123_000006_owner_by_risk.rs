//! The accounts of one owner in the order of their risk: what a member looks at each morning is read, not sorted.

use sea_orm_migration::prelude::*;

/// Puts one index in the place of another that it begins with; taken back, the other way round.
#[derive(DeriveMigrationName)]
pub struct Migration;

async fn replace(manager: &SchemaManager<'_>, old: &str, new: &str, columns: &str) -> Result<(), DbErr> {
    let db = manager.get_connection();
    db.execute_unprepared(&format!("DROP INDEX {old}")).await?;
    db.execute_unprepared(&format!("CREATE INDEX {new} ON account ({columns})"))
        .await?;
    Ok(())
}

const BY_OWNER: &str = "ix_account_owner_id";
const BY_RISK: &str = "ix_account_owner_id_risk_sort";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        replace(manager, BY_OWNER, BY_RISK, "tenant_id, owner_id, risk_sort, id").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        replace(manager, BY_RISK, BY_OWNER, "tenant_id, owner_id, id").await
    }
}
