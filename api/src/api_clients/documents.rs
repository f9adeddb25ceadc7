//! Publishing the documents that an API client may name, and deleting them.

use std::collections::HashMap;

use domain::lang::Text;
use domain::policy::Action;
use entity::{api_client, trusted_document};
use sea_orm::Set;
use serde_json::json;
use uuid::Uuid;

use super::manifest::{self, Listed};
use super::queries;
use super::service::{api_client_require_live, api_client_reread, revoked};
use crate::error::{Error, Result, UserError, UserErrorCode};
use crate::platform::Ctx;
use crate::platform::documents::{Hash, document_id, hash, hex};
use crate::platform::events::NewEvent;
use crate::platform::operation;
use crate::platform::tenancy::WriteTx;

/// Most documents of one client.
const MOST_DOCUMENTS: usize = 2_000;
/// Most bytes that their texts have together.
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// Of more documents than this the caller does not hear what is wrong with them.
const MOST_ERRORS: usize = 100;

/// So much of an id is shown with what is wrong with it.
const SHOWN_CHARS: usize = 200;

/// What a change of the documents comes to.
#[derive(Debug)]
pub struct Documents {
    /// The client as it is now.
    pub client: api_client::Model,
    /// How many documents were added, or deleted.
    pub changed: usize,
    /// How many there are now.
    pub total: usize,
}

/// A document that passed every check.
struct Document {
    text: String,
    hash: Hash,
}

/// Publishes the documents of a manifest, all or none. Those that are published already stay as they are.
pub async fn api_client_documents_publish(ctx: &Ctx, client: Uuid, manifest: &str) -> Result<Documents> {
    ctx.authorize(Action::ApiClientChange)?;
    api_client_require_live(&*ctx.read().await?, client, "apiClientId").await?;
    let listed = manifest::read(manifest).map_err(|text| Error::user(&["manifest"], UserErrorCode::Invalid, text))?;
    if listed.len() > MOST_DOCUMENTS {
        return Err(too_many());
    }
    // Validating takes a while: no transaction is open meanwhile.
    ctx.end_read().await?;
    let mut documents = checked(ctx, listed).await?;
    let tx = begin(ctx, client).await?;
    let mut known_bytes = 0;
    let known = queries::documents(&tx, client).await?;
    let mut errors = Errors::default();
    for row in &known {
        known_bytes += usize::try_from(row.bytes).unwrap_or(usize::MAX);
        if let Some(document) = documents.remove(&row.document_id)
            && document.hash.as_slice() != row.sha256
        {
            errors.add(&row.document_id, UserErrorCode::Conflict, another_text());
        }
    }
    errors.done()?;
    let total = known.len() + documents.len();
    let bytes: usize = documents.values().map(|document| document.text.len()).sum();
    if total > MOST_DOCUMENTS || known_bytes.saturating_add(bytes) > MOST_BYTES {
        return Err(too_many());
    }
    let added = documents.len();
    if added > 0 {
        let rows = documents
            .into_iter()
            .map(|(id, document)| row(ctx, client, id, document));
        tx.insert_many(rows.collect()).await?;
        let payload = json!({ "added": added, "documents": total });
        tx.emit(NewEvent::new("api_client.documents_published", "acli", client).with(payload));
    }
    end(ctx, tx, client, added, total).await
}

/// Deletes documents of a client: they are no longer known from its next request on. Ids that there are not are passed
/// over.
pub async fn api_client_documents_delete(ctx: &Ctx, client: Uuid, ids: &[String]) -> Result<Documents> {
    ctx.authorize(Action::ApiClientChange)?;
    if ids.len() > MOST_DOCUMENTS {
        return Err(Error::user(
            &["documentIds"],
            UserErrorCode::TooLarge,
            Text::new(
                format!("At most {MOST_DOCUMENTS} ids."),
                format!("IDは{MOST_DOCUMENTS}件以内で指定してください。"),
            ),
        ));
    }
    let ids: Vec<&str> = ids.iter().filter_map(|id| document_id(id)).collect();
    let tx = begin(ctx, client).await?;
    let deleted = queries::delete_documents(&tx, client, &ids).await?;
    let deleted = usize::try_from(deleted).unwrap_or(usize::MAX);
    let total = usize::try_from(queries::document_count(&tx, client).await?).unwrap_or(usize::MAX);
    if deleted > 0 {
        let payload = json!({ "deleted": deleted, "documents": total });
        tx.emit(NewEvent::new("api_client.documents_deleted", "acli", client).with(payload));
    }
    end(ctx, tx, client, deleted, total).await
}

