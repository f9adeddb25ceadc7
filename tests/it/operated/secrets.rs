//! No secret is ever told: not in the log at its most talkative, not in metrics, not in traces, not in errors.

use std::process::Command;

use reqwest::Method;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};
use tests::{Client, Collector, Db, PASSWORD, Socket, World};

use super::SERVER;

/// What must be found nowhere, by what it is.
#[derive(Default)]
struct Planted(Vec<(&'static str, String)>);

impl Planted {
    fn plant(&mut self, what: &'static str, secret: impl Into<String>) -> String {
        let secret = secret.into();
        assert!(secret.len() >= 8, "{what} is too short to be looked for: {secret}");
        self.0.push((what, secret.clone()));
        secret
    }

    /// A token: what proves it is behind its last dot, or at its end.
    fn token(&mut self, what: &'static str, token: &Value) -> String {
        let token = token.as_str().unwrap_or_else(|| panic!("{what} is missing")).to_owned();
        self.plant(what, token.rsplit('.').next().unwrap());
        token
    }

    fn assert_absent(&self, place: &str, text: &str) {
        for (what, secret) in &self.0 {
            if let Some(at) = text.find(secret.as_str()) {
                let from = text[..at].rfind('\n').map_or(0, |line| line + 1);
                panic!(
                    "{what} is in {place}: {}",
                    &text[from..text.len().min(at + secret.len() + 80)]
                );
            }
        }
    }
}

async fn answer(request: reqwest::RequestBuilder) -> String {
    let response = request.send().await.unwrap();
    format!("{:?} {}", response.headers().clone(), response.text().await.unwrap())
}

async fn no_secret_is_told(db: Db, format: &str) {
    let mut planted = Planted::default();
    let collector = Collector::start();
    let mut world = World::new(db, SERVER).await;
    let metrics_token = planted.plant("the metrics token", "planted-metrics-token");
    let collector_token = planted.plant("the collector's token", "planted-collector-token");
    planted.plant("the server's secret", "a secret for the tests");
    planted.plant("a password", PASSWORD);
    if db == Db::Postgres {
        // The server of the tests takes any.
        let mut url = reqwest::Url::parse(&world.urls.app).unwrap();
        let password = planted.plant("the database's password", "planted-database-password");
        url.set_password(Some(&password)).unwrap();
        world.urls.app = url.to_string();
    }
    world.settings = vec![
        ("HIKITSUGI_LOG", "trace".into()),
        ("HIKITSUGI_LOG_FORMAT", format.into()),
        ("HIKITSUGI_SLOW_OPERATION_MILLIS", "1".into()),
        ("HIKITSUGI_METRICS_TOKEN", metrics_token.clone()),
        ("HIKITSUGI_OTLP_ENDPOINT", collector.endpoint.clone()),
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            format!("authorization=Bearer {collector_token}"),
        ),
    ];
    let mut process = world.start().await;
    let admin = world.found("Secrets").await;
    planted.token("an access token", &json!(admin.token));
    let anonymous = Client::new(&world.base, None);
    let mut errors = String::new();

    // Signing in, refreshing, changing and resetting the password, inviting, an API client.
    let tokens = "tokens { accessToken refreshToken }";
    let credentials = json!({ "email": "admin@secrets.example", "password": PASSWORD });
    let session = anonymous
        .change("sessionCreate", "SessionCreateInput", credentials, tokens)
        .await;
    let refresh = planted.token("a refresh token", &session["tokens"]["refreshToken"]);
    let refreshed = anonymous
        .change(
            "sessionRefresh",
            "SessionRefreshInput",
            json!({ "refreshToken": refresh }),
            tokens,
        )
        .await;
    planted.token("a second refresh token", &refreshed["tokens"]["refreshToken"]);
    planted.token("a second access token", &refreshed["tokens"]["accessToken"]);
    let wrong = planted.plant("a wrong password", "planted wrong password");
    let refused = json!({ "email": "admin@secrets.example", "password": wrong });
    errors += &anonymous
        .try_change("sessionCreate", "SessionCreateInput", refused, "__typename")
        .await
        .to_string();
    let next = planted.plant("a new password", "planted umbrella marble tractor");
    let change = json!({ "currentPassword": PASSWORD, "newPassword": next });
    admin
        .change("passwordChange", "PasswordChangeInput", change, "__typename")
        .await;
    let request = json!({ "email": "admin@secrets.example" });
    anonymous
        .change(
            "passwordResetRequest",
            "PasswordResetRequestInput",
            request,
            "__typename",
        )
        .await;
    let said = process.said();
    let link = said.lines().find(|line| line.contains("#token=")).unwrap();
    let reset = planted.token("a reset token", &json!(link.split("#token=").nth(1).unwrap().trim()));
    let invited = json!({ "email": "new@secrets.example", "role": "REP" });
    let invitation = admin.change("memberInvite", "MemberInviteInput", invited, "link").await;
    let link = invitation["link"].as_str().unwrap();
    planted.token("an invitation's token", &json!(link.split("#token=").nth(1).unwrap()));
    let client = json!({ "name": "Partner", "scopes": ["ACCOUNTS_READ"] });
    let client = admin
        .change(
            "apiClientCreate",
            "ApiClientCreateInput",
            client,
            "apiClient { id } secret",
        )
        .await;
    planted.token("an API client's secret", &client["secret"]);
    let partner = anonymous.partner(&client).await;
    planted.token("an API client's token", &json!(partner.token));

    // What is in requests: variables, literals, keys, cookies, headers, URLs, frames, files, and what is malformed.
    let variable = planted.plant("a variable", "PlantedVariable");
    let account = admin
        .change(
            "accountCreate",
            "AccountCreateInput",
            json!({ "name": variable }),
            "account { id }",
        )
        .await["account"]["id"]
        .clone();
    let literal = planted.plant("a literal", "PlantedLiteral");
    admin
        .ok(
            &format!("{{ accounts(filter: {{ text: \"{literal}\" }}) {{ totalCount }} }}"),
            json!({}),
        )
        .await;
    let contact = planted.plant("a contact's name", "PlantedContact");
    let contact = json!({ "accountId": account, "familyName": contact, "givenName": "Ken", "email": "planted-contact@client.example" });
    admin
        .change("contactCreate", "ContactCreateInput", contact, "contact { id }")
        .await;
    let key = planted.plant("an idempotency key", "planted-idempotency-key");
    let cookie = planted.plant("a cookie", "planted-cookie");
    let basic = planted.plant("Basic credentials", "cGxhbnRlZDpiYXNpYw");
    let post = |body: Value| admin.http(Method::POST, "/graphql").json(&body);
    let product =
        json!({ "query": "mutation { productCreate(input: { code: \"S\", name: \"S\" }) { userErrors { code } } }" });
    for _ in 0..2 {
        let keyed = post(product.clone())
            .header("Idempotency-Key", &key)
            .header("Cookie", format!("session={cookie}"));
        answer(keyed).await;
    }
    let basic = HeaderValue::from_str(&format!("Basic {basic}")).unwrap();
    errors += &answer(
        anonymous
            .http(Method::POST, "/graphql")
            .header("Authorization", basic)
            .json(&json!({ "query": "{ viewer { user { id } } }" })),
    )
    .await;
    let forged = planted.plant(
        "a forged token",
        "eyJhbGciOiJFZERTQSJ9.eyJwbGFudGVkIjoxfQ.planted-signature",
    );
    errors += &answer(
        anonymous
            .http(Method::POST, "/graphql")
            .bearer_auth(&forged)
            .json(&json!({ "query": "{ viewer { user { id } } }" })),
    )
    .await;
    let url = planted.plant("a literal of a URL", "PlantedInUrl");
    let query =
        format!("/graphql?query=%7B%20accounts(filter%3A%7Btext%3A%22{url}%22%7D)%20%7B%20totalCount%20%7D%20%7D");
    answer(admin.http(Method::GET, &query)).await;
    errors += &answer(admin.http(Method::GET, &format!("{query}%7B")))
        .await
        .replace(&url, "");
    let path = planted.plant("a token in a path", "PlantedInPath");
    errors += &answer(admin.http(Method::GET, &format!("/{path}?token={path}"))).await;
    for malformed in [
        format!("{{\"query\": \"{}", planted.plant("a body that is cut off", "PlantedCutOff")),
        format!("{{\"query\": 1, \"password\": \"{}\"}}", planted.plant("a body of another form", "PlantedForm")),
        json!({ "query": "query($n: Int) { accounts(first: $n) { totalCount } }", "variables": { "n": planted.plant("a variable of another type", "PlantedType") } }).to_string(),
        json!({ "query": format!("{{ accounts(first: \"{}\") {{ totalCount }} }}", planted.plant("a literal of another type", "PlantedWrongLiteral")) }).to_string(),
    ] {
        let request = admin.http(Method::POST, "/graphql").header("Content-Type", "application/json").body(malformed);
        // Whoever sent it may be shown it.
        answer(request).await;
    }
    let content = planted.plant("an uploaded file", "PlantedContent");
    let file = planted.plant("a file's name", "PlantedFileName");
    let upload = admin.http(Method::POST, &format!("/uploads?name={file}.csv"));
    let upload = answer(
        upload
            .header("Content-Type", "text/csv")
            .body(format!("name,owner\n{content},nobody\n")),
    )
    .await;
    let upload = upload
        .split("upl_")
        .nth(1)
        .map(|rest| format!("upl_{}", &rest[..26]))
        .unwrap();
    let import = json!({ "uploadId": upload, "kind": "ACCOUNTS" });
    admin
        .try_change("importStart", "ImportStartInput", import, "import { id status }")
        .await;
    let mut socket = Socket::open(&world.base, admin.token.as_deref()).await;
    let over_socket = planted.plant("a variable over a socket", "PlantedOverSocket");
    socket
        .subscribe(
            "1",
            "query($t: String) { accounts(filter: { text: $t }) { totalCount } }",
            json!({ "t": over_socket }),
        )
        .await;
    socket.hear().await.unwrap();
    let reset =
        json!({ "token": reset, "newPassword": planted.plant("a password by reset", "planted kettle orbit lantern") });
    anonymous
        .change("passwordReset", "PasswordResetInput", reset, "__typename")
        .await;

    let metrics = anonymous.http(Method::GET, "/metrics").bearer_auth(&metrics_token);
    let metrics = answer(metrics).await;
    assert!(metrics.contains("hikitsugi_operation_duration_seconds"), "{metrics}");
    let ready = answer(anonymous.http(Method::GET, "/readyz")).await;
    process.terminate();
    assert!(process.ended().await.0.success());
    let log = process.log();
    // It is the talkative log that is searched, and the collector got its token.
    assert!(log.contains("TRACE") && log.contains("slow operation"), "{log}");
    assert!(collector.headers().contains(&collector_token));
    for (place, text) in [
        ("the log", log.as_str()),
        ("the metrics", &metrics),
        ("/readyz", &ready),
        ("the traces", &collector.text()),
        ("the errors", &errors),
    ] {
        planted.assert_absent(place, text);
    }
    collector.stop().await;
}

#[test]
fn no_secret_is_told_on_sqlite() {
    actix_web::rt::System::new().block_on(no_secret_is_told(Db::Sqlite, "text"));
}

#[test]
fn no_secret_is_told_on_postgres() {
    actix_web::rt::System::new().block_on(no_secret_is_told(Db::Postgres, "json"));
}

#[test]
fn the_databases_password_is_not_told_when_it_cannot_be_reached() {
    for url in [
        "postgres://app:planted-password@127.0.0.1:9/hikitsugi",
        "postgres://app:planted-password@no-such-host.invalid/hikitsugi",
        "postgres://app:planted-password@127.0.0.1:notaport/hikitsugi",
        "mysql://app:planted-password@127.0.0.1/hikitsugi",
    ] {
        for command in ["serve", "migrate"] {
            let ended = Command::new(SERVER)
                .arg(command)
                .env_clear()
                .env("DATABASE_URL", url)
                .env("HIKITSUGI_SECRET", "planted-secret of the server, long enough")
                .env("HIKITSUGI_LOG", "trace")
                .output()
                .unwrap();
            assert!(!ended.status.success());
            let told = [ended.stdout, ended.stderr].concat();
            let told = String::from_utf8(told).unwrap();
            assert!(!told.is_empty() && !told.contains("planted"), "{command} {url}: {told}");
        }
    }
}
