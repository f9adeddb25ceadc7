//! The rows that tell of relations, as they were known at a moment: few and narrow, whatever an account has.

use std::collections::HashMap;

use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use domain::account::OwnershipReason;
use domain::calendar::tenant_day;
use domain::handover::KeyContact;
use domain::risk::{FADED_DAYS, MARK_BETWEEN};
use entity::{account, activity, buyer_change, contact, handover, member, ownership};
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, Select};
use uuid::Uuid;

use super::moment::Moment;
use crate::platform::tenancy::{Firsts, TenantDb};

/// Rows of a kind that prove something of an account.
const MOST_OF_ACCOUNT: i32 = 5;
/// Most key contacts of one account that a handover is proven with.
const MOST_KEY_CONTACTS: i32 = 100;
/// Spans of ownership looked at: the present one, and some that were too short to count.
const MOST_SPANS: i32 = 6;
/// An account passes from one owner to the next: to another by hand, by a handover, or because the owner left.
const PASSES: [OwnershipReason; 3] = [
    OwnershipReason::Assigned,
    OwnershipReason::Handover,
    OwnershipReason::OwnerLeft,
];

/// The last touches of an account.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct LatestRow {
    /// The account.
    pub id: Uuid,
    /// Its own cadence.
    pub touch_cadence_days: Option<i16>,
    /// The last touch in which both sides took part.
    pub last_talk: Option<Uuid>,
    /// The last one with a mark that worries or reassures.
    pub last_mark: Option<Uuid>,
}

/// The last touches of many accounts, each looked up in the index of its account.
pub async fn latest(db: &TenantDb, moment: &Moment, accounts: &[Uuid]) -> Result<Vec<LatestRow>, DbErr> {
    use account::Column;
    let talk = last(db, moment, Condition::all().add(activity::Column::TwoWay.eq(true)));
    let mark = Condition::all()
        .add(activity::Column::Satisfaction.is_not_null())
        .add(activity::Column::Satisfaction.ne(MARK_BETWEEN))
        .add(moment.recorded(activity::Column::SatisfactionRecordedAt));
    let mark = last(db, moment, mark);
    db.rows(
        account::Entity::find()
            .select_only()
            .columns([Column::Id, Column::TouchCadenceDays])
            .expr_as(Expr::SubQuery(None, Box::new(talk.into())), "last_talk")
            .expr_as(Expr::SubQuery(None, Box::new(mark.into())), "last_mark")
            .filter(Column::Id.is_in(accounts.iter().copied())),
    )
    .await
}

/// The last touch of the account of the row around it.
fn last(db: &TenantDb, moment: &Moment, which: Condition) -> SelectStatement {
    use activity::Column;
    let of_account = Expr::col(Column::AccountId.as_column_ref()).eq(Expr::col(account::Column::Id.as_column_ref()));
    Query::select()
        .column(Column::Id.as_column_ref())
        .from(activity::Entity)
        .and_where(Column::TenantId.eq(db.tenant()))
        .and_where(of_account)
        .and_where(Column::OccurredAt.lte(moment.until()))
        .cond_where(which)
        .cond_where(moment.recorded(Column::RecordedAt))
        .cond_where(moment.live(Column::ArchivedAt))
        .order_by(Column::OccurredAt.as_column_ref(), Order::Desc)
        .order_by(Column::Id.as_column_ref(), Order::Desc)
        .limit(1)
        .to_owned()
}

/// A touch, as far as it is told here.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct TouchRow {
    /// The activity.
    pub id: Uuid,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// Its mark for satisfaction.
    pub satisfaction: Option<i16>,
}

/// These touches.
pub async fn touches(db: &TenantDb, ids: &[Uuid]) -> Result<Vec<TouchRow>, DbErr> {
    use activity::Column;
    db.rows(
        activity::Entity::find()
            .select_only()
            .columns([Column::Id, Column::OccurredAt, Column::Satisfaction])
            .filter(Column::Id.is_in(ids.iter().copied())),
    )
    .await
}

