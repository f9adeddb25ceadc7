//! The published fits and every row of the fixtures.

use std::path::Path;

use domain::rhythm::{Dropout, Fit, Model, Rhythm, Spender, Spending, discounted_worth, fit, pool};

use crate::{Report, Rows};

/// Relative error of a row of the fixtures.
const EXACT: f64 = 1e-9;

/// What a model says of a client.
type Figure<'a> = &'a dyn Fn(&Model, &Rhythm) -> f64;

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

/// Every figure of the fixtures.
pub fn fixtures(report: &mut Report, folder: &Path) {
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

/// The fits that papers and the reference implementation give.
pub fn fits(report: &mut Report, folder: &Path, retail: &Fit) {
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
