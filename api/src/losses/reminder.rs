//! The follow-up that reminds the account's owner of a win-back date.

use chrono::NaiveDate;
use domain::lang::Lang;
use uuid::Uuid;

use crate::error::Result;
use crate::follow_ups::service::{Reminder, ReminderEnd, reminder_change, reminder_end, reminder_make};
use crate::platform::Ctx;
use crate::platform::graphql::input::NAME_CHARS;
use crate::platform::tenancy::WriteTx;

/// What the reminder of a loss rests on.
#[derive(Clone, Copy)]
pub struct WinBack<'a> {
    /// The account.
    pub account: Uuid,
    /// Its owner.
    pub owner: Uuid,
    /// The day, if there is one.
    pub on: Option<NaiveDate>,
    /// What was learned.
    pub learned: &'a str,
}

/// Brings the follow-up in line with the loss; which one it is now. One that somebody has completed or cancelled comes
/// back for a new day only.
pub async fn settle(
    ctx: &Ctx,
    tx: &WriteTx,
    old: Option<Uuid>,
    is_new_day: bool,
    win_back: WinBack<'_>,
) -> Result<Option<Uuid>> {
    let Some(due_on) = win_back.on else {
        if let Some(old) = old {
            reminder_end(ctx, tx, old, ReminderEnd::Cancelled("No win-back is planned any more.")).await?;
        }
        return Ok(None);
    };
    let reminder = Reminder {
        account: win_back.account,
        member: win_back.owner,
        due_on,
        reason: reason(ctx.request.lang, win_back.learned),
        talked_about: Some(win_back.learned.to_owned()),
    };
    if let Some(old) = old
        && (reminder_change(tx, old, reminder.clone()).await? || !is_new_day)
    {
        return Ok(Some(old));
    }
    reminder_make(ctx, tx, reminder).await.map(Some)
}

/// That it is a win-back, and what was learned: as much of it as fits.
fn reason(lang: Lang, learned: &str) -> String {
    let mut reason = format!("{}{learned}", lang.say("Win back: ", "取引再開："));
    if let Some((end, _)) = reason.char_indices().nth(NAME_CHARS) {
        let last = reason.char_indices().nth(NAME_CHARS - 1).map_or(end, |(last, _)| last);
        reason.truncate(last);
        reason.push('…');
    }
    reason
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_says_what_was_learned_as_far_as_it_fits() {
        assert_eq!(reason(Lang::En, "Too dear"), "Win back: Too dear");
        let long = reason(Lang::Ja, &"値".repeat(4_000));
        assert_eq!(long.chars().count(), NAME_CHARS);
        assert!(long.starts_with("取引再開：値") && long.ends_with("値…"));
    }
}
