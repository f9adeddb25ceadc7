//! Some columns of a table: what a list has to read of its rows.

use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use entity::Sparse;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, IdenStatic, Iterable, QuerySelect, Select};

/// A set of columns.
pub struct Columns<E> {
    bits: u64,
    entity: PhantomData<fn() -> E>,
}

// Derives would ask the same of the table.
impl<E> Clone for Columns<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Columns<E> {}

impl<E> PartialEq for Columns<E> {
    fn eq(&self, other: &Self) -> bool {
        self.bits == other.bits
    }
}

impl<E> Eq for Columns<E> {}

impl<E> Hash for Columns<E> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bits.hash(state);
    }
}

impl<E> std::fmt::Debug for Columns<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:b}", self.bits)
    }
}

impl<E: EntityTrait> Columns<E> {
    /// None.
    pub fn none() -> Self {
        Self {
            bits: 0,
            entity: PhantomData,
        }
    }

    /// All of the table.
    pub fn all() -> Self {
        E::Column::iter().fold(Self::none(), Self::with)
    }

    /// These and this one.
    #[must_use]
    pub fn with(self, column: E::Column) -> Self {
        self.with_where(|name| name == column.as_str()).unwrap_or(self)
    }

    /// These and the one whose name is like this; nothing when there is none.
    pub fn with_where(self, is_it: impl Fn(&str) -> bool) -> Option<Self> {
        let place = E::Column::iter().position(|column| is_it(column.as_str()))?;
        Some(Self {
            bits: self.bits | 1 << place,
            ..self
        })
    }

    /// Whether the others are among these.
    pub fn cover(self, others: Self) -> bool {
        others.bits & !self.bits == 0
    }

    /// How many.
    pub(super) fn count(self) -> usize {
        self.bits.count_ones() as usize
    }

    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            bits: self.bits | other.bits,
            ..self
        }
    }
}

impl<E: Sparse> Columns<E> {
    /// The select of these columns alone.
    pub(super) fn of(self, select: Select<E>) -> Select<E> {
        let chosen = E::Column::iter().enumerate();
        let chosen = chosen.filter(|(place, _)| self.bits >> place & 1 == 1);
        let mut select = select.select_only();
        // As they are: what sea-orm does to be able to read them by name is not needed.
        QuerySelect::query(&mut select).exprs(chosen.map(|(_, column)| Expr::col(column.as_column_ref())));
        select
    }

    /// A row of [`of`](Self::of).
    pub(super) fn read(self, row: &sea_orm::QueryResult) -> Result<E::Model, sea_orm::DbErr> {
        E::read(row, self.bits)
    }
}
