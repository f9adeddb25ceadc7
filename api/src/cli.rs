//! The command line: `hikitsugi demo | serve | migrate | import | assess | backtest | schema | keys | completions`.
#![expect(clippy::print_stdout, reason = "printing is what these commands are for")]

use std::io::Write as _;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use chrono::NaiveDate;
use clap::{CommandFactory, Parser, Subcommand};
use migration::{Migrator, MigratorTrait};

use crate::app::App;
use crate::config::Config;
use crate::platform::Ctx;
use crate::platform::auth::Courier;
use crate::platform::telemetry::Telemetry;
use crate::platform::tenancy::Database;
use crate::{backtest, demo, imports, risk, schema};

const EXAMPLES: &str = "\
Examples:
  hikitsugi demo                          sample companies on SQLite, at http://127.0.0.1:8080
  hikitsugi migrate && hikitsugi serve    the database that DATABASE_URL names
  hikitsugi import orders orders.csv --tenant 'Tanaka' --currency GBP --time-zone Europe/London --backfill
  hikitsugi backtest orders.csv --currency GBP    would it have worked on your own orders? No database needed
  hikitsugi schema > schema.graphql
  hikitsugi completions bash > /etc/bash_completion.d/hikitsugi

Settings come from the environment (HIKITSUGI_…, DATABASE_URL) and from hikitsugi.toml: see docs/operating.md.";

