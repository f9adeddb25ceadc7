//! What the black-box tests stand on: a server over real HTTP, on both databases, always with two companies.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod app;
mod client;
mod collector;
mod company;
mod fixtures;
mod hold;
mod inside;
pub mod postgres;
mod process;
mod snapshot;
mod socket;
pub mod surface;

pub use app::{Db, PANICS, PASSWORD, Replica, TestApp, Urls, migrated, run};
pub use client::{Answer, Client, EventStream};
pub use collector::Collector;
pub use company::{Company, Ids, Person};
pub use hold::Hold;
pub use inside::execute;
pub use process::{Process, World};
pub use snapshot::snapshot;
pub use socket::Socket;
