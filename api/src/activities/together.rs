//! Recording what many record at the same moment in one company: one transaction for all of it.
//!
//! Only what is plain goes together: nothing but the account, its contacts and the company's log has to be looked at for it. All
//! else, and what turns out not to be plain, is recorded alone, and answered there if it is to be refused.

use std::collections::HashMap;
use std::iter;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::policy::Action;
use entity::{account, activity};
use uuid::Uuid;

use super::hanging::Hanging;
use super::last_touch::last_touch_raise;
use super::links;
use super::record::{ActivityDraft, Recorded, alone, new_row, told_of};
use crate::accounts::service::accounts_live;
use crate::contacts::service::accounts_of_contacts;
use crate::error::{Error, Result};
use crate::platform::Ctx;
use crate::platform::combiner::{Combiner, Joined};
use crate::platform::tenancy::{Columns, When, WriteTx};

/// Activities that are recorded at the same moment, by company.
pub type Recordings = Combiner<Asked, Outcome>;

/// What one caller records.
pub struct Asked {
    ctx: Arc<Ctx>,
    draft: ActivityDraft,
    /// What is answered of its account.
    of_account: Columns<account::Entity>,
}

/// What came of it.
pub enum Outcome {
    /// It is on record.
    Recorded(Box<Recorded>),
    /// Nothing: it is to be recorded alone.
    Alone(ActivityDraft),
    /// The database failed, and what was sent may be on record or not.
    Failed(Error),
}

/// Whether it may be plain, as far as is known without looking.
pub fn is_possible(ctx: &Ctx, draft: &ActivityDraft) -> bool {
    let is_own = ctx.actor.member().is_some() && draft.member.is_none_or(|member| ctx.actor.member() == Some(member));
    let hangs = draft.external_id.is_some() || draft.follow_up.is_some() || !draft.with_members.is_empty();
    is_own && !hangs && ctx.repeatable().is_none()
}

/// Records it with what others record, when others do.
pub async fn record(ctx: &Arc<Ctx>, draft: ActivityDraft, of_account: Columns<account::Entity>) -> Result<Recorded> {
    let (tenant, recordings) = (ctx.tenant()?.id, &ctx.app.recordings);
    let asked = Asked {
        ctx: Arc::clone(ctx),
        draft,
        of_account,
    };
    let joined = match recordings.begin(tenant) {
        Some(turn) => Joined::Turn(turn, asked),
        None => {
            // Those at work need connections.
            ctx.end_read().await?;
            let mut joined = recordings.wait(tenant, asked).await?;
            if let Joined::Turn(turn, _) = &mut joined
                && ctx.app.database.let_others_go(tenant).await
            {
                turn.keep_few();
            }
            joined
        }
    };
    let outcome = match joined {
        Joined::Turn(turn, asked) => turn.work(asked, record_all).await?,
        Joined::Done(outcome) => outcome,
    };
    match outcome {
        Outcome::Recorded(recorded) => Ok(*recorded),
        Outcome::Alone(draft) => Box::pin(alone(ctx, draft)).await,
        Outcome::Failed(error) => Err(error),
    }
}

/// What came of each.
async fn record_all(all: Vec<Asked>) -> Vec<Outcome> {
    let begun = match all.first() {
        Some(first) => first.ctx.write().await,
        None => return Vec::new(),
    };
    let tx = match begun {
        Ok(tx) => tx,
        // Others may have a connection where they are.
        Err(error) => {
            let others = all.into_iter().skip(1).map(|asked| Outcome::Alone(asked.draft));
            return iter::once(Outcome::Failed(error)).chain(others).collect();
        }
    };
    let rows = match write(&tx, &all).await {
        Ok((rows, _)) if rows.iter().all(Option::is_none) => rows,
        Ok((rows, last)) => match tx.finish(last).await.map_err(Error::from) {
            Ok(()) => rows,
            Err(error) => return all.iter().map(|_| Outcome::Failed(error.clone())).collect(),
        },
        // Nothing is on record, and whose fault it is shows when each is recorded alone.
        Err(error) => {
            tracing::warn!(%error, count = all.len(), "what was to be recorded together is recorded one by one");
            all.iter().map(|_| None).collect()
        }
    };
    all.into_iter()
        .zip(rows)
        .map(|(Asked { ctx, draft, .. }, row)| match row {
            Some((row, account)) => match Recorded::new(&ctx, row, account) {
                Ok(recorded) => Outcome::Recorded(Box::new(recorded)),
                Err(error) => Outcome::Failed(error),
            },
            None => Outcome::Alone(draft),
        })
        .collect()
}

