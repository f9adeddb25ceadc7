//! Losses as the API shows them.

use async_graphql::{ComplexObject, Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{loss, loss_cause};
use uuid::Uuid;

use super::LossId;
use super::loaders::{CausesOf, LossesOf};
use super::service::{self, LossFilter};
use crate::accounts::{Account, AccountById, AccountId};
use crate::activities::{Activity, ActivityById};
use crate::error::{Error, Result};
use crate::follow_ups::{FollowUp, FollowUpById};
use crate::members::Member;
use crate::members::loaders::MemberById;
use crate::orders::{Order, OrderById};
use crate::platform::graphql::{Connection, Date, MoneyView, PageArgs, Total, connection, cx, list_size, loaders};
use crate::signals::Cause;

/// An account that was lost: when, why, what was learned, and whether it came back.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct Loss {
    /// Id, `loss_…`.
    pub id: LossId,
    /// The day on which it was lost, in the tenant's time zone.
    pub lost_on: Date,
    /// What was learned.
    pub learned: String,
    /// Whom the client went to; null when nobody knows, or to nobody.
    pub competitor: Option<String>,
    /// The day on which to try to win it back; null when nobody is to.
    pub win_back_on: Option<Date>,
    /// The day on which the client came back; null while it has not.
    pub won_back_on: Option<Date>,
    /// Instant at which it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// Since when it is archived, because it was recorded by mistake; null while it counts.
    pub archived_at: Option<DateTime<Utc>>,
    /// Counts the changes: a change names the version that it saw.
    pub version: i64,
    #[graphql(skip)]
    row: Row,
}

#[derive(Clone)]
struct Row {
    account: Uuid,
    follow_up: Option<Uuid>,
    order: Option<Uuid>,
    activity: Option<Uuid>,
    recorded_by: Option<Uuid>,
    sales: i64,
    currency: String,
}

impl From<loss::Model> for Loss {
    fn from(model: loss::Model) -> Self {
        let loss::Model {
            tenant_id: _,
            id,
            account_id,
            lost_on,
            learned,
            competitor,
            win_back_on,
            follow_up_id,
            sales_minor,
            currency,
            lifecycle_before: _,
            won_back_on,
            won_back_order_id,
            won_back_activity_id,
            recorded_by_id,
            recorded_at,
            archived_at,
            version,
        } = model;
        Self {
            id: id.into(),
            lost_on: Date(lost_on),
            learned,
            competitor,
            win_back_on: win_back_on.map(Date),
            won_back_on: won_back_on.map(Date),
            recorded_at,
            archived_at,
            version,
            row: Row {
                account: account_id,
                follow_up: follow_up_id,
                order: won_back_order_id,
                activity: won_back_activity_id,
                recorded_by: recorded_by_id,
                sales: sales_minor,
                currency,
            },
        }
    }
}

#[ComplexObject]
impl Loss {
    /// The account.
    async fn account(&self, gql: &Context<'_>) -> Result<Option<Account>> {
        let row = loaders(gql).load_one(AccountById(self.row.account)).await?;
        Ok(row.map(Account::from))
    }

    /// Why, the largest share first.
    #[graphql(directive = list_size::apply(16))]
    async fn causes(&self, gql: &Context<'_>) -> Result<Vec<LossCause>> {
        let rows = loaders(gql).load_one(CausesOf(self.id.0)).await?.unwrap_or_default();
        rows.into_iter()
            .map(|row| LossCause::of(row, &self.row.currency))
            .collect()
    }

    /// What the account was worth: sales of the twelve months until the day of the loss, as they stood when it was recorded.
    /// Later orders do not change it; a corrected day does. Never below 0.
    async fn sales(&self) -> Result<MoneyView> {
        MoneyView::from_minor(self.row.sales, &self.row.currency)
    }

    /// The follow-up that reminds of the win-back date; null when there is none.
    async fn follow_up(&self, gql: &Context<'_>) -> Result<Option<FollowUp>> {
        let Some(id) = self.row.follow_up else { return Ok(None) };
        loaders(gql)
            .load_one(FollowUpById(id))
            .await?
            .map(FollowUp::of)
            .transpose()
    }

    /// The order with which the client came back; null when none is known.
    async fn won_back_order(&self, gql: &Context<'_>) -> Result<Option<Order>> {
        let Some(id) = self.row.order else { return Ok(None) };
        Ok(loaders(gql).load_one(OrderById(id)).await?.map(Order::from))
    }

