//! GraphQL over HTTP: JSON over POST, by our own handler (the engine's stock transport always answers 200, runs
//! mutations over GET and shows causes).

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse, web};
use async_graphql::parser::parse_query;
use async_graphql::{Request, Response, ServerError, Value, Variables};
use domain::lang::{Lang, Text};
use futures::{FutureExt, StreamExt};
use serde::Deserialize;
use tracing::{Instrument, Span, field};

use super::{guard, headers};
use crate::app::App;
use crate::error::Error;
use crate::platform::Ctx;
use crate::platform::auth::authenticate;
use crate::platform::ctx::RequestInfo;
use crate::platform::graphql::prepared;

/// A request must have arrived by then.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// An operation must have been answered by then.
const EXECUTION_TIMEOUT: Duration = Duration::from_secs(30);

/// Executes operations. The schema, behind a wall that keeps its types out of `platform`.
pub trait Engine: Send + Sync {
    /// Executes one operation.
    fn execute(&self, request: Request) -> Pin<Box<dyn Future<Output = Response> + Send + '_>>;
}

/// The body of a request, as the GraphQL over HTTP specification has it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    query: String,
    #[serde(default)]
    operation_name: Option<String>,
    #[serde(default)]
    variables: Option<serde_json::Map<String, serde_json::Value>>,
}

pub(super) fn configure(cfg: &mut web::ServiceConfig) {
    cfg.service(
        web::resource("/graphql")
            .route(web::post().to(post))
            .default_service(web::to(|| async {
                HttpResponse::MethodNotAllowed().insert_header((ALLOW, "POST")).finish()
            })),
    );
}

async fn post(app: web::Data<App>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let app = app.into_inner();
    let info = headers::request_info(&request, app.config.trusted_proxies);
    let span = tracing::info_span!(
        "operation",
        request_id = %info.id,
        operation = field::Empty,
        actor = field::Empty,
        statements = field::Empty,
        errors = field::Empty,
    );
    let bearer = headers::bearer(&request).map(str::to_owned);
    let body = if is_json(&request) {
        read_body(payload, app.config.max_body_bytes).await
    } else {
        Err(Refusal {
            status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
            text: Text::fixed(
                "Send the operation as application/json.",
                "application/json で送信してください。",
            ),
        })
    };
    answer(app, info, bearer, body).instrument(span).await
}

/// A request refused before anything was executed.
struct Refusal {
    status: StatusCode,
    text: Text,
}

impl From<Text> for Refusal {
    fn from(text: Text) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            text,
        }
    }
}

fn is_json(request: &HttpRequest) -> bool {
    let value = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let media_type = value.and_then(|value| value.split(';').next());
    media_type.is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/json"))
}

pub(super) async fn read_bytes(
    mut payload: web::Payload,
    most: usize,
    timeout: Duration,
) -> Result<Vec<u8>, StatusCode> {
    let reading = async {
        let mut bytes = Vec::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|_| StatusCode::BAD_REQUEST)?;
            if bytes.len() + chunk.len() > most {
                return Err(StatusCode::PAYLOAD_TOO_LARGE);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    };
    tokio::time::timeout(timeout, reading)
        .await
        .unwrap_or(Err(StatusCode::REQUEST_TIMEOUT))
}

async fn read_body(payload: web::Payload, most: usize) -> Result<Body, Refusal> {
    let bytes = read_bytes(payload, most, BODY_TIMEOUT)
        .await
        .map_err(|status| Refusal {
            status,
            text: match status {
                StatusCode::PAYLOAD_TOO_LARGE => Text::new(
                    format!("The body is longer than {most} bytes."),
                    format!("リクエスト本文が{most}バイトを超えています。"),
                ),
                StatusCode::REQUEST_TIMEOUT => Text::fixed(
                    "The body did not arrive in time.",
                    "リクエスト本文の受信がタイムアウトしました。",
                ),
                _ => Text::fixed("The body could not be read.", "リクエスト本文を読み取れませんでした。"),
            },
        })?;
    serde_json::from_slice(&bytes).map_err(|_| {
        Text::fixed(
            "The body is not a GraphQL request: send {\"query\": \"…\", \"variables\": {…}}.",
            "GraphQLリクエストの形式ではありません（{\"query\": \"…\", \"variables\": {…}}）。",
        )
        .into()
    })
}

