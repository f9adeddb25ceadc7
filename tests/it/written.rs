//! Objects and pages that are written straight from what the database sends: to the byte what resolving their fields gives, and nothing
//! that the caller may not read.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::platform::auth::Actor;
use api::platform::operation::Answer;
use async_graphql::Value as Answered;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tests::{Db, Ids, Person, Socket, TestApp, execute, on_both};
use uuid::Uuid;

use crate::columns::{costing_fields, fill, plain_fields};

/// Selections, and whether they can be written.
type Selections = &'static [(&'static str, bool)];

const OF_ACCOUNTS: Selections = &[
    ("id name", true),
    ("version name id", true),
    ("__typename", true),
    ("__typename id kind: __typename", true),
    ("a: name b: name name name", true),
    ("id id ... on Account { name version } ... on Node { id } ...F", true),
    ("owner { __typename id familyName role joinedOn lastDay endedAt }", true),
    ("name contacts { __typename id say isKey startedOn decisionRole }", true),
    ("contacts { __typename }", true),
    ("activities { id occurredAt kind startedBy twoWay satisfaction }", true),
    (
        "activities(first: $first) { summary recordedAt member { id email } }",
        true,
    ),
    ("lastActivity { id } last: lastActivity { summary createdAt }", true),
    ("activities { id } more: activities(first: 2) { summary }", true),
    (
        "lastActivity { account { name contacts { id account { owner { id } } } } } contacts { account { id } }",
        true,
    ),
    (
        "name @skip(if: $yes) id @include(if: $yes) contacts @skip(if: $yes) { id }",
        true,
    ),
    ("id @skip(if: $yes)", true),
    ("contacts { id @skip(if: $yes) }", true),
    ("contacts @skip(if: $yes) { id } contacts { familyName }", true),
    (
        "owner @include(if: $yes) { id } ... @skip(if: $yes) { owner { familyName manager { id } } }",
        true,
    ),
    ("... on Node { id ... on Account { label: name } }", true),
    (
        "... on Node { id ... on Order { label: externalId } ... on Account { label: name } }",
        false,
    ),
    ("id ... on Node { ... on Contact { note } }", false),
    ("x: name ... on Account { x: owner { id } }", false),
    (
        "a: owner { id } b: owner { id } c: owner { id } d: owner { id } e: lastActivity { account { owner { id } } } f: lastActivity { id }",
        true,
    ),
    (
        "a: owner { id } b: owner { id } c: owner { id } d: owner { id } e: lastActivity { account { owner { id } } } f: lastActivity { member { id } }",
        false,
    ),
    ("owner { id } owner { familyName }", false),
    ("contacts { id } ... on Account { contacts { familyName } }", false),
    ("lastTouchAt", false),
    ("id assessment { band }", false),
    ("id contacts { reportsTo { id } }", false),
    ("owner { manager { id } }", false),
    ("activities { contacts { id } }", false),
    ("id openHandover { id }", false),
];

const OF_CONTACTS: Selections = &[
    ("id familyName title account { id name owner { email } }", true),
    ("account { id contacts { id } activities(first: $first) { id } }", true),
    ("id reportsTo { id }", false),
];

const OF_ACTIVITIES: Selections = &[
    (
        "id summary member { familyName } account { name lastActivity { id } }",
        true,
    ),
    ("id withMembers { id }", false),
];

/// As this member asks.
async fn asked_by(app: &TestApp, person: &Person, query: &str, variables: &Value) -> Answer {
    let mut ctx = app.a.system(&app.app).await;
    ctx.actor = Actor::Member {
        user: person.user,
        session: Uuid::now_v7(),
        member: person.member,
        role: person.role.parse().unwrap(),
    };
    execute(&Arc::new(ctx), query, variables).await
}

/// Whether one of the objects, or the rows of one of the lists, were written.
fn is_written(answer: &Answer) -> bool {
    let Some(Answered::Object(data)) = answer.data() else {
        return false;
    };
    data.values().any(|found| match found {
        Answered::Object(list) => list.values().any(|rows| matches!(rows, Answered::Binary(_))),
        found => matches!(found, Answered::Binary(_)),
    })
}

#[derive(Deserialize)]
struct Body {
    data: BTreeMap<String, Box<RawValue>>,
    extensions: Value,
}

/// The text of what a field of the root has, and what it cost.
fn shown(answer: &Answer, field: &str) -> (String, Value) {
    let text = answer.to_json();
    let body: Body =
        serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{error} {}", String::from_utf8_lossy(&text)));
    (
        body.data[field].get().to_owned(),
        body.extensions["cost"]["actualQueryCost"].clone(),
    )
}

