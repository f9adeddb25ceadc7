//! Writing one tenant's rows, with the events that tell of it.

use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use entity::{TenantOwned, event, idempotency_key, tenant_clock};
use parking_lot::Mutex;
use sea_orm::sea_query::{Expr, ExprTrait, IntoCondition, SubQueryStatement, Value};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, ConnectionTrait, DbBackend, DbErr, DeleteMany, EntityTrait,
    QueryFilter, QueryTrait, TryInsertResult, UpdateMany,
};
use uuid::Uuid;

use super::{GlobalDb, TenantDb, at_commit, lease};
use crate::error::Error;
use crate::platform::Ctx;
use crate::platform::ctx::ReadSlot;
use crate::platform::events::{Announcer, NewEvent, Who};
use crate::platform::idempotency::Repeatable;

/// Rows an insert of many sends at a time: below SQLite's 32,766 variables for our widest table.
const ROWS_PER_INSERT: usize = 500;

/// The write transaction of one mutation. Dropped without [`commit`](Self::commit), nothing happened.
pub struct WriteTx {
    db: Arc<TenantDb>,
    actor: Who,
    now: chrono::DateTime<chrono::Utc>,
    events: Mutex<Vec<NewEvent>>,
    /// Written with the events.
    waiting: Mutex<Vec<SubQueryStatement>>,
    announcer: Announcer,
    /// Where its connection goes on to read.
    read_slot: Option<ReadSlot>,
    /// Where it waits for its answer, when it came with an idempotency key.
    repeatable: Option<Arc<Repeatable>>,
}

/// When a change writes a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// At once.
    Now,
    /// With the events, when it commits: on PostgreSQL one round trip for all. For what nothing in the transaction reads, and
    /// what no other transaction may write as well: those two would wait for each other, the one for the row and the other
    /// for the company's log.
    AtCommit,
}

/// How long a transaction that was parked waits until nobody reads through it any more.
const UNSHARED_WITHIN: Duration = Duration::from_secs(5);

impl Deref for WriteTx {
    type Target = TenantDb;

    fn deref(&self) -> &TenantDb {
        &self.db
    }
}

impl WriteTx {
    /// Begins one for `tenant`. Use [`Ctx::write`], which ends the request's read transaction first. When the request
    /// came with an idempotency key, that is taken first: whoever comes second waits here for the first, and is told.
    pub(crate) async fn begin(ctx: &Ctx, tenant: Uuid) -> Result<Self, Error> {
        let repeatable = ctx.repeatable().filter(|_| ctx.tenant_id() == Some(tenant));
        let tx = Self {
            repeatable: repeatable.cloned(),
            ..Self::begin_plain(ctx, tenant).await?
        };
        if let Some(repeatable) = repeatable
            && !tx.take_key(repeatable.row(ctx)?, repeatable.expired_before()).await?
        {
            repeatable.come_second();
            return Err(Error::Repeated);
        }
        Ok(tx)
    }

    /// The same without regard to an idempotency key.
    pub(crate) async fn begin_plain(ctx: &Ctx, tenant: Uuid) -> Result<Self, DbErr> {
        let reading = ctx.take_read().await;
        let db = ctx.app.database.tenant_write(tenant, ctx.tally(), reading).await?;
        Ok(Self {
            db: Arc::new(db),
            actor: ctx.actor.kind_and_id(),
            now: ctx.now,
            events: Mutex::default(),
            waiting: Mutex::default(),
            announcer: ctx.app.announcer.clone(),
            read_slot: ctx.read_slot().filter(|_| ctx.tenant_id() == Some(tenant)),
            repeatable: None,
        })
    }

    /// Takes an idempotency key; false when it is taken. One that expired before this instant makes way.
    pub(crate) async fn take_key(
        &self,
        row: idempotency_key::ActiveModel,
        expired_before: Option<DateTime<Utc>>,
    ) -> Result<bool, DbErr> {
        use idempotency_key::{Column, Entity};
        if let (Some(before), ActiveValue::Set(actor), ActiveValue::Set(key)) =
            (expired_before, &row.actor_id, &row.key)
        {
            let expired = Entity::delete_many()
                .filter(Column::ActorId.eq(*actor))
                .filter(Column::Key.eq(key.clone()))
                .filter(Column::CreatedAt.lt(before));
            self.delete(expired).await?;
        }
        self.count_statement();
        let mut row = row;
        <Entity as TenantOwned>::set_tenant(&mut row, self.tenant());
        let inserted = Entity::insert(row)
            .on_conflict_do_nothing()
            .exec_without_returning(&self.db.tx)
            .await?;
        // Sent without RETURNING, a row that was there already counts as none inserted, and not as a conflict.
        Ok(matches!(inserted, TryInsertResult::Inserted(1)))
    }

    /// The transaction, for reading through it while it waits.
    pub(crate) fn shared(&self) -> Arc<TenantDb> {
        Arc::clone(&self.db)
    }

