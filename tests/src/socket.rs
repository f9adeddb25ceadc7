//! A WebSocket as a client library would use it.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// Longer than anything takes that is to happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// An open socket that speaks `graphql-transport-ws`.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>,
}

impl Socket {
    /// Opens one; the status when the handshake is refused.
    pub async fn connect(base: &str, origin: Option<&str>) -> Result<Self, u16> {
        let url = format!("{}/graphql", base.replacen("http", "ws", 1));
        let mut request = url.into_client_request().unwrap();
        let headers = request.headers_mut();
        headers.insert(
            "Sec-WebSocket-Protocol",
            HeaderValue::from_static("graphql-transport-ws"),
        );
        if let Some(origin) = origin {
            headers.insert("Origin", HeaderValue::from_str(origin).unwrap());
        }
        match tokio_tungstenite::connect_async(request).await {
            Ok((stream, _)) => Ok(Self { stream }),
            Err(tokio_tungstenite::tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Opens one and says who it is.
    pub async fn open(base: &str, token: Option<&str>) -> Self {
        let mut socket = Self::connect(base, None).await.unwrap();
        let payload = token.map(|token| json!({ "Authorization": format!("Bearer {token}") }));
        socket
            .say(json!({ "type": "connection_init", "payload": payload }))
            .await;
        assert_eq!(socket.hear().await, Ok(json!({ "type": "connection_ack" })));
        socket
    }

    /// Sends a message.
    pub async fn say(&mut self, message: Value) {
        self.send(Message::text(message.to_string())).await;
    }

    /// Sends a frame, whatever comes of it.
    pub async fn send(&mut self, message: Message) {
        // A socket that was closed meanwhile is noticed by whoever listens.
        let _ = self.stream.send(message).await;
    }

    /// Asks for an operation under a name.
    pub async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.say(json!({ "id": id, "type": "subscribe", "payload": payload }))
            .await;
    }

    /// The next message, or the code and reason with which the socket was closed.
    pub async fn hear(&mut self) -> Result<Value, (u16, String)> {
        self.hear_within(PATIENCE).await.expect("nothing was heard")
    }

    /// As [`hear`](Self::hear); `None` when it is quiet for so long.
    pub async fn hear_within(&mut self, within: Duration) -> Option<Result<Value, (u16, String)>> {
        let hearing = async {
            loop {
                match self.stream.next().await {
                    Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                    Some(Ok(Message::Close(Some(frame)))) => return Err((frame.code.into(), frame.reason.to_string())),
                    Some(Ok(Message::Close(None))) | None => return Err((1005, String::new())),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Err((1006, error.to_string())),
                }
            }
        };
        tokio::time::timeout(within, hearing).await.ok()
    }

    /// Waits for the end, whatever is heard before it.
    pub async fn end(&mut self) -> (u16, String) {
        loop {
            if let Err(end) = self.hear().await {
                return end;
            }
        }
    }
}
