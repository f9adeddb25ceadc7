//! Configuration: one typed struct, defaults, a file, the environment; checked at start.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use serde::{Deserialize, Serialize};

/// Every setting. In the environment each is `HIKITSUGI_` and its name in capitals; in the file it is its name.
/// `DATABASE_URL` and `DATABASE_OWNER_URL` are read too, as every host provides them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `sqlite://FILE` or `postgres://…`. On PostgreSQL the application's role, not the owner's. [`DATABASE_URL`]
    pub database_url: String,
    /// The owner's URL, used by `migrate` only. Empty: the same as `database_url`. [`DATABASE_OWNER_URL`]
    pub database_owner_url: Option<String>,
    /// At most so many database connections in this process.
    pub database_connections: u32,
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// Where clients reach the service; also the issuer of its tokens and the start of the links it prints.
    pub public_url: String,
    /// At least 32 characters, the same on every replica: seals the signing keys and authenticates cursors.
    pub secret: String,
    /// HTTP worker threads; 0 means one for each core.
    pub workers: usize,
    /// Largest body of a GraphQL request, in bytes.
    pub max_body_bytes: usize,
    /// Largest uploaded file, in bytes.
    pub max_upload_bytes: usize,
    /// Most that one operation may cost by estimate, in points.
    pub cost_limit: u64,
    /// Points in the full bucket of each client.
    pub cost_bucket: u64,
    /// Points that come back into it each second.
    pub cost_restored_per_second: u64,
    /// Most connections that are open at once.
    pub max_connections: usize,
    /// Most sockets and event streams that are open at once.
    pub max_streams: usize,
    /// Pages of these origins may call the API from a browser, such as `https://app.example.com`.
    pub cors_origins: Vec<String>,
    /// `json` or `text`.
    pub log_format: LogFormat,
    /// A `tracing` filter such as `info` or `api=debug`.
    pub log: String,
    /// An operation that took so many milliseconds is logged with the hash of its document; 0 logs none.
    pub slow_operation_millis: u64,
    /// Whoever asks for `/metrics` must bring it as a bearer token. Empty: only this machine may ask.
    pub metrics_token: Option<String>,
    /// Where spans are sent, such as `http://127.0.0.1:4318`: a collector that speaks OTLP over HTTP. Empty: nowhere.
    pub otlp_endpoint: Option<String>,
    /// Take this day, instead of today, for risk: for data that end in the past.
    pub as_of: Option<NaiveDate>,
    /// Whether anybody may create a tenant over the API, or nobody may.
    pub open_registration: bool,
    /// Proxies whose `X-Forwarded-For` is believed: how many stand in front of the server.
    pub trusted_proxies: usize,
}

/// How lines of the log look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            database_url: "sqlite://hikitsugi.db".into(),
            database_owner_url: None,
            database_connections: 16,
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: "http://127.0.0.1:8080".into(),
            secret: String::new(),
            workers: 0,
            max_body_bytes: 256 * 1024,
            max_upload_bytes: 32 * 1024 * 1024,
            cost_limit: 5_000,
            cost_bucket: 20_000,
            cost_restored_per_second: 1_000,
            max_connections: 25_000,
            max_streams: 10_000,
            cors_origins: Vec::new(),
            log_format: LogFormat::Text,
            log: "info,sea_orm_migration=warn,actix_server=warn".into(),
            slow_operation_millis: 1_000,
            metrics_token: None,
            otlp_endpoint: None,
            as_of: None,
            open_registration: true,
            trusted_proxies: 0,
        }
    }
}

/// What is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It could not be read.
    #[error("the configuration cannot be read: {0}")]
    Unreadable(#[from] Box<figment::Error>),
    /// The file that was named is not there.
    #[error("there is no configuration file {0}")]
    NoFile(PathBuf),
    /// A value is not acceptable.
    #[error("setting {setting}: {problem}")]
    Invalid {
        /// Name of the setting.
        setting: &'static str,
        /// What is wrong, and what would be right.
        problem: String,
    },
}

