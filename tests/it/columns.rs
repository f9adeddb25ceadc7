//! Lists read only the columns that are asked for: each field alone, on every way to its object, has the value that it has
//! where the whole row is read.

use async_graphql::parser::types::{BaseType, FieldDefinition, TypeKind, TypeSystemDefinition};
use serde_json::{Value, json};
use tests::{Client, Ids, TestApp, on_both};

/// The ways to an object, and the place of its fields in them. The first reads whole rows.
struct Ways {
    ty: &'static str,
    thing: &'static str,
    ways: &'static [(&'static str, &'static str)],
    /// Lists of it that would cost too much there.
    without: &'static [&'static str],
}

/// What proved a handover, shown with it.
const EVIDENCE: &[Ways] = &[
    Ways {
        ty: "Contact",
        thing: "cont",
        ways: &[
            (
                "{ handover(id: \"HANDOVER\") { continuity { contacts { contact { FIELD } } } } }",
                "/handover/continuity/contacts/0/contact",
            ),
            (
                "{ handover(id: \"HANDOVER\") { continuity { contacts { contact { FIELD } } } more: continuity { contacts { contact { id } } } } }",
                "/handover/continuity/contacts/0/contact",
            ),
        ],
        without: &["reports", "posts"],
    },
    Ways {
        ty: "Activity",
        thing: "act",
        ways: &[
            (
                "{ handover(id: \"HANDOVER\") { continuity { contacts { introduced { FIELD } metAlone { id } } } } }",
                "/handover/continuity/contacts/0/introduced",
            ),
            (
                "{ account(id: \"ACCOUNT\") { openHandover { continuity { contacts { introduced { FIELD } } } } } }",
                "/account/openHandover/continuity/contacts/0/introduced",
            ),
        ],
        without: &["contacts", "withMembers"],
    },
];

const WAYS: &[Ways] = &[
    Ways {
        ty: "Account",
        thing: "acct",
        ways: &[
            ("{ account(id: \"ACCOUNT\") { FIELD } }", "/account"),
            (
                "{ account(id: \"ACCOUNT\") { id } account(id: \"ACCOUNT\") { FIELD } }",
                "/account",
            ),
            (
                "{ accounts(first: 1, filter: { text: \"First\" }) { nodes { FIELD } } }",
                "/accounts/nodes/0",
            ),
            (
                "{ accounts(first: 1, orderBy: RISK, filter: { text: \"First\" }) { nodes { id } edges { node { FIELD } } } }",
                "/accounts/edges/0/node",
            ),
            (
                "query { accounts(first: 1, orderBy: VALUE, filter: { text: \"First\" }) { nodes { ...F } } } fragment F on Account { FIELD }",
                "/accounts/nodes/0",
            ),
        ],
        without: &[],
    },
    Ways {
        ty: "Contact",
        thing: "cont",
        ways: &[
            (
                "{ account(id: \"ACCOUNT\") { contacts { FIELD } } }",
                "/account/contacts/0",
            ),
            (
                "{ account(id: \"ACCOUNT\") { contacts { FIELD } more: contacts { id } } }",
                "/account/contacts/0",
            ),
            (
                "{ accounts(first: 1, filter: { text: \"First\" }) { nodes { contacts { FIELD } } } }",
                "/accounts/nodes/0/contacts/0",
            ),
        ],
        without: &[],
    },
    Ways {
        ty: "Activity",
        thing: "act",
        ways: &[
            (
                "{ account(id: \"ACCOUNT\") { activities(first: 3) { FIELD } } }",
                "/account/activities/0",
            ),
            (
                "{ account(id: \"ACCOUNT\") { lastActivity { FIELD } activities { id } } }",
                "/account/lastActivity",
            ),
            (
                "{ accounts(first: 1, filter: { text: \"First\" }) { nodes { activities(first: 3) { FIELD } } } }",
                "/accounts/nodes/0/activities/0",
            ),
            (
                "{ accounts(first: 1, filter: { text: \"First\" }) { nodes { lastActivity { FIELD } } } }",
                "/accounts/nodes/0/lastActivity",
            ),
        ],
        without: &[],
    },
    Ways {
        ty: "Member",
        thing: "mem",
        ways: &[
            ("{ account(id: \"ACCOUNT\") { owner { FIELD } } }", "/account/owner"),
            (
                "{ accounts(first: 1, filter: { text: \"First\" }) { nodes { owner { FIELD } } } }",
                "/accounts/nodes/0/owner",
            ),
        ],
        without: &[],
    },
];

/// The fields of an object that are values and cost nothing by themselves.
pub fn plain_fields(ty: &str) -> Vec<String> {
    let free = definitions(ty).into_iter().filter(|field| !costs(field));
    free.filter_map(|field| shown(&field, true)).collect()
}

