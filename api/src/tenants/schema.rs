//! Tenants as the API shows them.

use async_graphql::{ComplexObject, Context, Enum, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::lang::Lang;
use domain::policy::Visibility;
use entity::{member, tenant};

use super::TenantId;
use super::service::{self, TenantChanges, TenantDraft};
use crate::error::Result;
use crate::losses::{AcquisitionCost, acquisition_costs};
use crate::members::Member;
use crate::platform::graphql::{cx, list_size, payload};
use crate::sessions::SessionTokens;
use crate::sessions::service::{Issued, Names, PersonDraft};

/// A language in which the product answers people.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::lang::Lang")]
pub enum Language {
    /// English.
    En,
    /// Japanese.
    Ja,
}

/// Who sees which accounts of a tenant.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::policy::Visibility")]
pub enum AccountVisibility {
    /// All members see all accounts.
    Everyone,
    /// A manager sees the accounts of everybody below, a rep those he owns, is on the team of or will take over.
    Team,
}

/// A company that uses the service.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct Tenant {
    /// Id, `tnt_…`.
    pub id: TenantId,
    /// Name of the company.
    pub name: String,
    /// Country, ISO 3166-1 alpha-2.
    pub country: String,
    /// IANA time zone in which its days begin and end.
    pub time_zone: String,
    /// ISO 4217 code of the currency that its sums are in. It never changes.
    pub currency: String,
    /// Language of what the company gets unasked.
    pub language: Language,
    /// Month in which its fiscal year begins, 1–12.
    pub fiscal_year_start_month: i16,
    /// Who sees which accounts.
    pub account_visibility: AccountVisibility,
    /// Continuity score from which a handover may complete, 0–100.
    pub continuity_threshold: i16,
    /// Probability of loss from which a risk is MEDIUM.
    pub risk_medium: f64,
    /// Probability of loss from which a risk is HIGH.
    pub risk_high: f64,
    /// Probability of loss from which a risk is CRITICAL.
    pub risk_critical: f64,
    /// Share of sales that lifetime values take for margin: what is left after what was sold is paid for. 1 until the company
    /// says its own; then they are sales.
    pub gross_margin: f64,
    /// Share by which lifetime values take a year from now to be worth less than today; .1 until the company says its own.
    pub discount_rate: f64,
    /// Whether what the risk model learned here may help other companies that agreed too, and theirs may help here: a few figures on how
    /// regularly clients order and what weighs in the score, no order, name or amount. False until an ADMIN turns it on.
    pub shares_model: bool,
    /// Days within which every client is to be talked to; who was not is neglected. 90 until the company says its own.
    pub touch_cadence_days: i16,
    /// Days within which a complaint is to be resolved; one that was not weighs more. 14 until the company says its own.
    pub complaint_target_days: i16,
    /// True when it holds sample data only.
    pub sandbox: bool,
    /// Counts the changes: a change names the version that it saw.
    pub version: i64,
    /// Instant of creation.
    pub created_at: DateTime<Utc>,
}

impl From<tenant::Model> for Tenant {
    fn from(model: tenant::Model) -> Self {
        let tenant::Model {
            id,
            name,
            country,
            time_zone,
            currency,
            language,
            fiscal_year_start_month,
            account_visibility,
            continuity_threshold,
            risk_medium,
            risk_high,
            risk_critical,
            gross_margin,
            discount_rate,
            shares_model,
            lesson: _,
            touch_cadence_days,
            complaint_target_days,
            sandbox,
            version,
            created_at,
        } = model;
        Self {
            id: id.into(),
            name,
            country,
            time_zone,
            currency,
            language: language.parse().map_or(Language::En, Lang::into),
            fiscal_year_start_month,
            account_visibility: account_visibility
                .parse()
                .map_or(AccountVisibility::Team, Visibility::into),
            continuity_threshold,
            risk_medium,
            risk_high,
            risk_critical,
            gross_margin,
            discount_rate,
            shares_model,
            touch_cadence_days,
            complaint_target_days,
            sandbox,
            version,
            created_at,
        }
    }
}

#[ComplexObject]
impl Tenant {
    /// What it costs to win an account, by channel; at most 50.
    #[graphql(directive = list_size::apply(50))]
    async fn acquisition_costs(&self, gql: &Context<'_>) -> Result<Vec<AcquisitionCost>> {
        acquisition_costs(gql).await
    }
}

/// Reading one's own tenant.
#[derive(Default)]
pub struct TenantQuery;

#[Object]
impl TenantQuery {
    /// The company that the caller works in.
    async fn tenant(&self, gql: &Context<'_>) -> Result<Option<Tenant>> {
        Ok(service::tenant_find(cx(gql)).await?.map(Tenant::from))
    }
}

payload! {
    /// Result of `tenantCreate`.
    TenantCreatePayload {
        /// The new company.
        tenant: Tenant,
        /// Its first ADMIN.
        member: Member,
        /// A session of the ADMIN in it. Use them to read on: this request is not of the new company yet.
        tokens: SessionTokens,
    }
}
payload! {
    /// Result of `tenantUpdate`.
    TenantUpdatePayload {
        /// The company after the change.
        tenant: Tenant
    }
}

