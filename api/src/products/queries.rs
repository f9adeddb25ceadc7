//! Rows of products, only through the tenant's handle.

use domain::text;
use entity::product;
use sea_orm::sea_query::{Expr, ExprTrait, Func, IntoCondition, LikeExpr};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, Select};
use uuid::Uuid;

use crate::platform::tenancy::TenantDb;

/// One product.
pub async fn one(db: &TenantDb, id: Uuid) -> Result<Option<product::Model>, DbErr> {
    db.one(product::Entity::find().filter(product::Column::Id.eq(id))).await
}

/// Some products.
pub async fn many(db: &TenantDb, ids: &[Uuid]) -> Result<Vec<product::Model>, DbErr> {
    db.all(product::Entity::find().filter(product::Column::Id.is_in(ids.iter().copied())))
        .await
}

/// A list of products, to be paged.
pub fn list(condition: Condition) -> Select<product::Entity> {
    product::Entity::find().filter(condition)
}

/// Products in whose code, name or reading every word occurs. A catalogue is small enough to be read through.
pub fn matching(words: &str) -> Condition {
    use product::Column;
    let mut all = Condition::all();
    for term in text::query_terms(words) {
        let mut any = Condition::any();
        for column in [Column::Code, Column::Name, Column::SortKey] {
            let lower = Func::lower(Expr::col((product::Entity, column)));
            any = any.add(Expr::from(lower).like(containing(&term)));
        }
        all = all.add(any);
    }
    all
}

fn containing(term: &str) -> LikeExpr {
    let mut pattern = String::with_capacity(term.len() + 2);
    pattern.push('%');
    for character in term.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    LikeExpr::new(pattern).escape('\\')
}

/// Condition: this product, still at the version that the caller saw.
pub fn at_version(id: Uuid, version: i64) -> impl IntoCondition {
    Condition::all()
        .add(product::Column::Id.eq(id))
        .add(product::Column::Version.eq(version))
}
