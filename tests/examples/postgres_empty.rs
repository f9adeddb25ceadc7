//! A throw-away PostgreSQL with a migrated, empty database, for the comparison with peers: prints its URLs, and lives until
//! its standard input closes.
#![allow(clippy::unwrap_used)]

use std::io::Read;

use api::config::Config;

const NAME: &str = "empty";

#[actix_web::main]
async fn main() {
    let server = tests::postgres::server();
    server.create_database(NAME, None).await;
    let config = Config {
        database_url: server.app_url(NAME),
        database_owner_url: Some(server.owner_url(NAME)),
        ..Config::default()
    };
    api::cli::migrate(&config).await.unwrap();
    println!("SUPERUSER_URL={}", server.superuser_url(NAME));
    println!("DATABASE_URL={}", config.database_url);
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}
