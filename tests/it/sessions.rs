//! Signing in and out, refreshing, switching, passwords.

use api::platform::auth::Message;
use chrono::Duration;
use futures::future::join_all;
use serde_json::{Value, json};
use tests::{Client, PASSWORD, TestApp, on_both};

const TOKENS: &str = "tokens { accessToken refreshToken }";

async fn sign_in(app: &TestApp, email: &str, password: &str, tenant: Option<String>) -> Value {
    let input = json!({ "email": email, "password": password, "tenantId": tenant, "device": "test" });
    let selection = format!("session {{ id }} {TOKENS} memberships {{ tenantName role }}");
    app.anonymous()
        .try_change("sessionCreate", "SessionCreateInput", input, &selection)
        .await
}

async fn refresh(app: &TestApp, token: &Value) -> Value {
    let input = json!({ "refreshToken": token });
    app.anonymous()
        .try_change("sessionRefresh", "SessionRefreshInput", input, TOKENS)
        .await
}

async fn knows_me(app: &TestApp, access: &Value) -> bool {
    let client = Client::new(&app.base, access.as_str().map(str::to_owned));
    client.send("{ tenant { name } }", json!({})).await.code().is_none()
}

fn token_of(message: &Message) -> &str {
    message.link.rsplit('=').next().unwrap()
}