/// Those that cost something by themselves, or by an argument.
pub fn costing_fields(ty: &str) -> Vec<String> {
    let costing = definitions(ty).into_iter().filter(costs);
    costing.map(|field| field.name.node.to_string()).collect()
}

fn costs(field: &FieldDefinition) -> bool {
    let arguments = field.arguments.iter().flat_map(|argument| &argument.node.directives);
    let mut directives = field.directives.iter().chain(arguments);
    directives.any(|directive| directive.node.name.node == "cost")
}

fn definitions(ty: &str) -> Vec<FieldDefinition> {
    let document = async_graphql::parser::parse_schema(api::schema::sdl()).unwrap();
    let mut types = document
        .definitions
        .into_iter()
        .filter_map(|definition| match definition {
            TypeSystemDefinition::Type(found) if found.node.name.node == ty => Some(found.node.kind),
            _ => None,
        });
    match types.next() {
        Some(TypeKind::Object(object)) => object.fields.into_iter().map(|field| field.node).collect(),
        _ => Vec::new(),
    }
}

/// The fields of an object, each with a selection below it: the plain fields of what it gives.
fn fields(ty: &str, is_nested: bool) -> Vec<String> {
    let all = definitions(ty).into_iter();
    all.filter_map(|field| shown(&field, is_nested)).collect()
}

/// A field as it is asked for; nothing when it gives an object below another.
fn shown(field: &FieldDefinition, is_nested: bool) -> Option<String> {
    let name = &field.name.node;
    let mut base = &field.ty.node.base;
    while let BaseType::List(inner) = base {
        base = &inner.base;
    }
    let BaseType::Named(of) = base else { return None };
    match (fields_of_object(of), is_nested) {
        (false, _) => Some(name.to_string()),
        (true, true) => None,
        (true, false) => Some(format!("{name} {{ __typename {} }}", fields(of, true).join(" "))),
    }
}

fn fields_of_object(ty: &str) -> bool {
    let sdl = api::schema::sdl();
    sdl.contains(&format!("type {ty} ")) || sdl.contains(&format!("interface {ty} "))
}

async fn answer(client: &Client, query: &str, place: &str) -> Value {
    let data = client.ok(query, json!({})).await;
    data.pointer(place)
        .unwrap_or_else(|| panic!("{query}: {data:#}"))
        .clone()
}

async fn compare(client: &Client, ids: &Ids, all: &[Ways]) {
    for Ways {
        ty,
        thing,
        ways,
        without,
    } in all
    {
        let fields = fields(ty, false);
        assert!(fields.len() > 10, "{fields:?}");
        let is_left_out = |field: &&String| without.iter().any(|list| field.starts_with(&format!("{list} ")));
        for field in fields.iter().filter(|field| !is_left_out(field)) {
            let whole = format!("{{ node(id: \"{}\") {{ ... on {ty} {{ {field} }} }} }}", ids.get(thing));
            let expected = answer(client, &whole, "/node").await;
            for (way, place) in *ways {
                let query = way.replace("ACCOUNT", ids.get("acct")).replace("FIELD", field);
                let query = query.replace("HANDOVER", ids.get("hand"));
                let mut given = answer(client, &query, place).await;
                if !field.starts_with("id") {
                    given.as_object_mut().unwrap().remove("id");
                }
                assert_eq!(given, expected, "{query}");
            }
        }
    }
}

/// Every field of the first account, its contact and its activity has a value of its own.
pub async fn fill(app: &TestApp, client: &Client) -> Ids {
    let ids = app.a.furnish(app).await;
    let account = json!({
        "id": ids.get("acct"), "version": version(client, ids.get("acct")).await, "name": "First", "nameKana": "ファースト", "industry": "Pumps",
        "segment": "Large", "country": "JP", "website": "https://first.example", "externalId": "X-1",
        "acquisitionChannel": "Fair", "fiscalYearEndMonth": 3, "note": "Noted", "lifecycle": "CUSTOMER",
    });
    client
        .change("accountUpdate", "AccountUpdateInput", account, "account { id }")
        .await;
    let superior = json!({ "accountId": ids.get("acct"), "familyName": "Ueda", "givenName": "Jun" });
    let superior = client
        .change("contactCreate", "ContactCreateInput", superior, "contact { id }")
        .await;
    let contact = json!({
        "id": ids.get("cont"), "version": version(client, ids.get("cont")).await, "familyKana": "サトウ", "givenKana": "ミオ", "title": "Head",
        "department": "Buying", "email": "mio@first.example", "phone": "03-1", "startedOn": "2020-04-01",
        "note": "Likes tea", "reportsToId": superior["contact"]["id"],
    });
    client
        .change("contactUpdate", "ContactUpdateInput", contact, "contact { id }")
        .await;
    let activity = json!({
        "id": ids.get("act"), "version": version(client, ids.get("act")).await, "nextStep": "Call again", "withMemberIds": [app.a.other_rep.id()],
    });
    client
        .change("activityUpdate", "ActivityUpdateInput", activity, "activity { id }")
        .await;
    app.drain().await;
    ids
}

