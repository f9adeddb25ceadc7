//! Changing a tenant's settings.

use domain::lang::{Lang, Text};
use domain::policy::{Action, Visibility};
use domain::risk::{Borders, Rules, RulesRefused, Terms};
use entity::tenant;
use sea_orm::Set;
use serde_json::json;

use super::queries;
use super::service::{month, stored_days, tenant_find, time_zone};
use crate::error::{Error, Result, UserErrorCode};
use crate::platform::Ctx;
use crate::platform::events::{NewEvent, reader};
use crate::platform::graphql::input::{Checks, NAME_CHARS, Patch};

/// What of a tenant changes. The currency is not among it: sums in the database are kept in it.
#[derive(Clone, Debug, Default)]
pub struct TenantChanges {
    /// Name of the company.
    pub name: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// IANA name.
    pub time_zone: Option<String>,
    /// Language of what the tenant gets unasked.
    pub language: Option<Lang>,
    /// Month in which the fiscal year begins, 1–12.
    pub fiscal_year_start_month: Option<i32>,
    /// Who sees which accounts.
    pub visibility: Option<Visibility>,
    /// Continuity score, 0–100.
    pub continuity_threshold: Option<i32>,
    /// Probability from which a risk is MEDIUM.
    pub risk_medium: Option<f64>,
    /// Probability from which a risk is HIGH.
    pub risk_high: Option<f64>,
    /// Probability from which a risk is CRITICAL.
    pub risk_critical: Option<f64>,
    /// Share of sales that is left after what was sold is paid for.
    pub gross_margin: Option<f64>,
    /// Share by which a year from now is worth less than today.
    pub discount_rate: Option<f64>,
    /// Whether what its model learned may help others.
    pub shares_model: Option<bool>,
    /// Days within which every client is to be talked to.
    pub touch_cadence_days: Option<i32>,
    /// Days within which a complaint is to be resolved.
    pub complaint_target_days: Option<i32>,
}

/// Changes the settings of the caller's tenant, which is still at `version`.
pub async fn tenant_update(ctx: &Ctx, version: i64, changes: TenantChanges) -> Result<tenant::Model> {
    ctx.authorize(Action::TenantChange)?;
    let tx = ctx.write().await?;
    let vanished = || Error::internal("the caller's tenant is not in the database");
    let old = queries::one(&tx.global(), tx.tenant()).await?.ok_or_else(vanished)?;
    let (mut model, patch) = patched(&old, changes)?;
    if patch.is_empty() {
        return Ok(old);
    }
    model.version = Set(version + 1);
    if queries::update(&tx, model, version).await? == 0 {
        return Err(reader::stale(&tx, old.id, version, old.version).await?);
    }
    let fields = patch.fields();
    tx.emit(NewEvent::new("tenant.updated", "tnt", old.id).with(json!({ "version": version + 1, "fields": fields })));
    if fields.contains(&"accountVisibility") {
        // Nobody is named: it concerns everybody.
        let whom = json!({ "members": null, "reason": "VISIBILITY_CHANGED" });
        tx.emit(NewEvent::new("access.changed", "tnt", old.id).with(whom));
    }
    tx.commit().await?;
    tenant_find(ctx).await?.ok_or_else(vanished)
}

