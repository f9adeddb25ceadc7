//! Faults, with a process of its own: killed, asked to stop, full disk, clients that do not behave.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use api::app::App;
use api::config::Config;
use api::platform::Ctx;
use api::platform::auth::Courier;
use api::platform::tenancy::Database;
use futures::future::join_all;
use parking_lot::Mutex;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Client, Db, PANICS, Process, Socket, TestApp, World, on_both};

const SERVER: &str = env!("CARGO_BIN_EXE_server");
/// How often each database's server is killed. More with `HIKITSUGI_TEST_KILLS`.
const KILLS: usize = 10;
const WRITERS: usize = 6;
const IMPORTED: usize = 4_000;

/// What one writer knows of what it sent.
#[derive(Default)]
struct Sent {
    /// Answered: name and id.
    acknowledged: BTreeMap<String, String>,
    /// Sent, and never answered.
    in_doubt: Option<(String, usize)>,
}

/// One change of a kind that the number chooses, under a key of its own; the id of what it made.
async fn change(client: &Client, account: &str, name: &str, kind: usize) -> Option<String> {
    let (field, thing, input) = match kind % 3 {
        0 => ("accountCreate", "account", json!({ "name": name })),
        1 => ("productCreate", "product", json!({ "code": name, "name": name })),
        _ => (
            "activityRecord",
            "activity",
            json!({ "accountId": account, "kind": "CALL", "occurredAt": "2026-01-05T01:00:00Z", "summary": name }),
        ),
    };
    let (head, tail) = field.split_at(1);
    let query = format!(
        "mutation($input: {}{tail}Input!) {{ {field}(input: $input) {{ {thing} {{ id }} userErrors {{ message }} }} }}",
        head.to_uppercase()
    );
    let request = client.http(Method::POST, "/graphql").header("Idempotency-Key", name);
    let answer = request
        .json(&json!({ "query": query, "variables": { "input": input } }))
        .send()
        .await
        .ok()?;
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.ok()?;
    let id = body["data"][field][thing]["id"].as_str();
    Some(id.unwrap_or_else(|| panic!("{status} {body:#}")).to_owned())
}

/// Writes until the server is gone.
async fn write_on(client: Client, account: String, writer: usize, round: usize, sent: Arc<Mutex<Vec<Sent>>>) {
    let begun = sent.lock()[writer].acknowledged.len();
    for number in begun.. {
        let name = format!("w{writer}r{round}n{number}");
        sent.lock()[writer].in_doubt = Some((name.clone(), number));
        let Some(id) = change(&client, &account, &name, number).await else {
            return;
        };
        let mut sent = sent.lock();
        sent[writer].in_doubt = None;
        sent[writer].acknowledged.insert(name, id);
    }
}

