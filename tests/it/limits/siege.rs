//! What attacks go through: every way in, with a neighbour who asks all the while.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Client, Socket, TestApp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, MutexGuard};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

/// Refusing may take so long.
const PATIENCE: Duration = Duration::from_secs(1);
/// What took longer is tried so often in all: the machine may have been busy with something else.
const TRIES: usize = 3;
/// A neighbour who waited for so long was not answered.
const NEIGHBOURS_PATIENCE: Duration = Duration::from_secs(5);
/// One siege at a time: they measure time.
static ONE: Mutex<()> = Mutex::const_new(());

/// The HTTP client builds no longer ones.
const LONGEST_URL: usize = 60_000;

/// A way in. One that is added to [`Path::ALL`] meets every attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    Post,
    Get,
    Socket,
    EventStream,
}

/// What is sent.
#[derive(Clone, Debug)]
pub struct Ask {
    pub query: String,
    /// JSON text, so that it can hold what a JSON library would not write.
    pub variables: String,
    pub operation_name: Option<String>,
}

impl Ask {
    pub fn new(query: impl Into<String>) -> Self {
        Self::with(query, "{}")
    }

    pub fn with(query: impl Into<String>, variables: impl Into<String>) -> Self {
        Self {
            query: query.into(),
            variables: variables.into(),
            operation_name: None,
        }
    }

    pub fn named(query: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            operation_name: Some(name.into()),
            ..Self::new(query)
        }
    }

    fn body(&self) -> String {
        format!(
            "{{\"query\":{},\"variables\":{},\"operationName\":{}}}",
            json!(self.query),
            self.variables,
            json!(self.operation_name)
        )
    }
}

/// What came of it: an HTTP status or the code a socket was closed with, and the JSON that was answered.
#[derive(Debug)]
pub struct Outcome {
    pub status: u16,
    pub body: Value,
}

impl Outcome {
    /// Nothing was given, and it is told that the request is at fault.
    pub fn is_refused(&self) -> bool {
        match self.body["errors"][0]["extensions"]["code"].as_str() {
            Some(code) => {
                let data = self.body["data"].as_object();
                code == "BAD_USER_INPUT" && data.is_none_or(|fields| fields.values().all(Value::is_null))
            }
            // Refused below GraphQL: a frame, a URL or a body that is not taken.
            None => self.body.is_null() && matches!(self.status, 400 | 413 | 414 | 431 | 1009 | 4400),
        }
    }

    /// All went well.
    pub fn is_answered(&self) -> bool {
        self.body["errors"].is_null() && self.body["data"].is_object()
    }
}

impl Path {
    /// Every way in.
    pub const ALL: [Self; 4] = [Self::Post, Self::Get, Self::Socket, Self::EventStream];

    /// Sends an operation.
    pub async fn send(self, base: &str, client: &Client, ask: &Ask) -> Outcome {
        match self {
            Self::Get => {
                let mut pairs = vec![("query", ask.query.as_str()), ("variables", ask.variables.as_str())];
                pairs.extend(ask.operation_name.as_deref().map(|name| ("operationName", name)));
                let url = reqwest::Url::parse_with_params(&format!("{base}/graphql"), &pairs).unwrap();
                let target = format!("/graphql?{}", url.query().unwrap());
                if target.len() > LONGEST_URL {
                    return of_long_url(base, &target).await;
                }
                let request = client.http(Method::GET, &target);
                answered(request.header("accept", "application/graphql-response+json")).await
            }
            _ => self.send_raw(base, client, ask.body().into_bytes()).await,
        }
    }

    /// Sends bytes where the request stands: as a body, or as the payload of a message.
    pub async fn send_raw(self, base: &str, client: &Client, body: Vec<u8>) -> Outcome {
        let accept = match self {
            Self::Socket => return on_socket(base, client, body).await,
            Self::EventStream => "text/event-stream",
            Self::Post | Self::Get => "application/graphql-response+json",
        };
        let request = client
            .http(Method::POST, "/graphql")
            .header("accept", accept)
            .header("content-type", "application/json")
            .body(body);
        answered(request).await
    }
}

async fn answered(request: reqwest::RequestBuilder) -> Outcome {
    let response = match request.send().await {
        Ok(response) => response,
        // The connection was closed before all of it was sent.
        Err(error) if error.is_request() => {
            return Outcome {
                status: 413,
                body: Value::Null,
            };
        }
        Err(error) => panic!("{error:?}"),
    };
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    let data = text.lines().find_map(|line| line.strip_prefix("data: "));
    let body = serde_json::from_str(data.unwrap_or(&text)).unwrap_or(Value::Null);
    Outcome { status, body }
}

/// By hand, because the client refuses to send it.
async fn of_long_url(base: &str, target: &str) -> Outcome {
    let address = base.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "GET {target} HTTP/1.1\r\nhost: {address}\r\naccept: application/graphql-response+json\r\nconnection: close\r\n\r\n"
    );
    // The server may close before it has all.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).unwrap();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    let body = answer
        .split_once("\r\n\r\n")
        .and_then(|(_, body)| serde_json::from_str(body).ok());
    Outcome {
        status: status.unwrap_or(414),
        body: body.unwrap_or(Value::Null),
    }
}

