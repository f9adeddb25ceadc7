//! Planning a handover: who takes the account over, until when, and the steps in between.

use chrono::{Days, NaiveDate};
use domain::calendar::WorkingDays;
use domain::handover::{KeyContact, Plan, Status, Template, plan};
use domain::lang::Text;
use domain::policy::Action;
use entity::{departure_handover, handover, handover_step, member};
use sea_orm::Set;
use serde_json::json;
use uuid::Uuid;

use super::continuity::key_contact;
use super::queries;
use super::service::reread;
use crate::error::{Error, Result, UserErrorCode};
use crate::follow_ups::service::Moves;
use crate::handover_templates::service::template_of;
use crate::platform::Ctx;
use crate::platform::events::NewEvent;
use crate::platform::graphql::input::{Checks, NAME_CHARS, NOTE_CHARS};
use crate::platform::tenancy::{Columns, WriteTx};
use crate::{accounts, contacts, members};

/// A last day is at most so many days ahead.
const FURTHEST_DAYS: u64 = 730;

/// What a handover is planned from.
#[derive(Clone, Debug)]
pub struct HandoverDraft {
    /// The account.
    pub account: Uuid,
    /// Who takes it over.
    pub to: Uuid,
    /// The last day of the one who owns it now.
    pub last_day: NaiveDate,
    /// Why.
    pub reason: String,
    /// Anything else.
    pub note: Option<String>,
    /// Which follow-ups pass on too.
    pub moves: Moves,
}

/// Opens a handover of the account from its owner to a successor, with its steps.
pub async fn handover_plan(ctx: &Ctx, draft: HandoverDraft) -> Result<handover::Model> {
    ctx.authorize(Action::HandoverPlan)?;
    let today = ctx.today()?;
    let tx = ctx.write().await?;
    let account =
        accounts::service::account_require_live(ctx, &tx, Action::HandoverPlan, draft.account, &["accountId"]).await?;
    let to = members::member_require_owner(ctx, &tx, draft.to, &["toMemberId"]).await?;
    let terms = checked(&draft, today, account.owner_id, &to)?;
    if queries::open_of(&tx, account.id).await?.is_some() {
        return Err(already_open());
    }
    let opening = Opening {
        account: account.id,
        from: account.owner_id,
        to: to.id,
    };
    let opened = handovers_open(ctx, &tx, &[opening], &terms).await?;
    tx.commit().await?;
    match opened.first() {
        Some(id) => reread(ctx, *id).await,
        None => Err(Error::internal("no handover was opened")),
    }
}

/// An account that passes from its owner to somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The account.
    pub account: Uuid,
    /// Its owner.
    pub from: Uuid,
    /// Who takes it over.
    pub to: Uuid,
}

/// What handovers that are opened together have in common.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The owner's last day.
    pub last_day: NaiveDate,
    /// Why.
    pub reason: String,
    /// Anything else.
    pub note: Option<String>,
    /// Which follow-ups pass on too.
    pub moves: Moves,
}

/// Opens handovers with their steps, in as many statements as of one, inside the transaction of a caller who holds the
/// accounts and the successors and has found none of the accounts under handover. Their ids, in the order given.
pub async fn handovers_open(ctx: &Ctx, tx: &WriteTx, openings: &[Opening], terms: &Terms) -> Result<Vec<Uuid>> {
    let today = ctx.today()?;
    let template = template_of(tx).await?;
    let working_days = working_days(ctx, &template, today, terms.last_day)?;
    let accounts: Vec<Uuid> = openings.iter().map(|opening| opening.account).collect();
    let contacts = contacts::service::key_contacts_of(ctx, tx, &accounts, Columns::all()).await?;
    let (mut ids, mut rows, mut steps) = (Vec::new(), Vec::new(), Vec::new());
    for opening in openings {
        let contacts = contacts.get(&opening.account).map_or(&[][..], Vec::as_slice);
        let contacts: Vec<KeyContact> = contacts.iter().map(key_contact).collect();
        let plan = plan(&template, today, terms.last_day, &contacts, |day| {
            working_days.includes(day)
        });
        let id = Uuid::now_v7();
        rows.push(row(ctx, id, opening, terms, plan.no_time));
        steps.extend(step_rows(id, &plan, terms.last_day));
        tx.emit(
            NewEvent::new("handover.planned", "hand", id)
                .on_account(opening.account)
                .with(json!({
                    "version": 1, "fromMember": opening.from, "toMember": opening.to,
                    "steps": plan.steps.len(), "dropped": plan.dropped.len(), "noTime": plan.no_time,
                })),
        );
        emit_access(tx, opening.account, opening.to, "HANDOVER_PLANNED");
        ids.push(id);
    }
    tx.insert_many(rows).await.map_err(opened_meanwhile)?;
    tx.insert_many(steps).await?;
    Ok(ids)
}

/// Notes that these handovers were opened for a departure.
pub async fn handovers_link(tx: &WriteTx, departure: Uuid, handovers: &[Uuid]) -> Result<()> {
    let links = handovers.iter().map(|handover| departure_handover::ActiveModel {
        tenant_id: Set(Uuid::nil()),
        handover_id: Set(*handover),
        departure_id: Set(departure),
    });
    Ok(tx.insert_many(links.collect()).await?)
}

