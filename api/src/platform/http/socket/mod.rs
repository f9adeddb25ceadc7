//! GraphQL over WebSocket: the protocol `graphql-transport-ws`, on the way that all operations go.

mod messages;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use actix_web::http::header::{HOST, ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use actix_web::{HttpRequest, HttpResponse, rt, web};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseReason, Session};
use async_graphql::parser::types::OperationType;
use futures::future::LocalBoxFuture;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tracing::Instrument;
use uuid::Uuid;

use self::messages::{Close, FromClient, FromServer, bearer};
use super::{headers, reply};
use crate::app::App;
use crate::error::Error;
use crate::platform::ctx::RequestInfo;
use crate::platform::operation::{self, Answer, Caller, Incoming, Refusal, Subscription};

/// The only protocol spoken here.
const PROTOCOL: &str = "graphql-transport-ws";
/// `connection_init` must have come by then.
const INIT_TIMEOUT: Duration = Duration::from_secs(10);
/// Largest frame, in bytes.
const FRAME_BYTES: usize = 64 * 1024;
/// Operations at once on one socket.
const MOST_OPERATIONS: usize = 100;
/// Longest name of an operation, in bytes.
const ID_BYTES: usize = 128;
/// A message must have been taken by then.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);
/// How often the client is asked whether it lives.
const PING: Duration = Duration::from_secs(15);
/// Nothing heard for so long, and the connection is taken for dead.
const SILENCE: Duration = Duration::from_secs(40);
/// A socket whose client did not sign in is closed after so long: it can follow nothing.
const STRANGER_TIMEOUT: Duration = Duration::from_secs(60);

/// Is this a request for a WebSocket?
pub fn is_wanted(request: &actix_web::guard::GuardContext<'_>) -> bool {
    let upgrade = request
        .head()
        .headers()
        .get("upgrade")
        .and_then(|value| value.to_str().ok());
    upgrade.is_some_and(|value| value.eq_ignore_ascii_case("websocket"))
}

/// Opens one.
pub async fn open(app: web::Data<App>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let app = app.into_inner();
    let info = headers::request_info(&request, app.config.trusted_proxies);
    let refused = async |status, en: &'static str, ja: &'static str| {
        let refusal = Refusal::new(status, Error::bad_input(en, ja));
        reply::refusal(&request, &refusal, info.lang, info.id).await
    };
    // Browsers open sockets to any host and say from which page.
    if !is_welcome(&app, &request) {
        return refused(
            StatusCode::FORBIDDEN,
            "Pages of this origin may not connect.",
            "このオリジンからは接続できません。",
        )
        .await;
    }
    let Ok(permit) = Arc::clone(&app.streams).try_acquire_owned() else {
        return refused(
            StatusCode::SERVICE_UNAVAILABLE,
            "There are too many open sockets.",
            "接続数が上限に達しています。",
        )
        .await;
    };
    let bearer = headers::bearer(&request).map(str::to_owned);
    let wants = request.headers().get_all(SEC_WEBSOCKET_PROTOCOL);
    let mut wanted = wants
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    let speaks = wanted.any(|protocol| protocol.trim() == PROTOCOL);
    let Ok((response, session, messages)) = actix_ws::handle_with_protocols(&request, payload, &[PROTOCOL]) else {
        return refused(
            StatusCode::BAD_REQUEST,
            "This is no WebSocket handshake.",
            "WebSocketのハンドシェイクが不正です。",
        )
        .await;
    };
    let messages = messages
        .max_frame_size(FRAME_BYTES)
        .aggregate_continuations()
        .max_continuation_size(app.config.max_body_bytes);
    rt::spawn(async move {
        let close = if speaks {
            Socket::new(app, info, bearer, session.clone()).serve(messages).await
        } else {
            Some(Close::Subprotocol)
        };
        if let Some(close) = close {
            let (code, reason) = close.code_and_reason();
            let reason = CloseReason {
                code: code.into(),
                description: Some(reason),
            };
            // A client that does not read does not hear it either.
            let _ = tokio::time::timeout(SEND_TIMEOUT, session.close(Some(reason))).await;
        }
        drop(permit);
    });
    response
}

/// Those who are no browsers name no origin; of browsers our own pages and those of the setting are welcome.
fn is_welcome(app: &App, request: &HttpRequest) -> bool {
    let text = |name| {
        request
            .headers()
            .get(name)
            .map(|value: &actix_web::http::header::HeaderValue| value.to_str().unwrap_or("?"))
    };
    let Some(origin) = text(ORIGIN) else {
        return true;
    };
    let ours = url::Url::parse(&app.config.public_url).map(|url| url.origin().ascii_serialization());
    let host = origin.split_once("://").map(|(_, host)| host);
    ours.is_ok_and(|ours| ours == origin)
        || app.config.cors_origins.iter().any(|allowed| allowed == origin)
        || (host.is_some() && host == text(HOST))
}

