//! `hikitsugi backtest`: whether the model would have been right on a company's own orders, before it signs up. A file in, a table and
//! a page out; no database, no account, nothing leaves the machine.

mod charts;
pub mod cli;
mod page;
mod report;
mod words;
