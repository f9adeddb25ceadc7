//! Who may do what: the table as a person reads it, and the same table tried over the API.

use domain::policy::{Action, Grant, Role, Scope, Visibility, read_grant, scope_for};
use serde_json::json;
use tests::surface::{self, Who};
use tests::{Client, TestApp, on_both, snapshot};

/// A change of the policy is a change of this file, which anybody can read.
#[test]
fn the_table_is_the_one_that_was_agreed() {
    let mut table = String::new();
    for visibility in Visibility::ALL {
        table.push_str(&format!("accountVisibility {}\n\n", visibility.as_str()));
        table.push_str(&format!("{:22}", "action"));
        for role in Role::ALL {
            table.push_str(&format!("{:10}", role.as_str()));
        }
        table.push_str("scope of an API client\n");
        for action in Action::ALL {
            table.push_str(&format!("{:22}", action.as_str()));
            for role in Role::ALL {
                let grant = match read_grant(*role, *visibility, *action) {
                    Grant::Never => "-",
                    Grant::Related => "own",
                    Grant::Subtree => "team",
                    Grant::All => "all",
                };
                table.push_str(&format!("{grant:10}"));
            }
            table.push_str(scope_for(*action).map_or("-", Scope::as_str));
            table.push('\n');
        }
        table.push('\n');
    }
    insta::assert_snapshot!("policy", table);
}

/// Calls every row as one client; gives the fields that were refused with FORBIDDEN.
async fn refused(app: &TestApp, client: &Client, ids: &tests::Ids) -> Vec<&'static str> {
    let mut refused = Vec::new();
    for row in surface::rows() {
        let (query, variables) = row.operation(ids);
        let before = snapshot(app, &app.a).await;
        let answer = client.send(&query, variables).await;
        assert_ne!(answer.code(), Some("INTERNAL"), "{}", row.field);
        if answer.code() == Some("FORBIDDEN") {
            assert_eq!(
                snapshot(app, &app.a).await,
                before,
                "{} was refused and changed something",
                row.field
            );
            refused.push(row.field);
        }
    }
    refused
}

/// The fields that the policy keeps from somebody, by a rule.
fn kept_from(may: impl Fn(Action) -> bool, person: bool) -> Vec<&'static str> {
    let kept = |who: Who| match who {
        Who::Anybody => false,
        Who::Person | Who::AnybodyButClients => !person,
        Who::May(action) => !may(action),
    };
    surface::rows()
        .into_iter()
        .filter(|row| kept(row.who))
        .map(|row| row.field)
        .collect()
}

on_both! {
    async fn each_role_is_refused_what_the_table_keeps_from_it(app) {
        let ids = app.a.furnish(&app).await;
        // Ids never given out: so that a refusal is about the action, and nothing is changed on the way.
        let unknown = ids.unknown();
        for person in [&app.a.admin, &app.a.manager, &app.a.rep, &app.a.observer] {
            let client = app.a.client(&app, person).await;
            let role: Role = person.role.parse().unwrap();
            let may = |action| read_grant(role, Visibility::Everyone, action) != Grant::Never;
            assert_eq!(refused(&app, &client, &unknown).await, kept_from(may, true), "{role}");
        }
    }

    async fn an_api_client_may_what_its_scopes_say(app) {
        let ids = app.a.furnish(&app).await;
        let unknown = ids.unknown();
        let admin = app.a.client(&app, &app.a.admin).await;
        for scope in [Scope::AccountsRead, Scope::HandoversWrite, Scope::EventsRead] {
            let name = scope.as_str().to_uppercase().replace(':', "_");
            let made = admin
                .change("apiClientCreate", "ApiClientCreateInput", json!({ "name": "Partner", "scopes": [name] }), "apiClient { id } secret")
                .await;
            let client = app.anonymous().partner(&made).await;
            let may = |action| scope_for(action).is_some_and(|needed| scope.includes(needed));
            assert_eq!(refused(&app, &client, &unknown).await, kept_from(may, false), "{}", scope.as_str());
        }
    }
}
