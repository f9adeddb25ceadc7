//! Keeping assessments up to date: after what happened, and every night.

use std::collections::BTreeSet;

use entity::event;
use serde_json::Value;
use uuid::Uuid;

use super::service;
use crate::error::Result;
use crate::platform::Ctx;
use crate::platform::graphql::parse_any;
use crate::platform::jobs;

/// The name of the nightly run.
pub const DAY: &str = "risk.day";

/// Assesses the accounts that these events concern. Safe to run twice: the second time nothing differs. All accounts of a large
/// tenant are left to the run that takes turns with other tenants.
pub async fn follow(ctx: &Ctx, events: &[event::Model]) -> Result<()> {
    match concerned(events) {
        Concerned::All => {
            let part = service::assess_part(ctx, ctx.as_of(), None).await?;
            if part.after.is_some() {
                jobs::once_more(&ctx.app, DAY, ctx.tenant()?.id).await?;
            }
        }
        Concerned::Some { mut accounts, touched } => {
            accounts.extend(service::neglected_of(ctx, &touched).await?);
            service::assess_some(ctx, &accounts).await?;
        }
    }
    Ok(())
}

/// A part of the nightly run: a day more of silence, signals that fade, and a past that is a day longer.
pub async fn run_day(ctx: &Ctx, after: Option<Uuid>) -> Result<Option<Uuid>> {
    let part = service::assess_part(ctx, ctx.as_of(), after).await?;
    let tenant = ctx.tenant()?.id;
    tracing::debug!(%tenant, stored = part.stored, "assessed some accounts");
    if part.after.is_none() {
        tracing::info!(%tenant, "assessed all accounts");
    }
    Ok(part.after)
}

#[derive(Debug, PartialEq, Eq)]
enum Concerned {
    All,
    /// These accounts, and those of the touched ones that a touch can change anything for.
    Some {
        accounts: Vec<Uuid>,
        touched: Vec<Uuid>,
    },
}

fn concerned(events: &[event::Model]) -> Concerned {
    let (mut accounts, mut touched) = (BTreeSet::new(), BTreeSet::new());
    for event in events.iter().filter(|event| moves_risk(event)) {
        let named = event.payload.get("accounts").and_then(Value::as_array);
        let rules_moved = event.r#type == "tenant.updated" && names(&event.payload, &RULES);
        let imported = event.r#type == "import.finished" && changed_rows(&event.payload);
        match (event.account_id, named) {
            _ if rules_moved || imported => return Concerned::All,
            (Some(account), _) if is_plain_touch(event) => {
                touched.insert(account);
            }
            (Some(account), _) => {
                accounts.insert(account);
            }
            (None, Some(named)) => accounts.extend(named.iter().filter_map(Value::as_str).filter_map(key)),
            // Orders came, and nobody says whose.
            (None, None) if event.r#type == "orders.imported" => return Concerned::All,
            (None, None) => {}
        }
    }
    Concerned::Some {
        touched: touched.difference(&accounts).copied().collect(),
        accounts: accounts.into_iter().collect(),
    }
}

/// What risk is made of; a new account and one back from the archive have none yet. One that was lost, or came back, is listed
/// elsewhere.
fn moves_risk(event: &event::Model) -> bool {
    let kind = event.r#type.as_str();
    let concept = kind.split('.').next().unwrap_or(kind);
    match kind {
        "account.updated" => names(&event.payload, &["touchCadenceDays", "lifecycle"]),
        "contact.updated" => names(&event.payload, &["leftOn", "isKey"]),
        "buyer.rotation_window_open" => false,
        "account.created"
        | "account.owner_changed"
        | "account.restored"
        | "account.merged"
        | "accounts.imported"
        | "import.finished"
        | "tenant.updated" => true,
        _ => matches!(
            concept,
            "order" | "orders" | "signal" | "handover" | "contact" | "buyer" | "activity"
        ),
    }
}

/// A new touch that has no mark for satisfaction and proves no handover. There are many of them, and few change anything.
fn is_plain_touch(event: &event::Model) -> bool {
    let says = |name: &str| event.payload.get(name).and_then(Value::as_bool).unwrap_or(false);
    event.r#type == "activity.recorded" && !says("rated") && !says("handover")
}

/// What a tenant's risk is reckoned with.
const RULES: [&str; 8] = [
    "riskMedium",
    "riskHigh",
    "riskCritical",
    "grossMargin",
    "discountRate",
    "touchCadenceDays",
    "complaintTargetDays",
    "sharesModel",
];

/// Whether one of these fields has changed.
fn names(payload: &Value, wanted: &[&str]) -> bool {
    let fields = payload.get("fields").and_then(Value::as_array);
    fields.is_some_and(|fields| {
        fields
            .iter()
            .filter_map(Value::as_str)
            .any(|field| wanted.contains(&field))
    })
}

