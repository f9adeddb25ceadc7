//! Rows of signals, only through the tenant's handle.

use entity::signal;
use sea_orm::sea_query::Order;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, Select};
use uuid::Uuid;

use crate::platform::tenancy::{Firsts, TenantDb};

/// Most open signals shown of one account.
const MOST_OPEN: i32 = 20;

/// One signal.
pub fn one(id: Uuid) -> Select<signal::Entity> {
    signal::Entity::find().filter(signal::Column::Id.eq(id))
}

/// Some signals.
pub fn many(ids: &[Uuid]) -> Select<signal::Entity> {
    signal::Entity::find().filter(signal::Column::Id.is_in(ids.iter().copied()))
}

/// A list of signals, to be paged.
pub fn list(condition: Condition) -> Select<signal::Entity> {
    signal::Entity::find().filter(condition)
}

/// The newest open signals of many accounts: those that nobody has settled.
pub fn open_of(db: &TenantDb, accounts: &[Uuid]) -> Select<signal::Entity> {
    use signal::Column;
    let open = signal::Entity::find().filter(Column::SettledAt.is_null());
    let newest = vec![(Column::OccurredOn, Order::Desc), (Column::Id, Order::Desc)];
    Firsts::new(open, Column::AccountId, newest, MOST_OPEN).of_each(db, accounts)
}

/// Condition: this signal, still at the version that the caller saw.
pub fn at_version(id: Uuid, version: i64) -> Condition {
    Condition::all()
        .add(signal::Column::Id.eq(id))
        .add(signal::Column::Version.eq(version))
}