/// What an operation tells the socket it runs on.
enum Done {
    /// It is over.
    Operation(String),
    /// The client does not take what it is sent.
    Stuck,
}

/// A socket that is open.
struct Socket {
    app: Arc<App>,
    info: RequestInfo,
    bearer: Option<String>,
    session: Session,
    caller: Option<Caller>,
    running: HashMap<String, JoinHandle<()>>,
    done: mpsc::UnboundedSender<Done>,
    is_done: mpsc::UnboundedReceiver<Done>,
    opened: Instant,
    heard: Instant,
}

impl Drop for Socket {
    fn drop(&mut self) {
        for task in self.running.values() {
            task.abort();
        }
    }
}

impl Socket {
    fn new(app: Arc<App>, info: RequestInfo, bearer: Option<String>, session: Session) -> Self {
        // Without a bound, but at most one word for each operation and one for each that is stuck.
        let (done, is_done) = mpsc::unbounded_channel();
        Self {
            app,
            info,
            bearer,
            session,
            caller: None,
            running: HashMap::new(),
            done,
            is_done,
            opened: Instant::now(),
            heard: Instant::now(),
        }
    }

    /// Serves until one side wants no more; why we close, or nothing when the client did.
    async fn serve(mut self, mut messages: AggregatedMessageStream) -> Option<Close> {
        let app = Arc::clone(&self.app);
        let mut ended: LocalBoxFuture<'static, Error> = Box::pin(std::future::pending());
        let mut ping = tokio::time::interval(PING);
        loop {
            let init_left = INIT_TIMEOUT.saturating_sub(self.opened.elapsed());
            let outcome = tokio::select! {
                // A name that is free again must be so before the client, who heard of it, uses it once more.
                biased;
                Some(done) = self.is_done.recv() => self.finish(done),
                () = app.closing.begun() => Err(Close::GoingAway),
                why = &mut ended => Err(Close::Forbidden(why.public_text(self.info.lang))),
                () = tokio::time::sleep(init_left), if self.caller.is_none() => Err(Close::InitTimeout),
                _ = ping.tick() => self.check_life().await,
                message = messages.recv() => match message {
                    None | Some(Ok(AggregatedMessage::Close(_))) => return None,
                    Some(Ok(message)) => {
                        let was_stranger = self.caller.is_none();
                        let outcome = self.hear(message).await;
                        if let (true, Some(caller)) = (was_stranger, self.caller.clone()) {
                            ended = Box::pin(async move { caller.ended().await });
                        }
                        outcome
                    }
                    Some(Err(_)) => Err(Close::BadRequest("The frame is broken or too large")),
                },
            };
            if let Err(close) = outcome {
                return Some(close);
            }
        }
    }

    fn finish(&mut self, done: Done) -> Result<(), Close> {
        match done {
            Done::Operation(id) => {
                self.running.remove(&id);
                Ok(())
            }
            Done::Stuck => Err(Close::SlowReader),
        }
    }

    async fn check_life(&mut self) -> Result<(), Close> {
        if self.heard.elapsed() > SILENCE {
            return Err(Close::SlowReader);
        }
        let is_stranger = self.caller.as_ref().is_some_and(Caller::is_stranger);
        if is_stranger && self.opened.elapsed() > STRANGER_TIMEOUT {
            return Err(Close::Forbidden("Sign in to stay connected".into()));
        }
        match tokio::time::timeout(SEND_TIMEOUT, self.session.ping(b"")).await {
            Ok(_) => Ok(()),
            Err(_) => Err(Close::SlowReader),
        }
    }

    async fn hear(&mut self, message: AggregatedMessage) -> Result<(), Close> {
        self.heard = Instant::now();
        let text = match message {
            AggregatedMessage::Text(text) => text,
            AggregatedMessage::Ping(bytes) => {
                let sent = tokio::time::timeout(SEND_TIMEOUT, self.session.pong(&bytes)).await;
                return sent.map(|_| ()).map_err(|_| Close::SlowReader);
            }
            AggregatedMessage::Pong(_) | AggregatedMessage::Close(_) => return Ok(()),
            AggregatedMessage::Binary(_) => return Err(Close::BadRequest("Messages are text")),
        };
        let message =
            serde_json::from_str(&text).map_err(|_| Close::BadRequest("Not a message of graphql-transport-ws"))?;
        match message {
            FromClient::ConnectionInit { payload } => self.init(payload.as_ref()).await,
            FromClient::Ping { payload } => send(&mut self.session, &FromServer::Pong { payload }).await,
            FromClient::Pong {} => Ok(()),
            FromClient::Subscribe { id, payload } => self.subscribe(id, payload),
            FromClient::Complete { id } => {
                if let Some(task) = self.running.remove(&id) {
                    task.abort();
                }
                Ok(())
            }
        }
    }

