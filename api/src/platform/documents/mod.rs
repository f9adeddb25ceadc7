//! Persisted operations: a request may name a document instead of sending it.
//!
//! * **Registered** documents (automatic persisted queries) are known by their SHA-256 to everybody, from the first
//!   execution of their text on. They are forgotten when room is needed; whoever names one then sends it again.
//! * **Published** documents belong to one API client, under the ids of its own tools. Its mode says whether it may
//!   send others.
//!
//! Nothing that was refused is kept: a document is registered after it was executed.

mod naming;
mod published;
mod registered;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::policy::DocumentMode;
use moka::sync::Cache;
use sha2::{Digest, Sha256};
use uuid::Uuid;

pub use naming::{document_id, hex};

use super::Ctx;
use super::auth::Actor;
use super::operation::{Incoming, Refusal};
use crate::error::{Error, Result};
use naming::Name;

/// Texts kept in the process, in bytes.
const CACHED_BYTES: u64 = 8 * 1024 * 1024;
/// What a text weighs beside its bytes: keys and administration.
const OVERHEAD_BYTES: usize = 256;

/// Points that asking for an unknown hash takes from the caller's bucket: it is looked for in the database.
const UNKNOWN_POINTS: u64 = 1;

/// SHA-256 of a document's text.
pub type Hash = [u8; 32];

/// The hash that a text is known by.
pub fn hash(text: &str) -> Hash {
    Sha256::digest(text.as_bytes()).into()
}

/// The texts that the process remembers, by their hash. Which of them a caller may name is looked up each time.
pub struct Documents {
    texts: Cache<(Kind, Hash), Remembered>,
}

/// How a document came to be known. Kept apart, so that nothing is found as registered that never was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Registered,
    Published,
}

/// A text, and when its row was last known to be used.
#[derive(Clone)]
struct Remembered {
    text: Arc<str>,
    used_at: DateTime<Utc>,
}

impl Documents {
    /// Remembers nothing yet.
    pub fn new() -> Self {
        let weight = |_: &_, value: &Remembered| u32::try_from(weight(&value.text)).unwrap_or(u32::MAX);
        Self {
            texts: Cache::builder().weigher(weight).max_capacity(CACHED_BYTES).build(),
        }
    }
}

impl Default for Documents {
    fn default() -> Self {
        Self::new()
    }
}

fn weight(text: &str) -> usize {
    text.len() + OVERHEAD_BYTES
}

/// The document of a request.
#[derive(Debug)]
pub struct Resolved {
    /// Its text, not yet guarded.
    pub text: String,
    /// What is to be written down once it was executed: see [`settle`].
    pub after: Option<After>,
}

/// What an executed document leaves to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum After {
    /// It is to be known by its hash.
    Register(Hash, Arc<str>),
    /// It was not used for a day.
    Use(Hash),
}

/// Finds the document that a request sends or names, and takes its text out of the request.
pub async fn resolve(ctx: &Ctx, incoming: &mut Incoming) -> std::result::Result<Resolved, Refusal> {
    let name = Name::of(incoming).map_err(|text| Refusal::from(Error::BadInput(text)))?;
    let operation = incoming.operation_name.as_deref();
    let resolved = match (incoming.query.take(), name) {
        (Some(text), name) => sent(ctx, text, name.as_ref(), operation).await,
        (None, Some(name)) => named(ctx, &name, operation).await,
        (None, None) => {
            return Err(Refusal::from(Error::bad_input(
                "There is no query in the request.",
                "リクエストにqueryがありません。",
            )));
        }
    };
    resolved.map_err(|error| match error {
        Error::RateLimited { .. } => Refusal::from(error),
        _ if error.is_ours() => Refusal::from(error),
        _ => Refusal::of_document(error),
    })
}

/// A text that came with the request, perhaps to be registered under its hash.
async fn sent(ctx: &Ctx, text: String, name: Option<&Name>, operation: Option<&str>) -> Result<Resolved> {
    let client = restricted(ctx);
    if name.is_none() && client.is_none() {
        return Ok(Resolved { text, after: None });
    }
    let hash = hash(&text);
    if name.is_some_and(|name| name.sha256 != Some(hash)) {
        return Err(Error::bad_input(
            "The hash is not the SHA-256 of the query.",
            "ハッシュがqueryのSHA-256と一致しません。",
        ));
    }
    if let Some((client, mode)) = client
        && !published::has(ctx, client, hash).await?
    {
        judge(client, mode, operation, hash)?;
    }
    let enforced = matches!(client, Some((_, DocumentMode::Enforce)));
    // PostgreSQL keeps no U+0000 in a text.
    let register = name.is_some() && !enforced && !text.contains('\0');
    Ok(Resolved {
        after: register.then(|| After::Register(hash, text.as_str().into())),
        text,
    })
}

