//! The few tables that belong to no tenant.

use std::sync::Arc;

use sea_orm::{
    ActiveModelTrait, DatabaseConnection, DbErr, DeleteMany, EntityTrait, IntoActiveModel, Select, UpdateMany,
};

use super::transaction::{Executor, Transaction};
use super::{Tally, TenantDb, lease};

/// Marks the tables that are reached without a tenant. The list is short on purpose; see `docs/ARCHITECTURE.md`.
pub trait GlobalTable: EntityTrait {}

macro_rules! global_tables {
    ($($module:ident),* $(,)?) => { $(impl GlobalTable for entity::$module::Entity {})* };
}

global_tables!(
    tenant,
    user,
    session,
    refresh_token,
    password_reset,
    signing_key,
    membership_index,
    api_client_credential,
    tenant_clock,
    log_reader,
    persisted_query,
    import_queue,
);

/// Global tables: straight from the pools, inside a transaction, or through the read transaction that a request of a
/// tenant has open anyway, so that it never holds two connections.
pub struct GlobalDb<'a> {
    handle: Handle<'a>,
    tally: Arc<Tally>,
}

enum Handle<'a> {
    Pools {
        read: &'a DatabaseConnection,
        write: &'a DatabaseConnection,
    },
    Inside(&'a Transaction),
    Held(Arc<TenantDb>),
}

impl<'a> GlobalDb<'a> {
    pub(super) fn pooled(read: &'a DatabaseConnection, write: &'a DatabaseConnection, tally: Arc<Tally>) -> Self {
        Self {
            handle: Handle::Pools { read, write },
            tally,
        }
    }

    pub(super) fn inside(tx: &'a Transaction, tally: Arc<Tally>) -> Self {
        Self {
            handle: Handle::Inside(tx),
            tally,
        }
    }

    /// For reading, through a tenant's open read transaction.
    pub fn held(db: Arc<TenantDb>) -> Self {
        let tally = Arc::clone(db.tally());
        Self {
            handle: Handle::Held(db),
            tally,
        }
    }

    fn reader(&self) -> Executor<'_> {
        match &self.handle {
            Handle::Pools { read, .. } => Executor::Pool(read),
            Handle::Inside(tx) => Executor::Transaction(tx),
            Handle::Held(db) => Executor::Transaction(&db.tx),
        }
    }

    fn writer(&self) -> Executor<'_> {
        match &self.handle {
            Handle::Pools { write, .. } => Executor::Pool(write),
            Handle::Inside(_) | Handle::Held(_) => self.reader(),
        }
    }

    /// The first row of a select, if any.
    pub async fn one<E: GlobalTable>(&self, select: Select<E>) -> Result<Option<E::Model>, DbErr> {
        self.count();
        Ok(self.tally.count_rows(select.one(&self.reader()).await?))
    }

    /// All rows of a select. The caller bounds it.
    pub async fn all<E: GlobalTable>(&self, select: Select<E>) -> Result<Vec<E::Model>, DbErr> {
        self.count();
        Ok(self.tally.count_rows(select.all(&self.reader()).await?))
    }

    /// Inserts one row.
    pub async fn insert<A>(&self, model: A) -> Result<(), DbErr>
    where
        A: ActiveModelTrait,
        A::Entity: GlobalTable,
    {
        self.count();
        <A::Entity as EntityTrait>::insert(model)
            .exec_without_returning(&self.writer())
            .await?;
        Ok(())
    }

    /// Updates what the statement's filter names; how many rows changed.
    pub async fn update<E: GlobalTable>(&self, update: UpdateMany<E>) -> Result<u64, DbErr> {
        self.count();
        let changed = update.exec(&self.writer()).await?.rows_affected;
        self.changed::<E>().await;
        Ok(changed)
    }

    /// Updates and returns the changed rows.
    pub async fn update_returning<E>(&self, update: UpdateMany<E>) -> Result<Vec<E::Model>, DbErr>
    where
        E: GlobalTable,
        E::Model: IntoActiveModel<E::ActiveModel>,
    {
        self.count();
        let rows = update.exec_with_returning(&self.writer()).await?;
        self.changed::<E>().await;
        Ok(self.tally.count_rows(rows))
    }

    /// Deletes what the statement's filter names; how many rows went.
    pub async fn delete<E: GlobalTable>(&self, delete: DeleteMany<E>) -> Result<u64, DbErr> {
        self.count();
        let gone = delete.exec(&self.writer()).await?.rows_affected;
        self.changed::<E>().await;
        Ok(gone)
    }

    /// Nobody goes by what was before, from here on or from the commit on.
    async fn changed<E: GlobalTable>(&self) {
        match self.handle {
            _ if !lease::concerns::<E>() => {}
            Handle::Pools { .. } => lease::is_over().await,
            Handle::Inside(_) | Handle::Held(_) => self.tally.change_recognition(),
        }
    }

    fn count(&self) {
        self.tally.count_statement();
    }
}

/// A write transaction on the global tables alone. Dropped, it rolls back.
pub struct GlobalTx {
    tx: Transaction,
    tally: Arc<Tally>,
}

impl GlobalTx {
    pub(super) fn new(tx: Transaction, tally: Arc<Tally>) -> Self {
        Self { tx, tally }
    }

    /// The tables inside this transaction.
    pub fn db(&self) -> GlobalDb<'_> {
        GlobalDb::inside(&self.tx, Arc::clone(&self.tally))
    }

    /// Makes it durable.
    pub async fn commit(self) -> Result<(), DbErr> {
        self.tx.commit().await?;
        if self.tally.take_recognition() {
            lease::is_over().await;
        }
        Ok(())
    }
}
