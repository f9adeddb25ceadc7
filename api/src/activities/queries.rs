//! Rows of activities and who took part, only through the tenant's handle.

use chrono::{DateTime, Utc};
use entity::{activity, activity_contact, activity_member, buyer_change, handover, member};
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder, QuerySelect,
    RelationDef, Select,
};
use uuid::Uuid;

use super::touches::Span;
use crate::platform::tenancy::{Firsts, TenantDb, among, numbered};
use crate::{buyer_changes, handovers};

/// Most contacts, and most other members, of one activity.
pub const MOST_PRESENT: usize = 50;
/// Most pairs of contact and member who have met.
const MOST_MEETINGS: u64 = 200_000;
/// Most activities of one statement: SQLite takes some thirty thousand values.
const MOST_AT_ONCE: usize = 10_000;
/// Most touches of one account that a handover looks at.
const MOST_TOUCHES: i32 = 1_000;

/// One activity.
pub fn one(id: Uuid) -> Select<activity::Entity> {
    activity::Entity::find().filter(activity::Column::Id.eq(id))
}

/// Some activities.
pub fn many(ids: &[Uuid]) -> Select<activity::Entity> {
    activity::Entity::find().filter(activity::Column::Id.is_in(ids.iter().copied()))
}

/// A list of activities, to be paged.
pub fn list(condition: Condition) -> Select<activity::Entity> {
    activity::Entity::find().filter(condition)
}

/// The activity that somebody else's system knows by this id.
pub fn by_external_id(external_id: &str) -> Select<activity::Entity> {
    activity::Entity::find().filter(activity::Column::ExternalId.eq(external_id))
}

/// Condition: the member did it or was present.
pub fn with_member(tenant: Uuid, member: Uuid) -> Condition {
    let present = Query::select()
        .column(activity_member::Column::ActivityId)
        .from(activity_member::Entity)
        .and_where(activity_member::Column::TenantId.eq(tenant))
        .and_where(activity_member::Column::MemberId.eq(member))
        .to_owned();
    Condition::any()
        .add(activity::Column::MemberId.eq(member))
        .add(activity::Column::Id.in_subquery(present))
}

/// Condition: one of the contacts took part.
pub fn with_contacts(tenant: Uuid, contacts: &[Uuid]) -> Condition {
    let present = Query::select()
        .column(activity_contact::Column::ActivityId)
        .from(activity_contact::Entity)
        .and_where(activity_contact::Column::TenantId.eq(tenant))
        .and_where(activity_contact::Column::ContactId.is_in(contacts.iter().copied()))
        .to_owned();
    Condition::all().add(activity::Column::Id.in_subquery(present))
}

/// The newest activities of an account that are not archived, newest first: so many.
pub fn latest(most: i32) -> Firsts<activity::Entity> {
    use activity::Column;
    Firsts::new(
        activity::Entity::find().filter(Column::ArchivedAt.is_null()),
        Column::AccountId,
        vec![(Column::OccurredAt, Order::Desc), (Column::Id, Order::Desc)],
        most,
    )
}

/// The activities of many accounts within a span each, oldest first, the first 1,000 of each account: what came first was
/// proven first, and stays proven. Those that were on record by an instant, or are now.
pub fn within(tenant: Uuid, spans: &[Span], known_by: Option<DateTime<Utc>>) -> Select<activity::Entity> {
    use activity::Column;
    let any = spans.iter().fold(Condition::any(), |any, span| {
        let from = Column::AccountId
            .eq(span.account)
            .and(Column::OccurredAt.gte(span.from));
        any.add(match span.to {
            Some(to) => from.and(Column::OccurredAt.lte(to)),
            None => from,
        })
    });
    let mut live = activity::Entity::find().filter(any);
    live = match known_by {
        None => live.filter(Column::ArchivedAt.is_null()),
        Some(known_by) => live.filter(Column::RecordedAt.lte(known_by)).filter(
            Condition::any()
                .add(Column::ArchivedAt.is_null())
                .add(Column::ArchivedAt.gt(known_by)),
        ),
    };
    if spans.len() == 1 {
        return live
            .order_by_asc(Column::OccurredAt)
            .order_by_asc(Column::Id)
            .limit(MOST_TOUCHES as u64);
    }
    let oldest = [(Column::OccurredAt, Order::Asc), (Column::Id, Order::Asc)];
    numbered(tenant, live, Column::AccountId, &oldest, MOST_TOUCHES)
}

/// Somebody who took part in an activity beside the member who did it.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct ParticipantRow {
    /// The activity.
    pub activity_id: Uuid,
    /// A contact or another member.
    pub participant_id: Uuid,
    /// Which of the two.
    pub is_contact: bool,
}

