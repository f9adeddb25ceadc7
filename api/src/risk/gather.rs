//! What is known of accounts at a moment: a fixed number of statements, however many accounts.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::calendar::tenant_day;
use domain::risk::{Evidence, EvidenceKind, Relation, Rules, Signal};
use entity::signal;
use uuid::Uuid;

use super::ledger::{Ledger, Windows};
use super::moment::Moment;
use super::{queries, relation};
use crate::error::Result;
use crate::platform::tenancy::TenantDb;

/// What is known of one account at the moment: all that its assessment rests on.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// What it ordered.
    pub ledger: Ledger,
    /// What people and integrations told.
    pub told: Vec<Signal>,
    /// What is on record of the relation.
    pub relation: Relation,
}

impl Known {
    /// All that raises or lowers its risk on a day, apart from how it buys.
    pub fn signals(&self, day: NaiveDate, rules: &Rules) -> Vec<Signal> {
        let mut signals = self.told.clone();
        signals.extend(self.relation.signals(day, rules));
        signals.extend(self.ledger.credits().signal());
        signals
    }
}

/// What is known of each of these accounts at the moment.
pub async fn gather(db: &TenantDb, moment: &Moment, accounts: &[Uuid]) -> Result<HashMap<Uuid, Known>> {
    let windows = Windows::until(moment.day);
    let mut known: HashMap<Uuid, Known> = accounts.iter().map(|account| (*account, Known::default())).collect();
    queries::each_order(db, moment, Some(accounts), |row| {
        let day = tenant_day(row.ordered_at, moment.zone);
        let of = known.entry(row.account_id).or_default();
        of.ledger.add(&row, day, windows);
    })
    .await?;
    for row in queries::signals(db, moment, accounts).await? {
        let of = known.entry(row.account_id).or_default();
        of.told.extend(signal(row, moment));
    }
    for (account, relation) in relation::relations(db, moment, accounts).await? {
        known.entry(account).or_default().relation = relation;
    }
    Ok(known)
}

/// A row as the domain takes it. One whose kind or cause this version does not know is left out: one row must not keep
/// a tenant's risk from being known.
fn signal(row: signal::Model, moment: &Moment) -> Option<Signal> {
    let kind = row.kind.parse().ok();
    let cause = row.cause.as_deref().map(str::parse).transpose().ok();
    let (Some(kind), Some(cause)) = (kind, cause) else {
        tracing::warn!(signal = %row.id, kind = row.kind, "a signal of an unknown kind or cause is left out");
        return None;
    };
    let evidence = |kind, id| Evidence { kind, id };
    let contact = row.contact_id.map(|id| evidence(EvidenceKind::Contact, id));
    let activity = row.activity_id.map(|id| evidence(EvidenceKind::Activity, id));
    Some(Signal {
        cause,
        controllable: row.controllable,
        resolved_on: resolved(&row, moment),
        evidence: contact.into_iter().chain(activity).collect(),
        ..Signal::of(kind, evidence(EvidenceKind::Signal, row.id), row.occurred_on)
    })
}

/// The day it ended, as far as that was known at the moment.
fn resolved(row: &signal::Model, moment: &Moment) -> Option<NaiveDate> {
    match (row.settled_at, moment.known_by) {
        (Some(settled), Some(known_by)) if settled > known_by => None,
        (settled, _) => row
            .resolved_on
            .or_else(|| settled.map(|settled| tenant_day(settled, moment.zone))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use chrono::{DateTime, Utc};
    use chrono_tz::Tz;
    use domain::risk::{Cause, FactorKind};

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn moment(known_by: Option<&str>) -> Moment {
        Moment {
            as_of: at("2026-11-20T12:00:00Z"),
            day: day("2026-11-20"),
            zone: Tz::Asia__Tokyo,
            known_by: known_by.map(at),
        }
    }

    fn row() -> signal::Model {
        signal::Model {
            tenant_id: Uuid::nil(),
            id: Uuid::from_u128(1),
            account_id: Uuid::from_u128(2),
            kind: "UNRESOLVED_COMPLAINT".into(),
            cause: Some("QUALITY_SLIPPED".into()),
            controllable: true,
            occurred_on: day("2026-11-01"),
            note: String::new(),
            recorded_by_id: None,
            recorded_at: at("2026-11-02T00:00:00Z"),
            resolved_on: Some(day("2026-11-05")),
            settled_at: Some(at("2026-11-06T16:00:00Z")),
            settled_by_id: None,
            confirmed_at: None,
            confirmed_by_id: None,
            contact_id: Some(Uuid::from_u128(3)),
            activity_id: Some(Uuid::from_u128(4)),
            version: 2,
            created_at: at("2026-11-02T00:00:00Z"),
        }
    }

    #[test]
    fn a_signal_carries_all_that_proves_it() {
        let signal = signal(row(), &moment(None)).unwrap();
        assert_eq!(
            (signal.kind, signal.cause),
            (FactorKind::UnresolvedComplaint, Some(Cause::QualitySlipped))
        );
        assert_eq!(signal.resolved_on, Some(day("2026-11-05")));
        let kinds: Vec<_> = signal.evidence.iter().map(|row| row.kind).collect();
        assert_eq!(kinds, [EvidenceKind::Contact, EvidenceKind::Activity]);
    }

    #[test]
    fn a_signal_settled_later_was_open_then() {
        assert_eq!(resolved(&row(), &moment(Some("2026-11-06T15:59:59Z"))), None);
        assert_eq!(
            resolved(&row(), &moment(Some("2026-11-06T16:00:00Z"))),
            Some(day("2026-11-05"))
        );
        // Settled without a day: the day it was settled, in Tokyo.
        let settled = signal::Model {
            resolved_on: None,
            ..row()
        };
        assert_eq!(resolved(&settled, &moment(None)), Some(day("2026-11-07")));
    }

    #[test]
    fn a_row_that_nobody_can_read_is_left_out() {
        let odd = signal::Model {
            kind: "ODD".into(),
            ..row()
        };
        assert_eq!(signal(odd, &moment(None)), None);
        let odd = signal::Model {
            cause: Some("ODD".into()),
            ..row()
        };
        assert_eq!(signal(odd, &moment(None)), None);
    }
}
