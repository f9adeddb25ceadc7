//! Whether the model would have been right: it is asked at days of the past, with nothing that came later, and compared with
//! what came. It goes by when things happened, not by when they were written down.

mod purchases;
mod rfm;
mod standing;

use chrono::NaiveDate;

pub use purchases::Purchases;
pub use rfm::rfm_scores;
pub use standing::{Standing, standings};

use crate::risk::{Assessment, Borders, Buying, BuyingModel, Facts, Rules, assess, cut_day};
use crate::skill::{Area, Bin, Case, areas, bins, brier, gains};

/// Days of the past at most that it is asked at.
pub const MOST_CUTS: usize = 8;
/// Clients at most that it is asked about, evenly taken: the intervals are narrow by then.
pub const MOST_CLIENTS: usize = 5_000;
/// So many clients must have fallen silent, and so many gone on, before a curve of calibration says anything (Van Calster et al.,
/// "Calibration: the Achilles heel of predictive analytics", BMC Medicine 17, 2019).
pub const CURVE_NEEDS: u32 = 200;
/// So many must have fallen silent, and so many gone on, before anything is compared.
pub const LEAST_OUTCOMES: u32 = 10;
const DECILES: usize = 10;
const STEPS: usize = 20;

/// A day of the past at which the model was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Nothing after this day was known.
    pub day: NaiveDate,
    /// Clients who had ordered by then.
    pub clients: u32,
    /// Those of them who did not order within the horizon.
    pub silent: u32,
}

/// How well scores tell who falls silent: areas under the ROC curve with 95 % intervals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Discrimination {
    /// The model's.
    pub model: Area,
    /// Of days since the last order.
    pub days_since_order: Area,
    /// Of classes of recency, frequency and monetary value.
    pub rfm: Area,
    /// How far the model is ahead of RFM, over the same clients.
    pub ahead_of_rfm: Area,
}

/// How good the probabilities were.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Accuracy {
    /// Mean squared error of the probabilities, 0 is perfect.
    pub brier: f64,
    /// That of telling everybody the share that fell silent.
    pub brier_of_base_rate: f64,
}

impl Accuracy {
    /// Which part of the base rate's error the model takes away: 1 is perfect, 0 no better, below 0 worse.
    #[must_use]
    pub fn skill(&self) -> f64 {
        1.0 - self.brier / self.brier_of_base_rate
    }
}

/// What the comparison says.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Who falls silent.
    pub discrimination: Discrimination,
    /// How probable it is.
    pub accuracy: Accuracy,
    /// Predicted beside observed, by tenths; none while there are fewer outcomes than [`CURVE_NEEDS`].
    pub deciles: Option<Vec<Bin>>,
    /// The riskiest first, in steps of a twentieth: which share of all who fell silent is among them.
    pub gains: Vec<f64>,
    /// The same with those first whom RFM puts first.
    pub gains_of_rfm: Vec<f64>,
}

/// What a back-test found.
#[derive(Clone, Debug, PartialEq)]
pub struct BackTest {
    /// Days over which a client counts as silent.
    pub horizon_days: u16,
    /// Clients that were looked at.
    pub clients: usize,
    /// The days, the latest first.
    pub cuts: Vec<Cut>,
    /// What it says; none with fewer outcomes than [`LEAST_OUTCOMES`].
    pub verdict: Option<Verdict>,
}

impl BackTest {
    /// Clients that were asked about, at all cuts together.
    #[must_use]
    pub fn cases(&self) -> u32 {
        self.cuts.iter().map(|cut| cut.clients).sum()
    }

    /// Those that fell silent.
    #[must_use]
    pub fn silent(&self) -> u32 {
        self.cuts.iter().map(|cut| cut.silent).sum()
    }
}

