//! Departures as the API shows them, and reading them.

use async_graphql::{ComplexObject, Context, Enum, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::departure;
use uuid::Uuid;

use super::DepartureId;
use super::service::{self, Proposal, Proposed, Request};
use crate::accounts::book::BookFilter;
use crate::accounts::{Account, AccountId};
use crate::error::{Error, Result};
use crate::handovers::service::HandoverFilter;
use crate::handovers::{Handover, handover_page};
use crate::members::loaders::MemberById;
use crate::members::{Member, MemberId};
use crate::platform::graphql::{
    Connection, Date, MoneyView, PageArgs, Total, connection, cost, cx, list_size, loaders,
};
use crate::risk::RiskBand;
use crate::successors::SuccessionShare;

/// What becomes of the member.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::departure::DepartureKind")]
pub enum DepartureKind {
    /// He leaves the company: nothing can be given to him after his last day.
    Leaving,
    /// He changes his post within the company.
    Rotating,
}

/// Where a departure stands.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::departure::DepartureStatus")]
pub enum DepartureStatus {
    /// The last day is ahead, or has just passed.
    Planned,
    /// The last day is over, and what he looked after has passed on.
    Ended,
    /// It was called off.
    Undone,
}

/// A member who leaves or rotates, with a handover for each account that he owns.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct Departure {
    /// Id, `dep_…`.
    pub id: DepartureId,
    /// What becomes of the member.
    pub kind: DepartureKind,
    /// Where it stands.
    pub status: DepartureStatus,
    /// Why.
    pub reason: String,
    /// Anything else worth knowing.
    pub note: Option<String>,
    /// His last day in the post; ownership switches when it is over at the tenant.
    pub last_day: Date,
    /// Whether his places on the teams of accounts end with the last day.
    pub ends_team_places: bool,
    /// Instant of the plan.
    pub planned_at: DateTime<Utc>,
    /// Instant at which it ended or was undone; null while it is ahead.
    pub ended_at: Option<DateTime<Utc>>,
    /// Why it was undone; null when it was not.
    pub undo_reason: Option<String>,
    /// Counts the changes: a change names the version that it saw.
    pub version: i64,
    #[graphql(skip)]
    row: Row,
}

#[derive(Clone)]
struct Row {
    member: Uuid,
    planned_by: Option<Uuid>,
}

impl Departure {
    /// Of a row.
    pub fn of(model: departure::Model) -> Result<Self> {
        let departure::Model {
            tenant_id: _,
            id,
            member_id,
            kind,
            status,
            reason,
            note,
            last_day,
            ends_team_places,
            planned_by_id,
            planned_at,
            ended_at,
            undo_reason,
            version,
            created_at: _,
        } = model;
        let kind = kind.parse::<domain::departure::DepartureKind>();
        let status = status.parse::<domain::departure::DepartureStatus>();
        Ok(Self {
            id: id.into(),
            kind: kind.map_err(Error::internal)?.into(),
            status: status.map_err(Error::internal)?.into(),
            reason,
            note,
            last_day: Date(last_day),
            ends_team_places,
            planned_at,
            ended_at,
            undo_reason,
            version,
            row: Row {
                member: member_id,
                planned_by: planned_by_id,
            },
        })
    }
}

#[ComplexObject]
impl Departure {
    /// Who leaves or rotates.
    async fn member(&self, gql: &Context<'_>) -> Result<Option<Member>> {
        Ok(loaders(gql)
            .load_one(MemberById(self.row.member))
            .await?
            .map(Member::from))
    }

    /// The member who planned it; null when the service did.
    async fn planned_by(&self, gql: &Context<'_>) -> Result<Option<Member>> {
        let Some(id) = self.row.planned_by else { return Ok(None) };
        Ok(loaders(gql).load_one(MemberById(id)).await?.map(Member::from))
    }

    /// The handovers that were opened for it, newest first; those of accounts that the caller sees.
    async fn handovers(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Rows from the start or after `after`, 1–100; 20 when nothing is said.")] first: Option<i32>,
        #[graphql(desc = "Rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the end or before `before`, 1–100.")] last: Option<i32>,
        #[graphql(desc = "Rows in front of this cursor.")] before: Option<String>,
    ) -> Result<Connection<Handover>> {
        let filter = HandoverFilter {
            departure: Some(self.id.0),
            ..HandoverFilter::default()
        };
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        handover_page(gql, filter, &args).await
    }
}

/// Which of the member's accounts a departure hands over. All given conditions must hold. Of one who LEAVES the others
/// fall to his manager, else to an ADMIN, when his last day is over.
#[derive(InputObject, Default)]
pub struct DepartureFilterInput {
    /// Only these; at most 2,000.
    pub account_ids: Option<Vec<AccountId>>,
    /// Only those in one of these bands of risk.
    pub bands: Option<Vec<RiskBand>>,
    /// Only those of one of these industries.
    pub industries: Option<Vec<String>>,
    /// Only those of one of these segments.
    pub segments: Option<Vec<String>>,
}

