//! The server under test, started as `main` starts it, always with two tenants.

use std::net::TcpListener;
use std::sync::Arc;

use api::app::App;
use api::config::Config;
use api::platform::auth::{Courier, Message};
use api::platform::operation::Engine;
use api::platform::tenancy::Database;
use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{Request, Response, ServerError};
use futures::future::BoxFuture;
use parking_lot::Mutex;
use serde_json::json;

use crate::client::Client;
use crate::company::{Company, Person};
use crate::postgres;

/// The password of everybody in the tests.
pub const PASSWORD: &str = "correct horse battery staple";

/// Which database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Db {
    Sqlite,
    Postgres,
}

/// A running server over a database of its own, with two companies.
pub struct TestApp {
    pub app: Arc<App>,
    pub db: Db,
    pub base: String,
    pub a: Company,
    pub b: Company,
    messages: Arc<Mutex<Vec<Message>>>,
    server: actix_web::dev::ServerHandle,
    pub urls: Urls,
    _folder: tempfile::TempDir,
}

/// The engine, with an operation that panics after it has read: what no resolver of the product does.
struct Panicking(Box<dyn Engine>);

/// The name of the operation that panics.
pub const PANICS: &str = "Panics";

impl Engine for Panicking {
    fn execute(&self, request: Request) -> BoxFuture<'_, Response> {
        let panics = request.operation_name.as_deref() == Some(PANICS);
        let executing = self.0.execute(request);
        Box::pin(async move {
            let response = executing.await;
            assert!(!panics, "this operation panics");
            response
        })
    }

    fn deliver(&self, request: Request) -> BoxFuture<'_, Response> {
        self.0.deliver(request)
    }

    fn validate(&self, document: ExecutableDocument) -> BoxFuture<'_, Vec<ServerError>> {
        self.0.validate(document)
    }

    fn sdl(&self) -> String {
        self.0.sdl()
    }
}

/// Stands in while the engine is wrapped.
struct Nothing;

impl Engine for Nothing {
    fn execute(&self, _: Request) -> BoxFuture<'_, Response> {
        Box::pin(async { Response::default() })
    }

    fn deliver(&self, _: Request) -> BoxFuture<'_, Response> {
        Box::pin(async { Response::default() })
    }

    fn validate(&self, _: ExecutableDocument) -> BoxFuture<'_, Vec<ServerError>> {
        Box::pin(async { Vec::new() })
    }

    fn sdl(&self) -> String {
        String::new()
    }
}

/// Another server over the database of a [`TestApp`].
pub struct Replica {
    pub app: Arc<App>,
    pub base: String,
    server: actix_web::dev::ServerHandle,
}

impl Replica {
    /// Stops it. All jobs are done first: a server that stops amid one keeps the others from it for a minute.
    pub async fn stop(self) {
        api::jobs::drain(&self.app).await.unwrap();
        self.server.stop(false).await;
        self.app.database.close().await;
    }
}

/// How to reach the database from outside the server.
pub struct Urls {
    pub app: String,
    pub owner: String,
    pub superuser: Option<String>,
}

impl TestApp {
    pub async fn start(db: Db) -> Self {
        Self::start_with(db, |_| {}).await
    }

    pub async fn start_with(db: Db, change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let urls = database(db, folder.path()).await;
        Self::over(db, urls, folder, change).await
    }

    /// Over an empty PostgreSQL of the test's own.
    pub async fn start_over(urls: Urls, change: impl FnOnce(&mut Config)) -> Self {
        migrate(&urls).await;
        Self::over(Db::Postgres, urls, tempfile::tempdir().unwrap(), change).await
    }

    async fn over(db: Db, urls: Urls, folder: tempfile::TempDir, change: impl FnOnce(&mut Config)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let mut config = Config {
            database_url: urls.app.clone(),
            // One company has two of them, which is what races within it need.
            database_connections: 5,
            public_url: base.clone(),
            secret: "a secret for the tests, long enough".into(),
            workers: 1,
            // Tests ask for more than a client would; those about the limit lower it.
            cost_bucket: 1_000_000,
            cost_restored_per_second: 100_000,
            ..Config::default()
        };
        change(&mut config);
        config.check().unwrap();
        let messages = Arc::new(Mutex::new(Vec::new()));
        let database = Database::connect(&config.database_url, config.database_connections)
            .await
            .unwrap();
        database.check_role().await.unwrap();
        let mut app = App::build(config, database, Courier::Memory(Arc::clone(&messages)))
            .await
            .unwrap();
        // Nobody else holds it yet.
        let parts = Arc::get_mut(&mut app).unwrap();
        parts.engine = Box::new(Panicking(std::mem::replace(&mut parts.engine, Box::new(Nothing))));
        let server = app.serve(listener).unwrap();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        let a = Company::create(&app, "Aoba").await;
        let b = Company::create(&app, "Birch").await;
        Self {
            app,
            db,
            base,
            a,
            b,
            messages,
            server: handle,
            urls,
            _folder: folder,
        }
    }

    /// A client without a token.
    pub fn anonymous(&self) -> Client {
        Client::new(&self.base, None)
    }

    /// Another server over the same database.
    pub async fn replica(&self) -> Replica {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let config = self.app.config.clone();
        let database = Database::connect(&config.database_url, config.database_connections)
            .await
            .unwrap();
        let app = App::build(config, database, Courier::Memory(Arc::default()))
            .await
            .unwrap();
        let server = app.serve(listener).unwrap();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Replica {
            app,
            base,
            server: handle,
        }
    }