/// All names of one kind that are there, with how often.
async fn there(client: &Client, list: &str, name: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut after = Value::Null;
    loop {
        let query = format!(
            "query($after: String) {{ {list}(first: 100, after: $after) {{ nodes {{ {name} }} pageInfo {{ hasNextPage endCursor }} }} }}"
        );
        let data = client.ok(&query, json!({ "after": after })).await;
        let page = &data[list];
        names.extend(
            page["nodes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|node| node[name].as_str().unwrap_or("").to_owned()),
        );
        if page["pageInfo"]["hasNextPage"] == false {
            return names;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

/// The log: numbers and types.
async fn log(client: &Client) -> Vec<(i64, String)> {
    let mut events = Vec::new();
    loop {
        let after = events.last().map_or(0, |(number, _): &(i64, String)| *number);
        let query = "query($after: BigInt) { events(afterSequence: $after, first: 100) { nodes { sequence type } } }";
        let data = client.ok(query, json!({ "after": after.to_string() })).await;
        let nodes = data["events"]["nodes"].as_array().unwrap().clone();
        if nodes.is_empty() {
            return events;
        }
        events.extend(nodes.iter().map(|node| {
            (
                node["sequence"].as_str().unwrap().parse().unwrap(),
                node["type"].as_str().unwrap().to_owned(),
            )
        }));
    }
}

async fn start_import(client: &Client) -> String {
    let mut file = String::from("customer_id,invoice_no,ts,amount\n");
    for row in 0..IMPORTED {
        file.push_str(&format!(
            "C{},I{row},2026-01-0{} 10:00:00,{}\n",
            row % 100,
            1 + row % 9,
            10 + row % 90
        ));
    }
    let upload = client
        .http(Method::POST, "/uploads?name=orders.csv")
        .body(file)
        .send()
        .await
        .unwrap();
    let upload: Value = upload.json().await.unwrap();
    let input = json!({ "uploadId": upload["uploadId"], "kind": "ORDERS", "dryRun": false });
    let made = client
        .change("importStart", "ImportStartInput", input, "import { id }")
        .await;
    made["import"]["id"].as_str().unwrap().to_owned()
}

async fn killed(db: Db) {
    let kills = std::env::var("HIKITSUGI_TEST_KILLS")
        .ok()
        .and_then(|kills| kills.parse().ok())
        .unwrap_or(KILLS);
    let world = World::new(db, SERVER).await;
    let mut process = world.start().await;
    let mut client = world.found("Kita").await;
    let account = change(&client, "", "home", 0).await.unwrap();
    let import = start_import(&client).await;
    let sent: Arc<Mutex<Vec<Sent>>> = Arc::new(Mutex::new((0..WRITERS).map(|_| Sent::default()).collect()));
    for round in 0..kills {
        let writing: Vec<_> = (0..WRITERS)
            .map(|writer| {
                actix_web::rt::spawn(write_on(
                    client.clone(),
                    account.clone(),
                    writer,
                    round,
                    Arc::clone(&sent),
                ))
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(fastrand::u64(20..400))).await;
        process.kill();
        for task in writing {
            task.await.unwrap();
        }
        process = world.start().await;
        client = world.sign_in("admin@kita.example").await;
        // What was in doubt is sent again under its key: then it is there, once.
        for writer in 0..WRITERS {
            let in_doubt = sent.lock()[writer].in_doubt.take();
            if let Some((name, kind)) = in_doubt {
                let id = change(&client, &account, &name, kind).await.unwrap();
                sent.lock()[writer].acknowledged.insert(name, id);
            }
        }
    }
    wait_for_import(&client, &import).await;
    let acknowledged: BTreeSet<String> = sent
        .lock()
        .iter()
        .flat_map(|writer| writer.acknowledged.keys().cloned())
        .collect();
    assert!(
        acknowledged.len() > kills,
        "nothing was written: {}",
        acknowledged.len()
    );

    let ours = |names: Vec<String>| -> Vec<String> { names.into_iter().filter(|name| name.starts_with('w')).collect() };
    let accounts = ours(there(&client, "accounts", "name").await);
    let products = ours(there(&client, "products", "code").await);
    let touches = client
        .ok(
            "query($id: ID!) { activities(filter: { accountId: $id }, first: 1) { totalCount } }",
            json!({ "id": account }),
        )
        .await;
    let touches = usize::try_from(touches["activities"]["totalCount"].as_i64().unwrap()).unwrap();
    let found: BTreeSet<String> = accounts.iter().chain(&products).cloned().collect();
    assert_eq!(found.len(), accounts.len() + products.len(), "something is there twice");
    assert!(found.is_subset(&acknowledged), "something is there that nobody sent");
    assert_eq!(
        found.len() + touches,
        acknowledged.len(),
        "something that was acknowledged is lost"
    );

    let events = log(&client).await;
    let numbers: Vec<i64> = events.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=i64::try_from(events.len()).unwrap()).collect::<Vec<_>>());
    let told = |kind: &str| events.iter().filter(|(_, found)| found == kind).count();
    // An import is told of as a whole.
    assert_eq!(told("account.created"), accounts.len() + 1);
    assert_eq!(
        (told("product.created"), told("activity.recorded")),
        (products.len(), touches)
    );
    assert_eq!((told("import.started"), told("import.finished")), (1, 1));
    process.kill();
    check_jobs(&world).await;
}

async fn wait_for_import(client: &Client, import: &str) {
    let begun = Instant::now();
    loop {
        let query = "query($id: ID!) { import(id: $id) { status totalRows createdRows } }";
        let data = client.ok(query, json!({ "id": import })).await;
        if data["import"]["status"] == "DONE" {
            assert_eq!(
                data["import"],
                json!({ "status": "DONE", "totalRows": IMPORTED, "createdRows": IMPORTED })
            );
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "{data:#}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let orders = client
        .ok(
            "{ orders(first: 1) { totalCount } accounts(first: 1, filter: { text: \"C1\" }) { totalCount } }",
            json!({}),
        )
        .await;
    assert_eq!(orders["orders"]["totalCount"], IMPORTED);
}

/// What the jobs did, interrupted again and again, is what they do in peace: after they have caught up, judging all
/// accounts anew changes nothing.
async fn check_jobs(world: &World) {
    let config = Config {
        database_url: world.urls.app.clone(),
        secret: "a secret for the tests, long enough".into(),
        public_url: world.base.clone(),
        ..Config::default()
    };
    let database = Database::connect(&config.database_url, 4).await.unwrap();
    let app = App::build(config, database, Courier::Memory(Arc::default()))
        .await
        .unwrap();
    api::jobs::drain(&app).await.unwrap();
    let settings = api::imports::cli::tenant_named(&app, "Kita").await.unwrap();
    let ctx = Ctx::system(Arc::clone(&app), settings);
    assert_eq!(api::risk::service::assess_all(&ctx, ctx.as_of()).await.unwrap(), 0);
    app.database.close().await;
}

#[test]
fn whatever_was_acknowledged_survives_kill_sqlite() {
    actix_web::rt::System::new().block_on(killed(Db::Sqlite));
}

#[test]
fn whatever_was_acknowledged_survives_kill_postgres() {
    actix_web::rt::System::new().block_on(killed(Db::Postgres));
}

/// Asks for something small again and again, each time over a new connection; how often it was answered. Whoever was
/// let in is answered: only a connection that is refused is none.
async fn ask_on(base: String, token: String) -> usize {
    let http = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
    for number in 0.. {
        let request = http.post(format!("{base}/graphql")).bearer_auth(&token);
        match request
            .json(&json!({ "query": "{ accounts(first: 5) { nodes { name } } }" }))
            .send()
            .await
        {
            Ok(answer) => {
                assert_eq!(answer.status().as_u16(), 200);
                let body: Value = answer.json().await.unwrap();
                assert!(body["data"]["accounts"]["nodes"].is_array(), "{body:#}");
            }
            Err(error) => {
                assert!(
                    error.is_connect(),
                    "a request that was let in was not answered: {error:?}"
                );
                return number;
            }
        }
    }
    0
}

async fn asked_to_stop(db: Db) {
    let world = World::new(db, SERVER).await;
    let mut process = world.start().await;
    let client = world.found("Stop").await;
    let token = client.token.clone().unwrap();
    let mut sockets = Vec::new();
    for _ in 0..5 {
        let mut socket = Socket::open(&world.base, Some(&token)).await;
        socket
            .subscribe("1", "subscription { eventsAdded { sequence } }", json!({}))
            .await;
        sockets.push(socket);
    }
    let stream = client
        .follow("subscription { eventsAdded { sequence } }", json!({}))
        .await
        .ok()
        .unwrap();
    let asking: Vec<_> = (0..8)
        .map(|_| actix_web::rt::spawn(ask_on(world.base.clone(), token.clone())))
        .collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    process.terminate();
    for mut socket in sockets {
        assert_eq!(socket.end().await.0, 1001);
    }
    drop(stream);
    let (status, after) = process.ended().await;
    assert!(status.success(), "{status} {}", process.log());
    assert!(after < Duration::from_secs(10), "{after:?}");
    let answered: usize = join_all(asking).await.into_iter().map(Result::unwrap).sum();
    assert!(answered > 0);
}

#[test]
fn asked_to_stop_it_answers_what_is_in_flight_and_ends_sqlite() {
    actix_web::rt::System::new().block_on(asked_to_stop(Db::Sqlite));
}

#[test]
fn asked_to_stop_it_answers_what_is_in_flight_and_ends_postgres() {
    actix_web::rt::System::new().block_on(asked_to_stop(Db::Postgres));
}

/// A limit on the size of files stands for the full disk: any user may set it, and lift it again from outside.
#[test]
fn on_a_full_disk_writes_are_refused_reads_go_on_and_it_recovers_by_itself() {
    actix_web::rt::System::new().block_on(async {
        let world = World::new(Db::Sqlite, SERVER).await;
        let process: Process = world.start_under("trap '' XFSZ; ulimit -S -f 2048").await;
        let client = world.found("Full").await;
        let note = "x".repeat(4_000);
        let create = "mutation($input: AccountCreateInput!) { accountCreate(input: $input) { account { id } } }";
        let mut made = 0;
        loop {
            let input = json!({ "name": format!("a{made}"), "note": note });
            if client.send(create, json!({ "input": input })).await.code().is_some() {
                break;
            }
            made += 1;
            assert!(made < 5_000, "the limit does not hold");
        }
        let count =
            async || client.ok("{ accounts { totalCount } }", json!({})).await["accounts"]["totalCount"].clone();
        // Again and again: a connection that failed once must not take a later change and lose it.
        for number in 0..20 {
            let input = json!({ "name": format!("b{number}"), "note": note });
            let refused = client.send(create, json!({ "input": input })).await;
            let told = (refused.status, refused.code());
            assert_eq!(told, (503, Some("UNAVAILABLE")), "{number} {:#}", refused.body);
            assert_eq!(count().await, made);
        }
        let lifted = std::process::Command::new("prlimit")
            .args(["--pid", &process.id().to_string(), "--fsize=unlimited"])
            .status();
        assert!(lifted.unwrap().success());
        for number in 0..5 {
            let input = json!({ "name": format!("c{number}"), "note": note });
            client
                .change("accountCreate", "AccountCreateInput", input, "account { id }")
                .await;
        }
        assert_eq!(count().await, made + 5);
        // What was acknowledged is in the file, and not only in the memory of the process.
        process.kill();
        let _process = world.start().await;
        assert_eq!(count().await, made + 5);
    });
}

/// A connection that begins something and does not go on.
fn half(base: &str, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(base.trim_start_matches("http://")).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream
}

#[test]
fn clients_that_do_not_go_on_are_ended_and_hold_up_nobody() {
    actix_web::rt::System::new().block_on(async {
        let world = World::new(Db::Sqlite, SERVER).await;
        let _process = world.start().await;
        let body =
            "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
        let heads: Vec<_> = (0..20)
            .map(|_| half(&world.base, "POST /graphql HTTP/1.1\r\nHo"))
            .collect();
        let bodies: Vec<_> = (0..20).map(|_| half(&world.base, body)).collect();
        for _ in 0..20 {
            let begun = Instant::now();
            Client::new(&world.base, None).ok("{ __typename }", json!({})).await;
            assert!(begun.elapsed() < Duration::from_secs(2));
        }
        let answers = tokio::task::spawn_blocking(move || {
            let read = |mut stream: TcpStream| {
                let mut text = [0; 12];
                let length = stream.read(&mut text).unwrap();
                String::from_utf8_lossy(&text[..length]).into_owned()
            };
            (
                heads.into_iter().map(read).collect::<Vec<_>>(),
                bodies.into_iter().map(read).collect::<Vec<_>>(),
            )
        });
        let (heads, bodies) = answers.await.unwrap();
        assert!(
            heads.iter().all(|answer| answer.is_empty() || answer == "HTTP/1.1 408"),
            "{heads:?}"
        );
        assert!(bodies.iter().all(|answer| answer == "HTTP/1.1 408"), "{bodies:?}");
    });
}

on_both! {
    async fn of_64_writers_none_is_refused_and_no_update_is_lost(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let writers = (0..64).map(|writer| {
            let (admin, id) = (admin.clone(), app.a.account_id());
            async move {
                loop {
                    let read = admin.ok("query($id: ID!) { account(id: $id) { version note } }", json!({ "id": id })).await;
                    let note = format!("{} {writer}", read["account"]["note"].as_str().unwrap_or(""));
                    let input = json!({ "id": id, "version": read["account"]["version"], "note": note });
                    let payload = admin.try_change("accountUpdate", "AccountUpdateInput", input, "account { id }").await;
                    match payload["userErrors"][0]["code"].as_str() {
                        None => return,
                        Some(code) => assert_eq!(code, "CONFLICT"),
                    }
                }
            }
        });
        let creators = (0..64).map(|number| {
            let admin = admin.clone();
            async move {
                admin.change("productCreate", "ProductCreateInput", json!({ "code": format!("P{number}"), "name": "Pump" }), "product { id }").await;
            }
        });
        futures::future::join(join_all(writers), join_all(creators)).await;
        let data = admin.ok("query($id: ID!) { account(id: $id) { version note } products { totalCount } }", json!({ "id": app.a.account_id() })).await;
        let mut noted: Vec<i64> = data["account"]["note"].as_str().unwrap().split(' ').filter_map(|number| number.parse().ok()).collect();
        noted.sort_unstable();
        assert_eq!(noted, (0..64).collect::<Vec<_>>());
        assert_eq!((&data["account"]["version"], &data["products"]["totalCount"]), (&json!(65), &json!(64)));
    }

    async fn a_panic_is_a_coded_error_and_nothing_is_lost_by_it(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let body = json!({ "query": format!("query {PANICS} {{ accounts {{ totalCount }} }}"), "operationName": PANICS });
        // More often than there are connections and workers.
        for _ in 0..20 {
            let request = admin.http(Method::POST, "/graphql").header("Accept", "application/graphql-response+json");
            let answer = request.json(&body).send().await.unwrap();
            assert_eq!(answer.status().as_u16(), 500);
            let body: Value = answer.json().await.unwrap();
            assert_eq!(body["errors"][0]["extensions"]["code"], "INTERNAL");
        }
        admin.ok("{ accounts { totalCount } }", json!({})).await;
    }
}

/// The database ends all connections, as it does when it restarts: those that lay idle are replaced unnoticed.
#[test]
fn a_restart_of_the_database_is_not_felt_by_idle_connections() {
    actix_web::rt::System::new().block_on(async {
        let app = TestApp::start(Db::Postgres).await;
        let admin = app.a.client(&app, &app.a.admin).await;
        let query = "{ accounts { totalCount } }";
        join_all((0..12).map(|_| admin.ok(query, json!({})))).await;
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let name = app.urls.app.rsplit('/').next().unwrap().to_owned();
        let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND usename = 'hikitsugi_app'");
        tests::postgres::server().superuser_execute("postgres", &end).await;
        for answer in join_all((0..12).map(|_| admin.send(query, json!({})))).await {
            // One whose connection was in use by a job at that moment may be told to come back.
            assert!(answer.code().is_none() || answer.code() == Some("UNAVAILABLE"), "{:#}", answer.body);
        }
        for _ in 0..12 {
            admin.ok(query, json!({})).await;
        }
        app.stop().await;
    });
}
