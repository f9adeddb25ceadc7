//! How far an account has come, where something other than a person's change moves it on.

use domain::account::Lifecycle;
use entity::account;
use sea_orm::sea_query::{Expr, ExprTrait, LockType};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::changes::emit_change;
use crate::error::Result;
use crate::platform::Ctx;
use crate::platform::tenancy::WriteTx;

/// Makes customers of the prospects among these accounts (at most a few hundred), inside the caller's transaction:
/// who buys is no prospect any more. Customers stay as they are; whether an order wins a lost one back is for `losses`.
pub async fn prospects_become_customers(ctx: &Ctx, tx: &WriteTx, accounts: &[Uuid]) -> Result<()> {
    lifecycle_move(ctx, tx, accounts, Lifecycle::Prospect, Lifecycle::Customer).await
}

/// Moves the ones of these accounts (at most a few hundred) that are at `from` to `to`, inside the caller's transaction,
/// which has authorised what happened.
pub async fn lifecycle_move(ctx: &Ctx, tx: &WriteTx, accounts: &[Uuid], from: Lifecycle, to: Lifecycle) -> Result<()> {
    use account::Column;
    if accounts.is_empty() || from == to {
        return Ok(());
    }
    let concerned = || {
        Column::Id
            .is_in(accounts.iter().copied())
            .and(Column::Lifecycle.eq(from.as_str()))
    };
    // Locked, so that they are what the next statement changes.
    let select = account::Entity::find().filter(concerned()).order_by_asc(Column::Id);
    let moved = tx.all(select.lock(LockType::NoKeyUpdate)).await?;
    if moved.is_empty() {
        return Ok(());
    }
    tx.update_with(
        account::Entity::update_many()
            .col_expr(Column::Lifecycle, Expr::val(to.as_str()))
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .col_expr(Column::UpdatedAt, Expr::val(ctx.now))
            .filter(concerned()),
    )
    .await?;
    for row in moved {
        emit_change(tx, "account.updated", row.id, row.version + 1, &["lifecycle"]);
    }
    Ok(())
}
