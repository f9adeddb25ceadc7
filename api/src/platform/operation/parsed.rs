//! Documents that were read before: clients send the same few all the time, and reading one is a good part of what a small
//! operation costs.

use std::sync::Arc;

use async_graphql::parser::types::ExecutableDocument;
use moka::sync::Cache;

/// Text of the documents kept, in bytes. What is made of a text takes some ten times its room.
const BYTES: u64 = 512 * 1024;

/// The documents of the process, by their text.
pub struct Parsed(Cache<Arc<str>, Arc<ExecutableDocument>>);

impl Default for Parsed {
    fn default() -> Self {
        let weight = |text: &Arc<str>, _: &Arc<ExecutableDocument>| u32::try_from(text.len()).unwrap_or(u32::MAX);
        Self(Cache::builder().max_capacity(BYTES).weigher(weight).build())
    }
}

impl Parsed {
    /// The document of this text, if it was kept.
    pub fn get(&self, text: &str) -> Option<Arc<ExecutableDocument>> {
        self.0.get(text)
    }

    /// Keeps a document that was executed; never one that was refused.
    pub fn keep(&self, text: &Arc<str>, document: &Arc<ExecutableDocument>) {
        if !self.0.contains_key(text.as_ref()) {
            self.0.insert(Arc::clone(text), Arc::clone(document));
        }
    }
}
