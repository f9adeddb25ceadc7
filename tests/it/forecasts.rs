//! Sales at stake by month, and what of them may be lost.

use chrono::{Datelike, Duration, Months, NaiveDate};
use entity::{handover, order};
use sea_orm::Set;
use serde_json::{Value, json};
use tests::{Client, TestApp, on_both};
use uuid::Uuid;

use crate::departures::book;

fn today(app: &TestApp) -> NaiveDate {
    (app.app.clock.now() + Duration::hours(9)).date_naive()
}

fn first_of_month(app: &TestApp, ahead: u32) -> NaiveDate {
    today(app).with_day(1).unwrap() + Months::new(ahead)
}

async fn forecast(client: &Client, months: u32) -> Value {
    let query = "query($months: Int!) { handoverForecast(months: $months) { basis lossLow lossHigh outcomeCount source \
        months { month ownerChangeCount ownerChangeSales { amount currencyCode } expectedRotations rotationSales { amount } \
            atStake { amount } lossLow { amount } lossHigh { amount } } } }";
    client.ok(query, json!({ "months": months })).await["handoverForecast"].clone()
}

fn amount(value: &Value) -> f64 {
    value["amount"].as_str().unwrap().parse().unwrap()
}

async fn buys(app: &TestApp, client: &Client, days_ago: i64, yen: &str) {
    let input = json!({ "accountId": app.a.account_id(), "placedAt": app.app.clock.now() - Duration::days(days_ago),
        "amount": { "amount": yen, "currencyCode": "JPY" } });
    client
        .change("orderCreate", "OrderCreateInput", input, "order { id }")
        .await;
}

