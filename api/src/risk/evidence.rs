//! The rows that prove a factor, as objects of the API.

use async_graphql::{ComplexObject, Context, Enum, ID, SimpleObject};
use domain::risk;

use crate::error::Result;
use crate::platform::graphql::any_id;
use crate::schema::{Node, node};

/// What kind of thing proves a factor.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::risk::EvidenceKind")]
pub enum EvidenceKind {
    /// An order.
    Order,
    /// A signal that was recorded.
    Signal,
    /// An activity.
    Activity,
    /// A contact.
    Contact,
    /// A handover.
    Handover,
    /// A contact leaving his post.
    BuyerChange,
    /// One of our members.
    Member,
}

/// Something on record that proves a factor.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct Evidence {
    /// What kind of thing it is.
    pub kind: EvidenceKind,
    /// Its id, as `node(id:)` takes it.
    pub id: ID,
}

impl From<risk::Evidence> for Evidence {
    fn from(row: risk::Evidence) -> Self {
        let prefix = match row.kind {
            risk::EvidenceKind::Order => "ord",
            risk::EvidenceKind::Signal => "sig",
            risk::EvidenceKind::Activity => "act",
            risk::EvidenceKind::Contact => "cont",
            risk::EvidenceKind::Handover => "hand",
            risk::EvidenceKind::BuyerChange => "bchg",
            risk::EvidenceKind::Member => "mem",
        };
        Self {
            kind: row.kind.into(),
            id: ID(any_id(prefix, row.id)),
        }
    }
}

#[ComplexObject]
impl Evidence {
    /// The thing itself; null when the caller may not see it.
    async fn node(&self, gql: &Context<'_>) -> Result<Option<Node>> {
        node(gql, &self.id).await
    }
}
