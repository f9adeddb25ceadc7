//! What would kill or choke the server is refused, in under a second, on every way in, and the neighbours do not notice.

mod bodies;
mod documents;
mod introspection;
mod numbers;
mod rate;
mod siege;
mod table;
mod variables;