fn row(ctx: &Ctx, id: Uuid, opening: &Opening, terms: &Terms, no_time: bool) -> handover::ActiveModel {
    handover::ActiveModel {
        tenant_id: Set(Uuid::nil()),
        id: Set(id),
        account_id: Set(opening.account),
        from_member_id: Set(opening.from),
        to_member_id: Set(opening.to),
        status: Set(Status::Planned.as_str().into()),
        reason: Set(terms.reason.clone()),
        note: Set(terms.note.clone()),
        last_day: Set(terms.last_day),
        planned_at: Set(ctx.now),
        switched_at: Set(None),
        ended_at: Set(None),
        end_reason: Set(None),
        overridden: Set(false),
        no_time: Set(no_time),
        moves_follow_ups: Set(terms.moves.own),
        moves_others_follow_ups: Set(terms.moves.others),
        stalled_since: Set(None),
        planned_by_id: Set(ctx.actor.member()),
        version: Set(1),
        created_at: Set(ctx.now),
    }
}

/// The working days of the tenant's country while a handover lasts.
fn working_days(ctx: &Ctx, template: &Template, today: NaiveDate, last_day: NaiveDate) -> Result<WorkingDays> {
    let until = last_day
        .checked_add_days(Days::new(template.longest_days()))
        .unwrap_or(last_day);
    Ok(WorkingDays::of(&ctx.tenant()?.country, today, until))
}

/// What is wrong with a last day, told at the field `lastDay`.
pub fn last_day_check(checks: &mut Checks, today: NaiveDate, last_day: NaiveDate) {
    checks.require(
        last_day >= today,
        "lastDay",
        UserErrorCode::Invalid,
        Text::fixed("The last day is past.", "最終日が過去の日付です。"),
    );
    let furthest = today.checked_add_days(Days::new(FURTHEST_DAYS)).unwrap_or(today);
    checks.require(
        last_day <= furthest,
        "lastDay",
        UserErrorCode::Invalid,
        Text::fixed(
            "The last day is at most two years ahead.",
            "最終日は2年以内の日付で指定してください。",
        ),
    );
}

/// Everything that the caller can mend about his words and the successor, at once.
fn checked(draft: &HandoverDraft, today: NaiveDate, owner: Uuid, to: &member::Model) -> Result<Terms> {
    let mut checks = Checks::default();
    let reason = checks.text("reason", draft.reason.clone(), NAME_CHARS);
    let note = checks.optional("note", draft.note.clone(), NOTE_CHARS);
    last_day_check(&mut checks, today, draft.last_day);
    checks.require(
        draft.to != owner,
        "toMemberId",
        UserErrorCode::Invalid,
        Text::fixed(
            "This member owns the account already.",
            "このメンバーはすでにこの取引先の担当者です。",
        ),
    );
    // Ownership switches after the last day, so the successor must still be there then.
    checks.require(
        to.last_day.is_none_or(|leaves| leaves > draft.last_day),
        "toMemberId",
        UserErrorCode::Invalid,
        Text::fixed(
            "This member leaves before he could take the account over.",
            "このメンバーは引き継ぎ日より前に退職します。",
        ),
    );
    checks.done()?;
    Ok(Terms {
        last_day: draft.last_day,
        reason,
        note,
        moves: draft.moves,
    })
}

fn already_open() -> Error {
    Error::user(
        &["accountId"],
        UserErrorCode::Conflict,
        Text::fixed(
            "The account is being handed over already: complete or cancel that first.",
            "この取引先はすでに引き継ぎ中です。先に完了または取り消してください。",
        ),
    )
}

/// Two who plan at once both find no open handover; the unique index lets one through.
fn opened_meanwhile(error: sea_orm::DbErr) -> Error {
    if Error::is_unique_violation(&error) {
        return already_open();
    }
    error.into()
}

fn step_rows(handover: Uuid, plan: &Plan, last_day: NaiveDate) -> Vec<handover_step::ActiveModel> {
    let planned = plan
        .steps
        .iter()
        .map(|step| (step.kind, &step.title, step.contact, step.due_on, None));
    // A dropped step has no day of its own; the column wants one.
    let dropped = plan
        .dropped
        .iter()
        .map(|step| (step.kind, &step.title, step.contact, last_day, Some(step.why)));
    planned
        .chain(dropped)
        .zip(0_i16..)
        .map(
            |((kind, title, contact, due_on, dropped), position)| handover_step::ActiveModel {
                tenant_id: Set(Uuid::nil()),
                id: Set(Uuid::now_v7()),
                handover_id: Set(handover),
                kind: Set(kind.as_str().into()),
                contact_id: Set(contact),
                due_on: Set(due_on),
                dropped_reason: Set(dropped.map(|why| why.as_str().to_owned())),
                fulfilled_by_id: Set(None),
                fulfilled_at: Set(None),
                position: Set(position),
                title: Set(title.clone()),
            },
        )
        .collect()
}

/// Whether this member sees the account has changed: his phone learns from it.
pub(super) fn emit_access(tx: &WriteTx, account: Uuid, member: Uuid, reason: &'static str) {
    tx.emit(
        NewEvent::new("access.changed", "acct", account)
            .on_account(account)
            .with(json!({ "members": [member], "reason": reason })),
    );
}