async fn version(client: &Client, id: &str) -> Value {
    let query = format!(
        "{{ node(id: \"{id}\") {{ ... on Account {{ version }} ... on Contact {{ version }} ... on Activity {{ version }} }} }}"
    );
    answer(client, &query, "/node/version").await
}

on_both! {
    async fn each_field_alone_has_the_value_that_it_has_in_the_whole_row(app) {
        let client = app.a.client(&app, &app.a.admin).await;
        let ids = fill(&app, &client).await;
        compare(&client, &ids, WAYS).await;
    }

    async fn each_field_of_the_account_of_what_is_recorded_has_its_value(app) {
        let client = app.a.client(&app, &app.a.admin).await;
        let ids = fill(&app, &client).await;
        let account = ids.get("acct");
        // Nothing is what it would be without having been read.
        let change = json!({ "id": account, "version": version(&client, account).await, "lifecycle": "PROSPECT", "touchCadenceDays": 30 });
        client.change("accountUpdate", "AccountUpdateInput", change, "account { id }").await;
        let input = json!({ "accountId": account, "kind": "CALL", "occurredAt": "2026-01-05T01:00:00Z", "summary": "Called" });
        let input = json!({ "input": input });
        for field in fields("Account", false) {
            for shown in [
                "activity { account { FIELD } } } }",
                "one: activity { summary } activity { account { name } account { FIELD } } } }",
                "...P } } fragment P on ActivityRecordPayload { activity { ... on Activity { account { ...A } } } } fragment A on Account { FIELD }",
            ] {
                let query = format!("mutation($input: ActivityRecordInput!) {{ activityRecord(input: $input) {{ {}", shown.replace("FIELD", &field));
                let whole = format!("{{ account(id: \"{account}\") {{ {field} }} }}");
                // It may be assessed anew between the two.
                for tries in 0..5 {
                    let data = client.ok(&query, input.clone()).await;
                    let mut given = data["activityRecord"]["activity"]["account"].clone();
                    if field != "name" {
                        given.as_object_mut().unwrap().remove("name");
                    }
                    let expected = answer(&client, &whole, "/account").await;
                    if given == expected {
                        break;
                    }
                    assert!(tries < 4, "{query}: {given:#} {expected:#}");
                }
            }
        }
    }

    async fn each_field_of_evidence_has_the_value_that_it_has_in_the_whole_row(app) {
        let client = app.a.client(&app, &app.a.admin).await;
        let mut ids = fill(&app, &client).await;
        app.a.introduce(&app, &mut ids).await;
        compare(&client, &ids, EVIDENCE).await;
    }

    async fn evidence_is_shown_only_to_those_who_may_read_what_it_is(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let mut ids = fill(&app, &admin).await;
        app.a.introduce(&app, &mut ids).await;
        let shown = |what: &str| format!("{{ handover(id: \"{}\") {{ continuity {{ contacts {{ {what} }} }} }} }}", ids.get("hand"));
        let of_contact = "/handover/continuity/contacts/0/contact/familyName";
        let of_activity = "/handover/continuity/contacts/0/introduced/kind";
        for (scopes, sees_contact, sees_activity) in [
            (json!(["HANDOVERS_READ"]), false, false),
            (json!(["HANDOVERS_READ", "CONTACTS_READ"]), true, false),
            (json!(["HANDOVERS_READ", "ACTIVITIES_READ"]), false, true),
        ] {
            let made = admin
                .change("apiClientCreate", "ApiClientCreateInput", json!({ "name": "Partner", "scopes": scopes }), "apiClient { id } secret")
                .await;
            let partner = app.anonymous().partner(&made).await;
            let contact = partner.send(&shown("contact { familyName }"), json!({})).await;
            assert_eq!(contact.body.pointer(&format!("/data{of_contact}")).is_some(), sees_contact, "{scopes} {:#}", contact.body);
            assert_eq!(contact.code(), (!sees_contact).then_some("FORBIDDEN"));
            let activity = partner.send(&shown("introduced { kind }"), json!({})).await;
            assert_eq!(activity.body.pointer(&format!("/data{of_activity}")).is_some(), sees_activity, "{scopes} {:#}", activity.body);
            assert_eq!(activity.code(), (!sees_activity).then_some("FORBIDDEN"));
        }
    }
}
