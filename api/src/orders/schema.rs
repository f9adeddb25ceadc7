//! Orders as the API shows them.

use async_graphql::{ComplexObject, Context, InputObject, MaybeUndefined, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{order, order_line};
use uuid::Uuid;

use super::OrderId;
use super::loaders::{LatestOf, LinesOf};
use super::service::{self, LineDraft, OrderChanges, OrderDraft, OrderFilter};
use crate::accounts::{Account, AccountById, AccountId};
use crate::error::Result;
use crate::platform::graphql::{
    Connection, Date, Decimal, MoneyInput, MoneyView, PageArgs, Total, connection, cx, list_size, loaders, payload,
};
use crate::products::{Product, ProductById, ProductId};

/// Something that an account bought, or, with a negative amount, a credit note.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct Order {
    /// Id, `ord_…`.
    pub id: OrderId,
    /// The tenant's own number for the order (an invoice number, say); unique.
    pub external_id: Option<String>,
    /// Instant at which it was ordered.
    pub placed_at: DateTime<Utc>,
    /// Instant since which we know of it: later than `placedAt` when it was entered late.
    pub recorded_at: DateTime<Utc>,
    /// Tenant's currency per unit of the order's currency; 1 when they are one.
    pub rate: Decimal,
    /// True when the amount is negative: something was given back or let off.
    pub is_credit_note: bool,
    /// Day on which it was delivered.
    pub delivered_on: Option<Date>,
    /// Anything else worth knowing.
    pub note: Option<String>,
    /// Since when it is archived; null when it is not.
    pub archived_at: Option<DateTime<Utc>>,
    /// Counts the changes: a change names the version that it saw.
    pub version: i64,
    /// Instant of creation.
    pub created_at: DateTime<Utc>,
    /// Instant of the last change.
    pub updated_at: DateTime<Utc>,
    #[graphql(skip)]
    row: Row,
}

/// What resolvers of the order need and clients do not see as such.
#[derive(Clone)]
struct Row {
    account: Uuid,
    amount: (i64, String),
    tenant_amount: (i64, String),
}

impl From<order::Model> for Order {
    fn from(model: order::Model) -> Self {
        let order::Model {
            tenant_id: _,
            id,
            account_id,
            external_id,
            ordered_at,
            recorded_at,
            amount_minor,
            currency,
            tenant_amount_minor,
            tenant_currency,
            rate,
            delivered_on,
            note,
            archived_at,
            version,
            created_at,
            updated_at,
        } = model;
        Self {
            id: id.into(),
            external_id,
            placed_at: ordered_at,
            recorded_at,
            rate: Decimal(rate),
            is_credit_note: amount_minor < 0,
            delivered_on: delivered_on.map(Date),
            note,
            archived_at,
            version,
            created_at,
            updated_at,
            row: Row {
                account: account_id,
                amount: (amount_minor, currency),
                tenant_amount: (tenant_amount_minor, tenant_currency),
            },
        }
    }
}

#[ComplexObject]
impl Order {
    /// What it is worth, in the currency of the order.
    async fn amount(&self) -> Result<MoneyView> {
        MoneyView::from_minor(self.row.amount.0, &self.row.amount.1)
    }

    /// What it is worth in the tenant's currency, at the rate of the order.
    async fn tenant_amount(&self) -> Result<MoneyView> {
        MoneyView::from_minor(self.row.tenant_amount.0, &self.row.tenant_amount.1)
    }

    /// The account that ordered.
    async fn account(&self, gql: &Context<'_>) -> Result<Option<Account>> {
        Ok(loaders(gql)
            .load_one(AccountById(self.row.account))
            .await?
            .map(Account::from))
    }

    /// What was bought, in the order of the paper; at most 200 lines, often none when only the sum is known.
    #[graphql(directive = list_size::apply(200))]
    async fn lines(&self, gql: &Context<'_>) -> Result<Vec<OrderLine>> {
        let rows = loaders(gql).load_one(LinesOf(self.id.0)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(OrderLine::from).collect())
    }
}

