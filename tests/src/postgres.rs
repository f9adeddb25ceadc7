//! A throw-away PostgreSQL server for the tests: its own folder, its own port on 127.0.0.1, gone with the process.
#![allow(
    clippy::disallowed_methods,
    reason = "this stands outside the product: no tenant, no door"
)]

use std::ffi::OsStr;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio, id};
use std::sync::{LazyLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use sea_orm::{ConnectOptions, ConnectionTrait, Database};

const SUPERUSER: &str = "postgres";
const OWNER: &str = "hikitsugi_owner";
const APP: &str = "hikitsugi_app";
/// Folders are named by this and the id of the process that made them, so that a later run can remove what a killed
/// one left behind.
const FOLDER_PREFIX: &str = "hikitsugi-postgres-";
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// Another process can take the free port between finding and using it.
const START_ATTEMPTS: usize = 5;

/// A running server. It ends with this process, however that ends.
pub struct Postgres {
    /// The port on 127.0.0.1.
    pub port: u16,
}

/// The server of this process, started at the first call (a few seconds). Blocks; may be called within a runtime.
pub fn server() -> &'static Postgres {
    static SERVER: LazyLock<Postgres> = LazyLock::new(|| {
        let (started, port) = mpsc::channel();
        // The server is told to end when the THREAD that spawned it does, so that thread must never end by itself.
        thread::Builder::new()
            .name("postgres".into())
            .spawn(move || {
                let (port, _child) = start();
                started.send(port).unwrap();
                loop {
                    thread::park();
                }
            })
            .unwrap();
        let port = port
            .recv()
            .expect("PostgreSQL did not start; the reason is printed above");
        Postgres { port }
    });
    &SERVER
}

impl Postgres {
    /// For what only the cluster's superuser may do.
    pub fn superuser_url(&self, database: &str) -> String {
        self.url(SUPERUSER, database)
    }

    /// The role that owns every database made here and migrates it: neither superuser nor `BYPASSRLS`.
    pub fn owner_url(&self, database: &str) -> String {
        self.url(OWNER, database)
    }

    /// The role that the server works under.
    pub fn app_url(&self, database: &str) -> String {
        self.url(APP, database)
    }

