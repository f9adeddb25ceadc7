//! How far an account has come, where something other than a person's change moves it on.

use domain::account::Lifecycle;
use entity::account;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::changes::emit_change;
use crate::error::Result;
use crate::platform::Ctx;
use crate::platform::tenancy::WriteTx;

/// Makes customers of the prospects among these accounts (at most a few hundred), inside the caller's transaction:
/// who buys is no prospect any more. Customers stay as they are, and so do lost ones: winning back is a person's word.
pub async fn prospects_become_customers(ctx: &Ctx, tx: &WriteTx, accounts: &[Uuid]) -> Result<()> {
    use account::Column;
    if accounts.is_empty() {
        return Ok(());
    }
    let prospect = || {
        Column::Id
            .is_in(accounts.iter().copied())
            .and(Column::Lifecycle.eq(Lifecycle::Prospect.as_str()))
    };
    let moved: Vec<Uuid> = {
        let found = tx.all(account::Entity::find().filter(prospect())).await?;
        found.into_iter().map(|row| row.id).collect()
    };
    if moved.is_empty() {
        return Ok(());
    }
    tx.update_with(
        account::Entity::update_many()
            .col_expr(Column::Lifecycle, Expr::val(Lifecycle::Customer.as_str()))
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .col_expr(Column::UpdatedAt, Expr::val(ctx.now))
            .filter(prospect()),
    )
    .await?;
    // The versions as they are now: another change may have come between the two statements above.
    let changed = tx
        .all(
            account::Entity::find()
                .filter(Column::Id.is_in(moved))
                .filter(Column::UpdatedAt.eq(ctx.now)),
        )
        .await?;
    for row in changed {
        emit_change(tx, "account.updated", row.id, row.version, &["lifecycle"]);
    }
    Ok(())
}