impl From<DepartureFilterInput> for BookFilter {
    fn from(input: DepartureFilterInput) -> Self {
        Self {
            ids: input.account_ids.map(|ids| ids.into_iter().map(Into::into).collect()),
            bands: input.bands.map(|bands| bands.into_iter().map(Into::into).collect()),
            industries: input.industries,
            segments: input.segments,
        }
    }
}

/// A successor that the caller chooses himself.
#[derive(InputObject)]
pub struct DepartureSuccessorInput {
    /// The account.
    pub account_id: AccountId,
    /// Who takes it over.
    pub to_member_id: MemberId,
}

/// A departure whose effect is asked for.
#[derive(InputObject)]
pub struct DeparturePreviewInput {
    /// Who leaves or rotates.
    pub member_id: MemberId,
    /// His last day, today or later and at most two years ahead.
    pub last_day: Date,
    /// Which of his accounts; all of them when nothing is said.
    pub filter: Option<DepartureFilterInput>,
    /// Successors that you choose yourself; the others are one best assignment.
    pub successors: Option<Vec<DepartureSuccessorInput>>,
    /// Who may be proposed, at most 50. When nobody is named: the REPs and MANAGERs who are not to leave themselves, and the ADMINs
    /// when there are none.
    pub candidate_ids: Option<Vec<MemberId>>,
    /// How many accounts a member may own afterwards, 1–100,000; one and a half times an even share when nothing is said.
    /// Nobody is given more than twice an even share of the accounts that pass on.
    pub workload_limit: Option<i32>,
}

impl From<DeparturePreviewInput> for Request {
    fn from(input: DeparturePreviewInput) -> Self {
        let successors = input.successors.unwrap_or_default().into_iter();
        Self {
            member: input.member_id.0,
            last_day: input.last_day.0,
            filter: input.filter.unwrap_or_default().into(),
            successors: successors
                .map(|chosen| (chosen.account_id.0, chosen.to_member_id.0))
                .collect(),
            candidates: input.candidate_ids.map(|ids| ids.into_iter().map(Into::into).collect()),
            workload_limit: input.workload_limit,
        }
    }
}

/// What a departure would do.
pub struct DeparturePreview(Proposal);

/// Why this member was proposed.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProposalKind {
    /// He is his account's part of the best assignment of all.
    Assigned,
    /// The caller chose him.
    Chosen,
    /// Nobody had room for the account, so it falls to the leaver's manager, else to an ADMIN.
    Fallback,
}

/// An account that would be handed over.
#[derive(Clone, SimpleObject)]
pub struct DepartureProposal {
    /// The account, with its risk and its value.
    pub account: Account,
    /// Who would take it over.
    pub successor: Member,
    /// Why he was proposed.
    pub kind: ProposalKind,
    /// How well he suits the account, 0–100: the sum of the shares. Null when he was not assigned.
    pub points: Option<f64>,
    /// What each reason gives of the points; empty when he was not assigned.
    #[graphql(directive = list_size::apply(3))]
    pub shares: Vec<SuccessionShare>,
}

impl From<Proposed> for DepartureProposal {
    fn from(proposed: Proposed) -> Self {
        let Proposed {
            account,
            to,
            suits,
            is_chosen,
        } = proposed;
        Self {
            account: account.into(),
            successor: to.into(),
            kind: match (is_chosen, suits.is_some()) {
                (true, _) => ProposalKind::Chosen,
                (false, true) => ProposalKind::Assigned,
                (false, false) => ProposalKind::Fallback,
            },
            points: suits.map(|suits| suits.points),
            shares: suits.as_ref().map(SuccessionShare::all).unwrap_or_default(),
        }
    }
}

/// What a departure would do, before it is planned.
#[Object]
impl DeparturePreview {
    /// How many accounts would be handed over.
    async fn account_count(&self) -> i32 {
        i32::try_from(self.0.rows.len()).unwrap_or(i32::MAX)
    }

    /// How many of the member's accounts are handed over already; they keep their handovers.
    async fn handed_over_count(&self) -> i32 {
        i32::try_from(self.0.handed_over).unwrap_or(i32::MAX)
    }

    /// How many open handovers await the member as successor. They go on: give each another successor by cancelling and
    /// planning it anew, or the account falls to the manager of the one it comes from, else to an ADMIN.
    async fn awaited_count(&self) -> i32 {
        i32::try_from(self.0.awaited).unwrap_or(i32::MAX)
    }

    /// Sales of the last twelve months to the accounts that would be handed over.
    async fn value(&self, gql: &Context<'_>) -> Result<MoneyView> {
        let minor = self.0.rows.iter().map(|row| row.account.value_sort);
        MoneyView::from_minor(minor.fold(0, i64::saturating_add), &cx(gql).tenant()?.currency)
    }