    /// Makes a database that the owner's role owns: empty, or a copy of `template`, to which nobody may be connected.
    pub async fn create_database(&self, name: &str, template: Option<&str>) {
        let template = template.unwrap_or("template1");
        let sql = format!(r#"CREATE DATABASE "{name}" OWNER {OWNER} TEMPLATE "{template}""#);
        self.superuser_execute("postgres", &sql).await;
    }

    /// Drops a database, also one in use.
    pub async fn drop_database(&self, name: &str) {
        self.superuser_execute("postgres", &format!(r#"DROP DATABASE IF EXISTS "{name}" WITH (FORCE)"#))
            .await;
    }

    /// Runs one statement as superuser, outside any transaction.
    pub async fn superuser_execute(&self, database: &str, sql: &str) {
        let mut options = ConnectOptions::new(self.superuser_url(database));
        options.max_connections(1).sqlx_logging(false);
        let connection = Database::connect(options).await.unwrap();
        let result = connection.execute_unprepared(sql).await;
        connection.close().await.unwrap();
        result.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    // Trust authentication: any password will do, but a URL without one is not what users write.
    fn url(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}:any@127.0.0.1:{}/{database}", self.port)
    }
}

/// The account that the server runs under when we are root, which PostgreSQL refuses to run as.
struct RunAs {
    uid: u32,
    gid: u32,
}

fn start() -> (u16, Child) {
    let cluster = Cluster::init();
    let (port, child) = cluster.start(None);
    create_roles(port);
    (port, child)
}

/// The files of a server.
struct Cluster {
    binaries: PathBuf,
    run_as: Option<RunAs>,
    folder: PathBuf,
}

impl Cluster {
    fn init() -> Self {
        remove_stale_folders();
        let (binaries, run_as) = (binaries(), run_as());
        let folder = tempfile::Builder::new()
            .prefix(&format!("{FOLDER_PREFIX}{}-", id()))
            .tempdir()
            .unwrap()
            .keep();
        if let Some(run_as) = &run_as {
            std::os::unix::fs::chown(&folder, Some(run_as.uid), Some(run_as.gid)).unwrap();
        }
        init(&binaries, run_as.as_ref(), &folder, &folder.join("data"));
        Self {
            binaries,
            run_as,
            folder,
        }
    }

    /// On `port`, or on one that is free.
    fn start(&self, port: Option<u16>) -> (u16, Child) {
        let (data, log) = (self.folder.join("data"), self.folder.join("log"));
        for _ in 0..START_ATTEMPTS {
            let port = port.unwrap_or_else(free_port);
            let mut child = spawn(&self.binaries, self.run_as.as_ref(), &self.folder, port, &log);
            if is_ready(&data, &mut child) {
                return (port, child);
            }
            eprintln!(
                "PostgreSQL did not start:\n{}",
                fs::read_to_string(&log).unwrap_or_default()
            );
        }
        panic!("PostgreSQL did not start in {START_ATTEMPTS} attempts");
    }
}

/// A server of one test's own, to be stopped and started again. It ends with the thread that started it.
pub struct OwnPostgres {
    cluster: Cluster,
    child: Child,
    server: Postgres,
}

impl OwnPostgres {
    /// Makes and starts one.
    pub fn start() -> Self {
        let cluster = Cluster::init();
        let (port, child) = cluster.start(None);
        create_roles_apart(port);
        Self {
            cluster,
            child,
            server: Postgres { port },
        }
    }

    /// How it is reached.
    pub fn server(&self) -> &Postgres {
        &self.server
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.cluster.folder.join("log")).unwrap()
    }

    /// Ends all connections and stops.
    pub fn stop(&mut self) {
        // INT is PostgreSQL's fast shutdown.
        let asked = Command::new("kill")
            .args(["-INT", &self.child.id().to_string()])
            .status();
        assert!(asked.unwrap().success());
        self.child.wait().unwrap();
    }

    /// Starts it again where it was; returns when it is ready.
    pub fn start_again(&mut self) {
        self.child = self.cluster.start(Some(self.server.port)).1;
    }
}

impl Drop for OwnPostgres {
    fn drop(&mut self) {
        // It may have been stopped already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.cluster.folder);
    }
}

fn init(binaries: &Path, run_as: Option<&RunAs>, folder: &Path, data: &Path) {
    let output = command(&binaries.join("initdb"), run_as)
        .args(["--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"])
        .args(["--username", SUPERUSER, "--pgdata"])
        .arg(data)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "initdb failed in {} (can the account that it runs under enter the folder?):\n{}{}",
        data.display(),
        text(&output.stdout),
        text(&output.stderr),
    );
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn spawn(binaries: &Path, run_as: Option<&RunAs>, folder: &Path, port: u16, log: &Path) -> Child {
    let log = File::create(log).unwrap();
    let mut command = command(&binaries.join("postgres"), run_as);
    command
        .arg("-D")
        .arg(folder.join("data"))
        .arg("-p")
        .arg(port.to_string());
    for setting in [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        // Nothing here must outlive a crash.
        "fsync=off",
        "full_page_writes=off",
        "synchronous_commit=off",
        "max_connections=400",
        "shared_buffers=64MB",
    ] {
        command.arg("-c").arg(setting);
    }
    command
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

/// Waits until the server says so in its lock file, as `pg_ctl` does: a port that is open may still answer "starting up".
fn is_ready(data: &Path, child: &mut Child) -> bool {
    let deadline = Instant::now() + START_TIMEOUT;
    while child.try_wait().unwrap().is_none() {
        let lock = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
        if lock.lines().nth(7).is_some_and(|status| status.trim() == "ready") {
            return true;
        }
        if Instant::now() > deadline {
            child.kill().unwrap();
        }
        thread::sleep(Duration::from_millis(20));
    }
    false
}

/// In a thread of its own: a runtime cannot be started within another.
fn create_roles_apart(port: u16) {
    thread::spawn(move || create_roles(port)).join().unwrap();
}

fn create_roles(port: u16) {
    let postgres = Postgres { port };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let owner = format!("CREATE ROLE {OWNER} LOGIN CREATEDB CREATEROLE NOSUPERUSER NOBYPASSRLS");
        postgres.superuser_execute("postgres", &owner).await;
        // Made by the owner, because since PostgreSQL 16 only a role's maker may change it.
        let app = format!("SET ROLE {OWNER}; CREATE ROLE {APP} LOGIN NOSUPERUSER NOBYPASSRLS");
        postgres.superuser_execute("postgres", &app).await;
    });
}

/// `program`, under the other account where there is one, and told to end with the thread that spawns it.
fn command(program: &Path, run_as: Option<&RunAs>) -> Command {
    let setpriv = which("setpriv");
    let mut command = match (&setpriv, run_as) {
        // Without it (not Linux) the server still ends: within a minute of losing its folder to the next run.
        (None, None) => return Command::new(program),
        (None, Some(_)) => {
            panic!("the tests run as root, so PostgreSQL needs `setpriv` (util-linux) to run as another user")
        }
        (Some(setpriv), _) => Command::new(setpriv),
    };
    if let Some(RunAs { uid, gid }) = run_as {
        command.args([
            format!("--reuid={uid}"),
            format!("--regid={gid}"),
            "--clear-groups".into(),
        ]);
    }
    // INT is PostgreSQL's fast shutdown.
    command.args(["--pdeathsig", "INT", "--"]).arg(program);
    command
}

fn run_as() -> Option<RunAs> {
    let me = fs::metadata("/proc/self")
        .ok()
        .map(|metadata| std::os::unix::fs::MetadataExt::uid(&metadata));
    if me != Some(0) {
        return None;
    }
    let accounts = fs::read_to_string("/etc/passwd").unwrap();
    let account = |name: &str| {
        let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some(RunAs {
            uid: fields.next()?.parse().ok()?,
            gid: fields.next()?.parse().ok()?,
        })
    };
    let found = account("postgres").or_else(|| account("nobody"));
    Some(found.expect("the tests run as root and there is neither a user `postgres` nor `nobody` to run PostgreSQL as"))
}

/// The folder of PostgreSQL's programs; installs them where that is possible.
fn binaries() -> PathBuf {
    if let Some(found) = find_binaries() {
        return found;
    }
    let is_root = run_as().is_some();
    if is_root && which("apt-get").is_some() {
        println!("PostgreSQL is not here: installing it with apt-get");
        apt_get(&["update"]);
        apt_get(&["install", "-y", "--no-install-recommends", "postgresql"]);
    }
    find_binaries().expect(
        "the tests need PostgreSQL's programs (initdb, postgres), found through `pg_config --bindir`, \
         /usr/lib/postgresql/*/bin or PATH. On Debian and Ubuntu: sudo apt-get install postgresql",
    )
}

fn apt_get(arguments: &[&str]) {
    let status = Command::new("apt-get")
        .args(["-q", "-o", "DPkg::Lock::Timeout=300"])
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "apt-get {arguments:?} failed"
    );
}