/// A new company.
#[derive(InputObject)]
pub struct TenantCreateInput {
    /// Name of the company, 1–200 characters.
    pub name: String,
    /// Country, ISO 3166-1 alpha-2.
    pub country: String,
    /// IANA time zone, such as Asia/Tokyo.
    pub time_zone: String,
    /// ISO 4217 code of the currency that sums are in. It cannot change later.
    pub currency: String,
    /// Language of what the company gets unasked.
    #[graphql(default_with = "Language::En")]
    pub language: Language,
    /// Month in which the fiscal year begins, 1–12.
    #[graphql(default = 1)]
    pub fiscal_year_start_month: i32,
    /// Who sees which accounts.
    #[graphql(default_with = "AccountVisibility::Everyone")]
    pub account_visibility: AccountVisibility,
    /// The person who becomes its first ADMIN. Left out by somebody who is signed in: he becomes it himself.
    pub admin: Option<TenantAdminInput>,
}

/// A person who is not known yet.
#[derive(InputObject)]
pub struct TenantAdminInput {
    /// E-mail address.
    pub email: String,
    /// Password: 12–128 characters, hard to guess.
    #[graphql(secret)]
    pub password: String,
    /// Family name as written.
    pub family_name: String,
    /// Given name as written.
    pub given_name: String,
    /// Reading of the family name in kana.
    pub family_kana: Option<String>,
    /// Reading of the given name in kana.
    pub given_kana: Option<String>,
}

impl From<TenantAdminInput> for PersonDraft {
    fn from(input: TenantAdminInput) -> Self {
        Self {
            email: input.email,
            password: input.password,
            names: Names {
                family: input.family_name,
                given: input.given_name,
                family_kana: input.family_kana,
                given_kana: input.given_kana,
            },
        }
    }
}

impl From<TenantCreateInput> for TenantDraft {
    fn from(input: TenantCreateInput) -> Self {
        Self {
            name: input.name,
            country: input.country,
            time_zone: input.time_zone,
            currency: input.currency,
            language: input.language.into(),
            fiscal_year_start_month: input.fiscal_year_start_month,
            visibility: input.account_visibility.into(),
            sandbox: false,
            admin: input.admin.map(Into::into),
        }
    }
}

/// A change of the caller's company. What is left out stays. The currency cannot change.
#[derive(InputObject)]
pub struct TenantUpdateInput {
    /// The version that the caller saw.
    pub version: i32,
    /// Name of the company, 1–200 characters.
    pub name: Option<String>,
    /// Country, ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// IANA time zone, such as Asia/Tokyo.
    pub time_zone: Option<String>,
    /// Language of what the company gets unasked.
    pub language: Option<Language>,
    /// Month in which the fiscal year begins, 1–12.
    pub fiscal_year_start_month: Option<i32>,
    /// Who sees which accounts.
    pub account_visibility: Option<AccountVisibility>,
    /// Continuity score from which a handover may complete, 0–100.
    pub continuity_threshold: Option<i32>,
    /// Probability of loss from which a risk is MEDIUM; above 0.
    pub risk_medium: Option<f64>,
    /// Probability of loss from which a risk is HIGH; above `riskMedium`.
    pub risk_high: Option<f64>,
    /// Probability of loss from which a risk is CRITICAL; above `riskHigh`, below 1.
    pub risk_critical: Option<f64>,
    /// Share of sales that lifetime values take for margin; above 0, at most 1.
    pub gross_margin: Option<f64>,
    /// Share by which lifetime values take a year from now to be worth less than today; 0 to 1.
    pub discount_rate: Option<f64>,
    /// True shares what the risk model learned with companies that agreed too, and takes theirs in; false takes back what was shared.
    pub shares_model: Option<bool>,
    /// Days within which every client is to be talked to, 7–730.
    pub touch_cadence_days: Option<i32>,
    /// Days within which a complaint is to be resolved, 1–365.
    pub complaint_target_days: Option<i32>,
}

impl From<TenantUpdateInput> for TenantChanges {
    fn from(input: TenantUpdateInput) -> Self {
        Self {
            name: input.name,
            country: input.country,
            time_zone: input.time_zone,
            language: input.language.map(Into::into),
            fiscal_year_start_month: input.fiscal_year_start_month,
            visibility: input.account_visibility.map(Into::into),
            continuity_threshold: input.continuity_threshold,
            risk_medium: input.risk_medium,
            risk_high: input.risk_high,
            risk_critical: input.risk_critical,
            gross_margin: input.gross_margin,
            discount_rate: input.discount_rate,
            shares_model: input.shares_model,
            touch_cadence_days: input.touch_cadence_days,
            complaint_target_days: input.complaint_target_days,
        }
    }
}

/// Creating and changing tenants.
#[derive(Default)]
pub struct TenantMutation;

#[Object]
impl TenantMutation {
    /// Creates a company with its first ADMIN and signs him in to it. Needs open registration.
    async fn tenant_create(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The company.")] input: TenantCreateInput,
    ) -> Result<Option<TenantCreatePayload>> {
        let result = service::tenant_found(cx(gql), input.into()).await;
        TenantCreatePayload::of(result.map(created)).map(Some)
    }

    /// Changes the settings of the caller's company; a stale version is a CONFLICT that says what changed.
    async fn tenant_update(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The change.")] input: TenantUpdateInput,
    ) -> Result<Option<TenantUpdatePayload>> {
        let result = service::tenant_update(cx(gql), input.version.into(), input.into()).await;
        TenantUpdatePayload::of(result.map(Tenant::from)).map(Some)
    }
}

fn created((tenant, member, issued): (tenant::Model, member::Model, Issued)) -> TenantCreatePayload {
    TenantCreatePayload {
        tenant: Some(tenant.into()),
        member: Some(member.into()),
        tokens: Some(SessionTokens::from(&issued)),
        user_errors: Vec::new(),
    }
}
