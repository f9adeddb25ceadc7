//! Operations on products.

use async_graphql::MaybeUndefined;
use chrono::{DateTime, Utc};
use domain::lang::Text;
use domain::policy::Action;
use domain::text;
use entity::product;
use sea_orm::{ColumnTrait, Condition, Set};
use serde_json::json;
use uuid::Uuid;

use super::queries;
use crate::error::{Error, Result, UserErrorCode};
use crate::platform::Ctx;
use crate::platform::events::{NewEvent, reader};
use crate::platform::graphql::input::{Checks, NAME_CHARS, Patch};
use crate::platform::graphql::{CursorKey, Page, PageArgs, Sorted, fetch_page};
use crate::platform::tenancy::{TenantDb, WriteTx};

/// Most characters of a product's code.
const CODE_CHARS: usize = 100;

/// How a list of products may be narrowed.
#[derive(Clone, Debug, Default)]
pub struct ProductFilter {
    /// Only those in whose code, name or reading these words occur.
    pub text: Option<String>,
    /// Archived ones too.
    pub include_archived: bool,
}

/// What a product is created from.
#[derive(Clone, Debug)]
pub struct ProductDraft {
    /// The tenant's own code, unique.
    pub code: String,
    /// Name as written.
    pub name: String,
    /// Its reading in kana.
    pub name_kana: Option<String>,
    /// Category in the tenant's own words.
    pub category: Option<String>,
}

/// What of a product changes.
#[derive(Clone, Debug, Default)]
pub struct ProductChanges {
    /// The tenant's own code, unique.
    pub code: Option<String>,
    /// Name as written.
    pub name: Option<String>,
    /// Its reading in kana.
    pub name_kana: MaybeUndefined<String>,
    /// Category in the tenant's own words.
    pub category: MaybeUndefined<String>,
}

/// The product, if there is one.
pub async fn product_find(ctx: &Ctx, id: Uuid) -> Result<Option<product::Model>> {
    ctx.authorize(Action::ProductRead)?;
    Ok(queries::one(&*ctx.glance().await?, id).await?)
}

/// Those of many products that there are.
pub async fn product_find_many(ctx: &Ctx, ids: &[Uuid]) -> Result<Vec<product::Model>> {
    ctx.authorize(Action::ProductRead)?;
    Ok(queries::many(&*ctx.read().await?, ids).await?)
}

/// One page of the products, by reading.
pub async fn product_list(ctx: &Ctx, filter: &ProductFilter, args: &PageArgs) -> Result<Page<product::Model>> {
    ctx.authorize(Action::ProductRead)?;
    let sorted = Sorted {
        column: product::Column::SortKey,
        id_column: product::Column::Id,
        descending: false,
        key: |row: &product::Model| (CursorKey::Text(row.sort_key.clone()), row.id),
        place: None,
    };
    let db = ctx.glance().await?;
    let list = format!("products {filter:?}");
    fetch_page(ctx, &db, queries::list(condition(filter)), &sorted, list, args).await
}

/// How many products the whole list has.
pub async fn product_count(ctx: &Ctx, filter: &ProductFilter) -> Result<i64> {
    ctx.authorize(Action::ProductRead)?;
    Ok(ctx.read().await?.count(queries::list(condition(filter))).await?)
}

fn condition(filter: &ProductFilter) -> Condition {
    let mut condition = Condition::all();
    if let Some(words) = &filter.text {
        condition = condition.add(queries::matching(words));
    }
    if !filter.include_archived {
        condition = condition.add(product::Column::ArchivedAt.is_null());
    }
    condition
}

/// Creates a product.
pub async fn product_create(ctx: &Ctx, draft: ProductDraft) -> Result<product::Model> {
    ctx.authorize(Action::ProductChange)?;
    let mut checks = Checks::default();
    let code = checks.text("code", draft.code, CODE_CHARS);
    let name = checks.text("name", draft.name, NAME_CHARS);
    let name_kana = checks.optional("nameKana", draft.name_kana, NAME_CHARS);
    let category = checks.optional("category", draft.category, NAME_CHARS);
    checks.done()?;
    let tx = ctx.write().await?;
    let id = Uuid::now_v7();
    let model = product::ActiveModel {
        tenant_id: Set(tx.tenant()),
        id: Set(id),
        code: Set(code),
        sort_key: Set(text::sort_key(&name, name_kana.as_deref())),
        name: Set(name),
        name_kana: Set(name_kana),
        category: Set(category),
        archived_at: Set(None),
        version: Set(1),
        created_at: Set(ctx.now),
        updated_at: Set(ctx.now),
    };
    tx.insert(model).await.map_err(taken)?;
    tx.emit(NewEvent::new("product.created", "prod", id).with(json!({ "version": 1 })));
    tx.commit().await?;
    reread(ctx, id).await
}