on_both! {
    async fn what_is_at_stake_stands_in_the_month_in_which_the_owner_changes(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        buys(&app, &admin, 30, "400000").await;
        buys(&app, &admin, 90, "600000").await;
        app.drain().await;
        let quiet = forecast(&admin, 3).await;
        let firsts: Vec<&str> = quiet["months"].as_array().unwrap().iter().map(|month| month["month"].as_str().unwrap()).collect();
        assert_eq!(firsts, [0, 1, 2].map(|ahead| first_of_month(&app, ahead).to_string()));
        assert!(quiet["months"].as_array().unwrap().iter().all(|month| amount(&month["atStake"]) == 0.0));
        let last_day = first_of_month(&app, 1) + Duration::days(9);
        let input = json!({ "accountId": app.a.account_id(), "toMemberId": app.a.other_rep.id(), "lastDay": last_day, "reason": "x" });
        admin.change("handoverPlan", "HandoverPlanInput", input, "handover { id }").await;
        // Of one who leaves, also what no handover was opened for.
        book(&app, &app.a.manager, 2, &["Hotels"]).await;
        let leaves = first_of_month(&app, 2) + Duration::days(4);
        let input = json!({ "memberId": app.a.manager.id(), "lastDay": leaves, "reason": "x", "filter": { "industries": ["Valves"] } });
        admin.change("departurePlan", "DeparturePlanInput", input, "departure { id }").await;
        let planned = forecast(&admin, 3).await;
        let counts: Vec<i64> = planned["months"].as_array().unwrap().iter().map(|month| month["ownerChangeCount"].as_i64().unwrap()).collect();
        assert_eq!(counts, [0, 1, 2]);
        let month = &planned["months"][1];
        assert_eq!(month["ownerChangeSales"], json!({ "amount": "1000000", "currencyCode": "JPY" }));
        assert_eq!((amount(&month["atStake"]), amount(&month["lossLow"]), amount(&month["lossHigh"])), (1_000_000.0, 132_000.0, 176_000.0));
        assert_eq!((&planned["basis"], &planned["outcomeCount"]), (&json!("PRIOR"), &json!(0)));
        assert!(planned["source"].as_str().unwrap().starts_with("A prior"));
        // A rep who sees only his own sees nothing of the manager's; another company nothing at all.
        admin.change("tenantUpdate", "TenantUpdateInput", json!({ "version": 1, "accountVisibility": "TEAM" }), "tenant { id }").await;
        let rep = app.a.client(&app, &app.a.rep).await;
        let his: Vec<i64> = forecast(&rep, 3).await["months"].as_array().unwrap().iter().map(|month| month["ownerChangeCount"].as_i64().unwrap()).collect();
        assert_eq!(his, [0, 1, 0]);
        let other = app.b.client(&app, &app.b.admin).await;
        assert!(forecast(&other, 24).await["months"].as_array().unwrap().iter().all(|month| month["ownerChangeCount"] == 0));
        // Once it has switched nothing is at stake there.
        app.app.clock.advance(Duration::days((last_day - today(&app)).num_days() + 1));
        app.drain().await;
        let admin = app.a.client(&app, &app.a.admin).await;
        let after = forecast(&admin, 1).await;
        assert_eq!(after["months"][0]["ownerChangeCount"], 0);
    }

    async fn buyers_who_may_be_moved_on_count_with_their_probability(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        buys(&app, &admin, 30, "1000000").await;
        app.drain().await;
        for name in ["Sato", "Ono"] {
            let input = json!({ "accountId": app.a.account_id(), "familyName": name, "givenName": "X", "isKey": true,
                "startedOn": today(&app) - Months::new(42) });
            admin.change("contactCreate", "ContactCreateInput", input, "contact { id }").await;
        }
        let windows = admin.ok("query($from: Date!, $to: Date!) { rotationWindows(from: $from, to: $to) { windows { confidence closesOn } } }",
            json!({ "from": today(&app), "to": today(&app) + Months::new(30) })).await;
        let windows = windows["rotationWindows"]["windows"].as_array().unwrap();
        let confidence: f64 = windows.iter().map(|window| window["confidence"].as_f64().unwrap()).sum();
        assert!(confidence > 0.5 && windows.len() == 2, "{windows:?}");
        let shown = forecast(&admin, 24).await;
        let months = shown["months"].as_array().unwrap();
        let expected: f64 = months.iter().map(|month| month["expectedRotations"].as_f64().unwrap()).sum();
        assert!((expected - confidence).abs() < 1e-9, "the windows end within two years: {expected} {confidence}");
        for month in months {
            // Two who may both go put the account at stake once.
            let each = month["expectedRotations"].as_f64().unwrap() / 2.0;
            let once = 1_000_000.0 * (1.0 - (1.0 - each).powi(2));
            assert!((amount(&month["rotationSales"]) - once).abs() <= 0.5, "{month}");
        }
    }

    async fn with_thirty_outcomes_of_its_own_a_company_learns_from_them(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        book(&app, &app.a.rep, 31, &["Hotels"]).await;
        let ctx = app.a.system(&app.app).await;
        let tx = ctx.write().await.unwrap();
        let accounts = api::accounts::book::owned(&tx, app.a.rep.member, 100).await.unwrap();
        let accounts: Vec<Uuid> = accounts.into_iter().filter(|account| *account != app.a.account).collect();
        let switched_at = ctx.now - Duration::days(400);
        for (n, account) in accounts.iter().enumerate() {
            tx.insert(handover::ActiveModel {
                tenant_id: Set(app.a.id), id: Set(Uuid::now_v7()), account_id: Set(*account), from_member_id: Set(app.a.manager.member),
                to_member_id: Set(app.a.rep.member), status: Set("COMPLETED".into()), reason: Set("x".into()), note: Set(None),
                last_day: Set(switched_at.date_naive()), planned_at: Set(switched_at), switched_at: Set(Some(switched_at)), ended_at: Set(Some(ctx.now)),
                end_reason: Set(None), overridden: Set(false), no_time: Set(false), moves_follow_ups: Set(true), moves_others_follow_ups: Set(false),
                stalled_since: Set(None), planned_by_id: Set(None), version: Set(1), created_at: Set(ctx.now),
            }).await.unwrap();
            // Half of the sales are lost, but for one who bought nothing before; older and later sales do not count.
            for (days, yen) in [(-366, 7_000), (-300, if n == 0 { 0 } else { 1_000 }), (100, 500), (366, 9_000)] {
                tx.insert(order::ActiveModel {
                    tenant_id: Set(app.a.id), id: Set(Uuid::now_v7()), account_id: Set(*account), external_id: Set(None),
                    ordered_at: Set(switched_at + Duration::days(days)), recorded_at: Set(ctx.now), amount_minor: Set(yen), currency: Set("JPY".into()),
                    tenant_amount_minor: Set(yen), tenant_currency: Set("JPY".into()), rate: Set("1".into()), delivered_on: Set(None), note: Set(None),
                    archived_at: Set(None), version: Set(1), created_at: Set(ctx.now), updated_at: Set(ctx.now),
                }).await.unwrap();
            }
        }
        tx.commit().await.unwrap();
        let learnt = forecast(&admin, 1).await;
        assert_eq!((&learnt["basis"], &learnt["outcomeCount"]), (&json!("OWN_OUTCOMES"), &json!(30)));
        assert_eq!((&learnt["lossLow"], &learnt["lossHigh"]), (&json!(0.5), &json!(0.5)));
        assert!(learnt["source"].as_str().unwrap().contains("latest 30 accounts"));
        let other = app.b.client(&app, &app.b.admin).await;
        assert_eq!(forecast(&other, 1).await["basis"], "PRIOR");
        let query = |months: u32| format!("{{ handoverForecast(months: {months}) {{ months {{ atStake {{ amount }} }} }} }}");
        let few = app.statements(&app.a.admin, &query(1)).await;
        assert_eq!(app.statements(&app.a.admin, &query(24)).await, few);
        assert!(few <= 12, "{few} statements");
    }

    async fn a_number_of_months_that_makes_no_sense_is_refused(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        for months in [0, -1, 25] {
            let answer = admin.send("query($months: Int!) { handoverForecast(months: $months) { basis } }", json!({ "months": months })).await;
            assert_eq!(answer.code(), Some("BAD_USER_INPUT"), "{months}");
        }
    }
}