async fn on_socket(base: &str, client: &Client, payload: Vec<u8>) -> Outcome {
    let mut socket = Socket::open(base, client.token.as_deref()).await;
    let frame = [br#"{"id":"1","type":"subscribe","payload":"#.as_slice(), &payload, b"}"].concat();
    // A frame made by hand, because the library refuses to make one that is no UTF-8.
    let frame = Frame::message(frame, OpCode::Data(Data::Text), true);
    socket.send(Message::Frame(frame)).await;
    match socket.hear().await {
        Ok(message) => Outcome {
            status: 200,
            body: match message["type"].as_str().unwrap() {
                "error" => json!({ "errors": message["payload"] }),
                "next" => message["payload"].clone(),
                other => panic!("{other}"),
            },
        },
        // A connection that breaks while too much is being sent: the close frame is lost with it.
        Err((1006, _)) if payload.len() > 1024 * 1024 => Outcome {
            status: 1009,
            body: Value::Null,
        },
        Err((code, _)) => Outcome {
            status: code,
            body: Value::Null,
        },
    }
}

/// A server under attack, and a neighbour of another company who must not notice.
pub struct Siege<'a> {
    pub app: &'a TestApp,
    pub client: Client,
    neighbour: Neighbour,
    _only: MutexGuard<'static, ()>,
}

impl<'a> Siege<'a> {
    pub async fn begin(app: &'a TestApp) -> Self {
        let only = ONE.lock().await;
        let client = app.a.client(app, &app.a.admin).await;
        let neighbour = app.b.client(app, &app.b.admin).await;
        Self {
            app,
            client,
            neighbour: Neighbour::begin(neighbour),
            _only: only,
        }
    }

    /// Sends it every way; each must refuse in time.
    pub async fn refused(&self, name: &str, ask: &Ask) {
        for path in Path::ALL {
            let outcome = self.outcome(name, path, ask).await;
            assert!(outcome.is_refused(), "{name} by {path:?}: {outcome:?}");
        }
    }

    /// Sends it every way; each must answer in time.
    pub async fn answered(&self, name: &str, ask: &Ask) {
        for path in Path::ALL {
            let outcome = self.outcome(name, path, ask).await;
            assert!(outcome.is_answered(), "{name} by {path:?}: {outcome:?}");
        }
    }

    /// Sends it one way; there must be an outcome in time.
    pub async fn outcome(&self, name: &str, path: Path, ask: &Ask) -> Outcome {
        let send = || path.send(&self.app.base, &self.client, ask);
        in_time(&format!("{name} by {path:?}"), PATIENCE, send).await
    }

    /// Sends bytes each way that takes them; each must refuse in time.
    pub async fn refused_raw(&self, name: &str, body: &[u8]) {
        // An unoptimised WebSocket client masks 64 MB a second: that is not the server's time.
        let patience = PATIENCE + Duration::from_secs(u64::try_from(body.len() / (64 * 1024 * 1024)).unwrap());
        for path in Path::ALL.into_iter().filter(|path| *path != Path::Get) {
            let name = format!("{name} by {path:?}");
            let send = || path.send_raw(&self.app.base, &self.client, body.to_vec());
            let outcome = in_time(&name, patience, send).await;
            assert!(outcome.is_refused(), "{name}: {outcome:?}");
        }
    }

    /// Ends it; every question of the neighbour must have been answered.
    pub async fn end(self) {
        let (asked, answered) = self.neighbour.end().await;
        assert_eq!(
            asked, answered,
            "the neighbour asked {asked} times and was answered {answered} times"
        );
        assert!(self.client.ok("{ __typename }", json!({})).await["__typename"] == "Query");
    }
}

async fn in_time<R: Future<Output = Outcome>>(name: &str, patience: Duration, send: impl Fn() -> R) -> Outcome {
    let mut late = Vec::new();
    while late.len() < TRIES {
        let begun = Instant::now();
        let outcome = send().await;
        if begun.elapsed() < patience {
            return outcome;
        }
        late.push(begun.elapsed());
    }
    panic!("{name} took {late:?}");
}

/// Asks without a pause, on a thread of its own.
struct Neighbour {
    is_over: Arc<AtomicBool>,
    counts: JoinHandle<(u64, u64)>,
}

impl Neighbour {
    fn begin(client: Client) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let counts = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                // Connections belong to the runtime they were opened on.
                let client = client.reconnected();
                let (mut asked, mut answered) = (0, 0);
                while asked == 0 || !over.load(Ordering::Relaxed) {
                    asked += 1;
                    let asking = client.send("{ accounts(first: 1) { nodes { name } } }", json!({}));
                    let Ok(answer) = tokio::time::timeout(NEIGHBOURS_PATIENCE, asking).await else {
                        eprintln!("the neighbour waited for more than {NEIGHBOURS_PATIENCE:?}");
                        continue;
                    };
                    let expected =
                        json!({ "data": { "accounts": { "nodes": [{ "name": "Birch Client" }] } }, "extensions": {} });
                    if answer.body == expected {
                        answered += 1;
                    } else {
                        eprintln!("the neighbour was answered {:#}", answer.body);
                    }
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                (asked, answered)
            })
        });
        Self { is_over, counts }
    }

    async fn end(self) -> (u64, u64) {
        self.is_over.store(true, Ordering::Relaxed);
        tokio::task::spawn_blocking(move || self.counts.join().unwrap())
            .await
            .unwrap()
    }
}
