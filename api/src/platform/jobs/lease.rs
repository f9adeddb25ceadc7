//! Who may work for a reader and tenant at this moment, when several processes share the database.
//!
//! A row of `log_reader` is free when its `updated_at` is not in the future, or further than anybody puts it; who works moves
//! it ahead in one compare-and-set, so exactly one succeeds, and moves it on while the work goes on. A process that dies
//! leaves a row that frees itself. Should the row be lost all the same (a process that stood still for a minute), the work
//! is dropped; what another begins meanwhile is wasteful, but safe, and the slower one cannot move the cursor.

use std::future::Future;
use std::sync::Arc;
use std::time;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use entity::log_reader::{self, Column};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, Set, UpdateMany};
use uuid::Uuid;

use super::caught;
use crate::app::App;
use crate::error::{Error, Result};

/// How long a row stays taken without a sign of life.
const LEASE: Duration = Duration::seconds(60);
/// How often who works gives one.
const RENEWED_EVERY: time::Duration = time::Duration::from_secs(3);
/// How long a row rests after a failure.
const BACK_OFF: Duration = Duration::seconds(10);
/// A row taken for longer than a lease, and so much, was taken before the clock went back: clocks of processes differ by
/// less.
const CLOCKS_DIFFER: Duration = Duration::seconds(60);
/// Work that takes longer has failed. No part of any job comes near it; but a connection that died without a word never
/// answers, and who waits for it would renew the lease for ever.
const WORK_WITHIN: time::Duration = time::Duration::from_secs(15 * 60);

/// The right to work for one reader in one tenant.
pub struct Lease<'a> {
    app: &'a Arc<App>,
    name: &'static str,
    tenant: Uuid,
    until: DateTime<Utc>,
    /// Changes of `until` that were sent without an answer, since they failed or were dropped: the row may have any of them.
    unanswered: Vec<DateTime<Utc>>,
    /// How far the reader had come when it was taken.
    pub seq: i64,
    /// The day's work that is in progress: when it began, and where its last part ended.
    pub part: Option<(NaiveDate, Uuid)>,
}