async fn answer(app: Arc<App>, info: RequestInfo, bearer: Option<String>, body: Result<Body, Refusal>) -> HttpResponse {
    let (lang, id) = (info.lang, info.id);
    let parsed = body.and_then(|body| Ok((prepare(&body)?, body)));
    let (request, body) = match parsed {
        Ok(parsed) => parsed,
        Err(refusal) => {
            let response = refused(&Error::BadInput(refusal.text), lang);
            return respond(response, refusal.status, id, None);
        }
    };
    if let Some(name) = &body.operation_name {
        Span::current().record("operation", name.as_str());
    }
    let ctx = match authenticate(&app, bearer.as_deref(), info).await {
        Ok(ctx) => ctx,
        Err(error) => {
            log_internal(&error);
            return respond(refused(&error, lang), StatusCode::SERVICE_UNAVAILABLE, id, None);
        }
    };
    Span::current().record("actor", ctx.actor.kind_and_id().0);
    let request = prepared(request, &ctx);
    let executing = AssertUnwindSafe(app.engine.execute(request)).catch_unwind();
    let response = match tokio::time::timeout(EXECUTION_TIMEOUT, executing).await {
        Ok(Ok(response)) => response,
        Ok(Err(_panic)) => refused(&logged(Error::internal("a resolver panicked")), lang),
        Err(_late) => refused(&logged(Error::internal("the operation took too long")), lang),
    };
    if let Err(error) = ctx.end_read().await {
        tracing::warn!(%error, "ending the read transaction failed");
    }
    let (response, retry_after) = present(response, &ctx);
    Span::current().record("statements", ctx.statements());
    Span::current().record("errors", response.errors.len());
    tracing::info!("answered");
    let status = if response.data == Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|error| error.path.is_empty())
    {
        StatusCode::BAD_REQUEST
    } else {
        StatusCode::OK
    };
    respond(response, status, id, retry_after)
}

/// Guards and parses: what passes here is safe to validate and execute.
fn prepare(body: &Body) -> Result<Request, Refusal> {
    guard::check_text(&body.query)?;
    let document = parse_query(&body.query).map_err(|error| Text::new(error.to_string(), error.to_string()))?;
    guard::check_expansion(&document)?;
    let variables = body
        .variables
        .clone()
        .map(serde_json::Value::Object)
        .unwrap_or_default();
    let mut request = Request::new(body.query.clone()).variables(Variables::from_json(variables));
    request.operation_name.clone_from(&body.operation_name);
    request.set_parsed_query(document);
    Ok(request)
}

fn refused(error: &Error, lang: Lang) -> Response {
    let mut shown = ServerError::new(error.public_text(lang), None);
    shown.extensions.get_or_insert_default().set("code", error.code());
    Response::from_errors(vec![shown])
}

/// Puts code and public text on every error and keeps causes in the log. Our own errors travel as the source of the
/// engine's; what has none comes from the engine's parser, validator or input coercion, and concerns the request.
fn present(mut response: Response, ctx: &Ctx) -> (Response, Option<u64>) {
    let mut retry_after = None;
    for error in &mut response.errors {
        let code = match error.source::<Error>().cloned() {
            Some(ours) => {
                log_internal(&ours);
                if let Error::RateLimited { retry_after_seconds } = ours {
                    retry_after = Some(retry_after_seconds);
                }
                error.message = ours.public_text(ctx.request.lang);
                ours.code()
            }
            None => "BAD_USER_INPUT",
        };
        error.source = None;
        error.extensions.get_or_insert_default().set("code", code);
    }
    (response, retry_after)
}

fn logged(error: Error) -> Error {
    log_internal(&error);
    error
}

fn log_internal(error: &Error) {
    if let Error::Internal(source) = error {
        tracing::error!(error = %source, "internal error");
    }
}

fn respond(mut response: Response, status: StatusCode, id: uuid::Uuid, retry_after: Option<u64>) -> HttpResponse {
    response
        .extensions
        .insert("requestId".into(), Value::String(id.to_string()));
    let mut answer = HttpResponse::build(status);
    answer
        .insert_header(("X-Request-Id", id.to_string()))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header(("X-Content-Type-Options", "nosniff"));
    if let Some(seconds) = retry_after {
        answer.insert_header((RETRY_AFTER, seconds));
    }
    answer.json(response)
}
