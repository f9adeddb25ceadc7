//! Driving a run: check the whole file, then write it chunk by chunk. Whoever drives can be killed at any moment.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use domain::import::{ImportKind, ImportStatus};
use entity::import_run;
use sea_orm::Set;
use serde_json::json;
use tracing::Instrument;
use uuid::Uuid;

use super::columns::Layout;
use super::options::ImportOptions;
use super::problems::Problems;
use super::rows::{Checked, Rules, account_row, check, order_row};
use super::sheet::{Sheet, SheetRow};
use super::{apply_accounts, apply_orders, queries};
use crate::app::App;
use crate::error::{Error, Result};
use crate::platform::Ctx;
use crate::platform::auth::tenant_settings;
use crate::platform::ctx::TenantSettings;
use crate::platform::events::NewEvent;
use crate::platform::tenancy::{TenantDb, WriteTx};

/// Rows of one transaction.
const CHUNK: usize = 500;
/// A run that nobody has driven for so long is taken up again.
const ABANDONED: TimeDelta = TimeDelta::seconds(30);
/// A run that nobody had room for when it was opened is looked at again after so long.
const UNBEGUN: TimeDelta = TimeDelta::seconds(3);
/// A run that fails so often in a row for a reason of ours is given up.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(300);

/// A run to be driven, by this process.
#[derive(Clone)]
pub struct Job {
    pub app: Arc<App>,
    pub tenant: TenantSettings,
    pub run: Uuid,
    /// The file, when it was not uploaded.
    pub bytes: Option<Arc<[u8]>>,
}

/// What a chunk came to, in rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub created: i64,
    pub updated: i64,
    pub unchanged: i64,
}

/// Where a chunk goes: nowhere (a dry run), or into a transaction.
#[derive(Clone, Copy)]
pub enum Target<'a> {
    Dry(&'a TenantDb),
    Write(&'a WriteTx),
}

impl<'a> Target<'a> {
    /// For reading what is there.
    pub fn db(self) -> &'a TenantDb {
        match self {
            Self::Dry(db) => db,
            Self::Write(tx) => tx,
        }
    }
}

/// What the rows of a chunk need to know of their run.
pub struct Chunk<'a> {
    pub ctx: &'a Ctx,
    pub run: Uuid,
    pub owner: Uuid,
    pub backfill: bool,
}

impl Chunk<'_> {
    /// One event for all accounts that a chunk concerns, and how many rows changed them; none for none.
    pub fn tell(&self, tx: &WriteTx, kind: &'static str, accounts: &[Uuid], rows: i64) {
        if !accounts.is_empty() {
            let payload = json!({ "accounts": accounts, "rows": rows });
            tx.emit(NewEvent::new(kind, "imp", self.run).with(payload));
        }
    }
}

/// Why driving ended early.
enum Stop {
    /// Another driver has taken the run.
    Taken,
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Called after every step with the run as it is then.
pub type Watch<'a> = &'a (dyn Fn(&import_run::Model) + Send + Sync);

impl Job {
    /// Drives in the background when this process has room: each run holds a whole file in memory. Otherwise the run waits
    /// until it is looked for what is due, by whichever process.
    pub fn spawn(self) {
        let Ok(room) = Arc::clone(&self.app.imports).try_acquire_owned() else {
            return;
        };
        let span = tracing::info_span!("import", tenant = %self.tenant.id, run = %self.run);
        tokio::spawn(
            async move {
                if let Err(error) = self.drive(&|_| ()).await {
                    tracing::error!(%error, "an import was interrupted or given up");
                }
                drop(room);
            }
            .instrument(span),
        );
    }