    /// The global tables, inside this transaction.
    pub fn global(&self) -> GlobalDb<'_> {
        GlobalDb::inside(&self.db.tx, Arc::clone(self.db.tally()))
    }

    /// Inserts one row; its tenant is this transaction's, whatever the model says.
    pub async fn insert<A>(&self, mut model: A) -> Result<(), DbErr>
    where
        A: ActiveModelTrait,
        A::Entity: TenantOwned<ActiveModel = A>,
    {
        self.count_statement();
        <A::Entity as TenantOwned>::set_tenant(&mut model, self.tenant());
        A::Entity::insert(model).exec_without_returning(&self.db.tx).await?;
        Ok(())
    }

    /// Inserts many rows, some at a time.
    pub async fn insert_many<A>(&self, mut models: Vec<A>) -> Result<(), DbErr>
    where
        A: ActiveModelTrait,
        A::Entity: TenantOwned<ActiveModel = A>,
    {
        self.take_in(&mut models);
        while !models.is_empty() {
            let rest = models.split_off(models.len().min(ROWS_PER_INSERT));
            self.count_statement();
            let insert = A::Entity::insert_many(models);
            insert.exec_without_returning(&self.db.tx).await?;
            models = rest;
        }
        Ok(())
    }

    /// The same, now or at the commit.
    pub async fn insert_many_when<A>(&self, when: When, mut models: Vec<A>) -> Result<(), DbErr>
    where
        A: ActiveModelTrait,
        A::Entity: TenantOwned<ActiveModel = A>,
    {
        if !self.waits(when) {
            return self.insert_many(models).await;
        }
        if !models.is_empty() {
            self.take_in(&mut models);
            self.waiting.lock().push(at_commit::insert(&models)?.into());
        }
        Ok(())
    }

    fn take_in<A>(&self, models: &mut [A])
    where
        A: ActiveModelTrait,
        A::Entity: TenantOwned<ActiveModel = A>,
    {
        for model in models {
            <A::Entity as TenantOwned>::set_tenant(model, self.tenant());
        }
    }

    /// Raises a column of many rows to what each of these has for its id, unless it is as high; now or at the commit.
    pub async fn raise_when<E: TenantOwned>(
        &self,
        when: When,
        (id, column): (E::Column, E::Column),
        values: Vec<(Uuid, Value)>,
    ) -> Result<(), DbErr> {
        if self.backend() == DbBackend::Postgres && !values.is_empty() {
            let raise = at_commit::raise::<E>(id, column, values)?;
            if !self.waits(when) {
                return self.update_with(raise).await.map(drop);
            }
            let raise = self.scoped(raise).into_query();
            self.waiting.lock().push(raise.into());
            return Ok(());
        }
        for (row, value) in values {
            let raise = E::update_many().col_expr(column, Expr::val(value.clone()));
            self.update_with(raise.filter(id.eq(row)).filter(column.lt(value)))
                .await?;
        }
        Ok(())
    }

    /// Sets the model's given columns on the rows that `filter` names; how many changed. The tenant cannot change.
    pub async fn update<A>(&self, mut model: A, filter: impl IntoCondition) -> Result<u64, DbErr>
    where
        A: ActiveModelTrait,
        A::Entity: TenantOwned<ActiveModel = A>,
    {
        model.not_set(<A::Entity as TenantOwned>::tenant_column());
        self.update_with(A::Entity::update_many().set(model).filter(filter.into_condition()))
            .await
    }

    /// An update by expressions; how many rows changed.
    pub async fn update_with<E: TenantOwned>(&self, update: UpdateMany<E>) -> Result<u64, DbErr> {
        self.count_statement();
        Ok(self.scoped(update).exec(&self.db.tx).await?.rows_affected)
    }

    fn scoped<E: TenantOwned>(&self, update: UpdateMany<E>) -> UpdateMany<E> {
        self.changes::<E>();
        update.filter(<E as TenantOwned>::tenant_column().eq(self.tenant()))
    }

    /// On SQLite there are no round trips to spare.
    fn waits(&self, when: When) -> bool {
        when == When::AtCommit && self.backend() == DbBackend::Postgres
    }

    /// Deletes the rows that the filter names; how many went.
    pub async fn delete<E: TenantOwned>(&self, delete: DeleteMany<E>) -> Result<u64, DbErr> {
        self.count_statement();
        self.changes::<E>();
        let scoped = delete.filter(<E as TenantOwned>::tenant_column().eq(self.tenant()));
        Ok(scoped.exec(&self.db.tx).await?.rows_affected)
    }

    fn changes<E: TenantOwned>(&self) {
        if lease::concerns::<E>() {
            self.tally().change_recognition();
        }
    }

    /// Says what happened. It is written, numbered and announced by [`commit`](Self::commit).
    pub fn emit(&self, event: NewEvent) {
        self.events.lock().push(event);
    }

    /// Writes the events, then commits. With an idempotency key the commit waits until the answer is there to be kept
    /// with the change.
    ///
    /// The numbers come from the tenant's clock as late as possible, because its row stays locked until the commit:
    /// that lock is what makes the sequence gapless and ordered by commit.
    pub async fn commit(mut self) -> Result<(), DbErr> {
        let last = self.write_out().await?;
        match self.repeatable.take() {
            Some(repeatable) => {
                repeatable.park(self, last);
                Ok(())
            }
            None => self.finish_and_read(last).await,
        }
    }

    /// Writes what waited, and the events: the number of the last one. Until [`finish`](Self::finish) nothing is durable.
    pub(crate) async fn write_out(&self) -> Result<Option<i64>, DbErr> {
        let events = std::mem::take(&mut *self.events.lock());
        let waiting = std::mem::take(&mut *self.waiting.lock());
        match (events.is_empty(), waiting.is_empty()) {
            (true, true) => Ok(None),
            (true, false) => self.write_last(Vec::new(), waiting).await,
            (false, _) => self.write_events(events, waiting).await.map(Some),
        }
    }

    /// Commits what has been written, and announces the log's new end.
    pub(crate) async fn finish(self, last: Option<i64>) -> Result<(), DbErr> {
        let Self { db, announcer, .. } = self;
        let (tenant, tally) = (db.tenant(), Arc::clone(db.tally()));
        unshared(db).await?.tx.commit().await?;
        if let Some(last) = last {
            announcer.announce(tenant, last);
        }
        if tally.take_recognition() {
            lease::is_over().await;
        }
        Ok(())
    }

    /// The same, and the connection goes on to read what was committed: one round trip for both.
    async fn finish_and_read(mut self, last: Option<i64>) -> Result<(), DbErr> {
        let Some(slot) = self.read_slot.take() else {
            return self.finish(last).await;
        };
        let Self { db, announcer, .. } = self;
        let (tenant, tally) = (db.tenant(), Arc::clone(db.tally()));
        let reading = unshared(db).await?.commit_and_read().await?;
        if let Some(last) = last {
            announcer.announce(tenant, last);
        }
        if tally.take_recognition() {
            lease::is_over().await;
        }
        *slot.lock().await = reading.map(Arc::new);
        Ok(())
    }

    async fn write_events(&self, events: Vec<NewEvent>, waiting: Vec<SubQueryStatement>) -> Result<i64, DbErr> {
        let (tenant, count) = (self.tenant(), events.len());
        let rows = |first: i64| {
            let numbered = (first..).zip(events);
            numbered.map(|(seq, event)| event.into_row(tenant, seq, self.actor, self.now))
        };
        let no_clock = || DbErr::RecordNotFound("the tenant's clock".into());
        if self.backend() == DbBackend::Postgres {
            let last = self.write_last(rows(0).collect(), waiting).await?;
            return last.ok_or_else(no_clock);
        }
        let last = self.advance_clock(count).await?.ok_or_else(no_clock)?;
        let first = last - i64::try_from(count).unwrap_or(0) + 1;
        self.insert_many(rows(first).collect()).await?;
        Ok(last)
    }

    /// See [`at_commit::statement`]: the number of the last event.
    async fn write_last(
        &self,
        rows: Vec<event::ActiveModel>,
        waiting: Vec<SubQueryStatement>,
    ) -> Result<Option<i64>, DbErr> {
        let is_numbered = !rows.is_empty();
        self.count_statement();
        let statement = at_commit::statement(self.tenant(), rows, waiting)?;
        let answered = self.db.tx.query_all(&statement).await?;
        let numbers = answered
            .iter()
            .filter(|_| is_numbered)
            .map(|row| row.try_get_by_index(0));
        let numbers: Vec<i64> = numbers.collect::<Result<_, _>>()?;
        Ok(numbers.into_iter().max())
    }

    async fn advance_clock(&self, by: usize) -> Result<Option<i64>, DbErr> {
        let by = i64::try_from(by).unwrap_or(i64::MAX);
        let clock = self
            .global()
            .update_returning(
                tenant_clock::Entity::update_many()
                    .col_expr(tenant_clock::Column::Seq, Expr::col(tenant_clock::Column::Seq).add(by))
                    .filter(tenant_clock::Column::TenantId.eq(self.tenant())),
            )
            .await?;
        Ok(clock.first().map(|row| row.seq))
    }
}

/// The transaction once nobody else holds it. Batches of loaders let go a moment after they have answered.
async fn unshared(mut db: Arc<TenantDb>) -> Result<TenantDb, DbErr> {
    let deadline = Instant::now() + UNSHARED_WITHIN;
    loop {
        db = match Arc::try_unwrap(db) {
            Ok(db) => return Ok(db),
            Err(shared) if Instant::now() < deadline => shared,
            Err(_) => return Err(DbErr::Custom("a transaction is still read through".into())),
        };
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Keeps the bound of [`ROWS_PER_INSERT`] honest: the widest table may not pass SQLite's limit of variables.
#[cfg(test)]
mod tests {
    use sea_orm::{EntityTrait, Iterable};

    use super::ROWS_PER_INSERT;

    fn columns<E: EntityTrait>() -> usize {
        E::Column::iter().count()
    }

    #[test]
    fn the_widest_table_fits_one_insert() {
        let widest = columns::<entity::account::Entity>()
            .max(columns::<entity::contact::Entity>())
            .max(columns::<entity::order::Entity>());
        assert!(widest * ROWS_PER_INSERT <= 32_766, "{widest} columns");
    }
}
