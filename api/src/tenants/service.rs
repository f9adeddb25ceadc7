//! Tenants: creating one, reading one's own.

use std::sync::Arc;

use chrono_tz::Tz;
use domain::calendar::tenant_day;
use domain::lang::{Lang, Text};
use domain::money::Currency;
use domain::policy::{Action, Role, Visibility};
use domain::risk::{Borders, Rules, Terms};
use entity::{member, tenant, user};
use sea_orm::Set;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{TenantKind, queries};
use crate::app::App;
use crate::error::{Error, Result, UserErrorCode};
use crate::members::service::{MemberDraft, member_insert};
use crate::platform::Ctx;
use crate::platform::auth::{Actor, fold_email, tenant_settings};
use crate::platform::events::NewEvent;
use crate::platform::graphql::input::{Checks, NAME_CHARS};
use crate::platform::graphql::{IdKind, parse_any};
use crate::platform::tenancy::{GlobalDb, WriteTx};
use crate::sessions::service::{
    Issued, Names, PersonDraft, person_by_email, person_find, person_insert, person_prepare, session_open, within,
};

pub use super::changes::{TenantChanges, tenant_update};

/// Tenants whose lessons are pooled at most: more would move nothing.
const MOST_LESSONS: u64 = 500;
/// Continuity score from which a handover may complete, until the tenant says otherwise.
const CONTINUITY_THRESHOLD: i16 = 70;

/// What a tenant is created from.
#[derive(Clone)]
pub struct TenantDraft {
    /// Name of the company.
    pub name: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// IANA name, such as `Asia/Tokyo`.
    pub time_zone: String,
    /// ISO 4217 code.
    pub currency: String,
    /// Language of what the tenant gets unasked, such as mail.
    pub language: Lang,
    /// Month in which the fiscal year begins, 1–12.
    pub fiscal_year_start_month: i32,
    /// Who sees which accounts.
    pub visibility: Visibility,
    /// Holds sample data only.
    pub sandbox: bool,
    /// The first ADMIN; the caller when missing.
    pub admin: Option<PersonDraft>,
}

/// Creates a tenant with its first ADMIN.
///
/// A person who is signed in becomes the ADMIN himself; nobody signed in names a new person. Both need open
/// registration. The system (a command, the sample data) always may, and may name a person who is known already: he
/// keeps his password.
pub async fn tenant_create(ctx: &Ctx, draft: TenantDraft) -> Result<(tenant::Model, member::Model)> {
    if matches!(ctx.actor, Actor::Client { .. }) || !(ctx.app.config.open_registration || is_system(ctx)) {
        return Err(Error::Forbidden);
    }
    let admin = draft.admin.clone();
    let row = new_tenant(ctx, draft)?;
    let (person, is_new) = first_admin(ctx, admin).await?;
    let tx = ctx.write_in(row.id).await?;
    queries::insert(&tx, inserted(&row)).await?;
    if is_new {
        person_insert(&tx.global(), &person)
            .await
            .map_err(|error| within("admin", error))?;
    }
    tx.emit(NewEvent::new("tenant.created", "tnt", row.id).with(json!({ "version": 1 })));
    let member = member_insert(ctx, &tx, first_member(ctx, &row, &person)?).await?;
    tx.commit().await?;
    Ok((row, member))
}

/// As [`tenant_create`], and the ADMIN is signed in to the new tenant.
pub async fn tenant_found(ctx: &Ctx, draft: TenantDraft) -> Result<(tenant::Model, member::Model, Issued)> {
    let (tenant, member) = tenant_create(ctx, draft).await?;
    let issued = session_open(ctx, member.user_id, Some((tenant.id, member.id)), None).await?;
    Ok((tenant, member, issued))
}

fn is_system(ctx: &Ctx) -> bool {
    matches!(ctx.actor, Actor::System)
}

