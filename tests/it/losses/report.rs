//! What losses come to: exact counts and sums, and in as many statements for many as for few.

use serde_json::{Value, json};
use tests::{Client, TestApp, on_both};

use super::{account, day, lost, order, record, refused, with};

const REPORT: &str = "from to lossCount accountCount wonBackCount sales { amount } wonBackSales { amount } controllableShare \
    controllableSalesShare replacementCost { amount } uncostedAccountCount causes { cause count sales { amount } controllableShare \
    controllableSalesShare wonBackCount wonBackSales { amount } } channels { channel accountCount wonBackCount acquisitionCost { amount } \
    isMeanCost replacementCost { amount } }";

async fn cost(client: &Client, channel: &str, amount: Option<&str>) -> Value {
    let amount = amount.map(|amount| json!({ "amount": amount, "currencyCode": "JPY" }));
    let input = json!({ "channel": channel, "amount": amount });
    let selection = "tenant { acquisitionCosts { channel amount { amount currencyCode } } }";
    let set = client
        .change("acquisitionCostSet", "AcquisitionCostSetInput", input, selection)
        .await;
    set["tenant"]["acquisitionCosts"].clone()
}

/// An account that bought for so much, and was lost.
async fn gone(
    app: &TestApp,
    admin: &Client,
    name: &str,
    channel: Option<&str>,
    amount: i64,
    causes: Value,
    days_ago: i64,
) -> Value {
    let account = account(admin, &app.a.rep, name, channel).await;
    if amount != 0 {
        order(app, admin, &account, days_ago + 1, amount).await;
    }
    record(admin, with(lost(app, &account, days_ago), json!({ "causes": causes }))).await["id"].clone()
}

