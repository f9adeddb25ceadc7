//! What one client bought, day by day.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::rhythm::Rhythm;
use crate::risk::Buying;

/// What one client bought: orders of one day are one, credit notes are none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Purchases {
    days: Vec<(NaiveDate, f64)>,
}

impl Purchases {
    /// From orders in any order, amounts in any one unit. What is below 0 is a credit note and no order.
    #[must_use]
    pub fn of(orders: impl IntoIterator<Item = (NaiveDate, f64)>) -> Self {
        let mut days: BTreeMap<NaiveDate, f64> = BTreeMap::new();
        for (day, amount) in orders.into_iter().filter(|(_, amount)| *amount >= 0.0) {
            *days.entry(day).or_default() += amount;
        }
        Self {
            days: days.into_iter().collect(),
        }
    }

    /// The days with orders and what was bought, the first day first.
    #[must_use]
    pub fn days(&self) -> &[(NaiveDate, f64)] {
        &self.days
    }

    /// The first day with an order.
    #[must_use]
    pub fn first(&self) -> Option<NaiveDate> {
        self.days.first().map(|(day, _)| *day)
    }

    /// What had been bought by the end of a day.
    pub(super) fn known(&self, at: NaiveDate) -> &[(NaiveDate, f64)] {
        let count = self.days.partition_point(|(day, _)| *day <= at);
        self.days.get(..count).unwrap_or_default()
    }

    /// How the client bought, as it was at the end of a day; none without an order by then.
    #[must_use]
    pub fn buying(&self, at: NaiveDate) -> Option<Buying> {
        let known = self.known(at);
        let days: Vec<NaiveDate> = known.iter().map(|(day, _)| *day).collect();
        let rhythm = Rhythm::of(&days, at)?;
        let mut newest = known.iter().rev().map(|(_, amount)| *amount);
        Some(Buying {
            rhythm,
            average: mean(known),
            repeat_average: mean(known.get(1..).unwrap_or_default()),
            last: newest.next().unwrap_or(0.0),
            previous: newest.next().unwrap_or(0.0),
        })
    }

    /// Whether no order came after one day, up to and with another.
    #[must_use]
    pub fn is_silent(&self, after: NaiveDate, until: NaiveDate) -> bool {
        self.known(after).len() == self.known(until).len()
    }
}

/// The mean of the amounts; 0 of none.
fn mean(days: &[(NaiveDate, f64)]) -> f64 {
    let sum: f64 = days.iter().map(|(_, amount)| amount).sum();
    #[expect(clippy::cast_precision_loss, reason = "a count of orders")]
    let count = days.len().max(1) as f64;
    sum / count
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn what_came_later_is_not_known() {
        let orders = [
            ("2026-01-05", 30.0),
            ("2026-01-05", 20.0),
            ("2026-01-19", 70.0),
            ("2026-02-02", 110.0),
            ("2026-01-20", -5.0),
        ];
        let client = Purchases::of(orders.map(|(on, amount)| (day(on), amount)));
        assert_eq!(client.buying(day("2026-01-04")), None);
        let then = client.buying(day("2026-01-26")).unwrap();
        assert_eq!((then.rhythm.repeats, then.rhythm.last, then.rhythm.age), (1, 2.0, 3.0));
        assert_eq!(
            (then.average, then.repeat_average, then.last, then.previous),
            (60.0, 70.0, 70.0, 50.0)
        );
        assert!(client.is_silent(day("2026-01-19"), day("2026-02-01")));
        assert!(!client.is_silent(day("2026-01-19"), day("2026-02-02")));
        assert_eq!(client.first(), Some(day("2026-01-05")));
    }
}
