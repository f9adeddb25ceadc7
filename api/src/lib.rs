//! Hikitsugi: the GraphQL API backend that keeps the clients a company already won.
//!
//! `docs/ARCHITECTURE.md` has the map. Each slice is a concept in one folder; `platform` is what they stand on.

pub mod app;
pub mod cli;
pub mod config;
pub mod demo;
pub mod error;
mod housekeeping;
pub mod jobs;
pub mod platform;
pub mod schema;

pub mod accounts;
pub mod activities;
pub mod api_clients;
pub mod backtest;
pub mod briefings;
pub mod buyer_changes;
pub mod contacts;
pub mod decision_paths;
pub mod departures;
pub mod events;
pub mod follow_ups;
pub mod forecasts;
pub mod handover_templates;
pub mod handovers;
pub mod imports;
pub mod losses;
pub mod members;
pub mod orders;
pub mod products;
pub mod risk;
pub mod rotations;
pub mod sessions;
pub mod signals;
pub mod successors;
pub mod tenants;
