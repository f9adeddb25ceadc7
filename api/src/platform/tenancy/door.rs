//! Reading one tenant's rows.

use std::sync::Arc;

use entity::TenantOwned;
use sea_orm::{ColumnTrait, DbErr, FromQueryResult, PaginatorTrait, QueryFilter, Select};
use uuid::Uuid;

use super::Tally;
use super::transaction::Transaction;

/// A transaction that sees one tenant's rows and no others.
///
/// The connection is private: every select gets `tenant_id = ?` here, when it is executed, so a forgotten or widened
/// filter cannot reach another tenant.
pub struct TenantDb {
    tenant: Uuid,
    pub(super) tx: Transaction,
    tally: Arc<Tally>,
}

impl TenantDb {
    pub(super) fn new(tenant: Uuid, tx: Transaction, tally: Arc<Tally>) -> Self {
        Self { tenant, tx, tally }
    }

    /// The tenant whose rows these are.
    pub fn tenant(&self) -> Uuid {
        self.tenant
    }

    /// All rows of a select. The caller bounds it.
    pub async fn all<E: TenantOwned>(&self, select: Select<E>) -> Result<Vec<E::Model>, DbErr> {
        Ok(self.tally.count_rows(self.scope(select).all(&self.tx).await?))
    }

    /// The first row of a select, if any.
    pub async fn one<E: TenantOwned>(&self, select: Select<E>) -> Result<Option<E::Model>, DbErr> {
        Ok(self.tally.count_rows(self.scope(select).one(&self.tx).await?))
    }

    /// All rows of a select of chosen columns or aggregates.
    pub async fn rows<E: TenantOwned, M: FromQueryResult + Send + Sync>(
        &self,
        select: Select<E>,
    ) -> Result<Vec<M>, DbErr> {
        let rows = self.scope(select).into_model::<M>().all(&self.tx).await?;
        Ok(self.tally.count_rows(rows))
    }

    /// How many rows a select has.
    pub async fn count<E>(&self, select: Select<E>) -> Result<i64, DbErr>
    where
        E: TenantOwned,
        E::Model: Sync,
    {
        let count = self.scope(select).count(&self.tx).await?;
        Ok(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// Ends the transaction. A read has nothing to keep.
    pub async fn end(self) -> Result<(), DbErr> {
        self.tx.end().await
    }

    pub(super) fn count_statement(&self) {
        self.tally.count_statement();
    }

    /// Where what is done through it is counted.
    pub fn tally(&self) -> &Arc<Tally> {
        &self.tally
    }

    fn scope<E: TenantOwned>(&self, select: Select<E>) -> Select<E> {
        self.count_statement();
        select.filter(<E as TenantOwned>::tenant_column().eq(self.tenant))
    }
}
