//! Buying rhythms: how probable it is that a client is still there, that he stays silent, how often he will order and what
//! he is worth. "Buy till you die" models, pure.
//!
//! * [`Model`] is MBG/CNBD-k (Reutterer, Platzer, Schröder, "Leveraging purchase regularity for predicting customer behavior
//!   the easy way", IJRM 38, 2021): orders come at Erlang-k gaps of a rate that differs by client, after each order a client
//!   may be gone for good. With k = 1 it is MBG/NBD (Batislam, Denizel, Filiztekin 2007), and where nobody can be gone after
//!   his first order BG/NBD (Fader, Hardie, Lee 2005).
//! * [`Spending`] is Gamma–Gamma (Fader, Hardie 2013): what an order is worth.
//! * [`fit`] and [`Spending::fit`] learn them, with analytic gradients and from several starts.
//!
//! The probability of silence for k > 1 and the expected orders were derived for this project: a client who is there has rate
//! Gamma(r + kx + j, α + T) where j of the k parts of the current gap are over, and dropout Beta(a, b + x + 1), so that the
//! n-th order of the future is the (kn − j)-th part of a negative binomial number, times the chance to have stayed for it.

mod bfgs;
mod client;
mod fit;
mod gamma;
mod model;
mod spending;
mod tables;
mod worth;

pub use client::Rhythm;
pub use fit::{Fit, FitError, Pooled, Priors, fit, fit_regular, pool};
pub use model::{Dropout, Model, ModelError, Outlook};
pub use spending::{SpendFit, Spender, Spending};
pub use worth::{MONTH_WEEKS, discounted_worth};
