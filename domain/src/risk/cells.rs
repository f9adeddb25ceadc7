//! The interim model of silence: what became of accounts like this one.
//!
//! The past is cut one horizon ago. Every account that had ordered by then falls into a cell of
//! recency (days since its last order, split at the tenant's own quartiles) × frequency (days with
//! an order: 1, 2–3, 4–9, 10 or more). What share of a cell stayed silent ever since is the risk of
//! an account that stands in that cell today.

use chrono::NaiveDate;

use super::jeffreys::quantile_log_odds;
use super::odds::{logit, sigmoid};
use super::unknown::UnknownReason;

/// Outcomes that a cell needs before it says anything.
pub const OUTCOMES_NEEDED: u32 = 10;

const RECENCY_CELLS: usize = 4;
const FREQUENCY_CELLS: usize = 4;
/// The lowest number of orders of the second, third and fourth frequency.
const FREQUENCY_FROM: [u32; FREQUENCY_CELLS - 1] = [2, 4, 10];

/// Where an account stands on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Days since its last order.
    pub recency_days: u32,
    /// Days on which it ordered; orders of one day count once. At least 1.
    pub orders: u32,
}

impl Standing {
    /// The standing on `on` of an account that ordered on these days, in any order; later days do
    /// not count. `None` without an order by then.
    #[must_use]
    pub fn on(on: NaiveDate, order_days: &[NaiveDate]) -> Option<Self> {
        let mut days: Vec<NaiveDate> = order_days.iter().copied().filter(|d| *d <= on).collect();
        days.sort_unstable();
        days.dedup();
        let last = days.last()?;
        Some(Self {
            recency_days: days_between(*last, on),
            orders: u32::try_from(days.len()).unwrap_or(u32::MAX),
        })
    }
}

/// What is known of one account around the cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CutRow {
    /// Days from its last order by the cut to the cut.
    pub recency_days: u32,
    /// Days with an order, till the cut. A row without one says nothing and is left out.
    pub orders: u32,
    /// Whether no order came after the cut, over the horizon.
    pub silent: bool,
}

impl CutRow {
    /// The row of an account that ordered on these days: standing at `cut`, outcome over the days
    /// after it till `as_of`. `None` without an order by the cut.
    #[must_use]
    pub fn observe(cut: NaiveDate, as_of: NaiveDate, order_days: &[NaiveDate]) -> Option<Self> {
        let Standing { recency_days, orders } = Standing::on(cut, order_days)?;
        Some(Self {
            recency_days,
            orders,
            silent: !order_days.iter().any(|d| *d > cut && *d <= as_of),
        })
    }
}

/// The risk that a cell shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CellRisk {
    silent: u32,
    total: u32,
    low_log_odds: f64,
    high_log_odds: f64,
}

impl CellRisk {
    /// From `silent` accounts of `total` (of which `silent` cannot be more).
    #[must_use]
    pub fn from_counts(silent: u32, total: u32) -> Self {
        let silent = silent.min(total);
        Self {
            silent,
            total,
            low_log_odds: quantile_log_odds(silent, total, 0.025),
            high_log_odds: quantile_log_odds(silent, total, 0.975),
        }
    }

    /// Accounts of the cell that stayed silent over the horizon.
    #[must_use]
    pub fn silent(&self) -> u32 {
        self.silent
    }