impl Config {
    /// Defaults, then the file (`file`, else `hikitsugi.toml` when it is there), then the environment.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        match file {
            Some(file) if !file.exists() => return Err(ConfigError::NoFile(file.to_owned())),
            Some(file) => figment = figment.merge(Toml::file_exact(file)),
            None => figment = figment.merge(Toml::file("hikitsugi.toml")),
        }
        figment
            .merge(Env::raw().only(&["DATABASE_URL", "DATABASE_OWNER_URL"]))
            .merge(Env::prefixed("HIKITSUGI_"))
            .extract()
            .map_err(|error| ConfigError::Unreadable(Box::new(error)))
    }

    /// Threads that serve requests.
    pub fn http_threads(&self) -> usize {
        match self.workers {
            0 => std::thread::available_parallelism().map_or(2, usize::from),
            workers => workers,
        }
    }

    /// Checks what `serve` needs.
    pub fn check(&self) -> Result<(), ConfigError> {
        let invalid = |setting, problem: &str| {
            Err(ConfigError::Invalid {
                setting,
                problem: problem.to_owned(),
            })
        };
        self.check_databases()?;
        if self.secret.len() < 32 {
            return invalid(
                "secret",
                "must have at least 32 characters; make one with `openssl rand -base64 32` and give it as HIKITSUGI_SECRET",
            );
        }
        if tracing_subscriber::EnvFilter::try_new(&self.log).is_err() {
            return invalid("log", "must be a filter such as info or info,api=debug");
        }
        if self.database_connections < 2 {
            return invalid("database_connections", "must be at least 2");
        }
        if self.cost_restored_per_second == 0 {
            return invalid("cost_restored_per_second", "must be at least 1");
        }
        if self.cost_limit == 0 || self.cost_limit > self.cost_bucket {
            return invalid("cost_limit", "must be at least 1 and at most cost_bucket");
        }
        if !self.cors_origins.iter().all(|origin| is_origin(origin)) {
            return invalid(
                "cors_origins",
                "must be origins such as https://app.example.com, without a path",
            );
        }
        if self.max_connections == 0 {
            return invalid("max_connections", "must be at least 1");
        }
        if self
            .metrics_token()
            .is_some_and(|token| token.len() < METRICS_TOKEN_BYTES)
        {
            return invalid("metrics_token", "must have at least 16 characters");
        }
        if !self.otlp_endpoint().is_none_or(is_collector) {
            return invalid(
                "otlp_endpoint",
                "must be an http:// address without credentials; those go into OTEL_EXPORTER_OTLP_HEADERS",
            );
        }
        match url::Url::parse(&self.public_url) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(()),
            _ => invalid("public_url", "must be an http:// or https:// address"),
        }
    }

    /// Checks the URLs of databases, all that `migrate` needs: whoever cannot read one would show it, password and all.
    pub fn check_databases(&self) -> Result<(), ConfigError> {
        for (setting, url) in [
            ("database_url", self.database_url.as_str()),
            ("database_owner_url", self.owner_url()),
        ] {
            if !is_database_url(url) {
                return Err(ConfigError::Invalid {
                    setting,
                    problem: "must be sqlite://FILE or postgres://ROLE:PASSWORD@HOST:PORT/DATABASE".to_owned(),
                });
            }
        }
        Ok(())
    }

    /// The token of `/metrics`, when there is one.
    pub fn metrics_token(&self) -> Option<&str> {
        self.metrics_token.as_deref().filter(|token| !token.is_empty())
    }

    /// The collector of traces, when there is one.
    pub fn otlp_endpoint(&self) -> Option<&str> {
        self.otlp_endpoint.as_deref().filter(|endpoint| !endpoint.is_empty())
    }

    /// The URL that `migrate` uses.
    pub fn owner_url(&self) -> &str {
        let owner = self.database_owner_url.as_deref().filter(|url| !url.is_empty());
        owner.unwrap_or(&self.database_url)
    }
}

/// Shorter ones can be guessed.
const METRICS_TOKEN_BYTES: usize = 16;

/// Without TLS: a collector stands beside the server, and takes it from there.
fn is_collector(url: &str) -> bool {
    url::Url::parse(url)
        .is_ok_and(|url| url.scheme() == "http" && url.username().is_empty() && url.password().is_none())
}

fn is_database_url(url: &str) -> bool {
    let is_postgres = ["postgres://", "postgresql://"]
        .iter()
        .any(|scheme| url.starts_with(scheme));
    url.starts_with("sqlite:") || (is_postgres && url::Url::parse(url).is_ok())
}

/// Scheme, host and port, as browsers send it.
fn is_origin(text: &str) -> bool {
    url::Url::parse(text)
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text)
}
