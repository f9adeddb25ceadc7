//! The messages of `graphql-transport-ws`
//! (<https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>).

use async_graphql::ServerError;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::platform::operation::{Answer, Incoming};

/// What a client may say.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromClient {
    /// Says who it is.
    ConnectionInit {
        /// Its token, among other things.
        #[serde(default)]
        payload: Option<Value>,
    },
    /// Asks whether we live.
    Ping {
        /// Given back.
        #[serde(default)]
        payload: Option<Value>,
    },
    /// Lives.
    Pong {},
    /// Asks for an operation.
    Subscribe {
        /// Its name for it.
        id: String,
        /// As over HTTP.
        payload: Incoming,
    },
    /// Wants no more of it.
    Complete {
        /// Its name for it.
        id: String,
    },
}

/// What we say.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromServer<'a> {
    /// The client may ask.
    ConnectionAck,
    /// We live.
    Pong {
        /// What came with the ping.
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<Value>,
    },
    /// The operation was refused; nothing follows.
    Error {
        /// The client's name for the operation.
        id: &'a str,
        /// Why.
        payload: &'a [ServerError],
    },
    /// Nothing follows.
    Complete {
        /// The client's name for the operation.
        id: &'a str,
    },
}

/// An answer to the operation to which the client gave this name.
pub fn next(id: &str, answer: &Answer) -> String {
    let (id, payload) = (Value::from(id), answer.to_json());
    let payload = String::from_utf8_lossy(&payload);
    format!(r#"{{"type":"next","id":{id},"payload":{payload}}}"#)
}

/// Why we close. The codes are those of the protocol where it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Close {
    /// The server stops: come back.
    GoingAway,
    /// Messages were not taken in time, or the connection is dead: come back, from the last number that was seen.
    SlowReader,
    /// We cannot tell now who the client is: come back.
    Unavailable,
    /// A message that is none of the protocol's.
    BadRequest(&'static str),
    /// Something was asked before `connection_init`.
    Unauthorized,
    /// The token is not good, or no longer.
    Forbidden(String),
    /// Another protocol was wanted.
    Subprotocol,
    /// `connection_init` did not come in time.
    InitTimeout,
    /// The name is in use.
    DuplicateId(String),
    /// `connection_init` came twice.
    TooManyInits,
    /// More operations at once than a socket may have.
    TooManyOperations,
}

impl Close {
    /// Code and reason.
    pub fn code_and_reason(&self) -> (u16, String) {
        match self {
            Self::GoingAway => (1001, "Going away".into()),
            Self::SlowReader => (1013, "Not reading: come back and go on from the last sequence".into()),
            Self::Unavailable => (1013, "Try again later".into()),
            Self::BadRequest(why) => (4400, (*why).into()),
            Self::Unauthorized => (4401, "Unauthorized".into()),
            Self::Forbidden(why) => (4403, why.clone()),
            Self::Subprotocol => (4406, "Subprotocol not acceptable".into()),
            Self::InitTimeout => (4408, "Connection initialisation timeout".into()),
            Self::DuplicateId(id) => (4409, format!("Subscriber for {id} already exists")),
            Self::TooManyInits => (4429, "Too many initialisation requests".into()),
            Self::TooManyOperations => (4429, "Too many operations on this socket".into()),
        }
    }
}

/// The token in the payload of `connection_init`: where clients put it, in either of two places and spellings.
pub fn bearer(payload: Option<&Value>) -> Option<String> {
    let payload = payload?;
    let value = [payload, payload.get("headers").unwrap_or(&Value::Null)]
        .into_iter()
        .find_map(|place| {
            let fields = place.as_object()?;
            let (_, value) = fields
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case("authorization"))?;
            value.as_str()
        })?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    #[test]
    fn the_token_is_found_where_clients_put_it() {
        for payload in [
            json!({ "authorization": "Bearer t" }),
            json!({ "Authorization": "bearer t" }),
            json!({ "headers": { "Authorization": "Bearer t" } }),
        ] {
            assert_eq!(bearer(Some(&payload)).as_deref(), Some("t"), "{payload}");
        }
        for payload in [
            json!({}),
            json!([]),
            json!({ "authorization": 1 }),
            json!({ "authorization": "Basic t" }),
        ] {
            assert_eq!(bearer(Some(&payload)), None, "{payload}");
        }
        assert_eq!(bearer(None), None);
    }

    #[test]
    fn messages_are_read_and_written_as_the_protocol_has_them() {
        let read = |text| serde_json::from_str::<FromClient>(text);
        assert!(matches!(
            read(r#"{"type":"ping"}"#).unwrap(),
            FromClient::Ping { payload: None }
        ));
        assert!(matches!(
            read(r#"{"type":"pong","payload":{}}"#).unwrap(),
            FromClient::Pong {}
        ));
        assert!(matches!(
            read(r#"{"type":"connection_init"}"#).unwrap(),
            FromClient::ConnectionInit { .. }
        ));
        for wrong in [
            "{}",
            r#"{"type":"next"}"#,
            r#"{"type":"subscribe","id":1,"payload":{}}"#,
            r#"{"type":"complete"}"#,
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        let written = serde_json::to_string(&FromServer::Complete { id: "1" }).unwrap();
        assert_eq!(written, r#"{"type":"complete","id":"1"}"#);
        assert_eq!(
            serde_json::to_string(&FromServer::ConnectionAck).unwrap(),
            r#"{"type":"connection_ack"}"#
        );
    }
}