/// Asks the model at days of the past, each a horizon before the other, as far back as there is a horizon's history before it.
/// At each it learns from what was known then: also which clients of one horizon before had fallen silent.
#[must_use]
pub fn back_test(clients: &[Purchases], horizon_days: u16, today: NaiveDate) -> BackTest {
    let stride = clients.len().div_ceil(MOST_CLIENTS).max(1);
    let clients: Vec<&Purchases> = clients.iter().step_by(stride).collect();
    let mut test = BackTest {
        horizon_days,
        clients: clients.len(),
        cuts: Vec::new(),
        verdict: None,
    };
    let Some(first) = clients.iter().filter_map(|client| client.first()).min() else {
        return test;
    };
    let mut cases = Vec::new();
    let mut until = today;
    for _ in 0..MOST_CUTS {
        let at = cut_day(until, horizon_days);
        if cut_day(at, horizon_days) < first {
            break;
        }
        let asked = ask(&clients, horizon_days, at, until);
        let count = |silent: bool| {
            u32::try_from(asked.iter().filter(|case| case.happened || !silent).count()).unwrap_or(u32::MAX)
        };
        test.cuts.push(Cut {
            day: at,
            clients: count(false),
            silent: count(true),
        });
        cases.extend(asked);
        until = at;
    }
    test.verdict = judge(&cases);
    test
}

/// Asks at the end of a day about everybody who had ordered by then: the model, days since the last order, RFM.
fn ask(clients: &[&Purchases], horizon_days: u16, at: NaiveDate, until: NaiveDate) -> Vec<Case<3>> {
    let there: Vec<There<'_>> = there(clients.iter().copied(), at);
    let model = learn(&there, horizon_days, at);
    let since = |buying: &Buying| buying.rhythm.age - buying.rhythm.last;
    let told: Vec<&Purchases> = there.iter().map(|(_, client, _)| *client).collect();
    there
        .iter()
        .zip(rfm_scores(&told, at))
        .map(|((place, client, buying), rfm)| Case {
            client: *place,
            scores: [
                assessed(&model, at, buying).probability.unwrap_or(0.5),
                since(buying),
                rfm,
            ],
            happened: client.is_silent(at, until),
        })
        .collect()
}

/// A client who had ordered by a day: its place among all, what it bought, and how.
type There<'a> = (usize, &'a Purchases, Buying);

fn there<'a>(clients: impl Iterator<Item = &'a Purchases>, at: NaiveDate) -> Vec<There<'a>> {
    clients
        .enumerate()
        .filter_map(|(place, client)| Some((place, client, client.buying(at)?)))
        .collect()
}