/// Begins a change. It writes to the client's row first, so that two changes at once come one after the other, and the
/// second sees what the first did.
async fn begin(ctx: &Ctx, client: Uuid) -> Result<WriteTx> {
    let tx = ctx.write().await?;
    let changed = api_client::ActiveModel {
        documents_changed_at: Set(Some(ctx.now)),
        ..Default::default()
    };
    if tx.update(changed, queries::live(client)).await? == 0 {
        api_client_require_live(&tx, client, "apiClientId").await?;
        return Err(revoked("apiClientId"));
    }
    Ok(tx)
}

/// Commits when something changed; otherwise it is as if nothing was asked.
async fn end(ctx: &Ctx, tx: WriteTx, client: Uuid, changed: usize, total: usize) -> Result<Documents> {
    if changed > 0 {
        tx.commit().await?;
    } else {
        drop(tx);
    }
    let client = api_client_reread(ctx, client).await?;
    Ok(Documents { client, changed, total })
}

/// Guards, parses and validates each document; gives them by their ids.
async fn checked(ctx: &Ctx, listed: Vec<Listed>) -> Result<HashMap<String, Document>> {
    let mut documents: HashMap<String, Document> = HashMap::new();
    let mut errors = Errors::default();
    for Listed { id, text } in listed {
        let hash = hash(&text);
        let Some(key) = document_id(&id) else {
            errors.add(&id, UserErrorCode::Invalid, not_an_id());
            continue;
        };
        if id != key && key != hex(&hash) {
            errors.add(&id, UserErrorCode::Invalid, another_hash());
            continue;
        }
        match documents.get(key) {
            Some(same) if same.hash == hash => continue,
            Some(_) => {
                errors.add(&id, UserErrorCode::Conflict, another_text());
                continue;
            }
            None => {}
        }
        match problem(ctx, &text).await {
            Some(problem) => errors.add(&id, UserErrorCode::Invalid, problem),
            None => {
                documents.insert(key.to_owned(), Document { text, hash });
            }
        }
        // A long manifest must not keep the thread from its other requests.
        tokio::task::yield_now().await;
    }
    errors.done()?;
    Ok(documents)
}

/// What is wrong with a document, as the request that sends it would hear it.
async fn problem(ctx: &Ctx, text: &str) -> Option<Text> {
    if text.contains('\0') {
        return Some(Text::fixed(
            "The character U+0000 is not allowed.",
            "U+0000の文字は使用できません。",
        ));
    }
    let document = match operation::read(text) {
        Ok(document) => document,
        Err(problem) => return Some(problem),
    };
    let error = ctx.app.engine.validate(document).await.into_iter().next()?;
    let place = error.locations.first();
    let place = place.map_or_else(String::new, |at| format!(" ({}:{})", at.line, at.column));
    let message = format!("{}{place}", error.message);
    Some(Text::new(message.clone(), message))
}

fn row(ctx: &Ctx, client: Uuid, id: String, document: Document) -> trusted_document::ActiveModel {
    trusted_document::ActiveModel {
        api_client_id: Set(client),
        document_id: Set(id),
        sha256: Set(document.hash.to_vec()),
        bytes: Set(i64::try_from(document.text.len()).unwrap_or(i64::MAX)),
        document: Set(document.text),
        created_at: Set(ctx.now),
        ..Default::default()
    }
}

/// What is wrong with which document.
#[derive(Default)]
struct Errors(Vec<UserError>);

impl Errors {
    fn add(&mut self, id: &str, code: UserErrorCode, why: Text) {
        if self.0.len() < MOST_ERRORS {
            let id = &id.chars().take(SHOWN_CHARS).collect::<String>();
            let message = Text::new(
                format!("Document {id}: {}", why.en),
                format!("ドキュメント{id}：{}", why.ja),
            );
            self.0.push(UserError::new(&["manifest", id], code, message));
        }
    }

    fn done(self) -> Result<()> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Error::User(self.0))
        }
    }
}

fn not_an_id() -> Text {
    Text::fixed(
        "An id is 1–200 letters, digits and -._~: characters.",
        "IDは英数字と-._~:からなる1〜200文字で指定してください。",
    )
}

fn another_hash() -> Text {
    Text::fixed(
        "The id is not the SHA-256 of the text.",
        "IDがテキストのSHA-256と一致しません。",
    )
}

fn another_text() -> Text {
    Text::fixed(
        "This id has another text. Delete it first, or let the tool give the new text an id of its own.",
        "このIDには別のテキストが公開されています（先に削除するか、新しいIDを使用してください）。",
    )
}

fn too_many() -> Error {
    Error::user(
        &["manifest"],
        UserErrorCode::TooLarge,
        Text::new(
            format!(
                "A client has at most {MOST_DOCUMENTS} documents of {MOST_BYTES} bytes together: delete those that are no longer used."
            ),
            format!(
                "1クライアントあたり{MOST_DOCUMENTS}件、合計{MOST_BYTES}バイトまでです（使用していないものを削除してください）。"
            ),
        ),
    )
}