/// Whether an import that ended did anything. One that does not say so may have.
fn changed_rows(payload: &Value) -> bool {
    let rows = |name: &str| payload.get(name).and_then(Value::as_i64);
    let dry = payload.get("dryRun").and_then(Value::as_bool).unwrap_or(false);
    !dry && (rows("created"), rows("updated")) != (Some(0), Some(0))
}

/// An id as the database or as clients write it.
fn key(text: &str) -> Option<Uuid> {
    text.parse().ok().or_else(|| parse_any(text).map(|(_, id)| id))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde_json::json;

    use super::*;
    use crate::platform::graphql::any_id;

    fn event(kind: &str, account: Option<u128>, payload: Value) -> event::Model {
        event::Model {
            tenant_id: Uuid::nil(),
            seq: 1,
            id: Uuid::nil(),
            r#type: kind.into(),
            subject_kind: "ord".into(),
            subject_id: Uuid::nil(),
            account_id: account.map(Uuid::from_u128),
            actor_kind: "SYSTEM".into(),
            actor_id: None,
            payload,
            occurred_at: DateTime::UNIX_EPOCH,
        }
    }

    fn some(accounts: &[u128]) -> Concerned {
        some_touched(accounts, &[])
    }

    fn some_touched(accounts: &[u128], touched: &[u128]) -> Concerned {
        let ids = |ids: &[u128]| ids.iter().copied().map(Uuid::from_u128).collect();
        Concerned::Some {
            accounts: ids(accounts),
            touched: ids(touched),
        }
    }

    #[test]
    fn orders_and_signals_concern_their_accounts_once() {
        let events = [
            event("order.created", Some(2), json!({})),
            event("signal.settled", Some(1), json!({})),
            event("order.updated", Some(2), json!({})),
            event("account.updated", Some(3), json!({})),
            event("risk.band_changed", Some(4), json!({})),
            event("contact.updated", Some(5), json!({ "fields": ["phone"] })),
            event("account.updated", Some(6), json!({ "fields": ["name", "lifecycle"] })),
        ];
        assert_eq!(concerned(&events), some(&[1, 2, 6]));
        assert_eq!(concerned(&[]), some(&[]));
    }

    #[test]
    fn touches_concern_their_accounts_when_they_say_something() {
        let touch = |account, payload| event("activity.recorded", Some(account), payload);
        let events = [
            touch(1, json!({ "rated": true, "handover": false })),
            touch(2, json!({ "rated": false, "handover": true })),
            touch(3, json!({ "rated": false, "handover": false })),
            touch(2, json!({ "rated": false, "handover": false })),
            event("activity.archived", Some(4), json!({ "fields": ["archivedAt"] })),
        ];
        // One that is taken back may have been the last.
        assert_eq!(concerned(&events), some_touched(&[1, 2, 4], &[3]));
    }

    #[test]
    fn whatever_a_relation_rests_on_concerns_its_account() {
        let events = [
            event("contact.created", Some(1), json!({})),
            event("contact.updated", Some(2), json!({ "fields": ["leftOn"] })),
            event("buyer.established", Some(3), json!({})),
            event("buyer.rotation_window_open", Some(4), json!({})),
            event("account.owner_changed", Some(5), json!({})),
            event("account.updated", Some(6), json!({ "fields": ["touchCadenceDays"] })),
        ];
        assert_eq!(concerned(&events), some(&[1, 2, 3, 5, 6]));
    }

    #[test]
    fn an_import_concerns_the_accounts_that_it_names() {
        let ids = json!({ "accounts": [Uuid::from_u128(7), any_id("acct", Uuid::from_u128(8)), "odd"] });
        assert_eq!(concerned(&[event("orders.imported", None, ids)]), some(&[7, 8]));
        assert_eq!(concerned(&[event("orders.imported", None, json!({}))]), Concerned::All);
        assert_eq!(concerned(&[event("import.finished", None, json!({}))]), Concerned::All);
    }

    #[test]
    fn an_import_that_changed_something_concerns_everybody_at_its_end() {
        let ended = |created: i64, dry: bool| {
            let payload = json!({ "created": created, "updated": 0, "unchanged": 9, "dryRun": dry });
            concerned(&[event("import.finished", None, payload)])
        };
        assert_eq!(ended(1, false), Concerned::All);
        assert_eq!(ended(0, false), some(&[]));
        assert_eq!(ended(1, true), some(&[]));
    }

    #[test]
    fn new_borders_concern_everybody_and_a_new_name_nobody() {
        let changed = |field: &str| event("tenant.updated", None, json!({ "version": 2, "fields": [field] }));
        assert_eq!(concerned(&[changed("riskHigh")]), Concerned::All);
        assert_eq!(concerned(&[changed("discountRate")]), Concerned::All);
        assert_eq!(concerned(&[changed("complaintTargetDays")]), Concerned::All);
        assert_eq!(concerned(&[changed("name")]), some(&[]));
    }
}
