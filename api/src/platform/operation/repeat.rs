//! The idempotency key of an operation, and its answer given again.

use async_graphql::parser::types::{ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet};
use async_graphql::{Value, Variables};
use sha2::{Digest, Sha256};

use super::{Answer, Refusal, cost};
use crate::error::{Error, Result};
use crate::platform::Ctx;
use crate::platform::auth::Actor;
use crate::platform::idempotency::Repeatable;

/// The input field that brings a key in.
pub const CLIENT_MUTATION_ID: &str = "clientMutationId";

/// A request for a change, as its key sees it.
pub struct Request<'a> {
    /// The document's text.
    pub text: &'a str,
    /// The same, parsed.
    pub document: &'a ExecutableDocument,
    /// Which operation of it.
    pub operation: &'a OperationDefinition,
    /// Its name, if it was named.
    pub name: Option<&'a str>,
    /// Values of its variables.
    pub variables: &'a Variables,
}

/// Puts the change under its key, if it came with one: in its input, or else beside the operation. One key is for one
/// change. Keys count for those who are in a company; nobody else has anything that a key could be bound to.
pub fn take_key(ctx: &Ctx, request: &Request<'_>, beside: Option<String>) -> Result<()> {
    if !matches!(ctx.actor, Actor::Member { .. } | Actor::Client { .. }) {
        return Ok(());
    }
    let mut fields = Vec::new();
    collect(request.document, &request.operation.selection_set.node, &mut fields);
    let in_input = fields.iter().find_map(|field| request.key_in(field));
    let Some(key) = in_input.or(beside) else {
        return Ok(());
    };
    if fields.len() != 1 {
        return Err(Error::bad_input(
            "An idempotency key goes with one change: send the others apart.",
            "冪等キーを使用するリクエストに含められるミューテーションは1つです。",
        ));
    }
    ctx.repeat_under(Repeatable::new(key, request.hash())?);
    Ok(())
}

impl Request<'_> {
    fn key_in(&self, field: &Field) -> Option<String> {
        let Value::Object(input) = cost::argument(self.operation, self.variables, field, "input")? else {
            return None;
        };
        match input.get(CLIENT_MUTATION_ID)? {
            Value::String(key) => Some(key.clone()),
            _ => None,
        }
    }

    fn hash(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        let sent = serde_json::to_vec(self.variables).unwrap_or_default();
        // Lengths in front keep the parts apart.
        for part in [self.text.as_bytes(), self.name.unwrap_or("").as_bytes(), &sent] {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }
}

/// The root's fields, fragments expanded; the guard has bounded them.
fn collect<'a>(document: &'a ExecutableDocument, set: &'a SelectionSet, fields: &mut Vec<&'a Field>) {
    for item in &set.items {
        match &item.node {
            Selection::Field(field) if field.node.name.node.starts_with("__") => {}
            Selection::Field(field) => fields.push(&field.node),
            Selection::InlineFragment(fragment) => collect(document, &fragment.node.selection_set.node, fields),
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                    collect(document, &fragment.node.selection_set.node, fields);
                }
            }
        }
    }
}

/// The answer that is kept under the operation's key, if there is one.
pub async fn replayed(ctx: &Ctx) -> Result<Option<Answer>> {
    let Some(repeatable) = ctx.repeatable() else {
        return Ok(None);
    };
    let Some(kept) = repeatable.kept(ctx).await? else {
        return Ok(None);
    };
    tracing::debug!("answered again under an idempotency key");
    let data: Value = serde_json::from_slice(&kept).map_err(Error::internal)?;
    Ok(Some(Answer::replayed(data, ctx.request.id)))
}

/// Keeps the answer under the operation's key, with the change that it tells of; the answer of whoever was first, if
/// somebody was. What went wrong is not kept, and nothing of it stays.
pub async fn keep(ctx: &Ctx, answer: Answer) -> Answer {
    let Some(repeatable) = ctx.repeatable() else {
        return answer;
    };
    let refused = |refusal: &Refusal| Answer::refused(refusal, ctx.request.lang, ctx.request.id);
    if !repeatable.was_second() {
        let Some(data) = answer.data().filter(|_| answer.error_count() == 0) else {
            repeatable.undo();
            return answer;
        };
        let bytes = serde_json::to_vec(data).unwrap_or_default();
        match repeatable.keep(ctx, &bytes).await {
            Ok(true) => return answer,
            Ok(false) => {}
            Err(error) => return refused(&error.into()),
        }
    }
    match replayed(ctx).await {
        Ok(Some(kept)) => kept,
        Ok(None) => refused(&Error::internal("the change that came first left no answer").into()),
        Err(error) => refused(&error.into()),
    }
}
