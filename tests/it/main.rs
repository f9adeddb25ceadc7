//! Black-box tests over real HTTP, on SQLite and on PostgreSQL.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod accounts;
mod activities;
mod briefings;
mod buyer_changes;
mod columns;
mod contacts;
mod corpus;
mod counts;
mod coverage;
mod decision_paths;
mod departures;
mod documents;
mod door;
mod faults;
mod handovers;
mod http;
mod idempotency;
mod imports;
mod isolation;
mod jobs;
mod limits;
mod log;
mod operated;
mod outages;
mod plans;
mod policy;
mod races;
mod risk;
mod schema;
mod sessions;
mod signals;
mod stories;
mod subscriptions;
mod tidy;
mod walls;
