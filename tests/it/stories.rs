//! The stories of the documents are true: every query in them is sent, and every answer compared.

use std::collections::HashMap;

use chrono::Duration;
use serde_json::{Value, json};
use tests::{Client, TestApp, on_both};

/// A part of a document that does something.
#[derive(Debug)]
enum Part {
    Query(String),
    Variables(Value),
    Answer(Value),
    DaysPass(i64),
}

/// The parts of a document, in order.
fn parts(document: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut lines = document.lines();
    while let Some(line) = lines.next() {
        if let Some(days) = line
            .strip_prefix("<!-- ")
            .and_then(|rest| rest.strip_suffix(" days pass -->"))
        {
            parts.push(Part::DaysPass(days.parse().unwrap()));
        }
        let Some(kind) = line.strip_prefix("```") else { continue };
        let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let text = text.join("\n");
        let value = || serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"));
        parts.push(match kind {
            "graphql" => Part::Query(text.clone()),
            "json variables" => Part::Variables(value()),
            "json answer" => Part::Answer(value()),
            other => panic!("a block of {other:?}"),
        });
    }
    parts
}

/// The story's names, and the values that they stand for.
struct Names(HashMap<String, Value>);

impl Names {
    /// The same with names replaced by what they stand for.
    fn filled(&self, app: &TestApp, value: &Value) -> Value {
        match value {
            Value::String(text) => self.value(app, text),
            Value::Array(values) => values.iter().map(|value| self.filled(app, value)).collect(),
            Value::Object(fields) => fields
                .iter()
                .map(|(name, value)| (name.clone(), self.filled(app, value)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
            other => other.clone(),
        }
    }

    fn value(&self, app: &TestApp, text: &str) -> Value {
        if text == "$now" {
            return json!(app.app.clock.now());
        }
        match (self.0.get(text), text.starts_with('$')) {
            (Some(value), _) => value.clone(),
            (None, true) => panic!("nothing is known of {text}"),
            (None, false) => json!(text),
        }
    }

    /// Compares; a name that was not known is known from here on.
    fn agree(&mut self, path: &str, told: &Value, answered: &Value) {
        match (told, answered) {
            (Value::String(text), _) if text == "…" => assert!(!answered.is_null(), "{path}"),
            (Value::String(text), _) if text.starts_with('$') => {
                let known = self.0.entry(text.clone()).or_insert_with(|| answered.clone());
                assert_eq!(known, answered, "{path}: {text}");
            }
            (Value::Array(told), Value::Array(answered)) => {
                assert_eq!(told.len(), answered.len(), "{path}: {answered:#?}");
                for (place, (told, answered)) in told.iter().zip(answered).enumerate() {
                    self.agree(&format!("{path}.{place}"), told, answered);
                }
            }
            (Value::Object(told), Value::Object(answered)) => {
                assert!(told.keys().eq(answered.keys()), "{path}: {answered:#?}");
                for (name, told) in told {
                    self.agree(&format!("{path}.{name}"), told, &answered[name]);
                }
            }
            _ => assert_eq!(told, answered, "{path}"),
        }
    }
}

async fn tell(app: &TestApp, document: &str, names: HashMap<String, Value>) {
    let mut names = Names(names);
    let mut client: Client = app.a.client(app, &app.a.admin).await;
    let (mut query, mut answer, mut told) = (None, None, 0);
    for part in parts(document) {
        match part {
            Part::DaysPass(days) => {
                app.app.clock.advance(Duration::days(days));
                app.drain().await;
                client = app.a.client(app, &app.a.admin).await;
            }
            Part::Query(text) => query = Some(text),
            Part::Variables(variables) => {
                let query = query.take().expect("variables without a query");
                answer = Some(client.ok(&query, names.filled(app, &variables)).await);
            }
            Part::Answer(expected) => {
                names.agree("", &expected, &answer.take().expect("an answer without a query"));
                told += 1;
            }
        }
    }
    assert!(
        query.is_none() && answer.is_none(),
        "a query without variables or without an answer"
    );
    assert!(told > 0);
}

on_both! {
    async fn the_story_of_a_departure_is_true(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let contact = json!({ "accountId": app.a.account_id(), "familyName": "Mori", "givenName": "Ichiro", "say": 70, "isKey": true,
            "decisionRole": "DECIDER" });
        let contact = admin.change("contactCreate", "ContactCreateInput", contact, "contact { id }").await;
        let last_day = (app.app.clock.now() + Duration::hours(9) + Duration::days(40)).date_naive();
        let names = HashMap::from([
            ("$rep".to_owned(), json!(app.a.rep.id())),
            ("$other".to_owned(), json!(app.a.other_rep.id())),
            ("$manager".to_owned(), json!(app.a.manager.id())),
            ("$account".to_owned(), json!(app.a.account_id())),
            ("$contact".to_owned(), contact["contact"]["id"].clone()),
            ("$today+40".to_owned(), json!(last_day)),
            ("$today+50".to_owned(), json!(last_day + Duration::days(10))),
        ]);
        tell(&app, include_str!("../../docs/handovers.md"), names).await;
    }

    async fn the_story_of_a_loss_is_true(app) {
        let admin = app.a.client(&app, &app.a.admin).await;
        let day = |days: i64| (app.app.clock.now() + Duration::hours(9) + Duration::days(days)).date_naive();
        let channel = json!({ "id": app.a.account_id(), "version": 1, "acquisitionChannel": "Fair" });
        admin.change("accountUpdate", "AccountUpdateInput", channel, "account { id }").await;
        for (days, amount) in [(-400, "900000"), (-200, "50000"), (-100, "70000")] {
            let order = json!({ "accountId": app.a.account_id(), "placedAt": format!("{}T03:00:00Z", day(days)),
                "amount": { "amount": amount, "currencyCode": "JPY" } });
            admin.change("orderCreate", "OrderCreateInput", order, "order { id }").await;
        }
        let names = HashMap::from([
            ("$rep".to_owned(), json!(app.a.rep.id())),
            ("$account".to_owned(), json!(app.a.account_id())),
            ("$lostOn".to_owned(), json!(day(-30))),
            ("$today".to_owned(), json!(day(0))),
            ("$winBackOn".to_owned(), json!(day(60))),
        ]);
        tell(&app, include_str!("../../docs/losses.md"), names).await;
    }
}
