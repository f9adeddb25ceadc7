//! Two changes at the same moment. SQLite has one writer, so these are about PostgreSQL.

use std::sync::Arc;

use api::platform::Ctx;
use api::platform::graphql::parse_any;
use chrono::Duration;
use entity::member;
use reqwest::Method;
use sea_orm::sea_query::IntoCondition;
use sea_orm::{ColumnTrait, Set};
use serde_json::{Value, json};
use tests::{Client, Db, Hold, TestApp, run};

/// Creates another account of the first rep; its id.
async fn account(admin: &Client, app: &TestApp, name: &str) -> Value {
    let input = json!({ "name": name, "ownerId": app.a.rep.id(), "lifecycle": "CUSTOMER" });
    admin
        .change("accountCreate", "AccountCreateInput", input, "account { id }")
        .await["account"]["id"]
        .clone()
}

fn order(app: &TestApp, account: &Value) -> Value {
    json!({ "accountId": account, "placedAt": app.app.clock.now(), "amount": { "amount": "100", "currencyCode": "JPY" } })
}

fn merge(into: &Value, from: &Value) -> Value {
    json!({ "intoId": into, "intoVersion": 1, "fromId": from, "fromVersion": 1 })
}

fn plan(app: &TestApp, account: &Value) -> Value {
    let last_day = (app.app.clock.now() + Duration::days(30)).date_naive().to_string();
    json!({ "accountId": account, "toMemberId": app.a.other_rep.id(), "lastDay": last_day, "reason": "DEPARTURE" })
}

async fn orders_of(admin: &Client, account: &Value) -> Value {
    let query = "query($id: ID!) { orders(filter: { accountId: $id }) { totalCount } }";
    admin.ok(query, json!({ "id": account })).await["orders"]["totalCount"].clone()
}

#[test]
fn an_order_placed_while_accounts_merge_is_never_left_behind() {
    run(Db::Postgres, async |app| {
        let admin = app.a.client(&app, &app.a.admin).await;
        let into = account(&admin, &app, "Into").await;

        // The order comes first: the merge waits for it, and takes it along.
        let from = account(&admin, &app, "From").await;
        let hold = Hold::log_of(&app, &app.a).await;
        let ordering = hold
            .begin(
                1,
                &admin,
                ("orderCreate", "OrderCreateInput"),
                order(&app, &from),
                "order { id }",
            )
            .await;
        let merging = hold
            .begin(
                2,
                &admin,
                ("accountMerge", "AccountMergeInput"),
                merge(&into, &from),
                "account { version }",
            )
            .await;
        hold.release().await;
        assert_eq!(ordering.await.unwrap()["userErrors"], json!([]));
        assert_eq!(merging.await.unwrap()["account"], json!({ "version": 2 }));
        assert_eq!(
            (orders_of(&admin, &into).await, orders_of(&admin, &from).await),
            (json!(1), json!(0))
        );

        // The merge comes first: the order waits for it, and is refused.
        let from = account(&admin, &app, "From too").await;
        let mut merged = merge(&into, &from);
        merged["intoVersion"] = json!(2);
        let hold = Hold::log_of(&app, &app.a).await;
        let merging = hold
            .begin(
                1,
                &admin,
                ("accountMerge", "AccountMergeInput"),
                merged,
                "account { version }",
            )
            .await;
        let ordering = hold
            .begin(
                2,
                &admin,
                ("orderCreate", "OrderCreateInput"),
                order(&app, &from),
                "order { id }",
            )
            .await;
        hold.release().await;
        assert_eq!(merging.await.unwrap()["account"], json!({ "version": 3 }));
        assert_eq!(ordering.await.unwrap()["userErrors"][0]["code"], "CONFLICT");
        assert_eq!(
            (orders_of(&admin, &into).await, orders_of(&admin, &from).await),
            (json!(1), json!(0))
        );
        app
    });
}

