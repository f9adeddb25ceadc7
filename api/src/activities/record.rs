//! Recording an activity.

use std::iter;
use std::sync::Arc;

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use domain::activity::{ActivityKind, StartedBy};
use domain::lang::Text;
use domain::policy::Action;
use domain::risk::MARKS;
use entity::{account, activity};
use sea_orm::{Set, TryIntoModel};
use serde_json::json;
use uuid::Uuid;

use super::hanging::Hanging;
use super::last_touch::last_touch_raise;
use super::{links, queries, together};
use crate::accounts::service::account_require_live;
use crate::contacts::service::contacts_require_of;
use crate::error::{Error, Result, UserErrorCode};
use crate::follow_ups;
use crate::platform::Ctx;
use crate::platform::events::NewEvent;
use crate::platform::graphql::input::{Checks, NAME_CHARS, NOTE_CHARS, instant};
use crate::platform::tenancy::{Columns, When};

/// What an activity is recorded from.
#[derive(Clone, Debug)]
pub struct ActivityDraft {
    /// With which account.
    pub account: Uuid,
    /// What kind of touch it was.
    pub kind: ActivityKind,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// Who did it; the caller when nothing is said.
    pub member: Option<Uuid>,
    /// Other members who were present.
    pub with_members: Vec<Uuid>,
    /// Contacts who took part.
    pub contacts: Vec<Uuid>,
    /// Who began it.
    pub started_by: StartedBy,
    /// Both sides said something; by its kind when nothing is said.
    pub two_way: Option<bool>,
    /// What came of it.
    pub summary: String,
    /// What is to be done next.
    pub next_step: Option<String>,
    /// The client's satisfaction as he told it, 1–5.
    pub satisfaction: Option<i32>,
    /// Another system's id for it.
    pub external_id: Option<String>,
    /// The follow-up that it does.
    pub follow_up: Option<Uuid>,
}

/// An activity that is on record.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The activity.
    pub activity: activity::Model,
    /// Its account as it is now, if the caller sees it and it was read: with the columns that were asked for.
    pub account: Option<account::Model>,
}

impl Recorded {
    /// Written just now at this account, to which the caller may do so.
    pub(super) fn new(ctx: &Ctx, row: activity::ActiveModel, account: account::Model) -> Result<Self> {
        // Who may read accounts was found to see this one before he could write.
        let is_seen = ctx.authorize(Action::AccountRead).is_ok();
        Ok(Self {
            activity: row.try_into_model()?,
            account: is_seen.then_some(account),
        })
    }

    /// On record before: its account was not read.
    fn before(activity: activity::Model) -> Self {
        Self {
            activity,
            account: None,
        }
    }
}

/// Whether both sides usually say something.
const fn is_usually_two_way(kind: ActivityKind, started_by: StartedBy) -> bool {
    match kind {
        ActivityKind::Meeting
        | ActivityKind::JointMeeting
        | ActivityKind::Call
        | ActivityKind::Event
        | ActivityKind::DeliveryReview => true,
        ActivityKind::Voicemail | ActivityKind::Letter | ActivityKind::Gift | ActivityKind::ContentSent => false,
        // Ours may go unread; theirs is an answer or a question.
        ActivityKind::Email => matches!(started_by, StartedBy::Contact),
    }
}

/// Records an activity, of whose account these columns are answered. The same external id at the same account again gives the one
/// that is recorded, unchanged.
///
/// What is recorded in one company at the same moment is recorded together.
pub async fn activity_record(
    ctx: &Arc<Ctx>,
    mut draft: ActivityDraft,
    of_account: Columns<account::Entity>,
) -> Result<Recorded> {
    ctx.authorize(Action::ActivityRecord)?;
    check(ctx, &mut draft)?;
    if together::is_possible(ctx, &draft) {
        together::record(ctx, draft, of_account).await
    } else {
        // It is large, and seldom: whoever records together need not carry it about.
        Box::pin(alone(ctx, draft)).await
    }
}