    /// The touch with which the client came back; null when none is known.
    async fn won_back_activity(&self, gql: &Context<'_>) -> Result<Option<Activity>> {
        let Some(id) = self.row.activity else { return Ok(None) };
        Ok(loaders(gql).load_one(ActivityById(id)).await?.map(Activity::from))
    }

    /// The member who recorded it; null when an integration did.
    async fn recorded_by(&self, gql: &Context<'_>) -> Result<Option<Member>> {
        let Some(id) = self.row.recorded_by else {
            return Ok(None);
        };
        Ok(loaders(gql).load_one(MemberById(id)).await?.map(Member::from))
    }
}

/// A cause of a loss and its share in it.
#[derive(Clone, SimpleObject)]
pub struct LossCause {
    /// The cause.
    pub cause: Cause,
    /// Its share in percent, 1–100; those of a loss add up to 100.
    pub percent: i16,
    /// True when our own conduct could have changed it.
    pub controllable: bool,
    /// Its share of the loss's sales; those of a loss add up to them.
    pub sales: MoneyView,
}

impl LossCause {
    fn of(model: loss_cause::Model, currency: &str) -> Result<Self> {
        let loss_cause::Model {
            tenant_id: _,
            loss_id: _,
            cause,
            percent,
            controllable,
            sales_minor,
        } = model;
        let cause = cause.parse::<domain::risk::Cause>();
        Ok(Self {
            cause: cause.map_err(Error::internal)?.into(),
            percent,
            controllable,
            sales: MoneyView::from_minor(sales_minor, currency)?,
        })
    }
}

/// When and why an account was lost, latest first. The body of `Account.losses`.
pub async fn of_account(gql: &Context<'_>, account: Uuid) -> Result<Vec<Loss>> {
    let rows = loaders(gql).load_one(LossesOf(account)).await?;
    Ok(rows.unwrap_or_default().into_iter().map(Loss::from).collect())
}

/// How a list of losses is narrowed. All given conditions must hold.
#[derive(InputObject, Default)]
pub struct LossFilterInput {
    /// Only those of this account.
    pub account_id: Option<AccountId>,
    /// Only those of this day or later.
    pub from: Option<Date>,
    /// Only those of this day or before.
    pub to: Option<Date>,
    /// Only those with one of these causes.
    pub causes: Option<Vec<Cause>>,
    /// Only those with a cause that was controllable (true), or with one that was not (false); with `causes`, one of these.
    pub controllable: Option<bool>,
    /// Only those from which the account came back (true), or has not (false).
    pub won_back: Option<bool>,
    /// Archived ones too; otherwise they are left out.
    #[graphql(default)]
    pub include_archived: bool,
}

impl From<LossFilterInput> for LossFilter {
    fn from(input: LossFilterInput) -> Self {
        let causes = input.causes;
        Self {
            account: input.account_id.map(Into::into),
            from: input.from.map(|day| day.0),
            to: input.to.map(|day| day.0),
            causes: causes.map(|causes| causes.into_iter().map(Into::into).collect()),
            controllable: input.controllable,
            won_back: input.won_back,
            include_archived: input.include_archived,
        }
    }
}

/// Reading losses.
#[derive(Default)]
pub struct LossQuery;

#[Object]
impl LossQuery {
    /// One loss; null when there is none that the caller may see.
    async fn loss(&self, gql: &Context<'_>, #[graphql(desc = "Its id.")] id: LossId) -> Result<Option<Loss>> {
        Ok(service::loss_find(cx(gql), id.0).await?.map(Loss::from))
    }

    /// The losses of accounts that the caller may see, latest first.
    async fn losses(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Narrows the list.")] filter: Option<LossFilterInput>,
        #[graphql(desc = "Rows from the start or after `after`, 1–100; 20 when nothing is said.")] first: Option<i32>,
        #[graphql(desc = "Rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the end or before `before`, 1–100.")] last: Option<i32>,
        #[graphql(desc = "Rows in front of this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<Loss>>> {
        let filter = LossFilter::from(filter.unwrap_or_default());
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        let page = service::loss_list(cx(gql), &filter, &args).await?;
        let total = Total::new(move |ctx| {
            let filter = filter.clone();
            async move { service::loss_count(&ctx, &filter).await }
        });
        Ok(Some(connection(page, total, Loss::from)))
    }
}
