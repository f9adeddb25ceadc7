//! Sums of losses over a period, each in one statement, only through the tenant's handle.

use chrono::NaiveDate;
use entity::{account, acquisition_cost, loss, loss_cause};
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait, Func};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationDef,
    Select,
};

use crate::platform::tenancy::TenantDb;

/// Most channels of a report. Those with a cost and the accounts without a channel are always among them.
const MOST_CHANNELS: u64 = 100;

/// What was lost of the accounts that were won by one channel.
#[derive(Clone, Debug, FromQueryResult)]
pub struct ChannelRow {
    /// The channel; `None` for accounts of which nobody knows it.
    pub channel: Option<String>,
    /// How many accounts, each once.
    pub accounts: i64,
    /// How many of them have not come back.
    pub gone: i64,
    /// What one account costs by this channel.
    pub cost_minor: Option<i64>,
}

/// The losses of these days that count; nothing of them is selected yet.
pub fn between(from: NaiveDate, to: NaiveDate) -> Select<loss::Entity> {
    loss::Entity::find()
        .select_only()
        .filter(loss::Column::LostOn.between(from, to))
        .filter(loss::Column::ArchivedAt.is_null())
}

/// All losses of a report.
#[derive(Default, FromQueryResult)]
pub struct Totals {
    /// How many.
    pub losses: i64,
    /// How many accounts, each once.
    pub accounts: i64,
    /// How many of them have not come back; none of no loss.
    pub gone: Option<i64>,
}

/// A column where the account came back, else 0; or the other way round.
fn where_won_back(then: Expr, otherwise: Expr) -> Expr {
    let came_back = CaseStatement::new().case(loss::Column::WonBackOn.is_not_null(), then);
    came_back.finally(otherwise).into()
}

/// PostgreSQL sums whole numbers to a decimal one.
fn sum(of: Expr) -> Expr {
    Expr::from(Func::sum(of)).cast_as("bigint")
}

fn column(of: impl ColumnTrait) -> Expr {
    Expr::col(of.as_column_ref())
}

fn accounts() -> Expr {
    Expr::from(Func::count_distinct(column(loss::Column::AccountId)))
}

/// Accounts that have not come back: of an account only one loss is open.
fn gone() -> Expr {
    sum(where_won_back(Expr::val(0), Expr::val(1)))
}

/// What they come to.
pub async fn totals(db: &TenantDb, select: Select<loss::Entity>) -> Result<Totals, DbErr> {
    let select = select
        .expr_as(column(loss::Column::Id).count(), "losses")
        .expr_as(accounts(), "accounts")
        .expr_as(gone(), "gone");
    Ok(db.rows(select).await?.pop().unwrap_or_default())
}

/// The shares of all losses that one cause had, controllable or not.
#[derive(FromQueryResult)]
pub struct GroupRow {
    /// The cause.
    pub cause: String,
    /// Whether our own conduct could have changed it.
    pub controllable: bool,
    /// Sum of its shares, in hundredths of a loss.
    pub percent: i64,
    /// Sum of its sales, in minor units.
    pub minor: i64,
    /// The part of the shares that came back.
    pub won_back_percent: i64,
    /// The part of the sales that came back.
    pub won_back_minor: i64,
}

/// Their causes.
pub async fn groups(db: &TenantDb, select: Select<loss::Entity>) -> Result<Vec<GroupRow>, DbErr> {
    use loss_cause::Column;
    let causes: RelationDef = loss::Entity::belongs_to(loss_cause::Entity)
        .from((loss::Column::TenantId, loss::Column::Id))
        .to((Column::TenantId, Column::LossId))
        .into();
    let came_back = |of: Column| sum(where_won_back(column(of), Expr::val(0)));
    let select = select
        .column(Column::Cause)
        .column(Column::Controllable)
        .expr_as(sum(column(Column::Percent)), "percent")
        .expr_as(sum(column(Column::SalesMinor)), "minor")
        .expr_as(came_back(Column::Percent), "won_back_percent")
        .expr_as(came_back(Column::SalesMinor), "won_back_minor")
        .join(JoinType::InnerJoin, causes)
        .group_by(Column::Cause)
        .group_by(Column::Controllable);
    db.rows(select).await
}

/// The channels by which the accounts had been won.
pub async fn channels(db: &TenantDb, select: Select<loss::Entity>) -> Result<Vec<ChannelRow>, DbErr> {
    use account::Column::AcquisitionChannel;
    use acquisition_cost::Column::AmountMinor;
    let of: RelationDef = loss::Entity::belongs_to(account::Entity)
        .from((loss::Column::TenantId, loss::Column::AccountId))
        .to((account::Column::TenantId, account::Column::Id))
        .into();
    let costs: RelationDef = account::Entity::belongs_to(acquisition_cost::Entity)
        .from((account::Column::TenantId, AcquisitionChannel))
        .to((acquisition_cost::Column::TenantId, acquisition_cost::Column::Channel))
        .into();
    // Behind: those of whose cost nothing is known.
    let unknown = AmountMinor.is_null().and(AcquisitionChannel.is_not_null());
    let place: Expr = CaseStatement::new()
        .case(unknown, Expr::val(1))
        .finally(Expr::val(0))
        .into();
    let select = select
        .column_as(AcquisitionChannel, "channel")
        .expr_as(accounts(), "accounts")
        .expr_as(gone(), "gone")
        .column_as(AmountMinor, "cost_minor")
        .join(JoinType::InnerJoin, of)
        .join(JoinType::LeftJoin, costs)
        .group_by(AcquisitionChannel)
        .group_by(AmountMinor)
        .order_by_asc(place)
        .order_by_desc(accounts())
        .order_by_asc(AcquisitionChannel)
        .limit(MOST_CHANNELS);
    db.rows(select).await
}