#[test]
fn a_handover_planned_while_accounts_merge_stops_the_merge() {
    run(Db::Postgres, async |app| {
        let admin = app.a.client(&app, &app.a.admin).await;
        let (into, from) = (account(&admin, &app, "Into").await, account(&admin, &app, "From").await);
        let hold = Hold::log_of(&app, &app.a).await;
        let planning = hold
            .begin(
                1,
                &admin,
                ("handoverPlan", "HandoverPlanInput"),
                plan(&app, &from),
                "handover { status }",
            )
            .await;
        let merging = hold
            .begin(
                2,
                &admin,
                ("accountMerge", "AccountMergeInput"),
                merge(&into, &from),
                "account { id }",
            )
            .await;
        hold.release().await;
        assert_eq!(planning.await.unwrap()["handover"], json!({ "status": "PLANNED" }));
        let refused = merging.await.unwrap();
        assert_eq!(refused["userErrors"][0]["field"], json!(["fromId"]), "{refused}");
        assert_eq!(refused["userErrors"][0]["code"], "CONFLICT");
        app
    });
}

#[test]
fn a_handover_is_from_the_owner_of_that_moment() {
    run(Db::Postgres, async |app| {
        let admin = app.a.client(&app, &app.a.admin).await;
        let given = account(&admin, &app, "Given").await;
        let assign = json!({ "accountId": given, "version": 1, "memberId": app.a.other_rep.id() });
        let hold = Hold::log_of(&app, &app.a).await;
        let assigning = hold
            .begin(
                1,
                &admin,
                ("accountAssign", "AccountAssignInput"),
                assign,
                "account { version }",
            )
            .await;
        let planning = hold
            .begin(
                2,
                &admin,
                ("handoverPlan", "HandoverPlanInput"),
                plan(&app, &given),
                "handover { id }",
            )
            .await;
        hold.release().await;
        assert_eq!(assigning.await.unwrap()["account"], json!({ "version": 2 }));
        // He owns it already, since a moment.
        let refused = planning.await.unwrap();
        assert_eq!(refused["userErrors"][0]["field"], json!(["toMemberId"]), "{refused}");
        assert_eq!(refused["userErrors"][0]["code"], "INVALID");
        app
    });
}

#[test]
fn a_proof_that_goes_while_another_comes_leaves_the_step_proven() {
    run(Db::Postgres, async |app| {
        let admin = app.a.client(&app, &app.a.admin).await;
        let account = account(&admin, &app, "Met").await;
        let contact = json!({ "accountId": account, "familyName": "Mori", "givenName": "Ichiro", "isKey": true });
        let contact = admin
            .change("contactCreate", "ContactCreateInput", contact, "contact { id }")
            .await;
        let planned = admin
            .change(
                "handoverPlan",
                "HandoverPlanInput",
                plan(&app, &account),
                "handover { id }",
            )
            .await;
        let met_alone = || {
            json!({ "accountId": account, "kind": "MEETING", "occurredAt": app.app.clock.now(), "startedBy": "US",
                "memberId": app.a.other_rep.id(), "contactIds": [contact["contact"]["id"]], "summary": "Met." })
        };
        let first = admin
            .change("activityRecord", "ActivityRecordInput", met_alone(), "activity { id }")
            .await;
        let archive = json!({ "id": first["activity"]["id"], "version": 1 });
        let hold = Hold::log_of(&app, &app.a).await;
        let archiving = hold
            .begin(
                1,
                &admin,
                ("activityArchive", "ActivityVersionInput"),
                archive,
                "activity { id }",
            )
            .await;
        let recording = hold
            .begin(
                2,
                &admin,
                ("activityRecord", "ActivityRecordInput"),
                met_alone(),
                "activity { id }",
            )
            .await;
        hold.release().await;
        assert_eq!(archiving.await.unwrap()["userErrors"], json!([]));
        let second = recording.await.unwrap();
        let query = "query($id: ID!) { handover(id: $id) { steps { kind fulfilledBy { id } } } }";
        let handover = admin.ok(query, json!({ "id": planned["handover"]["id"] })).await;
        let steps = handover["handover"]["steps"].as_array().unwrap();
        let step = steps.iter().find(|step| step["kind"] == "SOLO_MEETING").unwrap();
        assert_eq!(step["fulfilledBy"]["id"], second["activity"]["id"], "{second}");
        app
    });
}

