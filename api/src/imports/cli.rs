//! `hikitsugi import`: the same engine, from the command line.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "printing is what a command is for"
)]

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use domain::import::{ImportKind, ImportStatus};
use domain::lang::Lang;
use entity::{import_run, tenant};
use indicatif::{ProgressBar, ProgressStyle};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::columns::ImportColumn;
use super::drive::{Job, status_of};
use super::problems::{Problems, Severity};
use super::service::{ImportFile, ImportRequest, open_run};
use super::{queries, uploads};
use crate::app::App;
use crate::error::Error;
use crate::platform::Ctx;
use crate::platform::auth::tenant_settings;
use crate::platform::ctx::TenantSettings;
use crate::platform::graphql::parse_any;

/// So many problems are printed.
const SHOWN: usize = 20;

/// What `hikitsugi import` takes.
#[derive(Args, Clone, Debug)]
pub struct ImportArgs {
    /// What the rows are.
    #[arg(value_enum)]
    pub kind: Kind,
    /// A CSV file in UTF-8, with a header.
    pub file: PathBuf,
    /// The tenant's id (tnt_…) or name.
    #[arg(long)]
    pub tenant: String,
    /// Currency of amounts without one of their own (ISO 4217); the tenant's when nothing is said.
    #[arg(long, value_name = "CODE")]
    pub currency: Option<String>,
    /// Zone of times without an offset of their own (Europe/London); the tenant's when nothing is said.
    #[arg(long, value_name = "ZONE")]
    pub time_zone: Option<String>,
    /// How dates are written when not year first, as in strftime: '%d.%m.%Y %H:%M'.
    #[arg(long, value_name = "FORMAT")]
    pub date_format: Option<String>,
    /// Tenant's currency per unit of the file's, when they differ.
    #[arg(long, value_name = "DECIMAL")]
    pub rate: Option<String>,
    /// Which column holds what: account=customer_id; once for each.
    #[arg(long = "map", value_name = "COLUMN=HEADER", value_parser = mapping)]
    pub mapping: Vec<(ImportColumn, String)>,
    /// E-mail address of the member who is to own new accounts; the first ADMIN when nothing is said.
    #[arg(long, value_name = "EMAIL")]
    pub owner: Option<String>,
    /// Check the file and show what would happen; write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// The file is history: orders count as known since they were placed, not since today.
    #[arg(long)]
    pub backfill: bool,
    /// Take this day, instead of today, for risk: for data that end in the past.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<NaiveDate>,
}

/// What the rows of a file are.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Orders, with the accounts that they name.
    Orders,
    /// Accounts.
    Accounts,
}

/// Reads COLUMN=HEADER.
pub fn mapping(text: &str) -> Result<(ImportColumn, String), String> {
    let (column, header) = text.split_once('=').ok_or("give it as COLUMN=HEADER")?;
    let known = ImportColumn::from_str(&column.trim().replace('_', "-"), true).map_err(|_| {
        let names: Vec<String> = ImportColumn::value_variants()
            .iter()
            .map(|column| column.name())
            .collect();
        format!("there is no column {column:?}; there are {}", names.join(", "))
    })?;
    Ok((known, header.trim().to_owned()))
}

type Failure = Box<dyn std::error::Error>;

/// Imports a file as the system; the exit code says whether it is in.
pub async fn run(app: &Arc<App>, args: ImportArgs) -> Result<ExitCode, Failure> {
    let bytes = std::fs::read(&args.file).map_err(|error| format!("cannot read {}: {error}", args.file.display()))?;
    let settings = tenant_named(app, &args.tenant).await?;
    let ctx = Ctx::system(Arc::clone(app), settings.clone());
    let run = begin(&ctx, &args, &bytes).await?;
    let job = Job {
        app: Arc::clone(app),
        tenant: settings,
        run,
        bytes: Some(bytes.into()),
    };
    let bar = progress_bar();
    let watch = |run: &import_run::Model| {
        bar.set_length(u64::try_from(run.total_rows).unwrap_or(0));
        bar.set_position(u64::try_from(run.done_rows).unwrap_or(0));
        bar.set_message(run.status.to_lowercase());
    };
    let driven = tokio::select! {
        driven = job.drive(&watch) => Some(driven),
        // The open chunk is rolled back when its future goes.
        _ = tokio::signal::ctrl_c() => None,
    };
    bar.finish_and_clear();
    match driven {
        Some(run) => report(&run.map_err(spoken)?),
        None => {
            eprintln!("Stopped. The rows so far are in; the same command goes on with the rest.");
            Ok(ExitCode::from(130))
        }
    }
}

