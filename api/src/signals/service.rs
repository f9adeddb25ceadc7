//! Operations on signals.

use domain::policy::Action;
use domain::risk::FactorKind;
use entity::signal;
use sea_orm::{ColumnTrait, Condition, Select};
use uuid::Uuid;

use super::queries;
use crate::accounts::service::only_seen;
use crate::error::Result;
use crate::platform::Ctx;
use crate::platform::graphql::{CursorKey, Page, PageArgs, Sorted, fetch_page};
use crate::platform::tenancy::TenantDb;

pub use super::changes::{SignalChanges, SignalDraft, signal_confirm, signal_record, signal_settle, signal_update};

/// How a list of signals may be narrowed.
#[derive(Clone, Debug, Default)]
pub struct SignalFilter {
    /// Only those of this account.
    pub account: Option<Uuid>,
    /// Only those that nobody has settled.
    pub open_only: bool,
    /// Only those of these kinds.
    pub kinds: Option<Vec<FactorKind>>,
}

/// The signal, if there is one that the caller sees.
pub async fn signal_find(ctx: &Ctx, id: Uuid) -> Result<Option<signal::Model>> {
    ctx.authorize(Action::SignalRead)?;
    let db = ctx.glance().await?;
    let select = seen(ctx, &db, queries::one(id)).await?;
    Ok(db.one(select).await?)
}

/// The ones of many signals that the caller sees.
pub async fn signal_find_many(ctx: &Ctx, ids: &[Uuid]) -> Result<Vec<signal::Model>> {
    ctx.authorize(Action::SignalRead)?;
    let db = ctx.read().await?;
    let select = seen(ctx, &db, queries::many(ids)).await?;
    Ok(db.all(select).await?)
}

/// The newest open signals of many accounts, in one statement; at most 20 of each. For other slices, which show accounts that
/// the caller sees.
pub async fn signals_open_of(ctx: &Ctx, db: &TenantDb, accounts: &[Uuid]) -> Result<Vec<signal::Model>> {
    ctx.authorize(Action::SignalRead)?;
    Ok(db.all(queries::open_of(db, accounts)).await?)
}

/// One page of the signals that the caller sees, newest first.
pub async fn signal_list(ctx: &Ctx, filter: &SignalFilter, args: &PageArgs) -> Result<Page<signal::Model>> {
    ctx.authorize(Action::SignalRead)?;
    let sorted = Sorted {
        column: signal::Column::OccurredOn,
        id_column: signal::Column::Id,
        descending: true,
        key: |row: &signal::Model| (CursorKey::Day(row.occurred_on), row.id),
        place: None,
    };
    let db = ctx.glance().await?;
    let select = seen(ctx, &db, queries::list(condition(filter))).await?;
    fetch_page(ctx, &db, select, &sorted, format!("signals {filter:?}"), args).await
}

/// How many signals the whole list has.
pub async fn signal_count(ctx: &Ctx, filter: &SignalFilter) -> Result<i64> {
    ctx.authorize(Action::SignalRead)?;
    let db = ctx.read().await?;
    let select = seen(ctx, &db, queries::list(condition(filter))).await?;
    Ok(db.count(select).await?)
}

async fn seen(ctx: &Ctx, db: &TenantDb, select: Select<signal::Entity>) -> Result<Select<signal::Entity>> {
    only_seen(ctx, db, Action::SignalRead, select, signal::Column::AccountId).await
}

fn condition(filter: &SignalFilter) -> Condition {
    use signal::Column;
    let mut condition = Condition::all();
    if let Some(account) = filter.account {
        condition = condition.add(Column::AccountId.eq(account));
    }
    if filter.open_only {
        condition = condition.add(Column::SettledAt.is_null());
    }
    if let Some(kinds) = &filter.kinds {
        condition = condition.add(Column::Kind.is_in(kinds.iter().map(|kind| kind.as_str())));
    }
    condition
}
