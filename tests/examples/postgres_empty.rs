//! A throw-away PostgreSQL with a migrated, empty database, for the comparison with peers: prints its URLs, and lives until
//! its standard input closes.
#![allow(clippy::unwrap_used)]

use std::io::Read;

#[actix_web::main]
async fn main() {
    let urls = tests::migrated("empty").await;
    println!("SUPERUSER_URL={}", urls.superuser.unwrap());
    println!("DATABASE_URL={}", urls.app);
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}