/// The run that this command goes on with, or a new one.
async fn begin(ctx: &Ctx, args: &ImportArgs, bytes: &[u8]) -> Result<Uuid, Failure> {
    let tx = ctx.write().await.map_err(spoken)?;
    let owner = match &args.owner {
        None => None,
        Some(email) => {
            let wanted = email.to_lowercase();
            let found = queries::owners(&tx)
                .await?
                .into_iter()
                .find(|member| member.email.to_lowercase() == wanted);
            Some(
                found
                    .ok_or_else(|| {
                        format!("--owner: no member of this company who may own accounts has the address {email}")
                    })?
                    .id,
            )
        }
    };
    let request = ImportRequest {
        kind: match args.kind {
            Kind::Orders => ImportKind::Orders,
            Kind::Accounts => ImportKind::Accounts,
        },
        mapping: args.mapping.clone(),
        currency: args.currency.clone(),
        time_zone: args.time_zone.clone(),
        date_format: args.date_format.clone(),
        rate: args.rate.clone(),
        owner,
        dry_run: args.dry_run,
        backfill: args.backfill,
    };
    let name = args
        .file
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let sha256 = uploads::sha256(bytes);
    let file = ImportFile {
        name: &name,
        bytes,
        sha256: &sha256,
        upload: None,
    };
    let (run, is_new) = open_run(ctx, &tx, file, &request).await.map_err(spoken)?;
    tx.commit().await?;
    if !is_new {
        eprintln!("Going on with the import of this file that was begun before.");
    }
    Ok(run)
}

/// The company of this id or name.
pub async fn tenant_named(app: &Arc<App>, name: &str) -> Result<TenantSettings, Failure> {
    let id = match parse_any(name) {
        Some((prefix, id)) if prefix == "tnt" => Some(id),
        _ => None,
    };
    let filter = match id {
        Some(id) => tenant::Column::Id.eq(id),
        None => tenant::Column::Name.eq(name),
    };
    let statements = Arc::default();
    let select = tenant::Entity::find().filter(filter).limit(2);
    let found = app.database.global(&statements).all(select).await?;
    match found.as_slice() {
        [one] => Ok(tenant_settings(app, one.id).await?.ok_or("the company vanished")?),
        [] => Err(format!("there is no company {name:?}").into()),
        _ => Err(format!("several companies are called {name:?}: give the id (tnt_…)").into()),
    }
}

fn progress_bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{msg:>11} {wide_bar} {pos}/{len} rows, {per_sec}") {
        bar.set_style(style);
    }
    bar
}

fn report(run: &import_run::Model) -> Result<ExitCode, Failure> {
    let problems: Problems = serde_json::from_value(run.problems.clone())?;
    print_problems(&problems);
    let (created, updated, unchanged) = (run.created_rows, run.updated_rows, run.unchanged_rows);
    Ok(match status_of(run).map_err(spoken)? {
        ImportStatus::Done if run.dry_run => {
            println!(
                "Nothing was written (dry run). Of {} rows: {created} would be created, {updated} updated, {unchanged} unchanged.",
                run.total_rows
            );
            ExitCode::SUCCESS
        }
        ImportStatus::Done => {
            println!(
                "Imported {} rows: {created} created, {updated} updated, {unchanged} unchanged.",
                run.total_rows
            );
            ExitCode::SUCCESS
        }
        ImportStatus::Rejected => {
            eprintln!(
                "Refused: {} problems in {} rows. Nothing was written.",
                problems.errors, run.total_rows
            );
            ExitCode::FAILURE
        }
        _ => {
            eprintln!(
                "Another process has taken over this import ({} of {} rows).",
                run.done_rows, run.total_rows
            );
            ExitCode::FAILURE
        }
    })
}

/// Prints the first of them on standard error.
pub fn print_problems(problems: &Problems) {
    for problem in problems.first.iter().take(SHOWN) {
        let column = problem
            .column
            .as_ref()
            .map_or_else(String::new, |column| format!(", column {column}"));
        let kind = match problem.severity {
            Severity::Error => "",
            Severity::Warning => "warning: ",
        };
        eprintln!("line {}{column}: {kind}{}", problem.line, problem.en);
    }
    let all = problems.errors + problems.warnings;
    let more = all.saturating_sub(u64::try_from(problems.first.len().min(SHOWN)).unwrap_or(0));
    if more > 0 {
        eprintln!("… and {more} more");
    }
}

/// What a person at a terminal is told.
pub fn spoken(error: Error) -> Failure {
    match error {
        Error::User(errors) => {
            let lines: Vec<&str> = errors.iter().map(|error| error.message.get(Lang::En)).collect();
            lines.join("\n").into()
        }
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn columns_are_mapped_by_name() {
        assert_eq!(
            mapping("ordered_at=When").unwrap(),
            (ImportColumn::OrderedAt, "When".into())
        );
        assert_eq!(
            mapping("account = customer id").unwrap(),
            (ImportColumn::Account, "customer id".into())
        );
        assert!(mapping("x=y").unwrap_err().contains("ordered-at"));
        assert!(mapping("account").is_err());
    }
}
