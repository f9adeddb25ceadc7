//! Where the clients stand on a day: whom to call first.

use chrono::NaiveDate;

use super::{Purchases, assessed, learn, there};
use crate::risk::{Assessment, Buying, Terms, revenue_at_risk_minor};

/// Where a client stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// Its place among the clients that were asked about.
    pub place: usize,
    /// How it buys.
    pub buying: Buying,
    /// Its risk by how it buys alone.
    pub assessment: Assessment,
    /// The revenue at risk, in the minor unit that the orders are in: whole ones.
    pub at_risk_minor: i64,
}

/// Where everybody stands who had ordered by the end of a day, the most revenue at risk first.
#[must_use]
pub fn standings(clients: &[Purchases], horizon_days: u16, at: NaiveDate) -> Vec<Standing> {
    let there = there(clients.iter(), at);
    let model = learn(&there, horizon_days, at);
    let mut standings: Vec<Standing> = there
        .into_iter()
        .map(|(place, _, buying)| {
            let assessment = assessed(&model, at, &buying);
            let worth = model.worth(&buying, &Terms::default());
            Standing {
                place,
                at_risk_minor: revenue_at_risk_minor(assessment.probability.unwrap_or(0.0), worth.if_ordering_minor),
                buying,
                assessment,
            }
        })
        .collect();
    standings.sort_by(|a, b| b.at_risk_minor.cmp(&a.at_risk_minor).then(a.place.cmp(&b.place)));
    standings
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use chrono::Days;

    use super::*;

    #[test]
    fn the_large_client_that_stopped_comes_first_and_who_has_not_ordered_yet_not_at_all() {
        let first = NaiveDate::from_ymd_opt(2025, 1, 6).unwrap();
        let every = |gap: usize, until: u64, amount: f64| {
            Purchases::of((0..until).step_by(gap).map(|day| (first + Days::new(day), amount)))
        };
        let mut clients: Vec<Purchases> = (0..60).map(|n| every(10 + n % 20, 700, 20_000.0)).collect();
        clients.push(every(10, 560, 900_000.0));
        clients.push(Purchases::of([(first + Days::new(900), 500.0)]));
        let found = standings(&clients, 90, first + Days::new(700));
        assert_eq!((found.len(), found[0].place), (61, 60), "{:?}", found[0]);
        assert!(found[0].assessment.probability.unwrap() > 0.8);
        assert!(
            found
                .windows(2)
                .all(|pair| pair[0].at_risk_minor >= pair[1].at_risk_minor)
        );
        assert!(standings(&[], 90, first).is_empty());
    }
}
