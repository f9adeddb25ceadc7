//! The lines of an order: which products, and how many.

use std::collections::HashSet;

use domain::lang::Text;
use entity::order_line;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};
use uuid::Uuid;

use super::queries;
use crate::error::{Error, Result, UserError, UserErrorCode};
use crate::platform::tenancy::WriteTx;
use crate::products;

/// One line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineDraft {
    /// The product.
    pub product: Uuid,
    /// How many; negative on a credit note.
    pub quantity: i32,
}

/// Checks lines inside the transaction that writes them. `kept` are the products that the order has already: they may
/// stay although they are archived.
pub async fn check(tx: &WriteTx, lines: &[LineDraft], kept: &[Uuid]) -> Result<()> {
    if lines.len() as u64 > queries::MOST_LINES {
        return Err(Error::user(
            &["lines"],
            UserErrorCode::TooLarge,
            Text::fixed("At most 200 lines.", "明細は200行以内で指定してください。"),
        ));
    }
    let ids: Vec<Uuid> = lines
        .iter()
        .map(|line| line.product)
        .collect::<HashSet<_>>()
        .into_iter()
        .collect();
    let found = if ids.is_empty() {
        Vec::new()
    } else {
        products::service::product_find_many_in(tx, &ids).await?
    };
    let mut problems = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let place = index.to_string();
        if line.quantity == 0 {
            problems.push(UserError::new(
                &["lines", &place, "quantity"],
                UserErrorCode::Invalid,
                Text::fixed("The quantity must not be 0.", "数量に0は指定できません。"),
            ));
        }
        let field = ["lines", &place, "productId"];
        match found.iter().find(|product| product.id == line.product) {
            None => problems.push(UserError::new(
                &field,
                UserErrorCode::NotFound,
                Text::fixed("There is nothing with this id.", "このIDの対象は見つかりません。"),
            )),
            Some(product) if product.archived_at.is_some() && !kept.contains(&product.id) => {
                problems.push(UserError::new(
                    &field,
                    UserErrorCode::Invalid,
                    Text::fixed("The product is archived.", "この製品はアーカイブされています。"),
                ));
            }
            Some(_) => {}
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Error::User(problems))
    }
}

/// Writes the lines of an order that has none.
pub async fn insert(tx: &WriteTx, order: Uuid, lines: &[LineDraft]) -> Result<()> {
    let rows = (0..)
        .zip(lines)
        .map(|(position, line)| order_line::ActiveModel {
            tenant_id: Set(tx.tenant()),
            id: Set(Uuid::now_v7()),
            order_id: Set(order),
            product_id: Set(line.product),
            quantity: Set(line.quantity.into()),
            position: Set(position),
        })
        .collect();
    Ok(tx.insert_many(rows).await?)
}

/// Replaces the lines of an order; `false` when they are so already.
pub async fn replace(tx: &WriteTx, order: Uuid, lines: &[LineDraft]) -> Result<bool> {
    let old = queries::lines(tx, &[order]).await?;
    let same = old.len() == lines.len()
        && old
            .iter()
            .zip(lines)
            .all(|(old, new)| old.product_id == new.product && old.quantity == i64::from(new.quantity));
    if same {
        return Ok(false);
    }
    let kept: Vec<Uuid> = old.iter().map(|line| line.product_id).collect();
    check(tx, lines, &kept).await?;
    tx.delete(order_line::Entity::delete_many().filter(order_line::Column::OrderId.eq(order)))
        .await?;
    insert(tx, order, lines).await?;
    Ok(true)
}
