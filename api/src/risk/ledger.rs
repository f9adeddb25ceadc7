//! What the orders of one account come to.

use std::collections::VecDeque;

use chrono::NaiveDate;
use domain::rhythm::Rhythm;
use domain::risk::{Buying, LastOrder};

use super::queries::OrderRow;

/// Last orders that prove what is measured.
const MOST_SHOWN: usize = 5;

/// What the orders of one account come to, added one by one as they came.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    days: Vec<NaiveDate>,
    last: VecDeque<LastOrder>,
    first_minor: i128,
    today_minor: i128,
    previous_minor: i128,
    total_minor: i128,
    year_minor: i128,
}

impl Ledger {
    /// Adds the next order by time. A credit note is no order, and lowers the sales of the year. Orders of one day are one.
    pub fn add(&mut self, row: &OrderRow, day: NaiveDate, year_begins_after: NaiveDate) {
        let minor = i128::from(row.tenant_amount_minor);
        if day > year_begins_after {
            self.year_minor += minor;
        }
        if row.tenant_amount_minor < 0 {
            return;
        }
        self.total_minor += minor;
        let order = LastOrder { id: row.id, day };
        if self.days.first().is_none_or(|first| *first == day) {
            self.first_minor += minor;
        }
        if self.days.last() == Some(&day) {
            self.today_minor += minor;
            if let Some(last) = self.last.front_mut() {
                *last = order;
            }
            return;
        }
        self.days.push(day);
        self.previous_minor = std::mem::replace(&mut self.today_minor, minor);
        self.last.push_front(order);
        self.last.truncate(MOST_SHOWN);
    }

    /// The last orders, newest first, one a day.
    pub fn last_orders(&self) -> Vec<LastOrder> {
        self.last.iter().copied().collect()
    }

    /// How the account buys; none without an order.
    pub fn buying(&self, today: NaiveDate) -> Option<Buying> {
        let rhythm = Rhythm::of(&self.days, today)?;
        #[expect(
            clippy::cast_precision_loss,
            reason = "a model needs no more than 53 bits of an amount"
        )]
        let (total, later, last, previous, orders) = (
            self.total_minor as f64,
            (self.total_minor - self.first_minor) as f64,
            self.today_minor as f64,
            self.previous_minor as f64,
            self.days.len() as f64,
        );
        Some(Buying {
            rhythm,
            average: total / orders,
            repeat_average: if orders > 1.0 { later / (orders - 1.0) } else { 0.0 },
            last,
            previous,
        })
    }

    /// Sales since the year began, in minor units.
    pub fn year_minor(&self) -> i64 {
        let bounded = self.year_minor.clamp(i64::MIN.into(), i64::MAX.into());
        i64::try_from(bounded).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use uuid::Uuid;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn order(id: u128, minor: i64) -> OrderRow {
        OrderRow {
            id: Uuid::from_u128(id),
            account_id: Uuid::nil(),
            ordered_at: "2025-01-01T00:00:00Z".parse().unwrap(),
            tenant_amount_minor: minor,
        }
    }

    #[test]
    fn orders_of_one_day_count_once_and_credit_notes_only_in_the_sales() {
        let mut ledger = Ledger::default();
        for (id, text, minor) in [
            (1, "2024-11-20", 1_000),
            (2, "2025-11-20", 500),
            (3, "2025-11-21", 100),
            (4, "2025-11-21", 20),
            (5, "2026-01-01", -30),
        ] {
            ledger.add(&order(id, minor), day(text), day("2025-11-20"));
        }
        assert_eq!(ledger.year_minor(), 90);
        let last: Vec<_> = ledger.last_orders().iter().map(|order| order.id.as_u128()).collect();
        assert_eq!(last, [4, 2, 1]);
        let buying = ledger.buying(day("2026-01-02")).unwrap();
        assert_eq!(
            (buying.rhythm.repeats, buying.average, buying.last, buying.previous),
            (2, 540.0, 120.0, 500.0)
        );
    }

    #[test]
    fn without_an_order_nothing_is_measured() {
        let mut refunds = Ledger::default();
        refunds.add(&order(1, -100), day("2025-11-21"), day("2025-01-01"));
        assert_eq!((refunds.buying(day("2026-01-02")), refunds.year_minor()), (None, -100));
    }

    #[test]
    fn a_sum_too_large_to_hold_is_held_at_the_largest() {
        let mut ledger = Ledger::default();
        ledger.add(&order(1, i64::MAX), day("2025-11-21"), day("2025-01-01"));
        ledger.add(&order(2, i64::MAX), day("2025-11-22"), day("2025-01-01"));
        assert_eq!(ledger.year_minor(), i64::MAX);
    }
}