on_both! {
    async fn wrong_password_and_unknown_email_answer_alike(app) {
        let known = sign_in(&app, &app.a.rep.email, "not the password at all", None).await;
        let unknown = sign_in(&app, "nobody@nowhere.example", "not the password at all", None).await;
        assert_eq!(known, unknown);
        assert_eq!(known["userErrors"][0]["code"], "REJECTED");
        assert_eq!(known["tokens"], Value::Null);
        // As does a company that he is not a member of.
        let foreign = sign_in(&app, &app.a.rep.email, PASSWORD, Some(app.b.tenant_id())).await;
        assert_eq!(foreign["userErrors"], known["userErrors"]);
    }

    async fn guessing_is_slowed(app) {
        let mut refused = None;
        for attempt in 0..15 {
            let query = "mutation($input: SessionCreateInput!) { sessionCreate(input: $input) { userErrors { code } } }";
            let input = json!({ "input": { "email": app.a.rep.email, "password": format!("guess number {attempt}") } });
            let answer = app.anonymous().send(query, input).await;
            if answer.code() == Some("RATE_LIMITED") {
                refused = Some(attempt);
                break;
            }
        }
        assert_eq!(refused, Some(10));
    }

    async fn an_only_company_is_chosen_and_the_role_is_told(app) {
        let signed_in = sign_in(&app, &app.a.manager.email.to_uppercase(), PASSWORD, None).await;
        assert_eq!(signed_in["memberships"], json!([{ "tenantName": "Aoba", "role": "MANAGER" }]));
        let client = Client::new(&app.base, signed_in["tokens"]["accessToken"].as_str().map(str::to_owned));
        let me = client.ok("{ viewer { user { email } member { role } sessions { device current } } }", json!({})).await;
        assert_eq!(me["viewer"]["user"]["email"], app.a.manager.email);
        assert_eq!(me["viewer"]["member"]["role"], "MANAGER");
        assert_eq!(me["viewer"]["sessions"], json!([{ "device": "test", "current": true }]));
    }

    async fn a_refresh_token_is_good_once_and_reuse_ends_the_family(app) {
        let first = sign_in(&app, &app.a.rep.email, PASSWORD, None).await["tokens"].clone();
        let second = refresh(&app, &first["refreshToken"]).await["tokens"].clone();
        assert!(knows_me(&app, &second["accessToken"]).await);
        // The answer was lost on the way: within a minute the parent may be shown again, and the earlier child dies.
        let third = refresh(&app, &first["refreshToken"]).await["tokens"].clone();
        assert!(third["refreshToken"].is_string());
        let dead = refresh(&app, &second["refreshToken"]).await;
        assert_eq!(dead["userErrors"][0]["code"], "REJECTED");
        // A dead child was shown: somebody holds what he should not. Everything of the session is over.
        assert_eq!(refresh(&app, &third["refreshToken"]).await["userErrors"][0]["code"], "REJECTED");
        assert!(!knows_me(&app, &third["accessToken"]).await);
    }

    async fn a_parent_is_not_good_after_its_child_was_used_or_a_minute_passed(app) {
        let first = sign_in(&app, &app.a.rep.email, PASSWORD, None).await["tokens"].clone();
        let second = refresh(&app, &first["refreshToken"]).await["tokens"].clone();
        app.app.clock.advance(Duration::seconds(61));
        assert_eq!(refresh(&app, &first["refreshToken"]).await["userErrors"][0]["code"], "REJECTED");
        assert!(!knows_me(&app, &second["accessToken"]).await);
    }

    async fn of_twenty_parallel_refreshes_one_child_lives(app) {
        let first = sign_in(&app, &app.a.rep.email, PASSWORD, None).await["tokens"].clone();
        let answers = join_all((0..20).map(|_| refresh(&app, &first["refreshToken"]))).await;
        let children: Vec<Value> =
            answers.into_iter().map(|answer| answer["tokens"]["refreshToken"].clone()).filter(Value::is_string).collect();
        let mut live = 0;
        for child in &children {
            live += usize::from(refresh(&app, child).await["tokens"].is_object());
        }
        assert!(live <= 1, "{live} of {} children live", children.len());
    }

    async fn an_access_token_ends_after_ten_minutes_and_with_its_session(app) {
        let tokens = sign_in(&app, &app.a.rep.email, PASSWORD, None).await["tokens"].clone();
        let client = Client::new(&app.base, tokens["accessToken"].as_str().map(str::to_owned));
        app.app.clock.advance(Duration::seconds(9 * 60 + 50));
        assert!(knows_me(&app, &tokens["accessToken"]).await);
        client.change("sessionEnd", "SessionEndInput", json!({}), "session { id }").await;
        let answer = client.send("{ tenant { name } }", json!({})).await;
        assert_eq!(answer.code(), Some("UNAUTHENTICATED"));
        let late = sign_in(&app, &app.a.rep.email, PASSWORD, None).await["tokens"].clone();
        app.app.clock.advance(Duration::seconds(10 * 60 + 10));
        assert!(!knows_me(&app, &late["accessToken"]).await);
        assert!(!knows_me(&app, &json!("not.a.token")).await);
    }

    async fn what_is_taken_away_counts_at_once_on_every_replica(app) {
        let second = app.replica().await;
        let admin = app.a.client(&app, &app.a.admin).await;
        let here = app.a.client(&app, &app.a.other_rep).await;
        let both = [here.clone(), Client::new(&second.base, here.token.clone())];
        let create = "mutation { accountCreate(input: { name: \"\" }) { userErrors { code } } }";
        let codes = async || {
            let mut codes = Vec::new();
            for client in &both {
                codes.push(client.send(create, json!({})).await.code().map(str::to_owned));
            }
            codes
        };
        // Each time both servers have looked him up a moment before.
        assert_eq!(codes().await, [None, None]);
        let input = json!({ "id": app.a.other_rep.id(), "version": 1, "role": "OBSERVER" });
        admin.change("memberUpdate", "MemberUpdateInput", input, "member { role }").await;
        assert_eq!(codes().await, vec![Some("FORBIDDEN".to_owned()); 2]);
        let input = json!({ "id": app.a.other_rep.id(), "version": 2, "role": "REP" });
        admin.change("memberUpdate", "MemberUpdateInput", input, "member { role }").await;
        assert_eq!(codes().await, [None, None]);
        both[1].change("sessionEnd", "SessionEndInput", json!({}), "session { id }").await;
        assert_eq!(codes().await, vec![Some("UNAUTHENTICATED".to_owned()); 2]);
        second.stop().await;
    }

    async fn a_removed_member_is_out_at_once(app) {
        let rep = app.a.client(&app, &app.a.other_rep).await;
        assert_eq!(rep.send("{ tenant { name } }", json!({})).await.code(), None);
        let admin = app.a.client(&app, &app.a.admin).await;
        let input = json!({ "id": app.a.other_rep.id(), "version": 1 });
        admin.change("memberRemove", "MemberRemoveInput", input, "member { endedAt }").await;
        assert_eq!(rep.send("{ tenant { name } }", json!({})).await.code(), Some("UNAUTHENTICATED"));
        // Who still looks after accounts cannot be removed.
        let input = json!({ "id": app.a.rep.id(), "version": 1 });
        let kept = admin.try_change("memberRemove", "MemberRemoveInput", input, "member { endedAt }").await;
        assert_eq!(kept["userErrors"][0]["code"], "CONFLICT");
    }

    async fn a_changed_role_counts_for_the_token_that_is_out(app) {
        let rep = app.a.client(&app, &app.a.other_rep).await;
        let admin = app.a.client(&app, &app.a.admin).await;
        let create = "mutation { accountCreate(input: { name: \"Mine\" }) { account { id } userErrors { code } } }";
        assert_eq!(rep.send(create, json!({})).await.code(), None);
        let input = json!({ "id": app.a.observer.id(), "version": 1, "role": "ADMIN" });
        let observer = app.a.client(&app, &app.a.observer).await;
        assert_eq!(observer.send(create, json!({})).await.code(), Some("FORBIDDEN"));
        admin.change("memberUpdate", "MemberUpdateInput", input, "member { role }").await;
        assert_eq!(observer.send(create, json!({})).await.code(), None);
    }

    async fn a_password_is_reset_by_a_link_that_works_once(app) {
        let before = sign_in(&app, &app.a.rep.email, PASSWORD, None).await["tokens"].clone();
        for email in [app.a.rep.email.as_str(), "nobody@nowhere.example"] {
            let input = json!({ "email": email });
            app.anonymous().change("passwordResetRequest", "PasswordResetRequestInput", input, "__typename").await;
        }
        let mail = app.messages();
        assert_eq!(mail.iter().map(|one| one.to.as_str()).collect::<Vec<_>>(), [app.a.rep.email.as_str()]);
        let reset = async |password: &str| -> Value {
            let input = json!({ "token": token_of(&mail[0]), "newPassword": password });
            app.anonymous().try_change("passwordReset", "PasswordResetInput", input, "__typename").await["userErrors"].clone()
        };
        assert_ne!(reset("short").await, json!([]));
        assert_ne!(reset("passwordpassword").await, json!([]));
        assert_eq!(reset("a window left open in may").await, json!([]));
        assert_ne!(reset("a door left open in june").await, json!([]));
        assert!(!knows_me(&app, &before["accessToken"]).await);
        assert_eq!(sign_in(&app, &app.a.rep.email, PASSWORD, None).await["userErrors"][0]["code"], "REJECTED");
        assert!(sign_in(&app, &app.a.rep.email, "a window left open in may", None).await["tokens"].is_object());
    }

    async fn an_invited_person_joins_and_switches_between_companies(app) {
        let admin = app.b.client(&app, &app.b.admin).await;
        let input = json!({ "email": app.a.rep.email, "role": "REP", "managerId": app.b.manager.id() });
        let made = admin.change("memberInvite", "MemberInviteInput", input, "invitation { email } link").await;
        let token = made["link"].as_str().unwrap().rsplit('=').next().unwrap().to_owned();
        let input = json!({ "token": token, "familyName": "A", "givenName": "Rep", "password": PASSWORD });
        let joined = app.anonymous().change("invitationAccept", "InvitationAcceptInput", input.clone(), "member { id role }").await;
        assert_eq!(joined["member"]["role"], "REP");
        let again = app.anonymous().try_change("invitationAccept", "InvitationAcceptInput", input, "member { id }").await;
        assert_ne!(again["userErrors"], json!([]));
        // Now there are two to choose from.
        let signed_in = sign_in(&app, &app.a.rep.email, PASSWORD, None).await;
        assert_eq!(signed_in["memberships"].as_array().unwrap().len(), 2);
        let access = &signed_in["tokens"]["accessToken"];
        assert!(!knows_me(&app, access).await);
        let client = Client::new(&app.base, access.as_str().map(str::to_owned));
        let switched = client.change("sessionSwitch", "SessionSwitchInput", json!({ "tenantId": app.b.tenant_id() }), TOKENS).await;
        let client = Client::new(&app.base, switched["tokens"]["accessToken"].as_str().map(str::to_owned));
        assert_eq!(client.ok("{ tenant { name } }", json!({})).await["tenant"]["name"], "Birch");
    }

    async fn keys_are_published_and_the_previous_one_goes_on_verifying(app) {
        let tokens = sign_in(&app, &app.a.rep.email, PASSWORD, None).await["tokens"].clone();
        let keys = async || -> Vec<Value> {
            let answer = app.anonymous().http(reqwest::Method::GET, "/.well-known/jwks.json").send().await.unwrap();
            answer.json::<Value>().await.unwrap()["keys"].as_array().unwrap().clone()
        };
        assert_eq!(keys().await.len(), 1);
        let statements = Default::default();
        let db = app.app.database.global(&statements);
        app.app.keys.rotate(&db, &app.app.secret, app.app.clock.now()).await.unwrap();
        let both = keys().await;
        assert_eq!(both.len(), 2);
        assert!(both.iter().all(|key| key["kty"] == "OKP" && key["alg"] == "EdDSA" && key["d"].is_null()));
        assert!(knows_me(&app, &tokens["accessToken"]).await);
        let newer = sign_in(&app, &app.a.rep.email, PASSWORD, None).await["tokens"]["accessToken"].clone();
        assert!(knows_me(&app, &newer).await);
    }
}

on_both! {
    async fn there_is_always_a_key_to_sign_with(app) {
        // Just before the first key stops signing, the job has made the next one.
        app.app.clock.advance(Duration::days(29) + Duration::hours(23));
        app.drain().await;
        app.app.clock.advance(Duration::hours(2));
        let admin = app.a.client(&app, &app.a.admin).await;
        admin.ok("{ eventSequence }", json!({})).await;
    }
}
