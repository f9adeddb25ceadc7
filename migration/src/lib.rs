//! Migrations, and the role that the application signs in with on PostgreSQL.

#![expect(
    clippy::disallowed_methods,
    reason = "migrations run as the owner, before there is a tenant"
)]

mod m20261123_000001_foundation;
mod m20261123_000002_idempotency;
mod m20261123_000003_documents;
mod m20261123_000004_import_queue;
mod m20261123_000005_sorted_grams;
mod m20261123_000006_owner_by_risk;
mod m20261123_000007_departures;
mod m20261123_000008_buyer_changes;
mod m20261123_000009_posts;
mod m20261123_000010_follow_ups;
mod m20261123_000011_handover_templates;
mod m20261123_000012_rotation_notices;
mod m20261123_000013_worth;
mod m20261129_000014_losses;
mod m20261129_000015_relations;
mod m20261129_000017_day_parts;
mod m20261129_000018_lessons;
mod m20261130_000019_contacts_by_key;
mod role;
mod table;

pub use role::grant_application_role;
pub use sea_orm_migration::prelude::{MigrationTrait, MigratorTrait};

/// All migrations, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261123_000001_foundation::Migration),
            Box::new(m20261123_000002_idempotency::Migration),
            Box::new(m20261123_000003_documents::Migration),
            Box::new(m20261123_000004_import_queue::Migration),
            Box::new(m20261123_000005_sorted_grams::Migration),
            Box::new(m20261123_000006_owner_by_risk::Migration),
            Box::new(m20261123_000007_departures::Migration),
            Box::new(m20261123_000008_buyer_changes::Migration),
            Box::new(m20261123_000009_posts::Migration),
            Box::new(m20261123_000010_follow_ups::Migration),
            Box::new(m20261123_000011_handover_templates::Migration),
            Box::new(m20261123_000012_rotation_notices::Migration),
            Box::new(m20261123_000013_worth::Migration),
            Box::new(m20261129_000014_losses::Migration),
            Box::new(m20261129_000015_relations::Migration),
            Box::new(m20261129_000017_day_parts::Migration),
            Box::new(m20261129_000018_lessons::Migration),
            Box::new(m20261130_000019_contacts_by_key::Migration),
        ]
    }
}

#[cfg(test)]
mod tests;