/// The same list written and resolved: its nodes, then its edges.
async fn compare(app: &TestApp, person: &Person, (list, arguments): (&str, &str), selection: &str, can_be: bool) {
    let nodes = format!("nodes {{ {selection} }}");
    let edges = format!("edges {{ cursor __typename node {{ {selection} }} at: cursor }}");
    for rows in [nodes, edges] {
        let page = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }";
        let whole = format!("{list}({arguments}) {{ {rows} {page} }}");
        compare_field(app, person, (list, &whole), can_be).await;
    }
}

/// The same field of the root written and resolved. It is resolved where a fragment of the root has it.
async fn compare_field(app: &TestApp, person: &Person, (name, whole): (&str, &str), can_be: bool) {
    let declared = [("$first", "$first: Int! = 4"), ("$yes", "$yes: Boolean! = false")];
    let used = declared.iter().filter(|(name, _)| whole.contains(name));
    let declared: Vec<&str> = used.map(|(_, declared)| *declared).collect();
    let declared = match declared.join(", ") {
        none if none.is_empty() => none,
        some => format!("({some})"),
    };
    let fragment = match whole.contains("...F") {
        true => "fragment F on Account { name nameKana archivedAt country }",
        false => "",
    };
    let variables = json!({ "first": 3, "yes": true });
    let plain = format!("query{declared} {{ {whole} }} {fragment}");
    let written = asked_by(app, person, &plain, &variables).await;
    assert_eq!(written.error_count(), 0, "{whole}: {written:?}");
    assert_eq!(is_written(&written), can_be && app.db == Db::Postgres, "{whole}");
    let in_fragment = format!("query{declared} {{ ...R }} fragment R on Query {{ {whole} }} {fragment}");
    let resolved = asked_by(app, person, &in_fragment, &variables).await;
    assert!(!is_written(&resolved), "{whole}");
    assert_eq!(shown(&written, name), shown(&resolved, name), "{whole} {}", person.role);
}

/// Accounts, contacts and activities with and without all that they may have.
async fn furnished(app: &TestApp) -> Ids {
    let admin = app.a.client(app, &app.a.admin).await;
    let mut ids = fill(app, &admin).await;
    let odd = "\"Quoted\" \\ back / 株式会社 😀 \u{2028}\u{7f} é";
    let other = json!({ "name": odd, "note": "Two\nlines\tand a tab", "ownerId": app.a.other_rep.id() });
    let other = admin
        .change("accountCreate", "AccountCreateInput", other, "account { id }")
        .await;
    for n in 0..3 {
        let contact = json!({ "accountId": other["account"]["id"], "familyName": odd, "givenName": format!("{n}") });
        admin
            .change("contactCreate", "ContactCreateInput", contact, "contact { id }")
            .await;
    }
    for at in [
        "2026-01-05T01:00:00Z",
        "2026-01-05T01:00:00.1Z",
        "2026-01-05T01:00:00.123456Z",
        "1969-12-31T23:59:59.5Z",
    ] {
        let activity = json!({ "accountId": ids.get("acct2"), "kind": "LETTER", "occurredAt": at, "summary": odd, "startedBy": "CONTACT", "satisfaction": 5 });
        admin
            .change("activityRecord", "ActivityRecordInput", activity, "activity { id }")
            .await;
    }
    app.drain().await;
    ids.0
        .insert("acct3", other["account"]["id"].as_str().unwrap().to_owned());
    ids
}