/// The newest orders of an account, newest first: the body of a field of `Account`.
pub async fn latest_of(gql: &Context<'_>, account: AccountId) -> Result<Vec<Order>> {
    let rows = loaders(gql).load_one(LatestOf(account.0)).await?.unwrap_or_default();
    Ok(rows.into_iter().map(Order::from).collect())
}

/// One product of an order, and how many of it.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct OrderLine {
    /// How many; negative when given back.
    pub quantity: i64,
    #[graphql(skip)]
    product: Uuid,
}

impl From<order_line::Model> for OrderLine {
    fn from(model: order_line::Model) -> Self {
        let order_line::Model {
            tenant_id: _,
            id: _,
            order_id: _,
            product_id,
            quantity,
            position: _,
        } = model;
        Self {
            quantity,
            product: product_id,
        }
    }
}

#[ComplexObject]
impl OrderLine {
    /// The product.
    async fn product(&self, gql: &Context<'_>) -> Result<Option<Product>> {
        Ok(loaders(gql)
            .load_one(ProductById(self.product))
            .await?
            .map(Product::from))
    }
}

/// How a list of orders is narrowed. All given conditions must hold.
#[derive(InputObject, Default)]
pub struct OrderFilterInput {
    /// Only those of this account.
    pub account_id: Option<AccountId>,
    /// Only those ordered at this instant or later.
    pub from: Option<DateTime<Utc>>,
    /// Only those ordered before this instant.
    pub to: Option<DateTime<Utc>>,
    /// Archived ones too; otherwise they are left out.
    #[graphql(default)]
    pub include_archived: bool,
}

/// Reading orders.
#[derive(Default)]
pub struct OrderQuery;

#[Object]
impl OrderQuery {
    /// One order; null when there is none that the caller may see.
    async fn order(&self, gql: &Context<'_>, #[graphql(desc = "Its id.")] id: OrderId) -> Result<Option<Order>> {
        Ok(service::order_find(cx(gql), id.0).await?.map(Order::from))
    }

    /// The orders of the accounts that the caller may see, newest first.
    async fn orders(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Narrows the list.")] filter: Option<OrderFilterInput>,
        #[graphql(desc = "Rows from the start or after `after`, 1–100; 20 when nothing is said.")] first: Option<i32>,
        #[graphql(desc = "Rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the end or before `before`, 1–100.")] last: Option<i32>,
        #[graphql(desc = "Rows in front of this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<Order>>> {
        let OrderFilterInput {
            account_id,
            from,
            to,
            include_archived,
        } = filter.unwrap_or_default();
        let filter = OrderFilter {
            account: account_id.map(Into::into),
            from,
            to,
            include_archived,
        };
        let page = service::order_list(
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
            async move { service::order_count(&ctx, &filter).await }
        });
        Ok(Some(connection(page, total, Order::from)))
    }
}

payload! {
    /// Result of `orderCreate`.
    OrderCreatePayload {
        /// The new order.
        order: Order
    }
}
payload! {
    /// Result of `orderUpdate`.
    OrderUpdatePayload {
        /// The order as it is now.
        order: Order
    }
}
payload! {
    /// Result of `orderArchive`.
    OrderArchivePayload {
        /// The archived order.
        order: Order
    }
}
payload! {
    /// Result of `orderRestore`.
    OrderRestorePayload {
        /// The order, back from the archive.
        order: Order
    }
}

/// One line of an order.
#[derive(InputObject)]
pub struct OrderLineInput {
    /// The product.
    pub product_id: ProductId,
    /// How many, not 0; negative when given back.
    pub quantity: i32,
}

impl From<OrderLineInput> for LineDraft {
    fn from(input: OrderLineInput) -> Self {
        Self {
            product: input.product_id.0,
            quantity: input.quantity,
        }
    }
}

