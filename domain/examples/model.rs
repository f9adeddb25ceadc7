//! The model against what was published, and against real orders it has not seen: `bench/model FOLDER`.
//!
//! Prints each figure with the paper's, the reference's and ours, and ends with a failure when one is outside its tolerance.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a command for people"
)]

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::process::ExitCode;

use chrono::{Days, NaiveDate};
use domain::rhythm::{Dropout, Fit, Model, Rhythm, Spender, Spending, discounted_worth, fit, fit_regular, pool};
use domain::risk::{Borders, Buying, BuyingModel, Facts, Rung, assess, cut_day};
use domain::skill::{auc, brier};

/// Relative error of a row of the fixtures.
const EXACT: f64 = 1e-9;
const RETAIL_DAYS: u64 = 248;
const RETAIL_HORIZON_DAYS: u64 = 125;
const FOLDS: usize = 10;

/// The rows of a file with a header, by column.
struct Rows {
    columns: HashMap<String, usize>,
    rows: Vec<Vec<String>>,
}

impl Rows {
    fn read(folder: &Path, file: &str) -> Self {
        let path = folder.join(file);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut lines = text.lines();
        let head = lines.next().expect("a header");
        let columns = head
            .split(',')
            .enumerate()
            .map(|(place, name)| (name.to_owned(), place));
        Self {
            columns: columns.collect(),
            rows: lines.map(|line| line.split(',').map(str::to_owned).collect()).collect(),
        }
    }

    fn text<'a>(&self, row: &'a [String], name: &str) -> &'a str {
        &row[self.columns[name]]
    }

    fn number(&self, row: &[String], name: &str) -> f64 {
        self.text(row, name)
            .parse()
            .unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn rhythm(&self, row: &[String]) -> Rhythm {
        Rhythm {
            repeats: self.text(row, "x").parse().unwrap(),
            last: self.number(row, "t_x"),
            age: self.number(row, "T"),
            ln_gaps: if self.columns.contains_key("litt") {
                self.number(row, "litt")
            } else {
                0.0
            },
        }
    }
}

/// What a model says of a client.
type Figure<'a> = &'a dyn Fn(&Model, &Rhythm) -> f64;

/// What was compared so far.
#[derive(Default)]
struct Report {
    failed: u32,
}

impl Report {
    fn heading(title: &str) {
        println!("\n{title}\n{}", "-".repeat(title.len()));
        println!("{:<58} {:>9} {:>14} {:>14}", "", "paper", "reference", "ours");
    }

    fn line(&mut self, what: &str, paper: &str, reference: f64, ours: f64, tolerance: f64) {
        let is_near = (ours - reference).abs() <= tolerance;
        self.judge(what, paper, &format!("{reference:.5}"), ours, is_near);
    }

    /// A figure that has no bar.
    fn note(&mut self, what: &str, ours: f64) {
        self.judge(what, "", "", ours, true);
    }

    fn judge(&mut self, what: &str, paper: &str, reference: &str, ours: f64, is_good: bool) {
        self.failed += u32::from(!is_good);
        let verdict = if is_good { "" } else { "  <- outside" };
        let ours = if ours.abs() < 1e-4 {
            format!("{ours:.1e}")
        } else {
            format!("{ours:.5}")
        };
        println!("{what:<58} {paper:>9} {reference:>14} {ours:>14}{verdict}");
    }
}

fn near(ours: f64, theirs: f64) -> bool {
    (ours - theirs).abs() <= EXACT * theirs.abs()
}

