//! The tree of a client's people: who reports to whom, who of us has met each.

use serde_json::{Value, json};
use tests::on_both;

const PATH: &str = "query($id: ID!) { account(id: $id) { decisionPath { isSingleContact isSingleMember \
    levels { level contactCount metCount isUnmet } \
    people { level contact { familyName } metBy { lastAt member { id } } } } } }";

on_both! {
    async fn everybody_has_his_place_and_who_met_him(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let account = app.a.account_id();
        let empty = admin.ok(PATH, json!({ "id": account })).await;
        assert_eq!(empty["account"]["decisionPath"], Value::Null);
        let mut ids: Vec<Value> = Vec::new();
        for (name, reports_to, say) in [("Headquarters", None, 90), ("Plant", Some(0), 60), ("Buyer", Some(1), 30), ("User", Some(1), 10)] {
            let contact = json!({ "accountId": account, "familyName": name, "givenName": "X", "say": say,
                "reportsToId": reports_to.map(|n: usize| ids[n].clone()) });
            ids.push(admin.change("contactCreate", "ContactCreateInput", contact, "contact { id }").await["contact"]["id"].clone());
        }
        let touch = |member: String, with: Vec<String>, at: &str, kind: &str| json!({ "accountId": account, "kind": kind, "occurredAt": at,
            "summary": "Met", "memberId": member, "withMemberIds": with, "contactIds": [ids[2]] });
        let (rep, other) = (app.a.rep.id(), app.a.other_rep.id());
        for input in [
            touch(rep.clone(), vec![other.clone()], "2026-03-02T01:00:00Z", "MEETING"),
            touch(rep.clone(), vec![], "2026-04-02T01:00:00Z", "MEETING"),
            // A message on a voicemail is no meeting.
            touch(app.a.manager.id(), vec![], "2026-05-02T01:00:00Z", "VOICEMAIL"),
        ] {
            admin.change("activityRecord", "ActivityRecordInput", input, "activity { id }").await;
        }
        let path = admin.ok(PATH, json!({ "id": account })).await["account"]["decisionPath"].clone();
        let people: Vec<(i64, &str)> = path["people"].as_array().unwrap().iter()
            .map(|person| (person["level"].as_i64().unwrap(), person["contact"]["familyName"].as_str().unwrap())).collect();
        assert_eq!(people, [(0, "Headquarters"), (1, "Plant"), (2, "Buyer"), (2, "User")]);
        let met = path["people"][2]["metBy"].as_array().unwrap();
        let met: Vec<(&Value, bool)> = met.iter().map(|meeting| (&meeting["member"]["id"], meeting["lastAt"].as_str().unwrap().starts_with("2026-04-02"))).collect();
        assert_eq!(met, [(&json!(rep), true), (&json!(other), false)]);
        assert_eq!(path["levels"], json!([
            { "level": 0, "contactCount": 1, "metCount": 0, "isUnmet": true },
            { "level": 1, "contactCount": 1, "metCount": 0, "isUnmet": true },
            { "level": 2, "contactCount": 2, "metCount": 1, "isUnmet": false },
        ]));
        assert_eq!((&path["isSingleContact"], &path["isSingleMember"]), (&json!(true), &json!(false)));
        // A circle is refused: headquarters cannot report to the buyer.
        let circle = json!({ "id": ids[0], "version": 1, "reportsToId": ids[2] });
        let refused = admin.try_change("contactUpdate", "ContactUpdateInput", circle, "contact { id }").await;
        assert_eq!(refused["userErrors"][0]["code"], "INVALID", "{refused}");
    }

    async fn many_paths_take_as_many_statements_as_one(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        for n in 0..5 {
            let made = admin.change("accountCreate", "AccountCreateInput", json!({ "name": format!("Client {n}") }), "account { id }").await;
            let contact = json!({ "accountId": made["account"]["id"], "familyName": "Sato", "givenName": "M" });
            admin.change("contactCreate", "ContactCreateInput", contact, "contact { id }").await;
        }
        let query = |first: u8| format!("{{ accounts(first: {first}) {{ nodes {{ decisionPath {{ people {{ level contact {{ id }} }} }} }} }} }}");
        let few = app.statements(&app.a.admin, &query(2)).await;
        assert_eq!(app.statements(&app.a.admin, &query(6)).await, few);
        assert!(few <= 5, "{few} statements");
    }
}
