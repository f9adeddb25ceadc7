//! The one way in: who asks, for which tenant, when, and the database handle of the request.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use domain::lang::Lang;
use domain::policy::{Action, Grant, Visibility};
use domain::risk::{Borders, Rules, Terms};
use sea_orm::DbErr;
use tokio::sync::{Mutex, OnceCell};
use uuid::Uuid;

use super::auth::Actor;
use super::idempotency::Repeatable;
use super::telemetry::Parent;
use super::tenancy::{GlobalDb, Reading, Tally, TenantDb, WriteTx};
use crate::app::App;
use crate::error::{Error, Result};

/// What a request needs to know about the tenant it works in.
#[derive(Clone, Debug)]
pub struct TenantSettings {
    /// The tenant.
    pub id: Uuid,
    /// ISO 3166-1 alpha-2 code of where its public holidays are.
    pub country: String,
    /// Its days begin and end here.
    pub zone: Tz,
    /// ISO 4217 code that sums, orders and risk use.
    pub currency: String,
    /// Who sees which accounts.
    pub visibility: Visibility,
    /// Borders between the bands of risk.
    pub borders: Borders,
    /// What lifetime values are reckoned with.
    pub terms: Terms,
    /// What it asks of itself.
    pub rules: Rules,
    /// Continuity score (0–100) from which a handover may complete.
    pub continuity_threshold: u8,
}

/// What came with the request, apart from who asks.
#[derive(Clone, Debug)]
pub struct RequestInfo {
    /// In every answer and every line of the log.
    pub id: Uuid,
    /// The language of messages.
    pub lang: Lang,
    /// The address that guessing is slowed by.
    pub ip: Option<String>,
    /// The client's own name for itself.
    pub user_agent: Option<String>,
    /// When it had arrived: what it is timed from.
    pub received: Instant,
    /// The caller's span, when he told one.
    pub parent: Option<Parent>,
}

impl RequestInfo {
    /// For work that no request started.
    pub fn internal() -> Self {
        Self {
            id: Uuid::now_v7(),
            lang: Lang::En,
            ip: None,
            user_agent: None,
            received: Instant::now(),
            parent: None,
        }
    }
}

/// Holds a request's read transaction while it is open.
pub type ReadSlot = Arc<Mutex<Option<Arc<TenantDb>>>>;

/// The context of one request (or one job). The first argument of every service function.
pub struct Ctx {
    /// The process's shared parts.
    pub app: Arc<App>,
    /// Who asks.
    pub actor: Actor,
    /// The instant of the request, in whole microseconds (PostgreSQL keeps no more).
    pub now: DateTime<Utc>,
    /// What came with the request.
    pub request: RequestInfo,
    tenant: Option<TenantSettings>,
    tally: Arc<Tally>,
    read: ReadSlot,
    /// It asks for one thing and nothing beside it.
    is_of_one_thing: AtomicBool,
    /// What a change committed is read on the connection that committed it: in requests, which end what they read.
    reads_on: bool,
    repeatable: OnceLock<Arc<Repeatable>>,
    /// The members whose accounts this actor's grants reach, found once a request.
    pub(crate) circle: OnceCell<Arc<Vec<Uuid>>>,
}

impl Ctx {
    /// Makes one. `tenant` is there when the actor is of a tenant.
    pub fn new(app: Arc<App>, actor: Actor, tenant: Option<TenantSettings>, request: RequestInfo) -> Self {
        let now = app.clock.now();
        Self {
            app,
            actor,
            now,
            request,
            tenant,
            tally: Arc::default(),
            read: ReadSlot::default(),
            is_of_one_thing: AtomicBool::new(false),
            reads_on: false,
            repeatable: OnceLock::new(),
            circle: OnceCell::new(),
        }
    }

    /// For a request, with the read transaction that found its caller, if one did. What that did so far is not counted.
    #[must_use]
    pub fn reading(mut self, db: Option<TenantDb>) -> Self {
        self.reads_on = self.tenant.is_some();
        if let Some(db) = db {
            self.tally = Arc::clone(db.tally());
            self.tally.clear();
            self.read = Arc::new(Mutex::new(Some(Arc::new(db))));
        }
        self
    }

    /// The same at another instant: for sample data that reach into the past.
    #[must_use]
    pub fn at(mut self, instant: DateTime<Utc>) -> Self {
        self.now = instant;
        self
    }

    /// For jobs and commands: the system itself, in one tenant.
    pub fn system(app: Arc<App>, tenant: TenantSettings) -> Self {
        Self::new(app, Actor::System, Some(tenant), RequestInfo::internal())
    }

    /// The tenant of the request.
    pub fn tenant(&self) -> Result<&TenantSettings> {
        self.tenant.as_ref().ok_or_else(|| self.actor.refusal())
    }

    /// The id of the tenant of the request, if it has one.
    pub fn tenant_id(&self) -> Option<Uuid> {
        self.tenant.as_ref().map(|tenant| tenant.id)
    }

