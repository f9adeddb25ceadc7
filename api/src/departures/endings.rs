//! How a departure ends: it is called off, or its last day is over.

use domain::departure::{DepartureKind, DepartureStatus};
use domain::lang::Text;
use domain::policy::Action;
use entity::{departure, handover};
use sea_orm::Set;
use serde_json::json;
use uuid::Uuid;

use super::queries;
use super::service::{require, reread};
use crate::error::{Error, Result, UserErrorCode};
use crate::platform::Ctx;
use crate::platform::events::{NewEvent, reader};
use crate::platform::graphql::input::{Checks, NOTE_CHARS};
use crate::{follow_ups, handovers, members};

/// A handover that goes on although its departure was called off.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The handover.
    pub handover: handover::Model,
    /// Why.
    pub why: Text,
}

/// What became of the handovers of a departure that was called off.
#[derive(Clone, Debug)]
pub struct Undone {
    /// The departure.
    pub departure: departure::Model,
    /// How many were cancelled.
    pub cancelled: usize,
    /// Those that go on.
    pub kept: Vec<Kept>,
}

/// Cancels the handovers of a departure that are still PLANNED; the others go on, and are given back with the reason. A
/// member who was to leave has no last day any more.
///
/// `CONFLICT` when the last day is over, or it was called off already.
pub async fn departure_undo(ctx: &Ctx, id: Uuid, version: i64, reason: String) -> Result<Undone> {
    ctx.authorize(Action::DeparturePlan)?;
    let mut checks = Checks::default();
    let reason = checks.text("reason", reason, NOTE_CHARS);
    checks.done()?;
    let tx = ctx.write().await?;
    let old = require(ctx, &tx, id).await?;
    if old.status != DepartureStatus::Planned.as_str() || old.last_day < ctx.today()? {
        return Err(Error::user(
            &["id"],
            UserErrorCode::Conflict,
            Text::fixed(
                "The departure is over, or was undone already.",
                "この退職・異動はすでに終了したか、取り消されています。",
            ),
        ));
    }
    if old.version != version {
        return Err(reader::stale(&tx, id, version, old.version).await?);
    }
    let (cancelled, kept) = handovers::service::handovers_call_off(ctx, &tx, id, &reason).await?;
    let change = departure::ActiveModel {
        status: Set(DepartureStatus::Undone.as_str().into()),
        ended_at: Set(Some(ctx.now)),
        undo_reason: Set(Some(reason)),
        ..Default::default()
    };
    if !queries::change(&tx, &old, change).await? {
        return Err(reader::stale(&tx, id, version, version + 1).await?);
    }
    if old.kind == DepartureKind::Leaving.as_str() {
        let leaver = members::member_require_active(&tx, old.member_id, &["id"]).await?;
        members::service::member_last_day_set(&tx, &leaver, None).await?;
    }
    tx.emit(NewEvent::new("departure.undone", "dep", id).with(json!({
        "version": version + 1, "member": old.member_id, "cancelled": cancelled, "kept": kept.len(),
    })));
    tx.commit().await?;
    let departure = reread(ctx, id).await?;
    let kept = kept.into_iter().map(|handover| Kept {
        handover,
        why: Text::fixed(
            "Contacts have met the successor already: cancel it by itself if it is to end.",
            "すでに後任を紹介済みのため継続します。終了する場合は個別に取り消してください。",
        ),
    });
    Ok(Undone {
        departure,
        cancelled,
        kept: kept.collect(),
    })
}

/// What a departure that ends leaves behind: see [`super::jobs`].
pub(super) async fn end(ctx: &Ctx, id: Uuid) -> Result<()> {
    let tx = ctx.write().await?;
    let old = require(ctx, &tx, id).await?;
    let today = ctx.today()?;
    if old.status != DepartureStatus::Planned.as_str() || old.last_day >= today {
        return Ok(());
    }
    let change = departure::ActiveModel {
        status: Set(DepartureStatus::Ended.as_str().into()),
        ended_at: Set(Some(ctx.now)),
        ..Default::default()
    };
    if !queries::change(&tx, &old, change).await? {
        return Ok(());
    }
    let places = if old.ends_team_places {
        crate::accounts::book::team_places_end(&tx, old.member_id).await?
    } else {
        Vec::new()
    };
    // Nothing keeps arriving at one who has left, or is no longer on the team.
    let where_to = (old.kind != DepartureKind::Leaving.as_str()).then_some(places.as_slice());
    let follow_ups = follow_ups::service::follow_ups_leave(ctx, &tx, old.member_id, where_to).await?;
    tx.emit(NewEvent::new("departure.ended", "dep", id).with(json!({
        "version": old.version + 1, "member": old.member_id, "teamPlaces": places.len(), "followUps": follow_ups,
    })));
    tx.commit().await?;
    Ok(())
}
