//! The ways back, and what a loss does to handovers, merges and lists by risk.

use chrono::Duration;
use serde_json::{Value, json};
use tests::{Client, TestApp, on_both};

use super::{LOSS, account, day, events, lifecycle, loss, lost, order, record, refused, with};

async fn win_back(client: &Client, input: Value) -> Value {
    client.change("lossWinBack", "LossWinBackInput", input, LOSS).await["loss"].clone()
}

/// Imports orders; rows of account, order, day and amount.
async fn import(app: &TestApp, rows: &[(&str, &str, String, i64)]) {
    let mut csv = String::from("customer_id,invoice_no,ts,amount\n");
    for (account, order, day, amount) in rows {
        csv.push_str(&format!("{account},{order},{day} 12:00:00,{amount}\n"));
    }
    app.a.import_orders(app, csv, false).await;
}

async fn handover(admin: &Client, id: &Value) -> Value {
    let query = "query($id: ID!) { handover(id: $id) { status endReason account { owner { id } } } }";
    admin.ok(query, json!({ "id": id })).await["handover"].clone()
}

on_both! {
    async fn a_person_says_that_the_account_came_back(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let gone = account(&admin, &app.a.rep, "Gone", None).await;
        let id = record(&admin, with(lost(&app, &gone, 10), json!({ "winBackOn": day(&app, 40) }))).await["id"].clone();
        let touch = json!({ "accountId": gone, "kind": "MEETING", "occurredAt": app.app.clock.now(), "summary": "They want to come back" });
        let touch = admin.change("activityRecord", "ActivityRecordInput", touch, "activity { id }").await["activity"]["id"].clone();
        let input = json!({ "id": id, "version": 1, "wonBackOn": day(&app, -1), "activityId": touch });
        let back = win_back(&admin, input.clone()).await;
        assert_eq!((&back["version"], &back["wonBackOn"], &back["wonBackActivity"]["id"], &back["wonBackOrder"]),
            (&json!(2), &json!(day(&app, -1)), &touch, &json!(null)));
        assert_eq!((&back["followUp"]["status"], &back["account"]["lifecycle"]), (&json!("DONE"), &json!("CUSTOMER")));
        assert_eq!(win_back(&admin, input).await["version"], 2, "saying it again changes nothing");
        let other_day = json!({ "id": id, "version": 2, "wonBackOn": day(&app, 0) });
        assert_eq!(refused(&admin, "lossWinBack", other_day).await, ("id".into(), "CONFLICT".into()));
        assert_eq!(refused(&admin, "lossUpdate", json!({ "id": id, "version": 2, "winBackOn": day(&app, 5) })).await, ("winBackOn".into(), "CONFLICT".into()));
        // It can be lost again, but not while it was lost before.
        assert_eq!(refused(&admin, "lossRecord", lost(&app, &gone, 5)).await, ("lostOn".into(), "INVALID".into()));
        let again = record(&admin, lost(&app, &gone, 1)).await["id"].clone();
        let query = "query($id: ID!) { account(id: $id) { lifecycle losses { id wonBackOn } } }";
        assert_eq!(admin.ok(query, json!({ "id": gone })).await["account"], json!({ "lifecycle": "LOST",
            "losses": [{ "id": again, "wonBackOn": null }, { "id": id, "wonBackOn": day(&app, -1) }] }));
        let told = events(&admin, "\"loss.won_back\"").await;
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].1["fields"], json!(["wonBackOn", "activity"]));
        app.drain().await;
    }

    async fn an_order_of_a_later_day_wins_the_account_back(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let gone = account(&admin, &app.a.rep, "Gone", None).await;
        let id = record(&admin, with(lost(&app, &gone, 10), json!({ "winBackOn": day(&app, 40) }))).await["id"].clone();
        let version = async || loss(&admin, &id).await["version"].clone();
        // Of the day itself, of before, or money given back: the account stays lost.
        for (days_ago, amount) in [(10, 500), (20, 500), (3, -100)] {
            order(&app, &admin, &gone, days_ago, amount).await;
        }
        assert_eq!((version().await, lifecycle(&admin, &gone).await), (json!(1), json!("LOST")));
        let by = order(&app, &admin, &gone, 2, 700).await;
        let back = loss(&admin, &id).await;
        assert_eq!((&back["version"], &back["wonBackOn"], &back["wonBackOrder"]["id"]), (&json!(2), &json!(day(&app, -2)), &by));
        assert_eq!((&back["followUp"]["status"], &back["account"]["lifecycle"]), (&json!("DONE"), &json!("CUSTOMER")));
        order(&app, &admin, &gone, 1, 700).await;
        assert_eq!(version().await, 2, "the first one won it back");
        assert_eq!(events(&admin, "\"loss.won_back\"").await.len(), 1);
        // An order that is corrected to a later day, or taken from the archive.
        for n in 0..2 {
            let gone = account(&admin, &app.a.rep, &format!("Gone {n}"), None).await;
            let by = order(&app, &admin, &gone, if n == 0 { 20 } else { 2 }, 700).await;
            if n == 1 {
                admin.change("orderArchive", "OrderVersionInput", json!({ "id": by, "version": 1 }), "order { id }").await;
            }
            let id = record(&admin, lost(&app, &gone, 10)).await["id"].clone();
            if n == 0 {
                let later = json!({ "id": by, "version": 1, "placedAt": format!("{}T03:00:00Z", day(&app, -2)) });
                admin.change("orderUpdate", "OrderUpdateInput", later, "order { id }").await;
            } else {
                admin.change("orderRestore", "OrderVersionInput", json!({ "id": by, "version": 2 }), "order { id }").await;
            }
            let back = loss(&admin, &id).await;
            assert_eq!((&back["wonBackOn"], &back["wonBackOrder"]["id"], &back["account"]["lifecycle"]), (&json!(day(&app, -2)), &by, &json!("CUSTOMER")));
        }
        app.drain().await;
    }

    async fn an_import_wins_accounts_back_once(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        import(&app, &[("C1", "I1", day(&app, -60), 100), ("C2", "I2", day(&app, -60), 100)]).await;
        let found = admin.ok("{ accounts(first: 50) { nodes { id externalId } } }", json!({})).await;
        let of = |external: &str| found["accounts"]["nodes"].as_array().unwrap().iter().find(|node| node["externalId"] == external).unwrap()["id"].clone();
        let first = record(&admin, lost(&app, &of("C1"), 10)).await["id"].clone();
        let second = record(&admin, lost(&app, &of("C2"), 10)).await["id"].clone();
        for _ in 0..2 {
            import(&app, &[("C1", "I1", day(&app, -60), 100), ("C1", "I3", day(&app, -5), 100), ("C2", "I4", day(&app, -30), 100)]).await;
        }
        let (first, second) = (loss(&admin, &first).await, loss(&admin, &second).await);
        assert_eq!((&first["wonBackOn"], &first["version"], &first["account"]["lifecycle"]), (&json!(day(&app, -5)), &json!(2), &json!("CUSTOMER")));
        assert!(first["wonBackOrder"]["id"].is_string());
        assert_eq!((&second["wonBackOn"], &second["version"], &second["account"]["lifecycle"]), (&json!(null), &json!(1), &json!("LOST")));
        app.drain().await;
    }

    async fn a_lifecycle_that_is_set_ends_the_loss_and_a_mistake_is_taken_back(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let gone = account(&admin, &app.a.rep, "Gone", None).await;
        let id = record(&admin, lost(&app, &gone, 10)).await["id"].clone();
        admin.change("accountUpdate", "AccountUpdateInput", json!({ "id": gone, "version": 2, "lifecycle": "CUSTOMER" }), "account { id }").await;
        let back = loss(&admin, &id).await;
        assert_eq!((&back["wonBackOn"], &back["wonBackOrder"], &back["account"]["lifecycle"]), (&json!(day(&app, 0)), &json!(null), &json!("CUSTOMER")));
        for before in ["PROSPECT", "CUSTOMER", "LOST"] {
            let input = json!({ "name": before, "ownerId": app.a.rep.id(), "lifecycle": before });
            let gone = admin.change("accountCreate", "AccountCreateInput", input, "account { id }").await["account"]["id"].clone();
            let mistaken = record(&admin, with(lost(&app, &gone, 3), json!({ "winBackOn": day(&app, 3) }))).await["id"].clone();
            for version in [1, 2] {
                let archived = admin.change("lossArchive", "LossArchiveInput", json!({ "id": mistaken, "version": version }), LOSS).await["loss"].clone();
                assert_eq!((&archived["version"], &archived["account"]["lifecycle"]), (&json!(2), &json!(before)));
                assert_eq!(archived["followUp"]["status"], "CANCELLED");
            }
            assert_eq!(refused(&admin, "lossUpdate", json!({ "id": mistaken, "version": 2, "learned": "x" })).await, ("id".into(), "CONFLICT".into()));
            let right = record(&admin, lost(&app, &gone, 3)).await["id"].clone();
            let back = win_back(&admin, json!({ "id": right, "version": 1, "wonBackOn": day(&app, -3) })).await;
            assert_eq!(back["account"]["lifecycle"], if before == "PROSPECT" { "PROSPECT" } else { "CUSTOMER" });
        }
        app.drain().await;
    }

    async fn a_loss_fails_the_handover_when_somebody_else_has_the_account(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let mut planned = Vec::new();
        for name in ["Lost after", "Lost before"] {
            let gone = account(&admin, &app.a.rep, name, None).await;
            let input = json!({ "accountId": gone, "toMemberId": app.a.other_rep.id(), "lastDay": day(&app, 2), "reason": "ROTATION" });
            let made = admin.change("handoverPlan", "HandoverPlanInput", input, "handover { id }").await["handover"]["id"].clone();
            planned.push((gone, made));
        }
        let [(after, late), (before, early)] = [&planned[0], &planned[1]].map(|(gone, made)| (gone.clone(), made.clone()));
        record(&admin, with(lost(&app, &before, 1), json!({ "winBackOn": day(&app, 90) }))).await;
        app.drain().await;
        assert_eq!(handover(&admin, &early).await["status"], "PLANNED", "somebody must have the account when the leaver has gone");
        app.app.clock.advance(Duration::days(3));
        app.drain().await;
        let admin = app.a.client(&app, &app.a.admin).await;
        let failed = json!({ "status": "FAILED", "endReason": "The account was lost.", "account": { "owner": { "id": app.a.other_rep.id() } } });
        assert_eq!(handover(&admin, &early).await, failed, "it switches, and has nobody to bond with");
        assert_eq!(handover(&admin, &late).await["status"], "BONDING");
        let reminder = admin.ok("query($id: ID!) { account(id: $id) { followUps { member { id } } } }", json!({ "id": before })).await;
        assert_eq!(reminder["account"]["followUps"], json!([{ "member": { "id": app.a.other_rep.id() } }]), "the win-back went with it");
        record(&admin, lost(&app, &after, 0)).await;
        app.drain().await;
        assert_eq!(handover(&admin, &late).await, failed);
    }

    async fn a_merge_carries_losses_along(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let merged = async |into: &Value, from: &Value| {
            let versions = "query($into: ID!, $from: ID!) { into: account(id: $into) { version } from: account(id: $from) { version } }";
            let versions = admin.ok(versions, json!({ "into": into, "from": from })).await;
            let input = json!({ "intoId": into, "intoVersion": versions["into"]["version"], "fromId": from, "fromVersion": versions["from"]["version"] });
            admin.change("accountMerge", "AccountMergeInput", input, "account { lifecycle losses { id wonBackOn } followUps { id } }").await["account"].clone()
        };
        let two = async |name: &str| (account(&admin, &app.a.rep, &format!("{name} into"), None).await, account(&admin, &app.a.rep, &format!("{name} from"), None).await);
        // Nothing speaks for the client being there: it is lost, under the name that stays.
        let (into, from) = two("Lost").await;
        let id = record(&admin, lost(&app, &from, 5)).await["id"].clone();
        assert_eq!(merged(&into, &from).await, json!({ "lifecycle": "LOST", "losses": [{ "id": id, "wonBackOn": null }], "followUps": [] }));
        // It bought under the other name.
        let (into, from) = two("Bought").await;
        let id = record(&admin, lost(&app, &from, 5)).await["id"].clone();
        order(&app, &admin, &into, 2, 100).await;
        assert_eq!(merged(&into, &from).await, json!({ "lifecycle": "CUSTOMER", "losses": [{ "id": id, "wonBackOn": day(&app, -2) }], "followUps": [] }));
        // Lost twice under two names is lost once.
        let (into, from) = two("Twice").await;
        let kept = record(&admin, lost(&app, &into, 5)).await["id"].clone();
        let gone = record(&admin, with(lost(&app, &from, 6), json!({ "winBackOn": day(&app, 9) }))).await["id"].clone();
        assert_eq!(merged(&into, &from).await, json!({ "lifecycle": "LOST", "losses": [{ "id": kept, "wonBackOn": null }], "followUps": [] }));
        let gone = loss(&admin, &gone).await;
        assert!(gone["archivedAt"].is_string() && gone["account"]["id"] == into, "{gone}");
        app.drain().await;
    }

    async fn who_is_lost_is_not_at_the_head_of_the_risk_list(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        crate::risk::history(&app).await;
        let head = async || {
            let query = "{ accounts(first: 1, orderBy: RISK) { nodes { id } } \
                value: accounts(first: 1, orderBy: REVENUE_AT_RISK) { nodes { id assessment { band revenueAtRisk { amount } } } } \
                riskSummary { accountCount revenueAtRisk { amount } } }";
            admin.ok(query, json!({})).await
        };
        let before = head().await;
        let first = before["value"]["nodes"][0].clone();
        let id = record(&admin, lost(&app, &first["id"], 0)).await["id"].clone();
        app.drain().await;
        let after = head().await;
        assert_ne!(after["accounts"]["nodes"][0]["id"], first["id"]);
        assert_ne!(after["value"]["nodes"][0]["id"], first["id"]);
        let amount = |of: &Value| of["amount"].as_str().unwrap().parse::<i64>().unwrap();
        let at_risk = |of: &Value| (of["riskSummary"]["accountCount"].as_i64().unwrap(), amount(&of["riskSummary"]["revenueAtRisk"]));
        let ((accounts, revenue), lost) = (at_risk(&before), amount(&first["assessment"]["revenueAtRisk"]));
        assert!(lost > 0);
        assert_eq!(at_risk(&after), (accounts - 1, revenue - lost));
        let last = admin.ok("{ accounts(last: 1, orderBy: REVENUE_AT_RISK, filter: { lifecycle: LOST }) { nodes { id assessment { band } } } }", json!({})).await;
        assert_eq!(last["accounts"]["nodes"], json!([{ "id": first["id"], "assessment": { "band": first["assessment"]["band"] } }]));
        // It comes back, and stands where it stood.
        win_back(&admin, json!({ "id": id, "version": 1, "wonBackOn": day(&app, 0) })).await;
        app.drain().await;
        assert_eq!(head().await, before);
    }
}