/// Who took part in many activities, however many.
pub async fn participants(db: &TenantDb, activities: &[Uuid]) -> Result<Vec<ParticipantRow>, DbErr> {
    let mut found = Vec::new();
    for ids in activities.chunks(MOST_AT_ONCE) {
        let contacts = activity_contact::Entity::find()
            .select_only()
            .column(activity_contact::Column::ActivityId)
            .column_as(activity_contact::Column::ContactId, "participant_id")
            .column_as(Expr::cust("TRUE"), "is_contact")
            .filter(among(db, activity_contact::Column::ActivityId, ids));
        let members = activity_member::Entity::find()
            .select_only()
            .column(activity_member::Column::ActivityId)
            .column_as(activity_member::Column::MemberId, "participant_id")
            .column_as(Expr::cust("FALSE"), "is_contact")
            .filter(among(db, activity_member::Column::ActivityId, ids));
        found.extend(db.rows_of_both::<_, _, ParticipantRow>(contacts, members).await?);
    }
    Ok(found)
}

/// Something open, and the one without whom it is not proven.
#[derive(FromQueryResult)]
pub struct OpenTo {
    /// At which account.
    pub account_id: Uuid,
    /// The successor: a member of ours when it is a handover, else a contact.
    pub to_id: Uuid,
    /// A handover, or a change of buyer.
    pub is_handover: bool,
}

/// The open handovers of these accounts to one of these members, and the changes of buyer to one of these contacts.
pub async fn open_to(
    db: &TenantDb,
    accounts: &[Uuid],
    members: &[Uuid],
    contacts: &[Uuid],
) -> Result<Vec<OpenTo>, DbErr> {
    let handovers = handovers::service::open_to(db, accounts, members)
        .select_only()
        .column(handover::Column::AccountId)
        .column_as(handover::Column::ToMemberId, "to_id")
        .column_as(Expr::cust("TRUE"), "is_handover");
    let buyer_changes = buyer_changes::service::open_to(db, accounts, contacts)
        .select_only()
        .column(buyer_change::Column::AccountId)
        .column_as(buyer_change::Column::ArrivingId, "to_id")
        .column_as(Expr::cust("FALSE"), "is_handover");
    db.rows_of_both(handovers, buyer_changes).await
}

/// The contacts of many activities.
pub async fn contacts(db: &TenantDb, activities: &[Uuid]) -> Result<Vec<activity_contact::Model>, DbErr> {
    let select = activity_contact::Entity::find()
        .filter(activity_contact::Column::ActivityId.is_in(activities.iter().copied()))
        .order_by_asc(activity_contact::Column::ContactId)
        .limit(MOST_PRESENT as u64 * activities.len() as u64);
    db.all(select).await
}

/// The members who were present at many activities beside the one who did each.
pub async fn present(db: &TenantDb, activities: &[Uuid]) -> Result<Vec<activity_member::Model>, DbErr> {
    let select = activity_member::Entity::find()
        .filter(activity_member::Column::ActivityId.is_in(activities.iter().copied()))
        .order_by_asc(activity_member::Column::MemberId)
        .limit(MOST_PRESENT as u64 * activities.len() as u64);
    db.all(select).await
}

/// Some members.
pub async fn members(db: &TenantDb, ids: &[Uuid]) -> Result<Vec<member::Model>, DbErr> {
    db.all(member::Entity::find().filter(member::Column::Id.is_in(ids.iter().copied())))
        .await
}

/// Condition: this activity, still at the version that the caller saw.
pub fn at_version(id: Uuid, version: i64) -> Condition {
    Condition::all()
        .add(activity::Column::Id.eq(id))
        .add(activity::Column::Version.eq(version))
}

/// A contact and a member who have had two-way touches.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct MeetingRow {
    /// The contact.
    pub contact_id: Uuid,
    /// The member.
    pub member_id: Uuid,
    /// The latest of the touches.
    pub last_at: DateTime<Utc>,
}

/// Who has met whom at these accounts: the members who did it, and in a second statement those who were present.
pub async fn meetings(db: &TenantDb, accounts: &[Uuid]) -> Result<Vec<MeetingRow>, DbErr> {
    let contacts = || -> RelationDef {
        activity::Entity::belongs_to(activity_contact::Entity)
            .from((activity::Column::TenantId, activity::Column::Id))
            .to((activity_contact::Column::TenantId, activity_contact::Column::ActivityId))
            .into()
    };
    let members: RelationDef = activity::Entity::belongs_to(activity_member::Entity)
        .from((activity::Column::TenantId, activity::Column::Id))
        .to((activity_member::Column::TenantId, activity_member::Column::ActivityId))
        .into();
    let talks = || {
        activity::Entity::find()
            .select_only()
            .column(activity_contact::Column::ContactId)
            .column_as(activity::Column::OccurredAt.max(), "last_at")
            .join(JoinType::InnerJoin, contacts())
            .filter(activity::Column::AccountId.is_in(accounts.iter().copied()))
            .filter(activity::Column::TwoWay.eq(true))
            .filter(activity::Column::ArchivedAt.is_null())
            .group_by(activity_contact::Column::ContactId)
            .limit(MOST_MEETINGS)
    };
    let did = talks()
        .column(activity::Column::MemberId)
        .group_by(activity::Column::MemberId);
    let present = talks()
        .column(activity_member::Column::MemberId)
        .join(JoinType::InnerJoin, members)
        .group_by(activity_member::Column::MemberId);
    let mut met: Vec<MeetingRow> = db.rows(did).await?;
    met.extend(db.rows::<activity::Entity, MeetingRow>(present).await?);
    Ok(met)
}