/// Every row of a file of fixtures: how many figures agree.
fn every_row(report: &mut Report, fixtures: &Path, file: &str, model: &Model, columns: &[(&str, Figure<'_>)]) {
    let rows = Rows::read(fixtures, file);
    let (mut figures, mut worst) = (0_u32, 0.0_f64);
    let mut wrong = 0_u32;
    for row in &rows.rows {
        let client = rows.rhythm(row);
        for (column, figure) in columns {
            let (ours, theirs) = (figure(model, &client), rows.number(row, column));
            figures += 1;
            worst = worst.max((ours - theirs).abs() / theirs.abs());
            wrong += u32::from(!near(ours, theirs));
        }
    }
    let what = format!("{file}: {figures} figures, {wrong} outside");
    report.judge(&what, "", "1e-9", worst, wrong == 0);
}

fn fixtures(report: &mut Report, folder: &Path) {
    Report::heading("Fixtures, every row: worst relative error");
    let bg = Model::new(
        1,
        Dropout::AfterRepeat,
        [0.242_594_8, 4.413_607_9, 0.792_924_8, 2.425_915_4],
    )
    .unwrap();
    let mbg = Model::new(
        1,
        Dropout::AfterEach,
        [0.524_837_7, 6.183_091_8, 0.891_355_6, 1.613_996_9],
    )
    .unwrap();
    let cnbd = Model::new(2, Dropout::AfterEach, [0.851, 4.253, 0.137, 2.157]).unwrap();
    every_row(
        report,
        folder,
        "bgnbd_cdnow.csv",
        &bg,
        &[
            ("p_alive", &Model::alive),
            ("expected_13w", &|model, client| model.expected(client, 13.0)),
            ("expected_26w", &|model, client| model.expected(client, 26.0)),
            ("expected_39w", &|model, client| model.expected(client, 39.0)),
            ("expected_52w", &|model, client| model.expected(client, 52.0)),
            ("p_no_order_13w", &|model, client| model.silent(client, 13.0)),
            ("p_no_order_39w", &|model, client| model.silent(client, 39.0)),
            ("ll", &Model::ln_likelihood),
        ],
    );
    every_row(
        report,
        folder,
        "mbgnbd_cdnow.csv",
        &mbg,
        &[
            ("p_alive", &Model::alive),
            ("expected_13w", &|model, client| model.expected(client, 13.0)),
            ("expected_39w", &|model, client| model.expected(client, 39.0)),
            ("expected_52w", &|model, client| model.expected(client, 52.0)),
            ("p_no_order_13w", &|model, client| model.silent(client, 13.0)),
            ("p_no_order_39w", &|model, client| model.silent(client, 39.0)),
            ("ll", &Model::ln_likelihood),
        ],
    );
    let horizon = 125.0 / 7.0;
    every_row(
        report,
        folder,
        "mbg_cnbd2_online_retail_248d.csv",
        &cnbd,
        &[
            ("p_alive", &Model::alive),
            ("p_no_order_125d", &|model, client| model.silent(client, horizon)),
            ("expected_orders_125d", &|model, client| model.expected(client, horizon)),
            ("ll", &Model::ln_likelihood),
        ],
    );
    edge_cases(report, folder);
    spending_rows(report, folder, &bg);
}

fn edge_cases(report: &mut Report, folder: &Path) {
    let text = std::fs::read_to_string(folder.join("edge_cases.json")).expect("edge_cases.json");
    let cases: serde_json::Value = serde_json::from_str(&text).unwrap();
    let (mut figures, mut wrong, mut worst) = (0_u32, 0_u32, 0.0_f64);
    for case in cases["bg_mbg"].as_array().unwrap() {
        let number = |name: &str| match &case[name] {
            serde_json::Value::String(text) => text.parse().unwrap(),
            other => other.as_f64().unwrap(),
        };
        let parameters = [0, 1, 2, 3].map(|place| case["params"][place].as_f64().unwrap());
        let client = Rhythm {
            repeats: u32::try_from(case["x"].as_u64().unwrap()).unwrap(),
            last: number("t_x"),
            age: number("T"),
            ln_gaps: 0.0,
        };
        for (kind, dropout) in [("bg", Dropout::AfterRepeat), ("mbg", Dropout::AfterEach)] {
            let model = Model::new(1, dropout, parameters).unwrap();
            for (ours, name) in [
                (model.alive(&client), "p_alive"),
                (model.expected(&client, number("t")), "expected"),
            ] {
                let theirs = number(&format!("{kind}_{name}"));
                figures += 1;
                worst = worst.max((ours - theirs).abs() / theirs.abs());
                wrong += u32::from(!near(ours, theirs));
            }
        }
    }
    let what = format!("edge_cases.json: {figures} figures, {wrong} outside");
    report.judge(&what, "", "1e-9", worst, wrong == 0);
}

fn spending_rows(report: &mut Report, folder: &Path, bg: &Model) {
    let rows = Rows::read(folder, "gammagamma_clv_cdnow.csv");
    let spending = Spending {
        p: 6.2496,
        q: 3.7442,
        v: 15.4435,
    };
    let yearly = 1.01_f64.powi(12) - 1.0;
    let (mut wrong, mut worst) = (0_u32, 0.0_f64);
    for row in &rows.rows {
        let client = rows.rhythm(row);
        let worth = spending
            .expected(client.repeats, rows.number(row, "mean_spend"))
            .unwrap();
        let value = discounted_worth(bg, &client, 12.0 * 4.345, worth, yearly);
        for (ours, column) in [(worth, "expected_spend"), (value, "clv_12m_1pct_month")] {
            let theirs = rows.number(row, column);
            worst = worst.max((ours - theirs).abs() / theirs.abs());
            wrong += u32::from(!near(ours, theirs));
        }
    }
    let what = format!(
        "gammagamma_clv_cdnow.csv: {} figures, {wrong} outside",
        2 * rows.rows.len()
    );
    report.judge(&what, "", "1e-9", worst, wrong == 0);
}

fn parameters(report: &mut Report, name: &str, found: &Fit, published: [&str; 5], reference: [f64; 5]) {
    let model = found.model;
    let ours = [model.r, model.alpha, model.a, model.b];
    for ((symbol, paper), (ours, reference)) in ["r", "alpha", "a", "b"]
        .iter()
        .zip(published)
        .zip(ours.iter().zip(reference))
    {
        report.line(
            &format!("{name} {symbol}"),
            paper,
            reference,
            *ours,
            2e-4 * reference.abs().max(1.0),
        );
    }
    report.line(
        &format!("{name} ln likelihood"),
        published[4],
        reference[4],
        found.ln_likelihood,
        5e-4,
    );
    report.judge(
        &format!("{name} is a maximum"),
        "",
        "1",
        f64::from(u8::from(found.is_converged)),
        found.is_converged,
    );
}

fn published(report: &mut Report, folder: &Path, retail: &Fit) {
    Report::heading("Fits");
    let rows = Rows::read(folder, "bgnbd_cdnow.csv");
    let cdnow = pool(rows.rows.iter().map(|row| rows.rhythm(row))).unwrap();
    let bg = fit(&cdnow, 1, Dropout::AfterRepeat, None).unwrap();
    parameters(
        report,
        "BG/NBD, CDNOW",
        &bg,
        [".243", "4.414", ".793", "2.426", "-9582.4"],
        [0.242_59, 4.4136, 0.792_92, 2.425_91, -9_582.429_2],
    );
    let mbg = fit(&cdnow, 1, Dropout::AfterEach, None).unwrap();
    parameters(
        report,
        "MBG/NBD, CDNOW",
        &mbg,
        [""; 5],
        [0.524_84, 6.183_09, 0.891_36, 1.614_00, -9_582.135_7],
    );
    let rows = Rows::read(folder, "gammagamma_clv_cdnow.csv");
    let spenders: Vec<Spender> = rows
        .rows
        .iter()
        .map(|row| Spender {
            orders: rows.text(row, "x").parse().unwrap(),
            mean: rows.number(row, "mean_spend"),
        })
        .collect();
    let found = Spending::fit(&spenders).unwrap();
    let Spending { p, q, v } = found.spending;
    for (symbol, paper, ours, reference) in [
        ("p", "6.25", p, 6.2496),
        ("q", "3.74", q, 3.7442),
        ("v", "15.44", v, 15.4435),
    ] {
        report.line(&format!("Gamma-Gamma, CDNOW {symbol}"), paper, reference, ours, 2e-3);
    }
    report.line(
        "Gamma-Gamma, CDNOW ln likelihood",
        "",
        -4_055.917_7,
        found.ln_likelihood,
        5e-4,
    );
    for (symbol, ours, reference) in [
        ("r", retail.model.r, 0.851),
        ("alpha", retail.model.alpha, 4.253),
        ("a", retail.model.a, 0.137),
    ] {
        report.line(
            &format!("MBG/CNBD-2, Online Retail {symbol}"),
            "",
            reference,
            ours,
            1e-3,
        );
    }
    // The likelihood is flat along b.
    report.line("MBG/CNBD-2, Online Retail b", "", 2.157, retail.model.b, 5e-3);
    report.line(
        "MBG/CNBD-2, Online Retail ln likelihood",
        "",
        -18_677.85,
        retail.ln_likelihood,
        5e-3,
    );
    report.line(
        "parts of a gap chosen, Online Retail",
        "",
        2.0,
        f64::from(retail.model.parts),
        0.0,
    );
}

/// Clients as of a cut, and whether each stayed silent until the end.
fn cut(orders: &BTreeMap<String, Vec<NaiveDate>>, at: NaiveDate, until: NaiveDate) -> Vec<(Rhythm, bool)> {
    orders
        .values()
        .filter_map(|days| {
            let rhythm = Rhythm::of(days, at)?;
            Some((rhythm, !days.iter().any(|day| (*day > at) && (*day <= until))))
        })
        .collect()
}

fn retail_days(folder: &Path) -> BTreeMap<String, BTreeMap<NaiveDate, f64>> {
    let rows = Rows::read(folder, "online_retail/orders.csv");
    let mut days: BTreeMap<String, BTreeMap<NaiveDate, f64>> = BTreeMap::new();
    for row in &rows.rows {
        let day = rows
            .text(row, "ts")
            .get(..10)
            .and_then(|day| day.parse().ok())
            .expect("a day");
        let client = days.entry(rows.text(row, "customer_id").to_owned()).or_default();
        *client.entry(day).or_default() += rows.number(row, "amount");
    }
    days
}

/// How each client bought as of a cut, and whether he stayed silent until the end.
fn buying(days: &BTreeMap<String, BTreeMap<NaiveDate, f64>>, at: NaiveDate, until: NaiveDate) -> Vec<(Buying, bool)> {
    let clients = days.values().filter_map(|days| {
        let known: Vec<(NaiveDate, f64)> = days.range(..=at).map(|(day, amount)| (*day, *amount)).collect();
        let on: Vec<NaiveDate> = known.iter().map(|(day, _)| *day).collect();
        let amount = |back: usize| known.iter().rev().nth(back).map_or(0.0, |(_, amount)| *amount);
        let buying = Buying {
            rhythm: Rhythm::of(&on, at)?,
            average: known.iter().map(|(_, amount)| amount).sum::<f64>() / known.len() as f64,
            last: amount(0),
            previous: amount(1),
        };
        let silent = days.range(at..=until).all(|(day, _)| *day == at);
        Some((buying, silent))
    });
    clients.collect()
}

/// The scorecard's view of each client as of a cut, learned from what was known then, and whether he stayed silent until the end.
fn scored(report: &mut Report, folder: &Path, at: NaiveDate, until: NaiveDate, learns: bool) -> Vec<(f64, bool)> {
    let days = retail_days(folder);
    let horizon = u16::try_from(RETAIL_HORIZON_DAYS).unwrap();
    let clients = buying(&days, at, until);
    let now: Vec<Buying> = clients.iter().map(|(buying, _)| *buying).collect();
    // Nothing later than the cut is known when the score is made.
    let past = if learns {
        buying(&days, cut_day(at, horizon), at)
    } else {
        Vec::new()
    };
    let model = BuyingModel::learn(horizon, &now, &past);
    if learns {
        let rung = Rung::ALL
            .iter()
            .position(|rung| *rung == model.coefficients().rung)
            .unwrap();
        let what = format!("Online Retail, rung of the ladder: {}", model.coefficients().rung);
        report.judge(&what, "", ">= 1", rung as f64, rung >= 1);
    }
    clients
        .iter()
        .map(|(buying, silent)| (score(&model, at, buying), *silent))
        .collect()
}

/// The scorecard with coefficients learned from nine tenths of the same clients, of the tenth that is left out: what the form of
/// the score is worth apart from the season that it was learned in.
fn cross_validated(folder: &Path, at: NaiveDate, until: NaiveDate) -> Vec<(f64, bool)> {
    let clients = buying(&retail_days(folder), at, until);
    let now: Vec<Buying> = clients.iter().map(|(buying, _)| *buying).collect();
    let model = BuyingModel::learn(u16::try_from(RETAIL_HORIZON_DAYS).unwrap(), &now, &[]);
    let mut scores = Vec::new();
    for fold in 0..FOLDS {
        let of = |is_in: bool| {
            let places = clients
                .iter()
                .enumerate()
                .filter(move |(place, _)| (place % FOLDS == fold) == is_in);
            places.map(|(_, client)| *client).collect::<Vec<_>>()
        };
        let learned = model.calibrated(&of(false));
        scores.extend(
            of(true)
                .iter()
                .map(|(buying, silent)| (score(&learned, at, buying), *silent)),
        );
    }
    scores
}

fn score(model: &BuyingModel, at: NaiveDate, buying: &Buying) -> f64 {
    let facts = Facts {
        as_of: at,
        baseline_log_odds: model.baseline_log_odds(),
        measured: Ok(model.measure(buying)),
        last_orders: &[],
        signals: &[],
        borders: Borders::default(),
    };
    assess(&facts).probability.unwrap()
}

fn retail_orders(folder: &Path) -> BTreeMap<String, Vec<NaiveDate>> {
    let rows = Rows::read(folder, "online_retail/orders.csv");
    let mut orders: BTreeMap<String, Vec<NaiveDate>> = BTreeMap::new();
    for row in &rows.rows {
        let day = rows
            .text(row, "ts")
            .get(..10)
            .and_then(|day| day.parse().ok())
            .expect("a day");
        orders
            .entry(rows.text(row, "customer_id").to_owned())
            .or_default()
            .push(day);
    }
    orders
}

fn cdnow_orders(folder: &Path) -> BTreeMap<String, Vec<NaiveDate>> {
    let text = std::fs::read_to_string(folder.join("cdnow/CDNOW_sample.txt")).expect("cdnow/CDNOW_sample.txt");
    let mut orders: BTreeMap<String, Vec<NaiveDate>> = BTreeMap::new();
    for line in text.lines() {
        let cells: Vec<&str> = line.split_whitespace().collect();
        let [_, id, day, ..] = cells.as_slice() else { continue };
        let day = NaiveDate::parse_from_str(day, "%Y%m%d").expect("a day");
        orders.entry((*id).to_owned()).or_default().push(day);
    }
    orders
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

fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("usage: bench/model FOLDER, with cdnow, fixtures and online_retail in it");
        return ExitCode::from(2);
    };
    let folder = Path::new(&folder);
    let mut report = Report::default();
    fixtures(&mut report, &folder.join("fixtures"));

    let orders = retail_orders(folder);
    let first = orders.values().flatten().min().copied().expect("orders");
    let at = first + Days::new(RETAIL_DAYS);
    let retail = cut(&orders, at, at + Days::new(RETAIL_HORIZON_DAYS));
    let clients = pool(retail.iter().map(|(client, _)| *client)).unwrap();
    let regular = fit_regular(&clients, None).unwrap();
    published(&mut report, &folder.join("fixtures"), &regular);

    Report::heading("No order in the horizon, on what the model has not seen");
    let horizon = f64::from(u32::try_from(RETAIL_HORIZON_DAYS).unwrap()) / 7.0;
    let silence: Vec<(f64, bool)> = retail
        .iter()
        .map(|(client, silent)| (regular.model.silent(client, horizon), *silent))
        .collect();
    skill(&mut report, "Online Retail 248/125 d, P0", &silence, 0.743, 0.201);
    let days: Vec<(f64, bool)> = retail
        .iter()
        .map(|(client, silent)| (client.age - client.last, *silent))
        .collect();
    report.line(
        "Online Retail, days since the last order: AUC",
        "",
        0.690,
        auc(&days).unwrap(),
        1e-3,
    );

    let until = at + Days::new(RETAIL_HORIZON_DAYS);
    let scores = scored(&mut report, folder, at, until, false);
    skill(&mut report, "Online Retail, scorecard of priors", &scores, 0.743, 0.201);
    let scores = scored(&mut report, folder, at, until, true);
    // Learned from April to August, judged from August to December: the one year of data has no other autumn.
    report.note("Online Retail, learned one horizon before: AUC", auc(&scores).unwrap());
    report.note(
        "Online Retail, learned one horizon before: Brier",
        brier(&scores).unwrap(),
    );
    let scores = cross_validated(folder, at, until);
    skill(
        &mut report,
        "Online Retail, scorecard, ten folds",
        &scores,
        0.749,
        0.193,
    );

    let orders = cdnow_orders(folder);
    let first = orders.values().flatten().min().copied().expect("orders");
    let at = first + Days::new(7 * 39 - 1);
    let cdnow = cut(&orders, at, at + Days::new(7 * 13));
    let clients = pool(cdnow.iter().map(|(client, _)| *client)).unwrap();
    let regular = fit_regular(&clients, None).unwrap();
    report.line(
        "parts of a gap chosen, CDNOW",
        "",
        1.0,
        f64::from(regular.model.parts),
        0.0,
    );
    let silence: Vec<(f64, bool)> = cdnow
        .iter()
        .map(|(client, silent)| (regular.model.silent(client, 13.0), *silent))
        .collect();
    skill(&mut report, "CDNOW 39/13 weeks, P0", &silence, 0.787, 0.1103);

    if report.failed > 0 {
        println!("\n{} figures are outside their tolerance", report.failed);
        return ExitCode::FAILURE;
    }
    println!("\nEverything is within its tolerance.");
    ExitCode::SUCCESS
}
