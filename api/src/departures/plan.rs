//! Planning the departure of a member, and looking at its effect before.

use domain::departure::{DepartureKind, DepartureStatus};
use domain::lang::Text;
use domain::policy::Action;
use entity::{departure, member};
use sea_orm::Set;
use serde_json::json;
use uuid::Uuid;

use super::proposal::{MOST_ACCOUNTS, Proposal, Request, propose};
use super::queries;
use super::service::reread;
use crate::accounts::book::{book, book_lock};
use crate::error::{Error, Result, UserErrorCode};
use crate::follow_ups::service::Moves;
use crate::handovers::service::{Opening, Terms, handovers_link, handovers_open, last_day_check};
use crate::members;
use crate::platform::Ctx;
use crate::platform::events::NewEvent;
use crate::platform::graphql::input::{Checks, NAME_CHARS, NOTE_CHARS};
use crate::platform::tenancy::TenantDb;

/// What a departure is planned from.
#[derive(Clone, Debug)]
pub struct DepartureDraft {
    /// Who leaves, when, and to whom his accounts pass.
    pub request: Request,
    /// What becomes of him.
    pub kind: DepartureKind,
    /// Why.
    pub reason: String,
    /// Anything else.
    pub note: Option<String>,
    /// Which follow-ups pass on too.
    pub moves: Moves,
    /// Whether his places on the teams of accounts end with the last day.
    pub ends_team_places: bool,
}

/// What a departure would do. Nothing changes.
pub async fn departure_preview(ctx: &Ctx, request: &Request) -> Result<Proposal> {
    ctx.authorize(Action::DeparturePlan)?;
    let mut checks = Checks::default();
    last_day_check(&mut checks, ctx.today()?, request.last_day);
    checks.done()?;
    request.check()?;
    let db = ctx.read().await?;
    let leaver = leaver(ctx, &db, request.member).await?;
    let book = book(&db, leaver.id, &request.filter, MOST_ACCOUNTS + 1).await?;
    propose(ctx, &db, &leaver, request, book).await
}

/// Opens a handover of every account of the member, or of those that the filter leaves, in one transaction.
pub async fn departure_plan(ctx: &Ctx, draft: DepartureDraft) -> Result<departure::Model> {
    ctx.authorize(Action::DeparturePlan)?;
    let request = &draft.request;
    let terms = checked(ctx, &draft)?;
    let tx = ctx.write().await?;
    let leaver = leaver(ctx, &tx, request.member).await?;
    // Accounts before members, as everywhere.
    let book = book_lock(&tx, leaver.id, &request.filter, MOST_ACCOUNTS + 1).await?;
    if queries::ahead_of(&tx, leaver.id).await?.is_some() {
        return Err(planned_already());
    }
    let proposal = propose(ctx, &tx, &leaver, request, book).await?;
    let openings = proposal.rows.iter().map(|row| Opening {
        account: row.account.id,
        from: leaver.id,
        to: row.to.id,
    });
    let openings: Vec<Opening> = openings.collect();
    members::service::owners_require(ctx, &tx, openings.iter().map(|opening| opening.to)).await?;
    let id = Uuid::now_v7();
    tx.insert(row(ctx, id, &leaver, &draft, &terms))
        .await
        .map_err(planned_meanwhile)?;
    let opened = handovers_open(ctx, &tx, &openings, &terms).await?;
    handovers_link(&tx, id, &opened).await?;
    if draft.kind == DepartureKind::Leaving {
        members::service::admin_require_other(&tx, &leaver, "memberId").await?;
        members::service::member_last_day_set(&tx, &leaver, Some(terms.last_day)).await?;
    }
    tx.emit(NewEvent::new("departure.planned", "dep", id).with(json!({
        "version": 1, "member": leaver.id, "kind": draft.kind.as_str(), "handovers": opened.len(),
    })));
    tx.commit().await?;
    reread(ctx, id).await
}

/// The member, whom the caller must lead.
async fn leaver(ctx: &Ctx, db: &TenantDb, id: Uuid) -> Result<member::Model> {
    let grant = ctx.authorize(Action::DeparturePlan)?;
    let leaver = members::member_require_active(db, id, &["memberId"]).await?;
    let circle = members::circle(ctx, db, grant).await?;
    if circle.is_some_and(|circle| !circle.contains(&id)) {
        return Err(Error::Forbidden);
    }
    Ok(leaver)
}

fn checked(ctx: &Ctx, draft: &DepartureDraft) -> Result<Terms> {
    let mut checks = Checks::default();
    let reason = checks.text("reason", draft.reason.clone(), NAME_CHARS);
    let note = checks.optional("note", draft.note.clone(), NOTE_CHARS);
    last_day_check(&mut checks, ctx.today()?, draft.request.last_day);
    checks.require(
        draft.moves.own || draft.kind == DepartureKind::Rotating,
        "movesFollowUps",
        UserErrorCode::Invalid,
        Text::fixed(
            "Nothing may keep arriving at one who leaves: his follow-ups pass on.",
            "退職するメンバーのフォローアップは必ず引き継がれます。",
        ),
    );
    checks.done()?;
    draft.request.check()?;
    Ok(Terms {
        last_day: draft.request.last_day,
        reason,
        note,
        moves: draft.moves,
    })
}

fn row(ctx: &Ctx, id: Uuid, leaver: &member::Model, draft: &DepartureDraft, terms: &Terms) -> departure::ActiveModel {
    departure::ActiveModel {
        tenant_id: Set(Uuid::nil()),
        id: Set(id),
        member_id: Set(leaver.id),
        kind: Set(draft.kind.as_str().into()),
        status: Set(DepartureStatus::Planned.as_str().into()),
        reason: Set(terms.reason.clone()),
        note: Set(terms.note.clone()),
        last_day: Set(terms.last_day),
        ends_team_places: Set(draft.ends_team_places),
        planned_by_id: Set(ctx.actor.member()),
        planned_at: Set(ctx.now),
        ended_at: Set(None),
        undo_reason: Set(None),
        version: Set(1),
        created_at: Set(ctx.now),
    }
}

fn planned_already() -> Error {
    Error::user(
        &["memberId"],
        UserErrorCode::Conflict,
        Text::fixed(
            "A departure of this member is planned already: undo that first.",
            "このメンバーの退職・異動はすでに登録されています。先に取り消してください。",
        ),
    )
}

/// Two who plan at once both find none ahead; the unique index lets one through.
fn planned_meanwhile(error: sea_orm::DbErr) -> Error {
    if Error::is_unique_violation(&error) {
        return planned_already();
    }
    error.into()
}
