//! Reading one tenant's rows.

use std::sync::Arc;

use entity::{Sparse, TenantOwned};
use sea_orm::sea_query::{Expr, UnionType};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, FromQueryResult, PaginatorTrait, QueryFilter, QueryResult,
    QuerySelect, QueryTrait, Select,
};
use uuid::Uuid;

use super::transaction::{Begin, Reading, Transaction};
use super::{Columns, SentRow, Tally};

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

    /// All rows of a select, of which only these columns are read. The caller bounds it.
    pub async fn all_with<E>(&self, select: Select<E>, columns: Columns<E>) -> Result<Vec<E::Model>, DbErr>
    where
        E: TenantOwned + Sparse,
    {
        let select = columns.of(self.scope(select)).into_query();
        let rows = self.tx.query_all(&select).await?;
        self.read(columns, &rows)
    }

    /// The same, and what else is selected of each row, as PostgreSQL sends it.
    pub async fn all_and<E>(
        &self,
        select: Select<E>,
        columns: Columns<E>,
        more: Vec<Expr>,
    ) -> Result<Vec<(E::Model, SentRow)>, DbErr>
    where
        E: TenantOwned + Sparse,
    {
        let mut select = columns.of(self.scope(select)).into_query();
        select.exprs(more);
        let rows = self.tx.query_all(&select).await?.into_iter();
        let read = |row| Ok((columns.read(&row)?, SentRow::behind(row, columns.count())));
        Ok(self.tally.count_rows(rows.map(read).collect::<Result<_, DbErr>>()?))
    }

    /// As [`all_with`](Self::all_with), planned anew each time, which takes a round trip more: for a table that may have grown a
    /// hundredfold since a plan for it was made. The one that is best for a page of rows reads all of them, and is kept until
    /// somebody counts anew. A plan that was kept for the same statement is used here too.
    pub async fn all_planned_anew<E>(&self, select: Select<E>, columns: Columns<E>) -> Result<Vec<E::Model>, DbErr>
    where
        E: TenantOwned + Sparse,
    {
        let select = columns.of(self.scope(select)).into_query();
        let rows = self.tx.query_all_planned_anew(&select).await?;
        self.read(columns, &rows)
    }

    fn read<E: Sparse>(&self, columns: Columns<E>, rows: &[QueryResult]) -> Result<Vec<E::Model>, DbErr> {
        let models = rows.iter().map(|row| columns.read(row)).collect::<Result<_, _>>()?;
        Ok(self.tally.count_rows(models))
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

    /// The rows of two selects of the same columns, one behind the other: one statement for both.
    pub async fn rows_of_both<A: TenantOwned, B: TenantOwned, M: FromQueryResult>(
        &self,
        first: Select<A>,
        second: Select<B>,
    ) -> Result<Vec<M>, DbErr> {
        let mut both = self.scope(first).into_query();
        both.union(UnionType::All, self.narrowed(second).into_query());
        let rows = self.tx.query_all(&both).await?;
        let rows = rows.iter().map(|row| M::from_query_result(row, ""));
        Ok(self.tally.count_rows(rows.collect::<Result<_, _>>()?))
    }

    /// The kind of database behind this.
    pub fn backend(&self) -> DbBackend {
        self.tx.get_database_backend()
    }

    /// How many rows a select has.
    pub async fn count<E>(&self, select: Select<E>) -> Result<i64, DbErr>
    where
        E: TenantOwned,
        E::Model: Sync,
    {
        let select = self
            .scope(select)
            .select_only()
            .column(<E as TenantOwned>::tenant_column());
        let count = select.count(&self.tx).await?;
        Ok(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// Ends the transaction. A read has nothing to keep.
    pub async fn end(self) -> Result<(), DbErr> {
        self.tx.end().await
    }

    /// Commits, and goes on to read on the same connection where there are round trips to spare.
    pub(super) async fn commit_and_read(self) -> Result<Option<Self>, DbErr> {
        let Self { tenant, tx, tally } = self;
        let tx = match tx {
            Transaction::Postgres(mut tx) => {
                tx.go_on("COMMIT", Begin::Read(Reading::Snapshot, tenant)).await?;
                Transaction::Postgres(tx)
            }
            tx => {
                tx.commit().await?;
                return Ok(None);
            }
        };
        Ok(Some(Self { tenant, tx, tally }))
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
        self.narrowed(select)
    }

    fn narrowed<E: TenantOwned>(&self, select: Select<E>) -> Select<E> {
        select.filter(<E as TenantOwned>::tenant_column().eq(self.tenant))
    }
}
