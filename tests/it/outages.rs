//! What the server is built on goes away and comes back: the database, and room on its disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures::future::join_all;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use reqwest::Method;
use serde_json::{Value, json};
use tests::postgres::OwnPostgres;
use tests::{Client, Db, TestApp, Urls, World, on_both};

const SERVER: &str = env!("CARGO_BIN_EXE_server");
/// Clients that write and read all the time.
const CLIENTS: usize = 8;
/// Nobody waits longer for an answer while the database is away: a connection is waited for a second and a half, and a
/// request may need several.
const AWAY_WITHIN: Duration = Duration::from_secs(8);

/// One answer: when it was asked for, how long it took, and what it was.
struct Asked {
    at: Instant,
    took: Duration,
    status: u16,
    code: Option<String>,
    retry_after: Option<String>,
}

async fn ask(client: &Client, body: Value, key: Option<&str>) -> (Asked, Value) {
    let at = Instant::now();
    let mut request = client.http(Method::POST, "/graphql").json(&body);
    if let Some(key) = key {
        request = request.header("Idempotency-Key", key);
    }
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let retry_after = answer
        .headers()
        .get("retry-after")
        .map(|value| value.to_str().unwrap().to_owned());
    let body: Value = answer.json().await.unwrap();
    let code = body["errors"][0]["extensions"]["code"].as_str().map(str::to_owned);
    let took = at.elapsed();
    (
        Asked {
            at,
            took,
            status,
            code,
            retry_after,
        },
        body,
    )
}

/// Reads, and writes under a key of its own, until told to stop. A write that was not possible is sent again: so each
/// is there once.
async fn work_on(client: Client, worker: usize, stop: Arc<AtomicBool>) -> (Vec<Asked>, usize) {
    let (mut asked, mut written) = (Vec::new(), 0);
    while !stop.load(Ordering::Relaxed) {
        let read = json!({ "query": "{ accounts(first: 5) { nodes { name } } }" });
        asked.push(ask(&client, read, None).await.0);
        let name = format!("w{worker}n{written}");
        let write = json!({
            "query": "mutation($input: AccountCreateInput!) { accountCreate(input: $input) { account { id } userErrors { code } } }",
            "variables": { "input": { "name": name } },
        });
        let (answer, body) = ask(&client, write, Some(&name)).await;
        if answer.code.is_none() {
            assert!(body["data"]["accountCreate"]["account"]["id"].is_string(), "{body:#}");
            written += 1;
        }
        asked.push(answer);
    }
    (asked, written)
}

async fn own_world() -> (OwnPostgres, World) {
    let postgres = tokio::task::spawn_blocking(|| ())
        .await
        .map(|()| OwnPostgres::start())
        .unwrap();
    let name = "own";
    postgres.server().create_database(name, None).await;
    let urls = Urls {
        app: postgres.server().app_url(name),
        owner: postgres.server().owner_url(name),
        superuser: Some(postgres.server().superuser_url(name)),
    };
    let world = World::over(urls, SERVER).await;
    (postgres, world)
}

#[test]
fn while_the_database_is_away_it_says_so_and_afterwards_it_goes_on_by_itself() {
    actix_web::rt::System::new().block_on(async {
        let (mut postgres, world) = own_world().await;
        let process = world.start().await;
        let client = world.found("Away").await;
        let stop = Arc::new(AtomicBool::new(false));
        let workers: Vec<_> = (0..CLIENTS)
            .map(|worker| actix_web::rt::spawn(work_on(client.clone(), worker, Arc::clone(&stop))))
            .collect();
        tokio::time::sleep(Duration::from_secs(1)).await;
        let gone = Instant::now();
        postgres.stop();
        tokio::time::sleep(Duration::from_secs(2)).await;
        let health = async |path: &str| client.http(Method::GET, path).send().await.unwrap().status().as_u16();
        assert_eq!((health("/livez").await, health("/readyz").await), (200, 503));
        postgres.start_again();
        let back = Instant::now();
        tokio::time::sleep(Duration::from_secs(4)).await;
        stop.store(true, Ordering::Relaxed);
        let done = join_all(workers).await;
        let (mut before, mut away, mut after, mut written) = (0, 0, 0, 0);
        for (asked, wrote) in done.into_iter().map(Result::unwrap) {
            written += wrote;
            for one in asked {
                let ended = one.at + one.took;
                assert!(one.took < AWAY_WITHIN, "{:?}", one.took);
                match one.code.as_deref() {
                    None => assert_eq!(one.status, 200),
                    Some(code) => {
                        assert_eq!(
                            (one.status, code, one.retry_after.as_deref()),
                            (503, "UNAVAILABLE", Some("5"))
                        );
                        // Not before it went, and not once it is back.
                        assert!(ended > gone && one.at < back, "{:?} after it went", one.at - gone);
                        away += 1;
                    }
                }
                before += usize::from(one.code.is_none() && ended < gone);
                after += usize::from(one.code.is_none() && one.at > back);
            }
        }
        // Who waited for a connection when it came back was answered: not every client must have been refused.
        assert!(
            before > CLIENTS && away > 0 && after > CLIENTS,
            "{before} {away} {after}"
        );
        let there = client.ok("{ accounts { totalCount } }", json!({})).await;
        assert_eq!(there["accounts"]["totalCount"], written);
        drop(process);
    });
}

