//! The server as a process of its own, to be killed and started again on the same database.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::app::{Db, PASSWORD, Urls, database};
use crate::client::Client;

/// A process starts, or ends, within so long.
const PATIENCE: Duration = Duration::from_secs(30);

/// A database and an address, whatever process serves them at the moment.
pub struct World {
    pub db: Db,
    pub base: String,
    pub urls: Urls,
    pub folder: tempfile::TempDir,
    /// Settings beside the usual ones, by the names of their variables; they go before those.
    pub settings: Vec<(&'static str, String)>,
    program: &'static str,
    listen: String,
}

/// A running server.
pub struct Process {
    child: Child,
    pub log: PathBuf,
    said: PathBuf,
}

impl World {
    /// A fresh database, served by `program` once that is started.
    pub async fn new(db: Db, program: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let urls = database(db, folder.path()).await;
        Self::of(db, folder, urls, program)
    }

    /// The same over a PostgreSQL database that is there, and is migrated here.
    pub async fn over(urls: Urls, program: &'static str) -> Self {
        let config = api::config::Config {
            database_url: urls.app.clone(),
            database_owner_url: Some(urls.owner.clone()),
            ..api::config::Config::default()
        };
        api::cli::migrate(&config).await.unwrap();
        Self::of(Db::Postgres, tempfile::tempdir().unwrap(), urls, program)
    }

    fn of(db: Db, folder: tempfile::TempDir, urls: Urls, program: &'static str) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        Self {
            db,
            base: format!("http://{free}"),
            urls,
            folder,
            settings: Vec::new(),
            program,
            listen: free.to_string(),
        }
    }

    /// Starts the server and waits until it is ready.
    pub async fn start(&self) -> Process {
        self.start_by(Command::new(self.program)).await
    }

    /// The same through a shell that prepares its limits: `prepare; exec server`.
    pub async fn start_under(&self, prepare: &str) -> Process {
        let mut shell = Command::new("sh");
        shell
            .arg("-c")
            .arg(format!("{prepare}; exec \"$0\" \"$@\""))
            .arg(self.program);
        self.start_by(shell).await
    }

    async fn start_by(&self, mut command: Command) -> Process {
        let log = self.folder.path().join("server.log");
        let file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&log)
            .unwrap();
        let said = self.folder.path().join("server.out");
        let out = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&said)
            .unwrap();
        let child = command
            .arg("serve")
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("DATABASE_URL", &self.urls.app)
            .env("HIKITSUGI_SECRET", "a secret for the tests, long enough")
            .env("HIKITSUGI_LISTEN", &self.listen)
            .env("HIKITSUGI_PUBLIC_URL", &self.base)
            .env("HIKITSUGI_WORKERS", "2")
            .env("HIKITSUGI_DATABASE_CONNECTIONS", "8")
            .env("HIKITSUGI_COST_BUCKET", "10000000")
            .env("HIKITSUGI_COST_RESTORED_PER_SECOND", "1000000")
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(file)
            .spawn()
            .unwrap();
        let mut process = Process { child, log, said };
        let ready = format!("{}/readyz", self.base);
        let begun = Instant::now();
        let http = reqwest::Client::new();
        while http
            .get(&ready)
            .send()
            .await
            .map(|answer| answer.status().as_u16())
            .ok()
            != Some(200)
        {
            assert!(process.child.try_wait().unwrap().is_none(), "{}", process.log());
            assert!(begun.elapsed() < PATIENCE, "{}", process.log());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        process
    }

    /// Founds a company and signs its ADMIN in.
    pub async fn found(&self, name: &str) -> Client {
        let email = format!("admin@{}.example", name.to_lowercase());
        let input = json!({ "name": name, "country": "GB", "timeZone": "Europe/London", "currency": "GBP",
            "admin": { "email": email, "password": PASSWORD, "familyName": name, "givenName": "Ada" } });
        let query = "mutation($input: TenantCreateInput!) { tenantCreate(input: $input) { tenant { id } userErrors { message } } }";
        let client = Client::new(&self.base, None);
        let made = client.ok(query, json!({ "input": input })).await;
        assert_eq!(made["tenantCreate"]["userErrors"], json!([]));
        self.sign_in(&email).await
    }

    /// Signs somebody in, wherever he has his only company.
    pub async fn sign_in(&self, email: &str) -> Client {
        let query = "mutation($input: SessionCreateInput!) { sessionCreate(input: $input) { tokens { accessToken } userErrors { message } } }";
        let input = json!({ "email": email, "password": PASSWORD });
        let data: Value = Client::new(&self.base, None).ok(query, json!({ "input": input })).await;
        let token = data["sessionCreate"]["tokens"]["accessToken"].as_str().unwrap();
        Client::new(&self.base, Some(token.to_owned()))
    }
}

impl Process {
    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a power cut would, for the process.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end.
    pub fn terminate(&self) {
        let sent = Command::new("kill")
            .args(["-TERM", &self.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    /// Waits for its end; how it ended, and after how long.
    pub async fn ended(&mut self) -> (ExitStatus, Duration) {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status, begun.elapsed());
            }
            assert!(begun.elapsed() < PATIENCE, "the process does not end");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// What it said on standard output: links for people.
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.said).unwrap_or_default()
    }

    /// What it said on standard error.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
