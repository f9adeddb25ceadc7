//! Follow-ups that other slices make, move and end by what happened, inside their transactions.

use chrono::NaiveDate;
use domain::follow_up::FollowUpStatus;
use entity::follow_up;
use sea_orm::{ColumnTrait, Condition, Set};
use uuid::Uuid;

use super::changes::{FollowUpDraft, done, open, write};
use super::queries;
use crate::error::Result;
use crate::platform::Ctx;
use crate::platform::graphql::input::Patch;
use crate::platform::tenancy::WriteTx;

/// What somebody is to be reminded of.
#[derive(Clone, Debug)]
pub struct Reminder {
    /// At which account.
    pub account: Uuid,
    /// Who: the account's owner.
    pub member: Uuid,
    /// By which day of the tenant.
    pub due_on: NaiveDate,
    /// Why, at most 200 characters.
    pub reason: String,
    /// What was last talked about.
    pub talked_about: Option<String>,
}

/// How a reminder ends.
#[derive(Clone, Copy, Debug)]
pub enum ReminderEnd {
    /// It has happened, in this activity where one is on record.
    Done(Option<Uuid>),
    /// It is not to happen any more, for this reason.
    Cancelled(&'static str),
}

/// Makes a follow-up that reminds. The caller has authorised what happened, and holds the account.
pub async fn reminder_make(ctx: &Ctx, tx: &WriteTx, reminder: Reminder) -> Result<Uuid> {
    let draft = FollowUpDraft {
        account: reminder.account,
        member: None,
        contact: None,
        due_on: reminder.due_on,
        reason: reminder.reason,
        talked_about: reminder.talked_about,
        promised: None,
    };
    open(ctx, tx, reminder.member, draft).await
}

/// Says anew what an open follow-up reminds of, to whoever it is with now; false when it has ended.
pub async fn reminder_change(tx: &WriteTx, id: Uuid, reminder: Reminder) -> Result<bool> {
    let Some(old) = open_lock(tx, id).await? else {
        return Ok(false);
    };
    let (mut patch, mut model) = (Patch::default(), follow_up::ActiveModel::default());
    patch.set("dueOn", &mut model.due_on, &old.due_on, Some(reminder.due_on));
    patch.set("reason", &mut model.reason, &old.reason, Some(reminder.reason));
    let talked_about = Some(reminder.talked_about);
    patch.set("talkedAbout", &mut model.talked_about, &old.talked_about, talked_about);
    if !patch.is_empty() {
        write(tx, &old, old.version, model, ("follow_up.updated", patch.fields())).await?;
    }
    Ok(true)
}

/// Ends a follow-up that reminds, if it is still open.
pub async fn reminder_end(ctx: &Ctx, tx: &WriteTx, id: Uuid, end: ReminderEnd) -> Result<()> {
    let Some(old) = open_lock(tx, id).await? else {
        return Ok(());
    };
    let (event, model) = match end {
        ReminderEnd::Done(activity) => ("follow_up.completed", done(ctx, activity)),
        ReminderEnd::Cancelled(reason) => {
            let cancelled = follow_up::ActiveModel {
                status: Set(FollowUpStatus::Cancelled.as_str().into()),
                ended_at: Set(Some(ctx.now)),
                end_reason: Set(Some(reason.into())),
                ..Default::default()
            };
            ("follow_up.cancelled", cancelled)
        }
    };
    write(tx, &old, old.version, model, (event, &["status"])).await
}

/// The follow-up while it is open, which nobody else changes before this transaction ends.
async fn open_lock(tx: &WriteTx, id: Uuid) -> Result<Option<follow_up::Model>> {
    let this = Condition::all().add(follow_up::Column::Id.eq(id));
    Ok(queries::open_lock(tx, this).await?.pop())
}