/// A new order.
#[derive(InputObject)]
pub struct OrderCreateInput {
    /// Who ordered.
    pub account_id: AccountId,
    /// The tenant's own number for the order; unique.
    pub external_id: Option<String>,
    /// Instant at which it was ordered; not in the future.
    pub placed_at: DateTime<Utc>,
    /// What it is worth; negative makes it a credit note.
    pub amount: MoneyInput,
    /// Tenant's currency per unit of the order's currency; needed when they differ.
    pub rate: Option<Decimal>,
    /// Day on which it was delivered.
    pub delivered_on: Option<Date>,
    /// Anything else worth knowing.
    pub note: Option<String>,
    /// What was bought; at most 200 lines.
    pub lines: Option<Vec<OrderLineInput>>,
}

impl From<OrderCreateInput> for OrderDraft {
    fn from(input: OrderCreateInput) -> Self {
        Self {
            account: input.account_id.0,
            external_id: input.external_id,
            ordered_at: input.placed_at,
            amount: input.amount,
            rate: input.rate.map(|rate| rate.0),
            delivered_on: input.delivered_on.map(|day| day.0),
            note: input.note,
            lines: input
                .lines
                .unwrap_or_default()
                .into_iter()
                .map(LineDraft::from)
                .collect(),
        }
    }
}

/// A change of an order. What is left out stays; null clears.
#[derive(InputObject)]
pub struct OrderUpdateInput {
    /// The order.
    pub id: OrderId,
    /// The version that the caller saw.
    pub version: i32,
    /// The tenant's own number for the order; unique.
    pub external_id: MaybeUndefined<String>,
    /// Instant at which it was ordered; not in the future.
    pub placed_at: Option<DateTime<Utc>>,
    /// What it is worth; in the same currency it keeps its rate unless another is given.
    pub amount: Option<MoneyInput>,
    /// Tenant's currency per unit of the order's currency.
    pub rate: Option<Decimal>,
    /// Day on which it was delivered.
    pub delivered_on: MaybeUndefined<Date>,
    /// Anything else worth knowing.
    pub note: MaybeUndefined<String>,
    /// What was bought, in place of the lines so far; at most 200.
    pub lines: Option<Vec<OrderLineInput>>,
}

impl From<OrderUpdateInput> for OrderChanges {
    fn from(input: OrderUpdateInput) -> Self {
        Self {
            external_id: input.external_id,
            ordered_at: input.placed_at,
            amount: input.amount,
            rate: input.rate.map(|rate| rate.0),
            delivered_on: input.delivered_on.map_value(|day| day.0),
            note: input.note,
            lines: input
                .lines
                .map(|lines| lines.into_iter().map(LineDraft::from).collect()),
        }
    }
}

/// An order at the version that the caller saw.
#[derive(InputObject)]
pub struct OrderVersionInput {
    /// The order.
    pub id: OrderId,
    /// The version that the caller saw.
    pub version: i32,
}

/// Changing orders.
#[derive(Default)]
pub struct OrderMutation;

#[Object]
impl OrderMutation {
    /// Creates an order. The order of a prospect makes it a customer; a credit note (a negative amount) does not.
    async fn order_create(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The order.")] input: OrderCreateInput,
    ) -> Result<Option<OrderCreatePayload>> {
        let result = service::order_create(cx(gql), input.into()).await;
        OrderCreatePayload::of(result.map(Order::from)).map(Some)
    }

    /// Changes an order; a stale version is a CONFLICT that says what changed.
    async fn order_update(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The change.")] input: OrderUpdateInput,
    ) -> Result<Option<OrderUpdatePayload>> {
        let result = service::order_update(cx(gql), input.id.0, input.version.into(), input.into()).await;
        OrderUpdatePayload::of(result.map(Order::from)).map(Some)
    }

    /// Archives an order: lists, sums and risk leave it out.
    async fn order_archive(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The order.")] input: OrderVersionInput,
    ) -> Result<Option<OrderArchivePayload>> {
        let result = service::order_archive(cx(gql), input.id.0, input.version.into()).await;
        OrderArchivePayload::of(result.map(Order::from)).map(Some)
    }

    /// Takes an order back from the archive.
    async fn order_restore(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The order.")] input: OrderVersionInput,
    ) -> Result<Option<OrderRestorePayload>> {
        let result = service::order_restore(cx(gql), input.id.0, input.version.into()).await;
        OrderRestorePayload::of(result.map(Order::from)).map(Some)
    }
}
