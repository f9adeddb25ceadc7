//! What the orders of one account come to.

use std::collections::VecDeque;

use chrono::{Days, Months, NaiveDate};
use domain::rhythm::Rhythm;
use domain::risk::{Buying, CREDIT_DAYS, Credits, LastOrder};

use uuid::Uuid;

use super::queries::OrderRow;

/// Last orders that prove what is measured.
const MOST_SHOWN: usize = 5;
/// Months whose sales are told.
const SALES_MONTHS: u32 = 12;

/// After which days the sums begin.
#[derive(Clone, Copy, Debug)]
pub struct Windows {
    /// That of the year's sales.
    pub year: NaiveDate,
    /// Those of the credit notes and of what they are compared with.
    pub credits: NaiveDate,
}

impl Windows {
    /// No sums: for whoever asks only how an account buys.
    pub const NONE: Self = Self {
        year: NaiveDate::MAX,
        credits: NaiveDate::MAX,
    };

    /// The windows that end on a day.
    pub fn until(day: NaiveDate) -> Self {
        let year = day.checked_sub_months(Months::new(SALES_MONTHS));
        let credits = day.checked_sub_days(Days::new(CREDIT_DAYS));
        Self {
            year: year.unwrap_or(NaiveDate::MIN),
            credits: credits.unwrap_or(NaiveDate::MIN),
        }
    }
}

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
    credits: VecDeque<(Uuid, NaiveDate)>,
    credits_minor: i128,
    sold_minor: i128,
}

impl Ledger {
    /// Adds the next order by time. A credit note is no order, and lowers the sales of the year. Orders of one day are one.
    pub fn add(&mut self, row: &OrderRow, day: NaiveDate, windows: Windows) {
        let minor = i128::from(row.tenant_amount_minor);
        if day > windows.year {
            self.year_minor += minor;
        }
        let is_credit = row.tenant_amount_minor < 0;
        if day > windows.credits {
            self.compare(row.id, day, minor);
        }
        if is_credit {
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

    fn compare(&mut self, id: Uuid, day: NaiveDate, minor: i128) {
        if minor < 0 {
            self.credits_minor -= minor;
            self.credits.push_front((id, day));
            self.credits.truncate(MOST_SHOWN);
        } else {
            self.sold_minor += minor;
        }
    }

    /// The credit notes, and what they are compared with.
    pub fn credits(&self) -> Credits {
        let sold = self.sold_minor > 0;
        Credits {
            notes: self.credits.iter().copied().collect(),
            notes_minor: self.credits_minor,
            sales_minor: if sold { self.sold_minor } else { self.today_minor },
        }
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
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn windows(after: &str) -> Windows {
        Windows {
            year: day(after),
            credits: day(after),
        }
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
            ledger.add(&order(id, minor), day(text), windows("2025-11-20"));
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
    fn credit_notes_are_compared_with_their_days_sales_or_else_with_the_last_order() {
        let of = |rows: &[(u128, &str, i64)]| {
            let mut ledger = Ledger::default();
            for (id, text, minor) in rows {
                ledger.add(&order(*id, *minor), day(text), Windows::until(day("2026-11-20")));
            }
            ledger.credits()
        };
        let old = (1, "2026-08-22", 900);
        let noted = of(&[
            old,
            (2, "2026-09-01", 400),
            (3, "2026-09-02", -50),
            (4, "2026-11-20", -7),
        ]);
        assert_eq!((noted.notes_minor, noted.sales_minor), (57, 400));
        let ids: Vec<u128> = noted.notes.iter().map(|(id, _)| id.as_u128()).collect();
        assert_eq!(ids, [4, 3]);
        let none_sold = of(&[old, (3, "2026-09-02", -50)]);
        assert_eq!((none_sold.notes_minor, none_sold.sales_minor), (50, 900));
    }

    #[test]
    fn without_an_order_nothing_is_measured() {
        let mut refunds = Ledger::default();
        refunds.add(&order(1, -100), day("2025-11-21"), windows("2025-01-01"));
        assert_eq!((refunds.buying(day("2026-01-02")), refunds.year_minor()), (None, -100));
    }

    #[test]
    fn a_sum_too_large_to_hold_is_held_at_the_largest() {
        let mut ledger = Ledger::default();
        ledger.add(&order(1, i64::MAX), day("2025-11-21"), windows("2025-01-01"));
        ledger.add(&order(2, i64::MAX), day("2025-11-22"), windows("2025-01-01"));
        assert_eq!(ledger.year_minor(), i64::MAX);
    }
}
