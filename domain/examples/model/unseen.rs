//! Real orders that the model has not seen: who does not order within the horizon after a cut.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{Days, NaiveDate};
use domain::backtest::{Purchases, rfm_scores};
use domain::rhythm::{Fit, fit_regular, pool};
use domain::risk::{Borders, Buying, BuyingModel, Facts, Rules, Rung, assess, cut_day};
use domain::skill::{Case, areas, auc, brier};

use crate::{Report, Rows};

const FOLDS: usize = 10;

/// Clients as they were at a cut, and a horizon after it.
pub struct Clients {
    all: Vec<Purchases>,
    at: NaiveDate,
    horizon_days: u16,
}

impl Clients {
    fn new(orders: BTreeMap<String, Vec<(NaiveDate, f64)>>, days: u64, horizon_days: u16) -> Self {
        let all: Vec<Purchases> = orders.into_values().map(Purchases::of).collect();
        let first = all.iter().filter_map(Purchases::first).min().expect("orders");
        Self {
            all,
            at: first + Days::new(days),
            horizon_days,
        }
    }

    /// Online Retail, 248 days and 125 after them.
    pub fn retail(folder: &Path) -> Self {
        let rows = Rows::read(folder, "online_retail/orders.csv");
        let mut orders: BTreeMap<String, Vec<(NaiveDate, f64)>> = BTreeMap::new();
        for row in &rows.rows {
            let day = rows.text(row, "ts").get(..10).and_then(|day| day.parse().ok());
            let order = (day.expect("a day"), rows.number(row, "amount"));
            orders
                .entry(rows.text(row, "customer_id").to_owned())
                .or_default()
                .push(order);
        }
        Self::new(orders, 248, 125)
    }

    /// CDNOW, 39 weeks and 13 after them.
    pub fn cdnow(folder: &Path) -> Self {
        let text = std::fs::read_to_string(folder.join("cdnow/CDNOW_sample.txt")).expect("cdnow/CDNOW_sample.txt");
        let mut orders: BTreeMap<String, Vec<(NaiveDate, f64)>> = BTreeMap::new();
        for line in text.lines() {
            let cells: Vec<&str> = line.split_whitespace().collect();
            let [_, id, day, ..] = cells.as_slice() else { continue };
            let day = NaiveDate::parse_from_str(day, "%Y%m%d").expect("a day");
            orders.entry((*id).to_owned()).or_default().push((day, 1.0));
        }
        Self::new(orders, 7 * 39 - 1, 7 * 13)
    }

    fn until(&self) -> NaiveDate {
        self.at + Days::new(u64::from(self.horizon_days))
    }

    fn horizon_weeks(&self) -> f64 {
        f64::from(self.horizon_days) / 7.0
    }

    /// Those who had ordered by a day, how each bought, and whether he then stayed silent until another.
    fn there(&self, at: NaiveDate, until: NaiveDate) -> Vec<(&Purchases, Buying, bool)> {
        let there = self
            .all
            .iter()
            .filter_map(|one| Some((one, one.buying(at)?, one.is_silent(at, until))));
        there.collect()
    }

    fn outcomes(&self, at: NaiveDate, until: NaiveDate) -> Vec<(Buying, bool)> {
        let there = self.there(at, until).into_iter();
        there.map(|(_, buying, silent)| (buying, silent)).collect()
    }

    /// The rhythm of all clients at the cut, without any prior.
    pub fn fit(&self) -> Fit {
        let there = self.there(self.at, self.until());
        let clients = pool(there.iter().map(|(_, buying, _)| buying.rhythm)).unwrap();
        fit_regular(&clients, None).unwrap()
    }

    /// P0 of each, and what came.
    fn silence(&self) -> Vec<(f64, bool)> {
        let model = self.fit().model;
        let there = self.there(self.at, self.until()).into_iter();
        there
            .map(|(_, buying, silent)| (model.silent(&buying.rhythm, self.horizon_weeks()), silent))
            .collect()
    }
}

fn score(model: &BuyingModel, at: NaiveDate, buying: &Buying) -> f64 {
    let facts = Facts {
        as_of: at,
        baseline_log_odds: model.baseline_log_odds(),
        measured: Ok(model.measure(buying)),
        last_orders: &[],
        signals: &[],
        borders: Borders::default(),
        rules: Rules::default(),
    };
    assess(&facts).probability.unwrap()
}

/// The scorecard's view of each client, learned from what was known at the cut.
fn scored(report: &mut Report, clients: &Clients, learns: bool) -> Vec<(f64, bool)> {
    let outcomes = clients.outcomes(clients.at, clients.until());
    let now: Vec<Buying> = outcomes.iter().map(|(buying, _)| *buying).collect();
    // Nothing later than the cut is known when the score is made.
    let past = if learns {
        clients.outcomes(cut_day(clients.at, clients.horizon_days), clients.at)
    } else {
        Vec::new()
    };
    let model = BuyingModel::learn(clients.horizon_days, &now, &past);
    if learns {
        let learned = model.coefficients().rung;
        let rung = Rung::ALL.iter().position(|rung| *rung == learned).unwrap();
        report.judge(
            &format!("Online Retail, rung of the ladder: {learned}"),
            "",
            ">= 1",
            rung as f64,
            rung >= 1,
        );
    }
    outcomes
        .iter()
        .map(|(buying, silent)| (score(&model, clients.at, buying), *silent))
        .collect()
}

/// Whether a client is in a fold, or in the nine others.
fn is_in(place: usize, fold: usize) -> bool {
    place % FOLDS == fold
}

