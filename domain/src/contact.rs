//! Words of a contact: what he is in the client's decisions.

use crate::names::text_enum;

text_enum! {
    /// What a contact is in his company's decision to buy.
    pub enum DecisionRole {
        /// Says yes or no.
        Decider = "DECIDER",
        /// Is listened to by those who decide.
        Influencer = "INFLUENCER",
        /// Places the orders.
        Buyer = "BUYER",
        /// Works with what was bought.
        User = "USER",
        /// Decides who gets through to the others.
        Gatekeeper = "GATEKEEPER",
    }
}