#[test]
fn a_restart_of_the_database_while_nobody_asks_is_not_felt() {
    actix_web::rt::System::new().block_on(async {
        let (mut postgres, world) = own_world().await;
        let _process = world.start().await;
        let client = world.found("Idle").await;
        let read = || client.send("{ accounts { totalCount } }", json!({}));
        // As many connections as the pool may have.
        assert!(
            join_all((0..16).map(|_| read()))
                .await
                .iter()
                .all(|answer| answer.code().is_none())
        );
        postgres.stop();
        postgres.start_again();
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        for answer in join_all((0..16).map(|_| read())).await {
            assert_eq!((answer.status, answer.code()), (200, None), "{:#}", answer.body);
        }
    });
}

/// Takes connections for this company until there are no more for it.
async fn hold_all(app: &TestApp, tenant: uuid::Uuid) -> Vec<api::platform::tenancy::TenantDb> {
    let mut held = Vec::new();
    let tally = Arc::default();
    while let Ok(Ok(db)) = tokio::time::timeout(A_MOMENT, app.app.database.tenant_read(tenant, &tally)).await {
        held.push(db);
    }
    held
}

/// A connection that is free is there within so long.
const A_MOMENT: Duration = Duration::from_millis(300);

async fn asked_of(client: &Client) -> Asked {
    ask(
        client,
        json!({ "query": "{ accounts(first: 1) { nodes { id } } }" }),
        None,
    )
    .await
    .0
}

on_both! {
    async fn when_no_connection_is_free_it_says_so_within_two_seconds(app) {
        let client = app.a.client(&app, &app.a.admin).await;
        let mut held = hold_all(&app, app.a.id).await;
        held.extend(hold_all(&app, app.b.id).await);
        let asked = asked_of(&client).await;
        assert_eq!((asked.status, asked.code.as_deref()), (503, Some("UNAVAILABLE")));
        assert_eq!(asked.retry_after.as_deref(), Some("5"));
        assert!(asked.took < Duration::from_secs(2), "{:?}", asked.took);
        for path in ["/livez", "/readyz"] {
            let began = Instant::now();
            let answer = client.http(Method::GET, path).send().await.unwrap();
            assert!(began.elapsed() < Duration::from_secs(2), "{path} after {:?}", began.elapsed());
            assert!(answer.status() == 200 || path == "/readyz", "{path}: {}", answer.status());
        }
        drop(held);
        assert_eq!(asked_of(&client).await.status, 200);
    }

    async fn one_company_never_has_all_connections(app) {
        let (of_a, of_b) = (
            app.a.client(&app, &app.a.admin).await,
            app.b.client(&app, &app.b.admin).await,
        );
        let held = hold_all(&app, app.a.id).await;
        assert!(!held.is_empty());
        assert_eq!(asked_of(&of_a).await.status, 503);
        let other = asked_of(&of_b).await;
        assert_eq!(other.status, 200);
        assert!(other.took < Duration::from_secs(1), "{:?}", other.took);
    }
}

async fn change(client: &Client, name: &'static str) -> &'static str {
    let input = json!({ "name": name });
    client
        .change("accountCreate", "AccountCreateInput", input, "account { id }")
        .await;
    name
}

#[test]
fn companies_take_turns_at_the_one_writer_of_sqlite() {
    tests::run(Db::Sqlite, async |app: TestApp| {
        let (of_a, of_b) = (
            app.a.client(&app, &app.a.admin).await,
            app.b.client(&app, &app.b.admin).await,
        );
        let writer = app.app.database.global_tx(&Arc::default()).await.unwrap();
        let loud = (0..8).map(|_| change(&of_a, "loud")).collect::<FuturesUnordered<_>>();
        let late = async {
            tokio::time::sleep(A_MOMENT).await;
            change(&of_b, "late").await
        };
        let release = async {
            tokio::time::sleep(2 * A_MOMENT).await;
            drop(writer);
        };
        let answered = futures::stream::select(loud, late.into_stream()).collect::<Vec<_>>();
        let (answered, ()) = tokio::join!(answered, release);
        // The first of the others had its turn before.
        let before = answered.iter().take_while(|name| **name == "loud").count();
        assert!(before <= 2, "{answered:?}");
        assert_eq!(answered.len(), 9);
        app
    });
}