/// The scorecard with coefficients learned from nine tenths of the same clients, of the tenth that is left out: what the form of
/// the score is worth apart from the season that it was learned in.
fn cross_validated(clients: &Clients) -> Vec<f64> {
    let outcomes = clients.outcomes(clients.at, clients.until());
    let now: Vec<Buying> = outcomes.iter().map(|(buying, _)| *buying).collect();
    let model = BuyingModel::learn(clients.horizon_days, &now, &[]);
    let mut scores = vec![0.0; outcomes.len()];
    for fold in 0..FOLDS {
        let others = outcomes.iter().enumerate().filter(|(place, _)| !is_in(*place, fold));
        let learned = model.calibrated(&others.map(|(_, one)| *one).collect::<Vec<_>>());
        for (place, (buying, _)) in outcomes.iter().enumerate().filter(|(place, _)| is_in(*place, fold)) {
            scores[place] = score(&learned, clients.at, buying);
        }
    }
    scores
}

/// RFM calibrated in the same folds: to each sum of classes the share that fell silent among the nine tenths.
fn calibrated(rfm: &[f64], silent: &[bool]) -> Vec<f64> {
    let mut shares = vec![0.0; rfm.len()];
    for fold in 0..FOLDS {
        let mut seen: BTreeMap<i64, (f64, f64)> = BTreeMap::new();
        for (place, (score, silent)) in rfm.iter().zip(silent).enumerate() {
            if !is_in(place, fold) {
                let (fell, all) = seen.entry(*score as i64).or_insert((0.5, 1.0));
                *fell += f64::from(u8::from(*silent));
                *all += 1.0;
            }
        }
        for (place, score) in rfm.iter().enumerate().filter(|(place, _)| is_in(*place, fold)) {
            let (fell, all) = seen.get(&(*score as i64)).copied().unwrap_or((0.5, 1.0));
            shares[place] = fell / all;
        }
    }
    shares
}

fn skill(report: &mut Report, name: &str, cases: &[(f64, bool)], least_auc: f64, most_brier: f64) {
    let (area, error) = (auc(cases).unwrap(), brier(cases).unwrap());
    report.judge(
        &format!("{name}: AUC"),
        "",
        &format!(">= {least_auc}"),
        area,
        area >= least_auc,
    );
    report.judge(
        &format!("{name}: Brier"),
        "",
        &format!("<= {most_brier}"),
        error,
        error <= most_brier,
    );
}

/// Online Retail: P0, the scorecard, and what most would use instead.
pub fn retail(report: &mut Report, clients: &Clients) {
    Report::heading("No order in the horizon, on what the model has not seen");
    skill(report, "Online Retail 248/125 d, P0", &clients.silence(), 0.743, 0.201);
    let there = clients.there(clients.at, clients.until());
    let silent: Vec<bool> = there.iter().map(|(_, _, silent)| *silent).collect();
    let since: Vec<(f64, bool)> = there
        .iter()
        .map(|(_, buying, silent)| (buying.rhythm.age - buying.rhythm.last, *silent))
        .collect();
    report.line(
        "Online Retail, days since the last order: AUC",
        "",
        0.690,
        auc(&since).unwrap(),
        1e-3,
    );

    let scores = scored(report, clients, false);
    skill(report, "Online Retail, scorecard of priors", &scores, 0.743, 0.201);
    let scores = scored(report, clients, true);
    // Learned from April to August, judged from August to December: the one year of data has no other autumn.
    report.note("Online Retail, learned one horizon before: AUC", auc(&scores).unwrap());
    report.note(
        "Online Retail, learned one horizon before: Brier",
        brier(&scores).unwrap(),
    );

    let ours = cross_validated(clients);
    let told: Vec<(f64, bool)> = ours.iter().copied().zip(silent.iter().copied()).collect();
    skill(report, "Online Retail, scorecard, ten folds", &told, 0.749, 0.193);
    against_rfm(report, clients, &there, &ours, &silent);
}

fn against_rfm(
    report: &mut Report,
    clients: &Clients,
    there: &[(&Purchases, Buying, bool)],
    ours: &[f64],
    silent: &[bool],
) {
    let purchases: Vec<&Purchases> = there.iter().map(|(one, _, _)| *one).collect();
    let classes = rfm_scores(&purchases, clients.at);
    let rfm = calibrated(&classes, silent);
    let cases: Vec<Case<2>> = (0..silent.len())
        .map(|client| Case {
            client,
            scores: [ours[client], classes[client]],
            happened: silent[client],
        })
        .collect();
    let areas = areas(&cases).unwrap();
    let (theirs, ahead) = (areas.of[1], areas.ahead[1]);
    report.note("Online Retail, RFM by fifths: AUC", theirs.value);
    let what = format!(
        "Online Retail, ahead of RFM: AUC ({:+.4} to {:+.4})",
        ahead.low, ahead.high
    );
    report.judge(&what, "", "high >= 0", ahead.value, ahead.high >= 0.0);
    let of = |scores: &[f64]| brier(&scores.iter().copied().zip(silent.iter().copied()).collect::<Vec<_>>()).unwrap();
    let (we, they) = (of(ours), of(&rfm));
    report.judge(
        "Online Retail, Brier below calibrated RFM's",
        "",
        &format!("< {they:.5}"),
        we,
        we < they,
    );
}

/// CDNOW: consumers, who need no regularity.
pub fn cdnow(report: &mut Report, clients: &Clients) {
    let parts = clients.fit().model.parts;
    report.line("parts of a gap chosen, CDNOW", "", 1.0, f64::from(parts), 0.0);
    skill(report, "CDNOW 39/13 weeks, P0", &clients.silence(), 0.787, 0.1103);
}
