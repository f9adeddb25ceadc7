//! Handovers, departures and successors.

use domain::policy::Action as A;
use serde_json::json;

use super::Call::{Mutation as M, Query as Q};
use super::Who::May;
use super::{Row, row};

/// One row a root field.
pub fn rows() -> Vec<Row> {
    vec![
        row(
            "handover",
            May(A::HandoverRead),
            Q(|ids| format!("(id: \"{}\") {{ status }}", ids.get("hand"))),
        ),
        row(
            "handovers",
            May(A::HandoverRead),
            Q(|ids| {
                format!(
                    "(filter: {{ accountId: \"{}\" }}) {{ nodes {{ id }} totalCount }}",
                    ids.get("acct")
                )
            }),
        ),
        row(
            "handoverPlan",
            May(A::HandoverPlan),
            M(|ids| {
                json!({ "accountId": ids.get("acct"), "toMemberId": ids.get("mem"),
            "lastDay": "2099-01-05", "reason": "ROTATION" })
            }),
        ),
        row(
            "handoverComplete",
            May(A::HandoverComplete),
            M(|ids| json!({ "id": ids.get("hand"), "version": 1 })),
        ),
        row(
            "handoverCancel",
            May(A::HandoverCancel),
            M(|ids| json!({ "id": ids.get("hand"), "version": 1, "reason": "x" })),
        ),
        row(
            "handoverFail",
            May(A::HandoverFail),
            M(|ids| json!({ "id": ids.get("hand"), "version": 1, "reason": "x" })),
        ),
        row(
            "successorAdvice",
            May(A::HandoverPlan),
            Q(|ids| {
                format!(
                    "(accountId: \"{}\") {{ member {{ id }} points shares {{ reason points }} }}",
                    ids.get("acct")
                )
            }),
        ),
        row(
            "handoverTemplate",
            May(A::HandoverRead),
            Q(|_| "{ noticeDays isDefault steps { kind } }".to_owned()),
        ),
        row(
            "handoverTemplateSet",
            May(A::TenantChange),
            M(|_| json!({ "version": 7, "template": { "noticeDays": 14, "steps": [{ "kind": "INTRODUCTION" }] } })),
        ),
        // Buyer changes.
        row(
            "buyerChange",
            May(A::ContactRead),
            Q(|ids| {
                format!(
                    "(id: \"{}\") {{ kind leaving {{ id }} continuity {{ score }} }}",
                    ids.get("bchg")
                )
            }),
        ),
        row(
            "buyerChanges",
            May(A::ContactRead),
            Q(|ids| format!("(accountId: \"{}\") {{ nodes {{ id }} totalCount }}", ids.get("acct"))),
        ),
        row(
            "buyerChangeRecord",
            May(A::ContactChange),
            M(|ids| {
                json!({ "leavingContactId": ids.get("cont"), "kind": "QUIT", "occurredOn": "2026-06-01",
                "movedToAccountId": ids.get("acct2") })
            }),
        ),
        row(
            "handoverForecast",
            May(A::HandoverRead),
            Q(|_| "(months: 3) { basis months { month atStake { amount } } }".to_owned()),
        ),
        row(
            "rotationWindows",
            May(A::ContactRead),
            Q(|ids| {
                format!(
                    "(from: \"2026-01-01\", to: \"2036-01-01\", accountId: \"{}\") {{ windows {{ contact {{ id }} opensOn }} }}",
                    ids.get("acct")
                )
            }),
        ),
        // Follow-ups.
        row(
            "followUp",
            May(A::FollowUpRead),
            Q(|ids| {
                format!(
                    "(id: \"{}\") {{ reason member {{ id }} contact {{ id }} }}",
                    ids.get("fup")
                )
            }),
        ),
        row(
            "followUps",
            May(A::FollowUpRead),
            Q(|ids| {
                format!(
                    "(filter: {{ accountId: \"{}\" }}) {{ nodes {{ id }} totalCount }}",
                    ids.get("acct")
                )
            }),
        ),
        row(
            "followUpCreate",
            May(A::FollowUpChange),
            M(|ids| {
                json!({ "accountId": ids.get("acct"), "memberId": ids.get("mem"), "contactId": ids.get("cont"),
                "dueOn": "2027-12-24", "reason": "x" })
            }),
        ),
        row(
            "followUpUpdate",
            May(A::FollowUpChange),
            M(|ids| json!({ "id": ids.get("fup"), "version": 1, "reason": "x" })),
        ),
        row(
            "followUpComplete",
            May(A::FollowUpChange),
            M(|ids| json!({ "id": ids.get("fup"), "version": 1, "activityId": ids.get("act") })),
        ),
        row(
            "followUpCancel",
            May(A::FollowUpChange),
            M(|ids| json!({ "id": ids.get("fup"), "version": 1, "reason": "x" })),
        ),
        // Departures.
        row(
            "departure",
            May(A::DepartureRead),
            Q(|ids| {
                format!(
                    "(id: \"{}\") {{ status handovers {{ nodes {{ id }} }} }}",
                    ids.get("dep")
                )
            }),
        ),
        row(
            "departures",
            May(A::DepartureRead),
            Q(|ids| format!("(memberId: \"{}\") {{ nodes {{ id }} totalCount }}", ids.get("mem"))),
        ),
        row(
            "departurePreview",
            May(A::DeparturePlan),
            Q(|ids| {
                format!(
                    "(input: {{ memberId: \"{}\", lastDay: \"2027-12-24\" }}) {{ accountCount proposals {{ account {{ id }} }} }}",
                    ids.get("mem")
                )
            }),
        ),
        row(
            "departurePlan",
            May(A::DeparturePlan),
            M(|ids| {
                json!({ "memberId": ids.get("mem"), "lastDay": "2027-12-24", "reason": "x",
                "successors": [{ "accountId": ids.get("acct"), "toMemberId": ids.get("mem") }] })
            }),
        ),
        row(
            "departureUndo",
            May(A::DeparturePlan),
            M(|ids| json!({ "id": ids.get("dep"), "version": 1, "reason": "x" })),
        ),
    ]
}
