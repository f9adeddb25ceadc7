//! A sample company: its people, products, accounts with contacts, and years of orders.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Duration, Months, Utc};
use domain::import::{ImportKind, ImportStatus};
use fastrand::Rng;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{PASSWORD, change, execute, orders};
use crate::app::App;
use crate::error::{Error, Result};
use crate::imports::{self, service::ImportRequest};
use crate::platform::Ctx;
use crate::platform::auth::{Actor, tenant_settings};
use crate::platform::ctx::{RequestInfo, TenantSettings};
use crate::platform::graphql::parse_any;

/// The samples are the same at every run.
const SEED: u64 = 20_261_123;
/// The companies began to use the service so long ago.
const BEGAN_DAYS_AGO: i64 = 1_200;

/// A sample company as its file describes it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sample {
    /// Input of `tenantCreate`, without the admin.
    pub tenant: Value,
    /// Domain of everybody's e-mail address.
    pub domain: String,
    /// The people, the ADMIN first.
    pub members: Vec<SampleMember>,
    products: Vec<Value>,
    /// Accounts with a story.
    pub accounts: Vec<SampleAccount>,
    filler: Option<Filler>,
    /// How its accounts were won, in turn.
    #[serde(default)]
    pub channels: Vec<SampleChannel>,
    /// Why clients of the filler were lost.
    #[serde(default)]
    pub losses: Vec<SampleLoss>,
}

/// A way to win accounts.
#[derive(Deserialize)]
pub struct SampleChannel {
    /// What the company calls it.
    pub name: String,
    /// What an account costs, in units of the company's currency.
    pub cost: String,
}

/// A loss.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SampleLoss {
    /// In how many days from now the win-back is due.
    pub win_back_in_days: Option<i64>,
    /// How many days after the loss the client came back.
    pub won_back_after_days: Option<i64>,
    /// What else `lossRecord` takes.
    #[serde(flatten)]
    pub input: serde_json::Map<String, Value>,
}

impl Sample {
    /// The e-mail address that a member signs in with.
    pub fn email(&self, member: &SampleMember) -> String {
        format!("{}@{}", member.key, self.domain)
    }
}

/// A person.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SampleMember {
    /// Name within the file, and of the mailbox.
    pub key: String,
    /// ADMIN, MANAGER, REP or OBSERVER.
    pub role: String,
    manager: Option<String>,
    family_name: String,
    given_name: String,
    family_kana: Option<String>,
    given_kana: Option<String>,
}

/// An account and the rhythm it buys in.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SampleAccount {
    /// External id.
    pub key: String,
    /// Name.
    pub name: String,
    /// Reading.
    pub kana: Option<String>,
    /// Industry.
    pub industry: Option<String>,
    /// Segment.
    pub segment: Option<String>,
    /// Country.
    pub country: Option<String>,
    /// Key of the owner.
    pub owner: String,
    /// Days between orders, on average.
    pub every_days: u64,
    /// An order, on average, in whole units of the currency.
    pub amount: u64,
    /// The first order.
    pub first_days_ago: u64,
    /// The last order; 0 when it goes on.
    #[serde(default)]
    pub last_days_ago: u64,
    /// The people there.
    pub contacts: Vec<SampleContact>,
}

/// A person at an account.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SampleContact {
    /// Name within the file.
    pub key: String,
    reports_to: Option<String>,
    /// For how many months he has been at his post.
    started_months_ago: Option<u32>,
    #[serde(flatten)]
    input: serde_json::Map<String, Value>,
}

/// Parts of invented names.
#[derive(Deserialize)]
pub struct Filler {
    /// First part and, for Japanese names, its reading.
    pub first: Vec<Vec<String>>,
    /// Second part, likewise.
    pub second: Vec<Vec<String>>,
    /// Industries, in turn.
    pub industries: Vec<String>,
    /// Owners, in turn.
    pub owners: Vec<String>,
    /// An order, on average.
    pub amount: u64,
}

/// What was made, by the keys of the file.
pub struct Made {
    settings: TenantSettings,
    /// Ids of the members.
    pub members: HashMap<String, String>,
    /// Ids of the accounts that have a story.
    pub accounts: HashMap<String, String>,
    /// Ids of the contacts.
    pub contacts: HashMap<String, String>,
    people: HashMap<String, Actor>,
}

impl Made {
    /// The context of a member, by his key.
    pub fn as_member(&self, app: &Arc<App>, key: &str) -> Result<Ctx> {
        let actor = self
            .people
            .get(key)
            .ok_or_else(|| Error::internal(format!("no sample member {key}")))?;
        Ok(Ctx::new(
            Arc::clone(app),
            actor.clone(),
            Some(self.settings.clone()),
            RequestInfo::internal(),
        ))
    }
}

/// So many days before now.
pub fn days_ago(app: &App, days: i64) -> DateTime<Utc> {
    app.clock.now() - Duration::days(days)
}

