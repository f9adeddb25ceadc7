//! Tables as sea-orm entities: columns and keys. No queries, no GraphQL.
#![expect(
    clippy::disallowed_methods,
    reason = "sea-orm's derives expand to methods that nobody here calls"
)]

use sea_orm::EntityTrait;
use sea_orm::prelude::Uuid;

pub mod account;
pub mod account_gram;
pub mod account_team;
pub mod acquisition_cost;
pub mod activity;
pub mod activity_contact;
pub mod activity_member;
pub mod api_client;
pub mod api_client_credential;
pub mod assessment;
pub mod buyer_change;
pub mod contact;
pub mod departure;
pub mod departure_handover;
pub mod event;
pub mod follow_up;
pub mod handover;
pub mod handover_step;
pub mod handover_template;
pub mod idempotency_key;
pub mod import_queue;
pub mod import_run;
pub mod invitation;
mod json_text;
pub mod log_reader;
pub mod loss;
pub mod loss_cause;
pub mod member;
pub mod membership_index;
pub mod order;
pub mod order_line;
pub mod ownership;
pub mod password_reset;
pub mod persisted_query;
pub mod product;
pub mod refresh_token;
pub mod rotation_notice;
pub mod session;
pub mod signal;
pub mod signing_key;
mod sparse;
pub mod tenant;
pub mod tenant_clock;
pub mod trusted_document;
pub mod upload;
pub mod user;

pub use json_text::JsonText;
pub use sparse::Sparse;

/// A table whose rows belong to a tenant.
pub trait TenantOwned: EntityTrait {
    /// The column that says whose row it is.
    fn tenant_column() -> Self::Column;
    /// Makes the row the tenant's.
    fn set_tenant(model: &mut Self::ActiveModel, tenant: Uuid);
}

// One list: a table cannot be known as the tenant's to the door and not to the catalogue, or the other way round.
macro_rules! tenant_owned {
    ($($module:ident = $table:literal),* $(,)?) => {
        $(impl TenantOwned for $module::Entity {
            fn tenant_column() -> Self::Column {
                $module::Column::TenantId
            }
            fn set_tenant(model: &mut Self::ActiveModel, tenant: Uuid) {
                model.tenant_id = sea_orm::Set(tenant);
            }
        })*

        /// Tables whose rows belong to a tenant, each after those that it refers to: under row-level security on
        /// PostgreSQL.
        pub const TENANT_TABLES: &[&str] = &[$($table),*];

        #[cfg(test)]
        mod tests {
            use sea_orm::EntityName;

            #[test]
            fn the_list_names_the_tables_of_its_entities() {
                $(assert_eq!(crate::$module::Entity.table_name(), $table);)*
            }
        }
    };
}

tenant_owned!(
    member = "member",
    invitation = "invitation",
    api_client = "api_client",
    trusted_document = "trusted_document",
    account = "account",
    account_gram = "account_gram",
    account_team = "account_team",
    ownership = "ownership",
    contact = "contact",
    activity = "activity",
    activity_contact = "activity_contact",
    activity_member = "activity_member",
    product = "product",
    order = "sales_order",
    order_line = "order_line",
    signal = "signal",
    assessment = "assessment",
    handover = "handover",
    handover_step = "handover_step",
    handover_template = "handover_template",
    buyer_change = "buyer_change",
    departure = "departure",
    departure_handover = "departure_handover",
    follow_up = "follow_up",
    rotation_notice = "rotation_notice",
    loss = "loss",
    loss_cause = "loss_cause",
    acquisition_cost = "acquisition_cost",
    upload = "upload",
    import_run = "import_run",
    event = "event",
    idempotency_key = "idempotency_key",
);

/// Tables that belong to no tenant, each after those that it refers to: reached through the platform's own handle only.
pub const GLOBAL_TABLES: &[&str] = &[
    "tenant",
    "app_user",
    "session",
    "refresh_token",
    "password_reset",
    "signing_key",
    "membership_index",
    "api_client_credential",
    "tenant_clock",
    "log_reader",
    "persisted_query",
    "import_queue",
];
