//! Reading what risk rests on, and writing where accounts stand, only through the tenant's handle.

use chrono::{DateTime, Utc};
use domain::account::Lifecycle;
use domain::risk::{Band, FactorKind};
use entity::{account, assessment, event, order, signal};
use sea_orm::sea_query::extension::postgres::PgExpr;
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait, Func, LockType, Order, Query};
use sea_orm::{
    ColumnTrait, Condition, DbBackend, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Select, Value,
};
use serde_json::json;
use uuid::Uuid;

use super::assessed::Assessed;
use super::moment::Moment;
use crate::platform::tenancy::{Firsts, TenantDb, WriteTx, among};

/// Orders read at a time: what bounds the memory of a pass over all of a tenant's orders.
const ORDERS_AT_A_TIME: u64 = 20_000;
/// Ids of accounts read at a time.
const ACCOUNTS_AT_A_TIME: u64 = 20_000;
/// Most signals of one account that count, the newest ones.
const MOST_SIGNALS: i32 = 500;

/// An account.
#[derive(FromQueryResult)]
struct IdRow {
    id: Uuid,
}

/// What of an order counts.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct OrderRow {
    /// The order.
    pub id: Uuid,
    /// Its account.
    pub account_id: Uuid,
    /// When it was placed.
    pub ordered_at: DateTime<Utc>,
    /// Its amount in the tenant's currency, in minor units; negative for a credit note.
    pub tenant_amount_minor: i64,
}

/// Where an account stands, as the last assessment left it.
#[derive(Clone, Debug, FromQueryResult)]
pub struct StandingRow {
    /// The account.
    pub id: Uuid,
    /// Its band.
    pub band: String,
    /// The assessment that says so.
    pub assessment_id: Option<Uuid>,
    /// How far it has come.
    pub lifecycle: String,
    /// What lists by risk are sorted by.
    pub risk_sort: f64,
}

/// Gives `each` every account, also archived ones, by id.
pub async fn each_account(db: &TenantDb, mut each: impl FnMut(Uuid) + Send) -> Result<(), DbErr> {
    use account::Column;
    let mut after = Uuid::nil();
    loop {
        let rows: Vec<IdRow> = db
            .rows(
                account::Entity::find()
                    .select_only()
                    .column(Column::Id)
                    .filter(Column::Id.gt(after))
                    .order_by_asc(Column::Id)
                    .limit(ACCOUNTS_AT_A_TIME),
            )
            .await?;
        rows.iter().for_each(|row| each(row.id));
        match rows.last() {
            Some(last) if rows.len() as u64 == ACCOUNTS_AT_A_TIME => after = last.id,
            _ => return Ok(()),
        }
    }
}

impl StandingRow {
    /// Whether it is listed among others by risk and should stand apart, or the other way round: because it was lost, or
    /// came back, since the assessment was made.
    pub fn is_misplaced(&self, assessed: &Assessed) -> bool {
        let belongs = assessed.ranked() && self.lifecycle != Lifecycle::Lost.as_str();
        belongs != (self.risk_sort >= 0.0)
    }
}

/// What is read of an account for it.
const STANDING: [account::Column; 5] = [
    account::Column::Id,
    account::Column::Band,
    account::Column::AssessmentId,
    account::Column::Lifecycle,
    account::Column::RiskSort,
];

/// Gives `each` every order that counts at the moment, of these accounts or of all, by account and then by time.
pub async fn each_order(
    db: &TenantDb,
    moment: &Moment,
    accounts: Option<&[Uuid]>,
    mut each: impl FnMut(OrderRow) + Send,
) -> Result<(), DbErr> {
    use order::Column;
    let mut after: Option<OrderRow> = None;
    loop {
        let mut select = known_orders(moment);
        if let Some(accounts) = accounts {
            // Only those that are left: else PostgreSQL looks for the others among all orders behind the last one.
            let left = accounts
                .iter()
                .filter(|id| after.is_none_or(|row| **id >= row.account_id));
            select = select.filter(Column::AccountId.is_in(left.copied()));
        }
        if let Some(row) = after {
            let columns =
                [Column::AccountId, Column::OrderedAt, Column::Id].map(|column| Expr::col(column.as_column_ref()));
            let values = [Expr::val(row.account_id), Expr::val(row.ordered_at), Expr::val(row.id)];
            select = select.filter(Expr::tuple(columns.map(Expr::from)).gt(Expr::tuple(values)));
        }
        let rows: Vec<OrderRow> = db
            .rows(
                select
                    .order_by_asc(Column::AccountId)
                    .order_by_asc(Column::OrderedAt)
                    .order_by_asc(Column::Id)
                    .limit(ORDERS_AT_A_TIME),
            )
            .await?;
        let more = rows.len() as u64 == ORDERS_AT_A_TIME;
        after = rows.last().copied();
        rows.into_iter().for_each(&mut each);
        if !more {
            return Ok(());
        }
    }
}

