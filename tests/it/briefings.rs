//! What a successor must know: as data, and as a page behind a link.

use chrono::Duration;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Client, TestApp, on_both};

const BRIEFING: &str = "query($id: ID!) { handover(id: $id) { briefing { account { name note } value { amount } \
    people { people { level contact { familyName } metBy { member { id } } } } lastTalks { summary } \
    promises { text activity { kind } } products { product { name } rating orderCount lastOrderedAt } \
    assessment { band } occasions { kind on } pitfalls { kind note } page { url expiresAt } } } }";

/// A handover of an account of which there is something to tell; its id.
async fn furnished(app: &TestApp, admin: &Client) -> Value {
    let account = app.a.account_id();
    let version = json!({ "id": account, "version": 1, "country": "JP", "fiscalYearEndMonth": 3,
        "note": "<script>alert('note')</script> Never call before ten." });
    admin
        .change("accountUpdate", "AccountUpdateInput", version, "account { id }")
        .await;
    let contact = json!({ "accountId": account, "familyName": "森<b>", "givenName": "一郎", "say": 70, "isKey": true, "title": "部長" });
    let contact = admin
        .change("contactCreate", "ContactCreateInput", contact, "contact { id }")
        .await["contact"]["id"]
        .clone();
    let touch = json!({ "accountId": account, "kind": "MEETING", "occurredAt": "2026-03-02T01:00:00Z", "memberId": app.a.rep.id(),
        "contactIds": [contact], "summary": "Talked of valves & pumps.", "nextStep": "Send the offer <now>" });
    admin
        .change("activityRecord", "ActivityRecordInput", touch, "activity { id }")
        .await;
    let product = admin
        .change(
            "productCreate",
            "ProductCreateInput",
            json!({ "code": "V-1", "name": "Valve <V>" }),
            "product { id }",
        )
        .await["product"]["id"]
        .clone();
    for day in ["2024-02-05", "2025-04-05"] {
        let order = json!({ "accountId": account, "placedAt": format!("{day}T01:00:00Z"),
            "amount": { "amount": "1200", "currencyCode": "JPY" }, "lines": [{ "productId": product, "quantity": 2 }] });
        admin
            .change("orderCreate", "OrderCreateInput", order, "order { id }")
            .await;
    }
    let signal = json!({ "accountId": account, "kind": "UNRESOLVED_COMPLAINT", "occurredOn": "2026-01-07", "note": "Late <twice>" });
    admin
        .change("signalRecord", "SignalRecordInput", signal, "signal { id }")
        .await;
    let last_day = (app.app.clock.now() + Duration::days(40)).date_naive();
    let plan =
        json!({ "accountId": account, "toMemberId": app.a.other_rep.id(), "lastDay": last_day, "reason": "Moves" });
    admin
        .change("handoverPlan", "HandoverPlanInput", plan, "handover { id }")
        .await["handover"]["id"]
        .clone()
}

/// The page behind an address that names the public host.
async fn page(client: &Client, url: &Value) -> reqwest::Response {
    let path = reqwest::Url::parse(url.as_str().unwrap()).unwrap().path().to_owned();
    client.http(Method::GET, &path).send().await.unwrap()
}