/// In a transaction of its own.
pub(super) async fn alone(ctx: &Ctx, mut draft: ActivityDraft) -> Result<Recorded> {
    let tx = ctx.write().await?;
    let mut account = account_require_live(ctx, &tx, Action::ActivityRecord, draft.account, &["accountId"]).await?;
    if let Some(external_id) = &draft.external_id
        && let Some(found) = tx.one(queries::by_external_id(external_id)).await?
    {
        return repeated(found, draft.account).map(Recorded::before);
    }
    let member = who_did_it(ctx, &draft)?;
    draft.with_members.retain(|other| *other != member);
    // The caller himself is there: the request recognised him.
    let other = (ctx.actor.member() != Some(member)).then(|| (member, vec!["memberId".to_owned()]));
    let members: Vec<_> = other.into_iter().chain(links::places(&draft.with_members)).collect();
    links::check_members(&tx, &members, draft.occurred_at).await?;
    contacts_require_of(ctx, &tx, draft.account, &draft.contacts, "contactIds").await?;
    let id = Uuid::now_v7();
    let row = new_row(ctx, tx.tenant(), id, member, &draft);
    let members: Vec<Uuid> = iter::once(member).chain(draft.with_members.iter().copied()).collect();
    let hanging = Hanging::at(&tx, &[draft.account], &members, &draft.contacts).await?;
    let is_plain = draft.external_id.is_none() && draft.follow_up.is_none() && hanging.is_nothing();
    // Nobody looks at the row before the commit, or could write the same.
    let when = if is_plain { When::AtCommit } else { When::Now };
    match tx.insert_many_when(when, vec![row.clone()]).await {
        Err(error) if Error::is_unique_violation(&error) => {
            // Another request recorded it between the look and the insert.
            drop(tx);
            return recorded_meanwhile(ctx, &draft).await.map(Recorded::before);
        }
        inserted => inserted?,
    }
    links::insert_contacts(&tx, when, id, &draft.contacts).await?;
    links::insert_members(&tx, when, id, &draft.with_members).await?;
    let proves = hanging.told(ctx, &tx, draft.account).await?;
    if let Some(follow_up) = draft.follow_up {
        follow_ups::service::activity_recorded(ctx, &tx, &account, follow_up, id).await?;
    }
    if draft.occurred_at > account.last_touch_sort {
        last_touch_raise(&tx, when, [(draft.account, draft.occurred_at)]).await?;
        account.last_touch_sort = draft.occurred_at;
    }
    tx.emit(told_of(id, &draft, proves));
    tx.commit().await?;
    Recorded::new(ctx, row, account)
}

/// What the log says of it.
pub(super) fn told_of(id: Uuid, draft: &ActivityDraft, proves: bool) -> NewEvent {
    NewEvent::new("activity.recorded", "act", id)
        .on_account(draft.account)
        .with(json!({ "version": 1, "rated": draft.satisfaction.is_some(), "handover": proves }))
}

fn check(ctx: &Ctx, draft: &mut ActivityDraft) -> Result<()> {
    let mut checks = Checks::default();
    draft.summary = checks.text("summary", std::mem::take(&mut draft.summary), NOTE_CHARS);
    draft.next_step = checks.optional("nextStep", draft.next_step.take(), NOTE_CHARS);
    draft.external_id = checks.optional("externalId", draft.external_id.take(), NAME_CHARS);
    draft.occurred_at = occurred_at(ctx, &mut checks, draft.occurred_at);
    if let Some(mark) = draft.satisfaction {
        satisfaction(&mut checks, mark);
    }
    checks.done()?;
    draft.contacts = links::distinct(std::mem::take(&mut draft.contacts), "contactIds")?;
    draft.with_members = links::distinct(std::mem::take(&mut draft.with_members), "withMemberIds")?;
    Ok(())
}