/// Keeps the clients a company already won: handovers, churn risk, isolation between companies.
#[derive(Parser)]
#[command(name = "hikitsugi", version, after_help = EXAMPLES)]
pub struct Cli {
    /// Configuration file; hikitsugi.toml in this folder when it is there.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Creates a SQLite file with three sample companies and serves it.
    Demo {
        /// Where the sample database is kept.
        #[arg(long, default_value = "hikitsugi-data/demo.db", value_name = "FILE")]
        database: PathBuf,
        /// Address and port to listen on.
        #[arg(long, value_name = "ADDRESS")]
        listen: Option<std::net::SocketAddr>,
    },
    /// Serves the database that is configured. It must be migrated.
    Serve {
        /// Take this day, instead of today, for risk: for data that end in the past.
        #[arg(long, value_name = "YYYY-MM-DD")]
        as_of: Option<NaiveDate>,
    },
    /// Brings the database to this version's tables; on PostgreSQL also makes the application's role.
    Migrate,
    /// Imports orders or accounts from a CSV file.
    Import(imports::cli::ImportArgs),
    /// Computes the risk of all accounts of a tenant again.
    Assess {
        /// The tenant's id (tnt_…) or name.
        #[arg(long)]
        tenant: String,
        /// Take this day for today.
        #[arg(long, value_name = "YYYY-MM-DD")]
        as_of: Option<NaiveDate>,
    },
    /// Tests the model on a file of your own orders: prints a table and writes a page. Nothing else is needed, nothing is kept.
    Backtest(backtest::cli::BacktestArgs),
    /// Prints the GraphQL schema.
    Schema,
    /// Looks after the keys that sign access tokens.
    Keys {
        #[command(subcommand)]
        action: KeyAction,
    },
    /// Prints completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Subcommand)]
enum KeyAction {
    /// Makes a new signing key; the previous one goes on verifying until its tokens have expired.
    Rotate,
}

type Failure = Box<dyn std::error::Error>;

/// The whole process: reads the command line, runs the command, and says on standard error what went wrong.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match actix_web::rt::System::new().block_on(run(cli)) {
        Ok(code) => code,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "the command's answer to its user")]
            {
                eprintln!("hikitsugi: {error}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Prints what may be piped on. Whoever reads only its beginning (`| head`) has what he wanted.
///
/// # Errors
///
/// What else keeps standard output from taking it.
pub fn say(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Runs a command.
pub async fn run(cli: Cli) -> Result<ExitCode, Failure> {
    let file = cli.config.as_deref();
    match cli.command {
        Command::Backtest(args) => return backtest::cli::run(&args),
        Command::Schema => say(&schema::sdl())?,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "hikitsugi", &mut script);
            say(&String::from_utf8_lossy(&script))?;
        }
        Command::Demo { database, listen } => {
            let mut config = Config::load(file)?;
            if let Some(listen) = listen {
                config.listen = listen;
            }
            let telemetry = Telemetry::start(&config)?;
            serve_demo(config, database).await?;
            telemetry.finish().await;
        }
        Command::Serve { as_of } => {
            let mut config = Config::load(file)?;
            config.as_of = as_of.or(config.as_of);
            config.check()?;
            let telemetry = Telemetry::start(&config)?;
            let app = open(config).await?;
            let listener = listen(&app.config)?;
            println!("Hikitsugi listens on http://{}", listener.local_addr()?);
            app.serve_until_asked(listener).await?;
            app.database.close().await;
            telemetry.finish().await;
        }
        Command::Migrate => migrate(&Config::load(file)?).await?,
        Command::Import(args) => {
            let mut config = Config::load(file)?;
            config.as_of = args.as_of.or(config.as_of);
            Telemetry::start(&config)?;
            let app = open(config).await?;
            return import(&app, args).await;
        }
        Command::Assess { tenant, as_of } => {
            let mut config = Config::load(file)?;
            config.as_of = as_of.or(config.as_of);
            Telemetry::start(&config)?;
            let app = open(config).await?;
            assess(&app, &tenant).await?;
        }
        Command::Keys {
            action: KeyAction::Rotate,
        } => {
            let app = open(Config::load(file)?).await?;
            let statements = Arc::default();
            let db = app.database.global(&statements);
            let kid = app.keys.rotate(&db, &app.secret, app.clock.now()).await?;
            println!("New tokens are signed with key {kid}. Running servers pick it up within the hour.");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Imports, and computes the risk of the accounts anew: the file may hold years.
async fn import(app: &Arc<App>, args: imports::cli::ImportArgs) -> Result<ExitCode, Failure> {
    let (tenant, dry_run) = (args.tenant.clone(), args.dry_run);
    let code = imports::cli::run(app, args).await?;
    if code == ExitCode::SUCCESS && !dry_run {
        assess(app, &tenant).await?;
    }
    Ok(code)
}

async fn assess(app: &Arc<App>, tenant: &str) -> Result<(), Failure> {
    let settings = imports::cli::tenant_named(app, tenant).await?;
    let ctx = Ctx::system(Arc::clone(app), settings);
    let changed = risk::service::assess_all(&ctx, ctx.as_of()).await?;
    println!(
        "Assessed as of {}: {changed} accounts changed.",
        ctx.as_of().date_naive()
    );
    Ok(())
}

/// Opens the configured database for use: checked settings, migrated, and on PostgreSQL not too powerful a role.
async fn open(config: Config) -> Result<Arc<App>, Failure> {
    config.check()?;
    let database =
        Database::connect_for(&config.database_url, config.database_connections, config.http_threads()).await?;
    database.check_role().await?;
    refuse_unmigrated(&database).await?;
    Ok(App::build(config, database, Courier::Stdout).await?)
}

async fn refuse_unmigrated(database: &Database) -> Result<(), Failure> {
    let missing = database.missing_migrations().await?;
    if missing == 0 {
        return Ok(());
    }
    Err(format!("the database lacks {missing} migrations: run `hikitsugi migrate` first").into())
}

/// Brings the database to the newest tables; on PostgreSQL also makes the application's role.
pub async fn migrate(config: &Config) -> Result<(), Failure> {
    config.check_databases()?;
    let database = Database::connect(config.owner_url(), 2).await?;
    Migrator::up(database.for_migration(), None).await?;
    if config.owner_url() != config.database_url && !config.database_url.starts_with("sqlite:") {
        let url = url::Url::parse(&config.database_url)?;
        migration::grant_application_role(database.for_migration(), url.username(), url.password()).await?;
    }
    database.close().await;
    println!("The database is up to date.");
    Ok(())
}

async fn serve_demo(mut config: Config, file: PathBuf) -> Result<(), Failure> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let is_new = !file.exists();
    config.database_url = format!("sqlite://{}?mode=rwc", file.display());
    config.database_owner_url = None;
    config.public_url = format!("http://{}", config.listen);
    if config.secret.is_empty() {
        config.secret = demo::secret_beside(&file)?;
    }
    config.check()?;
    // Before the samples are made, so that a busy port is heard of at once.
    let listener = listen(&config)?;
    migrate(&config).await?;
    let database =
        Database::connect_for(&config.database_url, config.database_connections, config.http_threads()).await?;
    if is_new {
        println!("Making three sample companies …");
        // The invitations of the samples are accepted at once: nobody needs their links.
        let courier = Courier::Memory(Arc::default());
        demo::fill(&App::build(config.clone(), database.clone(), courier).await?).await?;
    }
    let app = App::build(config, database, Courier::Stdout).await?;
    demo::print_welcome(listener.local_addr()?);
    app.serve_until_asked(listener).await?;
    app.database.close().await;
    Ok(())
}

fn listen(config: &Config) -> Result<TcpListener, Failure> {
    TcpListener::bind(config.listen).map_err(|error| {
        format!(
            "cannot listen on {}: {error}. Choose another address with HIKITSUGI_LISTEN",
            config.listen
        )
        .into()
    })
}