/// The person who becomes the ADMIN, and whether he is to be written.
async fn first_admin(ctx: &Ctx, draft: Option<PersonDraft>) -> Result<(user::Model, bool)> {
    match (&ctx.actor, draft) {
        (Actor::User { user, .. } | Actor::Member { user, .. }, None) => {
            // Every company is looked after by the jobs for ever.
            let key = format!("register {user}");
            ctx.app.throttle.attempt(&key, ctx.request.ip.as_deref())?;
            let person = person_find(ctx, *user).await?;
            Ok((person.ok_or_else(|| ctx.actor.refusal())?, false))
        }
        (Actor::User { .. } | Actor::Member { .. }, Some(_)) => Err(Error::user(
            &["admin"],
            UserErrorCode::Invalid,
            Text::fixed(
                "You are signed in and become the ADMIN yourself: leave this out.",
                "サインイン中のご本人が管理者になります。この項目は省略してください。",
            ),
        )),
        (Actor::Anonymous { refused: Some(_) }, None) => Err(ctx.actor.refusal()),
        (_, None) => Err(Error::user(
            &["admin"],
            UserErrorCode::Required,
            Text::fixed(
                "Sign in first, or name the person who becomes the ADMIN.",
                "先にサインインするか、管理者になる方を指定してください。",
            ),
        )),
        (_, Some(draft)) => new_admin(ctx, draft).await.map_err(|error| within("admin", error)),
    }
}

async fn new_admin(ctx: &Ctx, draft: PersonDraft) -> Result<(user::Model, bool)> {
    let known = person_by_email(ctx, &draft.email).await?;
    match known {
        Some(person) if is_system(ctx) => Ok((person, false)),
        None if is_system(ctx) => Ok((person_prepare(ctx, draft).await?, true)),
        // Whether an address is known can be tried here, so it is slowed like guessing a password. A known one is
        // refused by the insert.
        _ => {
            let key = format!("register {}", fold_email(&draft.email));
            ctx.app.throttle.attempt(&key, ctx.request.ip.as_deref())?;
            Ok((person_prepare(ctx, draft).await?, true))
        }
    }
}

fn first_member(ctx: &Ctx, tenant: &tenant::Model, person: &user::Model) -> Result<MemberDraft> {
    let zone: Tz = tenant.time_zone.parse().map_err(Error::internal)?;
    Ok(MemberDraft {
        user: person.id,
        email: person.email.clone(),
        role: Role::Admin,
        manager: None,
        names: Names::from(person),
        country: tenant.country.clone(),
        time_zone: tenant.time_zone.clone(),
        joined_on: tenant_day(ctx.now, zone),
    })
}

fn new_tenant(ctx: &Ctx, draft: TenantDraft) -> Result<tenant::Model> {
    let (borders, terms, rules) = (Borders::default(), Terms::default(), Rules::default());
    let mut checks = Checks::default();
    let row = tenant::Model {
        id: Uuid::now_v7(),
        name: checks.text("name", draft.name, NAME_CHARS),
        country: checks.country("country", &draft.country),
        time_zone: time_zone(&mut checks, &draft.time_zone),
        currency: currency(&mut checks, &draft.currency),
        language: draft.language.as_str().to_owned(),
        fiscal_year_start_month: month(&mut checks, draft.fiscal_year_start_month),
        account_visibility: draft.visibility.as_str().to_owned(),
        continuity_threshold: CONTINUITY_THRESHOLD,
        risk_medium: borders.medium(),
        risk_high: borders.high(),
        risk_critical: borders.critical(),
        gross_margin: terms.margin(),
        discount_rate: terms.discount(),
        shares_model: false,
        lesson: None,
        touch_cadence_days: stored_days(rules.touch_cadence_days()),
        complaint_target_days: stored_days(rules.complaint_target_days()),
        sandbox: draft.sandbox,
        version: 1,
        created_at: ctx.now,
    };
    checks.done()?;
    Ok(row)
}

fn inserted(row: &tenant::Model) -> tenant::ActiveModel {
    let row = row.clone();
    tenant::ActiveModel {
        id: Set(row.id),
        name: Set(row.name),
        country: Set(row.country),
        time_zone: Set(row.time_zone),
        currency: Set(row.currency),
        language: Set(row.language),
        fiscal_year_start_month: Set(row.fiscal_year_start_month),
        account_visibility: Set(row.account_visibility),
        continuity_threshold: Set(row.continuity_threshold),
        risk_medium: Set(row.risk_medium),
        risk_high: Set(row.risk_high),
        risk_critical: Set(row.risk_critical),
        gross_margin: Set(row.gross_margin),
        discount_rate: Set(row.discount_rate),
        shares_model: Set(row.shares_model),
        lesson: Set(row.lesson.clone()),
        touch_cadence_days: Set(row.touch_cadence_days),
        complaint_target_days: Set(row.complaint_target_days),
        sandbox: Set(row.sandbox),
        version: Set(row.version),
        created_at: Set(row.created_at),
    }
}