    /// Accounts of the cell.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.total
    }

    /// The silent share, smoothed by Jeffreys' prior: (silent + ½) / (total + 1), 0..1 exclusive.
    #[must_use]
    pub fn share(&self) -> f64 {
        jeffreys_share(f64::from(self.silent), f64::from(self.total))
    }

    /// The log-odds of [`Self::share`].
    #[must_use]
    pub fn log_odds(&self) -> f64 {
        logit(self.share())
    }

    /// The lower end of the share's 95 % Jeffreys interval.
    #[must_use]
    pub fn low(&self) -> f64 {
        sigmoid(self.low_log_odds)
    }

    /// The upper end of the share's 95 % Jeffreys interval.
    #[must_use]
    pub fn high(&self) -> f64 {
        sigmoid(self.high_log_odds)
    }

    /// Both ends of the 95 % interval in log-odds.
    #[must_use]
    pub fn log_odds_interval(&self) -> (f64, f64) {
        (self.low_log_odds, self.high_log_odds)
    }

    /// How much of the share is still prior: Jeffreys' prior weighs as much as one outcome. 0..=1
    #[must_use]
    pub fn prior_share(&self) -> f64 {
        1.0 / (f64::from(self.total) + 1.0)
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Count {
    silent: u32,
    total: u32,
}

impl Count {
    fn add(&mut self, silent: bool) {
        self.total = self.total.saturating_add(1);
        self.silent = self.silent.saturating_add(u32::from(silent));
    }
}

type Grid<T> = [[T; FREQUENCY_CELLS]; RECENCY_CELLS];

/// What a tenant's own past says of each cell. Made by [`fit`].
#[derive(Debug, Clone, PartialEq)]
pub struct CellModel {
    as_of: NaiveDate,
    horizon_days: u16,
    /// The quartiles of recency; a cell reaches up to its border, which belongs to it.
    recency_up_to: [u32; RECENCY_CELLS - 1],
    all: Count,
    counts: Grid<Count>,
    /// `None` where too few outcomes are known.
    risks: Grid<Option<CellRisk>>,
}

/// Learns the cells from the rows of every account that had ordered by the cut, which lies
/// `horizon_days` before `as_of`. Total: any rows, or none, give a model.
#[must_use]
pub fn fit(as_of: NaiveDate, horizon_days: u16, rows: &[CutRow]) -> CellModel {
    let rows = || rows.iter().filter(|row| row.orders > 0);
    let mut recencies: Vec<u32> = rows().map(|row| row.recency_days).collect();
    recencies.sort_unstable();
    let recency_up_to = [1, 2, 3].map(|quarter| quartile(&recencies, quarter));

    let mut all = Count::default();
    let mut counts = Grid::<Count>::default();
    for row in rows() {
        let (recency, frequency) = cell(&recency_up_to, row.recency_days, row.orders);
        counts[recency][frequency].add(row.silent);
        all.add(row.silent);
    }
    let risks = counts.map(|line| {
        line.map(|Count { silent, total }| (total >= OUTCOMES_NEEDED).then(|| CellRisk::from_counts(silent, total)))
    });
    CellModel {
        as_of,
        horizon_days,
        recency_up_to,
        all,
        counts,
        risks,
    }
}

impl CellModel {
    /// The day as of which the model was learned.
    #[must_use]
    pub fn as_of(&self) -> NaiveDate {
        self.as_of
    }

    /// The days over which an account counts as silent.
    #[must_use]
    pub fn horizon_days(&self) -> u16 {
        self.horizon_days
    }

    /// The accounts that the model was learned from.
    #[must_use]
    pub fn outcomes(&self) -> u32 {
        self.all.total
    }

    /// The log-odds of the tenant's own silent share over all rows, smoothed by Jeffreys' prior;
    /// 0 without rows. Where the score of every account begins.
    #[must_use]
    pub fn baseline_log_odds(&self) -> f64 {
        logit(jeffreys_share(f64::from(self.all.silent), f64::from(self.all.total)))
    }

    /// The risk of an account that ordered on `orders` days, `recency_days` ago for the last time.
    ///
    /// # Errors
    ///
    /// [`UnknownReason::NoOrders`] for an account without an order, [`UnknownReason::NoHistory`]
    /// when no account had ordered by the cut, [`UnknownReason::TooFewOutcomes`] with fewer than
    /// [`OUTCOMES_NEEDED`] in the cell (or in all).
    pub fn assess(&self, recency_days: u32, orders: u32) -> Result<CellRisk, UnknownReason> {
        if orders == 0 {
            return Err(UnknownReason::NoOrders);
        }
        if self.all.total == 0 {
            return Err(UnknownReason::NoHistory);
        }
        let (recency, frequency) = cell(&self.recency_up_to, recency_days, orders);
        self.risks[recency][frequency].ok_or(UnknownReason::TooFewOutcomes {
            outcomes: self.counts[recency][frequency].total,
            needed: OUTCOMES_NEEDED,
        })
    }
}

/// Row and column of the grid.
fn cell(recency_up_to: &[u32; RECENCY_CELLS - 1], recency_days: u32, orders: u32) -> (usize, usize) {
    (
        recency_up_to.iter().filter(|b| recency_days > **b).count(),
        FREQUENCY_FROM.iter().filter(|b| orders >= **b).count(),
    )
}

/// The `quarter`-th quartile (1..=3) of sorted values by nearest rank; 0 of none.
fn quartile(sorted: &[u32], quarter: usize) -> u32 {
    let rank = sorted.len().saturating_mul(quarter).div_ceil(4);
    rank.checked_sub(1)
        .and_then(|index| sorted.get(index))
        .copied()
        .unwrap_or(0)
}

fn jeffreys_share(silent: f64, total: f64) -> f64 {
    (silent + 0.5) / (total + 1.0)
}

/// Days from `earlier` to `later`; 0 if it is not earlier.
pub(crate) fn days_between(earlier: NaiveDate, later: NaiveDate) -> u32 {
    let days = later.signed_duration_since(earlier).num_days().max(0);
    u32::try_from(days).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use proptest::prelude::*;

    fn day(m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2011, m, d).unwrap()
    }

    fn rows(count: usize, recency_days: u32, orders: u32, silent: bool) -> Vec<CutRow> {
        vec![
            CutRow {
                recency_days,
                orders,
                silent,
            };
            count
        ]
    }

    fn model(rows: &[CutRow]) -> CellModel {
        fit(day(12, 9), 90, rows)
    }

    /// Ten accounts in each quarter of recency, with one order; 1, 3, 5 and 7 of them silent.
    fn four_quarters() -> Vec<CutRow> {
        [(10, 1), (20, 3), (30, 5), (40, 7)]
            .into_iter()
            .flat_map(|(recency, silent)| {
                [rows(silent, recency, 1, true), rows(10 - silent, recency, 1, false)].concat()
            })
            .collect()
    }

    #[test]
    fn each_quarter_shows_its_own_share() {
        let model = model(&four_quarters());
        assert_eq!(
            (model.as_of(), model.horizon_days(), model.outcomes()),
            (day(12, 9), 90, 40)
        );
        for (recency, silent) in [(10, 1), (20, 3), (30, 5), (40, 7)] {
            let risk = model.assess(recency, 1).unwrap();
            assert_eq!((risk.silent(), risk.total()), (silent, 10));
            assert_eq!(risk.share(), (f64::from(silent) + 0.5) / 11.0);
            assert_eq!(risk.prior_share(), 1.0 / 11.0);
        }
        // 16 of 40 are silent.
        assert_eq!(model.baseline_log_odds(), logit(16.5 / 41.0));
    }

    #[test]
    fn a_recency_border_belongs_to_the_cell_below() {
        let model = model(&four_quarters());
        let silent = |recency| model.assess(recency, 1).unwrap().silent();
        assert_eq!(
            [0, 10, 11, 20, 21, 30, 31, 40, 41, u32::MAX].map(silent),
            [1, 1, 3, 3, 5, 5, 7, 7, 7, 7]
        );
    }

    #[test]
    fn frequency_is_one_or_two_to_three_or_four_to_nine_or_more() {
        let rows = [(1, 0), (2, 2), (3, 2), (4, 4), (9, 4), (10, 6), (500, 6)]
            .into_iter()
            .flat_map(|(orders, silent)| [rows(silent, 5, orders, true), rows(10 - silent, 5, orders, false)].concat())
            .collect::<Vec<_>>();
        let model = model(&rows);
        let counts = |orders| {
            let risk = model.assess(5, orders).unwrap();
            (risk.silent(), risk.total())
        };
        assert_eq!(counts(1), (0, 10));
        assert_eq!([2, 3].map(counts), [(4, 20); 2]);
        assert_eq!([4, 6, 9].map(counts), [(8, 20); 3]);
        assert_eq!([10, 11, u32::MAX].map(counts), [(12, 20); 3]);
    }

    #[test]
    fn nine_outcomes_are_too_few_and_ten_are_enough() {
        let nine = model(&rows(9, 5, 1, true));
        assert_eq!(
            nine.assess(5, 1),
            Err(UnknownReason::TooFewOutcomes {
                outcomes: 9,
                needed: 10
            })
        );
        let ten = model(&rows(10, 5, 1, true));
        assert_eq!(ten.assess(5, 1).unwrap().total(), 10);
        // Enough in all, and none where this account stands.
        assert_eq!(
            ten.assess(5, 2),
            Err(UnknownReason::TooFewOutcomes {
                outcomes: 0,
                needed: 10
            })
        );
    }

    #[test]
    fn nothing_is_said_of_an_account_or_a_tenant_without_a_past() {
        let empty = model(&[]);
        assert_eq!(empty.assess(5, 1), Err(UnknownReason::NoHistory));
        assert_eq!(empty.assess(5, 0), Err(UnknownReason::NoOrders));
        assert_eq!(empty.baseline_log_odds(), 0.0);
        assert_eq!(empty.outcomes(), 0);
        // A row without orders says nothing.
        assert_eq!(model(&rows(50, 5, 0, true)), empty);
    }

    #[test]
    fn one_recency_for_all_makes_one_cell() {
        let model = model(&rows(12, u32::MAX, 1, true));
        assert_eq!(model.assess(u32::MAX, 1).unwrap().total(), 12);
        assert_eq!(model.assess(0, 1).unwrap().total(), 12);
    }

    #[test]
    fn quartiles_are_by_nearest_rank() {
        let of = |sorted: &[u32]| [1, 2, 3].map(|quarter| quartile(sorted, quarter));
        assert_eq!(of(&[]), [0, 0, 0]);
        assert_eq!(of(&[7]), [7, 7, 7]);
        assert_eq!(of(&[1, 2, 3, 4]), [1, 2, 3]);
        assert_eq!(of(&[1, 2, 3, 4, 5]), [2, 3, 4]);
        assert_eq!(of(&[1, 2, 3, 4, 5, 6, 7, 8]), [2, 4, 6]);
    }

    #[test]
    fn the_share_lies_within_its_interval() {
        let risk = CellRisk::from_counts(3, 10);
        assert!((risk.low() - 0.092_694_593_938).abs() < 1e-12);
        assert!((risk.high() - 0.605_818_318_149).abs() < 1e-12);
        assert_eq!(risk.share(), 3.5 / 11.0);
        assert_eq!(risk.log_odds(), logit(3.5 / 11.0));
    }

    #[test]
    fn the_past_is_read_at_the_cut_and_the_outcome_after_it() {
        let orders = [day(8, 1), day(3, 1), day(8, 1), day(9, 20), day(12, 1)];
        let (cut, as_of) = (day(9, 10), day(11, 30));
        assert_eq!(
            CutRow::observe(cut, as_of, &orders),
            Some(CutRow {
                recency_days: 40,
                orders: 2,
                silent: false
            })
        );
        // An order on the cut lies before it; one after the day of the assessment is not known.
        assert_eq!(
            CutRow::observe(day(9, 20), as_of, &orders),
            Some(CutRow {
                recency_days: 0,
                orders: 3,
                silent: true
            })
        );
        assert_eq!(CutRow::observe(day(2, 28), as_of, &orders), None);
        assert_eq!(Standing::on(as_of, &[]), None);
        assert_eq!(
            Standing::on(as_of, &orders),
            Some(Standing {
                recency_days: 71,
                orders: 3
            })
        );
    }

    #[test]
    fn the_whole_calendar_can_lie_between_two_orders() {
        let standing = Standing::on(NaiveDate::MAX, &[NaiveDate::MIN]).unwrap();
        assert_eq!(
            i64::from(standing.recency_days),
            (NaiveDate::MAX - NaiveDate::MIN).num_days()
        );
        assert_eq!(days_between(NaiveDate::MAX, NaiveDate::MIN), 0);
    }

    fn any_row() -> impl Strategy<Value = CutRow> {
        let recency = prop_oneof![0u32..400, Just(u32::MAX), any::<u32>()];
        let orders = prop_oneof![0u32..12, Just(u32::MAX)];
        (recency, orders, any::<bool>()).prop_map(|(recency_days, orders, silent)| CutRow {
            recency_days,
            orders,
            silent,
        })
    }

    proptest! {
        #[test]
        fn any_past_gives_finite_answers(
            rows in proptest::collection::vec(any_row(), 0..200), recency: u32, orders: u32,
        ) {
            let model = model(&rows);
            prop_assert!(model.baseline_log_odds().is_finite());
            match model.assess(recency, orders) {
                Ok(risk) => {
                    prop_assert!(risk.total() >= OUTCOMES_NEEDED && risk.silent() <= risk.total());
                    prop_assert!(0.0 < risk.low() && risk.low() < risk.share());
                    prop_assert!(risk.share() < risk.high() && risk.high() < 1.0);
                }
                Err(UnknownReason::TooFewOutcomes { outcomes, .. }) => {
                    prop_assert!(outcomes < OUTCOMES_NEEDED);
                }
                Err(_) => prop_assert!(orders == 0 || model.outcomes() == 0),
            }
        }

        #[test]
        fn the_order_of_the_rows_does_not_matter(
            rows in proptest::collection::vec(any_row(), 0..60),
        ) {
            let mut turned = rows.clone();
            turned.reverse();
            prop_assert_eq!(model(&rows), model(&turned));
        }

        #[test]
        fn every_row_falls_into_one_cell(rows in proptest::collection::vec(any_row(), 0..200)) {
            let model = model(&rows);
            let counted: u32 = model.counts.iter().flatten().map(|c| c.total).sum();
            prop_assert_eq!(counted, model.outcomes());
            prop_assert_eq!(counted as usize, rows.iter().filter(|r| r.orders > 0).count());
        }

        #[test]
        fn one_more_silent_account_raises_the_share_and_its_interval(
            silent in 0u32..500, others in 1u32..500,
        ) {
            let total = silent + others;
            let (less, more) =
                (CellRisk::from_counts(silent, total), CellRisk::from_counts(silent + 1, total));
            prop_assert!(more.share() > less.share());
            prop_assert!(more.low() > less.low() && more.high() > less.high());
        }
    }
}