/// Makes the company with everything that has no story.
pub async fn create(app: &Arc<App>, sample: &Sample) -> Result<Made> {
    let began = days_ago(app, BEGAN_DAYS_AGO);
    let mut made = found(app, sample, began).await?;
    for member in &sample.members[1..] {
        join(app, sample, &mut made, member, began).await?;
    }
    let admin = || made.as_member(app, &sample.members[0].key);
    for product in &sample.products {
        change(admin()?, began, "productCreate", product.clone(), "product { id }").await?;
    }
    let mut dice = Rng::with_seed(SEED);
    let filler = sample
        .filler
        .as_ref()
        .map(|filler| orders::filler_accounts(filler, &mut dice))
        .unwrap_or_default();
    let accounts: Vec<&SampleAccount> = sample.accounts.iter().chain(&filler).collect();
    let csv = orders::accounts_csv(sample, &accounts);
    import(&admin()?, ImportKind::Accounts, csv).await?;
    let csv = orders::orders_csv(&accounts, app.clock.now(), &mut dice);
    import(&admin()?, ImportKind::Orders, csv).await?;
    for account in &sample.accounts {
        people_of(app, sample, &mut made, account, began).await?;
    }
    Ok(made)
}

async fn import(ctx: &Ctx, kind: ImportKind, csv: String) -> Result<()> {
    let request = ImportRequest {
        backfill: true,
        ..ImportRequest::of(kind)
    };
    let run = imports::service::import_now(ctx, "samples.csv", csv.into_bytes(), &request).await?;
    if run.status != ImportStatus::Done.as_str() {
        return Err(Error::internal(format!(
            "sample data: import {}: {}",
            run.status, run.problems
        )));
    }
    Ok(())
}

/// Founds the company with its ADMIN.
async fn found(app: &Arc<App>, sample: &Sample, at: DateTime<Utc>) -> Result<Made> {
    let admin = &sample.members[0];
    let mut input = sample.tenant.clone();
    input["admin"] = json!({
        "email": sample.email(admin), "password": PASSWORD,
        "familyName": admin.family_name, "givenName": admin.given_name,
        "familyKana": admin.family_kana, "givenKana": admin.given_kana,
    });
    let payload = change(nobody(app), at, "tenantCreate", input, "tenant { id } member { id }").await?;
    let tenant = key_of(&payload["tenant"]["id"])?;
    let settings = tenant_settings(app, tenant)
        .await?
        .ok_or_else(|| Error::internal("the sample company is missing"))?;
    let mut made = Made {
        settings,
        members: HashMap::new(),
        accounts: HashMap::new(),
        contacts: HashMap::new(),
        people: HashMap::new(),
    };
    made.enter(admin, &payload["member"]["id"])?;
    Ok(made)
}

/// Invites a person and accepts for him.
async fn join(
    app: &Arc<App>,
    sample: &Sample,
    made: &mut Made,
    member: &SampleMember,
    at: DateTime<Utc>,
) -> Result<()> {
    let manager = member.manager.as_ref().and_then(|key| made.members.get(key));
    let invitation = json!({ "email": sample.email(member), "role": member.role, "managerId": manager });
    let admin = made.as_member(app, &sample.members[0].key)?;
    let payload = change(admin, at, "memberInvite", invitation, "link").await?;
    let link = payload["link"].as_str().unwrap_or_default();
    let token = link.rsplit(['=', '/']).next().unwrap_or_default();
    let accepted = json!({
        "token": token, "password": PASSWORD,
        "familyName": member.family_name, "givenName": member.given_name,
        "familyKana": member.family_kana, "givenKana": member.given_kana,
    });
    let payload = change(nobody(app), at, "invitationAccept", accepted, "member { id }").await?;
    made.enter(member, &payload["member"]["id"])
}

/// The contacts of an account, superiors before those who report to them.
async fn people_of(
    app: &Arc<App>,
    sample: &Sample,
    made: &mut Made,
    account: &SampleAccount,
    at: DateTime<Utc>,
) -> Result<()> {
    let admin = &sample.members[0].key;
    let query = "query($text: String!) { accounts(filter: { text: $text }, first: 1) { nodes { id } } }";
    let found = execute(made.as_member(app, admin)?, query, json!({ "text": account.name })).await?;
    let id = found["accounts"]["nodes"][0]["id"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    for contact in &account.contacts {
        let mut input = Value::Object(contact.input.clone());
        input["accountId"] = json!(id);
        input["reportsToId"] = json!(contact.reports_to.as_ref().and_then(|key| made.contacts.get(key)));
        let today = app.clock.now().date_naive();
        let started = contact
            .started_months_ago
            .and_then(|months| today.checked_sub_months(Months::new(months)));
        input["startedOn"] = json!(started);
        let payload = change(
            made.as_member(app, &account.owner)?,
            at,
            "contactCreate",
            input,
            "contact { id }",
        )
        .await?;
        let contact_id = payload["contact"]["id"].as_str().unwrap_or_default().to_owned();
        made.contacts.insert(contact.key.clone(), contact_id);
    }
    made.accounts.insert(account.key.clone(), id);
    Ok(())
}

impl Made {
    fn enter(&mut self, member: &SampleMember, id: &Value) -> Result<()> {
        let actor = Actor::Member {
            user: Uuid::nil(),
            session: Uuid::nil(),
            member: key_of(id)?,
            role: member
                .role
                .parse()
                .map_err(|_| Error::internal("unknown role in the samples"))?,
        };
        self.people.insert(member.key.clone(), actor);
        self.members
            .insert(member.key.clone(), id.as_str().unwrap_or_default().to_owned());
        Ok(())
    }
}

fn nobody(app: &Arc<App>) -> Ctx {
    Ctx::new(
        Arc::clone(app),
        Actor::Anonymous { refused: None },
        None,
        RequestInfo::internal(),
    )
}

fn key_of(id: &Value) -> Result<Uuid> {
    let parsed = id.as_str().and_then(parse_any);
    parsed
        .map(|(_, key)| key)
        .ok_or_else(|| Error::internal("an id of the samples is malformed"))
}
