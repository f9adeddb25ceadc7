//! Handovers as the API shows them.

use async_graphql::{ComplexObject, Context, Enum, SimpleObject};
use chrono::{DateTime, Utc};
use domain::handover::DropReason;
use entity::{handover, handover_step};
use uuid::Uuid;

use super::continuity::Facts;
use super::continuity_schema::{Continuity, Plan};
use super::loaders::{ContinuityOf, HandoversOf, OpenHandoverOf, StepsOf};
use super::{HandoverId, StepId};
use crate::accounts::{Account, AccountById};
use crate::activities::{Activity, ActivityById};
use crate::briefings;
use crate::contacts::{self, Contact, ContactById};
use crate::error::{Error, Result};
use crate::members::{Member, loaders::MemberById};
use crate::platform::graphql::{Date, cost, cx, list_size, loaders};

/// Where a handover stands.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::handover::Status")]
pub enum HandoverStatus {
    /// Planned; nobody was introduced yet.
    Planned,
    /// At least one contact has met the successor together with the one who leaves.
    Introducing,
    /// The successor owns the account and proves the relation.
    Bonding,
    /// The relation passed over.
    Completed,
    /// The relation did not pass over, or the account was lost meanwhile.
    Failed,
    /// Called off before ownership switched.
    Cancelled,
}

/// What is to be done in a step of a handover.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::handover::StepKind")]
pub enum HandoverStepKind {
    /// The one who leaves briefs the successor.
    Briefing,
    /// Both meet the contact together.
    Introduction,
    /// The successor meets the contact without the one who left.
    SoloMeeting,
    /// How it goes, on a day of the tenant's template.
    Check,
    /// How it goes after 30 days.
    #[graphql(name = "CHECK_30")]
    Check30,
    /// How it goes after 60 days.
    #[graphql(name = "CHECK_60")]
    Check60,
    /// How it goes after 90 days.
    #[graphql(name = "CHECK_90")]
    Check90,
}

/// Why a step is not in the plan.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::handover::DropReason")]
pub enum StepDropReason {
    /// No working day is left before the last one.
    NoTime,
    /// Fewer working days are left than contacts to introduce, and others have more say.
    TooFewDays,
    /// The calendar has no working day near the day it would be due.
    NoWorkingDay,
}

/// An account passing from one member to the next.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct Handover {
    /// Id, `hand_…`.
    pub id: HandoverId,
    /// Where it stands.
    pub status: HandoverStatus,
    /// Why the account is handed over.
    pub reason: String,
    /// Anything else worth knowing.
    pub note: Option<String>,
    /// Last day of the one who leaves; ownership switches when it is over at the tenant.
    pub last_day: Date,
    /// True when it was planned with no working day left for introductions.
    pub no_time: bool,
    /// Whether the leaver's open follow-ups on the account pass on when ownership switches.
    pub moves_follow_ups: bool,
    /// Whether the open follow-ups of others on the account pass on then.
    pub moves_others_follow_ups: bool,
    /// True when it was completed below the tenant's threshold, with a reason.
    pub overridden: bool,
    /// Since when the day of a step has passed without it; null when none is late.
    pub stalled_since: Option<DateTime<Utc>>,
    /// Instant of the plan; touches since then prove continuity.
    pub planned_at: DateTime<Utc>,
    /// Instant at which ownership switched; null until then.
    pub switched_at: Option<DateTime<Utc>>,
    /// Instant at which it was completed, failed or cancelled; null while it is open.
    pub ended_at: Option<DateTime<Utc>>,
    /// Why it ended so: given when it failed, was cancelled or was completed below the threshold.
    pub end_reason: Option<String>,
    /// Counts the changes: a change names the version that it saw.
    pub version: i64,
    #[graphql(skip)]
    row: Row,
}

#[derive(Clone)]
struct Row {
    facts: Facts,
    from: Uuid,
    to: Uuid,
    planned_by: Option<Uuid>,
}

impl Handover {
    /// Of a row.
    pub fn of(model: handover::Model) -> Result<Self> {
        let facts = Facts::of(&model);
        let handover::Model {
            tenant_id: _,
            id,
            account_id: _,
            from_member_id,
            to_member_id,
            status,
            reason,
            note,
            last_day,
            planned_at,
            switched_at,
            ended_at,
            end_reason,
            overridden,
            no_time,
            moves_follow_ups,
            moves_others_follow_ups,
            stalled_since,
            planned_by_id,
            version,
            created_at: _,
        } = model;
        Ok(Self {
            id: id.into(),
            status: status
                .parse::<domain::handover::Status>()
                .map_err(Error::internal)?
                .into(),
            reason,
            note,
            last_day: Date(last_day),
            no_time,
            moves_follow_ups,
            moves_others_follow_ups,
            overridden,
            stalled_since,
            planned_at,
            switched_at,
            ended_at,
            end_reason,
            version,
            row: Row {
                facts,
                from: from_member_id,
                to: to_member_id,
                planned_by: planned_by_id,
            },
        })
    }
}

async fn member(gql: &Context<'_>, id: Uuid) -> Result<Option<Member>> {
    Ok(loaders(gql).load_one(MemberById(id)).await?.map(Member::from))
}

pub(super) async fn contact(gql: &Context<'_>, id: Uuid) -> Result<Option<Contact>> {
    Ok(loaders(gql).load_one(ContactById(id)).await?.map(Contact::from))
}

pub(super) async fn activities(gql: &Context<'_>, ids: &[Uuid]) -> Result<Vec<Activity>> {
    let mut found = loaders(gql).load_many(ids.iter().copied().map(ActivityById)).await?;
    let rows = ids.iter().filter_map(|id| found.remove(&ActivityById(*id)));
    Ok(rows.map(Activity::from).collect())
}