    /// From here on the request's one change is kept under an idempotency key.
    pub fn repeat_under(&self, repeatable: Repeatable) {
        // A request has one operation, and so one key.
        let _ = self.repeatable.set(Arc::new(repeatable));
    }

    /// What is known of the idempotency key, if the request came with one.
    pub fn repeatable(&self) -> Option<&Arc<Repeatable>> {
        self.repeatable.get()
    }

    /// Does this when the change is committed: at once, unless it waits for its answer.
    pub fn once_durable(&self, work: impl FnOnce() + Send + 'static) {
        match self.repeatable() {
            Some(repeatable) => repeatable.once_durable(Box::new(work)),
            None => work(),
        }
    }

    /// May the actor do this at all? How far over the accounts, says the grant. The first line of every service.
    pub fn authorize(&self, action: Action) -> Result<Grant> {
        let tenant = self.tenant()?;
        match self.actor.grant(tenant.visibility, action) {
            Grant::Never => Err(Error::Forbidden),
            grant => Ok(grant),
        }
    }

    /// The day it is at the tenant.
    pub fn today(&self) -> Result<NaiveDate> {
        Ok(domain::calendar::tenant_day(self.now, self.tenant()?.zone))
    }

    /// The instant that risk takes for now: the request's, or the end of the day that the process was told, where the
    /// tenant is.
    pub fn as_of(&self) -> DateTime<Utc> {
        let zone = self.tenant.as_ref().map_or(Tz::UTC, |tenant| tenant.zone);
        match self.app.clock.pinned_day() {
            Some(day) => domain::calendar::day_end(day, zone) - chrono::Duration::microseconds(1),
            None => self.now,
        }
    }

    /// From here on the request is known to ask for one thing and nothing beside it.
    pub fn asks_one_thing(&self) {
        self.is_of_one_thing.store(true, Ordering::Relaxed);
    }

    /// Whether that is known.
    pub fn is_for_one_thing(&self) -> bool {
        self.is_of_one_thing.load(Ordering::Relaxed)
    }

    /// The request's read transaction, begun at its first use and shared by all resolvers and loaders.
    pub async fn read(&self) -> Result<Arc<TenantDb>> {
        self.reading_as(Reading::Snapshot).await
    }

    /// The same for a service that finds what it answers by one statement. Where nothing else is asked for, there is nothing that
    /// would have to be seen at the same moment; but who is below somebody, and what of them he sees, must be.
    pub async fn glance(&self) -> Result<Arc<TenantDb>> {
        let is_all = self.is_for_one_thing() && !self.actor.has_circle();
        self.reading_as(if is_all { Reading::Glance } else { Reading::Snapshot })
            .await
    }

    async fn reading_as(&self, reading: Reading) -> Result<Arc<TenantDb>> {
        let tenant = self.tenant()?.id;
        // What was changed and waits for its answer is read as it will be.
        if let Some(parked) = self.repeatable().and_then(|repeatable| repeatable.parked()) {
            return Ok(parked);
        }
        let mut slot = self.read.lock().await;
        if let Some(db) = slot.as_ref() {
            return Ok(Arc::clone(db));
        }
        let db = Arc::new(self.app.database.tenant_read_as(reading, tenant, &self.tally).await?);
        *slot = Some(Arc::clone(&db));
        Ok(db)
    }

    /// Begins the write transaction of one mutation. The read transaction ends first, and gives its connection for it: a
    /// request never holds two. What the payload reads afterwards is read anew.
    pub async fn write(&self) -> Result<WriteTx> {
        let tenant = self.tenant()?.id;
        self.write_in(tenant).await
    }

    /// As [`write`](Self::write), in a tenant that the actor is not (yet) of: creating one, accepting an invitation.
    pub(crate) async fn write_in(&self, tenant: Uuid) -> Result<WriteTx> {
        WriteTx::begin(self, tenant).await
    }

    /// The read transaction, if one is open and nobody else reads through it. It is not the request's any more.
    pub(super) async fn take_read(&self) -> Option<TenantDb> {
        // A loader that still holds it ends it when it lets go.
        self.read.lock().await.take().and_then(Arc::into_inner)
    }

    /// Where the read transaction goes that begins when a change is committed.
    pub(super) fn read_slot(&self) -> Option<ReadSlot> {
        self.reads_on.then(|| Arc::clone(&self.read))
    }

    /// Ends the read transaction, if one is open.
    pub async fn end_read(&self) -> std::result::Result<(), DbErr> {
        match self.take_read().await {
            Some(db) => db.end().await,
            None => Ok(()),
        }
    }

    /// The tables that belong to no tenant, for reading: through the request's read transaction when it has a tenant,
    /// so that a request never holds two connections.
    pub async fn global(&self) -> Result<GlobalDb<'_>> {
        match self.tenant {
            Some(_) => Ok(GlobalDb::held(self.read().await?)),
            None => Ok(self.app.database.global(&self.tally)),
        }
    }

    /// Where the doors count what they do for the request.
    pub fn tally(&self) -> &Arc<Tally> {
        &self.tally
    }

    /// How many statements the request has sent so far.
    pub fn statements(&self) -> u64 {
        self.tally.statements()
    }
}