    /// Drives to the end, or until another driver takes the run; the run as it is then.
    pub async fn drive(&self, watch: Watch<'_>) -> Result<import_run::Model> {
        let mut failures = 0;
        loop {
            match self.drive_once(watch).await {
                Ok(run) => return Ok(run),
                Err(Stop::Taken) => return self.load(&self.ctx()).await,
                // Not the run's fault: it stays as it is, and is taken up again later.
                Err(Stop::Failed(error @ Error::Unavailable(_))) => return Err(error),
                Err(Stop::Failed(error)) => {
                    failures += 1;
                    tracing::warn!(%error, failures, "an import failed");
                    if failures >= ATTEMPTS {
                        self.give_up(&error).await?;
                        return Err(error);
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    fn ctx(&self) -> Ctx {
        Ctx::system(Arc::clone(&self.app), self.tenant.clone())
    }

    async fn load(&self, ctx: &Ctx) -> Result<import_run::Model> {
        let db = ctx.read().await?;
        let run = queries::run(&db, self.run).await?;
        run.ok_or_else(|| Error::internal("an import vanished"))
    }

    async fn drive_once(&self, watch: Watch<'_>) -> std::result::Result<import_run::Model, Stop> {
        let ctx = self.ctx();
        let mut run = self.load(&ctx).await?;
        let status = status_of(&run)?;
        if status.is_final() {
            return Ok(run);
        }
        // Claimed also when it runs already: whoever drove it before loses it here.
        let next = if status == ImportStatus::Running {
            status
        } else {
            ImportStatus::Validating
        };
        let tx = ctx.write().await?;
        advance(&ctx, &tx, &mut run, |run| run.status = next.as_str().to_owned()).await?;
        tx.commit().await?;
        watch(&run);
        let bytes = self.bytes(&ctx, &run).await?;
        let rules = Arc::new(self.rules(&ctx, &run).await?);
        ctx.end_read().await?;
        if next == ImportStatus::Validating && !self.validate(&mut run, &rules, &bytes).await? {
            watch(&run);
            return Ok(run);
        }
        watch(&run);
        self.write_rows(&mut run, &rules, &bytes, watch).await?;
        self.finish(&mut run).await?;
        watch(&run);
        Ok(run)
    }

    async fn bytes(&self, ctx: &Ctx, run: &import_run::Model) -> Result<Arc<[u8]>> {
        if let Some(bytes) = &self.bytes {
            return Ok(Arc::clone(bytes));
        }
        let upload = run
            .upload_id
            .ok_or_else(|| Error::internal("an import without a file"))?;
        let db = ctx.read().await?;
        let found = queries::upload(&db, upload).await?;
        Ok(found
            .ok_or_else(|| Error::internal("an uploaded file vanished"))?
            .bytes
            .into())
    }

    async fn rules(&self, ctx: &Ctx, run: &import_run::Model) -> Result<Rules> {
        let options: ImportOptions = serde_json::from_value(run.options.clone()).map_err(Error::internal)?;
        let kind = kind_of(run)?;
        let mut members = HashMap::new();
        if kind == ImportKind::Accounts {
            let found = queries::owners(&*ctx.read().await?).await?;
            members.extend(found.into_iter().map(|member| (member.email.to_lowercase(), member.id)));
        }
        Rules::new(kind, options, &self.tenant.currency, members, ctx.now)
    }

    /// Checks the whole file; `false` when it is refused.
    async fn validate(
        &self,
        run: &mut import_run::Model,
        rules: &Arc<Rules>,
        bytes: &Arc<[u8]>,
    ) -> std::result::Result<bool, Stop> {
        let (rules, bytes) = (Arc::clone(rules), Arc::clone(bytes));
        let Checked { rows, problems } = tokio::task::spawn_blocking(move || check(&rules, &bytes))
            .await
            .map_err(Error::internal)?;
        let ctx = self.ctx();
        let tx = ctx.write().await?;
        let refused = problems.errors > 0;
        let kept = serde_json::to_value(&problems).map_err(Error::internal)?;
        advance(&ctx, &tx, run, |run| {
            run.total_rows = rows;
            run.problems = kept;
            run.status = if refused {
                ImportStatus::Rejected
            } else {
                ImportStatus::Running
            }
            .as_str()
            .to_owned();
            run.finished_at = refused.then_some(ctx.now);
        })
        .await?;
        if refused {
            let payload = json!({ "errors": problems.errors, "dryRun": run.dry_run });
            tx.emit(NewEvent::new("import.rejected", "imp", run.id).with(payload));
        }
        tx.commit().await?;
        Ok(!refused)
    }

    async fn write_rows(
        &self,
        run: &mut import_run::Model,
        rules: &Rules,
        bytes: &[u8],
        watch: Watch<'_>,
    ) -> std::result::Result<(), Stop> {
        let (headers, sheet) = Sheet::open(bytes).map_err(unreadable)?;
        let layout = Layout::find(rules.kind, headers, &rules.options.mapping).map_err(unreadable)?;
        let done = usize::try_from(run.done_rows).unwrap_or(usize::MAX);
        let mut rows = sheet.skip(done);
        // Numbers of the rows so far: a row that comes again, saying the same, is one that is there.
        let mut seen: HashSet<String> = HashSet::new();
        loop {
            let chunk: Vec<SheetRow> = rows.by_ref().take(CHUNK).collect();
            if chunk.is_empty() {
                return Ok(());
            }
            let ctx = self.ctx();
            self.write_chunk(&ctx, run, rules, &layout, chunk, &mut seen).await?;
            watch(run);
        }
    }

    async fn write_chunk(
        &self,
        ctx: &Ctx,
        run: &mut import_run::Model,
        rules: &Rules,
        layout: &Layout,
        rows: Vec<SheetRow>,
        seen: &mut HashSet<String>,
    ) -> std::result::Result<(), Stop> {
        let read = rows.len();
        let parsed = Parsed::read(rules, layout, rows, seen)?;
        let chunk = Chunk {
            ctx,
            run: run.id,
            owner: rules.options.owner,
            backfill: rules.options.backfill,
        };
        let dry = if run.dry_run {
            let db = ctx.read().await?;
            Some(parsed.clone().apply(&chunk, Target::Dry(&db)).await?)
        } else {
            None
        };
        let tx = ctx.write().await?;
        let mut tally = match dry {
            Some(tally) => tally,
            None => parsed.apply(&chunk, Target::Write(&tx)).await?,
        };
        let (sum, read) = (tally.created + tally.updated + tally.unchanged, to_i64(read));
        tally.unchanged += read - sum;
        advance(ctx, &tx, run, |run| {
            run.done_rows += read;
            run.created_rows += tally.created;
            run.updated_rows += tally.updated;
            run.unchanged_rows += tally.unchanged;
        })
        .await?;
        tx.commit().await?;
        Ok(())
    }

    async fn finish(&self, run: &mut import_run::Model) -> std::result::Result<(), Stop> {
        let ctx = self.ctx();
        let tx = ctx.write().await?;
        advance(&ctx, &tx, run, |run| {
            run.status = ImportStatus::Done.as_str().to_owned();
            run.finished_at = Some(ctx.now);
        })
        .await?;
        let payload = json!({
            "created": run.created_rows,
            "updated": run.updated_rows,
            "unchanged": run.unchanged_rows,
            "dryRun": run.dry_run,
        });
        tx.emit(NewEvent::new("import.finished", "imp", run.id).with(payload));
        tx.commit().await?;
        Ok(())
    }

    /// Ends a run that cannot go on, and says why when people can mend it. The rows that are in stay; the same file again
    /// goes through what is left.
    async fn give_up(&self, why: &Error) -> Result<()> {
        let ctx = self.ctx();
        let mut run = self.load(&ctx).await?;
        if status_of(&run)?.is_final() {
            return Ok(());
        }
        let mut problems: Problems = serde_json::from_value(run.problems.clone()).unwrap_or_default();
        if let Error::User(told) = why {
            for error in told {
                problems.error(1, None, error.message.clone());
            }
        }
        let problems = serde_json::to_value(&problems).map_err(Error::internal)?;
        let tx = ctx.write().await?;
        let failed = advance(&ctx, &tx, &mut run, |run| {
            run.status = ImportStatus::Failed.as_str().to_owned();
            run.problems = problems;
            run.finished_at = Some(ctx.now);
        });
        match failed.await {
            Ok(()) => {
                tx.emit(NewEvent::new("import.failed", "imp", run.id));
                Ok(tx.commit().await?)
            }
            Err(Stop::Taken) => Ok(()),
            Err(Stop::Failed(error)) => Err(error),
        }
    }
}

/// The rows of a chunk, each number once.
#[derive(Clone)]
enum Parsed {
    Orders(Vec<super::rows::OrderRow>),
    Accounts(Vec<super::rows::AccountRow>),
}

impl Parsed {
    fn read(rules: &Rules, layout: &Layout, rows: Vec<SheetRow>, seen: &mut HashSet<String>) -> Result<Self> {
        let mut problems = Problems::default();
        let mut parsed = match rules.kind {
            ImportKind::Orders => Self::Orders(Vec::with_capacity(rows.len())),
            ImportKind::Accounts => Self::Accounts(Vec::with_capacity(rows.len())),
        };
        for row in rows {
            let cells = row.cells.map_err(unreadable)?;
            match &mut parsed {
                Self::Orders(orders) => {
                    let read = order_row(rules, layout, (row.line, &cells), &mut problems);
                    orders.extend(read.filter(|order| seen.insert(order.order.clone())));
                }
                Self::Accounts(accounts) => {
                    let read = account_row(rules, layout, (row.line, &cells), &mut problems);
                    accounts.extend(read.filter(|account| seen.insert(account.account.clone())));
                }
            }
        }
        // Every row was good when the file was checked; since then a member may have left.
        match problems.first.iter().find(|_| problems.errors > 0) {
            Some(problem) => Err(Error::internal(format!("line {}: {}", problem.line, problem.en))),
            None => Ok(parsed),
        }
    }

    async fn apply(self, chunk: &Chunk<'_>, target: Target<'_>) -> Result<Tally> {
        match self {
            Self::Orders(rows) => apply_orders::apply(chunk, target, rows).await,
            Self::Accounts(rows) => apply_accounts::apply(chunk, target, rows).await,
        }
    }
}

/// Writes the next state of a run inside `tx`, if nobody else has driven it since it was read.
async fn advance(
    ctx: &Ctx,
    tx: &WriteTx,
    run: &mut import_run::Model,
    change: impl FnOnce(&mut import_run::Model),
) -> std::result::Result<(), Stop> {
    let seen = run.updated_at;
    let mut next = run.clone();
    change(&mut next);
    // Later in any case, so that who still holds the old one is told.
    next.updated_at = ctx.now.max(seen + TimeDelta::microseconds(1));
    let model = import_run::ActiveModel {
        status: Set(next.status.clone()),
        total_rows: Set(next.total_rows),
        done_rows: Set(next.done_rows),
        created_rows: Set(next.created_rows),
        updated_rows: Set(next.updated_rows),
        unchanged_rows: Set(next.unchanged_rows),
        problems: Set(next.problems.clone()),
        updated_at: Set(next.updated_at),
        finished_at: Set(next.finished_at),
        ..Default::default()
    };
    if tx.update(model, queries::held(run.id, seen)).await? == 0 {
        return Err(Stop::Taken);
    }
    if next.finished_at.is_some() {
        queries::dequeue(tx, run.id).await?;
    }
    *run = next;
    Ok(())
}

pub(super) fn status_of(run: &import_run::Model) -> Result<ImportStatus> {
    run.status
        .parse()
        .map_err(|_| Error::internal("unknown status of an import in the database"))
}

pub(super) fn kind_of(run: &import_run::Model) -> Result<ImportKind> {
    run.kind
        .parse()
        .map_err(|_| Error::internal("unknown kind of an import in the database"))
}

fn unreadable(why: domain::lang::Text) -> Error {
    Error::internal(why.en.into_owned())
}

pub(super) fn to_i64(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Takes up the imports of uploaded files that their driver has left, in all tenants. A tenant that fails does not hold up
/// the others; the first failure is returned at the end.
pub async fn resume_due(app: &Arc<App>) -> Result<()> {
    let mut failure = None;
    for tenant in queries::queued(&app.database.global(&Arc::default())).await? {
        if let Err(error) = resume_in(app, tenant).await {
            tracing::error!(%tenant, %error, "imports were not looked for in one tenant");
            failure.get_or_insert(error);
        }
    }
    failure.map_or(Ok(()), Err)
}

async fn resume_in(app: &Arc<App>, tenant: Uuid) -> Result<()> {
    let Some(settings) = tenant_settings(app, tenant).await? else {
        return Ok(());
    };
    let ctx = Ctx::system(Arc::clone(app), settings.clone());
    let due = queries::due(&*ctx.read().await?, ctx.now - ABANDONED, ctx.now - UNBEGUN).await;
    ctx.end_read().await?;
    for run in due? {
        let job = Job {
            app: Arc::clone(app),
            tenant: settings.clone(),
            run: run.id,
            bytes: None,
        };
        job.spawn();
    }
    Ok(())
}
