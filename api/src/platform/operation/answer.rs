//! What is answered: data, errors with codes and public texts, and the extensions.

use actix_web::http::StatusCode;
use async_graphql::{Response, ServerError, Value};
use domain::lang::Lang;
use serde::Serialize;
use uuid::Uuid;

use super::bucket::ThrottleStatus;
use crate::error::Error;
use crate::platform::graphql::json_of;

/// Most errors of a document that are told: one field can be wrong thousands of times.
const DOCUMENT_ERRORS: usize = 50;

/// A request that was refused before anything was executed.
#[derive(Debug)]
pub struct Refusal {
    /// The status it has over HTTP.
    pub status: StatusCode,
    /// What is told.
    pub error: Error,
    /// The request itself was well-formed, but its document is not good: over HTTP the media type of the answer decides
    /// about its status.
    pub is_of_document: bool,
}

impl Refusal {
    /// A malformed request.
    pub fn new(status: StatusCode, error: Error) -> Self {
        Self {
            status,
            error,
            is_of_document: false,
        }
    }

    /// A document that cannot be executed.
    pub fn of_document(error: Error) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            error,
            is_of_document: true,
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let status = match &error {
            Error::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        Self::new(status, error)
    }
}

/// An answer, ready to be written.
#[derive(Debug)]
pub struct Answer {
    /// The request that it answers.
    pub request_id: Uuid,
    /// The status it has over HTTP.
    pub status: StatusCode,
    /// As [`Refusal::is_of_document`].
    pub is_of_document: bool,
    /// It was given before, to the same request under the same idempotency key.
    pub is_replayed: bool,
    /// After so many seconds another try may succeed.
    pub retry_after_seconds: Option<u64>,
    data: Option<Value>,
    errors: Vec<ServerError>,
    cost: Option<Cost>,
}

/// What the operation cost, in points.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Cost {
    /// What it could have cost at most, by estimate.
    #[serde(rename = "requestedQueryCost")]
    pub requested: u64,
    /// What it did cost; nothing when it was not executed.
    #[serde(rename = "actualQueryCost")]
    pub actual: Option<u64>,
    /// The caller's bucket afterwards.
    #[serde(rename = "throttleStatus")]
    pub throttle: ThrottleStatus,
}

/// What is told beside the data.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Extensions {
    request_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<Cost>,
}

impl Answer {
    /// An answer that is only an error.
    pub fn refused(refusal: &Refusal, lang: Lang, request_id: Uuid) -> Self {
        log_internal(&refusal.error);
        let mut shown = ServerError::new(refusal.error.public_text(lang), None);
        shown
            .extensions
            .get_or_insert_default()
            .set("code", refusal.error.code());
        Self {
            request_id,
            status: refusal.status,
            is_of_document: refusal.is_of_document,
            is_replayed: false,
            retry_after_seconds: refusal.error.retry_after_seconds(),
            data: None,
            errors: vec![shown],
            cost: None,
        }
    }

    /// The engine's answer with code and public text on every error; causes stay in the log. Our own errors travel as
    /// the source of the engine's; what has none comes from the engine's validator or input coercion, and concerns the
    /// request.
    pub fn executed(response: Response, lang: Lang, request_id: Uuid) -> Self {
        let Response { data, mut errors, .. } = response;
        let is_of_document = data == Value::Null && errors.iter().any(|error| error.path.is_empty());
        if is_of_document {
            errors.truncate(DOCUMENT_ERRORS);
        }
        let (mut retry_after_seconds, mut is_unavailable) = (None, false);
        for error in &mut errors {
            let code = match error.source::<Error>().cloned() {
                Some(ours) => {
                    log_internal(&ours);
                    retry_after_seconds = retry_after_seconds.max(ours.retry_after_seconds());
                    is_unavailable |= matches!(ours, Error::Unavailable(_));
                    error.message = ours.public_text(lang);
                    ours.code()
                }
                None => "BAD_USER_INPUT",
            };
            error.source = None;
            error.extensions.get_or_insert_default().set("code", code);
        }
        Self {
            request_id,
            status: match (is_unavailable, is_of_document) {
                (true, _) => StatusCode::SERVICE_UNAVAILABLE,
                (false, true) => StatusCode::BAD_REQUEST,
                (false, false) => StatusCode::OK,
            },
            is_of_document,
            is_replayed: false,
            retry_after_seconds,
            data: (!is_of_document).then_some(data),
            errors,
            cost: None,
        }
    }

    /// An answer that was kept.
    pub fn replayed(data: Value, request_id: Uuid) -> Self {
        Self {
            request_id,
            status: StatusCode::OK,
            is_of_document: false,
            is_replayed: true,
            retry_after_seconds: None,
            data: Some(data),
            errors: Vec::new(),
            cost: None,
        }
    }

    /// The same as a refusal: its errors alone.
    #[must_use]
    pub fn without_data(self) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            is_of_document: true,
            data: None,
            ..self
        }
    }

    /// The same, telling what it cost.
    #[must_use]
    pub fn costing(mut self, cost: Cost) -> Self {
        self.cost = Some(cost);
        self
    }

    /// What was answered.
    pub fn data(&self) -> Option<&Value> {
        self.data.as_ref()
    }

    /// How many errors there are.
    pub fn error_count(&self) -> usize {
        self.errors.len()
    }

    /// The code of the first error.
    pub fn error_code(&self) -> Option<String> {
        let code = self.errors.first()?.extensions.as_ref()?.get("code")?;
        match code {
            Value::String(code) => Some(code.clone()),
            _ => None,
        }
    }

    /// The errors alone, as `graphql-transport-ws` sends those of a request that was refused.
    pub fn errors(&self) -> &[ServerError] {
        &self.errors
    }

    /// The answer as JSON: `data` only when something was executed.
    pub fn to_json(&self) -> Vec<u8> {
        let mut text = vec![b'{'];
        if let Some(data) = &self.data {
            text.extend_from_slice(b"\"data\":");
            write(&mut text, data);
            text.push(b',');
        }
        if !self.errors.is_empty() {
            text.extend_from_slice(b"\"errors\":");
            write_plain(&mut text, &self.errors);
            text.push(b',');
        }
        text.extend_from_slice(b"\"extensions\":");
        let extensions = Extensions {
            request_id: self.request_id,
            cost: self.cost,
        };
        write_plain(&mut text, &extensions);
        text.push(b'}');
        text
    }
}

/// Writes a value as JSON. The engine's own way would write what is written already as a list of numbers.
fn write(text: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Binary(written) => text.extend_from_slice(json_of(written)),
        Value::List(values) => {
            text.push(b'[');
            for (place, value) in values.iter().enumerate() {
                if place > 0 {
                    text.push(b',');
                }
                write(text, value);
            }
            text.push(b']');
        }
        Value::Object(fields) => {
            text.push(b'{');
            for (place, (name, value)) in fields.iter().enumerate() {
                if place > 0 {
                    text.push(b',');
                }
                write_plain(text, name);
                text.push(b':');
                write(text, value);
            }
            text.push(b'}');
        }
        plain => write_plain(text, plain),
    }
}

fn write_plain(text: &mut Vec<u8>, value: &impl Serialize) {
    // Writing these types cannot fail: all their keys are strings.
    let _ = serde_json::to_writer(text, value);
}

fn log_internal(error: &Error) {
    match error {
        Error::Internal(source) => tracing::error!(error = %source, "internal error"),
        Error::Unavailable(source) => tracing::warn!(error = %source, "unavailable"),
        _ => {}
    }
}