/// The IANA name of a time zone as the database of zones spells it.
pub fn time_zone(checks: &mut Checks, name: &str) -> String {
    match name.parse::<Tz>() {
        Ok(zone) => zone.name().to_owned(),
        Err(_) => {
            checks.refuse(
                "timeZone",
                UserErrorCode::Invalid,
                Text::fixed(
                    "Give an IANA time zone, such as Asia/Tokyo.",
                    "タイムゾーンはAsia/TokyoのようなIANA名で指定してください。",
                ),
            );
            String::new()
        }
    }
}

fn currency(checks: &mut Checks, code: &str) -> String {
    match code.to_ascii_uppercase().parse::<Currency>() {
        Ok(currency) => currency.code().to_owned(),
        Err(_) => {
            checks.refuse(
                "currency",
                UserErrorCode::Invalid,
                Text::fixed(
                    "Give a currency as its ISO 4217 code, such as JPY.",
                    "通貨はJPYのようなISO 4217コードで指定してください。",
                ),
            );
            String::new()
        }
    }
}

pub(super) fn month(checks: &mut Checks, month: i32) -> i16 {
    checks.require(
        (1..=12).contains(&month),
        "fiscalYearStartMonth",
        UserErrorCode::Invalid,
        Text::fixed("A month is 1 to 12.", "月は1〜12で指定してください。"),
    );
    i16::try_from(month).unwrap_or_default()
}

/// Days as they are stored; those of a rule fit.
pub(super) fn stored_days(days: u16) -> i16 {
    i16::try_from(days).unwrap_or(i16::MAX)
}

/// The caller's tenant.
pub async fn tenant_find(ctx: &Ctx) -> Result<Option<tenant::Model>> {
    ctx.authorize(Action::TenantRead)?;
    Ok(queries::one(&ctx.global().await?, ctx.tenant()?.id).await?)
}

/// What the models of other tenants taught; nothing when this one does not share what its own learned.
pub async fn lessons_for(db: &GlobalDb<'_>, tenant: Uuid) -> Result<Option<Vec<Value>>> {
    let shares = queries::one(db, tenant).await?.is_some_and(|row| row.shares_model);
    if !shares {
        return Ok(None);
    }
    let others = queries::sharing(db, MOST_LESSONS).await?.into_iter();
    Ok(Some(
        others
            .filter(|row| row.id != tenant)
            .filter_map(|row| row.lesson)
            .collect(),
    ))
}

/// Keeps what the model of the caller's tenant learned, for others; only while the tenant agrees.
pub async fn lesson_keep(ctx: &Ctx, lesson: Option<Value>) -> Result<()> {
    ctx.authorize(Action::TenantChange)?;
    queries::keep_lesson(&ctx.app.database.global(ctx.tally()), ctx.tenant()?.id, lesson).await?;
    Ok(())
}

/// Some tenants' rows, for slices that know whose they are.
pub async fn tenant_rows(db: &GlobalDb<'_>, ids: &[Uuid]) -> Result<Vec<tenant::Model>> {
    Ok(queries::many(db, ids).await?)
}

/// The system's context in the tenant of this id (`tnt_…`) or name, for commands of the operator. A name that several
/// tenants have names none.
pub async fn system_ctx(app: &Arc<App>, tenant: &str) -> Result<Ctx> {
    let statements = Arc::default();
    let id = match parse_any(tenant) {
        Some((prefix, id)) if prefix == TenantKind::PREFIX => Some(id),
        _ => match queries::by_name(&app.database.global(&statements), tenant)
            .await?
            .as_slice()
        {
            [only] => Some(only.id),
            _ => None,
        },
    };
    let settings = match id {
        Some(id) => tenant_settings(app, id).await?,
        None => None,
    };
    let unknown = || {
        Error::bad_input(
            format!("there is no tenant {tenant:?}, or several have this name: give its id (tnt_…)"),
            format!("テナント{tenant:?}が見つからないか、同名のテナントが複数あります。ID（tnt_…）で指定してください"),
        )
    };
    Ok(Ctx::system(Arc::clone(app), settings.ok_or_else(unknown)?))
}

/// Makes changes that a rule over several rows of the tenant concerns follow each other, till the transaction ends.
pub async fn tenant_lock(tx: &WriteTx) -> Result<()> {
    Ok(queries::lock(tx).await?)
}