    async fn init(&mut self, payload: Option<&serde_json::Value>) -> Result<(), Close> {
        if self.caller.is_some() {
            return Err(Close::TooManyInits);
        }
        self.bearer = bearer(payload).or(self.bearer.take());
        let ctx = operation::identify(&self.app, self.bearer.as_deref(), self.info.clone())
            .await
            .map_err(|refusal| {
                // The close frame does not say why: the log does.
                operation::refused(&self.app, &refusal, &self.info);
                Close::Unavailable
            })?;
        if let Some(why) = ctx.actor.refused() {
            return Err(Close::Forbidden(why.get(self.info.lang).to_owned()));
        }
        self.caller = Some(Caller::new(&ctx, self.bearer.clone()));
        send(&mut self.session, &FromServer::ConnectionAck).await
    }

    fn subscribe(&mut self, id: String, payload: Incoming) -> Result<(), Close> {
        if self.caller.is_none() {
            return Err(Close::Unauthorized);
        }
        if id.is_empty() || id.len() > ID_BYTES {
            return Err(Close::BadRequest("An id has 1 to 128 bytes"));
        }
        if self.running.contains_key(&id) {
            return Err(Close::DuplicateId(id));
        }
        if self.running.len() >= MOST_OPERATIONS {
            return Err(Close::TooManyOperations);
        }
        let incoming = payload
            .checked()
            .map_err(|_| Close::BadRequest("The payload is not a GraphQL request"))?;
        let info = RequestInfo {
            id: Uuid::now_v7(),
            received: Instant::now(),
            ..self.info.clone()
        };
        let span = operation::span(&info);
        let run = Run {
            app: Arc::clone(&self.app),
            info,
            bearer: self.bearer.clone(),
            session: self.session.clone(),
            done: self.done.clone(),
            id: id.clone(),
        };
        let task = rt::spawn(run.all(incoming).instrument(span));
        self.running.insert(id, task);
        Ok(())
    }
}

/// One operation on a socket.
struct Run {
    app: Arc<App>,
    info: RequestInfo,
    bearer: Option<String>,
    session: Session,
    done: mpsc::UnboundedSender<Done>,
    id: String,
}

impl Run {
    async fn all(mut self, incoming: Incoming) {
        let outcome = self.work(incoming).await;
        // The socket may be gone: then nobody waits for this.
        let _ = self.done.send(Done::Operation(self.id.clone()));
        let ended = match outcome {
            Ok(None) => send(&mut self.session, &FromServer::Complete { id: &self.id }).await,
            Ok(Some(refused)) => {
                let (id, payload) = (self.id.as_str(), refused.errors());
                send(&mut self.session, &FromServer::Error { id, payload }).await
            }
            Err(close) => Err(close),
        };
        if ended.is_err() {
            let _ = self.done.send(Done::Stuck);
        }
    }

    /// Answers; at the end nothing, or why it was refused.
    async fn work(&mut self, incoming: Incoming) -> Result<Option<Answer>, Close> {
        let prepared = async {
            let ctx = operation::identify(&self.app, self.bearer.as_deref(), self.info.clone()).await?;
            let operation = operation::prepare(&ctx, incoming, |_| Ok(())).await?;
            Ok::<_, Refusal>((ctx, operation))
        };
        let (ctx, operation) = match prepared.await {
            Ok(prepared) => prepared,
            Err(refusal) => return Ok(Some(operation::refused(&self.app, &refusal, &self.info))),
        };
        if operation.kind != OperationType::Subscription {
            let answer = operation::execute(&ctx, operation).await;
            return self.next(answer).await;
        }
        let mut subscription = match Subscription::start(&ctx, self.bearer.clone(), operation).await {
            Ok(subscription) => subscription,
            Err(refused) => return Ok(Some(refused)),
        };
        drop(ctx);
        while let Some(answer) = subscription.next().await {
            let refused = self.next(answer).await?;
            if refused.is_some() {
                return Ok(refused);
            }
        }
        Ok(None)
    }

    /// Sends an answer; gives it back when it is a refusal.
    async fn next(&mut self, answer: Answer) -> Result<Option<Answer>, Close> {
        if answer.data().is_none() {
            return Ok(Some(answer));
        }
        send_text(&mut self.session, messages::next(&self.id, &answer)).await?;
        Ok(None)
    }
}

async fn send(session: &mut Session, message: &FromServer<'_>) -> Result<(), Close> {
    // Writing these types as JSON cannot fail: all their keys are strings.
    send_text(session, serde_json::to_string(message).unwrap_or_default()).await
}

/// Sends a message, if the client takes it in time. One that has gone is noticed where its messages are read.
async fn send_text(session: &mut Session, text: String) -> Result<(), Close> {
    match tokio::time::timeout(SEND_TIMEOUT, session.text(text)).await {
        Ok(_) => Ok(()),
        Err(_) => Err(Close::SlowReader),
    }
}