#[test]
fn merges_crosswise_do_not_wait_for_each_other() {
    run(Db::Postgres, async |app| {
        let admin = app.a.client(&app, &app.a.admin).await;
        let (one, other) = (account(&admin, &app, "One").await, account(&admin, &app, "Other").await);
        let hold = Hold::account(&app, &one).await;
        let first = hold
            .begin(
                1,
                &admin,
                ("accountMerge", "AccountMergeInput"),
                merge(&one, &other),
                "account { id }",
            )
            .await;
        let second = hold
            .begin(
                2,
                &admin,
                ("accountMerge", "AccountMergeInput"),
                merge(&other, &one),
                "account { id }",
            )
            .await;
        hold.release().await;
        assert_eq!(first.await.unwrap()["account"], json!({ "id": one }));
        let refused = second.await.unwrap();
        assert_eq!(refused["userErrors"][0]["code"], "CONFLICT", "{refused}");
        app
    });
}

#[test]
fn contacts_who_move_crosswise_do_not_wait_for_each_other() {
    run(Db::Postgres, async |app| {
        let admin = app.a.client(&app, &app.a.admin).await;
        // Made first, and so first in the order in which accounts are locked.
        let (one, other) = (account(&admin, &app, "One").await, account(&admin, &app, "Other").await);
        let moves = async |from: &Value, to: &Value| {
            let contact = json!({ "accountId": from, "familyName": "Moves", "givenName": "X" });
            let contact = admin
                .change("contactCreate", "ContactCreateInput", contact, "contact { id }")
                .await;
            json!({ "leavingContactId": contact["contact"]["id"], "kind": "ROTATED", "occurredOn": "2026-01-01", "movedToAccountId": to })
        };
        let (there, back) = (moves(&one, &other).await, moves(&other, &one).await);
        let change = ("buyerChangeRecord", "BuyerChangeRecordInput");
        let hold = Hold::account(&app, &one).await;
        let first = hold.begin(1, &admin, change, there, "buyerChange { id }").await;
        let second = hold.begin(2, &admin, change, back, "buyerChange { id }").await;
        hold.release().await;
        for moved in [first, second] {
            let moved = moved.await.unwrap();
            assert!(moved["buyerChange"]["id"].is_string(), "{moved}");
        }
        app
    });
}

#[test]
fn a_member_put_on_a_team_while_he_is_removed_is_not_left_on_it() {
    run(Db::Postgres, async |app| {
        let admin = app.a.client(&app, &app.a.admin).await;
        let account = account(&admin, &app, "Team").await;
        let add = json!({ "accountId": account, "memberId": app.a.other_rep.id() });
        let remove = json!({ "id": app.a.other_rep.id(), "version": 1 });
        let team_of = "query($id: ID!) { account(id: $id) { team { member { id } } } }";
        let adds = ("accountTeamAdd", "AccountTeamInput");

        // Added twice at once he is there once.
        let hold = Hold::log_of(&app, &app.a).await;
        let adding = hold.begin(1, &admin, adds, add.clone(), "account { id }").await;
        let again = hold.begin(2, &admin, adds, add, "account { id }").await;
        hold.release().await;
        for added in [adding, again] {
            assert_eq!(added.await.unwrap()["userErrors"], json!([]));
        }
        let team = admin.ok(team_of, json!({ "id": account })).await;
        assert_eq!(team["account"]["team"].as_array().unwrap().len(), 1);

        // Removed while he is added to another, he is on neither.
        let another = self::account(&admin, &app, "Another").await;
        let add = json!({ "accountId": another, "memberId": app.a.other_rep.id() });
        let hold = Hold::log_of(&app, &app.a).await;
        let adding = hold.begin(1, &admin, adds, add, "account { id }").await;
        let removes = ("memberRemove", "MemberRemoveInput");
        let removing = hold.begin(2, &admin, removes, remove, "member { id }").await;
        hold.release().await;
        assert_eq!(adding.await.unwrap()["userErrors"], json!([]));
        assert_eq!(removing.await.unwrap()["userErrors"], json!([]));
        for account in [account, another] {
            let team = admin.ok(team_of, json!({ "id": account })).await;
            assert_eq!(team["account"]["team"], json!([]));
        }
        app
    });
}