fn find_binaries() -> Option<PathBuf> {
    // pg_config may come from a client library without a server beside it, hence the look inside.
    let complete = |folder: &PathBuf| folder.join("initdb").is_file() && folder.join("postgres").is_file();
    let configured = Command::new("pg_config")
        .arg("--bindir")
        .output()
        .ok()
        .and_then(|output| {
            let path = String::from_utf8(output.stdout).ok()?;
            Some(PathBuf::from(path.trim()))
        });
    if let Some(found) = configured.filter(complete) {
        return Some(found);
    }
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|entry| {
            Some((
                entry.file_name().to_str()?.parse::<u32>().ok()?,
                entry.path().join("bin"),
            ))
        })
        .filter(|(_, folder)| complete(folder))
        .max();
    newest
        .map(|(_, folder)| folder)
        .or_else(|| which("initdb")?.parent().map(Path::to_owned).filter(complete))
}

fn which(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

fn remove_stale_folders() {
    let Ok(entries) = fs::read_dir(std::env::temp_dir()) else {
        return;
    };
    for entry in entries.flatten() {
        let maker = maker(&entry.file_name());
        // Another user's folder stays: removing fails, which is none of our business.
        if maker.is_some_and(|pid| !is_alive(pid)) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn maker(folder: &OsStr) -> Option<u32> {
    folder
        .to_str()?
        .strip_prefix(FOLDER_PREFIX)?
        .split('-')
        .next()?
        .parse()
        .ok()
}

fn is_alive(pid: u32) -> bool {
    // Without /proc nobody can be told dead.
    !Path::new("/proc/self").exists() || Path::new(&format!("/proc/{pid}")).exists()
}

#[cfg(test)]
mod tests {
    use sea_orm::{DbErr, Statement};

    use super::*;

    async fn one_text(url: String, sql: &str) -> Result<String, DbErr> {
        let mut options = ConnectOptions::new(url);
        options.max_connections(1).sqlx_logging(false);
        let connection = Database::connect(options).await?;
        let row = connection
            .query_one_raw(Statement::from_string(connection.get_database_backend(), sql))
            .await?;
        let text = row.unwrap().try_get_by_index(0)?;
        connection.close().await?;
        Ok(text)
    }

    #[tokio::test]
    async fn databases_belong_to_the_owner_and_copy_a_template() {
        let postgres = server();
        assert_eq!(postgres.port, server().port);
        postgres.create_database("first", None).await;
        let sql = "SET ROLE hikitsugi_owner; CREATE TABLE a (b text); INSERT INTO a VALUES ('田中')";
        postgres.superuser_execute("first", sql).await;
        postgres.create_database("second", Some("first")).await;
        assert_eq!(
            one_text(postgres.owner_url("second"), "SELECT b FROM a").await.unwrap(),
            "田中"
        );
        assert!(one_text(postgres.app_url("second"), "SELECT b FROM a").await.is_err());
        postgres.drop_database("second").await;
        assert!(one_text(postgres.owner_url("second"), "SELECT b FROM a").await.is_err());
    }

    #[tokio::test]
    async fn the_roles_are_neither_superuser_nor_past_row_security() {
        let sql = "SELECT string_agg(rolname || ' ' || rolsuper || ' ' || rolbypassrls, ', ' ORDER BY rolname) FROM pg_roles \
                   WHERE rolname LIKE 'hikitsugi%'";
        let roles = one_text(server().app_url("postgres"), sql).await.unwrap();
        assert_eq!(roles, "hikitsugi_app false false, hikitsugi_owner false false");
    }

    #[test]
    fn the_folder_tells_its_maker() {
        assert_eq!(maker(OsStr::new("hikitsugi-postgres-17-aB3")), Some(17));
        assert_eq!(maker(OsStr::new("hikitsugi-postgres-x")), None);
        assert!(is_alive(id()));
    }
}