on_both! {
    async fn what_is_written_is_to_the_byte_what_is_resolved(app) {
        let ids = furnished(&app).await;
        for visibility in ["EVERYONE", "TEAM"] {
            let admin = app.a.client(&app, &app.a.admin).await;
            let version = admin.ok("{ tenant { version } }", json!({})).await["tenant"]["version"].clone();
            let settings = json!({ "version": version, "accountVisibility": visibility });
            admin.change("tenantUpdate", "TenantUpdateInput", settings, "tenant { id }").await;
            for person in [&app.a.admin, &app.a.manager, &app.a.rep, &app.a.other_rep, &app.a.observer] {
                for (list, arguments, selections) in [
                    ("accounts", "first: 2, orderBy: LAST_TOUCH", OF_ACCOUNTS),
                    ("accounts", "first: 2, filter: { text: \"first\" }", OF_ACCOUNTS),
                    ("accounts", "filter: { text: \"nobody\" }", &OF_ACCOUNTS[..1]),
                    ("contacts", "first: 4, filter: { includeLeft: true }", OF_CONTACTS),
                    ("activities", "last: 3", OF_ACTIVITIES),
                ] {
                    for (selection, is_written) in selections {
                        compare(&app, person, (list, arguments), selection, *is_written).await;
                    }
                }
                for (field, thing, selections) in [
                    ("account", "acct", OF_ACCOUNTS), ("contact", "cont", OF_CONTACTS), ("activity", "act", OF_ACTIVITIES), ("account", "acct3", OF_ACCOUNTS),
                ] {
                    let id = ids.get(thing);
                    for (selection, is_written) in selections {
                        // There may be none that he sees.
                        let is_seen = asked_by(&app, person, &format!("{{ {field}(id: \"{id}\") {{ id }} }}"), &json!({})).await;
                        let is_seen = shown(&is_seen, field).0 != "null";
                        let whole = format!("{field}(id: \"{id}\") {{ {selection} }}");
                        compare_field(&app, person, (field, &whole), *is_written && is_seen).await;
                    }
                }
            }
        }
    }

    async fn every_field_is_written_as_it_is_resolved_for_whoever_asks(app) {
        furnished(&app).await;
        for (list, ty, below) in [
            ("accounts", "Account", ""), ("accounts", "Contact", "contacts"), ("accounts", "Activity", "activities"),
            ("accounts", "Activity", "lastActivity"), ("accounts", "Member", "owner"), ("contacts", "Contact", ""),
            ("contacts", "Account", "account"), ("activities", "Activity", ""), ("activities", "Account", "account"), ("activities", "Member", "member"),
        ] {
            for field in plain_fields(ty) {
                let is_computed = field == "lastTouchAt";
                let selection = if below.is_empty() { field } else { format!("{below} {{ {field} }}") };
                for person in [&app.a.admin, &app.a.manager, &app.a.rep, &app.a.observer] {
                    let whole = format!("{list}(first: 20) {{ nodes {{ {selection} }} }}");
                    compare_field(&app, person, (list, &whole), !is_computed).await;
                }
            }
        }
    }

    async fn no_more_is_written_than_is_shown(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        for n in 0..51 {
            let contact = json!({ "accountId": app.a.account_id(), "familyName": format!("{n}"), "givenName": "Jun" });
            admin.change("contactCreate", "ContactCreateInput", contact, "contact { id }").await;
        }
        compare(&app, &app.a.admin, ("accounts", "first: 1"), "contacts { familyName }", true).await;
        let shown = admin.ok("{ accounts { nodes { contacts { id } } } }", json!({})).await;
        assert_eq!(shown["accounts"]["nodes"][0]["contacts"].as_array().map(Vec::len), Some(50));
        let query = "query($first: Int! = 5) { accounts { nodes { id activities(first: $first) { id } } } }";
        for wrong in [json!(0), json!(51), json!(-1)] {
            let refused = admin.send(query, json!({ "first": wrong })).await;
            assert_eq!(refused.code(), Some("BAD_USER_INPUT"), "{wrong}: {:#}", refused.body);
        }
        assert!(admin.ok(query, json!({})).await["accounts"]["nodes"][0]["activities"].is_array());
        let needed = admin.send(&query.replace(" = 5", ""), json!({})).await;
        assert_eq!(needed.code(), Some("BAD_USER_INPUT"), "{:#}", needed.body);
    }

    async fn what_would_have_to_be_merged_is_resolved(app) {
        furnished(&app).await;
        let one = "first: 1, orderBy: NAME";
        for (query, is_one) in [
            (format!("{{ accounts({one}) {{ nodes {{ id }} }} accounts({one}) {{ nodes {{ name }} }} }}"), false),
            (format!("{{ accounts({one}) {{ nodes {{ id }} nodes {{ name }} }} }}"), false),
            (format!("{{ accounts({one}) {{ nodes {{ id name }} edges {{ node {{ id }} }} }} }}"), false),
            (format!("{{ accounts({one}) {{ nodes {{ id name }} a: nodes {{ name }} }} }}"), false),
            (format!("{{ accounts({one}) {{ ...F nodes {{ name }} }} }} fragment F on AccountConnection {{ nodes {{ id }} }}"), false),
            (format!("{{ ...F accounts({one}) {{ nodes {{ name }} }} }} fragment F on Query {{ accounts({one}) {{ nodes {{ id }} }} }}"), false),
            (format!("{{ accounts({one}) {{ ...F }} }} fragment F on AccountConnection {{ nodes {{ id name }} }}"), true),
            (format!("{{ accounts({one}) {{ nodes {{ id name }} }} b: accounts({one}) {{ nodes {{ name }} }} tenant {{ id }} }}"), true),
        ] {
            let answer = asked_by(&app, &app.a.admin, &query, &json!({})).await;
            assert_eq!(is_written(&answer), is_one && app.db == Db::Postgres, "{query}");
            let body: Value = serde_json::from_slice(&answer.to_json()).unwrap();
            let node = body.pointer("/data/accounts/nodes/0").unwrap_or_else(|| panic!("{query}: {body}"));
            assert!(node["id"].is_string() && node["name"].is_string(), "{query}: {body}");
        }
    }

    async fn a_relation_that_may_not_be_read_is_refused_at_its_place(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        furnished(&app).await;
        for (scope, list, field, others) in [
            ("CONTACTS_READ", "accounts", "contacts", "activities { id } owner { id }"),
            ("ACTIVITIES_READ", "accounts", "lastActivity", "contacts { id } owner { id }"),
            ("ACTIVITIES_READ", "accounts", "activities", "contacts { id } owner { id }"),
            ("MEMBERS_READ", "accounts", "owner", "contacts { id } lastActivity { id }"),
            ("ACCOUNTS_READ", "contacts", "account", "familyName"),
            ("ACCOUNTS_READ", "activities", "account", "member { id }"),
            ("MEMBERS_READ", "activities", "member", "account { id }"),
        ] {
            let scopes = ["ACCOUNTS_READ", "CONTACTS_READ", "ACTIVITIES_READ", "MEMBERS_READ"];
            let scopes: Vec<&str> = scopes.into_iter().filter(|one| *one != scope).collect();
            let made = admin.change("apiClientCreate", "ApiClientCreateInput", json!({ "name": "Partner", "scopes": scopes }), "apiClient { id } secret").await;
            let partner = app.anonymous().partner(&made).await;
            let query = format!("{{ {list} {{ nodes {{ version {field} {{ id }} {others} }} }} }}");
            let refused = partner.send(&query, json!({})).await;
            assert_eq!(refused.code(), Some("FORBIDDEN"), "{field} {:#}", refused.body);
            let place = query.find(&format!(" {field} {{ id }}")).map(|place| place + 2);
            assert_eq!(refused.body["errors"][0]["locations"][0]["column"].as_u64(), place.map(|place| place as u64), "{:#}", refused.body);
            let allowed = partner.ok(&format!("{{ {list} {{ nodes {{ version {others} }} }} }}"), json!({})).await;
            assert!(allowed[list]["nodes"].as_array().is_some_and(|nodes| nodes.len() > 1), "{allowed}");
        }
    }

    async fn pages_that_are_written_lead_through_the_whole_list(app) {
        furnished(&app).await;
        let client = app.a.client(&app, &app.a.admin).await;
        for (arguments, start) in [("first: 1, after", "endCursor hasNextPage"), ("last: 1, before", "startCursor hasPreviousPage")] {
            let query = format!("query($at: String) {{ accounts(orderBy: NAME, {arguments}: $at) {{ nodes {{ name contacts {{ id }} }} pageInfo {{ at: {start} }} totalCount }} }}");
            let (mut seen, mut at) = (Vec::new(), Value::Null);
            loop {
                let page = client.ok(&query, json!({ "at": at })).await["accounts"].clone();
                seen.extend(page["nodes"].as_array().unwrap().iter().map(|node| node["name"].clone()));
                at = page["pageInfo"]["at"].clone();
                let has_more = [&page["pageInfo"]["hasNextPage"], &page["pageInfo"]["hasPreviousPage"]];
                if !has_more.contains(&&json!(true)) {
                    assert_eq!(Some(seen.len()), page["totalCount"].as_u64().and_then(|count| usize::try_from(count).ok()));
                    break;
                }
                assert!(seen.len() < 50, "{seen:?}");
            }
            let mut distinct = seen.clone();
            distinct.sort_by_key(ToString::to_string);
            distinct.dedup();
            assert_eq!(distinct.len(), seen.len());
        }
    }

    async fn it_is_the_same_on_every_transport(app) {
        furnished(&app).await;
        let client = app.a.client(&app, &app.a.admin).await;
        let query = "{ accounts(first: 2) { nodes { id name contacts { familyName } lastActivity { occurredAt } } } }";
        let expected = client.ok(query, json!({})).await;
        assert!(expected["accounts"]["nodes"][0]["id"].is_string(), "{expected}");
        let mut socket = Socket::open(&app.base, client.token.as_deref()).await;
        socket.subscribe("1", query, json!({})).await;
        let told = socket.hear().await.unwrap();
        assert_eq!(told["payload"]["data"], expected, "{told}");
        let stream = client.http(reqwest::Method::POST, "/graphql").header("Accept", "text/event-stream").json(&json!({ "query": query })).send().await.unwrap();
        let text = stream.text().await.unwrap();
        let data = text.lines().find_map(|line| line.strip_prefix("data: ")).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(serde_json::from_str::<Value>(data).unwrap()["data"], expected, "{text}");
    }
}

/// What is written costs a point for each object, so no field of what is written costs more.
#[test]
fn what_can_be_written_costs_nothing_by_itself() {
    for (ty, resolved) in [
        ("Account", vec!["assessment"]),
        ("Contact", vec![]),
        ("Activity", vec![]),
        ("Member", vec![]),
    ] {
        assert_eq!(costing_fields(ty), resolved, "{ty}");
    }
}
