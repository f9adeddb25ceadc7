//! Risk: learned from the company's own orders, raised by what people record, and honest when it does not know.

use std::collections::BTreeMap;

use chrono::{Duration, NaiveDate};
use serde_json::{Value, json};
use tests::{Client, Company, TestApp, on_both};

const ASSESSMENT: &str = "assessment { probability band horizonDays modelVersion unknownReason { code } \
    expectedValue { amount currencyCode } revenueAtRisk { amount } baselineLogOdds \
    factors { kind logOdds points priorShare unit value cause controllable evidence { kind id } } }";

/// 60 clients that go on buying every twenty days and 60 that stopped 200 days ago.
pub async fn history(app: &TestApp) {
    let today = app.app.clock.now().date_naive();
    let mut csv = String::from("customer_id,invoice_no,ts,amount\n");
    for client in 0..120_i64 {
        let stopped = if client % 2 == 0 { 0 } else { 200 };
        let mut ago = 400 - client % 20;
        while ago > stopped {
            let day: NaiveDate = today - Duration::days(ago);
            csv.push_str(&format!("C{client:03},I{client}-{ago},{day} 03:00:00,1000\n"));
            ago -= 20;
        }
    }
    import(app, &app.a, csv).await;
}

/// Imports orders, and assesses.
async fn import(app: &TestApp, company: &Company, csv: String) {
    company.import_orders(app, csv, true).await;
    app.drain().await;
}

/// How many accounts are in each band.
async fn summed(admin: &Client) -> BTreeMap<String, i64> {
    let told = admin
        .ok("{ riskSummary { bands { band accountCount } } }", json!({}))
        .await;
    let bands = told["riskSummary"]["bands"].as_array().unwrap().iter();
    bands
        .map(|band| {
            (
                band["band"].as_str().unwrap().to_owned(),
                band["accountCount"].as_i64().unwrap(),
            )
        })
        .filter(|(_, count)| *count > 0)
        .collect()
}

async fn of(admin: &Client, name: &str) -> Value {
    let query =
        format!("query($text: String!) {{ accounts(filter: {{ text: $text }}) {{ nodes {{ id {ASSESSMENT} }} }} }}");
    admin.ok(&query, json!({ "text": name })).await["accounts"]["nodes"][0].clone()
}

