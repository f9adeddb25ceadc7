//! Buyer changes: seeing them, and what recorded touches do to them.

use domain::policy::Action;
use entity::buyer_change;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Select, Set};
use serde_json::json;
use uuid::Uuid;

use super::continuity::{self, Facts};
use super::queries;
use crate::accounts::service::only_seen;
use crate::error::Result;
use crate::platform::Ctx;
use crate::platform::events::NewEvent;
use crate::platform::graphql::{CursorKey, Page, PageArgs, Sorted, fetch_page};
use crate::platform::tenancy::{TenantDb, WriteTx};

pub use super::posts::posts_of;
pub use super::queries::open_to;
pub use super::record::{BuyerChangeDraft, buyer_change_record};

/// One page of the buyer changes at accounts that the caller sees, latest first.
pub async fn buyer_change_list(ctx: &Ctx, account: Option<Uuid>, args: &PageArgs) -> Result<Page<buyer_change::Model>> {
    let db = ctx.read().await?;
    let select = selected(ctx, &db, account).await?;
    let sorted = Sorted {
        column: buyer_change::Column::OccurredOn,
        id_column: buyer_change::Column::Id,
        descending: true,
        key: |row: &buyer_change::Model| (CursorKey::Day(row.occurred_on), row.id),
        place: None,
    };
    fetch_page(ctx, &db, select, &sorted, format!("buyer changes {account:?}"), args).await
}

/// How many buyer changes the whole list has.
pub async fn buyer_change_count(ctx: &Ctx, account: Option<Uuid>) -> Result<i64> {
    let db = ctx.read().await?;
    let select = selected(ctx, &db, account).await?;
    Ok(db.count(select).await?)
}

async fn selected(ctx: &Ctx, db: &TenantDb, account: Option<Uuid>) -> Result<Select<buyer_change::Entity>> {
    let mut select = buyer_change::Entity::find();
    if let Some(account) = account {
        select = select.filter(buyer_change::Column::AccountId.eq(account));
    }
    only_seen(ctx, db, Action::ContactRead, select, buyer_change::Column::AccountId).await
}

/// The ones of these that the caller sees.
pub(super) async fn buyer_changes_seen(
    ctx: &Ctx,
    select: Select<buyer_change::Entity>,
) -> Result<Vec<buyer_change::Model>> {
    let db = ctx.read().await?;
    let select = only_seen(ctx, &db, Action::ContactRead, select, buyer_change::Column::AccountId).await?;
    Ok(db.all(select).await?)
}

/// The buyer change, if there is one that the caller sees.
pub async fn buyer_change_find(ctx: &Ctx, id: Uuid) -> Result<Option<buyer_change::Model>> {
    Ok(buyer_changes_seen(ctx, queries::many(&[id])).await?.pop())
}

/// Establishes the account's changes whose continuity has reached the threshold. Called inside the transaction that
/// changes what is proven, an activity or the change itself; called twice it changes nothing.
pub async fn buyer_changes_settle(ctx: &Ctx, tx: &WriteTx, account: Uuid) -> Result<()> {
    let open = queries::open_of(tx, account).await?;
    if open.is_empty() {
        return Ok(());
    }
    let facts: Vec<Facts> = open.iter().map(Facts::of).collect();
    let proven = continuity::of_many(ctx, tx, &facts).await?;
    let threshold = ctx.tenant()?.continuity_threshold;
    for row in &open {
        let score = proven.get(&Facts::of(row)).map_or(0, |proven| proven.score);
        let established = buyer_change::ActiveModel {
            established_at: Set(Some(ctx.now)),
            ..Default::default()
        };
        if score < threshold || !queries::change(tx, row, established).await? {
            continue;
        }
        tx.emit(
            NewEvent::new("buyer.established", "bchg", row.id)
                .on_account(account)
                .with(json!({ "version": row.version + 1, "fields": ["establishedAt"], "score": score })),
        );
    }
    Ok(())
}