/// A contact, as far as risk asks.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct ContactRow {
    /// The contact.
    pub id: Uuid,
    /// His account.
    pub account_id: Uuid,
    /// Since when he is known.
    pub created_at: DateTime<Utc>,
    /// Since when he is put away.
    pub archived_at: Option<DateTime<Utc>>,
    /// First day in his post.
    pub started_on: Option<NaiveDate>,
    /// First day on which he is no longer there.
    pub left_on: Option<NaiveDate>,
    /// When that was recorded.
    pub left_recorded_at: Option<DateTime<Utc>>,
    /// Whether he is a key contact.
    pub is_key: bool,
    /// When that was recorded, if it was not always so.
    pub key_recorded_at: Option<DateTime<Utc>>,
    /// His say in decisions, 0–100.
    pub say: i16,
}

impl ContactRow {
    /// He as a key contact, if he was one in post by all that was known at an instant.
    pub fn key_by(&self, at: DateTime<Utc>, zone: Tz) -> Option<KeyContact> {
        let is_later = |then: Option<DateTime<Utc>>| then.is_some_and(|then| then > at);
        let is_key = self.is_key != is_later(self.key_recorded_at);
        let is_there = is_later(self.left_recorded_at) || self.left_on.is_none_or(|left| left > tenant_day(at, zone));
        let is_known = self.created_at <= at && self.archived_at.is_none_or(|archived| archived > at);
        (is_key && is_there && is_known).then(|| KeyContact {
            id: self.id,
            weight: u8::try_from(self.say.clamp(0, 100)).unwrap_or(0),
        })
    }
}

fn narrow(select: Select<contact::Entity>) -> Select<contact::Entity> {
    use contact::Column;
    select.select_only().columns([
        Column::Id,
        Column::AccountId,
        Column::CreatedAt,
        Column::ArchivedAt,
        Column::StartedOn,
        Column::LeftOn,
        Column::LeftRecordedAt,
        Column::IsKey,
        Column::KeyRecordedAt,
        Column::Say,
    ])
}

fn known_contacts(moment: &Moment) -> Select<contact::Entity> {
    contact::Entity::find()
        .filter(moment.recorded(contact::Column::CreatedAt))
        .filter(moment.live(contact::Column::ArchivedAt))
}

/// Two contacts in post of each account: enough to know whether there is one only.
pub async fn in_post(db: &TenantDb, moment: &Moment, accounts: &[Uuid]) -> Result<Vec<ContactRow>, DbErr> {
    use contact::Column;
    let unknown_yet = moment.known_by.map(|known_by| Column::LeftRecordedAt.gt(known_by));
    let there = Condition::any()
        .add(Column::LeftOn.is_null())
        .add(Column::LeftOn.gt(moment.day))
        .add_option(unknown_yet);
    let select = known_contacts(moment).filter(there);
    let order = vec![(Column::SortKey, Order::Asc), (Column::Id, Order::Asc)];
    db.rows(narrow(
        Firsts::new(select, Column::AccountId, order, 2).of_each(db, accounts),
    ))
    .await
}

/// The key contacts of each account who left last, without those whose buyer change tells it.
pub async fn key_left(db: &TenantDb, moment: &Moment, accounts: &[Uuid]) -> Result<Vec<ContactRow>, DbErr> {
    use contact::Column;
    let key = match moment.known_by {
        None => Condition::all().add(Column::IsKey.eq(true)),
        Some(known_by) => {
            let since = Condition::any()
                .add(Column::KeyRecordedAt.is_null())
                .add(Column::KeyRecordedAt.lte(known_by));
            let is = Condition::all().add(Column::IsKey.eq(true)).add(since);
            let was = Column::IsKey.eq(false).and(Column::KeyRecordedAt.gt(known_by));
            Condition::any().add(is).add(was)
        }
    };
    let changed = Query::select()
        .column(buyer_change::Column::LeavingId)
        .from(buyer_change::Entity)
        .and_where(buyer_change::Column::TenantId.eq(db.tenant()))
        .and_where(buyer_change::Column::AccountId.is_in(accounts.iter().copied()))
        .cond_where(moment.recorded(buyer_change::Column::RecordedAt))
        .to_owned();
    let select = known_contacts(moment)
        .filter(Column::LeftOn.lte(moment.day))
        .filter(Column::LeftOn.gt(faded(moment)))
        .filter(moment.recorded(Column::LeftRecordedAt))
        .filter(key)
        .filter(Column::Id.not_in_subquery(changed));
    let order = vec![(Column::LeftOn, Order::Desc), (Column::Id, Order::Desc)];
    db.rows(narrow(
        Firsts::new(select, Column::AccountId, order, MOST_OF_ACCOUNT).of_each(db, accounts),
    ))
    .await
}