type Row = (activity::ActiveModel, account::Model);

/// Writes what is plain: its row and account, or nothing at the place of what is not; and the number of the last event.
async fn write(tx: &WriteTx, all: &[Asked]) -> Result<(Vec<Option<Row>>, Option<i64>)> {
    let wanted: Vec<_> = all
        .iter()
        .map(|asked| (asked.ctx.as_ref(), asked.draft.account))
        .collect();
    let columns = of_accounts(all).with(account::Column::LastTouchSort);
    let accounts = accounts_live(tx, Action::ActivityRecord, &wanted, columns).await?;
    let ids: Vec<Uuid> = accounts.iter().flatten().map(|account| account.id).collect();
    if ids.is_empty() {
        return Ok((all.iter().map(|_| None).collect(), None));
    }
    let contacts: Vec<Uuid> = all
        .iter()
        .flat_map(|asked| asked.draft.contacts.iter().copied())
        .collect();
    let of_contacts = accounts_of_contacts(tx, &contacts).await?;
    let members: Vec<Uuid> = all.iter().filter_map(|asked| asked.ctx.actor.member()).collect();
    let hanging = Hanging::at(tx, &ids, &members, &contacts).await?;

    let (mut written, mut rows, mut contact_rows) = (Vec::new(), Vec::new(), Vec::new());
    let mut raised: HashMap<Uuid, DateTime<Utc>> = HashMap::new();
    for (Asked { ctx, draft, .. }, account) in all.iter().zip(accounts) {
        let (Some(account), Some(member)) = (account, ctx.actor.member()) else {
            written.push(None);
            continue;
        };
        let are_his = draft.contacts.iter().all(|id| of_contacts.get(id) == Some(&account.id));
        if !are_his || hanging.is_proven_by(account.id, |id| id == member || draft.contacts.contains(&id)) {
            written.push(None);
            continue;
        }
        let id = Uuid::now_v7();
        let row = new_row(ctx, tx.tenant(), id, member, draft);
        rows.push(row.clone());
        contact_rows.extend(links::contact_rows(tx.tenant(), id, &draft.contacts));
        tx.emit(told_of(id, draft, false).by(ctx.actor.kind_and_id(), ctx.now));
        if draft.occurred_at > account.last_touch_sort {
            let latest = raised.entry(account.id).or_insert(draft.occurred_at);
            *latest = draft.occurred_at.max(*latest);
        }
        written.push(Some((row, account)));
    }
    tx.insert_many_when(When::AtCommit, rows).await?;
    tx.insert_many_when(When::AtCommit, contact_rows).await?;
    for (_, account) in written.iter_mut().flatten() {
        account.last_touch_sort = raised.get(&account.id).copied().unwrap_or(account.last_touch_sort);
    }
    last_touch_raise(tx, When::AtCommit, raised).await?;
    let last = tx.write_out().await?;
    Ok((written, last))
}

/// What all ask for of their accounts. Where they differ it is everything: each mixture would be a statement of its own.
fn of_accounts(all: &[Asked]) -> Columns<account::Entity> {
    let mut asked = all.iter().map(|asked| asked.of_account);
    let first = asked.next().unwrap_or_else(Columns::all);
    match asked.all(|other| other == first) {
        true => first,
        false => Columns::all(),
    }
}