/// The tenant's first order that counts at the moment and is no credit note.
pub async fn first_order(db: &TenantDb, moment: &Moment) -> Result<Option<OrderRow>, DbErr> {
    let select = known_orders(moment)
        .filter(order::Column::TenantAmountMinor.gte(0))
        .order_by_asc(order::Column::OrderedAt)
        .order_by_asc(order::Column::Id)
        .limit(1);
    Ok(db.rows(select).await?.pop())
}

fn known_orders(moment: &Moment) -> Select<order::Entity> {
    use order::Column;
    let select = order::Entity::find()
        .select_only()
        .columns([
            Column::Id,
            Column::AccountId,
            Column::OrderedAt,
            Column::TenantAmountMinor,
        ])
        .filter(Column::OrderedAt.lte(moment.until()));
    select
        .filter(moment.recorded(Column::RecordedAt))
        .filter(moment.live(Column::ArchivedAt))
}

/// The signals of many accounts that count at the moment.
pub async fn signals(db: &TenantDb, moment: &Moment, accounts: &[Uuid]) -> Result<Vec<signal::Model>, DbErr> {
    use signal::Column;
    let select = signal::Entity::find()
        .filter(Column::OccurredOn.lte(moment.day))
        .filter(moment.recorded(Column::RecordedAt));
    let newest = vec![(Column::OccurredOn, Order::Desc), (Column::Id, Order::Desc)];
    db.all(Firsts::new(select, Column::AccountId, newest, MOST_SIGNALS).of_each(db, accounts))
        .await
}

/// The next `limit` accounts that are not archived, by id.
pub async fn standings_after(tx: &WriteTx, after: Uuid, limit: u64) -> Result<Vec<StandingRow>, DbErr> {
    tx.rows(standings().filter(account::Column::Id.gt(after)).limit(limit))
        .await
}

/// The ones of many accounts that are not archived.
pub async fn standings_of(tx: &WriteTx, accounts: &[Uuid]) -> Result<Vec<StandingRow>, DbErr> {
    tx.rows(standings().filter(account::Column::Id.is_in(accounts.iter().copied())))
        .await
}

/// Locked till the transaction ends, as whoever writes what hangs on an account locks it: what is read of it now is what
/// it is assessed by, and an older assessment cannot follow a newer one.
fn standings() -> Select<account::Entity> {
    use account::Column;
    account::Entity::find()
        .select_only()
        .columns(STANDING)
        .filter(Column::ArchivedAt.is_null())
        .order_by_asc(Column::Id)
        .lock(LockType::NoKeyUpdate)
}

/// The ones of these accounts that the condition lets see.
pub async fn seen(db: &TenantDb, accounts: &[Uuid], sight: Condition) -> Result<Vec<StandingRow>, DbErr> {
    use account::Column;
    db.rows(
        account::Entity::find()
            .select_only()
            .columns(STANDING)
            .filter(Column::Id.is_in(accounts.iter().copied()))
            .filter(sight),
    )
    .await
}

/// Stored assessments.
pub fn assessments(ids: &[Uuid]) -> Select<assessment::Entity> {
    assessment::Entity::find().filter(assessment::Column::Id.is_in(ids.iter().copied()))
}

