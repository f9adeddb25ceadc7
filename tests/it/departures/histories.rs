//! Whatever happens, an account has an owner who is there: tried over random histories.

use chrono::Duration;
use fastrand::Rng;
use serde_json::{Value, json};
use tests::{Client, TestApp, on_both};

use super::{book, day};

/// Things that happen in one history.
const STEPS: usize = 60;
/// After each night somebody signs in anew, which is slowed when it is done too often.
const MOST_NIGHTS: usize = 8;
/// Other histories by other seeds: `HIKITSUGI_TEST_SEED=… cargo test -p tests -- histories`.
const SEED: &str = "HIKITSUGI_TEST_SEED";

/// What one look at the company shows.
async fn look(client: &Client) -> (Vec<Value>, Vec<Value>, Vec<Value>) {
    let query = "{ members(first: 100, filter: { includeEnded: true }) { nodes { id version role lastDay endedAt } } \
        accounts(first: 12) { nodes { id name version owner { id lastDay endedAt role } ownerships { endsAt } } } \
        departures(first: 50) { nodes { id version status } } }";
    let shown = client.ok(query, json!({})).await;
    let nodes = |field: &str| shown[field]["nodes"].as_array().unwrap().clone();
    (nodes("members"), nodes("accounts"), nodes("departures"))
}

/// One thing that somebody does; a refusal is as good as a change.
async fn happens(app: &TestApp, rng: &mut Rng, client: &Client) -> String {
    let (members, accounts, departures) = look(client).await;
    // The ADMIN stays: somebody must be able to look.
    let people: Vec<&Value> = members.iter().filter(|member| member["role"] != "ADMIN").collect();
    let member = *rng.choice(&people).unwrap();
    let account = rng.choice(&accounts).unwrap();
    let (field, kind, input) = match rng.u8(..10) {
        0..4 => (
            "departurePlan",
            "DeparturePlanInput",
            json!({ "memberId": member["id"], "lastDay": day(app, rng.i64(0..6)), "reason": "x",
                "kind": if rng.bool() { "LEAVING" } else { "ROTATING" },
                "filter": if rng.bool() { json!({ "accountIds": [account["id"]] }) } else { Value::Null } }),
        ),
        4 => match rng.choice(&departures) {
            Some(departure) => (
                "departureUndo",
                "DepartureUndoInput",
                json!({ "id": departure["id"], "version": departure["version"], "reason": "x" }),
            ),
            None => return "nothing to undo".into(),
        },
        5 | 6 => (
            "accountAssign",
            "AccountAssignInput",
            json!({ "accountId": account["id"], "version": account["version"], "memberId": member["id"] }),
        ),
        7 => (
            "handoverPlan",
            "HandoverPlanInput",
            json!({ "accountId": account["id"], "toMemberId": member["id"], "lastDay": day(app, rng.i64(0..6)), "reason": "x" }),
        ),
        8 => (
            "memberRemove",
            "MemberRemoveInput",
            json!({ "id": member["id"], "version": member["version"] }),
        ),
        _ => (
            "memberUpdate",
            "MemberUpdateInput",
            json!({ "id": member["id"], "version": member["version"],
                "role": rng.choice(["REP", "MANAGER", "OBSERVER"]) }),
        ),
    };
    let answer = client.try_change(field, kind, input.clone(), "__typename").await;
    format!("{field} {input} → {}", answer["userErrors"])
}

on_both! {
    async fn an_account_always_has_an_owner_who_is_there(app) {
        let seed = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_123);
        let mut rng = Rng::with_seed(seed);
        for (person, count) in [(&app.a.rep, 4), (&app.a.other_rep, 3), (&app.a.manager, 2)] {
            book(&app, person, count, &["Hotels", "Valves"]).await;
        }
        let (mut story, mut nights) = (Vec::new(), 0);
        let mut client = app.a.client(&app, &app.a.admin).await;
        for _ in 0..STEPS {
            if nights < MOST_NIGHTS && rng.u8(..6) == 0 {
                nights += 1;
                app.app.clock.advance(Duration::days(rng.i64(1..4)));
                client = app.a.client(&app, &app.a.admin).await;
                story.push("days pass".to_owned());
            } else {
                story.push(happens(&app, &mut rng, &client).await);
            }
            app.drain().await;
            let today = day(&app, 0);
            let (_, accounts, _) = look(&client).await;
            assert_eq!(accounts.len(), 10);
            for account in &accounts {
                let owner = &account["owner"];
                let leaves = owner["lastDay"].as_str().unwrap_or("9999-12-31");
                assert!(
                    owner["endedAt"].is_null() && leaves >= today.as_str() && owner["role"] != "OBSERVER",
                    "seed {seed}, {today}: {account:#}\n{}",
                    story.join("\n")
                );
                let open = account["ownerships"].as_array().unwrap().iter().filter(|span| span["endsAt"].is_null());
                assert_eq!(open.count(), 1, "{account:#}");
            }
        }
    }
}