fn patched(old: &tenant::Model, changes: TenantChanges) -> Result<(tenant::ActiveModel, Patch)> {
    let mut checks = Checks::default();
    let mut patch = Patch::default();
    let mut model = tenant::ActiveModel::default();
    check_borders(&mut checks, old, &changes);
    check_terms(&mut checks, old, &changes);
    let name = checks.changed_text("name", changes.name, NAME_CHARS);
    patch.set("name", &mut model.name, &old.name, name);
    let country = changes.country.map(|country| checks.country("country", &country));
    patch.set("country", &mut model.country, &old.country, country);
    let zone = changes.time_zone.map(|name| time_zone(&mut checks, &name));
    patch.set("timeZone", &mut model.time_zone, &old.time_zone, zone);
    let language = changes.language.map(|language| language.as_str().to_owned());
    patch.set("language", &mut model.language, &old.language, language);
    let start = changes.fiscal_year_start_month.map(|value| month(&mut checks, value));
    patch.set(
        "fiscalYearStartMonth",
        &mut model.fiscal_year_start_month,
        &old.fiscal_year_start_month,
        start,
    );
    let visibility = changes.visibility.map(|visibility| visibility.as_str().to_owned());
    patch.set(
        "accountVisibility",
        &mut model.account_visibility,
        &old.account_visibility,
        visibility,
    );
    let threshold = changes.continuity_threshold.map(|value| score(&mut checks, value));
    patch.set(
        "continuityThreshold",
        &mut model.continuity_threshold,
        &old.continuity_threshold,
        threshold,
    );
    patch.set(
        "riskMedium",
        &mut model.risk_medium,
        &old.risk_medium,
        changes.risk_medium,
    );
    patch.set("riskHigh", &mut model.risk_high, &old.risk_high, changes.risk_high);
    patch.set(
        "riskCritical",
        &mut model.risk_critical,
        &old.risk_critical,
        changes.risk_critical,
    );
    patch.set(
        "grossMargin",
        &mut model.gross_margin,
        &old.gross_margin,
        changes.gross_margin,
    );
    patch.set(
        "discountRate",
        &mut model.discount_rate,
        &old.discount_rate,
        changes.discount_rate,
    );
    patch.set(
        "sharesModel",
        &mut model.shares_model,
        &old.shares_model,
        changes.shares_model,
    );
    if changes.shares_model == Some(false) {
        // What it taught is taken back with its consent.
        model.lesson = Set(None);
    }
    let usual = Rules::default();
    let cadence = changes.touch_cadence_days.map(|days| {
        let found = Rules::new(days, usual.complaint_target_days().into());
        stored_days(ruled(&mut checks, "touchCadenceDays", found).touch_cadence_days())
    });
    patch.set(
        "touchCadenceDays",
        &mut model.touch_cadence_days,
        &old.touch_cadence_days,
        cadence,
    );
    let target = changes.complaint_target_days.map(|days| {
        let found = Rules::new(usual.touch_cadence_days().into(), days);
        stored_days(ruled(&mut checks, "complaintTargetDays", found).complaint_target_days())
    });
    patch.set(
        "complaintTargetDays",
        &mut model.complaint_target_days,
        &old.complaint_target_days,
        target,
    );
    checks.done()?;
    Ok((model, patch))
}

fn ruled(checks: &mut Checks, field: &str, found: std::result::Result<Rules, RulesRefused>) -> Rules {
    checks.require(
        found.is_ok(),
        field,
        UserErrorCode::Invalid,
        Text::fixed(
            "Clients are to be talked to within 7 to 730 days, complaints to be resolved within 1 to 365.",
            "接触間隔は7〜730日、クレーム解決目標は1〜365日で指定してください。",
        ),
    );
    found.unwrap_or_default()
}

fn check_terms(checks: &mut Checks, old: &tenant::Model, changes: &TenantChanges) {
    checks.require(
        Terms::new(changes.gross_margin.unwrap_or(old.gross_margin), 0.0).is_ok(),
        "grossMargin",
        UserErrorCode::Invalid,
        Text::fixed(
            "A gross margin is above 0 and at most 1.",
            "粗利率は0より大きく1以下で指定してください。",
        ),
    );
    checks.require(
        Terms::new(1.0, changes.discount_rate.unwrap_or(old.discount_rate)).is_ok(),
        "discountRate",
        UserErrorCode::Invalid,
        Text::fixed(
            "A yearly discount rate is 0 to 1.",
            "割引率（年）は0〜1で指定してください。",
        ),
    );
}

fn score(checks: &mut Checks, value: i32) -> i16 {
    checks.require(
        (0..=100).contains(&value),
        "continuityThreshold",
        UserErrorCode::Invalid,
        Text::fixed(
            "A continuity score is 0 to 100.",
            "継続スコアは0〜100で指定してください。",
        ),
    );
    i16::try_from(value).unwrap_or_default()
}

fn check_borders(checks: &mut Checks, old: &tenant::Model, changes: &TenantChanges) {
    let medium = changes.risk_medium.unwrap_or(old.risk_medium);
    let high = changes.risk_high.unwrap_or(old.risk_high);
    let critical = changes.risk_critical.unwrap_or(old.risk_critical);
    let named = match (changes.risk_medium, changes.risk_high) {
        (Some(_), _) => "riskMedium",
        (None, Some(_)) => "riskHigh",
        (None, None) => "riskCritical",
    };
    checks.require(
        Borders::new(medium, high, critical).is_ok(),
        named,
        UserErrorCode::Invalid,
        Text::fixed(
            "The borders must be 0 < medium < high < critical < 1.",
            "リスクの境界値は 0 < medium < high < critical < 1 としてください。",
        ),
    );
}
