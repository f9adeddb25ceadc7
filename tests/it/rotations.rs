//! When buyers may be moved on.

use chrono::{Datelike, Duration, NaiveDate};
use serde_json::{Value, json};
use tests::{Client, TestApp, on_both};

async fn contact(app: &TestApp, admin: &Client, name: &str, days_there: i64, left: bool) -> Value {
    let today = (app.app.clock.now() + Duration::hours(9)).date_naive();
    let mut input = json!({ "accountId": app.a.account_id(), "familyName": name, "givenName": "X", "isKey": true,
        "startedOn": today - Duration::days(days_there) });
    if left {
        input["leftOn"] = json!(today - Duration::days(1));
    }
    admin
        .change("contactCreate", "ContactCreateInput", input, "contact { id }")
        .await["contact"]["id"]
        .clone()
}

async fn calendar(admin: &Client, from: &str, to: &str) -> Value {
    let query = "query($from: Date!, $to: Date!) { rotationWindows(from: $from, to: $to) { windows { contact { familyName } opensOn closesOn \
        confidence isOverdue reason } tenure { medianDays count isPrior source } } }";
    admin.ok(query, json!({ "from": from, "to": to })).await["rotationWindows"].clone()
}

on_both! {
    async fn windows_open_in_the_rotation_months_of_the_client(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        contact(&app, &admin, "New", 100, false).await;
        contact(&app, &admin, "Old", 4_000, false).await;
        contact(&app, &admin, "Gone", 900, true).await;
        let shown = calendar(&admin, "2026-01-01", "2099-01-01").await;
        let names: Vec<&str> = shown["windows"].as_array().unwrap().iter().map(|one| one["contact"]["familyName"].as_str().unwrap()).collect();
        assert_eq!(names, ["Old", "New"]);
        let overdue: Vec<bool> = shown["windows"].as_array().unwrap().iter().map(|one| one["isOverdue"].as_bool().unwrap()).collect();
        assert_eq!(overdue, [true, false]);
        for window in shown["windows"].as_array().unwrap() {
            let opens: NaiveDate = window["opensOn"].as_str().unwrap().parse().unwrap();
            assert!(matches!((opens.month(), opens.day()), (4 | 10, 1)), "{window}");
            assert!((0.0..=1.0).contains(&window["confidence"].as_f64().unwrap()));
            assert!(window["reason"].as_str().unwrap().contains("month 4 and 10"), "{window}");
        }
        assert_eq!((&shown["tenure"]["isPrior"], &shown["tenure"]["count"], &shown["tenure"]["medianDays"]), (&json!(true), &json!(0), &json!(1_461)));
        // What is over by then, or not begun, is left out.
        assert_eq!(calendar(&admin, "2026-01-01", "2026-01-31").await["windows"], json!([]));
        let wrong = admin.send("{ rotationWindows(from: \"2027-01-01\", to: \"2026-01-01\") { windows { opensOn } } }", json!({})).await;
        assert_eq!(wrong.code(), Some("BAD_USER_INPUT"));
    }

    async fn it_is_told_once_when_a_window_opens(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        contact(&app, &admin, "New", 100, false).await;
        let old = contact(&app, &admin, "Old", 4_000, false).await;
        let elsewhere = admin.change("accountCreate", "AccountCreateInput", json!({ "name": "Vannes SARL", "country": "FR" }), "account { id }").await;
        let abroad = json!({ "accountId": elsewhere["account"]["id"], "familyName": "Abroad", "givenName": "X", "isKey": true,
            "startedOn": (app.app.clock.now() - Duration::days(4 * 365)).date_naive() });
        let abroad = admin.change("contactCreate", "ContactCreateInput", abroad, "contact { id }").await["contact"]["id"].clone();
        let told = async || {
            let admin = app.a.client(&app, &app.a.admin).await;
            let query = "{ events(first: 50, types: [\"buyer.rotation_window_open\"]) { nodes { subjectId payload } } }";
            let found = admin.ok(query, json!({})).await["events"]["nodes"].clone();
            let found = found.as_array().unwrap().iter().map(|node| node["subjectId"].clone());
            found.collect::<Vec<Value>>()
        };
        app.app.clock.advance(Duration::days(1));
        app.drain().await;
        // Where no months are known a window is open between the quartiles.
        assert_eq!(told().await, std::slice::from_ref(&abroad));
        // Nobody ran the server on the first of the month.
        let today = (app.app.clock.now() + Duration::hours(9)).date_naive();
        let firsts = (1..=12).map(|ahead| today.with_day(1).unwrap() + chrono::Months::new(ahead));
        let opens = firsts.filter(|first| matches!(first.month(), 4 | 10)).min().unwrap();
        app.app.clock.advance(Duration::days((opens - today).num_days() + 2));
        app.drain().await;
        assert_eq!(told().await, [abroad.clone(), old.clone()]);
        app.app.clock.advance(Duration::days(1));
        app.drain().await;
        app.drain().await;
        assert_eq!(told().await, [abroad, old]);
    }

    async fn their_own_tenures_count_once_there_are_thirty(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        for n in 0..30 {
            contact(&app, &admin, &format!("Gone {n}"), 200 + n, true).await;
        }
        let shown = calendar(&admin, "2026-01-01", "2099-01-01").await;
        assert_eq!((&shown["tenure"]["isPrior"], &shown["tenure"]["count"]), (&json!(false), &json!(30)));
        assert!(shown["tenure"]["source"].as_str().unwrap().contains("30 posts"));
    }
}