on_both! {
    async fn a_report_adds_up_what_was_lost_and_what_it_costs_to_replace_it(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let report = async |arguments: &str| admin.ok(&format!("{{ lossReport{arguments} {{ {REPORT} }} }}"), json!({})).await["lossReport"].clone();
        let money = |amount: &str| json!({ "amount": amount });
        let mut empty = report("").await;
        assert_eq!((empty["from"].take().as_str().map(str::len), empty["to"].take()), (Some(10), json!(day(&app, 0))));
        assert_eq!(empty, json!({ "from": null, "to": null, "lossCount": 0, "accountCount": 0, "wonBackCount": 0.0, "sales": money("0"),
            "wonBackSales": money("0"), "controllableShare": null, "controllableSalesShare": null, "replacementCost": null,
            "uncostedAccountCount": 0, "causes": [], "channels": [] }));
        let (neglect, both) = (json!([{ "cause": "NEGLECT", "percent": 100 }]),
            json!([{ "cause": "NEGLECT", "percent": 25 }, { "cause": "COMPETITOR", "percent": 75 }]));
        gone(&app, &admin, "A", Some("Fair"), 1_000, neglect.clone(), 10).await;
        let back = gone(&app, &admin, "B", Some("Fair"), 2_000, both.clone(), 20).await;
        gone(&app, &admin, "C", Some("Referral"), 0, both.clone(), 30).await;
        gone(&app, &admin, "D", None, 4_500, json!([{ "cause": "COMPETITOR", "percent": 100, "controllable": true }]), 40).await;
        gone(&app, &admin, "Long ago", Some("Fair"), 9_000, neglect, 500).await;
        let mistaken = gone(&app, &admin, "Mistaken", Some("Fair"), 9_000, both, 10).await;
        admin.change("lossArchive", "LossArchiveInput", json!({ "id": mistaken, "version": 1 }), "loss { id }").await;
        admin.change("lossWinBack", "LossWinBackInput", json!({ "id": back, "version": 1, "wonBackOn": day(&app, -1) }), "loss { id }").await;
        let found = report("").await;
        assert_eq!(found["causes"], json!([
            { "cause": "COMPETITOR", "count": 2.5, "sales": money("6000"), "controllableShare": 0.4, "controllableSalesShare": 0.75,
              "wonBackCount": 0.75, "wonBackSales": money("1500") },
            { "cause": "NEGLECT", "count": 1.5, "sales": money("1500"), "controllableShare": 1.0, "controllableSalesShare": 1.0,
              "wonBackCount": 0.25, "wonBackSales": money("500") },
        ]));
        let channel = |name: Option<&str>, accounts: i32, back: i32| json!({ "channel": name, "accountCount": accounts, "wonBackCount": back,
            "acquisitionCost": null, "isMeanCost": false, "replacementCost": null });
        assert_eq!(found["channels"], json!([channel(Some("Fair"), 2, 1), channel(None, 1, 0), channel(Some("Referral"), 1, 0)]),
            "no cost is made up while nobody has said one");
        assert_eq!((&found["lossCount"], &found["accountCount"], &found["wonBackCount"]), (&json!(4), &json!(4), &json!(1.0)));
        assert_eq!((&found["sales"], &found["wonBackSales"]), (&money("7500"), &money("2000")));
        assert_eq!((&found["controllableShare"], &found["controllableSalesShare"]), (&json!(0.625), &json!(0.8)));
        assert_eq!((&found["replacementCost"], &found["uncostedAccountCount"]), (&json!(null), &json!(3)));
        // With costs: the channel's own, and of accounts without a channel the mean.
        cost(&admin, "Fair", Some("300")).await;
        assert_eq!(cost(&admin, "Event", Some("401")).await, json!([
            { "channel": "Event", "amount": { "amount": "401", "currencyCode": "JPY" } },
            { "channel": "Fair", "amount": { "amount": "300", "currencyCode": "JPY" } }]));
        let found = report("").await;
        let costed = |name: Option<&str>, accounts: i32, back: i32, each: &str, all: &str| json!({ "channel": name, "accountCount": accounts,
            "wonBackCount": back, "acquisitionCost": money(each), "isMeanCost": name.is_none(), "replacementCost": money(all) });
        assert_eq!(found["channels"], json!([costed(Some("Fair"), 2, 1, "300", "300"), costed(None, 1, 0, "351", "351"), channel(Some("Referral"), 1, 0)]));
        assert_eq!((&found["replacementCost"], &found["uncostedAccountCount"]), (&money("651"), &json!(1)));
        // A period of days, both of them in it.
        let one_day = report(&format!("(from: \"{0}\", to: \"{0}\")", day(&app, -500))).await;
        assert_eq!((&one_day["lossCount"], &one_day["sales"], &one_day["causes"][0]["cause"]), (&json!(1), &money("9000"), &json!("NEGLECT")));
        app.drain().await;
    }

    async fn a_report_takes_as_many_statements_for_many_as_for_few(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let query = format!("{{ lossReport {{ {REPORT} }} }}");
        let few = app.statements(&app.a.manager, &query).await;
        for n in 0..6_i64 {
            let causes = json!([{ "cause": "NEGLECT", "percent": 50 }, { "cause": (["UNKNOWN", "COMPETITOR"][usize::from(n % 2 == 0)]), "percent": 50 }]);
            gone(&app, &admin, &format!("Gone {n}"), Some(&format!("Channel {n}")), 100, causes, 10 + n).await;
        }
        assert_eq!(app.statements(&app.a.manager, &query).await, few);
        assert_eq!(few, 4);
        app.drain().await;
    }

    async fn what_a_report_or_a_cost_cannot_be_is_told_clearly(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        cost(&admin, "Fair", Some("300")).await;
        app.drain().await;
        let before = tests::snapshot(&app, &app.a).await;
        for arguments in [
            format!("(from: \"{}\", to: \"{}\")", day(&app, 0), day(&app, -1)),
            format!("(from: \"{}\")", day(&app, -3_660)),
            format!("(from: \"{}\")", day(&app, 1)),
        ] {
            let answer = admin.send(&format!("{{ lossReport{arguments} {{ lossCount }} }}"), json!({})).await;
            assert_eq!(answer.code(), Some("BAD_USER_INPUT"), "{arguments}");
        }
        let yen = |amount: &str| json!({ "amount": amount, "currencyCode": "JPY" });
        for (input, expected) in [
            (json!({ "channel": " ", "amount": yen("1") }), ("channel", "REQUIRED")),
            (json!({ "channel": "x".repeat(201), "amount": yen("1") }), ("channel", "TOO_LARGE")),
            (json!({ "channel": "Fair", "amount": yen("-1") }), ("amount", "INVALID")),
            (json!({ "channel": "Fair", "amount": yen("1.5") }), ("amount", "INVALID")),
            (json!({ "channel": "Fair", "amount": yen("1000000000001") }), ("amount", "INVALID")),
            (json!({ "channel": "Fair", "amount": { "amount": "1", "currencyCode": "EUR" } }), ("amount", "INVALID")),
            (json!({ "channel": "Fair", "amount": { "amount": "1", "currencyCode": "???" } }), ("amount", "INVALID")),
        ] {
            let (field, code) = refused(&admin, "acquisitionCostSet", input.clone()).await;
            assert_eq!((field.as_str(), code.as_str()), expected, "{input}");
        }
        // Said again it is no change.
        cost(&admin, "Fair", Some("300")).await;
        cost(&admin, "Unheard of", None).await;
        assert_eq!(tests::snapshot(&app, &app.a).await, before);
        for n in 1..50 {
            cost(&admin, &format!("Channel {n}"), Some("1")).await;
        }
        let one_more = json!({ "channel": "One more", "amount": yen("1") });
        assert_eq!(refused(&admin, "acquisitionCostSet", one_more).await, ("channel".into(), "TOO_LARGE".into()));
        assert_eq!(cost(&admin, "Fair", None).await.as_array().unwrap().len(), 49);
        app.drain().await;
    }
}