/// An instant at which something can have happened: not in the future, but clocks differ by minutes.
pub(super) fn occurred_at(ctx: &Ctx, checks: &mut Checks, value: DateTime<Utc>) -> DateTime<Utc> {
    checks.require(
        value.year() >= 1900 && value <= ctx.now + TimeDelta::minutes(5),
        "occurredAt",
        UserErrorCode::Invalid,
        Text::fixed(
            "Record what has happened: this is in the future, or too long ago.",
            "発生済みの活動を記録してください（未来または古すぎる日時です）。",
        ),
    );
    instant(value)
}

/// A mark for satisfaction as it is stored.
pub(super) fn satisfaction(checks: &mut Checks, mark: i32) -> i16 {
    let mark = i16::try_from(mark).unwrap_or_default();
    checks.require(
        MARKS.contains(&mark),
        "satisfaction",
        UserErrorCode::Invalid,
        Text::fixed("Satisfaction is 1 to 5.", "満足度は1〜5で指定してください。"),
    );
    mark
}

fn who_did_it(ctx: &Ctx, draft: &ActivityDraft) -> Result<Uuid> {
    draft.member.or(ctx.actor.member()).ok_or_else(|| {
        Error::user(
            &["memberId"],
            UserErrorCode::Required,
            Text::fixed("Name the member who did it.", "活動したメンバーを指定してください。"),
        )
    })
}

pub(super) fn new_row(ctx: &Ctx, tenant: Uuid, id: Uuid, member: Uuid, draft: &ActivityDraft) -> activity::ActiveModel {
    let two_way = draft
        .two_way
        .unwrap_or(is_usually_two_way(draft.kind, draft.started_by));
    activity::ActiveModel {
        tenant_id: Set(tenant),
        id: Set(id),
        account_id: Set(draft.account),
        kind: Set(draft.kind.as_str().into()),
        member_id: Set(member),
        started_by: Set(draft.started_by.as_str().into()),
        two_way: Set(two_way),
        occurred_at: Set(draft.occurred_at),
        recorded_at: Set(ctx.now),
        summary: Set(draft.summary.clone()),
        next_step: Set(draft.next_step.clone()),
        satisfaction: Set(draft.satisfaction.and_then(|mark| i16::try_from(mark).ok())),
        satisfaction_recorded_at: Set(draft.satisfaction.map(|_| ctx.now)),
        external_id: Set(draft.external_id.clone()),
        archived_at: Set(None),
        version: Set(1),
        created_at: Set(ctx.now),
    }
}

async fn recorded_meanwhile(ctx: &Ctx, draft: &ActivityDraft) -> Result<activity::Model> {
    let found = match &draft.external_id {
        Some(external_id) => ctx.read().await?.one(queries::by_external_id(external_id)).await?,
        None => None,
    };
    match found {
        Some(found) => repeated(found, draft.account),
        None => Err(taken()),
    }
}

fn repeated(found: activity::Model, account: Uuid) -> Result<activity::Model> {
    if found.account_id == account {
        Ok(found)
    } else {
        Err(taken())
    }
}

fn taken() -> Error {
    Error::user(
        &["externalId"],
        UserErrorCode::Taken,
        Text::fixed(
            "Another activity has this external id.",
            "この外部IDは別の活動で使用されています。",
        ),
    )
}

pub(super) async fn reread(ctx: &Ctx, id: Uuid) -> Result<activity::Model> {
    let found = ctx.read().await?.one(queries::one(id)).await?;
    found.ok_or_else(|| Error::internal("an activity vanished after it was written"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_is_two_way_when_the_contact_began_it() {
        let two_way = |started_by| -> Vec<&str> {
            ActivityKind::ALL
                .iter()
                .filter(|kind| is_usually_two_way(**kind, started_by))
                .map(|kind| kind.as_str())
                .collect()
        };
        let ours = ["MEETING", "JOINT_MEETING", "CALL", "EVENT", "DELIVERY_REVIEW"];
        assert_eq!(two_way(StartedBy::Us), ours);
        let theirs = ["MEETING", "JOINT_MEETING", "CALL", "EMAIL", "EVENT", "DELIVERY_REVIEW"];
        assert_eq!(two_way(StartedBy::Contact), theirs);
    }
}