impl<'a> Lease<'a> {
    /// Takes it. Nothing when somebody else has it, or when the daily work of `day` is done already and nobody wants it once
    /// more or has begun that.
    pub async fn take(
        app: &'a Arc<App>,
        name: &'static str,
        tenant: Uuid,
        day: Option<NaiveDate>,
    ) -> Result<Option<Self>> {
        let statements = Arc::default();
        let db = app.database.global(&statements);
        let now = app.clock.now();
        let until = now + LEASE;
        let is_free = Condition::any()
            .add(Column::UpdatedAt.lte(now))
            .add(Column::UpdatedAt.gt(until + CLOCKS_DIFFER));
        let mut free = Condition::all()
            .add(Column::Name.eq(name))
            .add(Column::TenantId.eq(tenant))
            .add(is_free);
        if let Some(day) = day {
            let is_due = Condition::any()
                .add(Column::RanOn.is_null())
                .add(Column::RanOn.lt(day))
                .add(Column::Again.eq(true))
                .add(Column::BeganOn.is_not_null());
            free = free.add(is_due);
        }
        let taking = log_reader::Entity::update_many()
            .col_expr(Column::UpdatedAt, Expr::value(until))
            .filter(free);
        if let Some(row) = db.update_returning(taking).await?.into_iter().next() {
            return Ok(Some(Self {
                app,
                name,
                tenant,
                until,
                unanswered: Vec::new(),
                seq: row.seq,
                part: row.began_on.zip(row.after_id),
            }));
        }
        let there = log_reader::Entity::find_by_id((name.to_owned(), tenant));
        if db.one(there).await?.is_some() {
            return Ok(None);
        }
        let row = log_reader::ActiveModel {
            name: Set(name.to_owned()),
            tenant_id: Set(tenant),
            seq: Set(0),
            ran_on: Set(None),
            began_on: Set(None),
            after_id: Set(None),
            again: Set(false),
            updated_at: Set(until),
        };
        match db.insert(row).await {
            Ok(()) => Ok(Some(Self {
                app,
                name,
                tenant,
                until,
                unanswered: Vec::new(),
                seq: 0,
                part: None,
            })),
            // Another process was first with the row, and works with it.
            Err(error) if Error::is_unique_violation(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Does the work, and keeps the lease meanwhile; nothing when it was lost, and the work dropped with it. Work that
    /// panics, or does not come to an end, has failed.
    pub async fn keep<T>(&mut self, work: impl Future<Output = Result<T>>) -> Result<Option<T>> {
        let working = tokio::time::timeout(WORK_WITHIN, caught(work));
        // Both go on side by side: the work may hold the connection that renewing waits for.
        tokio::select! {
            done = working => done.map_err(|_| Error::internal("work did not come to an end"))?.map(Some),
            () = self.renew() => Ok(None),
        }
    }

    /// Renews the lease until it is lost.
    async fn renew(&mut self) {
        loop {
            tokio::time::sleep(RENEWED_EVERY).await;
            let until = self.app.clock.now() + LEASE;
            match self.change(until, |update| update).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => tracing::warn!(job = self.name, %error, "a lease was not renewed; it is tried again"),
            }
        }
    }

    /// Says that everything up to `seq` is done and goes on. False when the lease was lost meanwhile.
    pub async fn advance(&mut self, seq: i64) -> Result<bool> {
        let until = self.app.clock.now() + LEASE;
        let kept = self
            .change(until, |update| update.col_expr(Column::Seq, Expr::value(seq)))
            .await?;
        if kept {
            self.seq = seq;
        }
        Ok(kept)
    }

    /// Gives it back.
    pub async fn release(self) -> Result<()> {
        let now = self.app.clock.now();
        self.give_back(now, |update| update).await
    }

    /// Gives it back with everything up to `seq` done.
    pub async fn release_at(self, seq: i64) -> Result<()> {
        let now = self.app.clock.now();
        self.give_back(now, |update| update.col_expr(Column::Seq, Expr::value(seq)))
            .await
    }

    /// Says that the work of `day` begins: whoever wants it once more from now on wants another run. It is due until it is at
    /// its end, whatever becomes of its first part.
    pub async fn begin(&mut self, day: NaiveDate) -> Result<bool> {
        let until = self.app.clock.now() + LEASE;
        self.change(until, |update| {
            update
                .col_expr(Column::Again, Expr::value(false))
                .col_expr(Column::BeganOn, Expr::value(day))
        })
        .await
    }

    /// Gives it back with a part of the work of `day` done, up to and with `after`.
    pub async fn release_within(self, day: NaiveDate, after: Uuid) -> Result<()> {
        let now = self.app.clock.now();
        self.give_back(now, |update| {
            update
                .col_expr(Column::BeganOn, Expr::value(day))
                .col_expr(Column::AfterId, Expr::value(after))
        })
        .await
    }

    /// Gives it back with the work of `day` done.
    pub async fn release_after(self, day: NaiveDate) -> Result<()> {
        let now = self.app.clock.now();
        self.give_back(now, |update| {
            update
                .col_expr(Column::RanOn, Expr::value(day))
                .col_expr(Column::BeganOn, Expr::value(None::<NaiveDate>))
                .col_expr(Column::AfterId, Expr::value(None::<Uuid>))
        })
        .await
    }

    /// Gives it back after a failure, to be taken again a little later.
    pub async fn rest(self) -> Result<()> {
        let later = self.app.clock.now() + BACK_OFF;
        self.give_back(later, |update| update).await
    }

    /// Changes the row for the last time. If it was lost the work is done again, which somebody should know of.
    async fn give_back(
        mut self,
        until: DateTime<Utc>,
        set: impl FnOnce(UpdateMany<log_reader::Entity>) -> UpdateMany<log_reader::Entity>,
    ) -> Result<()> {
        if !self.change(until, set).await? {
            tracing::warn!(job = self.name, tenant = %self.tenant, "a lease was lost before it was given back");
        }
        Ok(())
    }

    /// Changes the row if it is still ours.
    async fn change(
        &mut self,
        until: DateTime<Utc>,
        set: impl FnOnce(UpdateMany<log_reader::Entity>) -> UpdateMany<log_reader::Entity>,
    ) -> Result<bool> {
        let statements = Arc::default();
        let ours = std::iter::once(self.until).chain(self.unanswered.iter().copied());
        let update = set(log_reader::Entity::update_many())
            .col_expr(Column::UpdatedAt, Expr::value(until))
            .filter(Column::Name.eq(self.name))
            .filter(Column::TenantId.eq(self.tenant))
            .filter(Column::UpdatedAt.is_in(ours));
        // Before it is sent: when this is dropped meanwhile, the database may do it all the same.
        self.unanswered.push(until);
        let changed = self.app.database.global(&statements).update(update).await? > 0;
        if changed {
            self.until = until;
            self.unanswered.clear();
        }
        Ok(changed)
    }
}
