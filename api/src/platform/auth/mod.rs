//! Credentials become an [`Actor`]: passwords, tokens, signing keys, sessions.

mod actor;
mod authenticate;
mod courier;
mod email;
mod keys;
mod leases;
mod opaque;
mod passwords;
mod secret;
mod throttle;
mod tokens;

pub use actor::Actor;
pub use authenticate::{authenticate, authenticate_anew, tenant_settings};
pub use courier::{Courier, Message, link};
pub use email::{check_email, fold_email};
pub use keys::KeyRing;
pub use leases::Leases;
pub use opaque::OpaqueToken;
pub use passwords::Passwords;
pub use secret::Secret;
pub use throttle::{Throttle, network};
pub use tokens::{AccessToken, Subject, Tokens};
