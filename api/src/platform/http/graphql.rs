//! `/graphql`: GraphQL over HTTP (<https://graphql.github.io/graphql-over-http/draft/>).
//!
//! POST takes `application/json` only, so that a foreign page cannot send an operation without a preflight; GET takes
//! queries only.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::guard::fn_guard;
use actix_web::http::header::{ACCEPT, ACCEPT_ENCODING, ALLOW, CONTENT_TYPE, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use async_graphql::parser::types::OperationType;
use domain::lang::Text;
use futures::StreamExt;
use tracing::Instrument;

use super::negotiate::{Accepted, Encoding, MediaType};
use super::{event_stream, headers, reply, socket};
use crate::app::App;
use crate::error::Error;
use crate::platform::ctx::RequestInfo;
use crate::platform::operation::{self, Answer, Incoming, Refusal, Subscription};
use crate::platform::telemetry;

/// The header that brings an idempotency key in (draft-ietf-httpapi-idempotency-key-header).
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Names the span of the answer (W3C Trace Context Level 2, draft).
const TRACERESPONSE: HeaderName = HeaderName::from_static("traceresponse");
/// Whoever asks for more than there is for him is told so after this time, while he holds nothing but his connection: else
/// a client that asks again at once takes the processor from everybody else. He has to wait for longer in any case.
const HOLD: Duration = Duration::from_millis(500);
/// A request must have arrived by then.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) fn configure(cfg: &mut web::ServiceConfig) {
    cfg.service(
        web::resource("/graphql")
            .route(web::get().guard(fn_guard(socket::is_wanted)).to(socket::open))
            .route(web::get().to(answer))
            .route(web::post().to(answer))
            .default_service(web::to(not_allowed)),
    );
}

/// Any other method.
async fn not_allowed(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let info = headers::request_info(&request, app.config.trusted_proxies);
    let refusal = Refusal::new(
        StatusCode::METHOD_NOT_ALLOWED,
        Error::bad_input("Use GET or POST.", "GETまたはPOSTを使用してください。"),
    );
    let mut response = reply::refusal(&request, &refusal, info.lang, info.id).await;
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static("GET, POST"));
    response
}

async fn answer(app: web::Data<App>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let app = app.into_inner();
    let info = headers::request_info(&request, app.config.trusted_proxies);
    let span = operation::span(&info);
    let accepted = Accepted::of(headers::text(&request, ACCEPT));
    let encoding = Encoding::of(headers::text(&request, ACCEPT_ENCODING));
    // Elsewhere, because it is large, and what is answered here is moved several times.
    let work = Box::pin(work(&app, &request, payload, info.clone(), accepted));
    let mut response = match work.instrument(span.clone()).await {
        Ok(Outcome::Answer(answer)) => {
            // Something of ours is accepted, or there would be no answer.
            let media_type = accepted.single().unwrap_or(MediaType::Json);
            reply::answer(answer, media_type, encoding).await
        }
        Ok(Outcome::Stream(response)) => response,
        Err(refusal) => {
            if refusal.status == StatusCode::TOO_MANY_REQUESTS {
                tokio::time::sleep(HOLD).await;
            }
            let refused = span.in_scope(|| operation::refused(&app, &refusal, &info));
            let mut response = reply::answer(refused, accepted.refusal(), encoding).await;
            if refusal.status == StatusCode::METHOD_NOT_ALLOWED {
                response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
            }
            response
        }
    };
    if let Some(Ok(value)) = telemetry::response(&span).map(HeaderValue::try_from) {
        response.headers_mut().insert(TRACERESPONSE, value);
    }
    response
}

/// What comes of a request that was not refused.
enum Outcome {
    Answer(Answer),
    Stream(HttpResponse),
}

async fn work(
    app: &Arc<App>,
    request: &HttpRequest,
    payload: web::Payload,
    mut info: RequestInfo,
    accepted: Accepted,
) -> Result<Outcome, Refusal> {
    let not_acceptable = || {
        Refusal::new(
            StatusCode::NOT_ACCEPTABLE,
            Error::bad_input(
                "Accept application/graphql-response+json or application/json, and for subscriptions text/event-stream.",
                "Acceptにはapplication/graphql-response+jsonかapplication/json、サブスクリプションではtext/event-streamを指定してください。",
            ),
        )
    };
    if accepted.single().is_none() {
        return Err(not_acceptable());
    }
    let is_get = request.method() == Method::GET;
    let mut incoming = if is_get {
        Incoming::from_url(request.query_string()).map_err(|text| Refusal::from(Error::BadInput(text)))?
    } else {
        read_body(request, payload, app.config.max_body_bytes).await?
    };
    // How long the client took to send it is not ours.
    info.received = Instant::now();
    incoming.idempotency_key = headers::text(request, IDEMPOTENCY_KEY).map(str::to_owned);
    let bearer = headers::bearer(request).map(str::to_owned);
    let ctx = operation::identify(app, bearer.as_deref(), info).await?;
    let operation = operation::prepare(&ctx, incoming, |kind| match kind {
        OperationType::Mutation if is_get => Err(Refusal::new(
            StatusCode::METHOD_NOT_ALLOWED,
            Error::bad_input(
                "Send mutations with POST.",
                "ミューテーションはPOSTで送信してください。",
            ),
        )),
        OperationType::Subscription if !accepted.stream() => Err(not_acceptable()),
        _ => Ok(()),
    })
    .await?;
    if operation.kind != OperationType::Subscription {
        return Ok(Outcome::Answer(operation::execute(&ctx, operation).await));
    }
    let Ok(permit) = Arc::clone(&app.streams).try_acquire_owned() else {
        return Err(Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            Error::bad_input("There are too many open streams.", "接続数が上限に達しています。"),
        ));
    };
    Ok(match Subscription::start(&ctx, bearer, operation).await {
        Ok(subscription) => Outcome::Stream(event_stream::stream(app, subscription, permit, ctx.request.id)),
        Err(refused) => Outcome::Answer(refused),
    })
}

fn is_json(request: &HttpRequest) -> bool {
    let media_type = headers::text(request, CONTENT_TYPE).and_then(|value| value.split(';').next());
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

async fn read_body(request: &HttpRequest, payload: web::Payload, most: usize) -> Result<Incoming, Refusal> {
    let refuse = |status, text| Refusal::new(status, Error::BadInput(text));
    if !is_json(request) {
        return Err(refuse(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Text::fixed(
                "Send the operation as application/json.",
                "application/json で送信してください。",
            ),
        ));
    }
    let bytes = read_bytes(payload, most, BODY_TIMEOUT).await.map_err(|status| {
        let text = match status {
            StatusCode::PAYLOAD_TOO_LARGE => Text::new(
                format!("The body is longer than {most} bytes."),
                format!("リクエスト本文が{most}バイトを超えています。"),
            ),
            StatusCode::REQUEST_TIMEOUT => Text::fixed(
                "The body did not arrive in time.",
                "リクエスト本文の受信がタイムアウトしました。",
            ),
            _ => Text::fixed("The body could not be read.", "リクエスト本文を読み取れませんでした。"),
        };
        refuse(status, text)
    })?;
    Incoming::from_json(&bytes).map_err(|text| refuse(StatusCode::BAD_REQUEST, text))
}