/// Those who are or were key contacts of accounts, with most say first.
pub async fn key_contacts(db: &TenantDb, accounts: &[Uuid]) -> Result<Vec<ContactRow>, DbErr> {
    use contact::Column;
    let ever = Condition::any()
        .add(Column::IsKey.eq(true))
        .add(Column::KeyRecordedAt.is_not_null());
    let select = contact::Entity::find().filter(ever);
    let order = vec![(Column::Say, Order::Desc), (Column::Id, Order::Asc)];
    db.rows(narrow(
        Firsts::new(select, Column::AccountId, order, MOST_KEY_CONTACTS).of_each(db, accounts),
    ))
    .await
}

/// The day on which nothing that happened by then weighs any more.
fn faded(moment: &Moment) -> NaiveDate {
    let day = moment.day.checked_sub_days(Days::new(FADED_DAYS));
    day.unwrap_or(NaiveDate::MIN)
}

/// The latest buyer changes of each account whose relation was not proven.
pub async fn buyer_changes(
    db: &TenantDb,
    moment: &Moment,
    accounts: &[Uuid],
) -> Result<Vec<buyer_change::Model>, DbErr> {
    use buyer_change::Column;
    let select = buyer_change::Entity::find()
        .filter(Column::OccurredOn.gt(faded(moment)))
        .filter(moment.recorded(Column::RecordedAt))
        .filter(moment.before(Column::EstablishedAt));
    let order = vec![(Column::OccurredOn, Order::Desc), (Column::Id, Order::Desc)];
    db.all(Firsts::new(select, Column::AccountId, order, MOST_OF_ACCOUNT).of_each(db, accounts))
        .await
}

/// The present span of ownership of each account and some before, newest first; none where the account did not pass.
pub async fn ownerships(db: &TenantDb, moment: &Moment, accounts: &[Uuid]) -> Result<Vec<ownership::Model>, DbErr> {
    use ownership::Column;
    let select = ownership::Entity::find().filter(Column::StartsAt.lte(moment.as_of));
    let order = vec![(Column::StartsAt, Order::Desc), (Column::Id, Order::Desc)];
    let rows = db
        .all(Firsts::new(select, Column::AccountId, order, MOST_SPANS).of_each(db, accounts))
        .await?;
    let mut present: HashMap<Uuid, bool> = HashMap::new();
    for row in &rows {
        let passes = PASSES.iter().any(|reason| reason.as_str() == row.reason);
        present.entry(row.account_id).or_insert(passes);
    }
    let passed = |row: &ownership::Model| present.get(&row.account_id).copied().unwrap_or(false);
    Ok(rows.into_iter().filter(passed).collect())
}

/// These handovers and the open ones of the accounts, as they were at the moment.
pub async fn handovers(
    db: &TenantDb,
    moment: &Moment,
    accounts: &[Uuid],
    ids: &[Uuid],
) -> Result<Vec<handover::Model>, DbErr> {
    use handover::Column;
    let open = Condition::all()
        .add(Column::PlannedAt.lte(moment.as_of))
        .add(moment.before(Column::EndedAt));
    let which = Condition::any().add(Column::Id.is_in(ids.iter().copied())).add(open);
    let rows = db
        .all(
            handover::Entity::find()
                .filter(Column::AccountId.is_in(accounts.iter().copied()))
                .filter(which),
        )
        .await?;
    let by_then = |at: Option<DateTime<Utc>>| at.filter(|at| *at <= moment.as_of);
    let as_it_was = rows.into_iter().map(|row| handover::Model {
        switched_at: by_then(row.switched_at),
        ended_at: by_then(row.ended_at),
        ..row
    });
    Ok(as_it_was.collect())
}

#[derive(FromQueryResult)]
struct JoinedRow {
    id: Uuid,
    joined_on: NaiveDate,
}

/// The first days of members.
pub async fn joined(db: &TenantDb, members: &[Uuid]) -> Result<HashMap<Uuid, NaiveDate>, DbErr> {
    use member::Column;
    let rows: Vec<JoinedRow> = db
        .rows(
            member::Entity::find()
                .select_only()
                .columns([Column::Id, Column::JoinedOn])
                .filter(Column::Id.is_in(members.iter().copied())),
        )
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.joined_on)).collect())
}
