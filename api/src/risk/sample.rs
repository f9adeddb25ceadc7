//! Some of many: what a model is learned from stays small, however large the tenant is.

use domain::risk::MOST_LEARNED;
use sea_orm::DbErr;
use uuid::Uuid;

use super::moment::Moment;
use super::queries::{self, OrderRow};
use crate::platform::tenancy::TenantDb;

/// Accounts whose orders are read at most. More than are learned from, since not all of them have ordered.
const MOST_ACCOUNTS: usize = 4 * MOST_LEARNED;
/// Accounts named in one statement.
const ACCOUNTS_AT_A_TIME: usize = 1_000;

/// Evenly taken from however many come, in their order: between half of `most` and `most` of them once there are so many.
pub(super) struct Sample<T> {
    kept: Vec<T>,
    most: usize,
    seen: u64,
    stride: u64,
}

impl<T> Sample<T> {
    /// Of at most so many.
    pub(super) const fn of_at_most(most: usize) -> Self {
        Self {
            kept: Vec::new(),
            most,
            seen: 0,
            stride: 1,
        }
    }

    /// Takes the next one, or leaves it.
    pub(super) fn offer(&mut self, next: impl FnOnce() -> T) {
        if self.seen.is_multiple_of(self.stride) {
            self.kept.push(next());
        }
        self.seen += 1;
        if self.kept.len() > self.most {
            self.kept = std::mem::take(&mut self.kept).into_iter().step_by(2).collect();
            self.stride *= 2;
        }
    }

    /// What was taken.
    pub(super) fn kept(self) -> Vec<T> {
        self.kept
    }
}

/// Gives `each` the orders that count at the moment, by account and then by time: of all accounts, or of every so manyth where there
/// are very many. Every how manyth it was.
pub(super) async fn each_order_of_some(
    db: &TenantDb,
    moment: &Moment,
    mut each: impl FnMut(OrderRow) + Send,
) -> Result<u64, DbErr> {
    let mut sample: Sample<Uuid> = Sample::of_at_most(MOST_ACCOUNTS);
    queries::each_account(db, |account| sample.offer(|| account)).await?;
    let stride = sample.stride;
    if stride == 1 {
        queries::each_order(db, moment, None, each).await?;
        return Ok(stride);
    }
    for some in sample.kept().chunks(ACCOUNTS_AT_A_TIME) {
        queries::each_order(db, moment, Some(some), &mut each).await?;
    }
    Ok(stride)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_few_all_are_taken_and_of_many_every_so_manyth() {
        for (count, kept, second) in [
            (0, 0, None),
            (1, 1, None),
            (10, 10, Some(1)),
            (11, 6, Some(2)),
            (1_000, 8, Some(128)),
        ] {
            let mut sample = Sample::of_at_most(10);
            (0..count).for_each(|n| sample.offer(|| n));
            let taken = sample.kept();
            assert_eq!((taken.len(), taken.get(1).copied()), (kept, second), "{count}");
        }
    }
}
