//! Activities as the rules of handovers see them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::activity::StartedBy;
use domain::decision_path::Meeting;
use domain::handover::Touch;
use entity::{activity, activity_contact, activity_member};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};
use uuid::Uuid;

use super::queries;
use crate::error::{Error, Result};
use crate::platform::Ctx;
use crate::platform::tenancy::{Columns, TenantDb};

/// The touches of an account since an instant that are not archived, oldest first; at most the first 1,000. For the
/// rules of other slices, which have authorised what they show.
pub async fn touches_since(ctx: &Ctx, db: &TenantDb, account: Uuid, since: DateTime<Utc>) -> Result<Vec<Touch>> {
    let mut touches = touches_of(ctx, db, &[(account, since)]).await?;
    Ok(touches.remove(&account).unwrap_or_default())
}

/// As [`touches_since`], of many accounts in as many statements as of one.
pub async fn touches_of(
    _: &Ctx,
    db: &TenantDb,
    accounts: &[(Uuid, DateTime<Utc>)],
) -> Result<HashMap<Uuid, Vec<Touch>>> {
    let spans = accounts.iter().map(|(account, from)| Span {
        account: *account,
        from: *from,
        to: None,
    });
    touches_known(db, &spans.collect::<Vec<_>>(), None).await
}

/// A time at an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The account.
    pub account: Uuid,
    /// Its first instant.
    pub from: DateTime<Utc>,
    /// Its last one; without one it goes on.
    pub to: Option<DateTime<Utc>>,
}

/// The touches within these spans, one an account, as far as they were on record by an instant; without one those that are
/// now.
pub async fn touches_known(
    db: &TenantDb,
    spans: &[Span],
    known_by: Option<DateTime<Utc>>,
) -> Result<HashMap<Uuid, Vec<Touch>>> {
    use activity::Column;
    if spans.is_empty() {
        return Ok(HashMap::new());
    }
    let within = || queries::within(db.tenant(), spans, known_by);
    let columns = [
        Column::Id,
        Column::AccountId,
        Column::MemberId,
        Column::OccurredAt,
        Column::Kind,
        Column::TwoWay,
        Column::StartedBy,
    ];
    let columns = columns.into_iter().fold(Columns::none(), Columns::with);
    let rows = db.all_with(within(), columns).await?;
    if rows.is_empty() {
        return Ok(HashMap::new());
    }
    // By sub-select: a list of the ids could be longer than SQLite takes.
    let ids = || within().select_only().column(Column::Id).into_query();
    let contacts = db
        .all(activity_contact::Entity::find().filter(activity_contact::Column::ActivityId.in_subquery(ids())))
        .await?;
    let members = db
        .all(activity_member::Entity::find().filter(activity_member::Column::ActivityId.in_subquery(ids())))
        .await?;
    let mut contacts = by_activity(contacts.into_iter().map(|row| (row.activity_id, row.contact_id)));
    let mut members = by_activity(members.into_iter().map(|row| (row.activity_id, row.member_id)));
    let mut touches: HashMap<Uuid, Vec<Touch>> = HashMap::new();
    for row in rows {
        let mut present = members.remove(&row.id).unwrap_or_default();
        present.push(row.member_id);
        touches.entry(row.account_id).or_default().push(Touch {
            activity: row.id,
            occurred_at: row.occurred_at,
            contacts: contacts.remove(&row.id).unwrap_or_default(),
            members: present,
            kind: row.kind.parse().map_err(Error::internal)?,
            two_way: row.two_way,
            started_by_contact: row.started_by == StartedBy::Contact.as_str(),
        });
    }
    Ok(touches)
}

/// Which members have had two-way touches with which contacts at these accounts, and when last; a pair may come twice. Two
/// statements, however many accounts. For the rules of other slices, which have authorised what they show.
pub async fn meetings_at(_: &Ctx, db: &TenantDb, accounts: &[Uuid]) -> Result<Vec<Meeting>> {
    if accounts.is_empty() {
        return Ok(Vec::new());
    }
    let rows = queries::meetings(db, accounts).await?;
    let meetings = rows.into_iter().map(|row| Meeting {
        contact: row.contact_id,
        member: row.member_id,
        last_at: row.last_at,
    });
    Ok(meetings.collect())
}

fn by_activity(pairs: impl Iterator<Item = (Uuid, Uuid)>) -> HashMap<Uuid, Vec<Uuid>> {
    let mut found: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for (activity, other) in pairs {
        found.entry(activity).or_default().push(other);
    }
    found
}