/// Those of these accounts whose assessment, by which they stand, has a factor of this kind.
pub async fn standing_for(db: &TenantDb, accounts: &[Uuid], kind: FactorKind) -> Result<Vec<Uuid>, DbErr> {
    let standing = Query::select()
        .column(account::Column::AssessmentId)
        .from(account::Entity)
        .and_where(account::Column::TenantId.eq(db.tenant()))
        .and_where(among(db, account::Column::Id, accounts))
        .to_owned();
    let select = assessment::Entity::find()
        .select_only()
        .column_as(assessment::Column::AccountId, "id")
        .filter(assessment::Column::Id.in_subquery(standing))
        .filter(has_factor(db.backend(), kind));
    let rows: Vec<IdRow> = db.rows(select).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// The assessment has a factor of this kind: found where it is stored, as reading and parsing all of it costs far more.
fn has_factor(backend: DbBackend, kind: FactorKind) -> Expr {
    let factors = Expr::col(assessment::Column::Factors.as_column_ref());
    if backend == DbBackend::Postgres {
        return factors.contains(json!({ "factors": [{ "kind": kind.as_str() }] }));
    }
    let kind_of = Func::cust("json_extract").args([Expr::col("value"), Expr::val("$.kind")]);
    let of_kind = Query::select()
        .expr(Expr::val(1))
        .from_function(
            Func::cust("json_each").args([factors, Expr::val("$.factors")]),
            "factor",
        )
        .and_where(Expr::from(kind_of).eq(kind.as_str()))
        .to_owned();
    Expr::exists(of_kind)
}

/// The stored assessments of an account.
pub fn history(account: Uuid) -> Select<assessment::Entity> {
    assessment::Entity::find().filter(assessment::Column::AccountId.eq(account))
}

/// Says on the accounts of these stored assessments that they stand by them. That is no change of the account: its version
/// stays.
pub async fn write_standings(tx: &WriteTx, assessments: &[Uuid]) -> Result<(), DbErr> {
    use account::Column as To;
    use assessment::Column as From;
    let of = |column: From| Expr::col(column.as_column_ref());
    // Who is lost cannot be lost again: he is listed apart, whatever his silence says.
    let unless_apart = |column: From, apart: Value| -> Expr {
        let is_apart = Condition::any()
            .add(To::Lifecycle.eq(Lifecycle::Lost.as_str()))
            .add(From::Band.is_in(Band::APART.map(Band::as_str)))
            .add(column.is_null());
        CaseStatement::new()
            .case(is_apart, Expr::val(apart))
            .finally(of(column))
            .into()
    };
    let mut update = account::Entity::update_many()
        .col_expr(To::Band, of(From::Band))
        .col_expr(To::Probability, of(From::Probability))
        .col_expr(To::RiskSort, unless_apart(From::Probability, (-1.0).into()))
        .col_expr(
            To::RevenueAtRiskSort,
            unless_apart(From::RevenueAtRiskMinor, (-1_i64).into()),
        )
        .col_expr(
            To::ValueSort,
            of(From::SalesMinor).if_null(of(From::ExpectedValueMinor)),
        )
        .col_expr(To::ExpectedValueMinor, of(From::ExpectedValueMinor))
        .col_expr(To::AssessmentId, of(From::Id))
        .filter(To::Id.into_expr().eq(of(From::AccountId)))
        .filter(From::TenantId.eq(tx.tenant()))
        .filter(From::Id.is_in(assessments.iter().copied()));
    QueryTrait::query(&mut update).from(assessment::Entity);
    tx.update_with(update).await?;
    Ok(())
}

/// What the accounts of one band come to.
#[derive(Clone, Debug, FromQueryResult)]
pub struct BandRow {
    /// The band.
    pub band: String,
    /// How many accounts.
    pub accounts: i64,
    /// Sum of their expected values, in minor units.
    pub expected_value_minor: i64,
    /// Sum of their revenues at risk, in minor units; of no meaning for bands that are listed apart.
    pub revenue_at_risk_minor: i64,
}

/// Sums by band over the accounts that the condition lets see and that are neither archived nor lost.
pub async fn sums_by_band(db: &TenantDb, sight: Condition) -> Result<Vec<BandRow>, DbErr> {
    use account::Column;
    // PostgreSQL sums whole numbers to a decimal one.
    let sum = |column: Column| Expr::col(column.as_column_ref()).sum().cast_as("bigint");
    db.rows(
        account::Entity::find()
            .select_only()
            .column(Column::Band)
            .expr_as(Expr::col(Column::Id.as_column_ref()).count(), "accounts")
            .expr_as(sum(Column::ExpectedValueMinor), "expected_value_minor")
            .expr_as(sum(Column::RevenueAtRiskSort), "revenue_at_risk_minor")
            .filter(sight)
            .filter(Column::ArchivedAt.is_null())
            .filter(Column::Lifecycle.ne(Lifecycle::Lost.as_str()))
            .group_by(Column::Band),
    )
    .await
}

/// The number of the newest event that this snapshot has.
pub async fn newest_event(db: &TenantDb) -> Result<i64, DbErr> {
    let select = event::Entity::find().order_by_desc(event::Column::Seq).limit(1);
    Ok(db.one(select).await?.map_or(0, |event| event.seq))
}

/// What events tell of changes to the orders of accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromQueryResult)]
pub struct Changes {
    /// The newest event, of any kind; none when there is no newer one.
    pub seq: Option<i64>,
    /// Single orders, and accounts that merged.
    pub singles: i64,
    /// Imports of orders.
    pub imports: i64,
}

/// Events looked at in one go; the next look goes on behind them.
const MOST_CHANGES: u64 = 100_000;

/// What the events since `seq` changed.
pub async fn order_changes_since(db: &TenantDb, seq: i64) -> Result<Changes, DbErr> {
    use event::Column;
    let is_import = Condition::all().add(Column::Type.starts_with("orders."));
    let is_single = Condition::any()
        .add(Column::Type.starts_with("order."))
        .add(Column::Type.eq("account.merged"));
    let count = |of: Condition| {
        let case: Expr = CaseStatement::new().case(of, 1).finally(0).into();
        Expr::expr(case).sum().cast_as("bigint").if_null(0_i64)
    };
    // In their order, and so by their index, however many PostgreSQL believes them to be.
    let newer = event::Entity::find()
        .select_only()
        .columns([Column::TenantId, Column::Seq, Column::Type])
        .filter(Column::TenantId.eq(db.tenant()))
        .filter(Column::Seq.gt(seq))
        .order_by_asc(Column::Seq)
        .limit(MOST_CHANGES);
    let mut select = event::Entity::find()
        .select_only()
        .column_as(Column::Seq.max(), "seq")
        .expr_as(count(is_single), "singles")
        .expr_as(count(is_import), "imports");
    QuerySelect::query(&mut select)
        .from_clear()
        .from_subquery(newer.into_query(), event::Entity);
    Ok(db.rows(select).await?.pop().unwrap_or_default())
}
