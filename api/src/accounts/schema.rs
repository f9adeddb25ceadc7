//! Accounts as the API shows them.

use async_graphql::{ComplexObject, Context, Enum, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{account, account_team, ownership};

use super::loaders::{OwnershipsOf, TeamOf};
use super::service::{self, AccountFilter, AccountOrder};
use super::{AccountId, AccountKind, changes};
use crate::activities::service::activities_beside;
use crate::contacts::service::contacts_beside;
use crate::error::Result;
use crate::members::service::member_beside;
use crate::members::{Member, MemberId, loaders::MemberById};
use crate::platform::Ctx;
use crate::platform::graphql::{
    Asked, Computed, Connection, Date, Found, IdKind, PageArgs, Related, Selected, Total, Writable, connection, cost,
    cx, list_size, loaders, wanted_at,
};
use crate::platform::tenancy::Columns;
use crate::{activities, contacts, decision_paths, follow_ups, handovers, losses, orders, risk};

/// Where a client stands with us.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::account::Lifecycle")]
pub enum Lifecycle {
    /// Has not bought yet.
    Prospect,
    /// Buys from us.
    Customer,
    /// Was lost.
    Lost,
}

/// A client company, or a prospect, of the tenant.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct Account {
    /// Id, `acct_…`.
    pub id: AccountId,
    /// Name as written.
    pub name: String,
    /// Reading of the name in kana.
    pub name_kana: Option<String>,
    /// Where the client stands with us.
    pub lifecycle: Lifecycle,
    /// Industry, in the tenant's own words.
    pub industry: Option<String>,
    /// Segment, in the tenant's own words.
    pub segment: Option<String>,
    /// Country, ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// Web address.
    pub website: Option<String>,
    /// The tenant's own number for the account; unique.
    pub external_id: Option<String>,
    /// How the client was won.
    pub acquisition_channel: Option<String>,
    /// Month in which the client's fiscal year ends, 1–12.
    pub fiscal_year_end_month: Option<i16>,
    /// Days within which the client is to be talked to; null: as the tenant has it.
    pub touch_cadence_days: Option<i16>,
    /// Anything else worth knowing.
    pub note: Option<String>,
    /// Instant of the last touch; null when there was none.
    pub last_touch_at: Option<DateTime<Utc>>,
    /// Since when it is archived; null when it is not.
    pub archived_at: Option<DateTime<Utc>>,
    /// Counts the changes: a change names the version that it saw.
    pub version: i64,
    /// Instant of creation.
    pub created_at: DateTime<Utc>,
    /// Instant of the last change.
    pub updated_at: DateTime<Utc>,
    #[graphql(skip)]
    pub(crate) row: Row,
}

/// The columns behind the fields that have none of their own name; of its relations, what leads to them.
const COMPUTED: &[Computed<account::Column>] = &[
    ("lastTouchAt", &[account::Column::LastTouchSort]),
    ("owner", &[account::Column::OwnerId]),
    ("mergedInto", &[account::Column::MergedIntoId]),
    ("assessment", ID_AND_ASSESSMENT),
    ("team", ID),
    ("ownerships", ID),
    ("contacts", ID),
    ("activities", ID),
    ("lastActivity", ID),
    ("latestOrders", ID),
    ("decisionPath", ID),
    ("followUps", ID),
    ("handovers", ID),
    ("openHandover", ID),
    ("losses", ID),
];
const ID: &[account::Column] = &[account::Column::Id];
const ID_AND_ASSESSMENT: &[account::Column] = &[account::Column::Id, account::Column::AssessmentId];

/// What is selected of the accounts below this field of another object, by the fields that lead to them.
pub fn wanted_below(gql: &Context<'_>, path: &[&str]) -> Columns<account::Entity> {
    wanted_at(gql, path, COMPUTED)
}

impl Writable for account::Entity {
    const OBJECT: &'static str = "Account";
    const PREFIX: &'static str = AccountKind::PREFIX;
    const COMPUTED: &'static [Computed<account::Column>] = COMPUTED;

    fn related(ctx: &Ctx, field: &Selected<'_>) -> Result<Option<Related>> {
        use account::Column::{Id, OwnerId};
        match field.name() {
            "owner" => Related::one(ctx, field, member_beside(ctx)?, OwnerId),
            "contacts" => Related::many(ctx, field, contacts_beside(ctx)?, Id),
            "activities" => Related::many(ctx, field, activities::beside_account(ctx, field)?, Id),
            "lastActivity" => Related::one(ctx, field, activities_beside(ctx, 1)?, Id),
            _ => Ok(None),
        }
    }
}

/// What resolvers of the account need and clients do not see as such.
#[derive(Clone)]
pub(crate) struct Row {
    pub owner: MemberId,
    pub merged_into: Option<uuid::Uuid>,
    pub assessment: Option<uuid::Uuid>,
}

