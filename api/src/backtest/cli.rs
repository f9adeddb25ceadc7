//! The command: reads the file, asks the model, prints the table, writes the page.
#![allow(clippy::print_stderr, reason = "printing is what a command is for")]

use std::path::PathBuf;
use std::process::ExitCode;

use chrono::NaiveDate;
use chrono_tz::Tz;
use clap::{Args, ValueEnum};
use domain::import::ImportKind;
use domain::lang::Lang;

use super::report::Report;
use super::{page, report};
use crate::app::Clock;
use crate::cli::say;
use crate::imports::cli::{mapping, print_problems, spoken};
use crate::imports::{ImportColumn, ImportRequest, file_orders};

/// What `hikitsugi backtest` takes.
#[derive(Args, Clone, Debug)]
pub struct BacktestArgs {
    /// A CSV file in UTF-8 with a header, a row for each order: who ordered (account), the order's number (order), when
    /// (ordered-at), how much (amount).
    pub file: PathBuf,
    /// The page to write.
    #[arg(long, value_name = "FILE", default_value = "backtest.html")]
    pub html: PathBuf,
    /// Language of the page.
    #[arg(long, value_enum, default_value = "en")]
    pub lang: PageLang,
    /// Days without an order after which a client counts as silent; 365, or 90 with less than 24 months of orders.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(7..=1095))]
    pub horizon_days: Option<u16>,
    /// Take this day for today; the day of the last order when nothing is said.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<NaiveDate>,
    /// Currency of the amounts (ISO 4217), where no column says it.
    #[arg(long, value_name = "CODE")]
    pub currency: Option<String>,
    /// That currency per unit of another, for rows in another currency without a rate of their own.
    #[arg(long, value_name = "DECIMAL")]
    pub rate: Option<String>,
    /// Zone of times without an offset of their own (Europe/London).
    #[arg(long, value_name = "ZONE")]
    pub time_zone: Option<String>,
    /// How dates are written when not year first, as in strftime: '%d.%m.%Y %H:%M'.
    #[arg(long, value_name = "FORMAT")]
    pub date_format: Option<String>,
    /// Which column holds what: account=customer_id; once for each.
    #[arg(long = "map", value_name = "COLUMN=HEADER", value_parser = mapping)]
    pub mapping: Vec<(ImportColumn, String)>,
}

/// The languages of the page.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageLang {
    /// English.
    En,
    /// Japanese.
    Ja,
}

type Failure = Box<dyn std::error::Error>;

/// Tests the model on a file of orders.
///
/// # Errors
///
/// A file that cannot be read or written, and options that cannot be; rows that cannot be read are printed.
pub fn run(args: &BacktestArgs) -> Result<ExitCode, Failure> {
    let bytes = std::fs::read(&args.file).map_err(|error| format!("cannot read {}: {error}", args.file.display()))?;
    let request = ImportRequest {
        kind: ImportKind::Orders,
        mapping: args.mapping.clone(),
        currency: args.currency.clone(),
        time_zone: args.time_zone.clone(),
        date_format: args.date_format.clone(),
        rate: args.rate.clone(),
        owner: None,
        dry_run: true,
        backfill: true,
    };
    let read = file_orders(&bytes, &request, Clock::new(None).now()).map_err(spoken)?;
    if read.problems.errors > 0 {
        print_problems(&read.problems);
        eprintln!("Refused: {} problems.", read.problems.errors);
        return Ok(ExitCode::FAILURE);
    }
    let zone: Tz = args
        .time_zone
        .as_deref()
        .map_or(Ok(Tz::UTC), str::parse)
        .map_err(|_| "unknown time zone")?;
    let asked = report::Asked {
        file: args
            .file
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        zone,
        horizon_days: args.horizon_days,
        as_of: args.as_of,
    };
    let Some(report) = Report::of(asked, read) else {
        return Err("there is no order in this file by that day".into());
    };
    let lang = match args.lang {
        PageLang::En => Lang::En,
        PageLang::Ja => Lang::Ja,
    };
    let page = args.html.display();
    std::fs::write(&args.html, page::html(&report, lang)).map_err(|error| format!("cannot write {page}: {error}"))?;
    say(&format!(
        "{report}\nThe page with the curves and the riskiest clients: {page}\n"
    ))?;
    Ok(ExitCode::SUCCESS)
}
