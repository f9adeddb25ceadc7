//! From the rows to the proof that the relation passed from one contact to the next.

use std::collections::HashMap;

use chrono::{DateTime, Days, NaiveDate, Utc};
use domain::buyer_change::{BEFORE_DAYS, BuyerContinuity, buyer_continuity};
use domain::calendar::day_start;
use entity::buyer_change;
use uuid::Uuid;

use crate::activities;
use crate::error::Result;
use crate::platform::Ctx;
use crate::platform::tenancy::TenantDb;

/// What the proof needs to know of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Facts {
    account: Uuid,
    leaving: Uuid,
    arriving: Option<Uuid>,
    occurred_on: NaiveDate,
}

impl Facts {
    /// Of a change.
    pub fn of(row: &buyer_change::Model) -> Self {
        Self {
            account: row.account_id,
            leaving: row.leaving_id,
            arriving: row.arriving_id,
            occurred_on: row.occurred_on,
        }
    }

    fn since(&self, ctx: &Ctx) -> Result<DateTime<Utc>> {
        let day = self.occurred_on.checked_sub_days(Days::new(BEFORE_DAYS));
        Ok(day_start(day.unwrap_or(self.occurred_on), ctx.tenant()?.zone))
    }
}

/// The proofs of many changes, in as many statements as of one.
pub async fn of_many(ctx: &Ctx, db: &TenantDb, changes: &[Facts]) -> Result<HashMap<Facts, BuyerContinuity>> {
    let mut since: HashMap<Uuid, DateTime<Utc>> = HashMap::new();
    for facts in changes {
        let begins = facts.since(ctx)?;
        let earliest = since.entry(facts.account).or_insert(begins);
        *earliest = begins.min(*earliest);
    }
    let since: Vec<_> = since.into_iter().collect();
    let touches = activities::service::touches_of(ctx, db, &since).await?;
    changes
        .iter()
        .map(|facts| {
            let touches = touches.get(&facts.account).map_or(&[][..], Vec::as_slice);
            let proven = buyer_continuity(facts.leaving, facts.arriving, facts.since(ctx)?, touches);
            Ok((*facts, proven))
        })
        .collect()
}
