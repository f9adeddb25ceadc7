//! The latest touch of an account, repeated on its row. That is no change of the account: its version stays.

use chrono::{DateTime, Utc};
use entity::{account, activity};
use sea_orm::sea_query::{Expr, ExprTrait, Func, Query};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::error::Result;
use crate::platform::tenancy::{When, WriteTx};

/// Touches happened then: the latest ones of their accounts, unless later ones are known.
pub async fn last_touch_raise(
    tx: &WriteTx,
    when: When,
    touches: impl IntoIterator<Item = (Uuid, DateTime<Utc>)>,
) -> Result<()> {
    use account::Column;
    let touches = touches.into_iter().map(|(account, at)| (account, at.into())).collect();
    let raised = tx.raise_when::<account::Entity>(when, (Column::Id, Column::LastTouchSort), touches);
    Ok(raised.await?)
}

/// Finds the latest touch anew, inside the caller's transaction: after one was moved in time, archived, or came from
/// another account. The caller has locked the account, so that nobody raises it meanwhile.
pub async fn last_touch_find_again(tx: &WriteTx, account: Uuid) -> Result<()> {
    use account::Column;
    let latest = Query::select()
        .expr(Expr::col(activity::Column::OccurredAt).max())
        .from(activity::Entity)
        .and_where(activity::Column::TenantId.eq(tx.tenant()))
        .and_where(activity::Column::AccountId.eq(account))
        .and_where(activity::Column::ArchivedAt.is_null())
        .to_owned();
    let never = Expr::val(DateTime::<Utc>::UNIX_EPOCH);
    let found = account::Entity::update_many()
        .col_expr(
            Column::LastTouchSort,
            Func::coalesce([Expr::SubQuery(None, Box::new(latest.into())), never]).into(),
        )
        .filter(Column::Id.eq(account));
    tx.update_with(found).await?;
    Ok(())
}