on_both! {
    async fn the_silent_are_riskier_and_contributions_add_up(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        history(&app).await;
        let buying = of(&admin, "C010").await["assessment"].clone();
        let silent = of(&admin, "C011").await["assessment"].clone();
        assert_eq!(buying["horizonDays"], 90);
        let probability = |of: &Value| of["probability"].as_f64().unwrap();
        assert!(probability(&silent) > probability(&buying), "{silent} {buying}");
        for one in [&buying, &silent] {
            let sum: f64 = one["factors"].as_array().unwrap().iter().map(|factor| factor["logOdds"].as_f64().unwrap()).sum();
            let eta = one["baselineLogOdds"].as_f64().unwrap() + sum;
            assert!((1.0 / (1.0 + (-eta).exp()) - probability(one)).abs() < 1e-9);
        }
        let evidence = &silent["factors"][0]["evidence"];
        assert_eq!(evidence[0]["kind"], "ORDER");
    }

    async fn a_recorded_signal_raises_the_risk_and_names_itself(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        history(&app).await;
        let before = of(&admin, "C010").await;
        let day = app.app.clock.now().date_naive().to_string();
        let input = json!({ "accountId": before["id"], "kind": "COMPETITOR", "occurredOn": day, "note": "Seen there" });
        let signal = admin.change("signalRecord", "SignalRecordInput", input, "signal { id }").await;
        app.drain().await;
        let after = of(&admin, "C010").await["assessment"].clone();
        assert!(after["probability"].as_f64() > before["assessment"]["probability"].as_f64());
        let factor = after["factors"].as_array().unwrap().iter().find(|factor| factor["kind"] == "COMPETITOR").unwrap().clone();
        assert_eq!(factor["evidence"], json!([{ "kind": "SIGNAL", "id": signal["signal"]["id"] }]));
    }

    async fn without_an_order_it_says_that_it_does_not_know_and_with_one_what_the_prior_does(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        app.drain().await;
        let unknown = of(&admin, "Aoba").await["assessment"].clone();
        assert_eq!((&unknown["probability"], &unknown["band"]), (&Value::Null, &json!("UNKNOWN")));
        assert_eq!(unknown["unknownReason"]["code"], "NO_ORDERS");
        assert_eq!(unknown["revenueAtRisk"], Value::Null);
        let refund = json!({ "accountId": app.a.account_id(), "placedAt": "2026-01-05T01:00:00Z",
            "amount": { "amount": "-500", "currencyCode": "JPY" } });
        admin.change("orderCreate", "OrderCreateInput", refund, "order { id }").await;
        app.drain().await;
        assert_eq!(of(&admin, "Aoba").await["assessment"]["unknownReason"]["code"], "NO_ORDERS", "a credit note is no order");
        let input = json!({ "accountId": app.a.account_id(), "placedAt": "2026-01-06T01:00:00Z",
            "amount": { "amount": "1200", "currencyCode": "JPY" } });
        let order = admin.change("orderCreate", "OrderCreateInput", input, "order { id }").await["order"]["id"].clone();
        app.drain().await;
        let known = of(&admin, "Aoba").await["assessment"].clone();
        let probability = known["probability"].as_f64().unwrap();
        assert!((0.05..0.999).contains(&probability), "{known}");
        let silence = known["factors"].as_array().unwrap().iter().find(|factor| factor["kind"] == "SILENCE").unwrap().clone();
        assert_eq!(silence["evidence"], json!([{ "kind": "ORDER", "id": order }]));
        assert!(known["factors"].as_array().unwrap().iter().all(|factor| factor["priorShare"] == 1.0), "{known}");
        assert!(known["factors"].as_array().unwrap().iter().all(|factor| factor["kind"] != "ORDER_TREND"), "nothing proves a trend");
    }

    async fn worth_is_what_is_expected_and_the_settings_are_shown_with_it(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        history(&app).await;
        let worth = async |admin: &Client, name: &str| {
            let query = "query($text: String!) { accounts(filter: { text: $text }) { nodes { assessment { probability horizonDays \
                probabilityInterval { low high } sales { amount } expectedValue { amount } revenueAtRisk { amount } \
                lifetimeValue { amount { amount currencyCode } months grossMargin discountRate } } } } }";
            admin.ok(query, json!({ "text": name })).await["accounts"]["nodes"][0]["assessment"].clone()
        };
        let number = |of: &Value| of["amount"].as_str().unwrap().parse::<f64>().unwrap();
        let (buying, silent) = (worth(&admin, "C010").await, worth(&admin, "C011").await);
        // Every twenty days for 1,000: within 90 days some four.
        assert!((2_500.0..6_500.0).contains(&number(&buying["expectedValue"])), "{buying}");
        assert!((17_000.0..20_000.0).contains(&number(&buying["sales"])), "{buying}");
        assert!(number(&silent["expectedValue"]) < 0.3 * number(&buying["expectedValue"]), "{silent} {buying}");
        // What is at risk is what he buys if he does, not what little is expected of him.
        let at_risk = number(&silent["revenueAtRisk"]);
        assert!(at_risk > number(&silent["expectedValue"]) && at_risk > number(&buying["revenueAtRisk"]), "{silent}");
        for one in [&buying, &silent] {
            let (low, high) = (one["probabilityInterval"]["low"].as_f64().unwrap(), one["probabilityInterval"]["high"].as_f64().unwrap());
            let probability = one["probability"].as_f64().unwrap();
            assert!(0.0 < low && low < probability && probability < high && high < 1.0, "{one}");
        }
        let lifetime = buying["lifetimeValue"].clone();
        assert_eq!((&lifetime["months"], &lifetime["grossMargin"], &lifetime["discountRate"]), (&json!(36), &json!(1.0), &json!(0.1)));
        assert_eq!(lifetime["amount"]["currencyCode"], "JPY");

        let version = admin.ok("{ tenant { version } }", json!({})).await["tenant"]["version"].clone();
        for (field, value) in [("grossMargin", 0.0), ("grossMargin", 1.5), ("discountRate", -0.1), ("discountRate", 2.0)] {
            let input = json!({ "version": version, field: value });
            let answer = admin.try_change("tenantUpdate", "TenantUpdateInput", input, "tenant { id }").await;
            assert_eq!((&answer["userErrors"][0]["field"], &answer["userErrors"][0]["code"]), (&json!([field]), &json!("INVALID")), "{answer}");
        }
        // A judgement that hardly moved is not stored again, so both are looked at after a change that is.
        let margin = async |share: f64| {
            let version = admin.ok("{ tenant { version } }", json!({})).await["tenant"]["version"].clone();
            let input = json!({ "version": version, "grossMargin": share });
            admin.change("tenantUpdate", "TenantUpdateInput", input, "tenant { grossMargin }").await;
            app.drain().await;
            worth(&admin, "C010").await
        };
        let (half, quarter) = (margin(0.5).await, margin(0.25).await);
        assert_eq!((&half["lifetimeValue"]["grossMargin"], &quarter["lifetimeValue"]["grossMargin"]), (&json!(0.5), &json!(0.25)));
        let by_margin = number(&half["lifetimeValue"]["amount"]) / number(&quarter["lifetimeValue"]["amount"]);
        assert!((by_margin - 2.0).abs() < 0.01, "{half} {quarter}");
        assert_eq!(half["expectedValue"], quarter["expectedValue"]);
        let summary = admin.ok("{ riskSummary { expectedValue { amount } } }", json!({})).await;
        assert!(number(&summary["riskSummary"]["expectedValue"]) > 60.0 * 2_500.0, "{summary}");
    }

    async fn the_model_says_what_it_learned_and_from_how_much(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let model = async |client: &Client| {
            let query = "{ riskModel { modelVersion horizonDays accountCount regularity meanGapDays meanDropout rung why outcomeCount silentCount \
                coefficients { kind logOdds low high priorShare } } }";
            client.ok(query, json!({})).await["riskModel"].clone()
        };
        let prior = model(&admin).await;
        assert_eq!((&prior["rung"], &prior["accountCount"], &prior["outcomeCount"]), (&json!("PRIOR_ONLY"), &json!(0), &json!(0)));
        assert!((prior["meanGapDays"].as_f64().unwrap() - 70.0).abs() < 1e-6, "{prior}");
        assert!(prior["coefficients"].as_array().unwrap().iter().all(|one| one["priorShare"] == 1.0));
        history(&app).await;
        app.app.clock.advance(Duration::days(1));
        app.drain().await;
        let admin = app.a.client(&app, &app.a.admin).await;
        let learnt = model(&admin).await;
        // A horizon ago 60 had stopped for good, and 60 went on.
        assert_eq!((&learnt["accountCount"], &learnt["outcomeCount"], &learnt["silentCount"]), (&json!(120), &json!(120), &json!(60)));
        // Whoever has paused for five gaps falls silent, and nobody else: that is what the priors say.
        assert_eq!((&learnt["rung"], &learnt["why"]), (&json!("PRIOR_ONLY"), &json!("What became of 120 accounts is as the priors say.")));
        assert!(prior["why"].as_str().unwrap().contains("at least 10 of each"), "{prior}");
        // Every twenty days, as regular as can be said.
        assert!((15.0..30.0).contains(&learnt["meanGapDays"].as_f64().unwrap()) && learnt["regularity"] == 4, "{learnt}");
        let other = app.b.client(&app, &app.b.admin).await;
        assert_eq!(model(&other).await["accountCount"], 0);
    }

    async fn all_accounts_of_a_large_book_are_assessed_in_parts(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let before = summed(&admin).await.values().sum::<i64>();
        // More than one part of a run, and a last one that is not full.
        let today = app.app.clock.now().date_naive();
        let mut csv = String::from("customer_id,invoice_no,ts,amount\n");
        for client in 0..2_600_i64 {
            for ago in [200, 120 - client % 90] {
                let day = today - Duration::days(ago);
                csv.push_str(&format!("L{client:04},{client}-{ago},{day} 03:00:00,{}\n", 1_000 + client));
            }
        }
        import(&app, &app.a, csv).await;
        let bands = summed(&admin).await;
        assert_eq!((bands.values().sum::<i64>(), bands.get("UNKNOWN").copied()), (before + 2_600, Some(before)), "{bands:?}");

        let version = admin.ok("{ tenant { version } }", json!({})).await["tenant"]["version"].clone();
        let borders = json!({ "version": version, "riskMedium": 0.0001, "riskHigh": 0.0002, "riskCritical": 0.9999 });
        admin.change("tenantUpdate", "TenantUpdateInput", borders, "tenant { id }").await;
        app.drain().await;
        let moved = summed(&admin).await;
        assert_eq!((moved.get("HIGH"), moved.get("UNKNOWN")), (Some(&2_600), Some(&before)), "{moved:?}");
    }

    async fn companies_that_agree_learn_from_each_other_and_nobody_else_does(app) {
        let today = app.app.clock.now().date_naive();
        let orders = |clients: i64, gap: i64| {
            let mut csv = String::from("customer_id,invoice_no,ts,amount\n");
            for client in 0..clients {
                for ago in (client % gap + 1..300).step_by(usize::try_from(gap).unwrap()) {
                    csv.push_str(&format!("P{client:03},{client}-{ago},{} 03:00:00,500\n", today - Duration::days(ago)));
                }
            }
            csv
        };
        let share = async |company: &Company, shares: bool| {
            let admin = company.client(&app, &company.admin).await;
            let version = admin.ok("{ tenant { version } }", json!({})).await["tenant"]["version"].clone();
            let input = json!({ "version": version, "sharesModel": shares });
            admin.change("tenantUpdate", "TenantUpdateInput", input, "tenant { sharesModel }").await;
            app.drain().await;
        };
        let model = async |company: &Company| {
            let admin = company.client(&app, &company.admin).await;
            let told = admin.ok("{ tenant { sharesModel } riskModel { pooledCompanyCount meanGapDays } }", json!({})).await;
            let told = (&told["tenant"]["sharesModel"], &told["riskModel"]);
            (told.0 == &json!(true), told.1["pooledCompanyCount"].as_i64().unwrap(), told.1["meanGapDays"].as_f64().unwrap())
        };
        let mut others = Vec::new();
        for name in ["Cedar", "Daisy", "Elm", "Fir", "Ginkgo"] {
            let other = Company::create(&app.app, name).await;
            import(&app, &other, orders(110, 30)).await;
            share(&other, true).await;
            others.push(other);
        }
        // With three clients of its own it leans on what it starts from.
        import(&app, &app.a, orders(3, 7)).await;
        let (shares, pooled, alone) = model(&app.a).await;
        assert_eq!((shares, pooled), (false, 0), "nobody is asked to share, and who does not takes nothing");
        share(&app.a, true).await;
        let (shares, pooled, together) = model(&app.a).await;
        assert_eq!((shares, pooled), (true, 5));
        assert_ne!(alone, together);
        // Who takes back his consent takes back what he taught: four are too few.
        share(&others[0], false).await;
        share(&app.a, false).await;
        share(&app.a, true).await;
        let (_, pooled, again) = model(&app.a).await;
        assert_eq!((pooled, again), (0, alone));
        assert_eq!(model(&app.b).await.1, 0);
        // No ADMIN, no consent.
        let manager = app.a.client(&app, &app.a.manager).await;
        let version = manager.ok("{ tenant { version } }", json!({})).await["tenant"]["version"].clone();
        let input = json!({ "version": version, "sharesModel": false });
        let refused = manager.send("mutation($input: TenantUpdateInput!) { tenantUpdate(input: $input) { tenant { id } } }", json!({ "input": input })).await;
        assert_eq!(refused.code(), Some("FORBIDDEN"), "{}", refused.body);
    }

    async fn predicted_stands_beside_observed(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let report = async |client: &Client| {
            let query = "{ calibrationReport { asOf horizonDays accountCount caseCount silentCount reason gains \
                cuts { day accountCount silentCount } deciles { caseCount } accuracy { brier brierOfBaseRate skill } \
                discrimination { model { value low high } rfm { value } daysSinceOrder { value } aheadOfRfm { low high } } } }";
            client.ok(query, json!({})).await["calibrationReport"].clone()
        };
        let nothing = report(&admin).await;
        assert_eq!((&nothing["cuts"], &nothing["discrimination"], &nothing["caseCount"]), (&json!([]), &Value::Null, &json!(0)));
        assert!(nothing["reason"].as_str().unwrap().contains("two horizons of 90 days"), "{nothing}");
        history(&app).await;
        let told = report(&admin).await;
        // Sixty had stopped by the first two days, and nobody by the third.
        let silent: Vec<i64> = told["cuts"].as_array().unwrap().iter().map(|cut| cut["silentCount"].as_i64().unwrap()).collect();
        assert_eq!(silent, [60, 60, 0], "{told}");
        assert_eq!((&told["accountCount"], &told["caseCount"], &told["silentCount"]), (&json!(120), &json!(360), &json!(120)));
        assert_eq!(told["deciles"], Value::Null);
        assert_eq!(told["reason"], "120 fell silent and 240 went on; at least 200 of each are needed.");
        let model = &told["discrimination"]["model"];
        assert!(model["value"].as_f64().unwrap() > 0.8 && model["low"].as_f64() <= model["value"].as_f64(), "{told}");
        assert!(told["accuracy"]["skill"].as_f64().unwrap() > 0.0 && told["gains"].as_array().unwrap().len() == 20, "{told}");
        let other = app.b.client(&app, &app.b.admin).await;
        assert_eq!(report(&other).await["caseCount"], 0);
    }

    async fn silence_is_judged_by_each_clients_own_rhythm(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let account = async |name: &str, gap: i64, silence: i64| {
            let made = admin.change("accountCreate", "AccountCreateInput", json!({ "name": name }), "account { id }").await;
            for n in 0..8 {
                let input = json!({ "accountId": made["account"]["id"], "placedAt": app.app.clock.now() - Duration::days(silence + n * gap),
                    "amount": { "amount": "1000", "currencyCode": "JPY" } });
                admin.change("orderCreate", "OrderCreateInput", input, "order { id }").await;
            }
        };
        account("Weekly", 7, 50).await;
        account("Yearly", 50, 50).await;
        app.drain().await;
        let silent = async |name: &str| {
            let one = of(&admin, name).await["assessment"].clone();
            let factor = one["factors"].as_array().unwrap().iter().find(|factor| factor["kind"] == "SILENCE").unwrap().clone();
            (one["probability"].as_f64().unwrap(), factor["logOdds"].as_f64().unwrap())
        };
        let (weekly, yearly) = (silent("Weekly").await, silent("Yearly").await);
        assert!(weekly.0 > yearly.0 && weekly.1 > 0.0 && yearly.1 < 0.0, "{weekly:?} {yearly:?}");
    }

    async fn as_of_answers_with_what_was_known_then(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        history(&app).await;
        let day = (app.app.clock.now() - Duration::days(30)).date_naive().to_string();
        let query = "query($day: Date!) { accounts(filter: { text: \"C000\" }) { nodes { id \
            assessment(asOf: $day) { probability expectedValue { amount } } } } }";
        let then = admin.ok(query, json!({ "day": day })).await["accounts"]["nodes"][0].clone();
        // An order entered today for a day before: it was not known then.
        let input = json!({ "accountId": then["id"], "placedAt": app.app.clock.now() - Duration::days(31),
            "amount": { "amount": "90000", "currencyCode": "JPY" } });
        admin.change("orderCreate", "OrderCreateInput", input, "order { id }").await;
        app.drain().await;
        assert_eq!(admin.ok(query, json!({ "day": day })).await["accounts"]["nodes"][0], then);
    }
}