#[test]
fn ownership_never_switches_to_one_who_is_being_removed() {
    run(Db::Postgres, async |app| {
        let admin = app.a.client(&app, &app.a.admin).await;
        let account = account(&admin, &app, "Switched").await;
        let input = plan(&app, &account);
        admin
            .change("handoverPlan", "HandoverPlanInput", input, "handover { id }")
            .await;
        // The planned successor leaves before he could take over, so it falls to the manager of the one who leaves.
        let ctx = app.a.system(&app.app).await;
        let tx = ctx.write().await.unwrap();
        let leaves = member::ActiveModel {
            last_day: Set(Some(ctx.today().unwrap())),
            ..Default::default()
        };
        tx.update(leaves, member::Column::Id.eq(app.a.other_rep.member).into_condition())
            .await
            .unwrap();
        tx.commit().await.unwrap();

        let hold = Hold::log_of(&app, &app.a).await;
        let remove = json!({ "id": app.a.manager.id(), "version": 1 });
        let removing = hold
            .begin(
                1,
                &admin,
                ("memberRemove", "MemberRemoveInput"),
                remove,
                "member { id }",
            )
            .await;
        let settings = ctx.tenant().unwrap().clone();
        let later = Ctx::system(Arc::clone(&app.app), settings).at(ctx.now + Duration::days(32));
        let switching = tokio::spawn(async move { api::handovers::jobs::run_day(&later).await });
        hold.waiting(2).await;
        hold.release().await;
        assert_eq!(removing.await.unwrap()["userErrors"], json!([]));
        switching.await.unwrap().unwrap();
        let query = "query($id: ID!) { account(id: $id) { owner { id } } }";
        let owner = admin.ok(query, json!({ "id": account })).await;
        assert_eq!(owner["account"]["owner"]["id"], json!(app.a.admin.id()));
        app
    });
}

#[test]
fn the_same_file_imported_twice_at_once_is_one_import() {
    run(Db::Postgres, async |app| {
        let admin = app.a.client(&app, &app.a.admin).await;
        let sent = admin.http(Method::POST, "/uploads").body("account_id,name\nA1,One\n");
        let upload: Value = sent.send().await.unwrap().json().await.unwrap();
        let input = || json!({ "uploadId": upload["uploadId"], "kind": "ACCOUNTS" });
        let hold = Hold::log_of(&app, &app.a).await;
        let starts = ("importStart", "ImportStartInput");
        let first = hold.begin(1, &admin, starts, input(), "import { id }").await;
        let second = hold.begin(2, &admin, starts, input(), "import { id }").await;
        hold.release().await;
        let (first, second) = (first.await.unwrap(), second.await.unwrap());
        assert_eq!(first["import"]["id"], second["import"]["id"], "{first} {second}");
        app
    });
}

#[test]
fn an_account_is_assessed_by_what_it_has_when_the_assessment_is_stored() {
    run(Db::Postgres, async |app| {
        let admin = app.a.client(&app, &app.a.admin).await;
        let account = account(&admin, &app, "Assessed").await;
        let input = order(&app, &account);
        admin
            .change("orderCreate", "OrderCreateInput", input, "order { id }")
            .await;
        let (_, id) = parse_any(account.as_str().unwrap()).unwrap();
        let hold = Hold::account(&app, &account).await;
        let ctx = app.a.system(&app.app).await;
        let assessing = tokio::spawn(async move {
            let stored = api::risk::service::assess_all(&ctx, ctx.as_of()).await.unwrap();
            (ctx, stored)
        });
        hold.waiting(1).await;
        let earlier = "UPDATE sales_order SET ordered_at = ordered_at - interval '3 years'";
        hold.change(&format!("{earlier} WHERE account_id = '{id}'")).await;
        let (ctx, stored) = assessing.await.unwrap();
        assert!(stored > 0);
        assert_eq!(api::risk::service::assess_some(&ctx, &[id]).await.unwrap(), 0);
        app
    });
}
