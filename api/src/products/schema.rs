//! Products as the API shows them.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::product;

use super::ProductId;
use super::service::{self, ProductChanges, ProductDraft, ProductFilter};
use crate::error::Result;
use crate::platform::graphql::{Connection, PageArgs, Total, connection, cx, payload};

/// Something that the tenant sells.
#[derive(Clone, SimpleObject)]
pub struct Product {
    /// Id, `prod_…`.
    pub id: ProductId,
    /// The tenant's own code; unique.
    pub code: String,
    /// Name as written.
    pub name: String,
    /// Reading of the name in kana.
    pub name_kana: Option<String>,
    /// Category, in the tenant's own words.
    pub category: Option<String>,
    /// Since when it is archived; null when it is not.
    pub archived_at: Option<DateTime<Utc>>,
    /// Counts the changes: a change names the version that it saw.
    pub version: i64,
    /// Instant of creation.
    pub created_at: DateTime<Utc>,
    /// Instant of the last change.
    pub updated_at: DateTime<Utc>,
}

impl From<product::Model> for Product {
    fn from(model: product::Model) -> Self {
        let product::Model {
            tenant_id: _,
            id,
            code,
            name,
            name_kana,
            sort_key: _,
            category,
            archived_at,
            version,
            created_at,
            updated_at,
        } = model;
        Self {
            id: id.into(),
            code,
            name,
            name_kana,
            category,
            archived_at,
            version,
            created_at,
            updated_at,
        }
    }
}

/// How a list of products is narrowed. All given conditions must hold.
#[derive(InputObject, Default)]
pub struct ProductFilterInput {
    /// Only those in whose code, name or reading each of these words (the first eight) occurs.
    pub text: Option<String>,
    /// Archived ones too; otherwise they are left out.
    #[graphql(default)]
    pub include_archived: bool,
}

/// Reading products.
#[derive(Default)]
pub struct ProductQuery;

#[Object]
impl ProductQuery {
    /// One product; null when there is none.
    async fn product(&self, gql: &Context<'_>, #[graphql(desc = "Its id.")] id: ProductId) -> Result<Option<Product>> {
        Ok(service::product_find(cx(gql), id.0).await?.map(Product::from))
    }

    /// The products, by reading (kana), then name.
    async fn products(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Narrows the list.")] filter: Option<ProductFilterInput>,
        #[graphql(desc = "Rows from the start or after `after`, 1–100; 20 when nothing is said.")] first: Option<i32>,
        #[graphql(desc = "Rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the end or before `before`, 1–100.")] last: Option<i32>,
        #[graphql(desc = "Rows in front of this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<Product>>> {
        let ProductFilterInput { text, include_archived } = filter.unwrap_or_default();
        let filter = ProductFilter { text, include_archived };
        let page = service::product_list(
            cx(gql),
            &filter,
            &PageArgs {
                first,
                after,
                last,
                before,
            },
        )
        .await?;
        let total = Total::new(move |ctx| {
            let filter = filter.clone();
            async move { service::product_count(&ctx, &filter).await }
        });
        Ok(Some(connection(page, total, Product::from)))
    }
}

payload! {
    /// Result of `productCreate`.
    ProductCreatePayload {
        /// The new product.
        product: Product
    }
}
payload! {
    /// Result of `productUpdate`.
    ProductUpdatePayload {
        /// The product as it is now.
        product: Product
    }
}
payload! {
    /// Result of `productArchive`.
    ProductArchivePayload {
        /// The archived product.
        product: Product
    }
}
payload! {
    /// Result of `productRestore`.
    ProductRestorePayload {
        /// The product, back from the archive.
        product: Product
    }
}

/// A new product.
#[derive(InputObject)]
pub struct ProductCreateInput {
    /// The tenant's own code, 1–100 characters; unique.
    pub code: String,
    /// Name as written, 1–200 characters.
    pub name: String,
    /// Reading of the name in kana.
    pub name_kana: Option<String>,
    /// Category, in the tenant's own words.
    pub category: Option<String>,
}

/// A change of a product. What is left out stays; null clears.
#[derive(InputObject)]
pub struct ProductUpdateInput {
    /// The product.
    pub id: ProductId,
    /// The version that the caller saw.
    pub version: i32,
    /// The tenant's own code, 1–100 characters; unique.
    pub code: Option<String>,
    /// Name as written, 1–200 characters.
    pub name: Option<String>,
    /// Reading of the name in kana.
    pub name_kana: MaybeUndefined<String>,
    /// Category, in the tenant's own words.
    pub category: MaybeUndefined<String>,
}

/// A product at the version that the caller saw.
#[derive(InputObject)]
pub struct ProductVersionInput {
    /// The product.
    pub id: ProductId,
    /// The version that the caller saw.
    pub version: i32,
}

/// Changing products.
#[derive(Default)]
pub struct ProductMutation;

#[Object]
impl ProductMutation {
    /// Creates a product.
    async fn product_create(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The product.")] input: ProductCreateInput,
    ) -> Result<Option<ProductCreatePayload>> {
        let ProductCreateInput {
            code,
            name,
            name_kana,
            category,
        } = input;
        let result = service::product_create(
            cx(gql),
            ProductDraft {
                code,
                name,
                name_kana,
                category,
            },
        )
        .await;
        ProductCreatePayload::of(result.map(Product::from)).map(Some)
    }

    /// Changes a product; a stale version is a CONFLICT that says what changed.
    async fn product_update(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The change.")] input: ProductUpdateInput,
    ) -> Result<Option<ProductUpdatePayload>> {
        let ProductUpdateInput {
            id,
            version,
            code,
            name,
            name_kana,
            category,
        } = input;
        let changes = ProductChanges {
            code,
            name,
            name_kana,
            category,
        };
        let result = service::product_update(cx(gql), id.0, version.into(), changes).await;
        ProductUpdatePayload::of(result.map(Product::from)).map(Some)
    }

    /// Archives a product: lists leave it out, its orders keep it.
    async fn product_archive(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The product.")] input: ProductVersionInput,
    ) -> Result<Option<ProductArchivePayload>> {
        let result = service::product_archive(cx(gql), input.id.0, input.version.into()).await;
        ProductArchivePayload::of(result.map(Product::from)).map(Some)
    }

    /// Takes a product back from the archive.
    async fn product_restore(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The product.")] input: ProductVersionInput,
    ) -> Result<Option<ProductRestorePayload>> {
        let result = service::product_restore(cx(gql), input.id.0, input.version.into()).await;
        ProductRestorePayload::of(result.map(Product::from)).map(Some)
    }
}