impl From<account::Model> for Account {
    fn from(model: account::Model) -> Self {
        let account::Model {
            tenant_id: _,
            id,
            name,
            name_kana,
            sort_key: _,
            search_text: _,
            lifecycle,
            industry,
            segment,
            country,
            website,
            external_id,
            owner_id,
            acquisition_channel,
            fiscal_year_end_month,
            touch_cadence_days,
            note,
            archived_at,
            merged_into_id,
            band: _,
            probability: _,
            risk_sort: _,
            revenue_at_risk_sort: _,
            value_sort: _,
            expected_value_minor: _,
            last_touch_sort,
            assessment_id,
            version,
            created_at,
            updated_at,
        } = model;
        Self {
            id: id.into(),
            name,
            name_kana,
            lifecycle: lifecycle
                .parse()
                .map_or(Lifecycle::Customer, domain::account::Lifecycle::into),
            industry,
            segment,
            country,
            website,
            external_id,
            acquisition_channel,
            fiscal_year_end_month,
            touch_cadence_days,
            note,
            last_touch_at: Some(last_touch_sort).filter(|touch| *touch != changes::never()),
            archived_at,
            version,
            created_at,
            updated_at,
            row: Row {
                owner: owner_id.into(),
                merged_into: merged_into_id,
                assessment: assessment_id,
            },
        }
    }
}

#[ComplexObject]
impl Account {
    /// The member who looks after the account.
    async fn owner(&self, gql: &Context<'_>) -> Result<Option<Member>> {
        Ok(loaders(gql)
            .load_one(MemberById(self.row.owner.0))
            .await?
            .map(Member::from))
    }

    /// Members who work on the account beside its owner; at most 100.
    #[graphql(directive = list_size::apply(100))]
    async fn team(&self, gql: &Context<'_>) -> Result<Vec<TeamMember>> {
        let rows = loaders(gql).load_one(TeamOf(self.id.0)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(TeamMember::from).collect())
    }

    /// Who looked after the account from when to when, newest first; at most 200 spans.
    #[graphql(directive = list_size::apply(200))]
    async fn ownerships(&self, gql: &Context<'_>) -> Result<Vec<Ownership>> {
        let rows = loaders(gql)
            .load_one(OwnershipsOf(self.id.0))
            .await?
            .unwrap_or_default();
        Ok(rows.into_iter().map(Ownership::from).collect())
    }

    /// The account's risk of not ordering again, as last judged; with `asOf` as known at the end of that day.
    async fn assessment(
        &self,
        gql: &Context<'_>,
        #[graphql(
            desc = "A day, today or earlier, to judge by what was known at its end; now when nothing is said.",
            directive = cost::apply("200".to_owned())
        )]
        as_of: Option<Date>,
    ) -> Result<Option<risk::Assessment>> {
        risk::of_account(gql, self.id.0, self.row.assessment, as_of).await
    }

    /// The people there now, key contacts first; at most 50.
    #[graphql(directive = list_size::apply(50))]
    async fn contacts(&self, gql: &Context<'_>) -> Result<Vec<contacts::Contact>> {
        contacts::of_account(gql, self.id.0).await
    }

    /// Who reports to whom there, up to headquarters, and which of us has met each; null when nobody is known there.
    async fn decision_path(&self, gql: &Context<'_>) -> Result<Option<decision_paths::DecisionPath>> {
        decision_paths::of_account(gql, self.id.0).await
    }

    /// The newest touches that happened, newest first.
    async fn activities(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "How many, 1–50.", default_with = "activities::USUAL_OF_ACCOUNT")] first: i32,
    ) -> Result<Vec<activities::Activity>> {
        activities::of_account(gql, self.id.0, first).await
    }

    /// The newest touch that happened.
    async fn last_activity(&self, gql: &Context<'_>) -> Result<Option<activities::Activity>> {
        activities::last_of_account(gql, self.id.0).await
    }

    /// The newest orders, newest first; at most 10.
    #[graphql(directive = list_size::apply(10))]
    async fn latest_orders(&self, gql: &Context<'_>) -> Result<Vec<orders::Order>> {
        orders::latest_of(gql, self.id).await
    }

    /// What should happen with the account next: its open follow-ups, those due first first; at most 20.
    #[graphql(directive = list_size::apply(20))]
    async fn follow_ups(&self, gql: &Context<'_>) -> Result<Vec<follow_ups::FollowUp>> {
        follow_ups::open_of_account(gql, self.id.0).await
    }

    /// The handovers of the account, newest first.
    #[graphql(directive = list_size::apply(50))]
    async fn handovers(&self, gql: &Context<'_>) -> Result<Vec<handovers::Handover>> {
        handovers::of_account(gql, self.id.0).await
    }

    /// The handover that is under way; null when there is none.
    async fn open_handover(&self, gql: &Context<'_>) -> Result<Option<handovers::Handover>> {
        handovers::open_of_account(gql, self.id.0).await
    }

    /// When and why the account was lost, latest first; at most 20.
    #[graphql(directive = list_size::apply(20))]
    async fn losses(&self, gql: &Context<'_>) -> Result<Vec<losses::Loss>> {
        losses::of_account(gql, self.id.0).await
    }

    /// The account that this one was merged into.
    async fn merged_into(&self, gql: &Context<'_>) -> Result<Option<Account>> {
        let Some(id) = self.row.merged_into else {
            return Ok(None);
        };
        Ok(loaders(gql)
            .load_one(super::loaders::AccountById(id))
            .await?
            .map(Account::from))
    }
}

