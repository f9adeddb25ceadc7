//! `hikitsugi backtest`: a file of orders in, a table and a page out.

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Output};

use chrono::{Days, NaiveDate};

const COMMAND: &str = env!("CARGO_BIN_EXE_server");
const FIRST: &str = "2024-01-01";

/// Clients who order every so many days over two years; of three one stops at some time.
fn orders(clients: u64, days: u64) -> String {
    let first: NaiveDate = FIRST.parse().unwrap();
    let mut csv = String::from("customer_id,invoice_no,ts,amount\n");
    for client in 0..clients {
        let gap = usize::try_from(7 + client % 25).unwrap();
        let stops = if client % 3 == 0 { 60 + client * 7 % 600 } else { days };
        for after in (client % 20..stops.min(days)).step_by(gap) {
            let day = first + Days::new(after);
            writeln!(csv, "<b>C{client:03}</b>,{client}-{after},{day},{}", 100 + client).unwrap();
        }
    }
    csv
}

fn backtest(folder: &Path, csv: &str, more: &[&str]) -> (Output, Option<String>) {
    std::fs::write(folder.join("orders.csv"), csv).unwrap();
    let output = Command::new(COMMAND)
        .current_dir(folder)
        .args(["backtest", "orders.csv", "--html", "page.html"])
        .args(more)
        .output()
        .unwrap();
    (output, std::fs::read_to_string(folder.join("page.html")).ok())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_file_of_orders_gives_a_table_and_one_page_that_needs_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let (output, page) = backtest(
        folder.path(),
        &orders(700, 720),
        &["--currency", "GBP", "--horizon-days", "90"],
    );
    let (said, page) = (text(&output.stdout), page.unwrap());
    assert!(output.status.success(), "{output:?}");
    assert!(
        said.contains("asked at 6 days of the past who would not order in the next 90 days"),
        "{said}"
    );
    assert!(
        said.contains("Hikitsugi tells who falls silent better than RFM does"),
        "{said}"
    );
    assert_eq!(
        said.lines().filter(|line| line.trim_start().starts_with("202")).count(),
        6,
        "a line for each day: {said}"
    );
    let tenths = said.lines().skip_while(|line| !line.contains("tenth")).skip(1);
    assert_eq!(tenths.take_while(|line| !line.is_empty()).count(), 10, "{said}");

    assert_eq!(page.matches("<svg").count(), 2);
    assert!(page.contains("Whom to call first") && page.contains("What this page cannot know"));
    // A point for each tenth beside the one that is marked on the curve.
    assert_eq!(page.matches("<circle").count(), 11, "{page}");
    for outside in ["http:", "https:", "src=", "<script", "<link", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(
        page.contains("&lt;b&gt;C") && !page.contains("<b>C"),
        "names are escaped"
    );
}

#[test]
fn whoever_reads_only_its_beginning_gets_no_complaint() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("orders.csv"), orders(60, 300)).unwrap();
    for what in ["backtest orders.csv", "schema", "completions bash"] {
        let shell = format!("set -o pipefail; \"$0\" {what} | true");
        let output = Command::new("bash")
            .current_dir(folder.path())
            .args(["-c", &shell, COMMAND])
            .output()
            .unwrap();
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{what}: {output:?}"
        );
    }
}

#[test]
fn it_speaks_japanese_and_says_when_there_is_too_little_to_judge() {
    let folder = tempfile::tempdir().unwrap();
    let (output, page) = backtest(folder.path(), &orders(60, 120), &["--lang", "ja"]);
    let (said, page) = (text(&output.stdout), page.unwrap());
    assert!(output.status.success(), "{output:?}");
    assert!(said.contains("asked at no day of the past"), "{said}");
    assert!(
        page.contains("lang=\"ja\"") && page.contains("期間が短いため検証できません"),
        "{page}"
    );
    assert!(!page.contains("<svg"), "no curve of nothing");
    // Whom to call is told all the same.
    assert!(page.contains("最初に連絡すべき取引先"));

    let (output, page) = backtest(folder.path(), &orders(60, 720), &["--horizon-days", "90"]);
    assert!(
        text(&output.stdout).contains("No curve: it takes 200 who fell silent"),
        "{output:?}"
    );
    assert_eq!(page.unwrap().matches("<svg").count(), 1);
}

#[test]
fn what_it_cannot_read_it_says_by_line_and_writes_no_page() {
    let wrong = "customer_id,invoice_no,ts,amount\nA,1,2024-13-01,5\nB,2,2024-01-02,five\n";
    let refunds = "customer_id,invoice_no,ts,amount\nA,1,2024-01-02,-5\n";
    for (csv, more, code, why) in [
        (wrong, &[][..], 1, vec!["line 2", "line 3", "Refused: 2 problems"]),
        ("who,what\nA,1\n", &[], 1, vec!["account"]),
        ("", &[], 1, vec![]),
        (refunds, &[], 1, vec!["no order in this file"]),
        (
            &orders(5, 90),
            &["--as-of", "2020-01-01"],
            1,
            vec!["no order in this file"],
        ),
        (&orders(5, 90), &["--currency", "QQQ"], 1, vec!["currency"]),
        (&orders(5, 90), &["--horizon-days", "3"], 2, vec!["7..=1095"]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (output, page) = backtest(folder.path(), csv, more);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{csv:.60} {more:?}: {said}");
        for why in why {
            assert!(said.contains(why), "{why}: {said}");
        }
        assert!(!said.is_empty() && !said.contains("panicked"), "{said}");
        assert_eq!(page, None, "{csv:.60}");
    }
    let folder = tempfile::tempdir().unwrap();
    let missing = Command::new(COMMAND)
        .current_dir(folder.path())
        .args(["backtest", "nowhere.csv"])
        .output()
        .unwrap();
    assert!(
        !missing.status.success() && text(&missing.stderr).contains("cannot read nowhere.csv"),
        "{missing:?}"
    );
}