/// A document that the request only names: a client's own first, then a registered one.
async fn named(ctx: &Ctx, name: &Name, operation: Option<&str>) -> Result<Resolved> {
    if let Actor::Client { client, .. } = ctx.actor
        && let Some(text) = published::text(ctx, client, name).await?
    {
        return Ok(Resolved {
            text: text.to_string(),
            after: None,
        });
    }
    let restricted = restricted(ctx);
    if let Some((_, DocumentMode::Enforce)) = restricted {
        return Err(Error::DocumentNotPublished);
    }
    let hash = name.sha256.ok_or(Error::PersistedQueryNotFound)?;
    let Some((text, is_due)) = registered::text(ctx, hash).await? else {
        ctx.app.buckets.take(ctx, UNKNOWN_POINTS)?;
        return Err(Error::PersistedQueryNotFound);
    };
    if let Some((client, mode)) = restricted {
        judge(client, mode, operation, hash)?;
    }
    Ok(Resolved {
        text: text.to_string(),
        after: is_due.then_some(After::Use(hash)),
    })
}

/// The API client that asks, when it is not free to send what it likes.
fn restricted(ctx: &Ctx) -> Option<(Uuid, DocumentMode)> {
    match ctx.actor {
        Actor::Client { client, documents, .. } if documents != DocumentMode::Off => Some((client, documents)),
        _ => None,
    }
}

/// What becomes of a document that was not published.
fn judge(client: Uuid, mode: DocumentMode, operation: Option<&str>, hash: Hash) -> Result<()> {
    match mode {
        DocumentMode::Off => Ok(()),
        DocumentMode::Log => {
            // Never the variables: they hold personal data.
            tracing::warn!(%client, operation, document = hex(&hash), "an API client sent a document that is not published");
            Ok(())
        }
        DocumentMode::Enforce => Err(Error::DocumentNotPublished),
    }
}

/// Does what an executed document left to be done. It is not the caller's trouble when that fails.
pub async fn settle(ctx: &Ctx, after: Option<After>) {
    let result = match after {
        None => Ok(()),
        Some(After::Register(hash, text)) => registered::register(ctx, hash, text).await,
        Some(After::Use(hash)) => registered::used(ctx, hash).await,
    };
    match result {
        // Registering too many at once: it is sent in full again, and registered then.
        Ok(()) | Err(Error::RateLimited { .. }) => {}
        Err(error) => tracing::warn!(%error, "a persisted query was not written down"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Write;

    use parking_lot::Mutex;

    use super::*;

    #[test]
    fn memory_is_bounded_by_bytes() {
        let documents = Documents::new();
        for n in 0..600_u16 {
            let mut hash = Hash::default();
            hash[..2].copy_from_slice(&n.to_be_bytes());
            let text = "x".repeat(32 * 1024).into();
            let used_at = DateTime::UNIX_EPOCH;
            let known = Remembered { text, used_at };
            documents.texts.insert((Kind::Registered, hash), known);
        }
        documents.texts.run_pending_tasks();
        let kept = CACHED_BYTES / (32 * 1024 + 256);
        assert_eq!((documents.texts.entry_count(), kept), (kept, 254));
    }

    /// What is written to the log.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_unpublished_document_is_noted_or_refused_as_the_mode_says() {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_writer(move || writer.clone())
            .finish();
        let client = Uuid::now_v7();
        let hash = hash("query Names { accounts { totalCount } }");
        tracing::subscriber::with_default(subscriber, || {
            assert!(judge(client, DocumentMode::Off, Some("Names"), hash).is_ok());
            let refused = judge(client, DocumentMode::Enforce, Some("Names"), hash);
            assert!(matches!(refused, Err(Error::DocumentNotPublished)));
            assert!(lines.0.lock().is_empty());
            assert!(judge(client, DocumentMode::Log, Some("Names"), hash).is_ok());
        });
        let line: serde_json::Value = serde_json::from_slice(&lines.0.lock()).unwrap();
        assert_eq!(
            (&line["level"], &line["fields"]["client"]),
            (&"WARN".into(), &client.to_string().into())
        );
        assert_eq!(
            (&line["fields"]["operation"], &line["fields"]["document"]),
            (&"Names".into(), &hex(&hash).into())
        );
        assert_eq!(line["fields"].as_object().unwrap().len(), 4);
    }
}
