//! Rows of signals, only through the tenant's handle.

use entity::signal;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, Select};
use uuid::Uuid;

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

/// Condition: this signal, still at the version that the caller saw.
pub fn at_version(id: Uuid, version: i64) -> Condition {
    Condition::all()
        .add(signal::Column::Id.eq(id))
        .add(signal::Column::Version.eq(version))
}
