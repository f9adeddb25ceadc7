//! One company's ids are worth nothing to another: each row of the surface, called by company B with the ids of
//! company A, answers as it does for ids that were never given out, and nothing of A's changes.

use serde_json::Value;
use tests::surface::{self, Who};
use tests::{Ids, TestApp, on_both, snapshot};

/// An answer without what may differ from call to call: the ids that were sent.
fn comparable(ids: &Ids, answer: &tests::Answer) -> (u16, Value) {
    let text = ids.erased_from(&answer.body.to_string());
    (answer.status, serde_json::from_str(&text).unwrap())
}

async fn compare(app: &TestApp, of_a: &Ids, client: &tests::Client) {
    let before = snapshot(app, &app.a).await;
    for row in surface::rows() {
        let unknown = of_a.unknown();
        let (query, variables) = row.operation(of_a);
        let foreign = client.send(&query, variables).await;
        let (query, variables) = row.operation(&unknown);
        let never = client.send(&query, variables).await;
        assert_eq!(
            comparable(of_a, &foreign),
            comparable(&unknown, &never),
            "{}: {query}",
            row.field
        );
        if let Who::May(_) = row.who {
            assert_ne!(foreign.code(), Some("INTERNAL"), "{}", row.field);
        }
    }
    app.drain().await;
    assert_eq!(snapshot(app, &app.a).await, before, "something of company A changed");
}

on_both! {
    async fn another_companys_ids_are_worth_nothing_to_an_admin(app) {
        let of_a = app.a.furnish(&app).await;
        let admin = app.b.client(&app, &app.b.admin).await;
        compare(&app, &of_a, &admin).await;
    }

    async fn another_companys_ids_are_worth_nothing_to_a_rep(app) {
        let of_a = app.a.furnish(&app).await;
        let rep = app.b.client(&app, &app.b.rep).await;
        compare(&app, &of_a, &rep).await;
    }

    async fn a_stranger_gets_nothing(app) {
        let of_a = app.a.furnish(&app).await;
        let before = snapshot(&app, &app.a).await;
        for row in surface::rows() {
            let (query, variables) = row.operation(&of_a);
            let answer = app.anonymous().send(&query, variables).await;
            let expected = if matches!(row.who, Who::Anybody | Who::AnybodyButClients) { None } else { Some("UNAUTHENTICATED") };
            assert_eq!(answer.code(), expected, "{}: {:#}", row.field, answer.body);
        }
        assert_eq!(snapshot(&app, &app.a).await, before);
    }
}
