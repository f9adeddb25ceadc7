//! What the fuzzer feeds with whatever bytes it makes up. A target must neither panic, nor overflow its stack, nor take
//! long, and what it asserts must hold of all bytes. The tests replay the corpus through the same functions.

pub mod documents;
pub mod files;
pub mod ids;
pub mod texts;

/// The targets, by the name of their folder in the corpus.
pub const TARGETS: [(&str, fn(&[u8])); 4] = [
    ("documents", documents::run),
    ("files", files::run),
    ("ids", ids::run),
    ("texts", texts::run),
];
