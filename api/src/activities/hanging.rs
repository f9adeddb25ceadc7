//! What hangs on an account and a touch may prove: an open handover, a change of buyer.

use uuid::Uuid;

use super::queries::{self, OpenTo};
use crate::error::Result;
use crate::platform::Ctx;
use crate::platform::tenancy::WriteTx;
use crate::{buyer_changes, handovers};

/// What some touches may prove. Most touches prove nothing.
pub struct Hanging(Vec<OpenTo>);

impl Hanging {
    /// What touches of these members and contacts at these accounts may prove: one statement. The accounts are locked, so
    /// that nothing is opened meanwhile.
    pub async fn at(tx: &WriteTx, accounts: &[Uuid], members: &[Uuid], contacts: &[Uuid]) -> Result<Self> {
        Ok(Self(queries::open_to(tx, accounts, members, contacts).await?))
    }

    /// Whether there is nothing.
    pub const fn is_nothing(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether some of it is at this account, and its successor was present.
    pub fn is_proven_by(&self, account: Uuid, was_present: impl Fn(Uuid) -> bool) -> bool {
        self.0
            .iter()
            .any(|open| open.account_id == account && was_present(open.to_id))
    }

    /// Tells it of a touch at this account that was written. Whether a handover is open to who was there.
    pub async fn told(&self, ctx: &Ctx, tx: &WriteTx, account: Uuid) -> Result<bool> {
        let is_there = |is_handover| self.0.iter().any(|open| open.is_handover == is_handover);
        let proves = is_there(true) && handovers::service::handover_settle(ctx, tx, account).await?;
        if is_there(false) {
            buyer_changes::service::buyer_changes_settle(ctx, tx, account).await?;
        }
        Ok(proves)
    }
}
