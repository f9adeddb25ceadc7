//! What a client's past orders say about his rhythm.

use chrono::NaiveDate;

/// A week, the unit of time of the models, in days.
const WEEK_DAYS: f64 = 7.0;

/// When a client ordered, as far as the models ask. Times are in weeks (or any unit that the model was learned in) since his
/// first order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rhythm {
    /// Orders after the first, x; those of one day are one.
    pub repeats: u32,
    /// The last order, t_x; 0 when there is but one.
    pub last: f64,
    /// Now, T; not before the last order.
    pub age: f64,
    /// The sum of the logarithms of the gaps between orders; 0 when there is but one.
    pub ln_gaps: f64,
}

impl Rhythm {
    /// From the days of the orders, in any order, as of `today`. Orders of one day are one; those after `today` are not known
    /// yet. None when there is no order by then.
    #[must_use]
    pub fn of(orders: &[NaiveDate], today: NaiveDate) -> Option<Self> {
        let mut days: Vec<NaiveDate> = orders.iter().copied().filter(|day| *day <= today).collect();
        days.sort_unstable();
        days.dedup();
        let (first, last) = (*days.first()?, *days.last()?);
        let weeks = |from: NaiveDate, to: NaiveDate| {
            let days = i32::try_from((to - from).num_days()).unwrap_or(i32::MAX);
            f64::from(days) / WEEK_DAYS
        };
        let gaps = days.iter().zip(days.iter().skip(1));
        Some(Self {
            repeats: u32::try_from(days.len() - 1).unwrap_or(u32::MAX),
            last: weeks(first, last),
            age: weeks(first, today),
            ln_gaps: gaps.map(|(from, to)| weeks(*from, *to).ln()).sum(),
        })
    }

    /// Whether a model can say something about it: finite times, in order.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let times = [self.last, self.age, self.ln_gaps];
        times.iter().all(|time| time.is_finite())
            && self.last >= 0.0
            && self.age >= self.last
            && (self.repeats == 0) == (self.last == 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap_or_default()
    }

    #[test]
    fn orders_of_one_day_are_one_and_those_to_come_are_not_known() {
        let orders = ["2026-02-12", "2026-01-01", "2026-01-15", "2026-01-15", "2026-12-01"].map(day);
        let rhythm = Rhythm::of(&orders, day("2026-03-12"));
        let expected = Rhythm {
            repeats: 2,
            last: 6.0,
            age: 10.0,
            ln_gaps: 2.0_f64.ln() + 4.0_f64.ln(),
        };
        assert_eq!(rhythm, Some(expected));
        assert_eq!(Rhythm::of(&[], day("2026-03-12")), None);
        assert_eq!(Rhythm::of(&[day("2026-03-13")], day("2026-03-12")), None);
        // One order says but his age; one of today not even that.
        let today = Rhythm::of(&[day("2026-03-12")], day("2026-03-12"));
        assert_eq!(today.map(|rhythm| (rhythm.repeats, rhythm.age)), Some((0, 0.0)));
        assert!(today.is_some_and(|rhythm| rhythm.is_sound()));
    }
}