/// A member on an account's team.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct TeamMember {
    /// Since when.
    pub since: DateTime<Utc>,
    #[graphql(skip)]
    member: MemberId,
}

impl From<account_team::Model> for TeamMember {
    fn from(model: account_team::Model) -> Self {
        let account_team::Model {
            tenant_id: _,
            id: _,
            account_id: _,
            member_id,
            since,
            created_at: _,
        } = model;
        Self {
            since,
            member: member_id.into(),
        }
    }
}

#[ComplexObject]
impl TeamMember {
    /// The member.
    async fn member(&self, gql: &Context<'_>) -> Result<Option<Member>> {
        Ok(loaders(gql)
            .load_one(MemberById(self.member.0))
            .await?
            .map(Member::from))
    }
}

/// A span of time in which one member looked after the account.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct Ownership {
    /// Instant it began.
    pub starts_at: DateTime<Utc>,
    /// Instant it ended; null while it lasts.
    pub ends_at: Option<DateTime<Utc>>,
    /// Why it began: CREATED, ASSIGNED, HANDOVER, OWNER_LEFT or MERGED.
    pub reason: String,
    #[graphql(skip)]
    member: MemberId,
}

impl From<ownership::Model> for Ownership {
    fn from(model: ownership::Model) -> Self {
        let ownership::Model {
            tenant_id: _,
            id: _,
            account_id: _,
            member_id,
            starts_at,
            ends_at,
            reason,
            handover_id: _,
        } = model;
        Self {
            starts_at,
            ends_at,
            reason,
            member: member_id.into(),
        }
    }
}

#[ComplexObject]
impl Ownership {
    /// The member who looked after the account.
    async fn member(&self, gql: &Context<'_>) -> Result<Option<Member>> {
        Ok(loaders(gql)
            .load_one(MemberById(self.member.0))
            .await?
            .map(Member::from))
    }
}

/// How a list of accounts is narrowed. All given conditions must hold.
#[derive(InputObject, Default)]
pub struct AccountFilterInput {
    /// Only those of this owner.
    pub owner_id: Option<MemberId>,
    /// Only those with this member on the team.
    pub team_member_id: Option<MemberId>,
    /// Only those in this stage.
    pub lifecycle: Option<Lifecycle>,
    /// Only those in one of these bands of risk.
    pub bands: Option<Vec<crate::risk::RiskBand>>,
    /// Only those last touched before this instant, or never.
    pub last_touch_before: Option<DateTime<Utc>>,
    /// Only those in whose name or reading each of these words (the first eight) occurs. Kana, kanji and Latin letters all work.
    pub text: Option<String>,
    /// Archived ones too; otherwise they are left out.
    #[graphql(default)]
    pub include_archived: bool,
}

impl From<AccountFilterInput> for AccountFilter {
    fn from(input: AccountFilterInput) -> Self {
        Self {
            owner: input.owner_id.map(Into::into),
            team_member: input.team_member_id.map(Into::into),
            lifecycle: input.lifecycle.map(Into::into),
            bands: input.bands.map(|bands| bands.into_iter().map(Into::into).collect()),
            last_touch_before: input.last_touch_before,
            text: input.text,
            include_archived: input.include_archived,
        }
    }
}

/// Reading accounts.
#[derive(Default)]
pub struct AccountQuery;

#[Object]
impl AccountQuery {
    /// One account; null when there is none that the caller may see.
    async fn account(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Its id.")] id: AccountId,
    ) -> Result<Option<Found<Account>>> {
        let found = service::account_find(cx(gql), id.0, &Asked::of_object(gql)).await?;
        Ok(found.map(|found| found.map(Account::from)))
    }

    /// The accounts that the caller may see.
    #[expect(
        clippy::too_many_arguments,
        reason = "the four arguments of a Relay connection, a filter and an order"
    )]
    async fn accounts(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Narrows the list.")] filter: Option<AccountFilterInput>,
        #[graphql(desc = "What it is ordered by.", default_with = "AccountOrder::Name")] order_by: AccountOrder,
        #[graphql(desc = "Rows from the start or after `after`, 1–100; 20 when nothing is said.")] first: Option<i32>,
        #[graphql(desc = "Rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the end or before `before`, 1–100.")] last: Option<i32>,
        #[graphql(desc = "Rows in front of this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<Account>>> {
        let filter = AccountFilter::from(filter.unwrap_or_default());
        let page = service::account_list(
            cx(gql),
            &filter,
            order_by,
            &Asked::of_rows(gql),
            &PageArgs {
                first,
                after,
                last,
                before,
            },
        )
        .await?;
        let total = Total::new(move |ctx| {
            let filter = filter.clone();
            async move { service::account_count(&ctx, &filter).await }
        });
        Ok(Some(connection(page, total, Account::from)))
    }
}
