//! What operations cost in counts that no machine changes: statements, rows, and pieces of memory. Each may be five in a
//! hundred off what is committed in `counts.txt`; what has become cheaper is written down too, so that it stays so.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use api::app::App;
use api::platform::ctx::RequestInfo;
use api::platform::operation;
use api::platform::tenancy::LEASE;
use serde_json::{Value, json};
use tests::{Client, Db, Ids, TestApp, execute};

/// Accounts beside those that every company of the tests has.
const ACCOUNTS: usize = 40;
/// Asked so often before it is counted: documents, plans and pools are warm then.
const WARM: usize = 3;

/// An operation and its variables.
type Asked = (&'static str, &'static str, Value);

const RECORD: &str = "mutation($input: ActivityRecordInput!) { activityRecord(input: $input) { activity { id \
    account { id name } } userErrors { code } } }";

/// A call, and what is told of it.
fn touch(mut of: Value) -> Value {
    of["kind"] = json!("CALL");
    of["occurredAt"] = json!("2026-01-05T01:00:00Z");
    of["summary"] = json!("Called.");
    of
}

fn operations(ids: &Ids, successor: &str, cursor: &Value, plain: &Value) -> Vec<Asked> {
    vec![
        (
            "one account",
            "query($id: ID!) { account(id: $id) { id name country industry lifecycle version } }",
            json!({ "id": ids.get("acct") }),
        ),
        (
            "accounts with relations",
            "{ accounts(first: 40, orderBy: RISK) { nodes { id name owner { id familyName } contacts { id familyName } \
             activities(first: 1) { id occurredAt summary } } } }",
            json!({}),
        ),
        (
            "a book with risk",
            "query($owner: ID!) { accounts(first: 20, orderBy: RISK, filter: { ownerId: $owner }) { nodes { id name \
             assessment { probability factors { kind points } } openHandover { id status to { familyName } } } } }",
            json!({ "owner": ids.get("mem") }),
        ),
        (
            "a handover with evidence",
            "query($id: ID!) { handover(id: $id) { status continuity { score contacts { points contact { familyName } \
             introduced { id } metAlone { id } reachedOut { id } } } } }",
            json!({ "id": ids.get("hand") }),
        ),
        (
            "a search",
            "{ accounts(first: 20, filter: { text: \"田中\" }) { nodes { id name } } }",
            json!({}),
        ),
        (
            "a page behind a cursor",
            "query($after: String) { accounts(first: 8, after: $after) { nodes { id name } } }",
            json!({ "after": cursor }),
        ),
        (
            "an activity of the successor",
            RECORD,
            json!({ "input": touch(json!({ "accountId": ids.get("acct"), "memberId": successor })) }),
        ),
        (
            "an activity of another, under the same handover",
            RECORD,
            json!({ "input": touch(json!({ "accountId": ids.get("acct") })) }),
        ),
        (
            "an activity with a contact, where no handover is open",
            RECORD,
            json!({ "input": touch(json!({ "accountId": plain["accountId"], "contactIds": [plain["id"]] })) }),
        ),
    ]
}

/// Forty accounts with a contact and two activities each: everything's ids, a cursor, and one of the contacts.
async fn fill(app: &TestApp, client: &Client) -> (Ids, Value, Value) {
    let mut ids = app.a.furnish(app).await;
    app.a.introduce(app, &mut ids).await;
    let mut plain = Value::Null;
    for n in 0..ACCOUNTS {
        let account = json!({ "name": format!("田中商店 {n}"), "ownerId": ids.get("mem") });
        let made = client
            .change("accountCreate", "AccountCreateInput", account, "account { id }")
            .await;
        let account = &made["account"]["id"];
        let contact = json!({ "accountId": account, "familyName": "Sato", "givenName": "Mio" });
        let made = client
            .change("contactCreate", "ContactCreateInput", contact, "contact { id }")
            .await;
        plain = json!({ "accountId": account, "id": made["contact"]["id"] });
        for day in 1..3 {
            let touch = json!({ "accountId": account, "kind": "CALL", "summary": "Called",
                "occurredAt": format!("2026-01-0{day}T01:00:00Z") });
            client
                .change("activityRecord", "ActivityRecordInput", touch, "activity { id }")
                .await;
        }
    }
    app.drain().await;
    let query = "{ accounts(first: 20) { pageInfo { endCursor } } }";
    let cursor = client.ok(query, json!({})).await["accounts"]["pageInfo"]["endCursor"].clone();
    (ids, cursor, plain)
}

