//! Rows of departures, only through the tenant's handle.

use std::sync::Arc;

use chrono::NaiveDate;
use domain::departure::DepartureStatus;
use entity::departure;
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select, Set};
use uuid::Uuid;

use crate::platform::tenancy::{TenantDb, WriteTx};

/// The departures of members in the circle; of everybody when there is none.
pub fn of_circle(circle: Option<&Arc<Vec<Uuid>>>) -> Select<departure::Entity> {
    let select = departure::Entity::find();
    match circle {
        Some(members) => select.filter(departure::Column::MemberId.is_in(members.iter().copied())),
        None => select,
    }
}

/// The departure of this member that is ahead.
pub async fn ahead_of(db: &TenantDb, member: Uuid) -> Result<Option<departure::Model>, DbErr> {
    let select = departure::Entity::find()
        .filter(departure::Column::MemberId.eq(member))
        .filter(departure::Column::Status.eq(DepartureStatus::Planned.as_str()));
    db.one(select).await
}

/// Departures whose last day is over, the first ones.
pub async fn due(db: &TenantDb, today: NaiveDate, most: u64) -> Result<Vec<departure::Model>, DbErr> {
    let select = departure::Entity::find()
        .filter(departure::Column::Status.eq(DepartureStatus::Planned.as_str()))
        .filter(departure::Column::LastDay.lt(today))
        .order_by_asc(departure::Column::LastDay)
        .order_by_asc(departure::Column::Id)
        .limit(most);
    db.all(select).await
}

/// Writes a change of a departure if it is still ahead and at this version; false when it is not.
pub async fn change(tx: &WriteTx, old: &departure::Model, mut change: departure::ActiveModel) -> Result<bool, DbErr> {
    change.version = Set(old.version + 1);
    let expected = Condition::all()
        .add(departure::Column::Id.eq(old.id))
        .add(departure::Column::Status.eq(DepartureStatus::Planned.as_str()))
        .add(departure::Column::Version.eq(old.version));
    Ok(tx.update(change, expected).await? > 0)
}
