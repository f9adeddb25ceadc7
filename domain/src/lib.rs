//! What Hikitsugi decides, apart from how it is stored, served or asked for.
//!
//! Everything here is a pure function of its arguments: no clock, no chance (what resamples begins with the same seed), no
//! database, no network. Whoever calls says what time it is.

pub mod account;
pub mod activity;
pub mod backtest;
pub mod buyer_change;
pub mod calendar;
pub mod contact;
pub mod decision_path;
pub mod departure;
pub mod follow_up;
pub mod forecast;
pub mod handover;
pub mod import;
pub mod lang;
pub mod loss;
pub mod money;
pub mod names;
pub mod occasion;
pub mod password;
pub mod policy;
pub mod rhythm;
pub mod risk;
pub mod rotation;
pub mod skill;
pub mod succession;
pub mod team;
pub mod text;