#[ComplexObject]
impl Handover {
    /// The account.
    async fn account(&self, gql: &Context<'_>) -> Result<Option<Account>> {
        let row = loaders(gql).load_one(AccountById(self.row.facts.account)).await?;
        Ok(row.map(Account::from))
    }

    /// The member who leaves.
    async fn from(&self, gql: &Context<'_>) -> Result<Option<Member>> {
        member(gql, self.row.from).await
    }

    /// The member who takes over.
    async fn to(&self, gql: &Context<'_>) -> Result<Option<Member>> {
        member(gql, self.row.to).await
    }

    /// The member who planned it; null when an integration did.
    async fn planned_by(&self, gql: &Context<'_>) -> Result<Option<Member>> {
        match self.row.planned_by {
            Some(id) => member(gql, id).await,
            None => Ok(None),
        }
    }

    /// Its steps by due day, then those that did not fit; at most 218.
    #[graphql(directive = list_size::apply(218))]
    async fn steps(&self, gql: &Context<'_>) -> Result<Vec<HandoverStep>> {
        let rows = loaders(gql).load_one(StepsOf(self.id.0)).await?.unwrap_or_default();
        rows.into_iter().map(HandoverStep::of).collect()
    }

    /// Everything that the successor must know of the account. Null when the account may not be seen any more.
    #[graphql(directive = cost::apply("50".to_owned()))]
    async fn briefing(&self, gql: &Context<'_>) -> Result<Option<briefings::Briefing>> {
        briefings::of_handover(gql, self.id.0, self.row.facts.account).await
    }

    /// How far the relation has passed over, and the touches that prove it.
    async fn continuity(&self, gql: &Context<'_>) -> Result<Option<Continuity>> {
        let threshold = cx(gql).tenant()?.continuity_threshold;
        let key = ContinuityOf {
            facts: self.row.facts,
            contacts: contacts::wanted_below(gql, &["contacts", "contact"]),
        };
        let proof = loaders(gql).load_one(key).await?;
        let plan = Plan {
            handover: self.id.0,
            last_day: self.last_day.0,
            is_open: self.ended_at.is_none(),
        };
        Ok(proof.map(|proof| Continuity::of(proof, threshold, plan)))
    }
}

/// A step of a handover.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct HandoverStep {
    /// Id, `step_…`.
    pub id: StepId,
    /// What is to be done.
    pub kind: HandoverStepKind,
    /// What the tenant's template calls it; null when it has no name of its own.
    pub title: Option<String>,
    /// The day by which it is to be done, in the tenant's time zone; null when it did not fit.
    pub due_on: Option<Date>,
    /// Instant of the touch that did it; null while none has.
    pub fulfilled_at: Option<DateTime<Utc>>,
    /// Why it is not in the plan; null when it is.
    pub dropped: Option<StepDropReason>,
    #[graphql(skip)]
    contact_id: Option<Uuid>,
    #[graphql(skip)]
    activity_id: Option<Uuid>,
}

impl HandoverStep {
    /// Of a row.
    pub fn of(model: handover_step::Model) -> Result<Self> {
        let handover_step::Model {
            tenant_id: _,
            id,
            handover_id: _,
            kind,
            contact_id,
            due_on,
            dropped_reason,
            fulfilled_by_id,
            fulfilled_at,
            position: _,
            title,
        } = model;
        let dropped = dropped_reason.map(|why| why.parse::<DropReason>()).transpose();
        let dropped = dropped.map_err(Error::internal)?;
        Ok(Self {
            id: id.into(),
            kind: kind
                .parse::<domain::handover::StepKind>()
                .map_err(Error::internal)?
                .into(),
            title,
            due_on: dropped.is_none().then_some(Date(due_on)),
            fulfilled_at,
            dropped: dropped.map(Into::into),
            contact_id,
            activity_id: fulfilled_by_id,
        })
    }
}

#[ComplexObject]
impl HandoverStep {
    /// The contact it is with; null for briefing and checks.
    async fn contact(&self, gql: &Context<'_>) -> Result<Option<Contact>> {
        match self.contact_id {
            Some(id) => contact(gql, id).await,
            None => Ok(None),
        }
    }

    /// What must be on record for it, in the language of the request.
    async fn fulfilled_when(&self, gql: &Context<'_>) -> String {
        let when = domain::handover::StepKind::from(self.kind).fulfilled_when();
        when.get(cx(gql).request.lang).to_owned()
    }

    /// The touch that did it; null while none has.
    async fn fulfilled_by(&self, gql: &Context<'_>) -> Result<Option<Activity>> {
        match self.activity_id {
            Some(id) => Ok(activities(gql, &[id]).await?.pop()),
            None => Ok(None),
        }
    }

    /// Why it is not in the plan, in the language of the request; null when it is.
    async fn dropped_because(&self, gql: &Context<'_>) -> Option<String> {
        let why = DropReason::from(self.dropped?);
        Some(why.text().get(cx(gql).request.lang).to_owned())
    }
}

/// The handovers of an account, newest first; at most 50. The body of `Account.handovers`.
pub async fn of_account(gql: &Context<'_>, account: Uuid) -> Result<Vec<Handover>> {
    let rows = loaders(gql).load_one(HandoversOf(account)).await?.unwrap_or_default();
    rows.into_iter().map(Handover::of).collect()
}

/// The open handover of an account. The body of `Account.openHandover`.
pub async fn open_of_account(gql: &Context<'_>, account: Uuid) -> Result<Option<Handover>> {
    let row = loaders(gql).load_one(OpenHandoverOf(account)).await?;
    row.map(Handover::of).transpose()
}
