//! A throw-away PostgreSQL with the three sample companies, for suites that are not written in Rust: prints the URL of the
//! application's role, and lives until its standard input closes. The secret is the server's: `HIKITSUGI_SECRET`.
#![allow(clippy::unwrap_used)]

use std::io::Read;
use std::sync::Arc;

use api::app::App;
use api::config::Config;
use api::platform::auth::Courier;
use api::platform::tenancy::Database;

#[actix_web::main]
async fn main() {
    let config = Config {
        database_url: tests::migrated("samples").await.app,
        ..Config::load(None).unwrap()
    };
    let database = Database::connect(&config.database_url, config.database_connections)
        .await
        .unwrap();
    let app = App::build(config, database, Courier::Memory(Arc::default()))
        .await
        .unwrap();
    api::demo::fill(&app).await.unwrap();
    app.database.close().await;
    println!("DATABASE_URL={}", app.config.database_url);
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}
