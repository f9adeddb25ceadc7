//! Writing one tenant's rows, with the events that tell of it.

use std::ops::Deref;
use std::sync::Arc;

use entity::{TenantOwned, event, tenant_clock};
use parking_lot::Mutex;
use sea_orm::sea_query::{Expr, ExprTrait, IntoCondition};
use sea_orm::{ActiveModelTrait, ColumnTrait, DbErr, DeleteMany, EntityTrait, QueryFilter, UpdateMany};
use uuid::Uuid;

use super::{Database, GlobalDb, TenantDb};
use crate::platform::Ctx;
use crate::platform::events::{Announcer, NewEvent};

/// Rows an insert of many sends at a time: below SQLite's 32,766 variables for our widest table.
const ROWS_PER_INSERT: usize = 500;

/// The write transaction of one mutation. Dropped without [`commit`](Self::commit), nothing happened.
pub struct WriteTx {
    db: TenantDb,
    actor: (&'static str, Option<Uuid>),
    now: chrono::DateTime<chrono::Utc>,
    events: Mutex<Vec<NewEvent>>,
    announcer: Announcer,
}

impl Deref for WriteTx {
    type Target = TenantDb;

    fn deref(&self) -> &TenantDb {
        &self.db
    }
}

impl WriteTx {
    /// Begins one for `tenant`. Use [`Ctx::write`], which ends the request's read transaction first.
    pub(crate) async fn begin(database: &Database, ctx: &Ctx, tenant: Uuid) -> Result<Self, DbErr> {
        Ok(Self {
            db: database.tenant_write(tenant, ctx.statement_counter()).await?,
            actor: ctx.actor.kind_and_id(),
            now: ctx.now,
            events: Mutex::new(Vec::new()),
            announcer: ctx.app.announcer.clone(),
        })
    }

    /// The global tables, inside this transaction.
    pub fn global(&self) -> GlobalDb<'_> {
        GlobalDb::inside(&self.db.tx, Arc::clone(self.db.statements()))
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
        for model in &mut models {
            <A::Entity as TenantOwned>::set_tenant(model, self.tenant());
        }
        while !models.is_empty() {
            let rest = models.split_off(models.len().min(ROWS_PER_INSERT));
            self.count_statement();
            A::Entity::insert_many(models)
                .exec_without_returning(&self.db.tx)
                .await?;
            models = rest;
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
        let scoped = update.filter(<E as TenantOwned>::tenant_column().eq(self.tenant()));
        Ok(scoped.exec(&self.db.tx).await?.rows_affected)
    }

    /// Deletes the rows that the filter names; how many went.
    pub async fn delete<E: TenantOwned>(&self, delete: DeleteMany<E>) -> Result<u64, DbErr> {
        self.count_statement();
        let scoped = delete.filter(<E as TenantOwned>::tenant_column().eq(self.tenant()));
        Ok(scoped.exec(&self.db.tx).await?.rows_affected)
    }

    /// Says what happened. It is written, numbered and announced by [`commit`](Self::commit).
    pub fn emit(&self, event: NewEvent) {
        self.events.lock().push(event);
    }

    /// Writes the events, then commits.
    ///
    /// The numbers come from the tenant's clock as late as possible, because its row stays locked until the commit:
    /// that lock is what makes the sequence gapless and ordered by commit.
    pub async fn commit(self) -> Result<(), DbErr> {
        let events = std::mem::take(&mut *self.events.lock());
        let tenant = self.tenant();
        if !events.is_empty() {
            let last = self.advance_clock(events.len()).await?;
            let first = last - i64::try_from(events.len()).unwrap_or(0) + 1;
            let rows = (first..)
                .zip(events)
                .map(|(seq, event)| event.into_row(tenant, seq, self.actor, self.now))
                .collect::<Vec<event::ActiveModel>>();
            self.insert_many(rows).await?;
            self.db.tx.commit().await?;
            self.announcer.announce(tenant, last);
            return Ok(());
        }
        self.db.tx.commit().await
    }

    async fn advance_clock(&self, by: usize) -> Result<i64, DbErr> {
        let by = i64::try_from(by).unwrap_or(i64::MAX);
        let clock = self
            .global()
            .update_returning(
                tenant_clock::Entity::update_many()
                    .col_expr(tenant_clock::Column::Seq, Expr::col(tenant_clock::Column::Seq).add(by))
                    .filter(tenant_clock::Column::TenantId.eq(self.tenant())),
            )
            .await?;
        clock
            .first()
            .map(|row| row.seq)
            .ok_or_else(|| DbErr::RecordNotFound("the tenant's clock".into()))
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
