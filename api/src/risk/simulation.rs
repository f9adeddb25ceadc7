//! What if: the assessment of an account as it would be if something else were so. Nothing is stored.

use chrono::{Datelike, Days, NaiveDate};
use domain::lang::Text;
use domain::policy::Action;
use domain::risk::{Cause, Evidence, EvidenceKind, FactorKind, OwnerChange, Signal};
use entity::{account, member};
use uuid::Uuid;

use super::assessed::Assessed;
use super::gather::{Known, gather};
use super::moment::Moment;
use super::{fit, reckoning};
use crate::accounts::service::account_require;
use crate::error::{Error, Result};
use crate::members::service::member_find_owner;
use crate::platform::Ctx;
use crate::platform::tenancy::TenantDb;

/// How far a day that is supposed may lie ahead.
pub const MOST_DAYS_AHEAD: u64 = 365;
/// Signals that may be supposed, and supposed to be settled, at a time.
pub const MOST_SIGNALS: usize = 20;

/// What is supposed has no row; it is told apart by numbers that are no ids, this one and those after it.
const VISIT: u128 = 1;

/// Whether an id is none: of what is supposed.
pub fn is_supposed(id: Uuid) -> bool {
    id.as_u128() <= u64::MAX.into()
}

/// What is supposed of an account.
#[derive(Clone, Debug, Default)]
pub struct Supposition {
    /// The day that is looked at, with nobody ordering until then. When nothing is said, today: with the account buying as it does, and what
    /// is supposed as if it were so already.
    pub as_of: Option<NaiveDate>,
    /// The owner's last day.
    pub last_day: Option<NaiveDate>,
    /// Who takes the account over: after that day, or today.
    pub successor: Option<Uuid>,
    /// How far the relation will have been proven to pass, 0–100.
    pub continuity: Option<i32>,
    /// What would be recorded.
    pub recorded: Vec<SupposedSignal>,
    /// Signals that would be settled.
    pub settled: Vec<Uuid>,
    /// The day of a visit.
    pub visited_on: Option<NaiveDate>,
}

/// A signal that is supposed.
#[derive(Clone, Copy, Debug)]
pub struct SupposedSignal {
    /// What would be seen.
    pub kind: FactorKind,
    /// Its cause; that of the kind when nothing is said.
    pub cause: Option<Cause>,
    /// Since when; the day looked at when nothing is said.
    pub occurred_on: Option<NaiveDate>,
}

/// An account as it is, and as it would be.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// The day that was looked at.
    pub day: NaiveDate,
    /// As things are.
    pub before: Assessed,
    /// As they would be.
    pub after: Assessed,
}

