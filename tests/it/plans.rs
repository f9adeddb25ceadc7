//! How PostgreSQL finds the rows: by an index that the company's id leads, in every statement of every list, and a page in
//! the order of its index. Tables of the tests are small, so the planner is kept from taking what is cheap for small ones:
//! what it cannot do otherwise it does all the same, and shows.

use serde_json::Value;
use tests::postgres::OwnPostgres;
use tests::surface::{self, Call};
use tests::{Ids, TestApp, Urls};

/// Lists, by every order that they have and without a filter.
const PAGES: [&str; 17] = [
    "{ accounts(first: 5, orderBy: NAME) { nodes { id } } }",
    "{ accounts(first: 5, orderBy: RISK) { nodes { id } } }",
    "{ accounts(first: 5, orderBy: REVENUE_AT_RISK) { nodes { id } } }",
    "{ accounts(first: 5, orderBy: LAST_TOUCH) { nodes { id } } }",
    "{ accounts(first: 5, orderBy: VALUE) { nodes { id } } }",
    "{ contacts(first: 5) { nodes { id } } }",
    "{ activities(first: 5) { nodes { id } } }",
    "{ orders(first: 5) { nodes { id } } }",
    "{ products(first: 5) { nodes { id } } }",
    "{ signals(first: 5) { nodes { id } } }",
    "{ handovers(first: 5) { nodes { id } } }",
    "{ members(first: 5) { nodes { id } } }",
    "{ invitations(first: 5) { nodes { id } } }",
    "{ apiClients(first: 5) { nodes { id } } }",
    "{ imports(first: 5) { nodes { id } } }",
    "{ events(first: 5) { nodes { id } } }",
    "{ losses(first: 5) { nodes { id } } }",
];

/// Relations of the accounts of a page, which are read in one statement each, or stand in that of the page.
const RELATIONS: [&str; 13] = [
    "owner { id }",
    "contacts { id }",
    "activities { id member { id } account { name } }",
    "lastActivity { id }",
    "team { member { id } }",
    "ownerships { reason }",
    "contacts { id reports { id } }",
    "activities { id contacts { id } withMembers { id } }",
    "latestOrders { id lines { quantity } }",
    "handovers { id steps { kind } }",
    "openHandover { id continuity { score } }",
    "assessment { probability }",
    "losses { id causes { cause } }",
];

/// What the server logged since, of statements that the application sent.
fn plans(log: &str) -> Vec<Value> {
    let mut plans = Vec::new();
    let mut lines = log.lines().peekable();
    while let Some(line) = lines.next() {
        if !line.ends_with(" plan:") {
            continue;
        }
        let mut text = String::new();
        while let Some(more) = lines.next_if(|line| line.starts_with('\t')) {
            text.push_str(more);
        }
        plans.push(serde_json::from_str(&text.replace('\t', " ")).unwrap());
    }
    plans
}

fn nodes<'a>(plan: &'a Value, found: &mut Vec<&'a Value>) {
    found.push(plan);
    for below in plan["Plans"].as_array().into_iter().flatten() {
        nodes(below, found);
    }
}

/// Every table of a company is reached by an index whose condition has the company.
fn check_led(plan: &Value) {
    let mut all = Vec::new();
    nodes(&plan["Plan"], &mut all);
    for node in all {
        let table = node["Relation Name"].as_str().unwrap_or_default();
        if !entity::TENANT_TABLES.contains(&table) {
            continue;
        }
        let mut below = Vec::new();
        nodes(node, &mut below);
        let is_led = below.iter().any(|node| {
            node["Index Cond"]
                .as_str()
                .is_some_and(|condition| condition.contains("tenant_id"))
        });
        assert!(is_led, "{table} is not reached by its company:\n{plan:#}");
    }
}

/// A page is read in the order of an index, and no further than it goes. (Rows of one number among each other may be
/// sorted: an incremental sort.)
fn check_ordered(plan: &Value) {
    let mut all = Vec::new();
    nodes(&plan["Plan"], &mut all);
    if plan["Plan"]["Node Type"] == "Limit" {
        let sorts = all.iter().any(|node| node["Node Type"] == "Sort");
        assert!(!sorts, "a page is sorted:\n{plan:#}");
    }
}

async fn planned(postgres: &OwnPostgres, app: &TestApp, queries: impl IntoIterator<Item = String>) -> Vec<Value> {
    let client = app.a.client(app, &app.a.admin).await;
    let before = postgres.log().len();
    for query in queries {
        let answer = client.send(&query, serde_json::json!({})).await;
        assert!(answer.code().is_none(), "{query}: {:#}", answer.body);
    }
    plans(&postgres.log()[before..])
}

#[test]
fn every_list_is_read_by_an_index_that_the_company_leads() {
    let postgres = OwnPostgres::start();
    actix_web::rt::System::new().block_on(async {
        let name = "plans";
        postgres.server().create_database(name, None).await;
        let superuser = postgres.server().superuser_url(name);
        let outside = sea_orm::Database::connect(&superuser).await.unwrap();
        for setting in [
            "session_preload_libraries = 'auto_explain'",
            "auto_explain.log_min_duration = 0",
            "auto_explain.log_format = json",
            "auto_explain.log_nested_statements = on",
            "enable_seqscan = off",
            "enable_sort = off",
            "jit = off",
        ] {
            let sql = format!("ALTER DATABASE {name} SET {setting}");
            sea_orm::ConnectionTrait::execute_unprepared(&outside, &sql)
                .await
                .unwrap();
        }
        let urls = Urls {
            app: postgres.server().app_url(name),
            owner: postgres.server().owner_url(name),
            superuser: Some(superuser),
        };
        let app = TestApp::start_over(urls, |config| config.cost_limit = config.cost_bucket).await;
        let ids: Ids = app.a.furnish(&app).await;
        let book = format!(
            "{{ accounts(first: 5, orderBy: RISK, filter: {{ ownerId: \"{}\" }}) {{ nodes {{ id }} }} }}",
            ids.get("mem")
        );
        let pages = PAGES.map(str::to_owned).into_iter().chain([book]);
        for plan in planned(&postgres, &app, pages).await {
            check_led(&plan);
            check_ordered(&plan);
        }
        let reads = surface::rows()
            .into_iter()
            .filter(|row| matches!(row.call, Call::Query(_)));
        let relations = RELATIONS.map(|relation| format!("{{ accounts(first: 1) {{ nodes {{ {relation} }} }} }}"));
        let reads: Vec<String> = reads.map(|row| row.operation(&ids).0).chain(relations).collect();
        let seen = planned(&postgres, &app, reads).await;
        assert!(seen.len() > 60, "{} plans", seen.len());
        seen.iter().for_each(check_led);
        app.stop().await;
    });
}