/// The model of a day: from how everybody bought by then, and what had become of those of one horizon before.
fn learn(there: &[There<'_>], horizon_days: u16, at: NaiveDate) -> BuyingModel {
    let before = cut_day(at, horizon_days);
    let past: Vec<(Buying, bool)> = there
        .iter()
        .filter_map(|(_, client, _)| Some((client.buying(before)?, client.is_silent(before, at))))
        .collect();
    let now: Vec<Buying> = there.iter().map(|(_, _, buying)| *buying).collect();
    BuyingModel::learn(horizon_days, &now, &past)
}

/// The risk of a client by how it buys alone: what people recorded is not part of a back-test.
fn assessed(model: &BuyingModel, at: NaiveDate, buying: &Buying) -> Assessment {
    assess(&Facts {
        as_of: at,
        baseline_log_odds: model.baseline_log_odds(),
        measured: Ok(model.measure(buying)),
        last_orders: &[],
        signals: &[],
        borders: Borders::default(),
        rules: Rules::default(),
    })
}

fn judge(cases: &[Case<3>]) -> Option<Verdict> {
    let silent = u32::try_from(cases.iter().filter(|case| case.happened).count()).unwrap_or(u32::MAX);
    let others = u32::try_from(cases.len()).unwrap_or(u32::MAX) - silent;
    if silent.min(others) < LEAST_OUTCOMES {
        return None;
    }
    let areas = areas(cases)?;
    let [model, days_since_order, rfm] = areas.of;
    let [_, _, ahead_of_rfm] = areas.ahead;
    let told: Vec<(f64, bool)> = cases.iter().map(|case| (case.scores[0], case.happened)).collect();
    let base = f64::from(silent) / f64::from(silent + others);
    Some(Verdict {
        discrimination: Discrimination {
            model,
            days_since_order,
            rfm,
            ahead_of_rfm,
        },
        accuracy: Accuracy {
            brier: brier(&told)?,
            brier_of_base_rate: base * (1.0 - base),
        },
        deciles: (silent.min(others) >= CURVE_NEEDS).then(|| bins(&told, DECILES)),
        gains: gains(&told, STEPS),
        gains_of_rfm: gains(
            &cases
                .iter()
                .map(|case| (case.scores[2], case.happened))
                .collect::<Vec<_>>(),
            STEPS,
        ),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use chrono::Days;

    use super::*;

    /// The day after so many.
    fn day(after: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + Days::new(after)
    }

    /// Clients who order every so many days, and some who stop.
    fn clients(count: u64) -> Vec<Purchases> {
        (0..count)
            .map(|n| {
                let gap = 7 + n % 25;
                let stops = if n % 3 == 0 { 60 + n * 7 % 600 } else { 800 };
                let on = (n % 20..stops).step_by(usize::try_from(gap).unwrap());
                Purchases::of(on.map(|after| (day(after), 100.0 + n as f64)))
            })
            .collect()
    }

    #[test]
    fn whoever_stops_is_told_from_those_who_go_on() {
        let test = back_test(&clients(320), 90, day(720));
        assert_eq!((test.horizon_days, test.clients, test.cuts.len()), (90, 320, 7));
        assert!(test.cuts.windows(2).all(|pair| pair[0].day > pair[1].day));
        let verdict = test.verdict.as_ref().unwrap();
        let told = verdict.discrimination;
        assert!(told.model.low > 0.9 && told.days_since_order.low > 0.9, "{told:?}");
        assert!(told.ahead_of_rfm.low > 0.0, "{told:?}");
        assert!(verdict.accuracy.skill() > 0.2, "{verdict:?}");
        assert_eq!(verdict.deciles.as_ref().unwrap().len(), 10);
        assert!(
            (verdict.gains.last().unwrap() - 1.0).abs() < 1e-12 && verdict.gains[3] > 0.3,
            "{:?}",
            verdict.gains
        );
        let counted = test.cuts.iter().map(|cut| cut.silent).sum::<u32>();
        assert_eq!(
            verdict
                .deciles
                .as_ref()
                .unwrap()
                .iter()
                .map(|bin| bin.happened)
                .sum::<u32>(),
            counted
        );
    }

    #[test]
    fn with_few_outcomes_there_is_no_curve_and_with_hardly_any_no_verdict() {
        let some = back_test(&clients(60), 90, day(720));
        let verdict = some.verdict.unwrap();
        assert_eq!(verdict.deciles, None);
        let few = back_test(&clients(8), 90, day(300));
        assert!(few.verdict.is_none() && !few.cuts.is_empty());
        // No history of two horizons.
        let short = back_test(&clients(60), 90, day(150));
        assert!(short.cuts.is_empty() && short.verdict.is_none());
        assert_eq!(back_test(&[], 365, day(0)).cuts, []);
    }

    #[test]
    fn what_came_after_a_cut_does_not_change_what_was_said_at_it() {
        let known = clients(200);
        let (at, until) = (day(400), day(490));
        let scores = |clients: &[Purchases]| {
            let clients: Vec<&Purchases> = clients.iter().collect();
            ask(&clients, 90, at, until)
                .iter()
                .map(|case| case.scores)
                .collect::<Vec<_>>()
        };
        let cut: Vec<Purchases> = known
            .iter()
            .map(|client| Purchases::of(client.days().iter().copied().filter(|(day, _)| *day <= at)))
            .collect();
        assert_eq!(scores(&known), scores(&cut));
    }
}