    /// Their revenue at risk before the departure; accounts without a known risk count for nothing.
    async fn revenue_at_risk(&self, gql: &Context<'_>) -> Result<MoneyView> {
        let minor = self.0.rows.iter().map(|row| row.account.revenue_at_risk_sort.max(0));
        MoneyView::from_minor(minor.fold(0, i64::saturating_add), &cx(gql).tenant()?.currency)
    }

    /// How many accounts a member may own afterwards.
    async fn workload_limit(&self) -> i32 {
        i32::try_from(self.0.workload_limit).unwrap_or(i32::MAX)
    }

    /// How many open follow-ups the member has, on his own accounts and on those of others. On the accounts that are handed
    /// over they pass to the successors, if that is wanted; of one who leaves none stays with him.
    async fn follow_up_count(&self) -> i32 {
        i32::try_from(self.0.follow_ups).unwrap_or(i32::MAX)
    }

    /// How many open follow-ups others have on accounts that the member owns; they pass to the successors if that is wanted.
    async fn others_follow_up_count(&self) -> i32 {
        i32::try_from(self.0.others_follow_ups).unwrap_or(i32::MAX)
    }

    /// How many places on the teams of accounts the member has; they end with the last day, if that is wanted.
    async fn team_place_count(&self) -> i32 {
        i32::try_from(self.0.team_places).unwrap_or(i32::MAX)
    }

    /// True when fewer days are left than the notice of the tenant's template of handovers: 30 when it has none of its own.
    async fn is_short_notice(&self) -> bool {
        self.0.is_short_notice
    }

    /// The accounts that would be handed over, those with most revenue at risk first, each with its successor.
    async fn proposals(
        &self,
        #[graphql(desc = "How many, 1–100.", default = 20)] first: i32,
        #[graphql(desc = "Those behind this account.")] after_account_id: Option<AccountId>,
    ) -> Result<Vec<DepartureProposal>> {
        let most = match usize::try_from(first) {
            Ok(most) if (1..=MOST_PROPOSALS).contains(&first) => most,
            _ => {
                return Err(Error::bad_input(
                    format!("first is 1 to {MOST_PROPOSALS}."),
                    format!("first は1〜{MOST_PROPOSALS}で指定してください。"),
                ));
            }
        };
        let rows = &self.0.rows;
        let from = match after_account_id {
            None => 0,
            Some(id) => match rows.iter().position(|row| row.account.id == id.0) {
                Some(place) => place + 1,
                None => {
                    return Err(Error::bad_input(
                        "afterAccountId is not among these accounts: begin again.",
                        "afterAccountId は対象の取引先にありません。最初から取得してください。",
                    ));
                }
            },
        };
        let shown = rows.iter().skip(from).take(most).cloned();
        Ok(shown.map(DepartureProposal::from).collect())
    }
}

/// Most proposals shown at once.
const MOST_PROPOSALS: i32 = 100;

/// Reading departures.
#[derive(Default)]
pub struct DepartureQuery;

#[Object]
impl DepartureQuery {
    /// One departure; null when there is none that the caller may see.
    async fn departure(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Its id.")] id: DepartureId,
    ) -> Result<Option<Departure>> {
        let found = service::departure_find(cx(gql), id.0).await?;
        found.map(Departure::of).transpose()
    }

    /// The departures of members whom the caller leads, newest plan first; an ADMIN leads all.
    async fn departures(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Only those of this member.")] member_id: Option<MemberId>,
        #[graphql(desc = "Rows from the start or after `after`, 1–100; 20 when nothing is said.")] first: Option<i32>,
        #[graphql(desc = "Rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the end or before `before`, 1–100.")] last: Option<i32>,
        #[graphql(desc = "Rows in front of this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<Departure>>> {
        let member = member_id.map(Uuid::from);
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        let page = service::departure_list(cx(gql), member, &args).await?;
        let page = page.try_map(Departure::of)?;
        let total = Total::new(move |ctx| async move { service::departure_count(&ctx, member).await });
        Ok(Some(connection(page, total, |departure| departure)))
    }

    /// What the departure of a member would do: each account with its risk and value, the successor that is proposed and
    /// why. Nothing changes. Null when there is no such member or account; an input that cannot be is a BAD_USER_INPUT.
    #[graphql(directive = cost::apply("500".to_owned()))]
    async fn departure_preview(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Who leaves, when, and to whom his accounts may pass.")] input: DeparturePreviewInput,
    ) -> Result<Option<DeparturePreview>> {
        let request = Request::from(input);
        let proposal = match service::departure_preview(cx(gql), &request).await {
            Err(Error::User(errors)) => return Error::in_query(errors).map(|()| None),
            other => other?,
        };
        Ok(Some(DeparturePreview(proposal)))
    }
}
