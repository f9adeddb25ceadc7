//! Three sample companies: a Japanese manufacturer's sales team, an international trading company, a small firm. Made
//! through the API's own operations and import, at instants in the past, so that they have a history.

mod company;
mod losses;
mod orders;
mod story;

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use async_graphql::{Request, Response, Variables};
use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::app::App;
use crate::error::{Error, Result};
use crate::platform::Ctx;
use crate::platform::graphql::prepared;

/// The password of everybody in the samples. They live on this machine only.
pub const PASSWORD: &str = "gently opened paper door";

const COMPANIES: [&str; 3] = [
    include_str!("../../assets/demo/shinonome.json"),
    include_str!("../../assets/demo/meridian.json"),
    include_str!("../../assets/demo/hoshino.json"),
];

/// Fills an empty database.
pub async fn fill(app: &Arc<App>) -> Result<()> {
    for text in COMPANIES {
        let sample: company::Sample = serde_json::from_str(text).map_err(Error::internal)?;
        let made = company::create(app, &sample).await?;
        story::tell(app, &sample, &made).await?;
        losses::record(app, &sample, &made).await?;
    }
    crate::jobs::drain(app).await
}

/// The secret of the sample database, kept beside it: made at the first start, readable by its owner only.
pub fn secret_beside(file: &Path) -> std::io::Result<String> {
    let path = file.with_extension("secret");
    if let Ok(secret) = std::fs::read_to_string(&path) {
        return Ok(secret);
    }
    let secret = crate::platform::auth::OpaqueToken::generate()
        .map_err(|error| std::io::Error::other(error.to_string()))?
        .text;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&path)?.write_all(secret.as_bytes())?;
    Ok(secret)
}

/// Says where to look and how to sign in.
#[expect(clippy::print_stdout, reason = "the welcome of the command")]
pub fn print_welcome(address: SocketAddr) {
    println!(
        "\nHikitsugi listens on http://{address} (GraphiQL in the browser, POST /graphql for clients).\n\n\
         Everybody's password: {PASSWORD}\n"
    );
    for text in COMPANIES {
        if let Ok(sample) = serde_json::from_str::<company::Sample>(text) {
            println!("  {}", sample.tenant["name"].as_str().unwrap_or_default());
            let mut shown = Vec::new();
            for member in &sample.members {
                if !shown.contains(&&member.role) {
                    println!("    {:9} {}", member.role, sample.email(member));
                    shown.push(&member.role);
                }
            }
        }
    }
    println!(
        "\nTry, signed in:\n  {{ accounts(first: 5, orderBy: REVENUE_AT_RISK) {{ nodes {{ name assessment {{ probability band\n    \
         revenueAtRisk {{ amount currencyCode }} factors {{ kind points advice }} }} }} }} }}\n"
    );
}

/// Executes one operation of the API as `ctx`, which must succeed.
async fn execute(ctx: Ctx, query: &str, variables: Value) -> Result<Value> {
    let ctx = Arc::new(ctx);
    let request = Request::new(query).variables(Variables::from_json(variables));
    let response: Response = ctx.app.engine.execute(prepared(request, &ctx)).await;
    ctx.end_read().await?;
    if let Some(error) = response.errors.first() {
        let cause = error
            .source::<Error>()
            .map_or_else(|| error.message.clone(), ToString::to_string);
        return Err(Error::internal(format!("sample data: {cause} in {query}")));
    }
    response.data.into_json().map_err(Error::internal)
}

/// Executes one mutation at an instant; gives its payload, which must be without `userErrors`.
async fn change(ctx: Ctx, at: DateTime<Utc>, field: &str, input: Value, selection: &str) -> Result<Value> {
    let mut name = field[..1].to_ascii_uppercase();
    name.push_str(&field[1..]);
    let query = format!(
        "mutation($input: {name}Input!) {{ {field}(input: $input) {{ {selection} userErrors {{ message }} }} }}"
    );
    let mut data = execute(ctx.at(at), &query, serde_json::json!({ "input": input })).await?;
    let payload = data[field].take();
    if payload["userErrors"]
        .as_array()
        .is_some_and(|errors| !errors.is_empty())
    {
        return Err(Error::internal(format!(
            "sample data: {field}: {}",
            payload["userErrors"]
        )));
    }
    Ok(payload)
}
