//! What a lone question for one thing is answered from: one statement, which is why nothing that would make its reads see the same
//! moment has to be begun and ended for it.

use std::sync::Arc;
use std::time::Duration;

use api::app::App;
use api::platform::Ctx;
use api::platform::auth::Actor;
use api::platform::ctx::RequestInfo;
use api::platform::operation;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use serde_json::json;
use tests::{Db, Person, TestApp, execute, on_both};
use uuid::Uuid;

use crate::columns::plain_fields;

/// Things that are asked for by id: the field, the type, and which id.
const THINGS: [(&str, &str, &str); 12] = [
    ("account", "Account", "acct"),
    ("contact", "Contact", "cont"),
    ("activity", "Activity", "act"),
    ("followUp", "FollowUp", "fup"),
    ("product", "Product", "prod"),
    ("order", "Order", "ord"),
    ("signal", "Signal", "sig"),
    ("loss", "Loss", "loss"),
    ("handover", "Handover", "hand"),
    ("departure", "Departure", "dep"),
    ("import", "Import", "imp"),
    ("member", "Member", "mem"),
];

/// Lists: the field, and the type of a row.
const LISTS: [(&str, &str); 15] = [
    ("accounts", "Account"),
    ("contacts", "Contact"),
    ("activities", "Activity"),
    ("followUps", "FollowUp"),
    ("products", "Product"),
    ("orders", "Order"),
    ("signals", "Signal"),
    ("losses", "Loss"),
    ("handovers", "Handover"),
    ("departures", "Departure"),
    ("imports", "Import"),
    ("members", "Member"),
    ("events", "Event"),
    ("apiClients", "ApiClient"),
    ("invitations", "Invitation"),
];

/// Asks for something that is there.
async fn ask(ctx: &Arc<Ctx>, query: &str) {
    let answer = execute(ctx, query, &json!({})).await;
    assert_eq!(answer.error_count(), 0, "{query}: {answer:?}");
    let Some(async_graphql::Value::Object(data)) = answer.data() else {
        panic!("{query}: {answer:?}");
    };
    assert!(
        data.values().all(|found| *found != async_graphql::Value::Null),
        "{query}: {answer:?}"
    );
}

/// How many statements it takes.
async fn statements(app: &Arc<App>, token: &str, query: &str) -> u64 {
    let ctx = operation::identify(app, Some(token), RequestInfo::internal());
    let ctx = ctx.await.unwrap();
    ask(&ctx, query).await;
    ctx.tally().statements()
}

/// What the connections that are inside a transaction were last sent.
async fn last_sent(outside: &DatabaseConnection) -> Vec<String> {
    let sql = "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'";
    let rows = outside.query_all_raw(Statement::from_string(DbBackend::Postgres, sql));
    let rows = rows.await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

#[test]
fn for_one_thing_nothing_is_sent_but_what_finds_it() {
    tests::run(Db::Postgres, async |app: TestApp| {
        let outside = app.urls.superuser.as_ref().unwrap();
        let outside = sea_orm::Database::connect(outside).await.unwrap();
        app.drain().await;
        let account = app.a.account_id();
        for (query, is_one) in [
            (format!("{{ account(id: \"{account}\") {{ name }} }}"), true),
            (
                "{ accounts(first: 3) { nodes { name } pageInfo { hasNextPage } } }".to_owned(),
                true,
            ),
            // What is beside it stands in the same statement.
            (
                format!("{{ account(id: \"{account}\") {{ name contacts {{ id }} }} }}"),
                true,
            ),
            (
                "{ accounts(first: 3) { edges { node { owner { id } } } } }".to_owned(),
                true,
            ),
            (
                format!("{{ account(id: \"{account}\") {{ name contacts {{ id reports {{ id }} }} }} }}"),
                false,
            ),
            // What reads before it finds keeps what it has seen.
            (
                format!("{{ contacts(filter: {{ accountId: \"{account}\", text: \"a\" }}) {{ nodes {{ id }} }} }}"),
                false,
            ),
            (
                "{ accounts(first: 3) { nodes { owner { id } } totalCount } }".to_owned(),
                false,
            ),
            (
                format!("{{ account(id: \"{account}\") {{ name }} accounts {{ nodes {{ name }} }} }}"),
                false,
            ),
            (format!("{{ nodes(ids: [\"{account}\"]) {{ id }} }}"), false),
        ] {
            // Whom a manager may see is found first.
            for (asks, is_one) in [(&app.a.rep, is_one), (&app.a.manager, false)] {
                let last = last_sent_after(&app, &outside, asks, &query).await;
                assert_eq!(last.starts_with("SELECT"), is_one, "{query}: {last}");
                assert_eq!(last.starts_with("ROLLBACK; BEGIN"), !is_one, "{query}: {last}");
            }
        }
        outside.close().await.unwrap();
        app
    });
}

/// What the connection that served this twice was last sent. What is open on it ends when nobody comes for a moment: then again.
async fn last_sent_after(app: &TestApp, outside: &DatabaseConnection, asks: &Person, query: &str) -> String {
    let role = asks.role.parse().unwrap();
    let (user, member, session) = (asks.user, asks.member, Uuid::now_v7());
    for _ in 0..100 {
        for _ in 0..2 {
            let mut ctx = app.a.system(&app.app).await;
            ctx.actor = Actor::Member {
                user,
                session,
                member,
                role,
            };
            ask(&Arc::new(ctx), query).await;
        }
        // A batch that is done may hold what it read through for a moment longer; a glance lasts for a quarter of a second.
        tokio::time::sleep(Duration::from_millis(50)).await;
        if let [last] = last_sent(outside).await.as_slice() {
            return last.clone();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{query}: nothing, or more than one, was left open")
}

on_both! {
    async fn one_thing_or_one_page_is_one_statement_whichever_plain_fields_are_asked_for(app) {
        let client = app.a.client(&app, &app.a.admin).await;
        let ids = app.a.furnish(&app).await;
        let token = client.token.clone().unwrap();
        let things = THINGS.map(|(field, ty, id)| {
            format!("{{ {field}(id: \"{}\") {{ {} }} }}", ids.get(id), plain_fields(ty).join(" "))
        });
        let lists = LISTS.map(|(field, ty)| {
            format!("{{ {field} {{ nodes {{ {} }} pageInfo {{ hasNextPage endCursor }} }} }}", plain_fields(ty).join(" "))
        });
        let bare = format!("{{ account(id: \"{}\") {{ __typename }} }}", ids.get("acct"));
        for query in things.iter().chain(&lists).chain([&bare]) {
            assert_eq!(statements(&app.app, &token, query).await, 1, "{query}");
        }
    }
}