on_both! {
    async fn a_briefing_has_what_is_known(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let id = furnished(&app, &admin).await;
        let shown = admin.ok(BRIEFING, json!({ "id": id })).await["handover"]["briefing"].clone();
        assert_eq!(shown["people"]["people"][0]["metBy"][0]["member"]["id"], json!(app.a.rep.id()));
        assert_eq!(shown["lastTalks"], json!([{ "summary": "Talked of valves & pumps." }]));
        assert_eq!(shown["promises"], json!([{ "text": "Send the offer <now>", "activity": { "kind": "MEETING" } }]));
        assert_eq!(shown["products"][0]["product"]["name"], "Valve <V>");
        assert_eq!((&shown["products"][0]["rating"], &shown["products"][0]["orderCount"]), (&json!("A"), &json!(2)));
        assert!(shown["products"][0]["lastOrderedAt"].as_str().unwrap().starts_with("2025-04-05"));
        assert_eq!(shown["pitfalls"], json!([{ "kind": "UNRESOLVED_COMPLAINT", "note": "Late <twice>" }]));
        let mut kinds: Vec<&str> = shown["occasions"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, ["FIRST_ORDER", "FISCAL_YEAR_END", "MID_YEAR_GIFT", "NEW_YEAR_CARD", "YEAR_END_GIFT"]);
        let first = shown["occasions"].as_array().unwrap().iter().find(|one| one["kind"] == "FIRST_ORDER").unwrap();
        assert!(first["on"].as_str().unwrap().ends_with("-02-05"));
    }

    async fn the_page_behind_the_link_is_escaped_and_in_the_language_of_whoever_asked(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let id = furnished(&app, &admin).await;
        let query = "query($id: ID!) { handover(id: $id) { briefing { page { url expiresAt } } } }";
        for (lang, title, name) in [("en", "Briefing: Aoba Client", "一郎 森&lt;b&gt;"), ("ja", "引き継ぎ資料：Aoba Client", "森&lt;b&gt; 一郎")] {
            let answer = admin.send_in(lang, query, json!({ "id": id })).await;
            let link = &answer.body["data"]["handover"]["briefing"]["page"]["url"];
            // Nobody needs to be signed in: the link is the leave.
            let answer = page(&app.anonymous(), link).await;
            assert_eq!(answer.status(), 200);
            let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
            assert_eq!(header("content-type"), "text/html; charset=utf-8");
            assert_eq!(header("cache-control"), "private, no-store");
            assert!(header("content-security-policy").starts_with("default-src 'none'"));
            let html = answer.text().await.unwrap();
            assert!(html.contains(&format!("<html lang=\"{lang}\">")) && html.contains(title) && html.contains(name), "{html}");
            for written in ["&lt;script&gt;", "valves &amp; pumps", "Send the offer &lt;now&gt;", "Valve &lt;V&gt;", "Late &lt;twice&gt;"] {
                assert!(html.contains(written), "{written} in {html}");
            }
            assert!(!html.contains("<script") && !html.contains("森<b>"));
        }
    }

    async fn a_link_opens_nothing_when_it_has_expired_or_was_made_up_or_may_not_be_seen_any_more(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let id = furnished(&app, &admin).await;
        let rep = app.a.client(&app, &app.a.other_rep).await;
        let query = "query($id: ID!) { handover(id: $id) { briefing { page(validMinutes: 5) { url } } } }";
        let link = async |client: &Client| client.ok(query, json!({ "id": id })).await["handover"]["briefing"]["page"]["url"].clone();
        let (of_admin, of_rep) = (link(&admin).await, link(&rep).await);
        let status = async |link: &Value| page(&app.anonymous(), link).await.status().as_u16();
        assert_eq!((status(&of_admin).await, status(&of_rep).await), (200, 200));
        let mut forged = of_admin.as_str().unwrap().to_owned();
        let last = if forged.ends_with('A') { 'B' } else { 'A' };
        forged.pop();
        forged.push(last);
        assert_eq!(status(&json!(forged)).await, 404);
        assert_eq!(status(&json!(format!("http://x.example/pages/{}", "a".repeat(5_000)))).await, 404);
        let answer = page(&app.anonymous(), &json!("http://x.example/pages/made-up")).await;
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["errors"][0]["message"], "This link has expired, or is not valid: ask for a new one.");
        // The member who asked may not see it any more.
        admin.change("tenantUpdate", "TenantUpdateInput", json!({ "version": 1, "accountVisibility": "TEAM" }), "tenant { id }").await;
        let cancel = json!({ "id": id, "version": 1, "reason": "x" });
        admin.change("handoverCancel", "HandoverCancelInput", cancel, "handover { id }").await;
        assert_eq!((status(&of_admin).await, status(&of_rep).await), (200, 404));
        app.app.clock.advance(Duration::minutes(5));
        assert_eq!(status(&of_admin).await, 404);
        let wrong = admin.send("query($id: ID!) { handover(id: $id) { briefing { page(validMinutes: 0) { url } } } }", json!({ "id": id })).await;
        assert_eq!(wrong.code(), Some("BAD_USER_INPUT"));
    }

    async fn many_briefings_take_as_many_statements_as_one(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        furnished(&app, &admin).await;
        let last_day = (app.app.clock.now() + Duration::days(40)).date_naive();
        for n in 0..5 {
            let made = admin.change("accountCreate", "AccountCreateInput", json!({ "name": format!("Client {n}") }), "account { id }").await;
            let account = &made["account"]["id"];
            let contact = json!({ "accountId": account, "familyName": "Sato", "givenName": "M", "isKey": true });
            admin.change("contactCreate", "ContactCreateInput", contact, "contact { id }").await;
            let plan = json!({ "accountId": account, "toMemberId": app.a.other_rep.id(), "lastDay": last_day, "reason": "Moves" });
            admin.change("handoverPlan", "HandoverPlanInput", plan, "handover { id }").await;
        }
        app.drain().await;
        let query = |first: u8| format!("{{ handovers(first: {first}) {{ nodes {{ steps {{ fulfilledWhen }} continuity {{ score \
            next {{ dueOn contact {{ familyName }} }} contacts {{ points next {{ proof }} }} }} briefing {{ followUps {{ reason }} \
            people {{ levels {{ isUnmet }} }} lastTalks {{ summary }} promises {{ text }} products {{ orderCount }} \
            occasions {{ on }} pitfalls {{ note }} assessment {{ band }} page {{ url }} }} }} }} }}");
        let few = app.statements(&app.a.admin, &query(2)).await;
        assert_eq!(app.statements(&app.a.admin, &query(6)).await, few);
        assert!(few <= 28, "{few} statements");
    }
}