    /// A client signed in over the API.
    pub async fn sign_in(&self, email: &str, tenant: &str) -> Client {
        let data = self
            .anonymous()
            .ok(
                "mutation($input: SessionCreateInput!) { sessionCreate(input: $input) \
                 { tokens { accessToken } userErrors { code message } } }",
                json!({ "input": { "email": email, "password": PASSWORD, "tenantId": tenant } }),
            )
            .await;
        let token = data["sessionCreate"]["tokens"]["accessToken"].as_str();
        Client::new(&self.base, Some(token.unwrap_or_else(|| panic!("{data}")).to_owned()))
    }

    /// How many statements a query sends, executed in this process as one of company A's people.
    pub async fn statements(&self, person: &Person, query: &str) -> u64 {
        let actor = api::platform::auth::Actor::Member {
            user: person.user,
            session: uuid::Uuid::nil(),
            member: person.member,
            role: person.role.parse().unwrap(),
        };
        let settings = api::platform::auth::tenant_settings(&self.app, self.a.id)
            .await
            .unwrap();
        let request = api::platform::ctx::RequestInfo::internal();
        let ctx = Arc::new(api::platform::Ctx::new(Arc::clone(&self.app), actor, settings, request));
        let prepared = api::platform::graphql::prepared(async_graphql::Request::new(query), &ctx);
        let response = self.app.engine.execute(prepared).await;
        assert!(response.errors.is_empty(), "{:?}", response.errors);
        ctx.end_read().await.unwrap();
        ctx.statements()
    }

    /// Links delivered so far, newest last.
    pub fn messages(&self) -> Vec<Message> {
        self.messages.lock().clone()
    }

    /// Runs the jobs until there is nothing left to do.
    pub async fn drain(&self) {
        api::jobs::drain(&self.app).await.unwrap();
    }

    /// Stops the server and waits for it. A test ends with an empty queue.
    pub async fn stop(self) {
        // A test that took the database away has nothing left to drain.
        if self.app.database.missing_migrations().await.is_ok() {
            self.drain().await;
        }
        self.server.stop(false).await;
        self.app.database.close().await;
    }
}

/// A fresh, migrated database: a copy of one made once a process.
pub(crate) async fn database(db: Db, folder: &std::path::Path) -> Urls {
    match db {
        Db::Sqlite => {
            let file = folder.join("test.db");
            std::fs::copy(sqlite_template().await, &file).unwrap();
            let url = format!("sqlite://{}?mode=rwc", file.display());
            Urls {
                app: url.clone(),
                owner: url,
                superuser: None,
            }
        }
        Db::Postgres => {
            let server = postgres::server();
            let template = postgres_template().await;
            let name = format!("t_{}", uuid::Uuid::now_v7().simple());
            server.create_database(&name, Some(template)).await;
            Urls {
                app: server.app_url(&name),
                owner: server.owner_url(&name),
                superuser: Some(server.superuser_url(&name)),
            }
        }
    }
}

/// A new database of the PostgreSQL that the tests share, migrated.
pub async fn migrated(name: &str) -> Urls {
    let server = postgres::server();
    server.create_database(name, None).await;
    let urls = Urls {
        app: server.app_url(name),
        owner: server.owner_url(name),
        superuser: Some(server.superuser_url(name)),
    };
    migrate(&urls).await;
    urls
}

async fn migrate(urls: &Urls) {
    let config = Config {
        database_url: urls.app.clone(),
        database_owner_url: Some(urls.owner.clone()),
        ..Config::default()
    };
    api::cli::migrate(&config).await.unwrap();
}

async fn sqlite_template() -> &'static std::path::Path {
    static TEMPLATE: tokio::sync::OnceCell<tempfile::TempDir> = tokio::sync::OnceCell::const_new();
    static FILE: std::sync::OnceLock<std::path::PathBuf> = std::sync::OnceLock::new();
    let folder = TEMPLATE
        .get_or_init(|| async {
            let folder = tempfile::tempdir().unwrap();
            let url = format!("sqlite://{}?mode=rwc", folder.path().join("template.db").display());
            api::cli::migrate(&Config {
                database_url: url,
                ..Config::default()
            })
            .await
            .unwrap();
            folder
        })
        .await;
    FILE.get_or_init(|| folder.path().join("template.db"))
}

async fn postgres_template() -> &'static str {
    static TEMPLATE: tokio::sync::OnceCell<()> = tokio::sync::OnceCell::const_new();
    const NAME: &str = "hikitsugi_template";
    TEMPLATE
        .get_or_init(|| async {
            migrated(NAME).await;
        })
        .await;
    NAME
}

/// Runs a test body on one database, in an actix system of its own, and stops the server at the end.
pub fn run<F, R>(db: Db, body: F)
where
    F: FnOnce(TestApp) -> R,
    R: Future<Output = TestApp>,
{
    actix_web::rt::System::new().block_on(async {
        let app = TestApp::start(db).await;
        body(app).await.stop().await;
    });
}

/// A test on both databases: `on_both!(async fn name(app) { … });`
#[macro_export]
macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($app:ident) $body:block)*) => {$(
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn body($app: tests::TestApp) -> tests::TestApp {
                $body
                $app
            }

            #[test]
            fn sqlite() {
                tests::run(tests::Db::Sqlite, body);
            }

            #[test]
            fn postgres() {
                tests::run(tests::Db::Postgres, body);
            }
        }
    )*};
}
