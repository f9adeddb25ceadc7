//! Sessions: people who sign in, on which device, and in which of their companies they work.
//!
//! * A person is one row with one e-mail address and one password, however many companies he is a member of.
//! * A session is in at most one company at a time. Its access tokens are good for that company only, its refresh token
//!   is exchanged for a new one at every use, and showing a used one again ends the session: somebody copied it.
//! * Unknown and known e-mail addresses answer alike, in words and in time.

mod loaders;
mod memberships;
mod passwords;
mod people;
mod queries;
mod refresh;
mod resets;
pub mod schema;
pub mod service;

pub use loaders::{SessionById, UserById};
pub use schema::{Session, SessionMutation, SessionQuery, SessionTokens, User};

use crate::platform::graphql::{Gid, IdKind};

/// Names sessions.
pub struct SessionKind;

impl IdKind for SessionKind {
    const PREFIX: &'static str = "sess";
    const NOUN: &'static str = "a session";
}

/// The id of a session.
pub type SessionId = Gid<SessionKind>;

/// Names people who sign in.
pub struct UserKind;

impl IdKind for UserKind {
    const PREFIX: &'static str = "user";
    const NOUN: &'static str = "a user";
}

/// The id of a person who signs in.
pub type UserId = Gid<UserKind>;