/// Changes a product that is still at `version`.
pub async fn product_update(ctx: &Ctx, id: Uuid, version: i64, changes: ProductChanges) -> Result<product::Model> {
    ctx.authorize(Action::ProductChange)?;
    let mut checks = Checks::default();
    let code = checks.changed_text("code", changes.code, CODE_CHARS);
    let name = checks.changed_text("name", changes.name, NAME_CHARS);
    let name_kana = checks.changed_optional("nameKana", changes.name_kana, NAME_CHARS);
    let category = checks.changed_optional("category", changes.category, NAME_CHARS);
    checks.done()?;
    let tx = ctx.write().await?;
    let old = product_require(&tx, id, &["id"]).await?;
    let (mut model, mut patch) = (product::ActiveModel::default(), Patch::default());
    patch.set("code", &mut model.code, &old.code, code);
    patch.set("name", &mut model.name, &old.name, name);
    patch.set("nameKana", &mut model.name_kana, &old.name_kana, name_kana);
    patch.set("category", &mut model.category, &old.category, category);
    if patch.is_empty() {
        return Ok(old);
    }
    let name = model.name.try_as_ref().unwrap_or(&old.name);
    let name_kana = model.name_kana.try_as_ref().unwrap_or(&old.name_kana);
    model.sort_key = Set(text::sort_key(name, name_kana.as_deref()));
    write(ctx, &tx, &old, version, model, ("product.updated", patch.fields())).await?;
    tx.commit().await?;
    reread(ctx, id).await
}

/// Archives a product: lists leave it out, its orders keep it. Doing it twice changes nothing.
pub async fn product_archive(ctx: &Ctx, id: Uuid, version: i64) -> Result<product::Model> {
    set_archived(ctx, id, version, Some(ctx.now), "product.archived").await
}

/// Takes a product back from the archive. Doing it twice changes nothing.
pub async fn product_restore(ctx: &Ctx, id: Uuid, version: i64) -> Result<product::Model> {
    set_archived(ctx, id, version, None, "product.restored").await
}

async fn set_archived(
    ctx: &Ctx,
    id: Uuid,
    version: i64,
    at: Option<DateTime<Utc>>,
    event: &'static str,
) -> Result<product::Model> {
    ctx.authorize(Action::ProductChange)?;
    let tx = ctx.write().await?;
    let old = product_require(&tx, id, &["id"]).await?;
    if old.archived_at.is_some() == at.is_some() {
        return Ok(old);
    }
    let model = product::ActiveModel {
        archived_at: Set(at),
        ..Default::default()
    };
    write(ctx, &tx, &old, version, model, (event, &["archivedAt"])).await?;
    tx.commit().await?;
    reread(ctx, id).await
}

async fn product_require(tx: &WriteTx, id: Uuid, field: &[&str]) -> Result<product::Model> {
    queries::one(tx, id).await?.ok_or_else(|| Error::not_found(field))
}

async fn write(
    ctx: &Ctx,
    tx: &WriteTx,
    old: &product::Model,
    version: i64,
    mut model: product::ActiveModel,
    (event, fields): (&'static str, &[&'static str]),
) -> Result<()> {
    model.version = Set(version + 1);
    model.updated_at = Set(ctx.now);
    let updated = tx
        .update(model, queries::at_version(old.id, version))
        .await
        .map_err(taken)?;
    if updated == 0 {
        return Err(reader::stale(tx, old.id, version, old.version).await?);
    }
    let payload = json!({ "version": version + 1, "fields": fields });
    tx.emit(NewEvent::new(event, "prod", old.id).with(payload));
    Ok(())
}

fn taken(error: sea_orm::DbErr) -> Error {
    if Error::is_unique_violation(&error) {
        return Error::user(
            &["code"],
            UserErrorCode::Taken,
            Text::fixed(
                "Another product has this code.",
                "このコードは別の製品で使用されています。",
            ),
        );
    }
    error.into()
}

async fn reread(ctx: &Ctx, id: Uuid) -> Result<product::Model> {
    let found = queries::one(&*ctx.read().await?, id).await?;
    found.ok_or_else(|| Error::internal("a product vanished after it was written"))
}

/// The ones of many products, inside the caller's transaction, for a service that has authorised what it does.
pub async fn product_find_many_in(db: &TenantDb, ids: &[Uuid]) -> Result<Vec<product::Model>> {
    Ok(queries::many(db, ids).await?)
}