/// The whole way of an operation but for HTTP: statements and rows.
async fn ask(app: &Arc<App>, token: &str, (name, query, variables): &Asked) -> (u64, u64) {
    let ctx = operation::identify(app, Some(token), RequestInfo::internal())
        .await
        .unwrap();
    let answer = execute(&ctx, query, variables).await;
    assert_eq!(answer.error_count(), 0, "{name}: {answer:?}");
    (ctx.tally().statements(), ctx.tally().rows())
}

/// Pieces of memory that one thread takes for it: everything but HTTP and the database's driver.
fn allocations(app: &Arc<App>, token: &str, asked: &Asked) -> u64 {
    let (app, token, asked) = (Arc::clone(app), token.to_owned(), asked.clone());
    let counting = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let once = || runtime.block_on(ask(&app, &token, &asked));
        for _ in 0..WARM {
            once();
        }
        // The caller is looked up, always.
        std::thread::sleep(LEASE);
        let counted = allocation_counter::measure(|| {
            once();
        });
        counted.count_total
    });
    counting.join().unwrap()
}

async fn count(db: Db, counted: &mut String) {
    let app = TestApp::start(db).await;
    let client = app.a.client(&app, &app.a.admin).await;
    let (ids, cursor, plain) = fill(&app, &client).await;
    let token = client.token.clone().unwrap();
    for asked in operations(&ids, &app.a.other_rep.id(), &cursor, &plain) {
        for _ in 0..WARM {
            ask(&app.app, &token, &asked).await;
        }
        // A job that looks at what was changed may have locked it.
        app.drain().await;
        let (statements, rows) = ask(&app.app, &token, &asked).await;
        write!(counted, "{db:?}, {}: {statements} statements, {rows} rows", asked.0).unwrap();
        // The connections of PostgreSQL live on the runtime that opened them.
        if db == Db::Sqlite {
            let app = Arc::clone(&app.app);
            let token = token.clone();
            let pieces = tokio::task::spawn_blocking(move || allocations(&app, &token, &asked));
            write!(counted, ", {} allocations", pieces.await.unwrap()).unwrap();
        }
        counted.push('\n');
    }
    app.stop().await;
}

/// The numbers of a line, and the line without them.
fn numbers(line: &str) -> (String, Vec<f64>) {
    let words = line.split(' ');
    let (numbers, words): (Vec<&str>, Vec<&str>) = words.partition(|word| word.parse::<f64>().is_ok());
    (
        words.join(" "),
        numbers.iter().map(|number| number.parse().unwrap()).collect(),
    )
}

#[test]
fn operations_cost_what_is_committed() {
    let mut counted = String::new();
    actix_web::rt::System::new().block_on(async {
        for db in [Db::Sqlite, Db::Postgres] {
            count(db, &mut counted).await;
        }
    });
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("it/counts.txt");
    if std::env::var_os("UPDATE_COUNTS").is_some() {
        std::fs::write(&file, &counted).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(&file).unwrap();
    let off: Vec<String> = committed
        .lines()
        .zip(counted.lines())
        .filter(|(committed, counted)| {
            let ((what, before), (also, now)) = (numbers(committed), numbers(counted));
            what != also
                || before
                    .iter()
                    .zip(&now)
                    .any(|(before, now)| (now - before).abs() > before * 0.05)
        })
        .map(|(committed, counted)| format!("{committed}\n  now {counted}"))
        .collect();
    assert!(
        off.is_empty() && committed.lines().count() == counted.lines().count(),
        "the counts have changed; if that is meant: UPDATE_COUNTS=1 cargo test -p tests -- operations_cost\n{}",
        off.join("\n")
    );
}
