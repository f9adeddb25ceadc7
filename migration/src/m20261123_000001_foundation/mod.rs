//! The first tables.

mod accounts;
mod activities;
mod handovers;
mod identity;
mod log;
mod risk;
mod trade;

use sea_orm_migration::prelude::*;

/// Creates the tables; taken back, drops them.
pub struct Migration;

impl MigrationName for Migration {
    // Said here, because the derived name would be that of the file: `mod`.
    fn name(&self) -> &str {
        "m20261123_000001_foundation"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // On SQLite too: broken off half way, it can be run again.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let groups = [
            identity::tables(),
            accounts::tables(),
            activities::tables(),
            trade::tables(),
            risk::tables(),
            handovers::tables(),
            log::tables(),
        ];
        for table in groups.into_iter().flatten() {
            table.create(manager).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Those that refer to others first.
        for table in entity::GLOBAL_TABLES.iter().chain(entity::TENANT_TABLES).rev() {
            manager
                .drop_table(Table::drop().table(*table).if_exists().cascade().to_owned())
                .await?;
        }
        Ok(())
    }
}