/// Assesses an account as it is and as it would be on a day; none when the caller does not see it.
pub async fn assessment_simulate(ctx: &Ctx, account: Uuid, what: &Supposition) -> Result<Option<Simulation>> {
    ctx.authorize(Action::AssessmentRead)?;
    let now = Moment::on(ctx, None)?;
    what.check(now.day)?;
    let db = ctx.read().await?;
    let account = match account_require(ctx, &db, Action::AssessmentRead, account, &["accountId"]).await {
        Ok(account) => account,
        Err(Error::User(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let successor = what.successor(ctx, &db, now.day).await?;
    let fit = fit::kept(&db, &now).await?;
    let tenant = ctx.tenant()?;
    let known = known_of(&db, &now, account.id).await?;
    let before = reckoning::one(account.id, tenant, &now, &fit.model, &known);
    let then = now.ahead(what.as_of.unwrap_or(now.day));
    let mut known = if then == now {
        known
    } else {
        known_of(&db, &then, account.id).await?
    };
    what.apply(&mut known, &account, successor.as_ref(), now.day, then.day)?;
    let after = reckoning::one(account.id, tenant, &then, &fit.model, &known);
    Ok(Some(Simulation {
        day: then.day,
        before,
        after,
    }))
}

async fn known_of(db: &TenantDb, moment: &Moment, account: Uuid) -> Result<Known> {
    Ok(gather(db, moment, &[account])
        .await?
        .remove(&account)
        .unwrap_or_default())
}

impl Supposition {
    /// The first day with another owner, if there is to be one.
    fn switch(&self, today: NaiveDate) -> Option<NaiveDate> {
        let after = |last_day: NaiveDate| last_day.succ_opt().unwrap_or(last_day);
        self.last_day.map(after).or(self.successor.map(|_| today))
    }

    /// The day on which what is supposed for a day counts as happening.
    fn counts_on(&self, supposed: NaiveDate, day: NaiveDate) -> NaiveDate {
        match self.as_of {
            Some(_) => supposed,
            None => supposed.min(day),
        }
    }

    fn check(&self, today: NaiveDate) -> Result<()> {
        let supposes = self.as_of.is_some()
            || self.last_day.is_some()
            || self.successor.is_some()
            || self.visited_on.is_some()
            || !self.recorded.is_empty()
            || !self.settled.is_empty();
        if !supposes {
            return refuse(
                "Suppose something: a departure, a successor, a signal, a visit, or a later day.",
                "仮定を1つ以上指定してください（退任、後任、シグナル、訪問、または将来の日付）。",
            );
        }
        let furthest = today.checked_add_days(Days::new(MOST_DAYS_AHEAD)).unwrap_or(today);
        let ahead = [self.as_of, self.last_day, self.visited_on];
        if ahead.iter().flatten().any(|day| *day < today || *day > furthest) {
            return refuse(
                format!("A day that is supposed is today or at most {MOST_DAYS_AHEAD} days ahead."),
                format!("仮定する日付は今日から{MOST_DAYS_AHEAD}日以内で指定してください。"),
            );
        }
        let since = self.recorded.iter().filter_map(|one| one.occurred_on);
        if since.into_iter().any(|day| day.year() < 1900 || day > furthest) {
            return refuse(
                "A signal occurs on a day since 1900 that is not too far ahead.",
                "シグナルの発生日が正しくありません。",
            );
        }
        if self.recorded.len() > MOST_SIGNALS || self.settled.len() > MOST_SIGNALS {
            return refuse(
                format!("At most {MOST_SIGNALS} signals may be supposed, and settled, at a time."),
                format!("仮定できるシグナルは、追加・解決それぞれ{MOST_SIGNALS}件までです。"),
            );
        }
        if self.recorded.iter().any(|one| !one.kind.recordable()) {
            return refuse(
                "Nobody records a kind that is measured.",
                "自動で計測される種別は仮定できません。",
            );
        }
        match self.continuity {
            Some(continuity) if !(0..=100).contains(&continuity) => refuse(
                "A continuity score is 0 to 100.",
                "継続スコアは0〜100で指定してください。",
            ),
            Some(_) if self.switch(today).is_none() => refuse(
                "Continuity is that of a change of owner: suppose a departure or a successor, too.",
                "継続スコアは、退任または後任と併せて指定してください。",
            ),
            _ => Ok(()),
        }
    }

    async fn successor(&self, ctx: &Ctx, db: &TenantDb, today: NaiveDate) -> Result<Option<member::Model>> {
        let Some(id) = self.successor else { return Ok(None) };
        let on = self.switch(today).unwrap_or(today);
        match member_find_owner(ctx, db, id, on).await? {
            Some(found) => Ok(Some(found)),
            None => refuse(
                "successorId names nobody who could look after the account then.",
                "successorId の担当者は、その時点で取引先を担当できません。",
            ),
        }
    }

    /// Makes what is known of the account what it would be on `day`.
    fn apply(
        &self,
        known: &mut Known,
        account: &account::Model,
        successor: Option<&member::Model>,
        today: NaiveDate,
        day: NaiveDate,
    ) -> Result<()> {
        // What is to come only after the day has changed nothing by then.
        let by_then = |supposed: &NaiveDate| *supposed <= day;
        if let Some(switch) = self.switch(today).map(|on| self.counts_on(on, day)).filter(by_then) {
            // The change to come takes the place of those that were.
            known.relation.owners = vec![OwnerChange {
                day: switch,
                member: successor.map_or(account.owner_id, |member| member.id),
                joined_on: successor.map(|member| member.joined_on),
                handover: None,
                continuity: u8::try_from(self.continuity.unwrap_or(0)).unwrap_or(0),
                proofs: Vec::new(),
            }];
        }
        if let Some(visited_on) = self.visited_on.map(|on| self.counts_on(on, day)).filter(by_then) {
            let last = known.relation.last_talk.filter(|(_, last)| *last > visited_on);
            known.relation.last_talk = last.or(Some((Uuid::from_u128(VISIT), visited_on)));
        }
        for settled in &self.settled {
            let open = known
                .told
                .iter_mut()
                .find(|one| one.source.id == *settled && one.resolved_on.is_none());
            let Some(signal) = open else {
                return refuse(
                    "settledSignalIds names a signal that is not an open one of this account.",
                    "settledSignalIds に、この取引先の未解決のシグナルではないものが含まれています。",
                );
            };
            signal.resolved_on = Some(today.max(signal.since));
        }
        let recorded = self.recorded.iter().zip(VISIT + 1..);
        known.told.extend(recorded.map(|(one, place)| {
            let since = one.occurred_on.map_or(day, |on| self.counts_on(on, day));
            one.signal(since, Uuid::from_u128(place))
        }));
        Ok(())
    }
}

impl SupposedSignal {
    fn signal(&self, since: NaiveDate, id: Uuid) -> Signal {
        let source = Evidence {
            kind: EvidenceKind::Signal,
            id,
        };
        Signal {
            cause: self.cause,
            ..Signal::of(self.kind, source, since)
        }
    }
}

fn refuse<T>(
    en: impl Into<std::borrow::Cow<'static, str>>,
    ja: impl Into<std::borrow::Cow<'static, str>>,
) -> Result<T> {
    let Text { en, ja } = Text::new(en, ja);
    Err(Error::bad_input(en, ja))
}
