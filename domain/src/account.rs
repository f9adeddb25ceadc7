//! Words of an account: how far it has come, and how somebody came to own it.

use crate::names::text_enum;

text_enum! {
    /// How far an account has come with the tenant.
    pub enum Lifecycle {
        /// Has not bought yet.
        Prospect = "PROSPECT",
        /// Has bought.
        Customer = "CUSTOMER",
        /// Was lost and said to be so by a person.
        Lost = "LOST",
    }
}

text_enum! {
    /// Why a span of ownership began.
    pub enum OwnershipReason {
        /// The account was created.
        Created = "CREATED",
        /// A person gave it to the owner without a handover.
        Assigned = "ASSIGNED",
        /// A handover passed it on.
        Handover = "HANDOVER",
        /// The owner's last day was over, and no handover had been planned.
        OwnerLeft = "OWNER_LEFT",
        /// It came out of a merge of two accounts.
        Merged = "MERGED",
    }
}
