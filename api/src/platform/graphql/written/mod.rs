//! Pages and objects written straight from what the database sends.
//!
//! A list, or an object by its id, that is asked for plain columns, and for relations that its slice knows to read beside it, is one statement, and the
//! text of its rows is written from what PostgreSQL sends, without models, loaders or a resolver for each field. It is a second
//! way to what resolvers answer, so it is narrow: whatever is not a plain column or such a relation, whatever the caller
//! may not read, and SQLite, goes the way of all else. `tests/it/written.rs` compares the two to the byte.
//!
//! A slice says for its table ([`Writable`]) which object it is, and which relations can be read beside it ([`Related`]).

mod asked;
mod json;
mod selected;
mod shape;

pub use asked::{Asked, MayWrite};
pub use json::{json_of, objects_of};
pub(super) use json::{list, one};
pub use selected::Selected;
pub use shape::{Related, Shape, Writable};
