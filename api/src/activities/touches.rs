//! Activities as the rules of handovers see them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::activity::StartedBy;
use domain::decision_path::Meeting;
use domain::handover::Touch;
use entity::activity;
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
    ctx: &Ctx,
    db: &TenantDb,
    accounts: &[(Uuid, DateTime<Utc>)],
) -> Result<HashMap<Uuid, Vec<Touch>>> {
    Ok(touched_of(ctx, db, accounts).await?.touches)
}

/// Touches, and the rows that they are of.
#[derive(Debug, Default)]
pub struct Touched {
    /// Of each account, oldest first.
    pub touches: HashMap<Uuid, Vec<Touch>>,
    /// The activities, of which [`touch_columns`] were read.
    pub rows: Vec<activity::Model>,
}

/// The columns that are read of a touch.
pub fn touch_columns() -> Columns<activity::Entity> {
    use activity::Column;
    let columns = [
        Column::Id,
        Column::AccountId,
        Column::MemberId,
        Column::OccurredAt,
        Column::Kind,
        Column::TwoWay,
        Column::StartedBy,
    ];
    columns.into_iter().fold(Columns::none(), Columns::with)
}

/// As [`touches_of`], with the rows.
pub async fn touched_of(_: &Ctx, db: &TenantDb, accounts: &[(Uuid, DateTime<Utc>)]) -> Result<Touched> {
    let spans = accounts.iter().map(|(account, from)| Span {
        account: *account,
        from: *from,
        to: None,
    });
    touched(db, &spans.collect::<Vec<_>>(), None).await
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
    Ok(touched(db, spans, known_by).await?.touches)
}

async fn touched(db: &TenantDb, spans: &[Span], known_by: Option<DateTime<Utc>>) -> Result<Touched> {
    if spans.is_empty() {
        return Ok(Touched::default());
    }
    let select = queries::within(db.tenant(), spans, known_by);
    let rows = db.all_with(select, touch_columns()).await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let (mut contacts, mut members) = (HashMap::new(), HashMap::new());
    for row in queries::participants(db, &ids).await? {
        let present = if row.is_contact { &mut contacts } else { &mut members };
        let of_activity: &mut Vec<Uuid> = present.entry(row.activity_id).or_default();
        of_activity.push(row.participant_id);
    }
    let mut touches: HashMap<Uuid, Vec<Touch>> = HashMap::new();
    for row in &rows {
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
    Ok(Touched { touches, rows })
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
